#![allow(clippy::unwrap_used)]

use provision_reconciler::Record;

use super::*;

fn record(id: &str, needs: &[&str]) -> Record {
    Record {
        kind: "s3_bucket".to_owned(),
        id: id.to_owned(),
        region: "us-east-1".to_owned(),
        spec: None,
        outputs: Default::default(),
        dependencies: needs.iter().map(|address| address.parse().unwrap()).collect(),
        protect: false,
        superseded: Vec::new(),
    }
}

fn state() -> State {
    let mut state = State::new("dev");
    state.resources.insert("s3_bucket.a".parse().unwrap(), record("a", &[]));
    state.resources.insert("s3_bucket.b".parse().unwrap(), record("b", &["s3_bucket.a"]));
    state
}

fn renamed(from: &str, to: &str) -> Result<State, String> {
    let mut state = state();
    rename(&mut state, &from.parse().unwrap(), &to.parse().unwrap())
        .map(|()| state)
        .map_err(|failure| ui::errors::render(&failure, ui::Style::PLAIN))
}

#[test]
fn it_is_renamed_wherever_it_is_named() {
    let state = renamed("s3_bucket.a", "s3_bucket.c[\"eu\"]").unwrap();
    let to: Address = "s3_bucket.c[\"eu\"]".parse().unwrap();
    assert_eq!(state.resources[&to].id, "a");
    assert_eq!(state.resources[&"s3_bucket.b".parse().unwrap()].dependencies, BTreeSet::from([to]));
    assert_eq!(state.resources.len(), 2);
}

#[test]
fn what_makes_no_sense_is_refused() {
    insta::assert_snapshot!(renamed("s3_bucket.a", "kms_key.a").unwrap_err(), @"
    error: s3_bucket.a is of another kind than kms_key.a
     hint: only the name and the key can be changed
    ");
    insta::assert_snapshot!(renamed("s3_bucket.a", "s3_bucket.b").unwrap_err(), @"
    error: there is a s3_bucket.b in the state already
     hint: choose another name, or `provision state rm` that one
    ");
    insta::assert_snapshot!(renamed("s3_bucket.aa", "s3_bucket.c").unwrap_err(), @"
    error: there is no s3_bucket.aa in the state
     hint: did you mean `s3_bucket.a`?
    ");
}

fn interrupted(done: bool) -> State {
    let intent = provision_state::Intent {
        change: provision_state::ChangeKind::Replaced,
        region: Some("us-east-1".to_owned()),
        identity: None,
        done,
    };
    let operation = provision_state::Operation {
        id: "op".to_owned(),
        command: "apply".to_owned(),
        owner: "ann".to_owned(),
        started_at: "2026-01-02T03:04:05Z".parse().unwrap(),
        fencing: 1,
        intents: [("s3_bucket.a".parse().unwrap(), intent)].into(),
        folded: 0,
    };
    State { operation: Some(operation), ..state() }
}

#[test]
fn what_an_interrupted_run_was_changing_keeps_its_name() {
    let (from, to): (Address, Address) = ("s3_bucket.a".parse().unwrap(), "s3_bucket.c".parse().unwrap());
    let mut state = interrupted(false);
    let refused = rename(&mut state, &from, &to).unwrap_err();
    insta::assert_snapshot!(ui::errors::render(&refused, ui::Style::PLAIN), @"
    error: an interrupted run was changing s3_bucket.a, and may have made another one in its place
     hint: run `provision apply` with the old name first; it finds what was made
    ");
    assert!(state.resources.contains_key(&from) && !state.resources.contains_key(&to));
    let mut state = interrupted(true);
    rename(&mut state, &from, &to).unwrap();
    assert!(state.operation.unwrap().intents.contains_key(&to));
}
