//! Looking for drift as a habit: several environments at once, again and again, in every form, and whom it tells.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use provision_testkit::proxy::Fault;
use provision_testkit::rounds::rounds;
use serde_json::{Value, json};

use crate::boto::python;
use crate::drift::findings;
use crate::world::World;

/// How many runs of an untouched environment find nothing.
const RUNS: usize = 100;

#[test]
fn all_environments_at_once_wait_for_four_answers_and_change_nothing() {
    let world = World::new();
    for name in ["dev", "staging", "prod"] {
        world.run(&["apply", name, "--yes"]).expect_exit(0);
    }
    world.proxy().clear();
    let drift = world.json(&["drift", "--all"], 0);
    let names: Vec<&Value> =
        drift["environments"].as_array().unwrap().iter().map(|environment| &environment["environment"]).collect();
    assert_eq!(names, ["dev", "prod", "staging"]);
    let rounds = rounds(&world, &["drift", "--all"]);
    rounds.said.expect_exit(0);
    eprintln!("drift --all: answers of each round trip: {:?}", rounds.answers);
    assert!(rounds.answers.len() <= 4, "{:?}", rounds.answers);
    let changing = world.proxy().mutating_calls();
    assert!(changing.is_empty(), "{changing:?}");
}

#[test]
fn a_hundred_runs_of_an_untouched_environment_find_nothing() {
    let world = World::applied();
    // Two at a time, as two schedulers might.
    for _ in 0..RUNS / 2 {
        let runs = [0, 1].map(|_| world.start(&["drift", "dev"]));
        for run in runs {
            let output = run.wait_with_output().unwrap();
            assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
        }
    }
    assert!(world.proxy().mutating_calls().is_empty());
}

