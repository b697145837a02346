//! The exit codes: a promise to scripts and schedulers.

use std::process::ExitCode;

/// What a run tells whoever started it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit(u8);

impl Exit {
    /// Done; for `plan` and `drift`: no difference; for `dr check`: every replica would serve.
    pub const DONE: Self = Self(0);
    /// Something failed; what was done until then is kept and the next run continues from it.
    pub const FAILED: Self = Self(1);
    /// `plan` and `drift` found differences, or `dr check` a replica that would not serve.
    pub const DIFFERENCES: Self = Self(2);
    /// The environment file or the command line is not valid. Nothing was touched.
    pub const INVALID: Self = Self(3);
    /// Another run holds the lock. Nothing was touched.
    pub const LOCKED: Self = Self(4);
    /// A security rule forbids it. Nothing was touched.
    pub const POLICY: Self = Self(5);
    /// It must be confirmed, but there is no terminal to ask on and `--yes` was not given. Nothing was touched.
    pub const UNCONFIRMED: Self = Self(6);
    /// Interrupted (Ctrl-C, SIGINT). What was done is kept; the next run continues.
    pub const INTERRUPTED: Self = Self(130);
    /// Terminated (SIGTERM). What was done is kept; the next run continues.
    pub const TERMINATED: Self = Self(143);

    /// Every code with what it means, as `--help` lists them.
    pub const MEANINGS: [(Self, &'static str); 9] = [
        (Self::DONE, "done; for plan and drift: no difference; for dr check: every replica would serve"),
        (Self::FAILED, "failed; what was done is kept, and the next run continues from it"),
        (Self::DIFFERENCES, "plan or drift found differences, or dr check a replica that would not serve"),
        (Self::INVALID, "the environment file or the command line is not valid"),
        (Self::LOCKED, "another run holds the lock"),
        (Self::POLICY, "a security rule forbids it"),
        (Self::UNCONFIRMED, "it must be confirmed, but there is no terminal and no --yes"),
        (Self::INTERRUPTED, "interrupted by Ctrl-C; the next run continues"),
        (Self::TERMINATED, "terminated by SIGTERM; the next run continues"),
    ];

    /// The number.
    pub fn code(self) -> u8 {
        self.0
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
