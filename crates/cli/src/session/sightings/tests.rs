#![allow(clippy::unwrap_used)]

use provision_state::MemoryStore;
use provision_state::watch::{Change, Sight};

use super::*;

const CHECK: &str = "drift";

fn at(minutes: i64) -> Timestamp {
    "2026-01-02T03:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
}

/// A run that has begun to look then, as everything was remembered then.
async fn run(store: &MemoryStore, minutes: i64) -> Sightings {
    let (stored, memory) = (store.load_watch(CHECK).await.unwrap(), Memory { remember: true, remind: None });
    Sightings { check: CHECK, stored, looked_at: at(minutes), was_overtaken: false, memory }
}

fn drift() -> Sights {
    let (key, title, severity) = ("a".to_owned(), "a".to_owned(), "high".to_owned());
    let seen = vec![Sight { key, title, severity, detail: "1".to_owned(), essence: "1".to_owned() }];
    Sights { seen, hidden: BTreeSet::new() }
}

fn changes(watch: &Watch) -> Vec<Change> {
    watch.outbox.iter().flat_map(|letter| &letter.news).map(|news| news.change).collect()
}

#[tokio::test]
async fn what_was_seen_before_another_run_looked_is_not_told_after_it() {
    let (store, state) = (MemoryStore::new("dev"), State::new("dev"));
    let targets = Targets::new(&["command:true".parse().unwrap()]).unwrap();
    let mut first = run(&store, 0).await;
    first.note(&store, &state, &drift(), &targets).await.unwrap();
    // Two runs at once: one looks, it is mended, the other looks and is the first to write.
    let (mut early, mut late) = (run(&store, 30).await, run(&store, 31).await);
    let (watch, taken) = late.note(&store, &state, &Sights::default(), &targets).await.unwrap();
    assert_eq!((changes(&watch), taken.len()), (vec![Change::FirstSeen, Change::Cleared], 1));
    let (watch, taken) = early.note(&store, &state, &drift(), &targets).await.unwrap();
    assert_eq!(changes(&watch), [Change::FirstSeen, Change::Cleared]);
    assert!(taken.is_empty() && watch.sightings.is_empty());
    assert_eq!(watch.checked_at, Some(at(31)));
}

#[tokio::test]
async fn what_was_seen_after_another_run_looked_is_told() {
    let (store, state) = (MemoryStore::new("dev"), State::new("dev"));
    let targets = Targets::new(&["command:true".parse().unwrap()]).unwrap();
    let (mut late, mut early) = (run(&store, 31).await, run(&store, 30).await);
    early.note(&store, &state, &Sights::default(), &targets).await.unwrap();
    let (watch, taken) = late.note(&store, &state, &drift(), &targets).await.unwrap();
    assert_eq!((changes(&watch), taken.len()), (vec![Change::FirstSeen], 1));
    assert_eq!((watch.checked_at, watch.sightings["a"].after), (Some(at(31)), Some(at(30))));
}
