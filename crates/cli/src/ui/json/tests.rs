#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use provision_config::{Diagnostic, Diagnostics, Location};
use provision_reconciler::Record;
use provision_state::{Author, Operation, State, Version};
use serde_json::{Map, json};

use super::*;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::{Content, Past};
use crate::ui::Style;
use crate::ui::plan::samples;

#[test]
fn a_plan() {
    let text = to_string(&Plan::new(&samples::plan()));
    assert!(!text.contains("$sha256") && !text.contains("never") && !text.contains(provision_config::unknown::OPEN));
    insta::assert_snapshot!("plan", text);
}

#[test]
fn a_refused_plan() {
    insta::assert_snapshot!("plan_refused", to_string(&Plan::new(&samples::refused())));
}

#[test]
fn an_apply_that_was_done_in_part() {
    let (plan, outcome) = samples::incomplete();
    insta::assert_snapshot!("apply_in_part", to_string(&Applied::new(&plan, &outcome, 42)));
}

#[test]
fn an_apply_with_nothing_to_do() {
    let nothing = serde_json::to_value(Applied::nothing(&samples::plan())).unwrap();
    assert_eq!(nothing["complete"], json!(true));
    assert_eq!(nothing["serial"], json!(null));
    assert_eq!(nothing["calls"], json!(0));
}

#[test]
fn drift() {
    let text = to_string(&Drift::new(&crate::ui::drift::samples::several()));
    assert!(!text.contains(provision_config::unknown::OPEN));
    insta::assert_snapshot!("drift", text);
}

#[test]
fn graph() {
    use provision_graph::{Graph as Drawn, Node, Region};
    let node = |text: &str| Node::new(samples::address(text), "us-east-1");
    let address = samples::address;
    let nodes = vec![
        node("kms_key.s3"),
        node("s3_bucket.data").needs([address("kms_key.s3"), address("s3_bucket.logs")]),
        node("s3_bucket.logs").needs([address("kms_key.s3")]),
        node("lambda_function.f").needs([address("s3_bucket.data"), address("s3_bucket.logs")]),
    ];
    let regions = vec![Region { name: "us-east-1".to_owned(), role: "main region".to_owned() }];
    insta::assert_snapshot!("graph", to_string(&Graph::new("dev", &Drawn::new("dev", regions, nodes).unwrap())));
}

#[test]
fn tests_of_what_is_deployed() {
    insta::assert_snapshot!("verify", to_string(&Verification::new("dev", &samples::verified())));
}

#[test]
fn errors_of_a_file_and_others() {
    let location = Location { path: "environments/dev.toml".into(), text: "[a]\nb = é1\n".into(), span: 10..11 };
    let invalid = Failure::from(Diagnostics(vec![Diagnostic {
        code: "config::syntax",
        message: "expected a value".to_owned(),
        location: Some(location),
        label: None,
        help: Some("write a number".to_owned()),
    }]));
    let (_, outcome) = samples::incomplete();
    let (address, failure) = outcome.failed.first_key_value().unwrap();
    let failed = Failure::from(crate::failure::Problem::change(address, failure));
    let all = Failure::all(vec![invalid, failed]).unwrap();
    assert_eq!(all.exit(), Exit::INVALID);
    insta::assert_snapshot!("errors", to_string(&Errors::new(&all)));
}

