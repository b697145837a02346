//! Cycles: of resources that need each other, and of values that refer to each other.

use insta::assert_snapshot;

use crate::world::complaints;

#[test]
fn dependency_cycle() {
    assert_snapshot!(complaints(r#"
[s3_bucket.a]
bucket = "aaa"
logging = { bucket = "${s3_bucket.b.bucket}" }

[s3_bucket.b]
bucket = "bbb"
logging = { bucket = "${s3_bucket.c.bucket}" }

[s3_bucket.c]
bucket = "ccc"
kms_key = "${kms_key.k.arn}"
logging = { bucket = "${s3_bucket.a.bucket}" }

[kms_key.k]
description = "for ${s3_bucket.c.arn}"
"#), @r#"
    config::dependency_cycle: these resources need each other: s3_bucket.a -> s3_bucket.b -> s3_bucket.c -> s3_bucket.a
      dev.toml:5:23
      | logging = { bucket = "${s3_bucket.b.bucket}" }
      |                       ^^^^^^^^^^^^^^^^^^^^^ needs s3_bucket.b
      help: a reference makes what it names come first; write one of the values out, or keep it in `[vars]`

    config::dependency_cycle: these resources need each other: kms_key.k -> s3_bucket.c -> kms_key.k
      dev.toml:17:20
      | description = "for ${s3_bucket.c.arn}"
      |                    ^^^^^^^^^^^^^^^^^^ needs s3_bucket.c
      help: a reference makes what it names come first; write one of the values out, or keep it in `[vars]`
    "#);
}

#[test]
fn dependency_cycle_of_values() {
    assert_snapshot!(complaints(r#"
[s3_bucket.a]
bucket = "${s3_bucket.b.bucket}"

[s3_bucket.b]
bucket = "${s3_bucket.a.bucket}"
"#), @r#"
    config::dependency_cycle: these resources need each other: s3_bucket.a -> s3_bucket.b -> s3_bucket.a
      dev.toml:4:11
      | bucket = "${s3_bucket.b.bucket}"
      |           ^^^^^^^^^^^^^^^^^^^^^ needs s3_bucket.b
      help: a reference makes what it names come first; write one of the values out, or keep it in `[vars]`
    "#);
}

#[test]
fn dependency_cycle_by_depends_on() {
    assert_snapshot!(complaints(r#"
[kms_key.a]
depends_on = ["kms_key.b"]

[kms_key.b]
description = "${kms_key.a.key_id}"

[kms_key.c]
depends_on = ["kms_key.c"]
"#), @r#"
    config::dependency_cycle: these resources need each other: kms_key.a -> kms_key.b -> kms_key.a
      dev.toml:4:15
      | depends_on = ["kms_key.b"]
      |               ^^^^^^^^^^^ needs kms_key.b
      help: a reference makes what it names come first; write one of the values out, or keep it in `[vars]`

    config::dependency_cycle: `kms_key.c` cannot depend on itself
      dev.toml:10:15
      | depends_on = ["kms_key.c"]
      |               ^^^^^^^^^^^ itself
      help: remove it
    "#);
}

#[test]
fn value_cycles() {
    assert_snapshot!(complaints(r#"
[vars]
a = "${vars.b}"
b = { c = "x-${vars.a}" }
d = "${vars.d}"

[s3_bucket.data]
bucket = "${s3_bucket.data.logging.prefix}"
logging = { bucket = "x", prefix = "${s3_bucket.data.bucket}" }
"#), @r#"
    config::value_cycle: the value refers to itself: vars.a -> vars.b -> vars.a
      dev.toml:5:14
      | b = { c = "x-${vars.a}" }
      |              ^^^^^^^^^ comes back to where it began
      help: give one of them a value of its own

    config::value_cycle: the value refers to itself: vars.d -> vars.d
      dev.toml:6:6
      | d = "${vars.d}"
      |      ^^^^^^^^^ comes back to where it began
      help: give one of them a value of its own

    config::value_cycle: the value refers to itself: s3_bucket.data.bucket -> s3_bucket.data.logging.prefix -> s3_bucket.data.bucket
      dev.toml:10:37
      | logging = { bucket = "x", prefix = "${s3_bucket.data.bucket}" }
      |                                     ^^^^^^^^^^^^^^^^^^^^^^^^ comes back to where it began
      help: give one of them a value of its own
    "#);
}
