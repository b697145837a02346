#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use provision_config::Address;
use provision_config::unknown::Reference;
use schemars::JsonSchema;
use serde_json::{Value, json};

use super::*;
use crate::shape::fields_of;

#[derive(JsonSchema)]
#[allow(dead_code)]
struct Spec {
    #[schemars(extend("immutable" = true))]
    name: String,
    size: Option<i64>,
    on: Option<bool>,
    list: Option<Vec<String>>,
    set: Option<BTreeSet<String>>,
    #[schemars(extend("set" = "id"))]
    rules: Option<Vec<Rule>>,
    tags: Option<BTreeMap<String, String>>,
    table: Option<Table>,
    tables: Option<Vec<Table>>,
    #[schemars(extend("document" = true))]
    policy: Option<Value>,
    #[schemars(extend("sensitive" = true))]
    secret: Option<String>,
    #[schemars(extend("sensitive" = true))]
    secrets: Option<Table>,
    users: Option<Vec<User>>,
}

#[derive(JsonSchema)]
#[allow(dead_code)]
struct Rule {
    id: i64,
    days: Option<i64>,
    inner: Option<Table>,
}

#[derive(JsonSchema)]
#[allow(dead_code)]
struct Table {
    a: Option<String>,
    b: Option<String>,
    #[schemars(extend("immutable" = true))]
    fixed: Option<String>,
}

#[derive(JsonSchema)]
#[allow(dead_code)]
struct User {
    name: String,
    #[schemars(extend("sensitive" = true))]
    password: String,
}

fn fields() -> Fields {
    fields_of::<Spec>()
}

/// `path: live -> desired (cause)` for each difference.
fn shown(live: Value, desired: Value, last: Option<Value>) -> Vec<String> {
    let found = diff(&fields(), &live, &desired, last.as_ref());
    let shown = found.iter().map(|difference| {
        let Difference { path, live, desired, cause, immutable, .. } = difference;
        format!("{path}: {live} -> {desired} ({cause:?}{})", if *immutable { ", immutable" } else { "" })
    });
    shown.collect()
}

/// Differences without a record.
fn unrecorded(live: Value, desired: Value) -> Vec<String> {
    let shown = shown(live, desired, None);
    shown.into_iter().map(|line| line.replace(" (Unrecorded)", "")).collect()
}

const NONE: [&str; 0] = [];

#[test]
fn three_facts_tell_who_changed_it() {
    let cases = [
        // live, desired, last
        (1, 2, 1, "Config"),
        (1, 2, 2, "Drift"),
        (1, 2, 3, "ConfigAndDrift"),
    ];
    for (live, desired, last, cause) in cases {
        let [live, desired, last] = [live, desired, last].map(|size| json!({ "size": size }));
        let found = shown(live.clone(), desired.clone(), Some(last));
        assert_eq!(found.len(), 1);
        assert!(found[0].ends_with(&format!("({cause})")), "{found:?}");
        assert!(shown(live, desired, None)[0].ends_with("(Unrecorded)"));
    }
    assert_eq!(shown(json!({ "size": 2 }), json!({ "size": 2 }), Some(json!({ "size": 1 }))), NONE);
}

#[test]
fn a_field_that_the_file_begins_to_manage_is_its_own_doing() {
    let found = shown(json!({ "size": 1 }), json!({ "size": 2 }), Some(json!({ "name": "x" })));
    assert_eq!(found, ["size: 1 -> 2 (Config)"]);
    let found =
        shown(json!({ "table": { "a": "1" } }), json!({ "table": { "a": "2" } }), Some(json!({ "table": null })));
    assert_eq!(found, ["table.a: \"1\" -> \"2\" (Config)"]);
}

#[test]
fn what_the_file_does_not_name_is_not_compared() {
    assert_eq!(unrecorded(json!({ "size": 1, "tags": { "a": "1" }, "table": { "a": "1" } }), json!({})), NONE);
    assert_eq!(unrecorded(json!({ "size": 1 }), json!({ "size": null })), NONE);
    assert_eq!(unrecorded(json!({ "table": { "a": "1", "b": "2" } }), json!({ "table": { "a": "1" } })), NONE);
}

#[test]
fn a_table_that_is_not_there_differs() {
    assert_eq!(unrecorded(json!({}), json!({ "table": { "a": "1" } })), ["table: null -> {\"a\":\"1\"}"]);
    assert_eq!(
        unrecorded(json!({ "table": null }), json!({ "table": { "a": null } })),
        ["table: null -> {\"a\":null}"]
    );
}