#[test]
fn what_is_in_no_state_is_found_by_its_tags_once() {
    let world = World::applied();
    let listed = world.json(&["state", "list", "dev"], 0);
    let addresses: BTreeSet<String> = listed["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|resource| resource["address"].as_str().unwrap().to_owned())
        .collect();
    let mut forget = vec!["state", "rm", "dev", "--yes"];
    forget.extend(addresses.iter().map(String::as_str));
    world.run(&forget).expect_exit(0);
    world.proxy().clear();
    let drift = world.json(&["drift", "dev"], 2);
    assert!(world.proxy().mutating_calls().is_empty(), "drift only reads");
    let orphans: Vec<String> = findings(&drift)
        .iter()
        .map(|finding| {
            assert_eq!(finding["what"], "orphan", "{finding:#}");
            finding["address"].as_str().unwrap().to_owned()
        })
        .collect();
    let once: BTreeSet<String> = orphans.iter().cloned().collect();
    assert_eq!(orphans.len(), once.len(), "{orphans:?}");
    let missed: Vec<&String> = addresses.difference(&once).collect();
    assert!(missed.is_empty() && once.is_subset(&addresses), "{missed:?}");
    let said = world.run(&["drift", "dev", "--no-orphans"]).expect_exit(0);
    assert!(said.stdout.contains("No drift"), "{}", said.stdout);
    // As the report says, they are taken back.
    world.run(&["state", "rebuild", "dev", "--yes"]).expect_exit(0);
    world.run(&["drift", "dev"]).expect_exit(0);
    world.run(&["plan", "dev"]).expect_exit(0);
}

const UNTAG: &str = "kms = client('kms')\n\
    key = kms.describe_key(KeyId='alias/acme-dev-s3')['KeyMetadata']['KeyId']\n\
    kms.tag_resource(KeyId=key, Tags=[dict(TagKey='Scanned', TagValue='yes')])\n\
    kms.disable_key_rotation(KeyId=key)";

#[test]
fn what_the_file_lets_be_is_said_and_left_alone() {
    let world = World::applied();
    python(&world.account, UNTAG);
    let file = world.folder().join("environments/dev.toml");
    let text = fs::read_to_string(&file).unwrap();
    let ignore = "\n[drift]\nignore = [{ resource = \"kms_key.*\", field = 'tags[\"Scanned\"]', reason = \"the scanner does\" }]\n";
    fs::write(&file, text + ignore).unwrap();
    let drift = world.json(&["drift", "dev"], 2);
    let [finding] = findings(&drift).as_slice() else { panic!("{drift:#}") };
    assert_eq!(finding["differences"][0]["path"], "enable_key_rotation");
    let ignored = &drift["environments"][0]["ignored"];
    assert_eq!(
        *ignored,
        json!([{ "address": "kms_key.s3", "path": "tags[\"Scanned\"]", "reason": "the scanner does" }])
    );
    world.proxy().clear();
    world.run(&["drift", "dev", "--fix", "--yes"]).expect_exit(0);
    let calls: Vec<String> = world.changes().into_iter().map(|call| call.action).collect();
    assert_eq!(calls, ["kms:EnableKeyRotation"]);
    let said = world.run(&["drift", "dev"]).expect_exit(0);
    assert!(said.stdout.contains("tags[\"Scanned\"]: the scanner does"), "{}", said.stdout);
    // Once it is of concern again, it is found, and compared with what was applied.
    fs::write(&file, fs::read_to_string(&file).unwrap().replace(ignore, "")).unwrap();
    let drift = world.json(&["drift", "dev"], 2);
    assert_eq!(findings(&drift)[0]["differences"][0]["path"], "tags[\"Scanned\"]");
}

#[test]
fn a_report_is_given_in_every_form_whatever_became_of_an_environment() {
    let world = World::applied();
    python(&world.account, UNTAG);
    // Staging was never applied.
    let files = ["drift.html", "drift.md", "drift.xml", "drift.json"];
    let mut arguments = vec!["drift", "dev", "staging"];
    arguments.extend(files.iter().flat_map(|file| ["--out", file]));
    let said = world.run(&arguments).expect_exit(1);
    assert!(said.stderr.contains("staging: environment staging has never been applied"), "{}", said.stderr);
    assert!(said.stdout.contains("enable_key_rotation: expected true, found false"), "{}", said.stdout);
    let [html, markdown, junit, document] = files.map(|file| fs::read_to_string(world.folder().join(file)).unwrap());
    for text in [&html, &markdown, &junit, &document] {
        // HTML breaks long words where that reads well.
        assert!(
            text.replace("<wbr>", "").contains("enable_key_rotation") && text.contains("has never been applied"),
            "{text}"
        );
    }
    assert!(html.starts_with("<!DOCTYPE html>") && !html.contains("<script"), "{}", &html[..200]);
    assert!(junit.contains("<failure") && junit.contains("<error"), "{junit}");
    let document: Value = serde_json::from_str(&document).unwrap();
    assert_eq!(document["format"], "provision.drift/2");
    assert_eq!(document["environments"][1]["checked"], false);
    assert_eq!(world.json(&["drift", "dev"], 2)["format"], "provision.drift/2");
    let printed = world.run(&["drift", "dev", "--format", "markdown"]).expect_exit(2).stdout;
    assert!(printed.starts_with('#') && printed.contains("enable_key_rotation"), "{printed}");
    world.run(&["drift", "dev", "--out", "nowhere/drift.html"]).expect_exit(1);
}

/// A web server that says yes to everything, and what it hears.
fn hook() -> (String, Receiver<Value>) {
    hook_at(TcpListener::bind("127.0.0.1:0").unwrap())
}

fn hook_at(listener: TcpListener) -> (String, Receiver<Value>) {
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let (mut heard, mut part) = (Vec::new(), [0; 4096]);
            let document = loop {
                let count = stream.read(&mut part).unwrap();
                heard.extend_from_slice(&part[..count]);
                let text = String::from_utf8_lossy(&heard);
                let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
                if let Ok(document) = serde_json::from_str(body) {
                    break document;
                }
                assert!(count > 0, "{text}");
            };
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
            if sender.send(document).is_err() {
                return;
            }
        }
    });
    (url, receiver)
}

