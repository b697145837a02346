//! The protocol of the lock, against a table in memory, in tokio's own time: every second here takes none.
#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use insta::assert_snapshot;
use tokio::task::JoinSet;
use tokio::time::{Instant, advance, sleep, timeout};

use super::*;

const LEASE: Duration = Duration::from_secs(15);

fn options(owner: &str) -> AcquireOptions {
    AcquireOptions::new(owner, format!("op-{owner}"), "apply")
}

async fn acquire(table: &MemoryTable, owner: &str) -> Result<Lease, LockError> {
    acquire_with(table, &options(owner)).await
}

async fn acquire_with(table: &MemoryTable, options: &AcquireOptions) -> Result<Lease, LockError> {
    Lease::acquire(Arc::new(table.client()), "dev", options, &|_| {}).await
}

/// The lease of a client whose network the test holds.
async fn acquire_through(client: &MemoryTable, owner: &str) -> Result<Lease, LockError> {
    Lease::acquire(Arc::new(client.clone()), "dev", &options(owner), &|_| {}).await
}

/// Without what differs from run to run.
fn shown(error: &LockError) -> String {
    format!("{error}\nhint: {}", error.hint().unwrap_or_default())
}

#[tokio::test(start_paused = true)]
async fn the_number_grows_over_releases() {
    let table = MemoryTable::new();
    for expected in 1..=5 {
        let lease = acquire(&table, "ann").await.unwrap();
        assert_eq!(lease.fencing(), expected);
        assert!(lease.is_valid());
        let watch = lease.watch();
        lease.release().await.unwrap();
        assert!(!watch.is_valid());
        let item = status(&table, "dev").await.unwrap().unwrap();
        assert!(!item.held);
        assert_eq!((item.fencing, item.owner.as_str()), (expected, "ann"));
    }
}

