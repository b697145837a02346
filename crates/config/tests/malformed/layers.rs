//! Files, layers and TOML itself.

use std::fs;

use insta::assert_snapshot;

use crate::world::{HEAD, World, complaints};

#[test]
fn invalid_toml() {
    assert_snapshot!(complaints(r#"
[s3_bucket.data
bucket = acme
versioning = tru
[kms_key.a]
name = "x
"#), @r#"
    config::syntax: invalid TOML: unclosed table, expected `]`
      dev.toml:3:16
      | [s3_bucket.data
      |                ^ here

    config::syntax: invalid TOML: invalid basic string, expected `"`
      dev.toml:7:10
      | name = "x
      |          ^ here
    "#);
}

#[test]
fn duplicate_key_and_table() {
    assert_snapshot!(complaints(r#"
[s3_bucket.data]
bucket = "acme-data"
versioning = true
bucket = "acme-other"

[kms_key.a]

[s3_bucket.data]
versioning = false

[kms_key.b]
policy = { a = 1, a = 2 }
"#), @r#"
    config::duplicate: `bucket` is given twice
      dev.toml:6:1
      | bucket = "acme-other"
      | ^^^^^^ the second one
      help: the first one is on line 4; keep one of them

    config::duplicate: the table `[s3_bucket.data]` is given twice
      dev.toml:10:12
      | [s3_bucket.data]
      |            ^^^^ the second one
      help: the first one is on line 3; keep one of them

    config::duplicate: `a` is given twice
      dev.toml:14:19
      | policy = { a = 1, a = 2 }
      |                   ^ the second one
      help: the first one is on the same line; keep one of them
    "#);
}

#[test]
fn reserved_character() {
    assert_snapshot!(complaints(r#"
[s3_bucket.data]
bucket = "acme-\uF8F0x"
"#), @r#"
    config::reserved_character: the private-use character U+F8F0 must not be used
      dev.toml:4:10
      | bucket = "acme-\uF8F0x"
      |          ^^^^^^^^^^^^^^ contains it
      help: provision marks unknown values with this character; remove it
    "#);
}

#[test]
fn missing_file() {
    let world = World::new(&[("stagign.toml", HEAD)]);
    assert_snapshot!(world.complaints("staging.toml"), @r#"
    config::missing_file: there is no file staging.toml
      help: did you mean `stagign.toml`?
    "#);
}

#[test]
fn missing_layer() {
    let world = World::new(&[("dev.toml", "extends = [\"bas.toml\", \"nowhere/none.toml\"]\n"), ("base.toml", HEAD)]);
    assert_snapshot!(world.complaints("dev.toml"), @r#"
    config::missing_file: there is no file bas.toml
      dev.toml:1:12
      | extends = ["bas.toml", "nowhere/none.toml"]
      |            ^^^^^^^^^^ extended here
      help: did you mean `base.toml`?

    config::missing_file: there is no file nowhere/none.toml
      dev.toml:1:24
      | extends = ["bas.toml", "nowhere/none.toml"]
      |                        ^^^^^^^^^^^^^^^^^^^ extended here
    "#);
}

#[test]
fn unreadable_layer() {
    let world = World::new(&[("dev.toml", "extends = \"base.toml\"\n")]);
    fs::create_dir(world.path("base.toml")).unwrap();
    assert_snapshot!(world.complaints("dev.toml"), @r#"
    config::unreadable: failed to read base.toml: is a directory
      dev.toml:1:11
      | extends = "base.toml"
      |           ^^^^^^^^^^^ extended here
      help: a layer is a TOML file that may be read
    "#);
}

#[test]
fn layers_in_a_circle() {
    let world = World::new(&[
        ("dev.toml", "extends = \"layers/base.toml\"\n"),
        ("layers/base.toml", "extends = [\"more.toml\"]\n"),
        ("layers/more.toml", "# back\nextends = \"base.toml\"\n"),
    ]);
    assert_snapshot!(world.complaints("dev.toml"), @r#"
    config::extends_cycle: the layers extend each other: layers/base.toml -> layers/more.toml -> layers/base.toml
      layers/more.toml:2:11
      | extends = "base.toml"
      |           ^^^^^^^^^^^ comes back to where it began
      help: a layer may only extend files that do not extend it
    "#);
}

#[test]
fn extends_is_no_file() {
    let world = World::new(&[("dev.toml", "extends = [1, \"base.toml\"]\n"), ("base.toml", "extends = { a = 1 }\n")]);
    assert_snapshot!(world.complaints("dev.toml"), @r#"
    config::type: `extends`: expected a file, found the whole number 1
      dev.toml:1:12
      | extends = [1, "base.toml"]
      |            ^ not a file
      help: write `extends = "base.toml"` or `extends = ["base.toml", "network.toml"]`

    config::type: `extends`: expected a file, found a table
      base.toml:1:11
      | extends = { a = 1 }
      |           ^^^^^^^^^ not a file
      help: write `extends = "base.toml"` or `extends = ["base.toml", "network.toml"]`
    "#);
}

#[test]
fn not_utf8() {
    let world = World::new(&[("dev.toml", "extends = \"base.toml\"\n")]);
    world.write("base.toml", b"[vars]\ncity = \"M\xfcnchen\"\n");
    assert_snapshot!(world.complaints("dev.toml"), @r#"
    config::encoding: the file is not UTF-8
      base.toml:2:10
      | city = "M�nchen"
      |          ^ not a UTF-8 character
      help: save the file as UTF-8
    "#);
}

#[test]
fn syntax_in_several_layers_at_once() {
    let world = World::new(&[("dev.toml", "extends = \"base.toml\"\na = \n"), ("base.toml", "[b\nc == 1\n")]);
    assert_snapshot!(world.complaints("dev.toml"), @r#"
    config::syntax: invalid TOML: string values must be quoted, expected literal string
      dev.toml:2:5
      | a =
      |     ^ here
      help: put the text in quotes: `name = "value"`

    config::syntax: invalid TOML: unclosed table, expected `]`
      base.toml:1:3
      | [b
      |   ^ here

    config::syntax: invalid TOML: extra `=`, expected nothing
      base.toml:2:4
      | c == 1
      |    ^ here

    config::syntax: invalid TOML: unexpected key or value, expected newline, `#`
      base.toml:2:6
      | c == 1
      |      ^ here
    "#);
}

#[test]
fn everything_at_once_in_the_order_of_the_files() {
    let base =
        format!("{HEAD}\n[kinesis_stream.a]\nname = \"a\"\nshards = \"x\"\n\n[s3_bucket.data]\nbukcet = \"y\"\n");
    let dev = "extends = \"base.toml\"\n[environment]\naccount = \"1\"\n\n[s3_bucket.data]\nbucket = \"${vars.x}\"\n";
    let world = World::new(&[("dev.toml", dev), ("base.toml", &base)]);
    assert_snapshot!(world.complaints("dev.toml"), @r#"
    config::format: `account`: expected a 12-digit account id, found the string "1"
      dev.toml:3:11
      | account = "1"
      |           ^^^ 1 digit
      help: an account id is 12 digits in quotes, leading zeros included, as in `"123456789012"`

    config::unknown_reference: `vars` has no `x`
      dev.toml:6:11
      | bucket = "${vars.x}"
      |           ^^^^^^^^^ not found

    config::type: `shards`: expected a whole number from 1 to 500, found the string "x"
      base.toml:13:10
      | shards = "x"
      |          ^^^ expected a whole number from 1 to 500

    config::unknown_field: there is no field `bukcet`
      base.toml:16:1
      | bukcet = "y"
      | ^^^^^^ not a field
      help: did you mean `bucket`?
    "#);
}
