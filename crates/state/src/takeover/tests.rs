//! A lock table that was lost, in tokio's own time.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::*;
use crate::book::Book;
use crate::document::State;
use crate::document::samples::{author, operation};
use crate::journal::{Content, Segment};
use crate::lease::{AcquireOptions, DEFAULT_LEASE, MemoryTable, status};
use crate::store::MemoryStore;

async fn acquire(table: &MemoryTable, who: &str) -> Lease {
    let options = AcquireOptions::new(who, format!("op-{who}"), "apply");
    Lease::acquire(Arc::new(table.client()), "dev", &options, &|_| {}).await.unwrap()
}

async fn taken_over(store: &MemoryStore, lease: &Lease, who: &str) -> Result<Book, TakeOverError> {
    let loaded = take_over(store, lease, &author(who), &|_| {}).await?;
    let stored = loaded.stored();
    let token = stored.as_ref().map(|stored| stored.token.clone());
    let state = stored.map_or_else(|| State::new("dev"), |stored| stored.state);
    Ok(Book::new(Arc::new(store.clone()), state, token, lease.fencing(), author(who)))
}

/// A table at number 5, and a state that was written under it.
async fn at_five() -> (MemoryTable, MemoryStore) {
    let (table, store) = (MemoryTable::new(), MemoryStore::new("dev"));
    for _ in 0..4 {
        acquire(&table, "ann").await.release().await.unwrap();
    }
    let ann = acquire(&table, "ann").await;
    let mut book = taken_over(&store, &ann, "ann").await.unwrap();
    book.begin(operation("ann", ann.fencing())).await.unwrap();
    book.finish(true).await.unwrap();
    ann.release().await.unwrap();
    (table, store)
}

