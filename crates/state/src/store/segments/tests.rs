//! The journal as objects, in memory.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use insta::assert_snapshot;
use provision_config::Address;

use super::super::{MemoryStore, Store};
use super::*;
use crate::book::Book;
use crate::document::samples::{author, operation, record};
use crate::document::{ChangeKind, Intent, Operation, State};
use crate::journal::Entry;

/// That this resource now exists, under this id.
fn made(name: &str, id: &str) -> Entry {
    let address = Address::new("s3_bucket", name);
    Entry { address, record: Some(record(id)) }
}

fn gone(name: &str) -> Entry {
    Entry { record: None, ..made(name, "") }
}

/// What somebody who reads now believes to exist, and under which ids.
async fn known(store: &MemoryStore) -> Vec<String> {
    let state = store.load().await.unwrap().stored().unwrap().state;
    state.resources.iter().map(|(address, record)| format!("{}={}", address.name, record.id)).collect()
}

/// Somebody's book, in a store where there is nothing, or where a state is.
async fn book(store: &MemoryStore, who: &str, fencing: u64) -> Book {
    let stored = match store.load().await.unwrap().stored() {
        Some(stored) => Some(store.seal(stored, &Seal::new(&author(who), fencing)).await.unwrap()),
        None => None,
    };
    let token = stored.as_ref().map(|stored| stored.token.clone());
    let state = stored.map_or_else(|| State::new("dev"), |stored| stored.state);
    Book::new(Arc::new(store.clone()), state, token, fencing, author(who))
}

/// Somebody's book, with an operation begun.
async fn begun(store: &MemoryStore, who: &str, fencing: u64) -> Book {
    let mut book = book(store, who, fencing).await;
    book.begin(operation(who, fencing)).await.unwrap();
    book
}

const FIRST: &str = "journal/state.json/00000001-op-ann/00000001.json";
/// Where the journal of an operation of ann's that recorded one result is sealed.
const SEAL: &str = "journal/state.json/00000001-op-ann/00000002.json";
const SEAL_AFTER_TWO: &str = "journal/state.json/00000001-op-ann/00000003.json";
const SECOND: &str = "journal/state.json/00000001-op-ann/00000002.json";

#[tokio::test]
async fn results_are_appended_read_folded_and_deleted() {
    let store = MemoryStore::new("dev");
    let mut ann = begun(&store, "ann", 1).await;
    ann.append(vec![made("a", "1"), made("b", "1")]).await.unwrap();
    assert_eq!(known(&store).await, ["a=1", "b=1"]);
    ann.append(vec![made("a", "2"), gone("b")]).await.unwrap();
    assert_eq!(known(&store).await, ["a=2"]);
    assert_eq!(store.object_keys(), [FIRST, SECOND, "state.json"]);
    assert_eq!(store.history().await.unwrap().len(), 1, "the state itself is not written meanwhile");
    ann.finish(true).await.unwrap();
    assert_eq!(known(&store).await, ["a=2"]);
    ann.sweep().await.unwrap();
    assert_eq!(store.object_keys(), ["state.json"]);
    assert_eq!(store.load().await.unwrap().stored().unwrap().state, ann.into_state());
}

#[tokio::test]
async fn an_append_costs_as_much_as_it_says_whatever_the_size_of_the_state() {
    let store = MemoryStore::new("dev");
    let mut ann = book(&store, "ann", 1).await;
    for number in 0..500 {
        let Entry { address, record } = made(&format!("r{number}"), "1");
        ann.state_mut().enter(address, record);
    }
    ann.begin(operation("ann", 1)).await.unwrap();
    ann.append(vec![made("a", "1")]).await.unwrap();
    let (state, segment) = (store.bytes().unwrap().len(), store.object(FIRST).unwrap().len());
    assert!(segment < 1000 && state > 100_000, "{segment} of {state} bytes");
    assert_eq!(store.writes(), 2);
}

