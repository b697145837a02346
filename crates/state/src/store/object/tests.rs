//! The protocol of the store, against an object in memory.
#![allow(clippy::unwrap_used)]

use insta::assert_snapshot;

use super::super::{Loaded, MemoryStore, StateError, Store, Stored, Token};
use crate::document::{Author, DocumentError, State, encode};

fn author() -> Author {
    Author { operation: "op".to_owned(), command: "apply".to_owned(), owner: "ann@laptop pid 4711".to_owned() }
}

/// A store with one state in it.
async fn saved() -> (MemoryStore, State, Token) {
    let store = MemoryStore::new("dev");
    let mut state = State::new("dev");
    state.advance(1, &author());
    let token = store.save(&state, None).await.unwrap();
    (store, state, token)
}

fn next(state: &State, fencing: u64) -> State {
    let mut state = state.clone();
    state.advance(fencing, &author());
    state
}

/// Without what differs from run to run.
fn shown(error: &StateError, state: &State) -> String {
    format!("{error}\nhint: {}", error.hint().unwrap_or_default()).replace(&state.lineage.to_string(), "LINEAGE")
}

#[tokio::test]
async fn what_is_saved_is_loaded() {
    let (store, state, token) = saved().await;
    let version_id = Some("v1".to_owned());
    assert_eq!(
        store.load().await.unwrap(),
        Loaded::Present(Box::new(Stored {
            state: state.clone(),
            token: token.clone(),
            version_id,
            kms_key: None,
            journal: None
        }))
    );
    let second = next(&state, 1);
    let token = store.save(&second, Some(&token)).await.unwrap();
    assert_eq!(store.load().await.unwrap().stored().unwrap().state, second);
    assert_eq!((token.lineage, token.serial, token.fencing), (state.lineage, 2, 1));
    let history = store.history().await.unwrap();
    assert_eq!(
        history.iter().map(|version| (version.id.as_str(), version.current)).collect::<Vec<_>>(),
        [("v2", true), ("v1", false)]
    );
    store.delete().await.unwrap();
    assert_eq!(store.load().await.unwrap(), Loaded::Absent { deleted: false });
    assert_eq!(store.history().await.unwrap(), []);
}

#[tokio::test]
async fn nothing_and_no_bucket_are_told_apart() {
    let store = MemoryStore::without_bucket("dev");
    assert_eq!(store.load().await.unwrap(), Loaded::NoBucket);
    let error = store.save(&State::new("dev"), None).await.unwrap_err();
    assert!(matches!(error, StateError::NoBucket { .. }), "{error}");
    store.create_bucket();
    assert_eq!(store.load().await.unwrap(), Loaded::Absent { deleted: false });
    store.save(&State::new("dev"), None).await.unwrap();
}

