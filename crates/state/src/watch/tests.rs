#![allow(clippy::unwrap_used)]

use super::*;

const CHANGES: Telling = Telling::Changes(Some(SignedDuration::from_hours(24)));
const NEVER_AGAIN: Telling = Telling::Changes(None);

fn at(minutes: i64) -> Timestamp {
    "2026-01-02T03:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
}

fn sight(key: &str, detail: &str) -> Sight {
    let (key, detail) = (key.to_owned(), detail.to_owned());
    Sight { title: format!("title of {key}"), key, severity: "high".to_owned(), essence: detail.clone(), detail }
}

fn seen<const N: usize>(sights: [Sight; N]) -> Sights {
    Sights { seen: sights.to_vec(), hidden: BTreeSet::new() }
}

fn told(news: &[News]) -> Vec<(Change, &str)> {
    news.iter().map(|one| (one.change, one.title.as_str())).collect()
}

#[test]
fn only_changes_are_told() {
    let mut watch = Watch::new("dev", Uuid::nil());
    assert_eq!(watch.look(at(0), &seen([]), CHANGES), []);
    let news = watch.look(at(30), &seen([sight("a", "1"), sight("b", "1")]), CHANGES);
    assert_eq!(told(&news), [(Change::FirstSeen, "title of a"), (Change::FirstSeen, "title of b")]);
    assert_eq!((news[0].first_seen, news[0].after), (at(30), Some(at(0))));
    assert_eq!(watch.look(at(60), &seen([sight("a", "1"), sight("b", "1")]), CHANGES), []);
    let news = watch.look(at(90), &seen([sight("b", "2"), sight("c", "1")]), CHANGES);
    let expected =
        [(Change::FirstSeen, "title of c"), (Change::ChangedAgain, "title of b"), (Change::Cleared, "title of a")];
    assert_eq!(told(&news), expected);
    // Since when it has been there does not change with what it is.
    assert_eq!((news[1].first_seen, news[1].after), (at(30), Some(at(0))));
    assert_eq!((news[0].first_seen, news[0].after), (at(90), Some(at(60))));
}

#[test]
fn what_is_still_there_is_told_again_after_a_while_and_not_every_time() {
    let mut watch = Watch::new("dev", Uuid::nil());
    watch.look(at(0), &seen([sight("a", "1")]), CHANGES);
    assert_eq!(watch.look(at(24 * 60 - 1), &seen([sight("a", "1")]), CHANGES), []);
    let news = watch.look(at(24 * 60), &seen([sight("a", "1")]), CHANGES);
    assert_eq!(told(&news), [(Change::StillThere, "title of a")]);
    assert_eq!(news[0].first_seen, at(0));
    assert_eq!(watch.look(at(24 * 60 + 30), &seen([sight("a", "1")]), CHANGES), []);
    assert_eq!(watch.look(at(90 * 24 * 60), &seen([sight("a", "1")]), NEVER_AGAIN), []);
}

#[test]
fn what_could_not_be_looked_at_stays_as_it_was() {
    let mut watch = Watch::new("dev", Uuid::nil());
    watch.look(at(0), &seen([sight("a", "1"), sight("b", "1")]), NEVER_AGAIN);
    let hidden = Sights { seen: Vec::new(), hidden: BTreeSet::from(["a".to_owned(), "c".to_owned()]) };
    let news = watch.look(at(30), &hidden, NEVER_AGAIN);
    assert_eq!(told(&news), [(Change::Cleared, "title of b")]);
    let news = watch.look(at(60), &seen([sight("a", "1")]), NEVER_AGAIN);
    assert_eq!(told(&news), []);
    assert_eq!(watch.sightings["a"].first_seen, at(0));
}

#[test]
fn what_differs_in_every_look_is_not_news() {
    let mut watch = Watch::new("dev", Uuid::nil());
    let lag = |detail: &str| Sight { detail: detail.to_owned(), ..sight("a", "lag") };
    watch.look(at(0), &seen([lag("after 16 min")]), CHANGES);
    assert_eq!(watch.look(at(30), &seen([lag("after 17 min")]), CHANGES), []);
}

#[test]
fn what_comes_back_is_seen_for_the_first_time() {
    let mut watch = Watch::new("dev", Uuid::nil());
    watch.look(at(0), &seen([sight("a", "1")]), NEVER_AGAIN);
    watch.look(at(30), &seen([]), NEVER_AGAIN);
    let news = watch.look(at(60), &seen([sight("a", "1")]), NEVER_AGAIN);
    assert_eq!(told(&news), [(Change::FirstSeen, "title of a")]);
    assert_eq!(news[0].first_seen, at(60));
}

