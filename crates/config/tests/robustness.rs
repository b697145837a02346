//! Whatever is in a file: an environment, or at least one diagnostic, and never a panic.

#![allow(clippy::unwrap_used)]

#[path = "support/world.rs"]
mod world;

use proptest::prelude::*;
use world::{HEAD, World};

const BODY: &str = r#"
[vars]
zones = ["a", "b"]
size = { small = 1 }

[tags]
Project = "${vars.zones[0]}"

[kms_key.a]
for_each = "${vars.zones}"
description = "for ${each.key} and $${aws:username}"
tags = { x = "${kms_key.a[each.key].description}" }

[s3_bucket.data]
bucket = "acme-${environment.name}"
kms_key = "${kms_key.a['a'].arn}"
depends_on = ["kms_key.a[\"b\"]"]
policy = '{"Statement": ["${kms_key.a["b"].arn}"]}'
lifecycle = [{ id = "é", days = 3 }]

[kinesis_stream.s]
name = "${s3_bucket.data.bucket}"
shards = "${vars.size.small}"

[iam_role.r]
role_name = "r"
trust = { file = "policies/${environment.name}.json" }
policies = { a = "${iam_role.r.trust}" }
grants = [{ to = "s3_bucket.data" }, { to = "kms_key.a[\"b\"]" }]

[lambda_function.f]
code = { folder = "./policies/../policies" }
role = "iam_role.r"
"#;

const DOCUMENT: &str = r#"{"Sid": "${vars.zones[0]}", "Resource": ["${s3_bucket.data.arn}/*", null, 1.5, "\u00e9"]}"#;

/// A text with these changes.
fn changed(text: &str, changes: Vec<(usize, usize, String)>) -> String {
    let mut text: Vec<char> = text.chars().collect();
    for (start, count, scrap) in changes {
        let start = start % text.len().max(1);
        let end = (start + count).min(text.len());
        text.splice(start..end, scrap.chars());
    }
    text.into_iter().collect()
}

fn world(text: &str, document: &str) -> World {
    World::naming(&[("dev.toml", text), ("policies/dev.json", document)])
}

/// One change of a text: something removed, something put in its place.
fn changes() -> impl Strategy<Value = Vec<(usize, usize, String)>> {
    let scraps = prop_oneof![
        Just(String::new()),
        "[\\[\\]{}$.\"'=a-z0-9\n\u{F8F0}é]{1,4}",
        prop::sample::select(vec![
            "${",
            "}",
            "$${",
            "[",
            "]",
            "\"",
            "'''",
            "\n",
            "${each.key}",
            "${vars.zones}",
            "${s3_bucket.data.bucket}",
            "for_each = 1\n"
        ])
        .prop_map(str::to_owned),
    ];
    proptest::collection::vec((0_usize..4000, 0_usize..30, scraps), 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics_and_nothing_fails_in_silence(changes in changes(), inside in changes(), which in 0..3) {
        // In the file, in the document that it names, or in both.
        let (changes, inside) = match which {
            0 => (changes, Vec::new()),
            1 => (Vec::new(), inside),
            _ => (changes, inside),
        };
        let text = changed(&format!("{HEAD}{BODY}"), changes);
        let world = world(&text, &changed(DOCUMENT, inside));
        if let Err(diagnostics) = world.load("dev.toml") {
            prop_assert!(!diagnostics.0.is_empty());
            for diagnostic in &diagnostics.0 {
                prop_assert_ne!(diagnostic.code, "config::internal", "{}", text);
                let location = diagnostic.location.as_ref().unwrap();
                prop_assert!(location.text.get(location.span.clone()).is_some());
            }
            // It can be shown.
            world.render(&diagnostics);
        }
    }
}

#[test]
fn the_file_that_is_changed_is_right() {
    let world = world(&format!("{HEAD}{BODY}"), DOCUMENT);
    world.load("dev.toml").unwrap_or_else(|diagnostics| panic!("{}", world.render(&diagnostics)));
}
