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
use std::process::Command;
use std::time::Duration;

use chain::{of_the_file, of_the_plan};
use provision_testkit::emulator::Emulator;
use provision_testkit::proxy::Fault;
use serde_json::Value;
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
    let (prompt, late) = (World::new(), World::new());
    delay(&late);

    let plan = prompt.json(&["plan", "staging"], 2);
    let resources = plan["changes"].as_array().unwrap().len();
    println!("staging: {resources} resources\n");

    let (quick, slow) =
        (cost(&prompt, &["apply", "staging", "--yes"], 0), cost(&late, &["apply", "staging", "--yes"], 0));
    println!("apply on an empty account: {} calls", prompt.proxy().calls().len());
    compare(&quick, &slow);
    for (what, chain) in
        [("the file's longest chain", of_the_file(&plan)), ("as it is planned, the longest", of_the_plan(&plan))]
    {
        let times = (slow.seconds - quick.seconds) / (chain.len() as f64 * DELAY.as_secs_f64());
        println!("  {what} has {} calls; it took {times:.2} times their delay longer:", chain.len());
        chain.iter().for_each(|call| println!("    {call}"));
    }

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

/// What runs one command and prints what it used: only of its children does the system say so.
const METER: &str = "
import json, resource, subprocess, sys, time
start = time.monotonic()
exit = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=sys.stderr).returncode
seconds = time.monotonic() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps(dict(exit=exit, seconds=seconds, cpu=used.ru_utime + used.ru_stime, kilobytes=used.ru_maxrss)))
";

fn cost(world: &World, arguments: &[&str], exit: i32) -> Cost {
    let command = world.command(arguments);
    let mut metered = Command::new(Emulator::shared().python());
    metered.args(["-c", METER]).arg(command.get_program()).args(command.get_args());
    metered.current_dir(world.folder());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => metered.env(name, value),
            None => metered.env_remove(name),
        };
    }
    let output = metered.output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["exit"], exit, "{}", String::from_utf8_lossy(&output.stderr));
    let number = |name: &str| report[name].as_f64().unwrap();
    Cost { seconds: number("seconds"), cpu_seconds: number("cpu"), megabytes: number("kilobytes") / 1024.0 }
}
