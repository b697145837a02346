//! A cloud that is far away: what counts then is how many answers must be waited for one after the other.

use provision_testkit::rounds::rounds;

use crate::chain;
use crate::world::World;

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
    let world = World::new();
    let plan = world.json(&["plan", "staging"], 2);
    let (file, planned) = (chain::of_the_file(&plan), chain::of_the_plan(&plan));
    let rounds = rounds(&world, &["apply", "staging", "--yes"]);
    rounds.said.expect_exit(0);
    let answers = rounds.answers.len();
    eprintln!("apply staging: answers of each of {answers} round trips: {:?}", rounds.answers);
    eprintln!("the file's longest chain has {} calls:\n{}", file.len(), file.join("\n"));
    eprintln!("as it is planned the longest has {}:\n{}", planned.len(), planned.join("\n"));
    assert!(answers as f64 <= 1.5 * file.len() as f64, "{answers} round trips for a chain of {} calls", file.len());
}
