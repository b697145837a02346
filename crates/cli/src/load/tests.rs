#![allow(clippy::unwrap_used)]

use std::fs;

use super::*;
use crate::commands::new;
use crate::ui::Style;
use crate::ui::errors::render;

#[test]
fn a_missing_environment_is_an_invalid_configuration() {
    let failure = environment("nowhere/dev.toml").unwrap_err();
    assert_eq!(failure.exit(), Exit::INVALID);
    assert!(render(&failure, Style::PLAIN).contains("nowhere/dev.toml"), "{failure}");
}

#[test]
fn a_missing_resource_suggests_the_nearest_address() {
    let known: Vec<Address> = ["s3_bucket.data", "kms_key.s3"].iter().map(|text| text.parse().unwrap()).collect();
    let failure = no_such_resource(&"s3_bucket.dat".parse().unwrap(), known.iter());
    insta::assert_snapshot!(render(&failure, Style::PLAIN), @r"
    error: there is no s3_bucket.dat in the state
     hint: did you mean `s3_bucket.data`?
    ");
}

#[test]
fn what_a_kind_says_of_its_resources_is_shown_where_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bad.toml");
    fs::write(folder.path().join("base.toml"), new::base_file("acme")).unwrap();
    // The schema cannot say that two fields must differ.
    let odd = "[dynamodb_table.odd]\ntable_name = \"odd\"\nhash_key = \"id\"\nrange_key = \"id\"\n";
    let text = new::environment_file("bad", "123456789012", "us-east-1");
    let line = text.lines().count() + 5;
    fs::write(&file, format!("{text}\n{odd}")).unwrap();
    let failure = environment(file.to_str().unwrap()).unwrap_err();
    assert_eq!(failure.exit(), Exit::INVALID);
    let shown = render(&failure, Style::PLAIN);
    assert!(shown.contains("dynamodb_table.odd"), "{shown}");
    assert!(shown.contains("config::check") && shown.contains(&format!("bad.toml:{line}:")), "{shown}");
}
