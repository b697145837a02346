//! Fields that take the address of a resource.

use insta::assert_snapshot;

use crate::world::{HEAD, World};

fn complaints(body: &str) -> String {
    World::naming(&[("base.toml", HEAD), ("dev.toml", &format!("extends = \"base.toml\"\n{body}"))])
        .complaints("dev.toml")
}

#[test]
fn no_such_resource() {
    assert_snapshot!(complaints(r#"
[s3_bucket.data]
bucket = "acme-data"

[kms_key.logs]

[iam_role.a]
role_name = "a"
grants = [
    { to = "s3_bucket.dat" },
    { to = "s3_buket.data" },
    { to = "s3_bucket.logs" },
    { to = "s3_bucket.data[\"eu\"]" },
    { to = "var.x" },
]
"#), @r#"
    config::unknown_reference: there is no resource `s3_bucket.dat`
      dev.toml:11:12
      |     { to = "s3_bucket.dat" },
      |            ^^^^^^^^^^^^^^^ not found
      help: did you mean `s3_bucket.data`?

    config::unknown_reference: there is no kind `s3_buket`
      dev.toml:12:12
      |     { to = "s3_buket.data" },
      |            ^^^^^^^^^^^^^^^ not found
      help: did you mean `s3_bucket`?

    config::unknown_reference: there is no resource `s3_bucket.logs`
      dev.toml:13:12
      |     { to = "s3_bucket.logs" },
      |            ^^^^^^^^^^^^^^^^ not found
      help: did you mean `kms_key.logs`?

    config::unknown_reference: `s3_bucket.data` has no `for_each`, so there is no `s3_bucket.data["eu"]`
      dev.toml:14:12
      |     { to = "s3_bucket.data[\"eu\"]" },
      |            ^^^^^^^^^^^^^^^^^^^^^^^^ not found
      help: write `s3_bucket.data`

    config::unknown_reference: there is no kind `var`
      dev.toml:15:12
      |     { to = "var.x" },
      |            ^^^^^^^ not found
      help: there are: `dynamodb_table`, `ec2_vpc`, `iam_role`, `kinesis_stream`, `kms_key`, `lambda_function`, `s3_bucket`
    "#);
}

#[test]
fn no_address() {
    assert_snapshot!(complaints(r#"
[s3_bucket.data]
bucket = "acme-data"

[iam_role.a]
role_name = "a"
grants = [
    { to = "data" },
    { to = "${s3_bucket.data.arn}" },
    { to = "s3_bucket.data.arn" },
    { to = "${s3_bucket.data.bucket}" },
    { to = "${s3_bucket.data}" },
    { to = "" },
    { to = 7 },
]
"#), @r#"
    config::address: `grants[0].to`: expected the address of a resource, found the string "data"
      dev.toml:9:12
      |     { to = "data" },
      |            ^^^^^^ not an address
      help: write it as in `s3_bucket.data`, or `s3_bucket.data["key"]` for one entry of a `for_each`

    config::address: `grants[1].to`: expected the address of a resource, found `s3_bucket.data.arn`, a string that AWS will choose
      dev.toml:10:13
      |     { to = "${s3_bucket.data.arn}" },
      |             ^^^^^^^^^^^^^^^^^^^^^ not an address
      help: write `s3_bucket.data`, without `${…}` and without a field

    config::address: `grants[2].to`: expected the address of a resource, found the string "s3_bucket.data.arn"
      dev.toml:11:12
      |     { to = "s3_bucket.data.arn" },
      |            ^^^^^^^^^^^^^^^^^^^^ not an address
      help: write `s3_bucket.data`, without a field

    config::address: `grants[3].to`: expected the address of a resource, found the string "acme-data"
      dev.toml:12:13
      |     { to = "${s3_bucket.data.bucket}" },
      |             ^^^^^^^^^^^^^^^^^^^^^^^^ not an address
      help: write it as in `s3_bucket.data`, or `s3_bucket.data["key"]` for one entry of a `for_each`

    config::interpolation: `s3_bucket.data` needs a field
      dev.toml:13:13
      |     { to = "${s3_bucket.data}" },
      |             ^^^^^^^^^^^^^^^^^ a resource is not a value
      help: there are: `arn`, `domain_name`, `bucket`, `kms_key`, `lifecycle`, `logging`, `policy`, `tags`, `versioning`

    config::address: `grants[5].to`: expected the address of a resource, found the string ""
      dev.toml:14:12
      |     { to = "" },
      |            ^^ not an address
      help: write it as in `s3_bucket.data`, or `s3_bucket.data["key"]` for one entry of a `for_each`

    config::type: `grants[6].to`: expected the address of a resource, found the whole number 7
      dev.toml:15:12
      |     { to = 7 },
      |            ^ expected the address of a resource
      help: put it in quotes
    "#);
}

#[test]
fn one_of_several() {
    assert_snapshot!(complaints(r#"
[s3_bucket.of]
for_each = ["eu", "us"]
bucket = "acme-${each.key}"

[s3_bucket.none]
for_each = []
bucket = "acme"

[lambda_function.a]
role = "s3_bucket.of"

[lambda_function.b]
role = "s3_bucket.of[\"us2\"]"

[lambda_function.c]
role = "s3_bucket.of[each.key]"

[lambda_function.d]
role = "s3_bucket.none"
"#), @r#"
    config::each: `s3_bucket.of` is made by `for_each`, so there is one for each entry
      dev.toml:12:8
      | role = "s3_bucket.of"
      |        ^^^^^^^^^^^^^^ which one?
      help: name one, as in `s3_bucket.of["eu"]`

    config::unknown_reference: there is no entry "us2" in the `for_each` of `s3_bucket.of`
      dev.toml:15:8
      | role = "s3_bucket.of[\"us2\"]"
      |        ^^^^^^^^^^^^^^^^^^^^^^^ not found
      help: did you mean `us`?

    config::address: `role`: expected the address of a resource, found the string "s3_bucket.of[each.key]"
      dev.toml:18:8
      | role = "s3_bucket.of[each.key]"
      |        ^^^^^^^^^^^^^^^^^^^^^^^^ not an address
      help: write it as in `s3_bucket.data`, or `s3_bucket.data["key"]` for one entry of a `for_each`

    config::each: `s3_bucket.none` is made by `for_each`, so there is one for each entry
      dev.toml:21:8
      | role = "s3_bucket.none"
      |        ^^^^^^^^^^^^^^^^ which one?
      help: its `for_each` is empty
    "#);
}

#[test]
fn the_same_one_twice() {
    assert_snapshot!(complaints(r#"
[kms_key.k]

[iam_role.a]
role_name = "a"
grants = [{ to = "kms_key.k" }, { to = "kms_key.k", access = "write" }]
"#), @r#"
    config::duplicate: two items of `grants` have the same `to`, "kms_key.k"
      dev.toml:7:33
      | grants = [{ to = "kms_key.k" }, { to = "kms_key.k", access = "write" }]
      |                                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ the second one
      help: keep one of them
    "#);
}

#[test]
fn what_is_wrong_elsewhere_is_said_once() {
    assert_snapshot!(complaints(r#"
[s3_bucket.of]
for_each = 3
bucket = "acme-${each.key}"

[iam_roles.c]
role_name = "c"

[lambda_function.a]
role = "s3_bucket.of[\"eu\"]"

[lambda_function.b]
role = "iam_role.c"

[lambda_function.d]
role = "kms_key.none"
description = "${lambda_function.d.role}"
"#), @r#"
    config::type: `for_each`: expected a list of strings or a table, found the whole number 3
      dev.toml:4:12
      | for_each = 3
      |            ^ neither a list nor a table
      help: write `for_each = ["a", "b"]`; each entry makes one resource

    config::unknown_section: there is no section or kind `iam_roles`
      dev.toml:7:2
      | [iam_roles.c]
      |  ^^^^^^^^^ neither a section nor a kind
      help: did you mean `iam_role`?

    config::unknown_reference: there is no resource `kms_key.none`
      dev.toml:17:8
      | role = "kms_key.none"
      |        ^^^^^^^^^^^^^^ not found
    "#);
}
