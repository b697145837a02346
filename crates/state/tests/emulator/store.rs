//! The state in S3.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ServerSideEncryption;
use provision_state::{Author, Loaded, S3Store, State, StateError, Store, Stored};
use provision_testkit::proxy::Fault;
use tokio::task::JoinSet;

use crate::aws::{Aws, KEY};

pub fn author() -> Author {
    Author { operation: "op".to_owned(), command: "apply".to_owned(), owner: "ann@laptop pid 4711".to_owned() }
}

pub fn next(state: &State) -> State {
    let mut state = state.clone();
    state.advance(state.fencing, &author());
    state
}

async fn stored(store: &S3Store) -> Stored {
    store.load().await.unwrap().stored().unwrap()
}

#[tokio::test]
async fn a_state_is_stored_as_it_should_be() {
    let aws = Aws::empty().await;
    aws.create_bucket().await;
    let key = aws.create_key().await;
    let store = aws.store(&key);
    assert_eq!(store.load().await.unwrap(), Loaded::Absent { deleted: false });

    let mut first = State::new("dev");
    first.advance(3, &author());
    let token = store.save(&first, None).await.unwrap();
    let second = next(&first);
    let token = store.save(&second, Some(&token)).await.unwrap();
    let found = stored(&store).await;
    assert_eq!((&found.state, &found.token), (&second, &token));
    assert_eq!(found.kms_key.as_deref(), Some(key.as_str()));

    // Seen by somebody who knows nothing of us.
    let object = aws.s3.head_object().bucket(aws.bucket()).key(KEY).send().await.unwrap();
    assert_eq!(object.server_side_encryption(), Some(&ServerSideEncryption::AwsKms));
    assert_eq!(object.ssekms_key_id(), Some(key.as_str()));
    assert_eq!(object.content_type(), Some("application/json"));
    assert_eq!(object.version_id().map(str::to_owned), found.version_id);
    let metadata = object.metadata().unwrap();
    for (name, value) in
        [("environment", "dev"), ("serial", "2"), ("fencing", "3"), ("lineage", &first.lineage.to_string())]
    {
        assert_eq!(metadata.get(name).map(String::as_str), Some(value), "{name}");
    }

    let history = store.history().await.unwrap();
    assert_eq!(history.iter().map(|version| version.current).collect::<Vec<_>>(), [true, false]);
    assert_eq!(Some(&history[0].id), found.version_id.as_ref());
    assert!(history.iter().all(|version| version.size.is_some_and(|size| size > 100) && version.written_at.is_some()));
}

#[tokio::test]
async fn nothing_is_told_from_no_bucket_and_from_what_was_deleted() {
    let aws = Aws::empty().await;
    let key = aws.create_key().await;
    let store = aws.store(&key);
    assert_eq!(store.load().await.unwrap(), Loaded::NoBucket);
    assert_eq!(store.history().await.unwrap(), []);
    store.delete().await.unwrap();
    let error = store.save(&State::new("dev"), None).await.unwrap_err();
    assert!(matches!(error, StateError::NoBucket { .. }), "{error}");

    aws.create_bucket().await;
    let state = State::new("dev");
    let token = store.save(&state, None).await.unwrap();
    aws.s3.delete_object().bucket(aws.bucket()).key(KEY).send().await.unwrap();
    assert_eq!(store.load().await.unwrap(), Loaded::Absent { deleted: true });
    let history = store.history().await.unwrap();
    assert_eq!(
        history.iter().map(|version| (version.size.is_some(), version.current)).collect::<Vec<_>>(),
        [(false, true), (true, false)]
    );
    let error = store.save(&next(&state), Some(&token)).await.unwrap_err();
    assert!(matches!(error, StateError::Moved { .. }), "{error}");
}

#[tokio::test]
async fn only_what_was_read_is_overwritten() {
    let aws = Aws::empty().await;
    aws.create_bucket().await;
    let key = aws.create_key().await;
    let store = aws.store(&key);
    let first = State::new("dev");
    let token = store.save(&first, None).await.unwrap();
    let theirs = next(&first);
    store.save(&theirs, Some(&token)).await.unwrap();
    for expected in [Some(&token), None] {
        let mut ours = next(&first);
        ours.engine = "ours".to_owned();
        let error = store.save(&ours, expected).await.unwrap_err();
        assert!(matches!(error, StateError::Moved { .. }), "{error}");
    }
    assert_eq!(stored(&store).await.state, theirs);
}

