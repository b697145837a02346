//! Processes and the locks between them.

use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::Error;

/// Mutual exclusion between processes, until it is dropped or its process ends.
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for the lock; `waiting` is called if somebody else has it.
    pub(crate) fn acquire(path: &Path, waiting: impl FnOnce()) -> Result<Self, Error> {
        let open = || File::options().create(true).truncate(false).write(true).open(path);
        let file = open().map_err(Error::file("open", path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                waiting();
                file.lock().map_err(Error::file("lock", path))?;
            }
            Err(TryLockError::Error(error)) => return Err(Error::file("lock", path)(error)),
        }
        Ok(Self { _file: file })
    }
}

/// Whether this process is alive and was started with this token on its command line: a process id may have been given
/// to somebody else since.
pub(crate) fn is_ours(pid: u32, token: &str) -> bool {
    if Path::new("/proc/self/cmdline").exists() {
        // A process that has ended but was not waited for has an empty command line.
        return fs::read(format!("/proc/{pid}/cmdline"))
            .is_ok_and(|line| String::from_utf8_lossy(&line).contains(token));
    }
    Command::new("ps")
        .args(["-ww", "-o", "command=", "-p", &pid.to_string()])
        .output()
        .is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(token))
}

/// Ends a process of ours, if it is alive: asks first, then insists. True if it has ended.
pub(crate) fn end(pid: u32, token: &str, patience: Duration) -> bool {
    for (signal, patience) in [(Signal::TERM, patience), (Signal::KILL, Duration::from_secs(2))] {
        if !is_ours(pid, token) {
            return true;
        }
        if let Some(process) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
            // It may have ended in between, which is what was wanted.
            let _ = kill_process(process, signal);
        }
        if wait_until(patience, || !is_ours(pid, token)) {
            return true;
        }
    }
    false
}

/// Polls, tightly at first. False if the time passed.
pub(crate) fn wait_until(patience: Duration, mut done: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    let mut pause = Duration::from_millis(5);
    loop {
        if done() {
            return true;
        }
        if begun.elapsed() > patience {
            return false;
        }
        thread::sleep(pause);
        pause = (pause * 3 / 2).min(Duration::from_millis(50));
    }
}

/// The resident memory of a process in bytes, where `/proc` tells.
pub(crate) fn memory(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// The last lines of a text, on lines of their own if there are several.
pub(crate) fn tail(text: &str, lines: usize) -> String {
    let all: Vec<_> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    match &all[all.len().saturating_sub(lines)..] {
        [] => "it said nothing".to_owned(),
        [line] => (*line).to_owned(),
        last => last.iter().map(|line| format!("\n    {line}")).collect(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::process::Stdio;

    use super::*;

    #[test]
    fn a_stranger_with_our_pid_is_left_alone() {
        let mut stranger = Command::new("sleep").arg("60").stdin(Stdio::null()).spawn().unwrap();
        assert!(end(stranger.id(), "0d9a5f0c-our-token", Duration::from_millis(10)));
        assert_eq!(stranger.try_wait().unwrap(), None, "it was signalled");
        stranger.kill().unwrap();
        stranger.wait().unwrap();
    }

    #[test]
    fn one_that_ignores_being_asked_is_ended() {
        let script = "trap '' TERM; echo ready; while :; do sleep 0.05; done # our-token-7";
        let mut child = Command::new("sh").args(["-c", script]).stdout(Stdio::piped()).spawn().unwrap();
        // Until its trap is set, it would not ignore anything.
        std::io::Read::read_exact(&mut child.stdout.take().unwrap(), &mut [0; 5]).unwrap();
        assert!(end(child.id(), "our-token-7", Duration::from_millis(100)));
        assert!(child.wait().unwrap().code().is_none(), "it ended by itself");
    }

    #[test]
    fn tails() {
        assert_eq!(tail("", 3), "it said nothing");
        assert_eq!(tail("one\n\n", 3), "one");
        assert_eq!(tail("one\ntwo\nthree\n", 2), "\n    two\n    three");
    }
}