fn hear(heard: &Receiver<Value>) -> Value {
    heard.recv_timeout(Duration::from_secs(5)).unwrap()
}

fn silent(heard: &Receiver<Value>) {
    assert!(heard.recv_timeout(Duration::from_millis(50)).is_err());
}

/// The changes that a message tells of, by title.
fn told(message: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    message["news"].as_array().unwrap().iter().map(|news| (text(&news["change"]), text(&news["title"]))).collect()
}

#[test]
fn a_change_is_told_once_to_everybody_and_so_is_its_end() {
    let world = World::applied();
    let topic = python(
        &world.account,
        "topic = client('sns').create_topic(Name='drift')['TopicArn']\n\
         queue = client('sqs').create_queue(QueueName='drift')['QueueUrl']\n\
         arn = client('sqs').get_queue_attributes(QueueUrl=queue, AttributeNames=['QueueArn'])['Attributes']['QueueArn']\n\
         client('sns').subscribe(TopicArn=topic, Protocol='sqs', Endpoint=arn)\n\
         result = topic",
    );
    let (url, heard) = hook();
    let noted = world.folder().join("noted");
    let command = format!("command:cat >> '{}'; printf '%s\\n' \"$PROVISION_SUBJECT\"  >> '{0}'", noted.display());
    let look = |exit: i32| {
        let targets = ["--notify", &url, "--notify", topic.as_str().unwrap(), "--notify", &command];
        world.run(&[&["drift", "dev"], &targets[..]].concat()).expect_exit(exit)
    };
    look(0);
    silent(&heard);
    python(&world.account, UNTAG);
    world.proxy().clear();
    look(2);
    let message = hear(&heard);
    assert_eq!(message["format"], "provision.notification/1");
    let seen = ["kms_key.s3 enable_key_rotation", "kms_key.s3 tags[\"Scanned\"]"];
    assert_eq!(told(&message), seen.map(|title| ("first_seen".to_owned(), title.to_owned())));
    assert!(message["news"][0]["after"].is_string(), "it was not there in the run before: {message:#}");
    let text = message["text"].as_str().unwrap();
    assert!(text.contains("expected true, found false"), "{text}");
    let noted = || fs::read_to_string(&noted).unwrap_or_default();
    assert!(noted().contains("provision drift dev: 2 first seen"), "{}", noted());
    // The only call that tells, besides the two writes of what was seen.
    let calls: Vec<String> = world.proxy().mutating_calls().into_iter().map(|call| call.action).collect();
    assert_eq!(calls, ["s3:PutObject", "sns:Publish", "s3:PutObject"]);
    // Nobody is told the same again; the report says since when.
    look(2);
    silent(&heard);
    let drift = world.json(&["drift", "dev"], 2);
    assert!(findings(&drift)[0]["differences"][0]["since"]["after"].is_string(), "{drift:#}");
    // Unless it is still there after a while.
    world.run(&["drift", "dev", "--notify", &url, "--remind-after", "1s"]).expect_exit(2);
    let message = hear(&heard);
    assert_eq!(told(&message), seen.map(|title| ("still_there".to_owned(), title.to_owned())));
    world.run(&["drift", "dev", "--fix", "--yes", "--notify", &url]).expect_exit(0);
    let message = hear(&heard);
    assert_eq!(told(&message), seen.map(|title| ("cleared".to_owned(), title.to_owned())));
    let received = python(
        &world.account,
        "sqs = client('sqs')\n\
         queue = sqs.get_queue_url(QueueName='drift')['QueueUrl']\n\
         messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get('Messages', [])\n\
         result = [json.loads(message['Body'])['Subject'] for message in messages]",
    );
    assert_eq!(received, json!(["provision drift dev: 2 first seen"]));
}

