//! A cloud that is far away: what counts then is how many answers must be waited for one after the other.

use std::time::{Duration, Instant};

use provision_testkit::proxy::Fault;

use crate::chain;
use crate::world::World;

/// How much later every answer comes. Long enough that other tests on the same machine do not matter much.
const DELAY: Duration = Duration::from_millis(400);

/// The same for a run that is too long to be repeated.
const LONG_DELAY: Duration = Duration::from_secs(1);

fn delay(world: &World, by: Duration) {
    world.proxy().with(move |_| Some(Fault::Delay(by)));
}

/// The quickest of some runs: the rest is somebody else's work on the same machine.
fn quickest(world: &World, arguments: &[&str], runs: usize) -> Duration {
    let once = || {
        let start = Instant::now();
        world.run(arguments).expect_exit(0);
        start.elapsed()
    };
    (0..runs).map(|_| once()).min().unwrap()
}

#[test]
fn a_plan_waits_for_three_answers_whatever_the_size() {
    let world = World::new();
    world.run(&["apply", "staging", "--yes"]).expect_exit(0);
    let prompt = quickest(&world, &["plan", "staging"], 4);
    delay(&world, DELAY);
    let late = quickest(&world, &["plan", "staging"], 4);
    let trips = (late.as_secs_f64() - prompt.as_secs_f64()) / DELAY.as_secs_f64();
    eprintln!("plan staging: {prompt:?}, with {DELAY:?} more for every answer {late:?}: {trips:.2} round trips");
    assert!(trips <= 3.5, "{trips:.2} round trips");
}

#[test]
fn an_apply_waits_for_the_longest_chain_of_its_plan() {
    let (prompt, late) = (World::new(), World::new());
    let plan = prompt.json(&["plan", "staging"], 2);
    let (file, planned) = (chain::of_the_file(&plan), chain::of_the_plan(&plan));
    delay(&late, LONG_DELAY);
    let prompt = quickest(&prompt, &["apply", "staging", "--yes"], 1);
    let late = quickest(&late, &["apply", "staging", "--yes"], 1);
    let answers = (late.as_secs_f64() - prompt.as_secs_f64()) / LONG_DELAY.as_secs_f64();
    eprintln!("apply staging: {prompt:?}, with {LONG_DELAY:?} more for every answer {late:?}: {answers:.1} answers");
    eprintln!("the file's longest chain has {} calls:\n{}", file.len(), file.join("\n"));
    eprintln!("as it is planned the longest has {}:\n{}", planned.len(), planned.join("\n"));
    assert!(answers <= 1.5 * file.len() as f64, "{answers:.1} answers for a chain of {} calls", file.len());
}
