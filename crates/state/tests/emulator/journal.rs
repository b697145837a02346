//! The journal beside the state in S3.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ServerSideEncryption;
use provision_config::Address;
use provision_reconciler::Record;
use provision_state::{Author, Book, Entry, Operation, S3Store, Seal, State, StateError, Store};
use provision_testkit::proxy::Fault;

use crate::aws::{Aws, KEY};

const FIRST: &str = "provision/dev/journal/state.json/00000001-op-ann/00000001.json";
const SECOND: &str = "provision/dev/journal/state.json/00000001-op-ann/00000002.json";

fn author(who: &str) -> Author {
    Author { operation: format!("op-{who}"), command: "apply".to_owned(), owner: who.to_owned() }
}

fn made(name: &str, id: &str) -> Entry {
    let record = Record {
        kind: "s3_bucket".to_owned(),
        id: id.to_owned(),
        region: "us-east-1".to_owned(),
        spec: None,
        outputs: Default::default(),
        dependencies: Default::default(),
        protect: false,
        superseded: Vec::new(),
    };
    Entry { address: Address::new("s3_bucket", name), record: Some(record) }
}

/// Somebody's book, with an operation begun; after taking over what was interrupted.
async fn begun(store: &S3Store, who: &str, fencing: u64) -> Book {
    let stored = match store.load().await.unwrap().stored() {
        Some(stored) => Some(store.seal(stored, &Seal::new(&author(who), fencing)).await.unwrap()),
        None => None,
    };
    let token = stored.as_ref().map(|stored| stored.token.clone());
    let state = stored.map_or_else(|| State::new("dev"), |stored| stored.state);
    let mut book = Book::new(Arc::new(store.clone()), state, token, fencing, author(who));
    let operation = Operation {
        id: format!("op-{who}"),
        command: "apply".to_owned(),
        owner: who.to_owned(),
        started_at: "2026-01-02T03:04:05Z".parse().unwrap(),
        fencing,
        intents: Default::default(),
        folded: 0,
    };
    book.begin(operation).await.unwrap();
    book
}

/// What somebody who reads now believes to exist, and under which ids.
async fn known(store: &S3Store) -> Vec<String> {
    let state = store.load().await.unwrap().stored().unwrap().state;
    state.resources.iter().map(|(address, record)| format!("{}={}", address.name, record.id)).collect()
}

/// Every version of every object, delete markers too.
async fn objects(aws: &Aws) -> Vec<String> {
    let page = aws.s3.list_object_versions().bucket(aws.bucket()).send().await.unwrap();
    let versions = page.versions().iter().filter_map(|version| version.key().map(str::to_owned));
    let markers = page.delete_markers().iter().filter_map(|marker| marker.key().map(|key| format!("{key} (deleted)")));
    versions.chain(markers).collect()
}

#[tokio::test]
async fn results_are_appended_encrypted_read_folded_and_deleted_without_a_trace() {
    let aws = Aws::empty().await;
    aws.create_bucket().await;
    let key = aws.create_key().await;
    let store = aws.store(&key);
    let mut ann = begun(&store, "ann", 1).await;
    ann.append(vec![made("a", "1"), made("b", "1")]).await.unwrap();
    ann.append(vec![made("a", "2")]).await.unwrap();
    assert_eq!(known(&store).await, ["a=2", "b=1"]);
    // Also for whoever does not know the key.
    assert_eq!(known(&S3Store::new(aws.s3.clone(), "dev", aws.bucket(), KEY)).await, ["a=2", "b=1"]);

    let object = aws.s3.head_object().bucket(aws.bucket()).key(SECOND).send().await.unwrap();
    assert_eq!(object.server_side_encryption(), Some(&ServerSideEncryption::AwsKms));
    assert_eq!(object.ssekms_key_id(), Some(key.as_str()));
    let metadata = object.metadata().unwrap();
    for (name, value) in [("environment", "dev"), ("operation", "op-ann"), ("fencing", "1"), ("sequence", "2")] {
        assert_eq!(metadata.get(name).map(String::as_str), Some(value), "{name}");
    }

    ann.finish(true).await.unwrap();
    ann.sweep().await.unwrap();
    assert_eq!(objects(&aws).await, [KEY, KEY]);
    assert_eq!(known(&store).await, ["a=2", "b=1"]);
}