#[test]
fn maps_differ_key_by_key() {
    let live = json!({ "tags": { "same": "1", "changed": "1", "gone": "1" } });
    let desired = json!({ "tags": { "same": "1", "changed": "2", "new \"x\".y[0]": "1" } });
    assert_eq!(
        unrecorded(live.clone(), desired),
        [r#"tags["changed"]: "1" -> "2""#, r#"tags["gone"]: "1" -> null"#, r#"tags["new \"x\".y[0]"]: null -> "1""#,]
    );
    // A key that the file never had was added outside; one that it had was taken out of it.
    let last = json!({ "tags": { "same": "1", "changed": "1" } });
    let desired = json!({ "tags": { "same": "1" } });
    assert_eq!(
        shown(live, desired, Some(last)),
        [r#"tags["changed"]: "1" -> null (Config)"#, r#"tags["gone"]: "1" -> null (Drift)"#]
    );
}

#[test]
fn keyed_sets_differ_item_by_item_in_any_order() {
    let live = json!({ "rules": [{ "id": 1, "days": 1 }, { "id": 2, "days": 2 }, { "id": 3 }] });
    let desired = json!({ "rules": [{ "id": 4 }, { "id": 2, "days": 9 }, { "id": 1, "days": 1 }] });
    assert_eq!(
        unrecorded(live, desired),
        [r#"rules["2"].days: 2 -> 9"#, r#"rules["3"]: {"id":3} -> null"#, r#"rules["4"]: null -> {"id":4}"#,]
    );
}

/// The call that sets them sends all of them, so what the file leaves out is reset: it must be seen.
#[test]
fn an_entry_is_the_files_as_a_whole() {
    let live = json!({ "rules": [{ "id": 1, "days": 1, "inner": { "a": "1" } }] });
    assert_eq!(
        unrecorded(live.clone(), json!({ "rules": [{ "id": 1, "inner": {} }] })),
        [r#"rules["1"].days: 1 -> null"#, r#"rules["1"].inner.a: "1" -> null"#,]
    );
    assert_eq!(
        unrecorded(json!({ "tables": [{ "a": "1", "b": "2" }] }), json!({ "tables": [{ "a": "1" }] })),
        [r#"tables: [{"a":"1","b":"2"}] -> [{"a":"1"}]"#]
    );
    assert_eq!(
        unrecorded(json!({ "tables": [{ "a": "1" }] }), json!({ "tables": [{ "a": "1", "b": "2" }] })),
        [r#"tables: [{"a":"1"}] -> [{"a":"1","b":"2"}]"#]
    );
    assert_eq!(unrecorded(json!({ "tables": [{ "a": "1", "b": null }] }), json!({ "tables": [{ "a": "1" }] })), NONE);
}

#[test]
fn order_counts_in_lists_and_not_in_sets() {
    assert_eq!(unrecorded(json!({ "list": ["a", "b"] }), json!({ "list": ["b", "a"] })).len(), 1);
    assert_eq!(unrecorded(json!({ "set": ["a", "b"] }), json!({ "set": ["b", "a"] })), NONE);
    assert_eq!(unrecorded(json!({ "set": ["a", "b"] }), json!({ "set": ["b", "a", "a"] })), NONE);
    assert_eq!(unrecorded(json!({ "set": ["a", "b"] }), json!({ "set": ["a", "c"] })).len(), 1);
    assert_eq!(unrecorded(json!({ "set": ["a", "b"] }), json!({ "set": ["a"] })).len(), 1);
}

#[test]
fn an_empty_list_is_no_list() {
    for field in ["list", "set", "rules", "tables"] {
        assert_eq!(unrecorded(json!({}), json!({ field: [] })), NONE, "{field}");
    }
    assert_eq!(unrecorded(json!({ "list": ["a"] }), json!({ "list": [] })), [r#"list: ["a"] -> []"#]);
    assert_eq!(unrecorded(json!({}), json!({ "tags": {}, "policy": {} })), NONE);
}

#[test]
fn documents_differ_by_meaning() {
    let live = json!({ "policy": { "Statement": [{ "Action": ["a:B"], "Effect": "Allow" }] } });
    let text = r#"{ "Statement": { "Effect": "Allow", "Action": "A:b" } }"#;
    assert_eq!(unrecorded(live.clone(), json!({ "policy": text })), NONE);
    assert_eq!(unrecorded(live, json!({ "policy": text.replace("Allow", "Deny") })).len(), 1);
    assert_eq!(unrecorded(json!({}), json!({ "policy": text })).len(), 1);
}

#[test]
fn the_unknown_always_differs() {
    let reference = Reference { address: Address::new("k", "n"), output: "arn".to_owned() };
    let found = unrecorded(
        json!({ "set": [reference.mark()], "table": { "a": "1", "b": "2" } }),
        json!({ "set": [reference.mark()], "table": { "a": format!("x/{}", reference.mark()), "b": "2" } }),
    );
    assert_eq!(found.len(), 2);
    assert!(found[1].starts_with("table.a: "));
}

#[test]
fn what_is_inside_an_immutable_table_is_immutable() {
    assert_eq!(
        unrecorded(json!({ "name": "a" }), json!({ "name": "b" })),
        [r#"name: "a" -> "b" (Unrecorded, immutable)"#]
    );
    assert_eq!(
        unrecorded(json!({ "table": { "fixed": "a" } }), json!({ "table": { "fixed": "b" } })),
        [r#"table.fixed: "a" -> "b" (Unrecorded, immutable)"#]
    );
}

#[test]
fn sensitive_values_are_compared_sealed_and_never_shown() {
    let desired = json!({ "secret": "x" });
    let sealed = sensitive::seal(&fields(), &desired, "salt");
    // AWS does not give it back: the record stands for it.
    assert_eq!(shown(json!({}), desired.clone(), Some(sealed.clone())), NONE);
    let found = shown(json!({}), json!({ "secret": "y" }), Some(sealed.clone()));
    assert_eq!(found, [r#"secret: "(sensitive)" -> "(sensitive)" (Config)"#]);
    // AWS gives it back, changed by somebody.
    let found = shown(json!({ "secret": "z" }), desired.clone(), Some(sealed));
    assert_eq!(found, [r#"secret: "(sensitive)" -> "(sensitive)" (Drift)"#]);
    assert_eq!(shown(json!({}), desired, None), [r#"secret: null -> "(sensitive)" (Unrecorded)"#]);
}

#[test]
fn a_sensitive_table_is_compared_field_by_field() {
    let desired = json!({ "secrets": { "a": "1", "b": "2" } });
    let sealed = sensitive::seal(&fields(), &desired, "salt");
    assert_eq!(shown(json!({}), desired.clone(), Some(sealed.clone())), NONE);
    assert_eq!(shown(json!({ "secrets": {} }), desired, Some(sealed.clone())), NONE);
    let found = shown(json!({ "secrets": {} }), json!({ "secrets": { "a": "1", "b": "3" } }), Some(sealed));
    assert_eq!(found, [r#"secrets.b: "(sensitive)" -> "(sensitive)" (Config)"#]);
}

#[test]
fn a_secret_inside_a_list_is_not_shown_either() {
    let live = json!({ "users": [{ "name": "a", "password": "hunter1" }] });
    let desired = json!({ "users": [{ "name": "b", "password": "hunter2" }] });
    let sealed = sensitive::seal(&fields(), &live, "salt");
    assert!(!sealed.to_string().contains("hunter"));
    let found = shown(live.clone(), desired, Some(sealed.clone()));
    assert_eq!(
        found,
        [concat!(
            r#"users: [{"name":"a","password":"(sensitive)"}] -> "#,
            r#"[{"name":"b","password":"(sensitive)"}] (Config)"#
        )]
    );
    // Sealed and open are the same value: drift compares live with the record.
    assert_eq!(shown(live, sealed.clone(), Some(sealed)), NONE);
}

#[test]
fn overlaying_keeps_what_the_file_does_not_name() {
    let live = json!({ "name": "n", "size": 1, "table": { "a": "1", "b": "2" }, "tags": { "x": "1" }, "rules": [{ "id": 1 }] });
    let desired = json!({ "size": 2, "on": null, "table": { "b": "3" }, "tags": { "y": "1" }, "rules": [] });
    assert_eq!(
        overlay(&fields(), &live, &desired),
        json!({ "name": "n", "size": 2, "table": { "a": "1", "b": "3" }, "tags": { "y": "1" }, "rules": [] })
    );
    assert_eq!(overlay(&fields(), &live, &Value::Null), live);
}

/// After an update that sends the overlaid spec, nothing differs any more.
#[test]
fn what_was_overlaid_does_not_differ() {
    let live =
        json!({ "name": "n", "size": 1, "table": { "a": "1" }, "rules": [{ "id": 1, "days": 4 }], "set": ["a"] });
    let desired = json!({ "name": "n", "table": { "b": "3" }, "rules": [{ "id": 1 }], "set": ["b", "a"], "tags": {} });
    let full = overlay(&fields(), &live, &desired);
    assert!(!diff(&fields(), &live, &desired, None).is_empty());
    assert_eq!(diff(&fields(), &full, &desired, None), []);
}

#[test]
fn touching_a_field_is_touching_what_is_around_and_inside_it() {
    let differences = crate::Differences(diff(
        &fields(),
        &json!({ "table": { "a": "1" }, "tags": {} }),
        &json!({ "table": { "a": "2" }, "tags": { "tab": "1" }, "users": [{ "name": "n" }] }),
        None,
    ));
    for (field, touched) in [
        ("table", true),
        ("table.a", true),
        ("table.b", false),
        ("tab", false),
        ("tags", true),
        ("users", true),
        ("users.name", true),
        ("size", false),
    ] {
        assert_eq!(differences.touch(field), touched, "{field}");
    }
    assert!(differences.touch_any(&["size", "tags"]) && !differences.touch_any(&["size", "on"]));
}
