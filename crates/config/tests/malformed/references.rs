//! References: `${…}`.

use insta::assert_snapshot;

use crate::world::complaints;

#[test]
fn unknown_resource() {
    assert_snapshot!(complaints(r#"
[s3_bucket.data]
bucket = "acme-data"
kms_key = "${kms_key.s4.arn}"
logging = { bucket = "${s3_bucket.logs.bucket}" }

[kms_key.s3]
"#), @r#"
    config::unknown_reference: there is no resource `kms_key.s4`
      dev.toml:5:12
      | kms_key = "${kms_key.s4.arn}"
      |            ^^^^^^^^^^^^^^^^^ not found
      help: did you mean `kms_key.s3`?

    config::unknown_reference: there is no resource `s3_bucket.logs`
      dev.toml:6:23
      | logging = { bucket = "${s3_bucket.logs.bucket}" }
      |                       ^^^^^^^^^^^^^^^^^^^^^^^^ not found
      help: of this kind there are: `data`
    "#);
}

#[test]
fn unknown_resource_of_another_kind() {
    assert_snapshot!(complaints(r#"
[s3_bucket.data]
bucket = "${dynamodb_table.main.bucket}"

[kms_key.main]
"#), @r#"
    config::unknown_reference: there is no resource `dynamodb_table.main`
      dev.toml:4:11
      | bucket = "${dynamodb_table.main.bucket}"
      |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ not found
      help: did you mean `kms_key.main`?
    "#);
}

#[test]
fn unknown_root() {
    assert_snapshot!(complaints(r#"
[s3_bucket.data]
bucket = "${var.name}-${s3.logs.bucket}"
"#), @r#"
    config::unknown_reference: there is no kind `var`
      dev.toml:4:11
      | bucket = "${var.name}-${s3.logs.bucket}"
      |           ^^^^^^^^^^^ not found
      help: did you mean `vars`?

    config::unknown_reference: there is no kind `s3`
      dev.toml:4:23
      | bucket = "${var.name}-${s3.logs.bucket}"
      |                       ^^^^^^^^^^^^^^^^^ not found
      help: there are: `each`, `environment`, `vars`, `dynamodb_table`, `ec2_vpc`, `kinesis_stream`, `kms_key`, `s3_bucket`
    "#);
}

#[test]
fn unknown_field_or_output() {
    assert_snapshot!(complaints(r#"
[s3_bucket.data]
bucket = "acme-data"
kms_key = "${kms_key.s3.arm}"

[s3_bucket.copy]
bucket = "${s3_bucket.data.name}"

[kms_key.s3]
"#), @r#"
    config::unknown_reference: `kms_key.s3` has no `arm`
      dev.toml:5:12
      | kms_key = "${kms_key.s3.arm}"
      |            ^^^^^^^^^^^^^^^^^ not found
      help: did you mean `arn`?

    config::unknown_reference: `s3_bucket.data` has no `name`
      dev.toml:8:11
      | bucket = "${s3_bucket.data.name}"
      |           ^^^^^^^^^^^^^^^^^^^^^^ not found
      help: did you mean `domain_name`?
    "#);
}

#[test]
fn unknown_var() {
    assert_snapshot!(complaints(r#"
[vars]
project = "acme"
sizes = { small = 1, large = 10 }
zones = ["a", "b"]

[s3_bucket.data]
bucket = "${vars.projct}-data"

[kinesis_stream.a]
name = "${vars.zones[2]}-${vars.zones.first}"
shards = "${vars.sizes.smal}"
"#), @r#"
    config::unknown_reference: `vars` has no `projct`
      dev.toml:9:11
      | bucket = "${vars.projct}-data"
      |           ^^^^^^^^^^^^^^ not found
      help: did you mean `project`?

    config::unknown_reference: `vars.zones` has no item 2
      dev.toml:12:9
      | name = "${vars.zones[2]}-${vars.zones.first}"
      |         ^^^^^^^^^^^^^^^^ not found
      help: its items are 0 to 1

    config::unknown_reference: `vars.zones` is a list, and has no `.first`
      dev.toml:12:26
      | name = "${vars.zones[2]}-${vars.zones.first}"
      |                          ^^^^^^^^^^^^^^^^^^^ leads nowhere

    config::unknown_reference: `vars.sizes` has no `smal`
      dev.toml:13:11
      | shards = "${vars.sizes.smal}"
      |           ^^^^^^^^^^^^^^^^^^ not found
      help: did you mean `small`?
    "#);
}

#[test]
fn no_vars_at_all() {
    assert_snapshot!(complaints(r#"
[s3_bucket.data]
bucket = "${vars.project}"
"#), @r#"
    config::unknown_reference: `vars` has no `project`
      dev.toml:4:11
      | bucket = "${vars.project}"
      |           ^^^^^^^^^^^^^^^ not found
    "#);
}

#[test]
fn unknown_environment_entry() {
    assert_snapshot!(complaints(r#"
[s3_bucket.data]
bucket = "acme-${environment.nam}"

[s3_bucket.replica]
region = "${environment.dr_region}"
bucket = "acme-${environment}"
"#), @r#"
    config::unknown_reference: `environment` has no `nam`
      dev.toml:4:16
      | bucket = "acme-${environment.nam}"
      |                ^^^^^^^^^^^^^^^^^^ not found
      help: did you mean `name`?

    config::unset_input: `environment.dr_region` is not set
      dev.toml:7:11
      | region = "${environment.dr_region}"
      |           ^^^^^^^^^^^^^^^^^^^^^^^^ not set
      help: add `dr_region = "us-west-2"` to `[environment]`

    config::interpolation: `environment` needs the name of one of its entries
      dev.toml:8:16
      | bucket = "acme-${environment}"
      |                ^^^^^^^^^^^^^^
      help: write `${environment.name}`, `.account`, `.region` or `.dr_region`
    "#);
}

#[test]
fn unset_input() {
    assert_snapshot!(complaints(r#"
[s3_bucket.logs]
bucket = "acme-logs"

[s3_bucket.data]
bucket = "acme-data"
kms_key = "${s3_bucket.logs.kms_key}"
logging = { bucket = "acme-logs", prefix = "${s3_bucket.logs.logging.prefix}" }
"#), @r#"
    config::unset_input: `s3_bucket.logs.kms_key` is not set
      dev.toml:8:12
      | kms_key = "${s3_bucket.logs.kms_key}"
      |            ^^^^^^^^^^^^^^^^^^^^^^^^^ not set
      help: set `kms_key` there, or write its value here

    config::unset_input: `s3_bucket.logs.logging` is not set
      dev.toml:9:45
      | logging = { bucket = "acme-logs", prefix = "${s3_bucket.logs.logging.prefix}" }
      |                                             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ not set
      help: set `logging` there, or write its value here
    "#);
}

#[test]
fn missing_required_input_is_said_once() {
    assert_snapshot!(complaints(r#"
[s3_bucket.logs]
versioning = true

[s3_bucket.data]
bucket = "${s3_bucket.logs.bucket}"
"#), @r#"
    config::missing_field: the required field `bucket` is missing
      dev.toml:3:1
      | [s3_bucket.logs]
      | ^^^^^^^^^^^^^^^^ needs `bucket`
      help: The name, unique in all of AWS: lower-case letters, digits, dots and hyphens
    "#);
}

#[test]
fn wrong_input_is_said_once() {
    assert_snapshot!(complaints(r#"
[ec2_vpc.main]
cidr_block = "10.0.0.1/16"

[ec2_vpc.copy]
cidr_block = "${ec2_vpc.main.cidr_block}"

[kinesis_stream.a]
name = "a"
shards = "two"

[kinesis_stream.b]
name = "b"
shards = "${kinesis_stream.a.shards}"
"#), @r#"
    config::format: `cidr_block`: expected a CIDR block such as `10.0.0.0/16`, found the string "10.0.0.1/16"
      dev.toml:4:14
      | cidr_block = "10.0.0.1/16"
      |              ^^^^^^^^^^^^^ bits are set outside of the prefix
      help: the network is `10.0.0.0/16`

    config::type: `shards`: expected a whole number from 1 to 500, found the string "two"
      dev.toml:11:10
      | shards = "two"
      |          ^^^^^ expected a whole number from 1 to 500
    "#);
}

#[test]
fn broken_var_is_said_once() {
    assert_snapshot!(complaints(r#"
[vars]
name = "${vars.nothing}"

[s3_bucket.a]
bucket = "${vars.name}-a"

[s3_bucket.b]
bucket = "${vars.name}-b"

[kinesis_stream.c]
name = "c"
shards = "${vars.name}"
"#), @r#"
    config::unknown_reference: `vars` has no `nothing`
      dev.toml:4:9
      | name = "${vars.nothing}"
      |         ^^^^^^^^^^^^^^^ not found
      help: there are: `name`
    "#);
}

#[test]
fn unterminated() {
    assert_snapshot!(complaints(r#"
[s3_bucket.data]
bucket = "acme-${environment.name"
"#), @r#"
    config::interpolation: `${` without its `}`
      dev.toml:4:16
      | bucket = "acme-${environment.name"
      |                ^^^^^^^^^^^^^^^^^^ not a reference
      help: close it with `}`, or write `$${` for a literal `${`
    "#);
}

#[test]
fn bad_interpolation() {
    assert_snapshot!(complaints(r#"
[s3_bucket.data]
bucket = "acme-${environment..name}-${}-${1 + 2}"
"#), @r#"
    config::interpolation: `${environment..name}` is not a reference
      dev.toml:4:16
      | bucket = "acme-${environment..name}-${}-${1 + 2}"
      |                ^^^^^^^^^^^^^^^^^^^^ not a reference
      help: write `${vars.name}`, `${environment.name}`, `${kind.name.field}` or `${each.key}`; or `$${environment..name}` to keep the text as it is

    config::interpolation: `${}` is not a reference
      dev.toml:4:37
      | bucket = "acme-${environment..name}-${}-${1 + 2}"
      |                                     ^^^ not a reference
      help: write `${vars.name}`, `${environment.name}`, `${kind.name.field}` or `${each.key}`; or `$${}` to keep the text as it is

    config::interpolation: `${1 + 2}` is not a reference
      dev.toml:4:41
      | bucket = "acme-${environment..name}-${}-${1 + 2}"
      |                                         ^^^^^^^^ not a reference
      help: write `${vars.name}`, `${environment.name}`, `${kind.name.field}` or `${each.key}`; or `$${1 + 2}` to keep the text as it is
    "#);
}

#[test]
fn iam_policy_variable() {
    assert_snapshot!(complaints(r#"
[s3_bucket.data]
bucket = "acme-data"

[[s3_bucket.data.policy.Statement]]
Effect = "Allow"
Resource = "arn:aws:s3:::acme-data/home/${aws:username}/*"
"#), @r#"
    config::interpolation: `${aws:username}` is not a reference
      dev.toml:8:41
      | Resource = "arn:aws:s3:::acme-data/home/${aws:username}/*"
      |                                         ^^^^^^^^^^^^^^^ not a reference
      help: if it is an IAM policy variable, which AWS fills in, write `$${aws:username}`
    "#);
}

#[test]
fn same_mistake_twice_in_a_line() {
    assert_snapshot!(complaints(r#"
[s3_bucket.data]
bucket = "${vars.a}-${vars.a}-${vars.b}"
"#), @r#"
    config::unknown_reference: `vars` has no `a`
      dev.toml:4:11
      | bucket = "${vars.a}-${vars.a}-${vars.b}"
      |           ^^^^^^^^^ not found

    config::unknown_reference: `vars` has no `a`
      dev.toml:4:21
      | bucket = "${vars.a}-${vars.a}-${vars.b}"
      |                     ^^^^^^^^^ not found

    config::unknown_reference: `vars` has no `b`
      dev.toml:4:31
      | bucket = "${vars.a}-${vars.a}-${vars.b}"
      |                               ^^^^^^^^^ not found
    "#);
}

#[test]
fn list_inside_a_text() {
    assert_snapshot!(complaints(r#"
[vars]
zones = ["a", "b"]

[s3_bucket.data]
bucket = "acme-${vars.zones}"
"#), @r#"
    config::interpolation: a list cannot stand inside a longer text
      dev.toml:7:16
      | bucket = "acme-${vars.zones}"
      |                ^^^^^^^^^^^^^ not a string
      help: only strings, numbers and `true` or `false` can; let the reference be the whole value
    "#);
}

#[test]
fn number_where_a_list_goes() {
    assert_snapshot!(complaints(r#"
[vars]
zones = 3

[dynamodb_table.t]
table_name = "t"
regions = "${vars.zones}"
"#), @r#"
    config::type: `regions`: expected a list, found the whole number 3
      dev.toml:8:12
      | regions = "${vars.zones}"
      |            ^^^^^^^^^^^^^ expected a list
    "#);
}

#[test]
fn output_into_an_integer() {
    assert_snapshot!(complaints(r#"
[kms_key.a]

[kinesis_stream.b]
name = "b"
shards = "${kms_key.a.arn}"

[s3_bucket.c]
bucket = "ccc"
versioning = "${kms_key.a.arn}"

[dynamodb_table.d]
table_name = "d"
regions = "${kms_key.a.arn}"
"#), @r#"
    config::type: `shards`: expected a whole number from 1 to 500, found `kms_key.a.arn`, a string that AWS will choose
      dev.toml:7:11
      | shards = "${kms_key.a.arn}"
      |           ^^^^^^^^^^^^^^^^ expected a whole number from 1 to 500
      help: outputs are texts; only a field that takes a text can refer to one

    config::type: `versioning`: expected `true` or `false`, found `kms_key.a.arn`, a string that AWS will choose
      dev.toml:11:15
      | versioning = "${kms_key.a.arn}"
      |               ^^^^^^^^^^^^^^^^ expected `true` or `false`
      help: outputs are texts; only a field that takes a text can refer to one

    config::type: `regions`: expected a list, found `kms_key.a.arn`, a string that AWS will choose
      dev.toml:15:12
      | regions = "${kms_key.a.arn}"
      |            ^^^^^^^^^^^^^^^^ expected a list
      help: put it in brackets: `[…]`
    "#);
}

#[test]
fn into_an_output() {
    assert_snapshot!(complaints(r#"
[kms_key.a]

[s3_bucket.c]
bucket = "ccc"
kms_key = "${kms_key.a.arn.value}"
"#), @r#"
    config::unknown_reference: `kms_key.a.arn` is an output, and has no `.value`
      dev.toml:7:12
      | kms_key = "${kms_key.a.arn.value}"
      |            ^^^^^^^^^^^^^^^^^^^^^^ leads nowhere
      help: outputs are texts
    "#);
}

#[test]
fn own_output() {
    assert_snapshot!(complaints(r#"
[s3_bucket.data]
bucket = "acme-data"
logging = { bucket = "${s3_bucket.data.arn}" }
"#), @r#"
    config::own_output: `s3_bucket.data` cannot refer to its own output `arn`
      dev.toml:5:23
      | logging = { bucket = "${s3_bucket.data.arn}" }
      |                       ^^^^^^^^^^^^^^^^^^^^^ not known before it exists
      help: only its inputs are known before it exists
    "#);
}

#[test]
fn resource_without_a_field() {
    assert_snapshot!(complaints(r#"
[kms_key.a]

[s3_bucket.c]
bucket = "ccc"
kms_key = "${kms_key.a}"

[s3_bucket.d]
bucket = "${kms_key}"
"#), @r#"
    config::interpolation: `kms_key.a` needs a field
      dev.toml:7:12
      | kms_key = "${kms_key.a}"
      |            ^^^^^^^^^^^^ a resource is not a value
      help: there are: `arn`, `key_id`, `description`, `policy`, `rotation_days`, `tags`

    config::interpolation: `kms_key` needs a resource and a field
      dev.toml:10:11
      | bucket = "${kms_key}"
      |           ^^^^^^^^^^
      help: write `${kms_key.NAME.FIELD}`
    "#);
}

#[test]
fn misspelt_input_is_said_once() {
    assert_snapshot!(complaints(r#"
[s3_bucket.logs]
bucket = "acme-logs"
kms_kye = "arn:aws:kms:us-east-1:123456789012:key/1"
logging = { bucket = "x", prefx = "y" }

[s3_bucket.data]
bucket = "acme-data"
kms_key = "${s3_bucket.logs.kms_key}"
"#), @r#"
    config::unknown_field: there is no field `kms_kye`
      dev.toml:5:1
      | kms_kye = "arn:aws:kms:us-east-1:123456789012:key/1"
      | ^^^^^^^ not a field
      help: did you mean `kms_key`?

    config::unknown_field: there is no field `logging.prefx`
      dev.toml:6:27
      | logging = { bucket = "x", prefx = "y" }
      |                           ^^^^^ not a field
      help: did you mean `prefix`?
    "#);
}

#[test]
fn an_entry_that_is_no_key() {
    assert_snapshot!(complaints(r#"
[kms_key.of]
for_each = { a = { days = 7 } }

[s3_bucket.data]
for_each = { a = { days = 7 } }
bucket = "${kms_key.of[each.value].arn}"
kms_key = "${kms_key.of[each.value.zone].arn}"
"#), @r#"
    config::each: `[each.value]` is no key: it is a table
      dev.toml:8:11
      | bucket = "${kms_key.of[each.value].arn}"
      |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ expected a string
      help: name an entry whose value is a string

    config::unknown_reference: `each.value` has no `zone`
      dev.toml:9:12
      | kms_key = "${kms_key.of[each.value.zone].arn}"
      |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ not found
      help: there are: `days`
    "#);
}
