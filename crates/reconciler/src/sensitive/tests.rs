#![allow(clippy::unwrap_used)]

use schemars::JsonSchema;

use super::*;
use crate::shape::fields_of;

#[derive(JsonSchema)]
#[allow(dead_code)]
struct Spec {
    open: String,
    #[schemars(extend("sensitive" = true))]
    secret: Option<String>,
    users: Vec<User>,
    #[schemars(extend("sensitive" = true))]
    words: Option<Vec<String>>,
}

#[derive(JsonSchema)]
#[allow(dead_code)]
struct User {
    name: String,
    #[schemars(extend("sensitive" = true))]
    password: String,
}

fn spec() -> Value {
    json!({ "open": "seen", "secret": "hidden1", "words": ["hidden2", "hidden3"],
            "users": [{ "name": "seen", "password": "hidden4" }] })
}

#[test]
fn sealing_hides_what_is_sensitive_and_nothing_else() {
    let sealed = seal(&fields_of::<Spec>(), &spec(), "salt");
    let text = sealed.to_string();
    assert!(!text.contains("hidden"), "{text}");
    assert_eq!((&sealed["open"], &sealed["users"][0]["name"]), (&json!("seen"), &json!("seen")));
    let absent = seal(&fields_of::<Spec>(), &json!({ "secret": null }), "salt");
    assert_eq!(absent, json!({ "secret": null }));
}

#[test]
fn sealing_twice_gives_the_same_and_another_salt_another() {
    let fields = fields_of::<Spec>();
    assert_eq!(seal(&fields, &spec(), "salt"), seal(&fields, &spec(), "salt"));
    assert_ne!(seal(&fields, &spec(), "salt"), seal(&fields, &spec(), "other"));
    let alike = json!({ "secret": "same", "words": ["same"] });
    let sealed = seal(&fields, &alike, "salt");
    assert_ne!(sealed["secret"], sealed["words"]);
}

#[test]
fn a_sealed_value_is_the_same_as_the_open_one() {
    let fields = fields_of::<Spec>();
    for salt in ["salt", "other"] {
        let sealed = seal(&fields, &spec(), salt);
        assert!(same(&sealed, &spec()) && same(&spec(), &sealed) && same(&sealed, &sealed));
        let mut changed = spec();
        changed["users"][0]["password"] = json!("changed");
        assert!(!same(&sealed, &changed) && !same(&changed, &sealed));
        changed = spec();
        changed["secret"] = Value::Null;
        assert!(!same(&sealed, &changed));
    }
}

#[test]
fn redacting_tells_only_whether_there_is_one() {
    assert_eq!((redact(&json!("x")), redact(&Value::Null)), (json!("(sensitive)"), Value::Null));
    let shape = Shape::Table(fields_of::<Spec>());
    let shown = redact_inside(&shape, &json!({ "open": "seen", "secret": null, "words": ["hidden"] }));
    assert_eq!(shown, json!({ "open": "seen", "secret": null, "words": "(sensitive)" }));
}