#[tokio::test]
async fn whoever_takes_over_has_everything_and_the_old_writer_can_write_nothing_more() {
    let store = MemoryStore::new("dev");
    let mut ann = begun(&store, "ann", 1).await;
    ann.append(vec![made("a", "1")]).await.unwrap();
    // Ann is stopped, her lease runs out; bob takes over.
    let mut bob = book(&store, "bob", 2).await;
    let error = ann.append(vec![made("late", "1")]).await.unwrap_err();
    assert_snapshot!(format!("{error}\nhint: {}", error.hint().unwrap()), @"
    refused to append to the journal at memory://dev/journal/state.json/00000001-op-ann/00000002.json: bob has taken over, under fencing number 2
    hint: another run has the lock, or something else writes this object; nothing was overwritten: run the same command again, it starts from what is there now
    ");
    bob.begin(operation("bob", 2)).await.unwrap();
    let error = ann.finish(true).await.unwrap_err();
    assert_snapshot!(error, @"refused to write the state to memory://dev/state.json with fencing number 1: number 2 has written since");
    bob.append(vec![made("b", "1")]).await.unwrap();
    assert_eq!(known(&store).await, ["a=1", "b=1"]);
    // Nor does she delete anything: it is not hers to say that it is not needed.
    ann.sweep().await.unwrap();
    assert_eq!(known(&store).await, ["a=1", "b=1"]);
    bob.finish(true).await.unwrap();
    bob.sweep().await.unwrap();
    // The seal stays: an append of hers may still be on its way.
    assert_eq!(store.object_keys(), [SEAL, "state.json"]);
    store.delete().await.unwrap();
    assert_eq!(store.object_keys(), [""; 0]);
}

#[tokio::test]
async fn an_append_that_comes_before_the_seal_is_kept() {
    let store = MemoryStore::new("dev");
    let mut ann = begun(&store, "ann", 1).await;
    let seen = store.load().await.unwrap().stored().unwrap();
    for id in ["1", "2", "3"] {
        ann.append(vec![made("a", id)]).await.unwrap();
    }
    let sealed = store.seal(seen, &Seal::new(&author("bob"), 2)).await.unwrap();
    assert_eq!(sealed.state.resources[&Address::new("s3_bucket", "a")].id, "3");
    assert!(sealed.journal.unwrap().is_sealed());
    // A third that comes while bob hesitates finds it sealed, and adds no seal.
    let keys = store.object_keys();
    begun(&store, "carol", 3).await;
    assert_eq!(store.object_keys(), keys);
    assert_eq!(known(&store).await, ["a=3"]);
}

#[tokio::test]
async fn an_operation_that_ended_while_it_was_taken_over_is_over() {
    let store = MemoryStore::new("dev");
    let mut ann = begun(&store, "ann", 1).await;
    let seen = store.load().await.unwrap().stored().unwrap();
    ann.append(vec![made("a", "1")]).await.unwrap();
    ann.finish(true).await.unwrap();
    // Found in the way of the seal; what is there now is taken.
    let now = store.seal(seen, &Seal::new(&author("bob"), 2)).await.unwrap();
    assert_eq!((now.state.operation, now.journal), (None, None));
    assert_eq!(now.state.serial, 2);
}

#[tokio::test]
async fn a_segment_that_arrives_after_it_was_folded_and_deleted_changes_nothing() {
    let store = MemoryStore::new("dev");
    let mut ann = begun(&store, "ann", 1).await;
    ann.append(vec![made("a", "1")]).await.unwrap();
    let late = store.object(FIRST).unwrap();
    ann.append(vec![made("a", "2")]).await.unwrap();
    // Incomplete, so that the document goes on naming the operation.
    ann.finish(false).await.unwrap();
    ann.sweep().await.unwrap();
    store.put_object(FIRST, Some(&late));
    assert_eq!(known(&store).await, ["a=2"]);
    // The next run deletes it.
    let mut bob = begun(&store, "bob", 2).await;
    bob.finish(true).await.unwrap();
    bob.sweep().await.unwrap();
    // The seal stays: an append of hers may still be on its way.
    assert_eq!(store.object_keys(), [SEAL_AFTER_TWO, "state.json"]);
    store.delete().await.unwrap();
    assert_eq!(store.object_keys(), [""; 0]);
}

#[tokio::test]
async fn copies_that_arrive_out_of_order_end_where_one_is_missing() {
    let store = MemoryStore::new("dev");
    let mut ann = begun(&store, "ann", 1).await;
    for id in ["1", "2", "3"] {
        ann.append(vec![made("a", id)]).await.unwrap();
    }
    store.put_object(SECOND, None);
    assert!(store.load().await.is_err());
    let copy = store.copied().load().await.unwrap().stored().unwrap();
    assert_eq!(copy.state.resources[&Address::new("s3_bucket", "a")].id, "1");
    // The operation is still announced: what it made after that is looked for by tags.
    assert!(copy.state.operation.is_some());
    // What is damaged stays damaged.
    store.put_object(FIRST, Some(b"{"));
    assert!(store.copied().load().await.is_err());
}

#[tokio::test]
async fn a_journal_that_is_not_whole_is_refused() {
    let store = MemoryStore::new("dev");
    let mut ann = begun(&store, "ann", 1).await;
    ann.append(vec![made("a", "1")]).await.unwrap();
    ann.append(vec![made("a", "2")]).await.unwrap();
    let (first, second) = (store.object(FIRST).unwrap(), store.object(SECOND).unwrap());
    let shown = async |store: &MemoryStore| {
        let error = store.load().await.unwrap_err();
        format!("{error}\nhint: {}", error.hint().unwrap())
    };

    store.put_object(FIRST, None);
    assert_snapshot!(shown(&store).await, @"
    failed to read the journal of the state at memory://dev/state.json: segment 1 of the journal of operation op-ann is missing, but there are later ones
    hint: its objects were changed or deleted by hand; `provision state rebuild` makes the state anew from what AWS has
    ");
    store.put_object(FIRST, Some(&second));
    assert_snapshot!(shown(&store).await, @"
    failed to read the journal of the state at memory://dev/state.json: the segment in the place of number 1 of the journal of operation op-ann belongs elsewhere
    hint: its objects were changed or deleted by hand; `provision state rebuild` makes the state anew from what AWS has
    ");
    store.put_object(FIRST, Some(&first[..300]));
    assert_snapshot!(shown(&store).await, @"
    failed to read the journal of the state at memory://dev/journal/state.json/00000001-op-ann/00000001.json: the document is cut off after 300 bytes
    hint: its objects were changed or deleted by hand; `provision state rebuild` makes the state anew from what AWS has
    ");
    let edited = String::from_utf8(first.clone()).unwrap().replace("us-east-1", "us-west-2");
    store.put_object(FIRST, Some(edited.as_bytes()));
    assert!(shown(&store).await.contains("was changed or damaged"));
    let newer = String::from_utf8(first.clone()).unwrap().replace("\"format\": 2", "\"format\": 3");
    store.put_object(FIRST, Some(newer.as_bytes()));
    assert_snapshot!(shown(&store).await, @"
    failed to read the journal of the state at memory://dev/journal/state.json/00000001-op-ann/00000001.json: the document has format 3, written by provision 0.1.0; this is provision 0.1.0, which reads up to format 2
    hint: use that version of provision, or a newer one
    ");
    store.put_object(FIRST, Some(&first));
    assert_eq!(known(&store).await, ["a=2"]);
}

#[tokio::test(start_paused = true)]
async fn an_append_whose_answer_is_lost_is_looked_for() {
    let store = MemoryStore::new("dev");
    let mut ann = begun(&store, "ann", 1).await;
    store.lose_next_answers(1);
    ann.append(vec![made("a", "1")]).await.unwrap();
    store.delay_next();
    ann.append(vec![made("a", "2")]).await.unwrap();
    assert_eq!(store.object_keys(), [FIRST, SECOND, "state.json"]);
    assert_eq!(known(&store).await, ["a=2"]);
}

#[tokio::test]
async fn what_could_not_be_appended_is_written_in_the_end() {
    let store = MemoryStore::new("dev");
    let mut ann = begun(&store, "ann", 1).await;
    store.refuse_next(1);
    ann.append(vec![made("a", "1")]).await.unwrap_err();
    ann.append(vec![made("b", "1")]).await.unwrap();
    assert_eq!(store.object_keys(), ["state.json"], "after a failure nothing more is appended");
    ann.finish(true).await.unwrap();
    assert_eq!(known(&store).await, ["a=1", "b=1"]);
}

#[tokio::test]
async fn an_interrupted_operation_survives_an_amendment() {
    let store = MemoryStore::new("dev");
    let mut ann = begun(&store, "ann", 1).await;
    ann.append(vec![made("a", "1")]).await.unwrap();
    ann.append(vec![made("b", "1")]).await.unwrap();
    let mut bob = book(&store, "bob", 2).await;
    bob.state_mut().enter(Address::new("s3_bucket", "a"), None);
    bob.amend().await.unwrap();
    assert_eq!(known(&store).await, ["b=1"], "what the journal says does not count again");
    let state = store.load().await.unwrap().stored().unwrap().state;
    assert_eq!(state.operation.unwrap().id, "op-ann");
    assert_eq!(state.author.unwrap().owner, "bob");
    // And she is still kept out.
    ann.append(vec![made("c", "1")]).await.unwrap_err();
    ann.finish(true).await.unwrap_err();
}

#[tokio::test]
async fn what_is_done_of_an_operation_is_known() {
    let store = MemoryStore::new("dev");
    let mut ann = book(&store, "ann", 1).await;
    let intent = |change| Intent { change, region: None, identity: None, done: false };
    let intents = [("a", ChangeKind::Created), ("b", ChangeKind::Created), ("c", ChangeKind::Deleted)];
    let intents = intents.map(|(name, change)| (Address::new("s3_bucket", name), intent(change)));
    ann.begin(Operation { intents: intents.into(), ..operation("ann", 1) }).await.unwrap();
    let done = async || store.load().await.unwrap().stored().unwrap().state.operation.unwrap().done();
    ann.append(vec![made("a", "1"), made("b", "1")]).await.unwrap();
    assert_eq!(done().await, 0, "they are made, but not finished");
    let mut finished = made("a", "1");
    finished.record.as_mut().unwrap().spec = Some(serde_json::json!({}));
    ann.append(vec![finished, gone("c")]).await.unwrap();
    assert_eq!(done().await, 2);
    ann.finish(false).await.unwrap();
    assert_eq!(done().await, 2);
}

#[tokio::test]
async fn what_is_damaged_can_be_replaced_but_not_what_is_newer() {
    let store = MemoryStore::new("dev");
    let mut state = State::new("dev");
    state.advance(1, &author("ann"));
    assert_eq!(store.token_of_any(state.lineage).await.unwrap(), None);
    store.put_bytes(b"{ \"format\": 2, \"che");
    let token = store.token_of_any(state.lineage).await.unwrap();
    store.save(&state, token.as_ref()).await.unwrap();
    let mut other = state.clone();
    other.advance(1, &author("bob"));
    assert!(store.save(&other, token.as_ref()).await.is_err(), "only what was seen is replaced");
    store.put_bytes(b"{ \"format\": 3 }");
    store.token_of_any(state.lineage).await.unwrap_err();
}

#[test]
fn each_state_has_a_folder_of_its_own() {
    assert_eq!(root("provision/dev/state.json"), "provision/dev/journal/state.json/");
    assert_eq!(root("dev.json"), "journal/dev.json/");
    let header = Cursor::of(&State { operation: Some(operation("ann", 12)), ..State::new("dev") }).unwrap().next();
    assert_eq!(key("a/b", &header), "a/journal/b/00000012-op-ann/00000001.json");
    assert_eq!(number("00000001.json"), Some(1));
    assert_eq!(number("1.json.bak"), None);
}
