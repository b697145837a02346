#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use provision_config::{Diagnostic, Diagnostics, Location};
use provision_reconciler::Record;
use provision_state::State;
use serde_json::{Map, json};

use super::*;
use crate::exit::Exit;
use crate::failure::Failure;
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
    let text = to_string(&Drift::new("dev", &samples::drifted(), 9));
    assert!(!text.contains(provision_config::unknown::OPEN));
    insta::assert_snapshot!("drift", text);
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
