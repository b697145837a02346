#![allow(clippy::unwrap_used)]

use super::*;

const DAY: SignedDuration = SignedDuration::from_hours(24);

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
    assert_eq!(watch.look(at(0), &seen([]), Some(DAY)), []);
    let news = watch.look(at(30), &seen([sight("a", "1"), sight("b", "1")]), Some(DAY));
    assert_eq!(told(&news), [(Change::FirstSeen, "title of a"), (Change::FirstSeen, "title of b")]);
    assert_eq!((news[0].first_seen, news[0].after), (at(30), Some(at(0))));
    assert_eq!(watch.look(at(60), &seen([sight("a", "1"), sight("b", "1")]), Some(DAY)), []);
    let news = watch.look(at(90), &seen([sight("b", "2"), sight("c", "1")]), Some(DAY));
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
    watch.look(at(0), &seen([sight("a", "1")]), Some(DAY));
    assert_eq!(watch.look(at(24 * 60 - 1), &seen([sight("a", "1")]), Some(DAY)), []);
    let news = watch.look(at(24 * 60), &seen([sight("a", "1")]), Some(DAY));
    assert_eq!(told(&news), [(Change::StillThere, "title of a")]);
    assert_eq!(news[0].first_seen, at(0));
    assert_eq!(watch.look(at(24 * 60 + 30), &seen([sight("a", "1")]), Some(DAY)), []);
    assert_eq!(watch.look(at(90 * 24 * 60), &seen([sight("a", "1")]), None), []);
}

#[test]
fn what_could_not_be_looked_at_stays_as_it_was() {
    let mut watch = Watch::new("dev", Uuid::nil());
    watch.look(at(0), &seen([sight("a", "1"), sight("b", "1")]), None);
    let hidden = Sights { seen: Vec::new(), hidden: BTreeSet::from(["a".to_owned(), "c".to_owned()]) };
    let news = watch.look(at(30), &hidden, None);
    assert_eq!(told(&news), [(Change::Cleared, "title of b")]);
    let news = watch.look(at(60), &seen([sight("a", "1")]), None);
    assert_eq!(told(&news), []);
    assert_eq!(watch.sightings["a"].first_seen, at(0));
}

#[test]
fn what_differs_in_every_look_is_not_news() {
    let mut watch = Watch::new("dev", Uuid::nil());
    let lag = |detail: &str| Sight { detail: detail.to_owned(), ..sight("a", "lag") };
    watch.look(at(0), &seen([lag("after 16 min")]), Some(DAY));
    assert_eq!(watch.look(at(30), &seen([lag("after 17 min")]), Some(DAY)), []);
}

#[test]
fn what_comes_back_is_seen_for_the_first_time() {
    let mut watch = Watch::new("dev", Uuid::nil());
    watch.look(at(0), &seen([sight("a", "1")]), None);
    watch.look(at(30), &seen([]), None);
    let news = watch.look(at(60), &seen([sight("a", "1")]), None);
    assert_eq!(told(&news), [(Change::FirstSeen, "title of a")]);
    assert_eq!(news[0].first_seen, at(60));
}

#[test]
fn a_letter_is_kept_until_all_have_it_and_is_in_one_hand_at_a_time() {
    let mut watch = Watch::new("dev", Uuid::nil());
    let targets = BTreeSet::from([watch.mark_of("https://one"), watch.mark_of("https://two")]);
    let news = watch.look(at(0), &seen([sight("a", "1")]), None);
    let taken = watch.write(at(0), news);
    assert_eq!(taken.len(), 1);
    // Another run at the same time finds it in hand.
    assert_eq!(watch.clone().write(at(1), Vec::new()), Vec::<Uuid>::new());
    // The run that has it dies; a later one takes it up.
    assert_eq!(watch.clone().write(at(6), Vec::new()), taken);
    let first = BTreeMap::from([(taken[0], BTreeSet::from([watch.mark_of("https://one")]))]);
    watch.cross_out(at(1), &taken, &first, &targets);
    assert_eq!(watch.outbox.len(), 1);
    let again = watch.write(at(30), Vec::new());
    assert_eq!(again, taken);
    assert!(watch.outbox[0].delivered.contains(&watch.mark_of("https://one")));
    let second = BTreeMap::from([(taken[0], BTreeSet::from([watch.mark_of("https://two")]))]);
    watch.cross_out(at(30), &again, &second, &targets);
    assert_eq!(watch.outbox, []);
}

#[test]
fn a_letter_that_nobody_takes_is_thrown_away_in_the_end() {
    let mut watch = Watch::new("dev", Uuid::nil());
    let news = watch.look(at(0), &seen([sight("a", "1")]), None);
    watch.write(at(0), news);
    assert_eq!(watch.write(at(6 * 24 * 60), Vec::new()).len(), 1);
    assert_eq!(watch.write(at(8 * 24 * 60), Vec::new()).len(), 0);
    assert_eq!(watch.outbox, []);
}

#[test]
fn what_was_told_is_not_written_down_with_whom() {
    let watch = Watch::new("dev", Uuid::from_u128(1));
    let mark = watch.mark_of("https://hooks.example/secret");
    assert!(!mark.contains("secret"));
    assert_ne!(mark, Watch::new("dev", Uuid::from_u128(2)).mark_of("https://hooks.example/secret"));
}