#[tokio::test(start_paused = true)]
async fn another_is_refused_when_its_wait_is_over() {
    let table = MemoryTable::new();
    let _ann = acquire(&table, "ann").await.unwrap();
    let events = Mutex::new(Vec::new());
    let start = Instant::now();
    let error = Lease::acquire(Arc::new(table.client()), "dev", &options("bob"), &|event| {
        events.lock().unwrap().push(event.to_string());
    })
    .await
    .unwrap_err();
    let waited = start.elapsed();
    assert!((DEFAULT_WAIT..DEFAULT_WAIT + Duration::from_millis(50)).contains(&waited), "{waited:?}");
    insta::with_settings!({ filters => [(r"\d{4}-\S+Z", "TIME"), (r"for \d+s", "for AGE")] }, {
        assert_snapshot!(shown(&error), @"
        the lock `dev` in table memory is held by ann (`apply`, operation op-ann) for AGE
        hint: wait for it to finish; a holder that died is replaced by itself once its lease has run out. Only if it is alive but stuck: `provision lock release`
        ");
        assert_snapshot!(events.into_inner().unwrap().join("\n"), @"waiting for the lock held by ann (`apply`) since TIME, for AGE");
    });
    let LockError::Held { owner, operation, command, fencing, .. } = error else { panic!("{error}") };
    assert_eq!((owner.as_str(), operation.as_str(), command.as_str(), fencing), ("ann", "op-ann", "apply", 1));
}

#[tokio::test(start_paused = true)]
async fn without_a_wait_there_is_one_look() {
    let table = MemoryTable::new();
    let ann = acquire(&table, "ann").await.unwrap();
    let hurried = AcquireOptions { wait: Duration::ZERO, ..options("bob") };
    let start = Instant::now();
    let error = acquire_with(&table, &hurried).await.unwrap_err();
    assert!(matches!(error, LockError::Held { .. }), "{error}");
    assert_eq!(start.elapsed(), Duration::ZERO);
    ann.release().await.unwrap();
    assert_eq!(acquire_with(&table, &hurried).await.unwrap().fencing(), 2);
}

#[tokio::test(start_paused = true)]
async fn heartbeats_keep_it() {
    let table = MemoryTable::new();
    let ann = acquire(&table, "ann").await.unwrap();
    let patient = AcquireOptions { wait: 100 * LEASE, ..options("bob") };
    acquire_with(&table, &patient).await.unwrap_err();
    assert!(ann.is_valid());
    let writes = table.writes();
    // One acquisition, and three renewals in each lease.
    assert!((300..=302).contains(&writes.len()), "{}", writes.len());
    assert!(writes.windows(2).all(|pair| pair[0].record_version != pair[1].record_version));
    assert!(writes.iter().all(|item| item.fencing == 1 && item.held && item.acquired_at == writes[0].acquired_at));
    ann.release().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_release_ends_the_wait() {
    let table = MemoryTable::new();
    let ann = acquire(&table, "ann").await.unwrap();
    let bob = tokio::spawn({
        let table = table.clone();
        async move { acquire(&table, "bob").await.unwrap() }
    });
    sleep(Duration::from_secs(7)).await;
    assert!(!bob.is_finished());
    ann.release().await.unwrap();
    let bob = timeout(Duration::from_millis(1100), bob).await.unwrap().unwrap();
    assert_eq!(bob.fencing(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_dead_holder_is_replaced_after_one_lease_and_not_before() {
    for (latency, died) in [(0, 0), (0, 4_900), (0, 12_345), (40, 777)] {
        let table = MemoryTable::new();
        let ann = acquire(&table, "ann").await.unwrap();
        sleep(Duration::from_millis(died)).await;
        // As after `kill -9`: no release, no heartbeat.
        drop(ann);
        let last_write = table.writes().len();
        let client = table.client();
        client.set_latency(Duration::from_millis(latency));
        let start = Instant::now();
        let events = Mutex::new(Vec::new());
        let bob = Lease::acquire(Arc::new(client), "dev", &options("bob"), &|event| {
            events.lock().unwrap().push(event.to_string());
        })
        .await
        .unwrap();
        let waited = start.elapsed();
        assert!((LEASE..LEASE + Duration::from_millis(5 + 3 * latency)).contains(&waited), "{waited:?}");
        assert_eq!(bob.fencing(), 2);
        assert_eq!(table.writes().len(), last_write + 1);
        let events = events.into_inner().unwrap();
        assert_eq!(events.len(), 2);
        assert_eq!(events[1], "taking over the lock abandoned by ann (`apply`): no sign of life for 15 s");
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_the_holders_lease_that_counts() {
    let table = MemoryTable::new();
    let long = AcquireOptions { lease: Duration::from_secs(40), ..options("ann") };
    drop(acquire_with(&table, &long).await.unwrap());
    let start = Instant::now();
    let bob = acquire_with(&table, &AcquireOptions { lease: Duration::from_secs(1), ..options("bob") }).await.unwrap();
    assert!(start.elapsed() >= Duration::from_secs(40), "{:?}", start.elapsed());
    drop(bob);
    // A lease of for ever is waited for, not calculated with.
    let forever = AcquireOptions { lease: Duration::MAX, ..options("carol") };
    drop(acquire_with(&table, &forever).await.unwrap());
    assert!(matches!(acquire(&table, "dave").await, Err(LockError::Held { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_holder_that_stood_still_finds_itself_lost() {
    let table = MemoryTable::new();
    let ann = acquire(&table, "ann").await.unwrap();
    let watch = ann.watch();
    sleep(Duration::from_secs(1)).await;
    // As after SIGSTOP and SIGCONT: time has passed, and its heartbeat has had no turn.
    advance(LEASE).await;
    assert!(!ann.is_valid());
    assert!(!watch.is_valid());
    assert_snapshot!(shown(&ann.lost().await), @"
    the lock `dev` in table memory was lost: it could not be renewed for 15 s
    hint: nothing more was changed; run the same command again, it continues from what AWS has
    ");
    // Not even a heartbeat that gets through now makes it valid again.
    sleep(LEASE).await;
    assert!(!ann.is_valid());
    assert!(watch.check().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_holder_that_is_cut_off_is_lost_before_another_has_it() {
    for cut_off_after in [0, 100, 4_999, 5_001, 9_000, 14_000] {
        let table = MemoryTable::new();
        let client = table.client();
        let ann = acquire_through(&client, "ann").await.unwrap();
        let bob = tokio::spawn({
            let table = table.clone();
            async move { acquire(&table, "bob").await.unwrap() }
        });
        sleep(Duration::from_millis(cut_off_after)).await;
        client.set_down(true);
        let mut bob = std::pin::pin!(bob);
        tokio::select! {
            biased;
            lost = ann.lost() => assert!(matches!(lost, LockError::Lost { .. }), "{lost}"),
            _ = &mut bob => panic!("bob has it while ann believes that she has"),
        }
        assert!(!ann.is_valid());
        let bob = bob.await.unwrap();
        assert_eq!(bob.fencing(), 2);
        // Back again, she cannot give back what is bob's.
        client.set_down(false);
        let error = ann.release().await.unwrap_err();
        assert!(error.to_string().ends_with("was lost: it was taken over by bob (`apply`)"), "{error}");
        assert!(bob.is_valid());
    }
}

#[tokio::test(start_paused = true)]
async fn a_holder_that_may_no_longer_write_is_told_why() {
    let table = MemoryTable::new();
    let client = table.client();
    let ann = acquire_through(&client, "ann").await.unwrap();
    client.set_denied(true);
    assert_snapshot!(ann.lost().await, @"the lock `dev` in table memory was lost: it could not be renewed for 15 s: failed to renew the lock `dev` in table memory: dynamodb:PutItem failed: as the test asked for");
}

#[tokio::test(start_paused = true)]
async fn an_outage_shorter_than_the_lease_is_survived() {
    let table = MemoryTable::new();
    let client = table.client();
    let ann = acquire_through(&client, "ann").await.unwrap();
    for _ in 0..20 {
        client.set_down(true);
        sleep(Duration::from_secs(6)).await;
        client.set_down(false);
        sleep(Duration::from_secs(5)).await;
        assert!(ann.is_valid());
    }
    client.lose_next_answers(1);
    sleep(LEASE).await;
    assert!(ann.is_valid());
    ann.release().await.unwrap();
    assert_eq!(acquire(&table, "bob").await.unwrap().fencing(), 2);
}

#[tokio::test(start_paused = true)]
async fn lost_answers_are_not_failures() {
    type Fault = fn(&MemoryTable, u32);
    let faults: [Fault; 2] = [MemoryTable::lose_next_answers, MemoryTable::repeat_next];
    for fault in faults {
        let table = MemoryTable::new();
        let client = table.client();
        // To the acquisition of a new lock, of a free one, ...
        fault(&client, 1);
        acquire_through(&client, "ann").await.unwrap().release().await.unwrap();
        fault(&client, 1);
        let ann = acquire_through(&client, "ann").await.unwrap();
        assert_eq!(ann.fencing(), 2);
        // ... to heartbeats, ...
        fault(&client, 2);
        sleep(2 * LEASE).await;
        assert!(ann.is_valid());
        // ... to the release ...
        fault(&client, 1);
        ann.release().await.unwrap();
        assert!(!status(&table, "dev").await.unwrap().unwrap().held);
        // ... and to taking over.
        drop(acquire(&table, "carol").await.unwrap());
        fault(&client, 1);
        assert_eq!(acquire_through(&client, "ann").await.unwrap().fencing(), 4);
    }
}

#[tokio::test(start_paused = true)]
async fn a_late_renewal_is_known_for_our_own() {
    let table = MemoryTable::new();
    let client = table.client();
    let ann = acquire_through(&client, "ann").await.unwrap();
    // The first arrives when all attempts at it have been given up, and those after it never do.
    for seconds in [8, 3600, 3600] {
        client.delay_next(Duration::from_secs(seconds));
    }
    sleep(LEASE + LEASE / 2).await;
    assert!(ann.is_valid(), "{:?}", ann.watch().check());
    ann.release().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_late_acquisition_and_its_repetition_are_one() {
    let table = MemoryTable::new();
    let client = table.client();
    client.delay_next(Duration::from_secs(6));
    let ann = acquire_through(&client, "ann").await.unwrap();
    sleep(LEASE).await;
    assert!(ann.is_valid());
    assert_eq!(ann.fencing(), 1);
    let writes = table.writes();
    assert!(writes.windows(2).all(|pair| pair[0].record_version != pair[1].record_version), "written twice");
}

/// The answers of every call come so late that each is taken for lost.
#[tokio::test(start_paused = true)]
async fn a_table_that_is_too_slow_gives_no_lock() {
    let table = MemoryTable::new();
    let client = table.client();
    client.set_latency(LEASE);
    let error = acquire_through(&client, "ann").await.unwrap_err();
    assert_snapshot!(shown(&error), @"
    failed to acquire the lock `dev` in table memory: dynamodb:GetItem failed: no answer within 5 s
    hint: check the network and AWS's health, then run the same command again: it continues
    ");
}

#[tokio::test(start_paused = true)]
async fn a_release_outruns_its_own_heartbeat() {
    let table = MemoryTable::new();
    let client = table.client();
    client.set_latency(Duration::from_millis(400));
    // Released at every stage of a heartbeat: before it, on its way there, on its way back.
    for pause in [4_000, 4_700, 4_900, 5_000, 5_100] {
        let ann = acquire_through(&client, "ann").await.unwrap();
        sleep(Duration::from_millis(pause)).await;
        ann.release().await.unwrap();
        let item = status(&table, "dev").await.unwrap().unwrap();
        assert!(!item.held, "after {pause}");
    }
}

#[tokio::test(start_paused = true)]
async fn twenty_contenders_have_it_in_turn() {
    let table = MemoryTable::new();
    let holders = Arc::new(AtomicU32::new(0));
    let mut contenders = JoinSet::new();
    for number in 0..20_u64 {
        let (table, holders) = (table.client(), Arc::clone(&holders));
        contenders.spawn(async move {
            table.set_latency(Duration::from_millis(10 + number));
            let patient = AcquireOptions { wait: Duration::from_secs(3600), ..options(&number.to_string()) };
            let lease = Lease::acquire(Arc::new(table), "dev", &patient, &|_| {}).await.unwrap();
            assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0, "two hold it");
            sleep(Duration::from_secs(2 + number)).await;
            assert!(lease.is_valid());
            assert_eq!(holders.fetch_sub(1, Ordering::SeqCst), 1);
            let fencing = lease.fencing();
            // Every fifth dies.
            if number % 5 == 0 {
                drop(lease);
            } else {
                lease.release().await.unwrap();
            }
            fencing
        });
    }
    let mut numbers = contenders.join_all().await;
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
    assert!(table.writes().windows(2).all(|pair| pair[0].fencing <= pair[1].fencing), "it never goes back");
}

#[tokio::test(start_paused = true)]
async fn one_lock_does_not_hold_another() {
    let table = MemoryTable::new();
    let _dev = acquire(&table, "ann").await.unwrap();
    let prod = Lease::acquire(Arc::new(table.client()), "prod", &options("bob"), &|_| {}).await.unwrap();
    assert_eq!(prod.fencing(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_holder_is_put_out_by_its_number_only() {
    let table = MemoryTable::new();
    let error = force_release(&table, "dev", 1).await.unwrap_err();
    assert_snapshot!(shown(&error), @"
    refused to release the lock `dev` in table memory: it was never held
    hint: look again with `provision lock status`
    ");
    let ann = acquire(&table, "ann").await.unwrap();
    let error = force_release(&table, "dev", 7).await.unwrap_err();
    insta::with_settings!({ filters => [(r"\d{4}-\S+Z", "TIME"), (r"for \d+s", "for AGE")] }, {
        assert_snapshot!(error, @"refused to release the lock `dev` in table memory: it is now held by ann (`apply`) since TIME, for AGE, under fencing number 1");
    });
    assert!(!force_release(&table, "dev", 1).await.unwrap().held);
    // The next one has it at once; the one before notices at its next heartbeat.
    let bob = acquire_with(&table, &AcquireOptions { wait: Duration::ZERO, ..options("bob") }).await.unwrap();
    assert_eq!(bob.fencing(), 2);
    let lost = timeout(LEASE / 3 + Duration::from_millis(10), ann.lost()).await.unwrap();
    assert_snapshot!(lost, @"the lock `dev` in table memory was lost: it was taken over by bob (`apply`)");
    let error = force_release(&table, "dev", 1).await.unwrap_err();
    assert!(matches!(error, LockError::Changed { .. }), "{error}");
    assert!(bob.is_valid());
}

#[tokio::test(start_paused = true)]
async fn a_holder_that_was_put_out_is_told_so() {
    let table = MemoryTable::new();
    let ann = acquire(&table, "ann").await.unwrap();
    let watch = ann.watch();
    force_release(&table, "dev", 1).await.unwrap();
    assert_snapshot!(ann.lost().await, @"the lock `dev` in table memory was lost: it was released by force");
    // Nor is it told another reason later.
    drop(ann);
    assert!(watch.check().unwrap_err().to_string().ends_with("it was released by force"));
    let error = force_release(&table, "dev", 1).await.unwrap_err();
    assert_snapshot!(error, @"refused to release the lock `dev` in table memory: it is not held any more");
}

#[tokio::test(start_paused = true)]
async fn a_missing_table_is_told_apart() {
    let table = MemoryTable::missing();
    assert!(matches!(status(&table, "dev").await, Err(LockError::NoTable { .. })));
    let error = acquire(&table, "ann").await.unwrap_err();
    assert_snapshot!(shown(&error), @"
    there is no lock table memory, or it is not active yet
    hint: `provision apply` makes the table on its first run
    ");
    table.create();
    assert_eq!(status(&table, "dev").await.unwrap(), None);
    acquire(&table, "ann").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_denied_call_is_not_waited_for() {
    let table = MemoryTable::new();
    table.set_denied(true);
    let start = Instant::now();
    let error = Lease::acquire(Arc::new(table.clone()), "dev", &options("ann"), &|_| {}).await.unwrap_err();
    assert_snapshot!(error, @"failed to acquire the lock `dev` in table memory: dynamodb:GetItem failed: as the test asked for");
    assert!(start.elapsed() < Duration::from_secs(1));
}