#[tokio::test(start_paused = true)]
async fn where_nothing_was_lost_the_number_is_what_it_was_and_nobody_waits() {
    let (table, store) = at_five().await;
    let bob = acquire(&table, "bob").await;
    let start = Instant::now();
    taken_over(&store, &bob, "bob").await.unwrap().finish(true).await.unwrap();
    assert_eq!((bob.fencing(), start.elapsed()), (6, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn a_table_that_was_lost_goes_on_above_the_states_number() {
    let (table, store) = at_five().await;
    table.lose();
    let bob = acquire(&table, "bob").await;
    assert_eq!(bob.fencing(), 1);
    let said = Mutex::new(Vec::new());
    let start = Instant::now();
    let tell = |event: LockEvent<'_>| said.lock().unwrap().push(event.to_string());
    let loaded = take_over(&store, &bob, &author("bob"), &tell).await.unwrap();
    assert_eq!(bob.fencing(), 6);
    assert!((DEFAULT_LEASE..DEFAULT_LEASE * 2).contains(&start.elapsed()), "{:?}", start.elapsed());
    insta::assert_snapshot!(said.into_inner().unwrap().join("\n"), @"the lock table was made anew: it is at fencing number 1, the state at 5; going on above that, after 15 s in which whoever still holds the lost lock finds out");
    let stored = loaded.stored().unwrap();
    let mut book = Book::new(Arc::new(store.clone()), stored.state, Some(stored.token), bob.fencing(), author("bob"));
    book.begin(operation("bob", bob.fencing())).await.unwrap();
    book.finish(true).await.unwrap();
    assert!(bob.is_valid());
    bob.release().await.unwrap();
    // The table remembers it from now on.
    assert_eq!(acquire(&table, "cid").await.fencing(), 7);
}

#[tokio::test(start_paused = true)]
async fn the_same_number_is_not_enough() {
    let (table, store) = at_five().await;
    table.lose();
    for _ in 0..4 {
        acquire(&table, "bob").await.release().await.unwrap();
    }
    let bob = acquire(&table, "bob").await;
    assert_eq!(bob.fencing(), 5);
    taken_over(&store, &bob, "bob").await.unwrap();
    assert_eq!(bob.fencing(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_holder_of_the_lost_table_is_waited_for_and_what_it_wrote_is_read() {
    let (table, store) = at_five().await;
    let ann = acquire(&table, "ann").await;
    let mut old = taken_over(&store, &ann, "ann").await.unwrap();
    table.lose();
    let bob = tokio::spawn({
        let (table, store) = (table.clone(), store.clone());
        async move {
            let bob = acquire(&table, "bob").await;
            let book = taken_over(&store, &bob, "bob").await;
            (bob.fencing(), book.map(|book| book.state().number()))
        }
    });
    // Ann claims the state while Bob waits: he must be above that too.
    sleep(Duration::from_secs(1)).await;
    assert!(ann.is_valid());
    old.begin(operation("ann", ann.fencing())).await.unwrap();
    ann.lost().await;
    assert!(!bob.is_finished(), "it did not wait until the other had lost the lock");
    let (fencing, number) = bob.await.unwrap();
    assert_eq!((fencing, number.unwrap()), (7, 6));
    // Her journal is closed; her state would be refused.
    let error = old.append(Vec::new()).await.unwrap_err();
    assert!(matches!(error, StateError::Sealed { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn whoever_lost_the_lock_cannot_raise_its_number() {
    let (table, store) = at_five().await;
    table.lose();
    let bob = acquire(&table, "bob").await;
    table.lose();
    let cid = acquire(&table, "cid").await;
    let error = taken_over(&store, &bob, "bob").await.err().unwrap();
    assert!(matches!(error, TakeOverError::Lock(LockError::Lost { .. })), "{error}");
    taken_over(&store, &cid, "cid").await.unwrap();
    assert_eq!(cid.fencing(), 6);
    assert_eq!(status(&table, "dev").await.unwrap().unwrap().owner, "cid");
}

#[tokio::test(start_paused = true)]
async fn a_raise_whose_answer_is_lost_is_made_once() {
    let (table, store) = at_five().await;
    table.lose();
    let client = table.client();
    let options = AcquireOptions::new("bob", "op-bob", "apply");
    let bob = Lease::acquire(Arc::new(client.clone()), "dev", &options, &|_| {}).await.unwrap();
    client.lose_next_answers(2);
    taken_over(&store, &bob, "bob").await.unwrap();
    assert_eq!(bob.fencing(), 6);
    assert_eq!(status(&table, "dev").await.unwrap().unwrap(), bob.item());
}

/// Else the next one would not wait for the holder of the lost table.
#[tokio::test(start_paused = true)]
async fn a_lock_that_is_given_back_while_it_waits_runs_out() {
    let (table, store) = at_five().await;
    table.lose();
    let bob = acquire(&table, "bob").await;
    let waiting = tokio::time::timeout(Duration::from_secs(1), taken_over(&store, &bob, "bob")).await;
    assert!(waiting.is_err());
    bob.release().await.unwrap();
    let start = Instant::now();
    let cid = acquire(&table, "cid").await;
    assert!(start.elapsed() >= DEFAULT_LEASE - Duration::from_secs(1), "{:?}", start.elapsed());
    assert_eq!(cid.fencing(), 7);
}

#[tokio::test(start_paused = true)]
async fn whoever_comes_late_does_not_close_the_journal_of_a_later_one() {
    let (table, store) = at_five().await;
    let bob = acquire(&table, "bob").await;
    table.lose();
    let cid = acquire(&table, "cid").await;
    let mut book = taken_over(&store, &cid, "cid").await.unwrap();
    book.begin(operation("cid", cid.fencing())).await.unwrap();
    assert_eq!((bob.fencing(), cid.fencing()), (6, 6));
    let stored = store.load().await.unwrap().stored().unwrap();
    let error = store.seal(stored, &Seal::new(&author("bob"), bob.fencing())).await.unwrap_err();
    assert!(matches!(error, StateError::Fenced { own: 6, stored: 6, .. }), "{error}");
    book.append(Vec::new()).await.unwrap();
}

/// The journal is damaged: the state is made anew over one whose number is known.
#[tokio::test(start_paused = true)]
async fn what_is_damaged_has_a_number_all_the_same() {
    let (table, store) = at_five().await;
    let ann = acquire(&table, "ann").await;
    let mut book = taken_over(&store, &ann, "ann").await.unwrap();
    book.begin(operation("ann", ann.fencing())).await.unwrap();
    let header = crate::journal::Header {
        lineage: book.state().lineage,
        operation: "op-ann".to_owned(),
        fencing: ann.fencing(),
        sequence: 2,
    };
    store.append(&Segment::new("dev", header, Content::Results(Vec::new()))).await.unwrap();
    drop(ann);
    table.lose();
    let bob = acquire(&table, "bob").await;
    let error = taken_over(&store, &bob, "bob").await.err().unwrap();
    assert!(matches!(&error, TakeOverError::State(error) if error.is_damage()), "{error}");
    assert_eq!(bob.fencing(), 7);
}
