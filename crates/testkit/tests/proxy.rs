//! The proxy in front of the real emulators.
#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use provision_testkit::emulator::{Account, Emulator};
use provision_testkit::proxy::{Call, Fault, Moment, Proxy, Victim};
use ureq::Agent;
use ureq::http::{Request, Response};

/// A request signed as far as emulators look, on a connection of its own.
fn ask(
    access_key: &str,
    url: &str,
    method: &str,
    service: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<Response<String>, ureq::Error> {
    let agent: Agent = Agent::config_builder()
        .proxy(None)
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .timeout_global(Some(Duration::from_secs(20)))
        .build()
        .into();
    let signature = format!(
        "AWS4-HMAC-SHA256 Credential={access_key}/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    );
    let mut request = Request::builder().method(method).uri(url).header("authorization", signature);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (parts, mut body) = agent.run(request.body(body.to_owned()).unwrap())?.into_parts();
    Ok(Response::from_parts(parts, body.read_to_string()?))
}

struct Client {
    account: Account,
    proxy: Proxy,
    url: String,
}

fn client() -> Client {
    let account = Emulator::shared().account();
    let (proxy, access) = Proxy::in_front_of(&account.access);
    let url = access.endpoints["*"].clone();
    Client { account, proxy, url }
}

impl Client {
    fn s3(&self, method: &str, path: &str, body: &str) -> Result<Response<String>, ureq::Error> {
        ask(&self.account.access.access_key, &format!("{}{path}", self.url), method, "s3", &[], body)
    }

    fn kms(&self, operation: &str, body: &str) -> Result<Response<String>, ureq::Error> {
        let target = format!("TrentService.{operation}");
        let headers = [("x-amz-target", target.as_str()), ("content-type", "application/x-amz-json-1.1")];
        ask(&self.account.access.access_key, &format!("{}/", self.url), "POST", "kms", &headers, body)
    }

    /// What was called, in short.
    fn told(&self) -> Vec<String> {
        let told = |call: &Call| {
            format!("{} {}", call.action, call.status.map_or("lost".to_owned(), |status| status.to_string()))
        };
        self.proxy.calls().iter().map(told).collect()
    }

    fn keys(&self) -> usize {
        self.kms("ListKeys", "{}").unwrap().body().matches("KeyArn").count()
    }
}

#[test]
fn every_call_is_handed_on_and_recorded() {
    let client = client();
    let bucket = format!("bucket-{}", client.account.id);
    assert_eq!(client.s3("PUT", &format!("/{bucket}"), "").unwrap().status(), 200);
    assert_eq!(client.s3("PUT", &format!("/{bucket}/a%20key"), "twelve bytes").unwrap().status(), 200);
    let head = client.s3("HEAD", &format!("/{bucket}/a%20key"), "").unwrap();
    assert_eq!(head.headers()["content-length"], "12");
    assert_eq!(client.s3("GET", &format!("/{bucket}/a%20key"), "").unwrap().body(), "twelve bytes");
    assert_eq!(client.kms("CreateKey", "{}").unwrap().status(), 200);
    assert_eq!(client.keys(), 1);

    assert_eq!(
        client.told(),
        [
            "s3:CreateBucket 200",
            "s3:PutObject 200",
            "s3:GetObject 200",
            "s3:GetObject 200",
            "kms:CreateKey 200",
            "kms:ListKeys 200"
        ]
    );
    let mutating: Vec<_> = client.proxy.mutating_calls().into_iter().map(|call| call.operation).collect();
    assert_eq!(mutating, ["CreateBucket", "PutObject", "CreateKey"]);
    let calls = client.proxy.calls();
    assert_eq!(calls[1].resource, Some(format!("{bucket}/a key")));
    assert!(calls.iter().all(|call| call.access_key.as_ref() == Some(&client.account.id)));
    assert!(calls.windows(2).all(|pair| pair[0].at + pair[0].duration <= pair[1].at));

    client.proxy.clear();
    assert!(client.told().is_empty());
}

#[test]
fn an_answer_that_is_dropped_leaves_what_was_done() {
    let client = client();
    client.proxy.with(|call| (call.operation == "CreateKey").then_some(Fault::DropAnswer));
    assert!(client.kms("CreateKey", "{}").is_err());
    assert_eq!(client.keys(), 1);
    assert_eq!(client.told(), ["kms:CreateKey lost", "kms:ListKeys 200"]);
}

#[test]
fn a_call_that_is_dropped_is_not_done() {
    let client = client();
    client.proxy.with(|call| (call.operation == "CreateKey").then_some(Fault::DropBeforeForwarding));
    assert!(client.kms("CreateKey", "{}").is_err());
    assert_eq!(client.keys(), 0);
    assert_eq!(client.told(), ["kms:CreateKey lost", "kms:ListKeys 200"]);
}

#[test]
fn an_answer_that_is_cut_off_is_no_answer() {
    let client = client();
    client.proxy.with(|call| (call.operation == "CreateKey").then_some(Fault::CutAnswer));
    assert!(client.kms("CreateKey", "{}").is_err());
    assert_eq!(client.keys(), 1);
}

#[test]
fn a_client_is_ended_at_each_moment() {
    for (moment, keys) in [(Moment::BeforeForwarding, 0), (Moment::BeforeAnswering, 1), (Moment::AfterAnswering, 1)] {
        let client = client();
        let victim = Victim::default();
        let rule = victim.clone();
        client.proxy.with(move |call| (call.operation == "CreateKey").then(|| Fault::Kill(rule.clone(), moment)));
        let mut bystander = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        victim.is(&bystander);
        let answered = client.kms("CreateKey", "{}").is_ok();
        assert_eq!(answered, moment == Moment::AfterAnswering);
        assert_eq!(bystander.wait().unwrap().code(), None, "a signal ended it");
        assert_eq!(client.keys(), keys, "{moment:?}");
    }
}

#[test]
fn an_answer_in_the_emulators_place() {
    let client = client();
    client.proxy.with(|call| {
        call.mutating.then(|| Fault::Answer {
            status: 400,
            content_type: "application/x-amz-json-1.1".to_owned(),
            body: r#"{"__type": "ThrottlingException"}"#.to_owned(),
        })
    });
    let answer = client.kms("CreateKey", "{}").unwrap();
    assert_eq!((answer.status().as_u16(), answer.body().as_str()), (400, r#"{"__type": "ThrottlingException"}"#));
    assert_eq!(client.keys(), 0);
    assert_eq!(client.told(), ["kms:CreateKey 400", "kms:ListKeys 200"]);
}

#[test]
fn rules_are_forgotten_and_calls_are_not() {
    let client = client();
    client.proxy.with(|call| (call.operation == "CreateKey").then_some(Fault::DropBeforeForwarding));
    assert!(client.kms("CreateKey", "{}").is_err());
    client.proxy.forget_rules();
    assert!(client.kms("CreateKey", "{}").is_ok());
    assert_eq!(client.proxy.mutating_calls().len(), 2);
}

#[test]
fn what_is_done_and_answered_as_if_it_had_failed() {
    let client = client();
    client
        .proxy
        .with(|call| call.mutating.then(|| Fault::do_and_refuse(call, 500, "KMSInternalException", "try again")));
    let answer = client.kms("CreateKey", "{}").unwrap();
    assert_eq!(answer.status(), 500);
    assert_eq!(answer.body(), r#"{"__type": "KMSInternalException", "message": "try again"}"#);
    assert_eq!(client.keys(), 1);
    assert_eq!(client.told(), ["kms:CreateKey 500", "kms:ListKeys 200"]);
}

#[test]
fn a_delay_holds_up_one_call_only() {
    let client = client();
    client.proxy.with(|call| (call.operation == "CreateKey").then_some(Fault::Delay(Duration::from_secs(1))));
    std::thread::scope(|scope| {
        let begun = Instant::now();
        let slow = scope.spawn(|| client.kms("CreateKey", "{}").unwrap().status());
        while client.told().is_empty() {
            assert!(begun.elapsed() < Duration::from_secs(10), "the slow call did not arrive");
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(client.keys(), 0);
        assert!(!slow.is_finished(), "the other one waited for it");
        assert_eq!(slow.join().unwrap(), 200);
        assert!(begun.elapsed() >= Duration::from_secs(1));
    });
    assert!(client.proxy.calls()[0].duration >= Duration::from_secs(1));
    assert_eq!(client.keys(), 1);
}

#[test]
fn accounts_do_not_see_each_other() {
    let (one, other) = (client(), client());
    assert_ne!(one.account.id, other.account.id);
    one.kms("CreateKey", "{}").unwrap();
    assert_eq!((one.keys(), other.keys()), (1, 0));
}

#[test]
fn an_answer_with_another_header() {
    let client = client();
    client.proxy.with(|call| {
        let header = Fault::Header { name: "x-amz-replication-status", value: "FAILED" };
        (call.operation == "ListBuckets").then_some(header)
    });
    let answer = client.s3("GET", "/", "").unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["x-amz-replication-status"]),
        (200, &"FAILED".parse().unwrap())
    );
}