#[test]
fn what_nobody_was_told_stays_to_be_told() {
    let mut watch = Watch::new("dev", Uuid::nil());
    watch.look(at(0), &seen([]), CHANGES);
    assert_eq!(watch.look(at(30), &seen([sight("a", "1"), sight("b", "1")]), Telling::Nobody), []);
    // Nobody ever hears of what has come and gone meanwhile.
    assert_eq!(watch.look(at(60), &seen([sight("a", "2")]), Telling::Nobody), []);
    let news = watch.look(at(90), &seen([sight("a", "2")]), CHANGES);
    assert_eq!(told(&news), [(Change::FirstSeen, "title of a")]);
    assert_eq!((news[0].first_seen, news[0].after), (at(30), Some(at(0))));
    // What they know of and has changed is told once somebody is told again, and not if it is again as they know it.
    assert_eq!(watch.look(at(120), &seen([sight("a", "3")]), Telling::Nobody), []);
    assert_eq!(watch.clone().look(at(150), &seen([sight("a", "2")]), CHANGES), []);
    let news = watch.look(at(150), &seen([sight("a", "3")]), CHANGES);
    assert_eq!(told(&news), [(Change::ChangedAgain, "title of a")]);
    // A look that is told to nobody is no reminder.
    assert_eq!(watch.look(at(150 + 24 * 60), &seen([sight("a", "3")]), Telling::Nobody), []);
    let news = watch.look(at(150 + 25 * 60), &seen([sight("a", "3")]), CHANGES);
    assert_eq!(told(&news), [(Change::StillThere, "title of a")]);
}

#[test]
fn that_it_is_gone_is_told_whoever_has_seen_it() {
    let mut watch = Watch::new("dev", Uuid::nil());
    let ann = marks(&watch, &["ann"]);
    watch.look(at(0), &seen([sight("a", "1")]), CHANGES);
    let news = watch.look(at(30), &seen([]), Telling::Nobody);
    assert_eq!(told(&news), [(Change::Cleared, "title of a")]);
    assert!(watch.write(at(30), news, &BTreeSet::new()).is_empty());
    let news = watch.look(at(60), &seen([]), CHANGES);
    assert_eq!(news, []);
    let taken = watch.write(at(60), news, &ann);
    assert_eq!((taken.len(), &watch.outbox[0].addressed_to), (1, &ann));
}

fn marks(watch: &Watch, targets: &[&str]) -> BTreeSet<String> {
    targets.iter().map(|target| watch.mark_of(target)).collect()
}

/// A watch with one letter, which these targets are to be told.
fn one_letter(targets: &[&str]) -> (Watch, Vec<Uuid>) {
    let mut watch = Watch::new("dev", Uuid::nil());
    let news = watch.look(at(0), &seen([sight("a", "1")]), CHANGES);
    let targets = marks(&watch, targets);
    let taken = watch.write(at(0), news, &targets);
    assert_eq!(taken.len(), 1);
    (watch, taken)
}

#[test]
fn a_letter_is_kept_until_all_have_it_and_is_in_one_hand_at_a_time() {
    let (mut watch, taken) = one_letter(&["ann", "bob"]);
    let both = marks(&watch, &["ann", "bob"]);
    let to = |target: &str| BTreeMap::from([(taken[0], marks(&Watch::new("dev", Uuid::nil()), &[target]))]);
    // Another run at the same time finds it in hand.
    assert!(watch.clone().write(at(1), Vec::new(), &both).is_empty());
    // The run that has it dies; a later one takes it up.
    assert_eq!(watch.clone().write(at(6), Vec::new(), &both), taken);
    watch.cross_out(at(1), &taken, &to("ann"));
    assert_eq!(watch.outbox[0].delivered, marks(&watch, &["ann"]));
    assert_eq!(watch.write(at(30), Vec::new(), &both), taken);
    watch.cross_out(at(30), &taken, &to("bob"));
    assert_eq!(watch.outbox, []);
}

#[test]
fn a_run_that_tells_nobody_leaves_letters_alone() {
    let (mut watch, taken) = one_letter(&["ann"]);
    watch.cross_out(at(1), &taken, &BTreeMap::new());
    let before = watch.clone();
    assert!(watch.write(at(30), Vec::new(), &BTreeSet::new()).is_empty());
    assert_eq!(watch, before);
}

#[test]
fn a_run_that_tells_others_does_not_take_a_letter_from_those_it_is_for() {
    let (mut watch, taken) = one_letter(&["ann"]);
    watch.cross_out(at(1), &taken, &BTreeMap::new());
    let (ann, bob) = (marks(&watch, &["ann"]), marks(&watch, &["bob"]));
    // Ann's address may have changed into Bob's: he gets it too, once.
    assert_eq!(watch.write(at(30), Vec::new(), &bob), taken);
    watch.cross_out(at(30), &taken, &BTreeMap::from([(taken[0], bob.clone())]));
    assert!(watch.write(at(60), Vec::new(), &bob).is_empty());
    assert_eq!(watch.write(at(90), Vec::new(), &ann), taken);
    watch.cross_out(at(90), &taken, &BTreeMap::from([(taken[0], ann)]));
    assert_eq!(watch.outbox, []);
}

#[test]
fn a_letter_that_nobody_takes_is_thrown_away_in_the_end() {
    let (mut watch, _) = one_letter(&["ann"]);
    let ann = marks(&watch, &["ann"]);
    assert_eq!(watch.write(at(6 * 24 * 60), Vec::new(), &ann).len(), 1);
    assert_eq!(watch.write(at(8 * 24 * 60), Vec::new(), &ann).len(), 0);
    assert_eq!(watch.outbox, []);
}

#[test]
fn what_was_told_is_not_written_down_with_whom() {
    let watch = Watch::new("dev", Uuid::from_u128(1));
    let mark = watch.mark_of("https://hooks.example/secret");
    assert!(!mark.contains("secret"));
    assert_ne!(mark, Watch::new("dev", Uuid::from_u128(2)).mark_of("https://hooks.example/secret"));
}
