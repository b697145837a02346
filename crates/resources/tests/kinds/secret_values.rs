//! A secret's value is found nowhere: neither in a plan nor in calls, events, records, errors, panics or the log, however much is
//! logged.
//!
//! The test runs itself again as a process of its own, with the value in a variable, and searches everything that the process says.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;

use provision_config::Address;
use provision_reconciler::execute::{Execution, Permit, execute};
use provision_reconciler::observe::{Observation, Subject, observe};
use provision_reconciler::plan::{Options, plan};
use provision_reconciler::{Account, Change, Kind, Progress, Record, Wanted};
use provision_resources::secretsmanager_secret::{Call, SecretsmanagerSecret as Secret};
use provision_resources::{Aws, Connection, registry};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tracing::Dispatch;
use tracing::instrument::WithSubscriber;

use crate::driver::Driver;

const VARIABLE: &str = "PROVISION_TEST_SECRET";
const VALUE: &str = "Tr0ub4dorAnd3BatteryStaple";
/// What it is changed to.
const FILE: &str = "PROVISION_TEST_SECRET_FILE";
const SECOND: &str = "C0rrectH0rseAnd5Paperclips";

#[test]
fn a_value_is_found_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("value");
    std::fs::write(&file, SECOND).unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["secret_values::everything_is_said", "--exact", "--ignored", "--nocapture", "--test-threads=1"])
        .env(VARIABLE, VALUE)
        .env(FILE, &file)
        .env("RUST_BACKTRACE", "full")
        .output()
        .unwrap();
    let said = format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    // Everything was said, whole requests included.
    for expected in ["transmitting request", "SecretId", "put_secret_value", "(sensitive)", "panicked at", "acme/db"] {
        assert!(said.contains(expected), "`{expected}` is not among what was said:\n{said}");
    }
    for value in [VALUE, SECOND] {
        for form in [value.to_owned(), base64(value), hexadecimal(value), format!("{:?}", value.as_bytes())] {
            let form = form.trim_matches(['[', ']']);
            let found = said.lines().find(|line| line.contains(form));
            assert_eq!(found, None, "found as {form}");
        }
    }
}

fn hexadecimal(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// The groups of Base64 that do not depend on what stands around the text.
fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let groups = text.as_bytes().chunks_exact(3).map(|group| {
        let bits = group.iter().fold(0, |bits, byte| bits << 8 | usize::from(*byte));
        [18, 12, 6, 0].map(|shift| char::from(DIGITS[bits >> shift & 63])).iter().collect::<String>()
    });
    groups.collect()
}

#[tokio::test]
#[ignore = "a part of a_value_is_found_nowhere, which runs it"]
async fn everything_is_said() {
    tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(std::io::stderr).init();
    let driver = Driver::new().await;
    let mut records = BTreeMap::new();
    let first = json!({ "name": "acme/db", "value": { "environment_variable": VARIABLE } });
    apply(&driver, &first, &mut records).await;
    check(&driver, VALUE).await;
    let second = json!({ "name": "acme/db", "value": { "file": std::env::var(FILE).unwrap() } });
    apply(&driver, &second, &mut records).await;
    check(&driver, SECOND).await;
    fail(&driver, &first).await;
}

