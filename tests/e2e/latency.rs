//! A cloud that is far away: what counts then is how many answers must be waited for one after the other.

use std::time::{Duration, Instant};

use provision_testkit::proxy::Fault;
use provision_testkit::rounds::rounds;

use crate::chain;
use crate::world::World;

/// How much later every answer comes. Long enough that other tests on the same machine do not matter much.
const DELAY: Duration = Duration::from_secs(1);

fn applying(world: &World) -> Duration {
    let start = Instant::now();
    world.run(&["apply", "staging", "--yes"]).expect_exit(0);
    start.elapsed()
}

#[test]
fn a_plan_waits_for_three_answers_whatever_the_size() {
    let world = World::new();
    world.run(&["apply", "staging", "--yes"]).expect_exit(0);
    let rounds = rounds(&world, &["plan", "staging"]);
    rounds.said.expect_exit(0);
    eprintln!("plan staging: answers of each round trip: {:?}", rounds.answers);
    assert!(rounds.answers.len() <= 3, "{:?}", rounds.answers);
}

#[test]
fn an_apply_waits_for_the_longest_chain_of_its_plan() {
    let (prompt, late) = (World::new(), World::new());
    let plan = prompt.json(&["plan", "staging"], 2);
    let (file, planned) = (chain::of_the_file(&plan), chain::of_the_plan(&plan));
    late.proxy().with(|_| Some(Fault::Delay(DELAY)));
    let prompt = applying(&prompt);
    let late = applying(&late);
    let answers = (late.as_secs_f64() - prompt.as_secs_f64()) / DELAY.as_secs_f64();
    eprintln!("apply staging: {prompt:?}, with {DELAY:?} more for every answer {late:?}: {answers:.1} answers");
    eprintln!("the file's longest chain has {} calls:\n{}", file.len(), file.join("\n"));
    eprintln!("as it is planned the longest has {}:\n{}", planned.len(), planned.join("\n"));
    assert!(answers <= 1.5 * file.len() as f64, "{answers:.1} answers for a chain of {} calls", file.len());
}
