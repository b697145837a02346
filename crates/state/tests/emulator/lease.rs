//! The lock in DynamoDB.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue;
use provision_state::lease::{force_release, status};
use provision_state::{AcquireOptions, Author, Book, Lease, LockError, State, StateError, take_over};
use provision_testkit::proxy::Fault;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::aws::{Aws, TABLE};

/// Long enough for an emulator on a busy machine, short enough to wait for.
const LEASE: Duration = Duration::from_secs(4);

fn options(owner: &str) -> AcquireOptions {
    AcquireOptions { lease: LEASE, ..AcquireOptions::new(owner, format!("op-{owner}"), "apply") }
}

fn author(who: &str) -> Author {
    Author { operation: format!("op-{who}"), command: "apply".to_owned(), owner: who.to_owned() }
}

async fn acquire(aws: &Aws, options: &AcquireOptions) -> Result<Lease, LockError> {
    Lease::acquire(Arc::new(aws.table()), "dev", options, &|_| {}).await
}

#[tokio::test]
async fn it_is_taken_given_back_and_taken_again() {
    let aws = Aws::empty().await;
    let error = acquire(&aws, &options("ann")).await.unwrap_err();
    assert!(matches!(error, LockError::NoTable { .. }), "{error}");
    aws.create_table().await;
    assert_eq!(status(&aws.table(), "dev").await.unwrap(), None);

    let ann = acquire(&aws, &options("ann")).await.unwrap();
    assert_eq!(ann.fencing(), 1);
    let hurried = AcquireOptions { wait: Duration::ZERO, ..options("bob") };
    let error = acquire(&aws, &hurried).await.unwrap_err();
    assert!(matches!(&error, LockError::Held { owner, .. } if owner == "ann"), "{error}");
    // Longer than a lease: heartbeats.
    sleep(LEASE + LEASE / 2).await;
    assert!(ann.is_valid());
    let item = status(&aws.table(), "dev").await.unwrap().unwrap();
    assert_eq!(item, ann.item());
    ann.release().await.unwrap();

    let bob = acquire(&aws, &hurried).await.unwrap();
    assert_eq!(bob.fencing(), 2);
    bob.release().await.unwrap();
    let item = status(&aws.table(), "dev").await.unwrap().unwrap();
    assert_eq!((item.held, item.fencing, item.owner.as_str()), (false, 2, "bob"));

    // Seen by somebody who knows nothing of us.
    let key = AttributeValue::S("dev".to_owned());
    let answer = aws.dynamodb.get_item().table_name(TABLE).key("LockID", key).send().await.unwrap();
    let item = answer.item.unwrap();
    assert_eq!(item["fencing"], AttributeValue::N("2".to_owned()));
    assert_eq!(item["held"], AttributeValue::Bool(false));
    assert_eq!(item["lease_ms"], AttributeValue::N(LEASE.as_millis().to_string()));
    let mut names: Vec<_> = item.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        ["LockID", "acquired_at", "command", "fencing", "held", "lease_ms", "operation", "owner", "record_version"]
    );
}

#[tokio::test]
async fn a_dead_holder_is_replaced_after_its_lease() {
    let aws = Aws::empty().await;
    aws.create_table().await;
    drop(acquire(&aws, &options("ann")).await.unwrap());
    let start = Instant::now();
    let bob = acquire(&aws, &options("bob")).await.unwrap();
    assert!(start.elapsed() >= LEASE, "{:?}", start.elapsed());
    assert_eq!(bob.fencing(), 2);
    bob.release().await.unwrap();
}

