use provision_config::Severity;
use provision_reconciler::diff::Cause;
use serde_json::json;

use super::*;

fn shown(expected: Value, found: Value) -> String {
    let difference = Difference {
        path: "field".to_owned(),
        live: found,
        desired: expected,
        cause: Cause::Drift,
        immutable: false,
        sensitive: false,
        severity: Severity::Medium,
    };
    match Shown::of(&difference) {
        Shown::Sensitive => "sensitive".to_owned(),
        Shown::Values { expected, found } => format!("{expected} -> {found}"),
        Shown::Lines(lines) => lines.iter().map(Line::marked).collect::<Vec<_>>().join("\n"),
    }
}

#[test]
fn plain_values_stand_side_by_side() {
    assert_eq!(shown(json!(true), json!(false)), "true -> false");
    assert_eq!(shown(json!("a"), Value::Null), "a -> (none)");
    assert_eq!(shown(json!({ "one": 1 }), Value::Null), "{ one = 1 } -> (none)");
}

#[test]
fn what_is_in_both_lists_is_the_same_wherever_it_stands() {
    insta::assert_snapshot!(shown(json!(["a", "b", "c"]), json!(["c", "d", "a"])), @r"
      a
      c
    - b
    + d
    ");
    insta::assert_snapshot!(shown(json!(["a", "b"]), json!(["b", "a"])), @r"
    + b
      a
    - b
    ");
    let many: Vec<usize> = (0..20).collect();
    insta::assert_snapshot!(shown(json!(many), json!([&many[..], &[99]].concat())), @r"
      … 20 items that are in both
    + 99
    ");
}

#[test]
fn tables_differ_line_by_line() {
    let rule = |days: u32| json!({ "id": "tidy", "prefix": "tmp/", "expiration_days": days, "absent": null });
    insta::assert_snapshot!(shown(json!([rule(7)]), json!([rule(700)])), @r#"
      {
    -   "expiration_days": 7,
    +   "expiration_days": 700,
        "id": "tidy",
        "prefix": "tmp/"
      }
    "#);
    insta::assert_snapshot!(shown(json!({ "bucket": "logs", "prefix": "data/" }), Value::Null), @r#"
    - {
    -   "bucket": "logs",
    -   "prefix": "data/"
    - }
    + (none)
    "#);
}

#[test]
fn texts_of_several_lines_keep_their_lines() {
    let text = |word: &str| {
        let line = |n| if n == 10 { word.to_owned() } else { format!("line {n}") };
        (0..20).map(line).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(shown(json!(text("install")), json!(text("rm -rf \u{1b}[2J"))), @r"
      … 7 lines that are the same
      line 7
      line 8
      line 9
    - install
    + rm -rf \u{1b}[2J
      line 11
      line 12
      line 13
      … 6 lines that are the same
    ");
}

#[test]
fn what_is_sensitive_is_never_looked_at() {
    let difference = Difference {
        path: "secret".to_owned(),
        live: json!("hunter2"),
        desired: json!("hunter3"),
        cause: Cause::Drift,
        immutable: false,
        sensitive: true,
        severity: Severity::High,
    };
    assert_eq!(Shown::of(&difference), Shown::Sensitive);
}
