#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::*;

/// A thing.
///
/// With more to say.
#[derive(JsonSchema)]
#[allow(dead_code)]
struct Spec {
    /// Its name.
    #[schemars(extend("immutable" = true), length(min = 3, max = 63), regex(pattern = "^[a-z]+$"))]
    name: String,
    optional: Option<String>,
    #[schemars(extend("format" = "arn"))]
    key: Option<String>,
    #[schemars(range(min = 1, max = 10))]
    bounded: u32,
    optional_bounded: Option<u8>,
    signed: Option<i64>,
    on: Option<bool>,
    #[schemars(default = "seven")]
    days: i64,
    #[serde(default)]
    mode: Mode,
    /// How it is paid for.
    #[schemars(extend("immutable" = true))]
    billing: Option<Billing>,
    list: Vec<String>,
    optional_list: Option<Vec<Inner>>,
    set: BTreeSet<String>,
    #[schemars(extend("set" = true))]
    marked: Option<Vec<String>>,
    #[schemars(extend("set" = "id"))]
    keyed: Option<Vec<Inner>>,
    map: BTreeMap<String, String>,
    tables: Option<BTreeMap<String, Inner>>,
    /// The nested one.
    #[schemars(extend("sensitive" = true))]
    nested: Option<Inner>,
    plain: Inner,
    #[schemars(extend("document" = true))]
    policy: Option<Value>,
    #[schemars(extend("sensitive" = true))]
    secret: Option<String>,
}

fn seven() -> i64 {
    7
}

/// What is inside.
#[derive(JsonSchema)]
#[allow(dead_code)]
struct Inner {
    /// Which one.
    id: String,
    #[schemars(default = "yes")]
    on: bool,
}

fn yes() -> bool {
    true
}

#[derive(Default, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
#[allow(dead_code)]
enum Mode {
    #[default]
    OnDemand,
    Provisioned,
}

/// How.
#[derive(JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(dead_code)]
enum Billing {
    /// For each request.
    PayPerRequest,
    /// For each hour.
    Provisioned,
    /// Not at all.
    Free,
}

fn field(name: &str) -> Field {
    fields_of::<Spec>().get(name).unwrap().clone()
}

fn text() -> Shape {
    Shape::Text(Text::default())
}

fn one_of(values: &[&str]) -> Shape {
    Shape::Text(Text { one_of: values.iter().map(|value| (*value).to_owned()).collect(), ..Text::default() })
}

fn inner() -> Shape {
    Shape::Table(fields_of::<Inner>())
}

#[test]
fn texts() {
    let name = field("name");
    assert!(name.required && name.immutable && !name.sensitive);
    assert_eq!(name.doc, "Its name.");
    assert_eq!(
        name.shape,
        Shape::Text(Text {
            pattern: Some("^[a-z]+$".to_owned()),
            min_length: Some(3),
            max_length: Some(63),
            ..Text::default()
        })
    );
    let optional = field("optional");
    assert_eq!((optional.shape, optional.required, optional.default), (text(), false, None));
    assert_eq!(field("key").shape, Shape::Text(Text { format: Some("arn".to_owned()), ..Text::default() }));
    assert!(field("secret").sensitive);
}

#[test]
fn numbers_and_switches() {
    assert_eq!(field("bounded").shape, Shape::Integer { min: Some(1), max: Some(10) });
    assert_eq!(field("optional_bounded").shape, Shape::Integer { min: Some(0), max: Some(255) });
    assert_eq!(field("signed").shape, Shape::Integer { min: None, max: None });
    assert_eq!((field("on").shape, field("on").required), (Shape::Boolean, false));
    assert_eq!((field("days").default, field("days").required), (Some(json!(7)), false));
}

#[test]
fn enumerations() {
    assert_eq!(field("mode").shape, one_of(&["on-demand", "provisioned"]));
    assert_eq!(field("mode").default, Some(json!("on-demand")));
    let billing = field("billing");
    assert_eq!(billing.shape, one_of(&["PAY_PER_REQUEST", "PROVISIONED", "FREE"]));
    assert!(billing.immutable && !billing.required);
    // The field's own words, not the type's.
    assert_eq!(billing.doc, "How it is paid for.");
}

#[test]
fn lists_sets_and_maps() {
    let of = |shape: Shape| Box::new(shape);
    assert_eq!(field("list").shape, Shape::List(of(text())));
    assert_eq!(field("optional_list").shape, Shape::List(of(inner())));
    assert_eq!(field("set").shape, Shape::Set { item: of(text()), key: None });
    assert_eq!(field("marked").shape, Shape::Set { item: of(text()), key: None });
    assert_eq!(field("keyed").shape, Shape::Set { item: of(inner()), key: Some("id".to_owned()) });
    assert_eq!(field("map").shape, Shape::Map(of(text())));
    assert_eq!(field("tables").shape, Shape::Map(of(inner())));
}

#[test]
fn tables() {
    let nested = field("nested");
    assert_eq!((nested.shape, nested.required, nested.sensitive), (inner(), false, true));
    assert_eq!(nested.doc, "The nested one.");
    assert_eq!((field("plain").shape, field("plain").required), (inner(), true));
    let Shape::Table(fields) = inner() else { panic!("a table") };
    assert!(fields.get("id").unwrap().required && !fields.get("on").unwrap().required);
    assert_eq!(fields.get("on").unwrap().default, Some(json!(true)));
    assert_eq!(fields.get("id").unwrap().doc, "Which one.");
}

#[test]
fn documents() {
    assert_eq!((field("policy").shape, field("policy").required), (Shape::Document, false));
}

#[test]
fn the_types_own_words() {
    assert_eq!(doc_of::<Spec>(), "A thing.\n\nWith more to say.");
    assert_eq!(docs_of::<Inner>()["id"], "Which one.");
}
