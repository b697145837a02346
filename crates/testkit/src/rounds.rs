//! How many answers a command waits for one after the other, counted and not timed: a machine that has other things to do
//! does not change it.

use std::ffi::OsStr;
use std::time::Duration;
use std::{fs, thread};

use crate::project::{Project, Said, said};
use crate::proxy::{Call, Fault, Gate};

/// How often it is looked.
const PAUSE: Duration = Duration::from_millis(20);
/// How many looks in a row must find the client waiting for nothing but answers. A request may lie for a moment between
/// the client and the proxy, where nobody sees it.
const LOOKS: usize = 15;

/// What a command said, and how many answers each of its round trips brought.
#[derive(Debug)]
pub struct Rounds {
    /// What it said.
    pub said: Said,
    /// How many answers each of them brought, in their order.
    pub answers: Vec<usize>,
}

/// Runs a command, keeping every answer back until the command can do nothing without one; then it is given all that it
/// has asked for, which is one round trip. Writes of the lock are not kept back: it is renewed by the clock. The proxy's rules are
/// forgotten afterwards.
///
/// # Panics
/// If the command cannot be run.
pub fn rounds<S: AsRef<OsStr>>(project: &Project, arguments: &[S]) -> Rounds {
    let gate = Gate::default();
    let at = gate.clone();
    let is_of_lock = |call: &Call| ["PutItem", "UpdateItem"].contains(&call.operation.as_str());
    project.proxy().with(move |call| (!is_of_lock(call)).then(|| Fault::Hold(at.clone())));
    let child = project.start(arguments);
    let process = child.id();
    let end = thread::spawn(move || child.wait_with_output());
    let (mut answers, mut quiet, mut before) = (Vec::new(), 0, None);
    while !end.is_finished() {
        thread::sleep(PAUSE);
        let now = (gate.waiting(), Work::of(process));
        let still = now.0.is_some_and(|waiting| waiting > 0) && now.1.sleeps && before.as_ref() == Some(&now);
        quiet = if still { quiet + 1 } else { 0 };
        if quiet == LOOKS {
            answers.extend(now.0);
            gate.open();
            quiet = 0;
        }
        before = Some(now);
    }
    project.proxy().forget_rules();
    let output = end.join().unwrap_or_else(|_| panic!("nobody waited for the command"));
    Rounds { said: said(output.unwrap_or_else(|error| panic!("failed to run the command: {error}"))), answers }
}

/// What a process is doing, as far as Linux tells it; elsewhere it seems to sleep, and only the looks count.
#[derive(PartialEq)]
struct Work {
    /// Whether none of its threads has anything to do.
    sleeps: bool,
    /// How much it has worked so far, in clock ticks.
    ticks: u64,
}

impl Work {
    /// See `proc_pid_stat(5)`: the state is the third field, `utime` and `stime` are the fourteenth and the fifteenth.
    fn of(process: u32) -> Self {
        let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
        let mut work = Self { sleeps: true, ticks: 0 };
        for stat in threads.filter_map(|thread| fs::read_to_string(thread.path().join("stat")).ok()) {
            // The second field is a name in parentheses, and may have spaces.
            let Some((_, rest)) = stat.rsplit_once(") ") else { continue };
            let fields: Vec<&str> = rest.split(' ').collect();
            work.sleeps &= fields[0] == "S";
            work.ticks += fields[11..13].iter().filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>();
        }
        work
    }
}