/// Plans and applies, and says all there is to say.
async fn apply(driver: &Driver, table: &Value, records: &mut BTreeMap<Address, Record>) {
    let registry = registry(&driver.aws);
    let account = Account { partition: "aws".to_owned(), id: driver.account.clone() };
    let address = Address::new(Secret::NAME, "db");
    let resource = driver.resource::<Secret>("db");
    let spec = serde_json::to_value(resource.spec(table.clone())).unwrap();
    let scope = account.scope("test", &address, "us-east-1");
    let wanted = Wanted { scope, spec, dependencies: Default::default(), referring: Default::default(), protect: true };
    println!("{wanted:?}");
    let wanted = BTreeMap::from([(address.clone(), wanted)]);
    let known = records.clone();
    let subject = Subject {
        environment: "test",
        account: &account,
        wanted: &wanted,
        records: &known,
        salt: "salt",
        recover: true,
        interrupted: &BTreeMap::new(),
    };
    let observation: Observation = observe(&registry, subject).await;
    println!("{observation:?}");
    let plan = plan(&registry, subject, &observation, Options::default()).unwrap();
    println!("{plan:?}\n{}", json!(plan));
    assert_eq!(plan.changes.len(), 1);
    let (_sender, permit) = Permit::new();
    let execution = Execution {
        registry: &registry,
        account: &account,
        operation: "op-1",
        outputs: BTreeMap::new(),
        only_cores: false,
        permit,
        listener: Arc::new(|event| println!("{event:?}\n{}", json!(event))),
    };
    let outcome = execute(&plan, execution).await.unwrap();
    println!("{outcome:?}");
    assert!(outcome.is_complete());
    for (address, record) in outcome.records {
        println!("{}", json!(record));
        records.insert(address, record.unwrap());
    }
}

/// The value did arrive. Asked without the log, which would show the answer.
async fn check(driver: &Driver, expected: &str) {
    let clients = driver.aws.region("us-east-1").await;
    let answer = clients.secrets_manager().get_secret_value().secret_id("acme/db").send();
    let answer = answer.with_subscriber(Dispatch::none()).await.ok();
    assert!(answer.is_some_and(|answer| answer.secret_string.as_deref() == Some(expected)), "another value arrived");
}

/// Errors and panics: from a service that quotes what it was sent, and from one that answers nothing that makes sense.
async fn fail(driver: &Driver, table: &Value) {
    let resource = driver.resource::<Secret>("db");
    let desired = resource.spec(table.clone());
    let create = Secret::steps(Change::Create { desired: &desired }).remove(0);
    println!("{create:?}");
    let put = json!({ "name": "acme/db", "operation": { "put_secret_value": { "value": {
        "source": table["value"], "version_id": desired.version_id,
    }}}});
    let put: Call = serde_json::from_value(put).unwrap();
    let failures = [(&create.call, true), (&create.call, false), (&put, true), (&put, false)].map(|(call, quoting)| {
        let scope = &resource.scope;
        async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let endpoint = format!("http://{}", listener.local_addr().unwrap());
            let server = tokio::spawn(quote(listener, quoting));
            let aws = Aws::new(Connection {
                endpoints: BTreeMap::from([("*".to_owned(), endpoint)]),
                credentials: Some(("key".to_owned(), "secret".to_owned(), None)),
            });
            let error = Secret::run(&aws, scope, call.clone(), &mut Progress::default()).await.unwrap_err();
            println!("{error}\n{error:?}\n{:?}", error.hint);
            let panicked = tokio::spawn(async move { panic!("{error:?}") }).await;
            println!("{:?}", panicked.unwrap_err());
            server.abort();
        }
    });
    futures::future::join_all(failures).await;
}

/// Quotes each request, in an error or in an answer that cannot be read.
async fn quote(listener: TcpListener, quoting: bool) {
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        let (mut request, mut buffer) = (Vec::new(), [0; 8192]);
        let body = loop {
            let read = stream.read(&mut buffer).await.unwrap_or_default();
            request.extend_from_slice(&buffer[..read]);
            let text = String::from_utf8_lossy(&request).into_owned();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length =
                head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned));
            if read == 0 || body.len() >= length.unwrap_or_default().parse().unwrap_or_default() {
                break body.to_owned();
            }
        };
        // An error that is one, and an answer that is none. The field is not named: then all that is known is the value itself.
        let quoted = body.replace("SecretString", "Value");
        let (status, body) = match quoting {
            true => {
                (400, json!({ "__type": "ValidationException", "message": format!("not valid: {quoted}") }).to_string())
            }
            false => (200, format!("not JSON: {body}")),
        };
        let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
    }
}