#[test]
fn what_could_not_be_told_is_told_by_the_next_run() {
    let world = World::applied();
    let (url, heard) = hook();
    world.run(&["drift", "dev", "--notify", &url]).expect_exit(0);
    python(&world.account, UNTAG);
    let gone = { TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap() };
    let secret = format!("http://{gone}/hook");
    let said = world.run(&["drift", "dev", "--notify", &url, "--notify", &secret]).expect_exit(1);
    assert!(said.stderr.contains("failed to tell the webhook at 127.0.0.1"), "{}", said.stderr);
    assert!(!said.stderr.contains("/hook"), "{}", said.stderr);
    assert!(said.stdout.contains("enable_key_rotation"), "the report is given all the same: {}", said.stdout);
    let id = hear(&heard)["id"].clone();
    // A run that tells nobody leaves it alone.
    world.run(&["drift", "dev", "--remember"]).expect_exit(2);
    // Whoever has it already does not get it again; whoever has not gets the same message, be it that the address has changed.
    let file = world.folder().join("noted");
    let command = format!("command:cat > '{}'", file.display());
    world.run(&["drift", "dev", "--notify", &url, "--notify", &command]).expect_exit(2);
    let message: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(message["id"], id);
    silent(&heard);
    // And whom it was for gets it once that is possible, and once.
    let (secret, returned) = hook_at(TcpListener::bind(gone).unwrap());
    for _ in 0..2 {
        world.run(&["drift", "dev", "--notify", &url, "--notify", &secret]).expect_exit(2);
    }
    assert_eq!(hear(&returned)["id"], id);
    silent(&returned);
    silent(&heard);
}

#[test]
fn what_was_seen_without_telling_is_told_by_the_next_run_that_tells() {
    let world = World::applied();
    let (url, heard) = hook();
    world.run(&["drift", "dev", "--remember"]).expect_exit(0);
    python(&world.account, UNTAG);
    world.run(&["drift", "dev", "--remember"]).expect_exit(2);
    world.run(&["drift", "dev", "--notify", &url]).expect_exit(2);
    let message = hear(&heard);
    let seen = ["kms_key.s3 enable_key_rotation", "kms_key.s3 tags[\"Scanned\"]"];
    assert_eq!(told(&message), seen.map(|title| ("first_seen".to_owned(), title.to_owned())));
    assert!(message["news"][0]["after"].is_string(), "since when is not forgotten: {message:#}");
    world.run(&["drift", "dev", "--fix", "--yes", "--remember"]).expect_exit(0);
    world.run(&["drift", "dev", "--notify", &url]).expect_exit(0);
    assert_eq!(told(&hear(&heard)), seen.map(|title| ("cleared".to_owned(), title.to_owned())));
    // Nor does anything get lost where nobody is named.
    python(&world.account, UNTAG);
    let said = world.run(&["drift", "dev", "--notify"]).expect_exit(2);
    assert!(said.stderr.contains("nobody is told") && said.stderr.contains("PROVISION_NOTIFY"), "{}", said.stderr);
    world.run(&["drift", "dev", "--notify", &url]).expect_exit(2);
    assert_eq!(told(&hear(&heard)), seen.map(|title| ("first_seen".to_owned(), title.to_owned())));
}

#[test]
fn that_an_environment_cannot_be_looked_at_is_told_by_every_run() {
    let world = World::applied();
    let (url, heard) = hook();
    for _ in 0..2 {
        // Staging was never applied.
        world.run(&["drift", "dev", "staging", "--notify", &url]).expect_exit(1);
        let message = hear(&heard);
        assert_eq!(message["environment"], "staging");
        assert!(message["error"].as_str().unwrap().contains("has never been applied"), "{message:#}");
        assert!(message["text"].as_str().unwrap().contains("could not be checked"), "{message:#}");
        silent(&heard);
    }
    // Nor is it silence if what was seen cannot be remembered.
    world.proxy().with(|call| {
        (call.operation == "PutObject").then(|| Fault::refuse(call, 403, "AccessDenied", "not for this role"))
    });
    world.run(&["drift", "dev", "--notify", &url]).expect_exit(1);
    let message = hear(&heard);
    assert_eq!(message["environment"], "dev");
    assert!(message["error"].as_str().unwrap().contains("failed to remember what was seen"), "{message:#}");
}
