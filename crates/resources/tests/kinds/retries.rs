//! What is repeated and what is not, against a server that answers as it is told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use provision_config::Address;
use provision_reconciler::{CloudError, ErrorClass, Kind, Progress, Scope};
use provision_resources::kms_key::{Call, KmsKey};
use provision_resources::{Aws, Connection};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const MADE: (u16, &str) = (200, r#"{"KeyMetadata":{"KeyId":"1234","Arn":"arn:aws:kms:us-east-1:1:key/1234"}}"#);
const THROTTLED: (u16, &str) = (400, r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#);
const BROKEN: (u16, &str) = (500, r#"{"__type":"KMSInternalException","message":"oops"}"#);
const UNKNOWN_PRINCIPAL: (u16, &str) = (
    400,
    r#"{"__type":"MalformedPolicyDocumentException","message":"Policy contains a statement with one or more invalid principals."}"#,
);
const MALFORMED: (u16, &str) = (400, r#"{"__type":"MalformedPolicyDocumentException","message":"no"}"#);
const UNKNOWN_KEY: (u16, &str) = (400, r#"{"__type":"NotFoundException","message":"no such key"}"#);
const DONE: (u16, &str) = (200, "{}");

/// Runs a call on a key, made already unless the call makes it.
async fn run(call: Call, answers: &'static [(u16, &'static str)]) -> (Result<Progress, CloudError>, usize) {
    let creating = matches!(call, Call::CreateKey { .. });
    run_on::<KmsKey>((!creating).then_some("1234"), call, answers).await
}

/// AWS as a server that gives these answers in turn (the last one for ever); counts the requests that came.
pub async fn answering(answers: &'static [(u16, &'static str)]) -> (Aws, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(answer(stream, answers, Arc::clone(&counter)));
        }
    });
    let aws = Aws::new(Connection {
        endpoints: BTreeMap::from([("*".to_owned(), endpoint)]),
        credentials: Some(("key".to_owned(), "secret".to_owned(), None)),
    });
    (aws, count)
}

/// Runs a call against such a server; says how many requests came.
pub async fn run_on<K: Kind<Cloud = Aws>>(
    id: Option<&str>,
    call: K::Call,
    answers: &'static [(u16, &'static str)],
) -> (Result<Progress, CloudError>, usize) {
    let (aws, count) = answering(answers).await;
    let scope = Scope {
        environment: "test".to_owned(),
        address: Address::new(K::NAME, "data"),
        partition: "aws".to_owned(),
        account: "123456789012".to_owned(),
        region: "us-east-1".to_owned(),
        operation: "op-1".to_owned(),
    };
    let mut progress = Progress { id: id.map(str::to_owned), ..Progress::default() };
    let result = K::run(&aws, &scope, call, &mut progress).await;
    (result.map(|()| progress), count.load(Ordering::SeqCst))
}

/// One answer for each connection.
async fn answer(mut stream: TcpStream, answers: &[(u16, &str)], counter: Arc<AtomicUsize>) {
    let (mut request, mut buffer) = (Vec::new(), [0; 8192]);
    loop {
        let read = stream.read(&mut buffer).await.unwrap();
        if read == 0 {
            return;
        }
        request.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&request).to_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
        if body.len() >= length.parse().unwrap() {
            break;
        }
    }
    let number = counter.fetch_add(1, Ordering::SeqCst);
    let (status, body) = answers.get(number).or(answers.last()).unwrap();
    // A status of 0: the connection breaks before any answer.
    if *status == 0 {
        return;
    }
    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
}

fn create() -> Call {
    let call = json!({ "create_key": {
        "description": "", "key_usage": "ENCRYPT_DECRYPT", "key_spec": "SYMMETRIC_DEFAULT",
        "multi_region": false, "policy": null, "tags": {},
    }});
    serde_json::from_value(call).unwrap()
}

#[tokio::test]
async fn a_key_whose_creation_may_have_happened_is_not_created_again() {
    for lost in [BROKEN, (0, "")] {
        let answers: &'static [_] = Box::leak(Box::new([lost, MADE]));
        let (result, requests) = run(create(), answers).await;
        assert_eq!(requests, 1);
        assert_eq!(result.err().map(|error| error.class), Some(ErrorClass::Ambiguous));
    }
}

#[tokio::test]
async fn a_creation_that_was_throttled_or_had_an_unknown_principal_is_tried_again() {
    let (result, requests) = run(create(), &[THROTTLED, UNKNOWN_PRINCIPAL, MADE]).await;
    assert_eq!(result.ok().and_then(|progress| progress.id).as_deref(), Some("1234"));
    assert_eq!(requests, 3);
}

#[tokio::test]
async fn a_refused_creation_is_not_tried_again() {
    let (result, requests) = run(create(), &[MALFORMED, MADE]).await;
    assert_eq!(requests, 1);
    assert_eq!(result.err().map(|error| error.class), Some(ErrorClass::Refused));
}

#[tokio::test]
async fn what_can_be_repeated_is_repeated_after_a_lost_answer_and_on_a_key_that_is_too_new() {
    let call = Call::EnableKeyRotation { rotation_period_in_days: 365 };
    let (result, requests) = run(call, &[BROKEN, UNKNOWN_KEY, DONE]).await;
    assert!(result.is_ok());
    assert_eq!(requests, 3);
}

#[tokio::test]
async fn a_key_that_is_gone_is_not_waited_for_to_be_deleted() {
    let (result, requests) = run(Call::ScheduleKeyDeletion { pending_window_in_days: 7 }, &[UNKNOWN_KEY]).await;
    assert!(result.is_ok());
    assert_eq!(requests, 1);
}