#[tokio::test]
async fn an_old_holder_can_neither_append_nor_write() {
    let aws = Aws::empty().await;
    aws.create_bucket().await;
    let key = aws.create_key().await;
    let store = aws.store(&key);
    let mut ann = begun(&store, "ann", 1).await;
    ann.append(vec![made("a", "1")]).await.unwrap();
    let mut bob = begun(&store, "bob", 2).await;
    let error = ann.append(vec![made("late", "1")]).await.unwrap_err();
    assert!(matches!(&error, StateError::Sealed { by: Some(seal), .. } if seal.owner == "bob"), "{error}");
    let error = ann.finish(true).await.unwrap_err();
    assert!(matches!(error, StateError::Fenced { own: 1, stored: 2, .. }), "{error}");
    bob.append(vec![made("b", "1")]).await.unwrap();
    bob.finish(true).await.unwrap();
    bob.sweep().await.unwrap();
    assert_eq!(known(&store).await, ["a=1", "b=1"]);
    let mut left = objects(&aws).await;
    left.retain(|key| key != KEY);
    assert_eq!(left, [SECOND], "only the seal stays");
    store.delete().await.unwrap();
    assert_eq!(objects(&aws).await, [""; 0]);
}

#[tokio::test]
async fn an_append_whose_answer_is_lost_is_appended_once() {
    let aws = Aws::empty().await;
    aws.create_bucket().await;
    let key = aws.create_key().await;
    let store = aws.store(&key);
    let mut ann = begun(&store, "ann", 1).await;
    let lost = AtomicU32::new(0);
    aws.proxy.with(move |call| {
        (call.operation == "PutObject" && lost.fetch_add(1, Ordering::SeqCst) < 3).then_some(Fault::DropAnswer)
    });
    ann.append(vec![made("a", "1")]).await.unwrap();
    ann.append(vec![made("a", "2")]).await.unwrap();
    assert_eq!(known(&store).await, ["a=2"]);
    let mut written = objects(&aws).await;
    written.retain(|key| key != KEY);
    assert_eq!(written, [FIRST, SECOND]);
}

#[tokio::test]
async fn a_segment_that_is_not_encrypted_with_the_key_is_refused() {
    let aws = Aws::empty().await;
    aws.create_bucket().await;
    let key = aws.create_key().await;
    let store = aws.store(&key);
    let mut ann = begun(&store, "ann", 1).await;
    ann.append(vec![made("a", "1")]).await.unwrap();
    let object = aws.s3.get_object().bucket(aws.bucket()).key(FIRST).send().await.unwrap();
    let body = object.body.collect().await.unwrap().into_bytes();
    let put = aws.s3.put_object().bucket(aws.bucket()).key(FIRST).server_side_encryption(ServerSideEncryption::Aes256);
    put.body(ByteStream::from(body)).send().await.unwrap();
    let error = store.load().await.unwrap_err();
    assert!(matches!(&error, StateError::NotEncrypted { location, .. } if location.ends_with(FIRST)), "{error}");
}

#[tokio::test]
async fn an_earlier_version_can_be_read() {
    let aws = Aws::empty().await;
    aws.create_bucket().await;
    let key = aws.create_key().await;
    let store = aws.store(&key);
    let mut ann = begun(&store, "ann", 1).await;
    ann.append(vec![made("a", "1")]).await.unwrap();
    ann.finish(true).await.unwrap();
    aws.s3.delete_object().bucket(aws.bucket()).key(KEY).send().await.unwrap();
    let mut found = Vec::new();
    for version in store.history().await.unwrap() {
        let state = store.load_version(&version.id).await.unwrap().stored().map(|stored| stored.state);
        found.push(state.map(|state| (state.serial, state.resources.len(), state.author)));
    }
    assert_eq!(found, [None, Some((2, 1, Some(author("ann")))), Some((1, 0, Some(author("ann"))))]);
    assert_eq!(store.load_version("00000000000000000000000000000000").await.unwrap().stored(), None);
}