#[tokio::test]
async fn of_many_writers_one_wins() {
    let aws = Aws::empty().await;
    aws.create_bucket().await;
    let key = aws.create_key().await;
    let mut token = None;
    for serial in 1..=3 {
        let winners = Arc::new(AtomicU32::new(0));
        let mut writers = JoinSet::new();
        for writer in 0..12 {
            let (store, token, winners) = (aws.store(&key), token.clone(), Arc::clone(&winners));
            writers.spawn(async move {
                let mut state =
                    token.as_ref().map_or_else(|| State::new("dev"), |stored: &Stored| stored.state.clone());
                state.serial = serial;
                state.engine = writer.to_string();
                match store.save(&state, token.as_ref().map(|stored| &stored.token)).await {
                    Ok(_) => {
                        winners.fetch_add(1, Ordering::SeqCst);
                    }
                    Err(StateError::Moved { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
            });
        }
        writers.join_all().await;
        assert_eq!(winners.load(Ordering::SeqCst), 1);
        token = Some(stored(&aws.store(&key)).await);
    }
    assert_eq!(aws.store(&key).history().await.unwrap().len(), 3);
}

#[tokio::test]
async fn what_is_not_encrypted_with_its_key_is_refused() {
    let aws = Aws::empty().await;
    aws.create_bucket().await;
    let (key, other) = (aws.create_key().await, aws.create_key().await);
    let store = aws.store(&key);
    store.save(&State::new("dev"), None).await.unwrap();

    let error = aws.store(&other).load().await.unwrap_err();
    assert!(matches!(&error, StateError::NotEncrypted { found, .. } if found.contains(&key)), "{error}");
    // While the key is not known, any is taken, and told; but there is no writing.
    let keyless = S3Store::new(aws.s3.clone(), "dev", aws.bucket(), KEY);
    let found = stored(&keyless).await;
    assert_eq!(found.kms_key.as_deref(), Some(key.as_str()));
    let error = keyless.save(&next(&found.state), Some(&found.token)).await.unwrap_err();
    assert!(matches!(error, StateError::NoKey { .. }), "{error}");

    // Somebody copies it about.
    let body = aws.s3.get_object().bucket(aws.bucket()).key(KEY).send().await.unwrap().body.collect().await.unwrap();
    aws.s3
        .put_object()
        .bucket(aws.bucket())
        .key(KEY)
        .server_side_encryption(ServerSideEncryption::Aes256)
        .body(ByteStream::from(body.into_bytes()))
        .send()
        .await
        .unwrap();
    for store in [store, keyless] {
        let error = store.load().await.unwrap_err();
        assert!(matches!(&error, StateError::NotEncrypted { found, .. } if found == "AES256"), "{error}");
    }
}

#[tokio::test]
async fn deleting_leaves_no_version_and_no_other_object_is_touched() {
    let aws = Aws::empty().await;
    aws.create_bucket().await;
    let key = aws.create_key().await;
    let store = aws.store(&key);
    let neighbour = S3Store::new(aws.s3.clone(), "dev", aws.bucket(), format!("{KEY}.bak")).kms_key(&key);
    neighbour.save(&State::new("dev"), None).await.unwrap();
    let mut state = State::new("dev");
    let mut token = store.save(&state, None).await.unwrap();
    for _ in 0..4 {
        state = next(&state);
        token = store.save(&state, Some(&token)).await.unwrap();
    }
    aws.s3.delete_object().bucket(aws.bucket()).key(KEY).send().await.unwrap();
    assert_eq!(store.history().await.unwrap().len(), 6);
    store.delete().await.unwrap();
    assert_eq!(store.history().await.unwrap(), []);
    assert_eq!(store.load().await.unwrap(), Loaded::Absent { deleted: false });
    assert_eq!(neighbour.history().await.unwrap().len(), 1);
    store.delete().await.unwrap();
}

#[tokio::test]
async fn lost_answers_are_not_failures() {
    let aws = Aws::empty().await;
    aws.create_bucket().await;
    let key = aws.create_key().await;
    let store = aws.store(&key);
    // The answers of the first three attempts at a write, the SDK's own among them.
    let lost = AtomicU32::new(0);
    aws.proxy.with(move |call| {
        (call.operation == "PutObject" && lost.fetch_add(1, Ordering::SeqCst) < 3).then_some(Fault::DropAnswer)
    });
    let first = State::new("dev");
    let token = store.save(&first, None).await.unwrap();
    assert_eq!(stored(&store).await.token, token);
    assert_eq!(store.history().await.unwrap().len(), 1, "written once");
    assert!(aws.proxy.mutating_calls().iter().filter(|call| call.operation == "PutObject").count() > 1);
    store.save(&next(&first), Some(&token)).await.unwrap();
}