#[test]
fn what_is_remembered() {
    let record = Record {
        kind: "s3_bucket".to_owned(),
        id: "acme-dev-data".to_owned(),
        region: "us-east-1".to_owned(),
        spec: Some(json!({ "bucket": "acme-dev-data", "secret": { "$sha256": { "salt": "s", "hash": "h" } } })),
        outputs: Map::from_iter([("arn".to_owned(), json!("arn:aws:s3:::acme-dev-data"))]),
        dependencies: [samples::address("kms_key.s3")].into(),
        protect: true,
        superseded: Vec::new(),
    };
    let address = samples::address("s3_bucket.data");
    insta::assert_snapshot!("state_show", to_string(&StateShow::new("dev", &address, &record)));
    insta::assert_snapshot!("state_show_text", crate::ui::state::show(&address, &record));
    let state = State {
        lineage: "7a62c49f-0000-4000-8000-000000000000".parse().unwrap(),
        serial: 3,
        engine: "0.1.0".to_owned(),
        written_at: "2026-01-02T03:04:05Z".parse().unwrap(),
        resources: [(address.clone(), record.clone())].into(),
        ..State::new("dev")
    };
    insta::assert_snapshot!("state_list", to_string(&StateList::new(&state)));
    insta::assert_snapshot!("state_list_text", crate::ui::state::list(&state));
    let outputs = BTreeMap::from([(address, record.outputs)]);
    insta::assert_snapshot!("outputs", to_string(&Outputs::new("dev", &outputs)));
    insta::assert_snapshot!(crate::ui::output::render(&outputs), @r"
    s3_bucket.data
      arn  arn:aws:s3:::acme-dev-data
    ");
}

#[test]
fn the_history_and_a_change_of_the_state() {
    let author = |command: &str| Author {
        operation: "7a62c49f".to_owned(),
        command: command.to_owned(),
        owner: "ann@laptop pid 4711".to_owned(),
    };
    let state = |serial, author| State {
        lineage: "7a62c49f-0000-4000-8000-000000000000".parse().unwrap(),
        serial,
        fencing: 7,
        engine: "0.1.0".to_owned(),
        author,
        ..State::new("dev")
    };
    let mut begun = state(3, Some(author("apply")));
    begun.operation = Some(Operation {
        id: "7a62c49f".to_owned(),
        command: "apply".to_owned(),
        owner: "ann@laptop pid 4711".to_owned(),
        started_at: "2026-01-02T03:04:05Z".parse().unwrap(),
        fencing: 7,
        intents: Default::default(),
        folded: 0,
    });
    let past = |id: &str, size, content| Past {
        version: Version {
            id: id.to_owned(),
            written_at: Some("2026-01-02T03:04:05Z".parse().unwrap()),
            size,
            current: id == "v5",
        },
        content,
    };
    let past = [
        past("v5", None, Content::Deleted),
        past("v4", Some(7), Content::Unusable("the document is cut off after 7 bytes".to_owned())),
        past("v3", Some(900), Content::State(Box::new(begun))),
        past("v2", Some(900), Content::State(Box::new(state(2, Some(author("state mv")))))),
        past("v1", Some(900), Content::State(Box::new(state(1, None)))),
    ];
    insta::assert_snapshot!("state_history", to_string(&StateHistory::new("dev", &past)));
    insta::assert_snapshot!("state_history_text", crate::ui::state::history(&past, Style::PLAIN));

    let record = |id: &str| Record {
        kind: "s3_bucket".to_owned(),
        id: id.to_owned(),
        region: "us-east-1".to_owned(),
        spec: None,
        outputs: Map::new(),
        dependencies: Default::default(),
        protect: false,
        superseded: Vec::new(),
    };
    let with = |serial, ids: &[(&str, &str)]| State {
        resources: ids.iter().map(|(address, id)| (samples::address(address), record(id))).collect(),
        ..state(serial, None)
    };
    let before = with(3, &[("s3_bucket.a", "a"), ("s3_bucket.b", "b"), ("s3_bucket.c", "c")]);
    let after = with(4, &[("s3_bucket.b", "b2"), ("s3_bucket.c", "c"), ("s3_bucket.d", "d")]);
    insta::assert_snapshot!("state_changed", to_string(&StateChanged::new("state rebuild", Some(&before), &after)));
    insta::assert_snapshot!(crate::ui::state::difference(Some(&before), &after), @"
      + s3_bucket.d  d  (not as the file says)
      - s3_bucket.a  a
      ~ s3_bucket.b  b2  (not as the file says)
    3 resources would be remembered.
    ");
    insta::assert_snapshot!(crate::ui::state::changed("Written", Some(&before), &after), @"Written; 3 resources in dev, serial 4 follows 3.");
    insta::assert_snapshot!(crate::ui::state::changed("Written", None, &after), @"Written; 3 resources in dev, serial 4.");
}
