//! Sections.

use insta::assert_snapshot;

use crate::world::{HEAD, World, complaints};

fn alone(text: &str) -> String {
    World::new(&[("dev.toml", text)]).complaints("dev.toml")
}

#[test]
fn unknown_section() {
    assert_snapshot!(complaints(r#"
[environmant]
name = "dev"

[outputs]
a = 1
"#), @"
    config::unknown_section: there is no section or kind `environmant`
      dev.toml:3:2
      | [environmant]
      |  ^^^^^^^^^^^ neither a section nor a kind
      help: did you mean `environment`?

    config::unknown_section: there is no section or kind `outputs`
      dev.toml:6:2
      | [outputs]
      |  ^^^^^^^ neither a section nor a kind
      help: there are: `dr`, `drift`, `environment`, `policy`, `provision`, `state`, `tags`, `vars`, `dynamodb_table`, `ec2_vpc`, `kinesis_stream`, `kms_key`, `s3_bucket`
    ");
}

#[test]
fn unknown_kind() {
    assert_snapshot!(complaints(r#"
[s3_buckets.data]
bucket = "acme-data"

[dynamodb_table.t]
table_name = "${s3_bucket.data.bucket}-${s3_buckets.data.bucket}"

[lambda_function.f]
name = "f"
"#), @"
    config::unknown_section: there is no section or kind `s3_buckets`
      dev.toml:3:2
      | [s3_buckets.data]
      |  ^^^^^^^^^^ neither a section nor a kind
      help: did you mean `s3_bucket`?

    config::unknown_section: there is no section or kind `lambda_function`
      dev.toml:9:2
      | [lambda_function.f]
      |  ^^^^^^^^^^^^^^^ neither a section nor a kind
      help: there are: `dr`, `drift`, `environment`, `policy`, `provision`, `state`, `tags`, `vars`, `dynamodb_table`, `ec2_vpc`, `kinesis_stream`, `kms_key`, `s3_bucket`
    ");
}

#[test]
fn value_at_the_top() {
    assert_snapshot!(complaints(r#"
region = "us-east-1"
shards = 2
vars = "x"
s3_bucket = 3
"#), @r#"
    config::unknown_section: `region` does not belong at the top of a file
      dev.toml:3:1
      | region = "us-east-1"
      | ^^^^^^ in no section
      help: put it under `[environment]`

    config::unknown_section: `shards` does not belong at the top of a file
      dev.toml:4:1
      | shards = 2
      | ^^^^^^ in no section
      help: values of your own go under `[vars]`: `${vars.shards}` then refers to it

    config::type: `vars`: expected a table, found the string "x"
      dev.toml:5:1
      | vars = "x"
      | ^^^^ not a table
      help: write a table, as in `[vars]`

    config::type: `s3_bucket`: expected a table, found the whole number 3
      dev.toml:6:1
      | s3_bucket = 3
      | ^^^^^^^^^ not a table
      help: write a table, as in `[s3_bucket.NAME]`
    "#);
}

#[test]
fn nothing_at_all() {
    assert_snapshot!(alone(""), @r#"
    config::missing_section: the section `[environment]` is missing
      dev.toml:1:1
      |
      | ^
      help: write:
    [environment]
    name = "staging"
    account = "123456789012"
    region = "us-east-1"

    config::missing_section: the section `[state]` is missing
      dev.toml:1:1
      |
      | ^
      help: keep the state in a bucket that is encrypted by a key of its own:
    [state]
    bucket = "${s3_bucket.state.bucket}"
    lock_table = "${dynamodb_table.lock.table_name}"

    [kms_key.state]
    [dynamodb_table.lock]
    table_name = "${environment.name}-lock"
    [s3_bucket.state]
    bucket = "${environment.name}-state-${environment.account}"
    kms_key = "${kms_key.state.arn}"
    "#);
}

#[test]
fn environment_lacks_account_and_region() {
    assert_snapshot!(alone(&HEAD.replace("account = \"123456789012\"\nregion = \"us-east-1\"\n", "")), @r#"
    config::missing_field: the required field `account` is missing
      dev.toml:1:1
      | [environment]
      | ^^^^^^^^^^^^^ needs `account`
      help: the AWS account, as in `account = "123456789012"`; any other is refused

    config::missing_field: the required field `region` is missing
      dev.toml:1:1
      | [environment]
      | ^^^^^^^^^^^^^ needs `region`
      help: where resources live that name no region, as in `region = "us-east-1"`
    "#);
}

#[test]
fn bad_account() {
    assert_snapshot!(complaints(r#"
[environment]
account = "1234-5678-9012"
"#), @r#"
    config::format: `account`: expected a 12-digit account id, found the string "1234-5678-9012"
      dev.toml:4:11
      | account = "1234-5678-9012"
      |           ^^^^^^^^^^^^^^^^ not 12 digits
      help: an account id is 12 digits in quotes, leading zeros included, as in `"123456789012"`
    "#);
}

#[test]
fn short_account() {
    assert_snapshot!(complaints(r#"
[environment]
account = "12345678901"
"#), @r#"
    config::format: `account`: expected a 12-digit account id, found the string "12345678901"
      dev.toml:4:11
      | account = "12345678901"
      |           ^^^^^^^^^^^^^ 11 digits
      help: an account id is 12 digits in quotes, leading zeros included, as in `"123456789012"`
    "#);
}

#[test]
fn account_without_quotes() {
    assert_snapshot!(complaints(r#"
[environment]
account = 123456789012
"#), @r#"
    config::type: `account`: expected a 12-digit account id, found the whole number 123456789012
      dev.toml:4:11
      | account = 123456789012
      |           ^^^^^^^^^^^^ expected a 12-digit account id
      help: put it in quotes
    "#);
}

#[test]
fn bad_region() {
    assert_snapshot!(complaints(r#"
[environment]
region = "us-east1"
dr_region = "Oregon"
"#), @r#"
    config::format: `region`: expected a region, found the string "us-east1"
      dev.toml:4:10
      | region = "us-east1"
      |          ^^^^^^^^^^ not a region
      help: did you mean `us-east-1`?

    config::format: `dr_region`: expected a region, found the string "Oregon"
      dev.toml:5:13
      | dr_region = "Oregon"
      |             ^^^^^^^^ not a region
      help: a region is named as in `us-east-1`
    "#);
}

#[test]
fn bad_environment_name() {
    assert_snapshot!(complaints(r#"
[environment]
name = "my dev"
colour = "red"
"#), @r#"
    config::pattern: `name`: the string "my dev" is not allowed
      dev.toml:4:8
      | name = "my dev"
      |        ^^^^^^^^ does not match `[A-Za-z_][A-Za-z0-9_-]*`
      help: the environment's name: letters, digits, `_` and `-`, as in `name = "staging"`

    config::unknown_field: there is no field `colour`
      dev.toml:5:1
      | colour = "red"
      | ^^^^^^ not a field
      help: the fields are: `account`, `dr_region`, `name`, `region`
    "#);
}

#[test]
fn tags_not_strings() {
    assert_snapshot!(complaints(r#"
[tags]
CostCenter = 4711
Teams = ["a", "b"]
"aws:owner" = "me"
"provision:environment" = "prod"
"#), @r#"
    config::type: `CostCenter`: expected a string, found the whole number 4711
      dev.toml:4:14
      | CostCenter = 4711
      |              ^^^^ expected a string
      help: put it in quotes

    config::type: `Teams`: expected a string, found a list
      dev.toml:5:9
      | Teams = ["a", "b"]
      |         ^^^^^^^^^^ expected a string

    config::reserved_tag: the tag `aws:owner` is reserved
      dev.toml:6:1
      | "aws:owner" = "me"
      | ^^^^^^^^^^^ reserved
      help: tags that begin with `aws:` are set by AWS

    config::reserved_tag: the tag `provision:environment` is reserved
      dev.toml:7:1
      | "provision:environment" = "prod"
      | ^^^^^^^^^^^^^^^^^^^^^^^ reserved
      help: tags that begin with `provision:` are set by provision
    "#);
}

#[test]
fn tags_refer_to_a_resource() {
    assert_snapshot!(complaints(r#"
[tags]
Bucket = "${s3_bucket.data.bucket}"

[s3_bucket.data]
bucket = "acme-data"
"#), @r#"
    config::scope: `[tags]` cannot refer to resources
      dev.toml:4:11
      | Bucket = "${s3_bucket.data.bucket}"
      |           ^^^^^^^^^^^^^^^^^^^^^^^^ a resource
      help: only `vars` and `environment` are known here
    "#);
}

#[test]
fn version_mismatch() {
    let complaint = complaints(
        r#"
[provision]
version = ">=7.1, <8"
"#,
    );
    assert_snapshot!(complaint.replace(env!("CARGO_PKG_VERSION"), "VERSION"), @r#"
    config::version: this is provision VERSION, and the file asks for >=7.1, <8
      dev.toml:4:11
      | version = ">=7.1, <8"
      |           ^^^^^^^^^^^ not VERSION
      help: install a version that fits, or change `[provision] version`
    "#);
}

#[test]
fn bad_version_requirement() {
    assert_snapshot!(complaints(r#"
[provision]
version = "latest"
verison = "1"
"#), @r#"
    config::version: `latest` is not a version requirement: unexpected character 'l' while parsing major version number
      dev.toml:4:11
      | version = "latest"
      |           ^^^^^^^^ not a requirement
      help: write it as in `version = ">=0.1, <0.2"`

    config::unknown_field: there is no field `verison`
      dev.toml:5:1
      | verison = "1"
      | ^^^^^^^ not a field
      help: did you mean `version`?
    "#);
}

#[test]
fn state_without_a_key() {
    let head = HEAD.replace("kms_key = \"arn:aws:kms:us-east-1:123456789012:key/1\"\n", "");
    assert_snapshot!(alone(&format!("{head}\n[s3_bucket.state]\nbucket = \"acme-state\"\n")), @r#"
    config::state_key: nothing says which KMS key encrypts the state
      dev.toml:6:1
      | [state]
      | ^^^^^^^ needs `kms_key`
      help: set `kms_key` of `s3_bucket.state`, or `kms_key = "${kms_key.NAME.arn}"` under `[state]`
    "#);
    assert_snapshot!(alone(&format!("{head}\n[s3_bucket.state]\nbucket = \"acme-state\"\nkms_key = \"AES256\"\n")), @r#"
    config::state_key: nothing says which KMS key encrypts the state
      dev.toml:6:1
      | [state]
      | ^^^^^^^ needs `kms_key`
      help: set `kms_key` of `s3_bucket.state`, or `kms_key = "${kms_key.NAME.arn}"` under `[state]`
    "#);
    assert_snapshot!(alone(&head), @r#"
    config::state_key: nothing says which KMS key encrypts the state
      dev.toml:6:1
      | [state]
      | ^^^^^^^ needs `kms_key`
      help: set `kms_key = "${kms_key.NAME.arn}"` under `[state]`, or the ARN of a key
    "#);
}

#[test]
fn state_bucket_is_an_output() {
    assert_snapshot!(complaints(r#"
[state]
bucket = "${s3_bucket.state.domain_name}"
kms_key = "alias/state"

[s3_bucket.state]
bucket = "acme-state"
"#), @r#"
    config::unknown_setting: `bucket` must be known before anything exists
      dev.toml:4:10
      | bucket = "${s3_bucket.state.domain_name}"
      |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ an output, which AWS will choose
      help: refer to an input, as in `${s3_bucket.state.bucket}`

    config::format: `kms_key`: expected an ARN, found the string "alias/state"
      dev.toml:5:11
      | kms_key = "alias/state"
      |           ^^^^^^^^^^^^^ not an ARN
      help: an ARN is `arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE`; refer to one of this environment by `${kind.name.arn}`
    "#);
}

#[test]
fn state_refers_to_nothing() {
    assert_snapshot!(complaints(r#"
[state]
lock_table = "${dynamodb_table.lock.name}"
buket = "x"

[dynamodb_table.lock]
table_name = "lock"
"#), @r#"
    config::unknown_reference: `dynamodb_table.lock` has no `name`
      dev.toml:4:15
      | lock_table = "${dynamodb_table.lock.name}"
      |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^ not found
      help: did you mean `table_name`?

    config::unknown_field: there is no field `buket`
      dev.toml:5:1
      | buket = "x"
      | ^^^^^ not a field
      help: did you mean `bucket`?
    "#);
}

#[test]
fn policy_exceptions() {
    assert_snapshot!(complaints(r#"
[policy]
exceptions = [{ rule = "kms-key-single-region", resource = "kms_key.a" }, "kms-key-rotation", { rule = "", why = "x" }]

[kms_key.a]
"#), @r#"
    config::missing_field: the required field `exceptions[0].reason` is missing
      dev.toml:4:15
      | exceptions = [{ rule = "kms-key-single-region", resource = "kms_key.a" }, "kms-key-rotation", { rule = "", why = "x" }]
      |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ needs `exceptions[0].reason`
      help: why the rule need not hold there, for whoever reads the file

    config::type: `exceptions[1]`: expected a table, found the string "kms-key-rotation"
      dev.toml:4:75
      | exceptions = [{ rule = "kms-key-single-region", resource = "kms_key.a" }, "kms-key-rotation", { rule = "", why = "x" }]
      |                                                                           ^^^^^^^^^^^^^^^^^^ expected a table

    config::missing_field: the required field `exceptions[2].reason` is missing
      dev.toml:4:95
      | exceptions = [{ rule = "kms-key-single-region", resource = "kms_key.a" }, "kms-key-rotation", { rule = "", why = "x" }]
      |                                                                                               ^^^^^^^^^^^^^^^^^^^^^^^^ needs `exceptions[2].reason`
      help: why the rule need not hold there, for whoever reads the file

    config::missing_field: the required field `exceptions[2].resource` is missing
      dev.toml:4:95
      | exceptions = [{ rule = "kms-key-single-region", resource = "kms_key.a" }, "kms-key-rotation", { rule = "", why = "x" }]
      |                                                                                               ^^^^^^^^^^^^^^^^^^^^^^^^ needs `exceptions[2].resource`
      help: the resource's address, as in `resource = "kms_key.audit"`

    config::length: `exceptions[2].rule`: expected at least 1 characters, found 0
      dev.toml:4:104
      | exceptions = [{ rule = "kms-key-single-region", resource = "kms_key.a" }, "kms-key-rotation", { rule = "", why = "x" }]
      |                                                                                                        ^^ 0 characters

    config::unknown_field: there is no field `exceptions[2].why`
      dev.toml:4:108
      | exceptions = [{ rule = "kms-key-single-region", resource = "kms_key.a" }, "kms-key-rotation", { rule = "", why = "x" }]
      |                                                                                                            ^^^ not a field
      help: the fields are: `reason`, `resource`, `rule`
    "#);
}

#[test]
fn drift_ignores() {
    assert_snapshot!(complaints(r#"
[s3_bucket.data]
bucket = "acme-data"

[drift]
ignore = [
  { resource = "s3_bucket.data", field = "tags[\"Scanned\"]", reason = "the scanner sets it" },
  { resource = "s3_bucket.*", field = "logging.prefix", reason = "nobody cares" },
  { resource = "s3_bucket.dat", field = "tags", reason = "x" },
  { resource = "kms_key.*", field = "tags", reason = "x" },
  { resource = "s3_bucket.data", field = "tag", reason = "x" },
  { resource = "s3_bucket.data", field = "logging.prefixes", reason = "x" },
  { resource = "s3_bucket.data", field = "tags[Scanned]", reason = "x" },
  { resource = "s3_bucket.data", field = "bucket.name", reason = "x" },
]
"#), @r#"
    config::unknown_resource: there is no resource `s3_bucket.dat`
      dev.toml:10:16
      |   { resource = "s3_bucket.dat", field = "tags", reason = "x" },
      |                ^^^^^^^^^^^^^^^ not in this environment
      help: did you mean `s3_bucket.data`?

    config::unknown_resource: there is no resource `kms_key.*`
      dev.toml:11:16
      |   { resource = "kms_key.*", field = "tags", reason = "x" },
      |                ^^^^^^^^^^^ not in this environment
      help: there are: `s3_bucket.data`

    config::unknown_field: `s3_bucket` has no field `tag`
      dev.toml:12:42
      |   { resource = "s3_bucket.data", field = "tag", reason = "x" },
      |                                          ^^^^^ not found
      help: did you mean `tags`?

    config::unknown_field: `s3_bucket` has no field `prefixes`
      dev.toml:13:42
      |   { resource = "s3_bucket.data", field = "logging.prefixes", reason = "x" },
      |                                          ^^^^^^^^^^^^^^^^^^ not found
      help: did you mean `prefix`?

    config::field_path: `[Scanned]` names no entry
      dev.toml:14:42
      |   { resource = "s3_bucket.data", field = "tags[Scanned]", reason = "x" },
      |                                          ^^^^^^^^^^^^^^^ not an entry
      help: write it in quotes, as in `tags[\"Name\"]`

    config::field_path: `.name` leads nowhere: a report names the field as a whole
      dev.toml:15:42
      |   { resource = "s3_bucket.data", field = "bucket.name", reason = "x" },
      |                                          ^^^^^^^^^^^^^ not told apart
      help: name the field itself; `provision drift` shows how it is called
    "#);
    assert_snapshot!(complaints(r#"
[drift]
ignore = [{ resource = "s3_bucket.data", field = "tags" }, "x"]
ignores = []
"#), @r#"
    config::missing_field: the required field `ignore[0].reason` is missing
      dev.toml:4:11
      | ignore = [{ resource = "s3_bucket.data", field = "tags" }, "x"]
      |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ needs `ignore[0].reason`
      help: why nobody need know that it changed, for whoever reads the file

    config::type: `ignore[1]`: expected a table, found the string "x"
      dev.toml:4:60
      | ignore = [{ resource = "s3_bucket.data", field = "tags" }, "x"]
      |                                                            ^^^ expected a table

    config::unknown_field: there is no field `ignores`
      dev.toml:5:1
      | ignores = []
      | ^^^^^^^ not a field
      help: did you mean `ignore`?
    "#);
}

#[test]
fn dr() {
    assert_snapshot!(complaints(r#"
[kms_key.a]

[dr]
rpo = "soon"
lock_table = "${kms_key.a.arn}"
rto = "1h"
"#), @r#"
    config::duration: `soon` is not a length of time
      dev.toml:6:7
      | rpo = "soon"
      |       ^^^^^^ expected a duration
      help: write it as in `"15m"`, `"90s"` or `"1h 30m"`

    config::unknown_setting: `lock_table` must be known before anything exists
      dev.toml:7:14
      | lock_table = "${kms_key.a.arn}"
      |              ^^^^^^^^^^^^^^^^^^ an output, which AWS will choose
      help: refer to an input, as in `${dynamodb_table.lock_dr.table_name}`

    config::unknown_field: there is no field `rto`
      dev.toml:8:1
      | rto = "1h"
      | ^^^ not a field
      help: did you mean `rpo`?
    "#);
    assert_snapshot!(complaints("[dr]\nrpo = \"0s\"\n"), @r#"
    config::duration: `0s` is not a length of time
      dev.toml:3:7
      | rpo = "0s"
      |       ^^^^ expected a duration
      help: write it as in `"15m"`, `"90s"` or `"1h 30m"`
    "#);
}
