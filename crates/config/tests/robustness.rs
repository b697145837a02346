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
"#;

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
    fn nothing_panics_and_nothing_fails_in_silence(changes in changes()) {
        let mut text: Vec<char> = format!("{HEAD}{BODY}").chars().collect();
        for (start, count, scrap) in changes {
            let start = start % text.len();
            let end = (start + count).min(text.len());
            text.splice(start..end, scrap.chars());
        }
        let text: String = text.into_iter().collect();
        let world = World::new(&[("dev.toml", &text)]);
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
    let world = World::new(&[("dev.toml", &format!("{HEAD}{BODY}"))]);
    world.load("dev.toml").unwrap_or_else(|diagnostics| panic!("{}", world.render(&diagnostics)));
}
