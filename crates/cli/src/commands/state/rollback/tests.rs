#![allow(clippy::unwrap_used)]

use provision_state::Version;

use super::*;
use crate::session::Content;

fn state(serial: u64, ids: &[(&str, &str)]) -> State {
    let mut state = State { serial, ..State::new("dev") };
    for (address, id) in ids {
        let record = serde_json::json!({
            "kind": "kms_key", "id": id, "region": "us-east-1", "spec": null, "outputs": {}, "dependencies": [],
            "protect": false,
        });
        state.resources.insert(address.parse().unwrap(), serde_json::from_value(record).unwrap());
    }
    state
}

fn past(id: &str, content: Content) -> Past {
    Past { version: Version { id: id.to_owned(), written_at: None, size: None, current: false }, content }
}

#[test]
fn a_version_is_chosen_by_its_id_or_its_serial() {
    let past = [
        past("v3", Content::Unusable("it is cut off".to_owned())),
        past("v2", Content::State(Box::new(state(7, &[])))),
        past("7", Content::State(Box::new(state(6, &[])))),
    ];
    assert_eq!(choose(&past, "v2").unwrap().serial, 7);
    assert_eq!(choose(&past, "6").unwrap().serial, 6);
    assert_eq!(choose(&past, "7").unwrap().serial, 6, "an id is more exact than a serial");
    let refused = |version| crate::ui::errors::render(&choose(&past, version).unwrap_err(), crate::ui::Style::PLAIN);
    insta::assert_snapshot!(refused("v3"), @"
    error: version v3 is no state that can be used
     hint: `provision state history` tells which can; `provision state rebuild` makes it anew from what AWS has
    ");
    insta::assert_snapshot!(refused("9"), @"
    error: the state has no version or serial `9`
     hint: `provision state history` lists them
    ");
}

#[test]
fn what_only_the_present_state_knows_is_kept_but_nothing_twice() {
    let mut earlier = state(1, &[("kms_key.a", "1"), ("kms_key.old_name", "2")]);
    let current = state(2, &[("kms_key.a", "9"), ("kms_key.new_name", "2"), ("kms_key.b", "3")]);
    keep(&mut earlier, &current);
    let ids: Vec<String> = earlier.resources.iter().map(|(address, it)| format!("{address}={}", it.id)).collect();
    assert_eq!(ids, ["kms_key.a=1", "kms_key.b=3", "kms_key.old_name=2"]);
}
