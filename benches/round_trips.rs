//! What a plan and an apply of the whole staging environment cost: calls, round trips, time, processor and memory.
//!
//! `cargo bench --bench round_trips` prints it. Everything is measured in one run against the local AWS, whose own time is part of
//! the seconds; so what counts are the differences: how much longer the same command takes if every answer comes 100 ms later.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, missing_docs, dead_code)]

#[path = "../tests/e2e/chain.rs"]
mod chain;
#[path = "../tests/e2e/world.rs"]
mod world;

use std::collections::BTreeMap;
use std::env;
use std::process::Command;
use std::time::{Duration, Instant};

use chain::longest_chain;
use nix::sys::resource::{UsageWho, getrusage};
use provision_testkit::proxy::Fault;
use serde_json::{Value, json};
use world::World;

/// How much later every answer comes in the second measurement.
const DELAY: Duration = Duration::from_millis(100);

/// How often a plan is measured; the quickest counts, for the rest is somebody else's work on the same machine.
const PLANS: usize = 5;

/// How long one run of the binary took, and what it used.
struct Cost {
    seconds: f64,
    cpu_seconds: f64,
    megabytes: f64,
}

fn main() {
    let arguments: Vec<String> = env::args().collect();
    if let Some(place) = arguments.iter().position(|argument| argument == "--measure") {
        return measure(&arguments[place + 1..]);
    }
    let (prompt, late) = (World::new(), World::new());
    delay(&late);

    let plan = prompt.json(&["plan", "staging"], 2);
    let chain = longest_chain(&plan);
    let resources = plan["changes"].as_array().unwrap().len();
    println!("staging: {resources} resources\n");

    let (quick, slow) =
        (cost(&prompt, &["apply", "staging", "--yes"], 0), cost(&late, &["apply", "staging", "--yes"], 0));
    println!("apply on an empty account: {} calls", prompt.proxy().calls().len());
    compare(&quick, &slow);
    let times = (slow.seconds - quick.seconds) / (chain.len() as f64 * DELAY.as_secs_f64());
    println!("  the longest chain of its plan has {} calls; it took {times:.2} times their delay longer:", chain.len());
    chain.iter().for_each(|call| println!("    {call}"));

    prompt.proxy().clear();
    let quick = best(&prompt);
    let calls = prompt.proxy().calls();
    println!("\nplan without changes: {} calls", calls.len() / PLANS);
    let mut actions: BTreeMap<&str, usize> = BTreeMap::new();
    calls.iter().for_each(|call| *actions.entry(&call.action).or_default() += 1);
    actions.iter().for_each(|(action, count)| println!("    {:4} {action}", count / PLANS));
    let slow = best(&late);
    compare(&quick, &slow);
    println!("  that is {:.1} round trips", (slow.seconds - quick.seconds) / DELAY.as_secs_f64());
    println!("  {:.2} CPU-seconds, {:.1} MB", quick.cpu_seconds, quick.megabytes);
}

fn delay(world: &World) {
    world.proxy().with(|_| Some(Fault::Delay(DELAY)));
}

fn compare(quick: &Cost, slow: &Cost) {
    let longer = (slow.seconds - quick.seconds) * 1000.0;
    println!(
        "  {:.2} s; with 100 ms more for every answer {:.2} s: {longer:.0} ms longer",
        quick.seconds, slow.seconds
    );
}

fn best(world: &World) -> Cost {
    let costs = (0..PLANS).map(|_| cost(world, &["plan", "staging"], 0));
    costs.min_by(|one, other| one.seconds.total_cmp(&other.seconds)).unwrap()
}

/// Runs the binary through a process of its own, since what children used is only known of all of them together.
fn cost(world: &World, arguments: &[&str], exit: i32) -> Cost {
    let mut command = world.command(arguments);
    let mut measured = Command::new(env::current_exe().unwrap());
    measured.arg("--measure").arg(command.get_program()).args(command.get_args());
    measured.current_dir(world.folder());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => measured.env(name, value),
            None => measured.env_remove(name),
        };
    }
    let output = measured.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let report: Value = serde_json::from_str(text.lines().last().unwrap_or_default())
        .unwrap_or_else(|error| panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr)));
    if report["exit"] != exit {
        let said = command.output().unwrap();
        panic!("{arguments:?}: {report}\n{}{}", text, String::from_utf8_lossy(&said.stderr));
    }
    let number = |name: &str| report[name].as_f64().unwrap();
    Cost { seconds: number("seconds"), cpu_seconds: number("cpu_seconds"), megabytes: number("megabytes") }
}

/// The inner process: runs one command and prints what it used.
fn measure(command: &[String]) {
    let start = Instant::now();
    let output = Command::new(&command[0]).args(&command[1..]).output().unwrap();
    let seconds = start.elapsed().as_secs_f64();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let time = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    if !output.status.success() {
        eprint!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    }
    let report = json!({
        "exit": output.status.code(),
        "seconds": seconds,
        "cpu_seconds": time(usage.user_time()) + time(usage.system_time()),
        // In kilobytes on Linux.
        "megabytes": usage.max_rss() as f64 / 1024.0,
    });
    println!("{report}");
}
