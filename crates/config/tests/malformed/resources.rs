//! Resources and the fields that every kind has.

use insta::assert_snapshot;

use crate::world::complaints;

#[test]
fn unknown_field() {
    assert_snapshot!(complaints(r#"
[s3_bucket.data]
bukcet = "acme-data"
logging = { bucket = "acme-logs", prefx = "a/" }
protected = true
lifecycle = [{ id = "a", days = 1, colour = "red" }]
"#), @r#"
    config::unknown_field: there is no field `bukcet`
      dev.toml:4:1
      | bukcet = "acme-data"
      | ^^^^^^ not a field
      help: did you mean `bucket`?

    config::unknown_field: there is no field `logging.prefx`
      dev.toml:5:35
      | logging = { bucket = "acme-logs", prefx = "a/" }
      |                                   ^^^^^ not a field
      help: did you mean `prefix`?

    config::unknown_field: there is no field `protected`
      dev.toml:6:1
      | protected = true
      | ^^^^^^^^^ not a field
      help: did you mean `protect`?

    config::unknown_field: there is no field `lifecycle[0].colour`
      dev.toml:7:36
      | lifecycle = [{ id = "a", days = 1, colour = "red" }]
      |                                    ^^^^^^ not a field
      help: the fields are: `days`, `enabled`, `id`
    "#);
}

#[test]
fn missing_fields() {
    assert_snapshot!(complaints(r#"
[s3_bucket.data]
versioning = false
logging = {}

[[s3_bucket.data.lifecycle]]
days = 3

[[s3_bucket.data.lifecycle]]
id = "b"
"#), @r#"
    config::missing_field: the required field `bucket` is missing
      dev.toml:3:1
      | [s3_bucket.data]
      | ^^^^^^^^^^^^^^^^ needs `bucket`
      help: The name, unique in all of AWS: lower-case letters, digits, dots and hyphens

    config::missing_field: the required field `logging.bucket` is missing
      dev.toml:5:11
      | logging = {}
      |           ^^ needs `logging.bucket`

    config::missing_field: the required field `lifecycle[0].id` is missing
      dev.toml:7:1
      | [[s3_bucket.data.lifecycle]]
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ needs `lifecycle[0].id`

    config::missing_field: the required field `lifecycle[1].days` is missing
      dev.toml:10:1
      | [[s3_bucket.data.lifecycle]]
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ needs `lifecycle[1].days`
    "#);
}

#[test]
fn field_where_a_resource_goes() {
    assert_snapshot!(complaints(r#"
[s3_bucket]
bucket = "acme-data"
data = "x"
"#), @r#"
    config::type: `s3_bucket.bucket`: expected a table, found the string "acme-data"
      dev.toml:4:1
      | bucket = "acme-data"
      | ^^^^^^ not a resource
      help: `bucket` is a field; a resource has a name of its own, as in `[s3_bucket.NAME]`

    config::type: `s3_bucket.data`: expected a table, found the string "x"
      dev.toml:5:1
      | data = "x"
      | ^^^^ not a resource
      help: a resource is a table, as in `[s3_bucket.data]`
    "#);
}

#[test]
fn bad_name() {
    assert_snapshot!(complaints(r#"
[s3_bucket."my data"]
bucket = "acme-data"

[s3_bucket.1st]
bucket = "acme-first"
"#), @r#"
    config::name: `my data` cannot be the name of a resource
      dev.toml:3:12
      | [s3_bucket."my data"]
      |            ^^^^^^^^^ not a name
      help: a name has letters, digits, `_` and `-`, and does not begin with a digit

    config::name: `1st` cannot be the name of a resource
      dev.toml:6:12
      | [s3_bucket.1st]
      |            ^^^ not a name
      help: a name has letters, digits, `_` and `-`, and does not begin with a digit
    "#);
}

#[test]
fn depends_on_unknown_addresses() {
    assert_snapshot!(complaints(r#"
[kms_key.a]
depends_on = ["kms_key.b", "kms_keys.a", "a", "${kms_key.c}", "kms_key.c[\"x\"]"]

[kms_key.c]
"#), @r#"
    config::unknown_reference: there is no resource `kms_key.b`
      dev.toml:4:15
      | depends_on = ["kms_key.b", "kms_keys.a", "a", "${kms_key.c}", "kms_key.c[\"x\"]"]
      |               ^^^^^^^^^^^ not found
      help: of this kind there are: `a`, `c`

    config::unknown_reference: there is no kind `kms_keys`
      dev.toml:4:28
      | depends_on = ["kms_key.b", "kms_keys.a", "a", "${kms_key.c}", "kms_key.c[\"x\"]"]
      |                            ^^^^^^^^^^^^ not found
      help: did you mean `kms_key`?

    config::address: `a` is not the address of a resource
      dev.toml:4:42
      | depends_on = ["kms_key.b", "kms_keys.a", "a", "${kms_key.c}", "kms_key.c[\"x\"]"]
      |                                          ^^^ not an address
      help: write it as in `depends_on = ["s3_bucket.data"]`

    config::interpolation: `kms_key.c` needs a field
      dev.toml:4:48
      | depends_on = ["kms_key.b", "kms_keys.a", "a", "${kms_key.c}", "kms_key.c[\"x\"]"]
      |                                                ^^^^^^^^^^^^ a resource is not a value
      help: there are: `arn`, `key_id`, `description`, `policy`, `rotation_days`, `tags`

    config::unknown_reference: `kms_key.c` has no `for_each`, so there is no `kms_key.c["x"]`
      dev.toml:4:63
      | depends_on = ["kms_key.b", "kms_keys.a", "a", "${kms_key.c}", "kms_key.c[\"x\"]"]
      |                                                               ^^^^^^^^^^^^^^^^^^ not found
      help: write `kms_key.c`
    "#);
}

#[test]
fn depends_on_not_a_list() {
    assert_snapshot!(complaints(r#"
[kms_key.a]
depends_on = "kms_key.b"
protect = "yes"
region = "Ohio"

[kms_key.b]
depends_on = [1]
"#), @r#"
    config::type: `depends_on`: expected a list, found the string "kms_key.b"
      dev.toml:4:14
      | depends_on = "kms_key.b"
      |              ^^^^^^^^^^^ expected a list
      help: write `["kms_key.b"]`

    config::type: `protect`: expected `true` or `false`, found the string "yes"
      dev.toml:5:11
      | protect = "yes"
      |           ^^^^^ expected `true` or `false`

    config::format: `region`: expected a region, found the string "Ohio"
      dev.toml:6:10
      | region = "Ohio"
      |          ^^^^^^ not a region
      help: a region is named as in `us-east-1`

    config::type: `depends_on[0]`: expected a string, found the whole number 1
      dev.toml:9:15
      | depends_on = [1]
      |               ^ expected a string
      help: put it in quotes
    "#);
}

#[test]
fn region_is_an_output() {
    assert_snapshot!(complaints(r#"
[kms_key.a]
region = "${s3_bucket.b.domain_name}"

[s3_bucket.b]
bucket = "bbb"
"#), @r#"
    config::unknown_setting: `region` must be known before anything exists
      dev.toml:4:11
      | region = "${s3_bucket.b.domain_name}"
      |           ^^^^^^^^^^^^^^^^^^^^^^^^^^ an output, which AWS will choose
      help: write it out, or refer to `environment.region`, `environment.dr_region` or `vars`
    "#);
}

#[test]
fn for_each_not_a_list() {
    assert_snapshot!(complaints(r#"
[kms_key.a]
for_each = "eu"

[kms_key.b]
for_each = [1, "x", "x"]

[kms_key.c]
for_each = ["", "a\"b"]

[s3_bucket.quiet]
bucket = "${kms_key.a[\"eu\"].arn}"
"#), @r#"
    config::type: `for_each`: expected a list of strings or a table, found the string "eu"
      dev.toml:4:12
      | for_each = "eu"
      |            ^^^^ neither a list nor a table
      help: write `for_each = ["a", "b"]`; each entry makes one resource

    config::type: `for_each`: expected a string, found the whole number 1
      dev.toml:7:13
      | for_each = [1, "x", "x"]
      |             ^ not a string
      help: put it in quotes; for entries with more than a name, make `for_each` a table

    config::duplicate: `x` is twice in `for_each`
      dev.toml:7:21
      | for_each = [1, "x", "x"]
      |                     ^^^ the second one
      help: keep one of them

    config::for_each: "" cannot be a key of `for_each`
      dev.toml:10:13
      | for_each = ["", "a\"b"]
      |             ^^ not a key
      help: a key has letters, digits, spaces and `_.:/=+-@`, as in AWS tags; at most 100

    config::for_each: "a"b" cannot be a key of `for_each`
      dev.toml:10:17
      | for_each = ["", "a\"b"]
      |                 ^^^^^^ not a key
      help: a key has letters, digits, spaces and `_.:/=+-@`, as in AWS tags; at most 100
    "#);
}

#[test]
fn for_each_refers_to_a_resource() {
    assert_snapshot!(complaints(r#"
[kms_key.a]
for_each = ["${s3_bucket.b.bucket}"]

[s3_bucket.b]
bucket = "bbb"
"#), @r#"
    config::scope: `for_each` cannot refer to resources
      dev.toml:4:14
      | for_each = ["${s3_bucket.b.bucket}"]
      |              ^^^^^^^^^^^^^^^^^^^^^ a resource
      help: only `vars` and `environment` are known here
    "#);
}

#[test]
fn each_without_for_each() {
    assert_snapshot!(complaints(r#"
[kms_key.a]
description = "${each.key}"

[kms_key.b]
description = "${kms_key.a[each.key].arn}"
"#), @r#"
    config::each: `each` means nothing here
      dev.toml:4:16
      | description = "${each.key}"
      |                ^^^^^^^^^^^ no `for_each`
      help: `each` is the entry of a resource that has a `for_each`

    config::each: `each` means nothing here
      dev.toml:7:16
      | description = "${kms_key.a[each.key].arn}"
      |                ^^^^^^^^^^^^^^^^^^^^^^^^^^ no `for_each`
      help: `each` is the entry of a resource that has a `for_each`
    "#);
}

#[test]
fn wrong_each() {
    assert_snapshot!(complaints(r#"
[kms_key.a]
for_each = { eu = { zone = "x" }, us = { zone = "y", more = 1 } }
description = "${each.name} ${each.value.zon}"
policy = { a = "${each.value.more}" }

[kms_key.b]
for_each = ["x"]
description = "${each.value.zone}"
"#), @r#"
    config::each: `each` has a `key` and a `value`, and nothing else
      dev.toml:5:16
      | description = "${each.name} ${each.value.zon}"
      |                ^^^^^^^^^^^^ not found
      help: write `${each.key}`, `${each.value}` or `${each.value.field}`

    config::unknown_reference: `each.value` has no `zon`
      dev.toml:5:29
      | description = "${each.name} ${each.value.zon}"
      |                             ^^^^^^^^^^^^^^^^^ not found
      help: did you mean `zone`?

    config::unknown_reference: `each.value` has no `more`
      dev.toml:6:17
      | policy = { a = "${each.value.more}" }
      |                 ^^^^^^^^^^^^^^^^^^ not found
      help: did you mean `zone`?

    config::unknown_reference: `each.value` is a string, and has no `.zone`
      dev.toml:10:16
      | description = "${each.value.zone}"
      |                ^^^^^^^^^^^^^^^^^^ leads nowhere
    "#);
}

#[test]
fn which_of_a_for_each() {
    assert_snapshot!(complaints(r#"
[kms_key.a]
for_each = ["eu", "us"]

[s3_bucket.b]
bucket = "bbb"
kms_key = "${kms_key.a.arn}"

[s3_bucket.c]
bucket = "ccc"
kms_key = "${kms_key.a['eo'].arn}"

[s3_bucket.d]
bucket = "${s3_bucket.c['eu'].bucket}"
"#), @r#"
    config::each: `kms_key.a` is made by `for_each`, so there is one for each entry
      dev.toml:8:12
      | kms_key = "${kms_key.a.arn}"
      |            ^^^^^^^^^^^^^^^^ which one?
      help: name one, as in `${kms_key.a["eu"].…}`, or `[each.key]` for the one of the same key

    config::unknown_reference: there is no entry "eo" in the `for_each` of `kms_key.a`
      dev.toml:12:12
      | kms_key = "${kms_key.a['eo'].arn}"
      |            ^^^^^^^^^^^^^^^^^^^^^^ not found
      help: did you mean `eu`?

    config::unknown_reference: `s3_bucket.c` has no `for_each`, so there is no `s3_bucket.c["eu"]`
      dev.toml:15:11
      | bucket = "${s3_bucket.c['eu'].bucket}"
      |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^ not found
      help: write `s3_bucket.c`
    "#);
}
