#![allow(clippy::unwrap_used)]

use provision_state::{ChangeKind, Intent, Operation};

use super::*;

#[test]
fn what_is_forgotten_is_not_looked_for_either() {
    let address: Address = "s3_bucket.a".parse().unwrap();
    let mut state = State::new("dev");
    let intent = Intent { change: ChangeKind::Replaced, region: None, identity: None, done: false };
    state.operation = Some(Operation {
        id: "op".to_owned(),
        command: "apply".to_owned(),
        owner: "ann".to_owned(),
        started_at: "2026-01-02T03:04:05Z".parse().unwrap(),
        fencing: 1,
        intents: [(address.clone(), intent)].into(),
        folded: 0,
    });
    assert!(forget(&mut state, &address).is_err());
    let record = serde_json::json!({
        "kind": "s3_bucket", "id": "a", "region": "us-east-1", "spec": null, "outputs": {}, "dependencies": [],
        "protect": false,
    });
    state.resources.insert(address.clone(), serde_json::from_value(record).unwrap());
    forget(&mut state, &address).unwrap();
    assert!(state.resources.is_empty() && state.operation.unwrap().intents.is_empty());
}
