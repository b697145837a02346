//! The command of a crontab's line ([crontab(5)]).
//!
//! [crontab(5)]: https://manpages.debian.org/stable/cron/crontab.5.en.html

/// A shell's text as the sixth field. A bare `%` would be a line break, and what follows the first one would be the
/// command's input. How a backslash before anything else is read differs between crons, so a path or target with one is
/// refused.
pub fn command(shell: &str) -> String {
    shell.replace('%', "\\%")
}