#[tokio::test]
async fn only_what_was_read_is_overwritten() {
    let (store, state, token) = saved().await;
    let theirs = next(&state, 1);
    store.save(&theirs, Some(&token)).await.unwrap();
    let before = store.bytes();
    let mut ours = next(&state, 1);
    ours.engine = "ours".to_owned();
    let error = store.save(&ours, Some(&token)).await.unwrap_err();
    let StateError::Moved { expected: Some(1), .. } = error else { panic!("{error}") };
    let shown = shown(&error, &state).replace(&theirs.written_at.to_string(), "TIME");
    assert_snapshot!(shown, @"
    failed to write the state to memory://dev/state.json: expected serial 1, but found serial 2, written at TIME under fencing number 1 by provision 0.1.0
    hint: another run has the lock, or something else writes this object; nothing was overwritten: run the same command again, it starts from what is there now
    ");
    // Nor where there was nothing, and now is.
    let error = store.save(&ours, None).await.unwrap_err();
    assert!(matches!(error, StateError::Moved { expected: None, .. }), "{error}");
    assert_eq!(store.bytes(), before);
}

#[tokio::test]
async fn a_state_that_is_gone_is_not_made_anew() {
    let (store, state, token) = saved().await;
    store.delete().await.unwrap();
    let error = store.save(&next(&state, 1), Some(&token)).await.unwrap_err();
    assert_snapshot!(error, @"failed to write the state to memory://dev/state.json: expected serial 1, but found none");
    assert_eq!(store.bytes(), None);
}

#[tokio::test]
async fn an_earlier_lease_cannot_write_over_a_later_one() {
    let (store, state, token) = saved().await;
    let later = store.save(&next(&state, 5), Some(&token)).await.unwrap();
    let before = store.bytes();
    // It does not know of the later one ...
    let error = store.save(&next(&state, 4), Some(&token)).await.unwrap_err();
    assert_snapshot!(shown(&error, &state), @"
    refused to write the state to memory://dev/state.json with fencing number 4: number 5 has written since
    hint: another run has the lock, or something else writes this object; nothing was overwritten: run the same command again, it starts from what is there now
    ");
    // ... or it has seen the state and goes on all the same.
    let mut own = next(&state, 4);
    own.serial = 9;
    let error = store.save(&own, Some(&later)).await.unwrap_err();
    assert!(matches!(error, StateError::Fenced { own: 4, stored: 5, .. }), "{error}");
    assert_eq!(store.bytes(), before);
}

#[tokio::test]
async fn what_is_no_successor_is_refused() {
    let (store, state, token) = saved().await;
    let error = store.save(&state, Some(&token)).await.unwrap_err();
    assert_snapshot!(shown(&error, &state), @"
    refused to write the state to memory://dev/state.json: serial 1 of lineage LINEAGE does not follow serial 1 of lineage LINEAGE
    hint: check `bucket` and `key` in the [state] table of the file: the object has another history
    ");
    let mut other = State::new("dev");
    other.serial = 9;
    other.fencing = 9;
    let error = store.save(&other, Some(&token)).await.unwrap_err();
    assert!(matches!(error, StateError::NotASuccessor { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_not_a_failure() {
    let (store, state, token) = saved().await;
    store.lose_next_answers(1);
    let second = next(&state, 1);
    let token = store.save(&second, Some(&token)).await.unwrap();
    assert_eq!(store.history().await.unwrap().len(), 2, "written once");
    // The token of a write whose answer was lost is as good as any.
    store.save(&next(&second, 1), Some(&token)).await.unwrap();

    let store = MemoryStore::new("dev");
    store.lose_next_answers(1);
    store.save(&state, None).await.unwrap();
    assert_eq!(store.history().await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_late_write_and_its_repetition_are_one() {
    let (store, state, token) = saved().await;
    store.delay_next();
    let second = next(&state, 1);
    store.save(&second, Some(&token)).await.unwrap();
    assert_eq!(store.bytes(), Some(encode(&second).unwrap()));
    assert_eq!(store.history().await.unwrap().len(), 2, "written once");
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_to_a_refused_write_is_no_success() {
    let (store, state, token) = saved().await;
    let theirs = next(&state, 1);
    store.save(&theirs, Some(&token)).await.unwrap();
    store.lose_next_answers(1);
    let mut ours = next(&state, 1);
    ours.engine = "ours".to_owned();
    let error = store.save(&ours, Some(&token)).await.unwrap_err();
    assert!(matches!(error, StateError::Moved { .. }), "{error}");
    assert_eq!(store.load().await.unwrap().stored().unwrap().state, theirs);
}

#[tokio::test]
async fn a_refused_write_says_so_and_can_be_repeated() {
    let (store, state, token) = saved().await;
    store.refuse_next(1);
    let second = next(&state, 1);
    let error = store.save(&second, Some(&token)).await.unwrap_err();
    assert_snapshot!(error, @"failed to write the state at memory://dev/state.json: s3:PutObject failed: AccessDenied: as the test asked for");
    assert_eq!(store.history().await.unwrap().len(), 1);
    store.save(&second, Some(&token)).await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_read_is_neither_used_nor_overwritten() {
    let (store, state, _) = saved().await;
    let newer = br#"{ "format": 3, "state": { "engine": "9.2.0" } }"#;
    store.put_bytes(newer);
    let error = store.load().await.unwrap_err();
    assert!(matches!(error, StateError::Document { source: DocumentError::Newer { format: 3, .. }, .. }), "{error}");
    // An old engine that takes it for a first run.
    let error = store.save(&state, None).await.unwrap_err();
    assert_snapshot!(error, @"failed to write the state to memory://dev/state.json: expected none, but found something else: the document has format 3, written by provision 9.2.0; this is provision 0.1.0, which reads up to format 2");
    assert_eq!(store.bytes(), Some(newer.to_vec()));
}

#[tokio::test]
async fn two_environments_do_not_share_an_object() {
    let store = MemoryStore::new("prod");
    store.put_bytes(&encode(&State::new("dev")).unwrap());
    assert_snapshot!(store.load().await.unwrap_err(), @"failed to read the state at memory://prod/state.json: the document is the state of environment `dev`, not of `prod`");
}