#[tokio::test]
async fn contenders_have_it_in_turn() {
    let aws = Arc::new(Aws::empty().await);
    aws.create_table().await;
    let holders = Arc::new(AtomicU32::new(0));
    let mut contenders = JoinSet::new();
    for number in 0..8 {
        let (aws, holders) = (Arc::clone(&aws), Arc::clone(&holders));
        contenders.spawn(async move {
            let lease = acquire(&aws, &options(&number.to_string())).await.unwrap();
            assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0, "two hold it");
            sleep(Duration::from_millis(50)).await;
            assert!(lease.is_valid());
            assert_eq!(holders.fetch_sub(1, Ordering::SeqCst), 1);
            let fencing = lease.fencing();
            lease.release().await.unwrap();
            fencing
        });
    }
    let mut numbers = contenders.join_all().await;
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=8).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_holder_that_is_put_out_notices() {
    let aws = Aws::empty().await;
    aws.create_table().await;
    let ann = acquire(&aws, &options("ann")).await.unwrap();
    let error = force_release(&aws.table(), "dev", 7).await.unwrap_err();
    assert!(matches!(error, LockError::Changed { .. }), "{error}");
    force_release(&aws.table(), "dev", 1).await.unwrap();
    let lost = timeout(LEASE, ann.lost()).await.unwrap();
    assert!(lost.to_string().ends_with("it was released by force"), "{lost}");
    assert!(!ann.is_valid());
    assert!(matches!(ann.release().await, Err(LockError::Lost { .. })));
}

/// The table is deleted and made anew; the state remembers its numbers.
#[tokio::test]
async fn a_table_that_was_lost_goes_on_above_the_states_number() {
    let aws = Aws::empty().await;
    aws.create_table().await;
    aws.create_bucket().await;
    let store = Arc::new(aws.store(&aws.create_key().await));
    for _ in 0..2 {
        acquire(&aws, &options("ann")).await.unwrap().release().await.unwrap();
    }
    let ann = acquire(&aws, &options("ann")).await.unwrap();
    let mut old = Book::new(store.clone(), State::new("dev"), None, ann.fencing(), author("ann"));
    old.amend().await.unwrap();
    assert_eq!(ann.fencing(), 3);

    aws.delete_table().await;
    aws.create_table().await;
    let bob = acquire(&aws, &options("bob")).await.unwrap();
    assert_eq!(bob.fencing(), 1);
    let start = Instant::now();
    let stored = take_over(store.as_ref(), &bob, &author("bob"), &|_| {}).await.unwrap().stored().unwrap();
    assert!(start.elapsed() >= LEASE, "{:?}", start.elapsed());
    assert_eq!(bob.fencing(), 4);
    assert_eq!(status(&aws.table(), "dev").await.unwrap().unwrap(), bob.item());
    assert!(bob.is_valid() && !ann.is_valid());
    let mut book = Book::new(store.clone(), stored.state, Some(stored.token), bob.fencing(), author("bob"));
    book.amend().await.unwrap();
    let error = old.amend().await.unwrap_err();
    assert!(matches!(error, StateError::Fenced { own: 3, stored: 4, .. }), "{error}");
    bob.release().await.unwrap();
    let cid = acquire(&aws, &options("cid")).await.unwrap();
    assert_eq!(cid.fencing(), 5);
    // Now nothing is to be raised, nor waited for.
    let start = Instant::now();
    take_over(store.as_ref(), &cid, &author("cid"), &|_| {}).await.unwrap();
    assert!(start.elapsed() < LEASE, "{:?}", start.elapsed());
    assert_eq!(cid.fencing(), 5);
}

#[tokio::test]
async fn lost_answers_are_not_failures() {
    let aws = Aws::empty().await;
    aws.create_table().await;
    // Every second answer to a write.
    let writes = AtomicU32::new(0);
    aws.proxy.with(move |call| {
        (call.operation == "PutItem" && writes.fetch_add(1, Ordering::SeqCst).is_multiple_of(2))
            .then_some(Fault::DropAnswer)
    });
    for expected in 1..=2 {
        let lease = acquire(&aws, &options("ann")).await.unwrap();
        assert_eq!(lease.fencing(), expected);
        sleep(LEASE + LEASE / 2).await;
        assert!(lease.is_valid(), "{:?}", lease.watch().check());
        lease.release().await.unwrap();
    }
    assert!(aws.proxy.calls().iter().filter(|call| call.status.is_none()).count() >= 6);
}

#[tokio::test]
async fn another_programs_item_is_left_alone() {
    let aws = Aws::empty().await;
    aws.create_table().await;
    aws.dynamodb
        .put_item()
        .table_name(TABLE)
        .item("LockID", AttributeValue::S("dev".to_owned()))
        .item("Digest", AttributeValue::S("0cc175b9c0f1b6a831c399e269772661".to_owned()))
        .send()
        .await
        .unwrap();
    let error = acquire(&aws, &options("ann")).await.unwrap_err();
    assert!(matches!(error, LockError::Foreign { .. }), "{error}");
}
