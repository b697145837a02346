//! Values against what their field takes.

use insta::assert_snapshot;

use crate::world::complaints;

#[test]
fn wrong_types() {
    assert_snapshot!(complaints(r#"
[s3_bucket.data]
bucket = 7
versioning = "true"
logging = "acme-logs"
lifecycle = { id = "a", days = 1 }
tags = ["a"]

[kinesis_stream.a]
name = 1979-05-27
shards = 1.5

[kinesis_stream.b]
name = true
shards = "2"

[dynamodb_table.t]
table_name = ["t"]
regions = "eu-west-1"
"#), @r#"
    config::type: `bucket`: expected a string, found the whole number 7
      dev.toml:4:10
      | bucket = 7
      |          ^ expected a string
      help: put it in quotes

    config::type: `versioning`: expected `true` or `false`, found the string "true"
      dev.toml:5:14
      | versioning = "true"
      |              ^^^^^^ expected `true` or `false`
      help: write true without the quotes

    config::type: `logging`: expected a table, found the string "acme-logs"
      dev.toml:6:11
      | logging = "acme-logs"
      |           ^^^^^^^^^^^ expected a table

    config::type: `lifecycle`: expected a list, found a table
      dev.toml:7:13
      | lifecycle = { id = "a", days = 1 }
      |             ^^^^^^^^^^^^^^^^^^^^^^ expected a list
      help: put it in brackets: `[…]`

    config::type: `tags`: expected a table, found a list
      dev.toml:8:8
      | tags = ["a"]
      |        ^^^^^ expected a table

    config::type: `name`: expected a string, found the date 1979-05-27
      dev.toml:11:8
      | name = 1979-05-27
      |        ^^^^^^^^^^ expected a string
      help: put it in quotes

    config::type: `shards`: expected a whole number from 1 to 500, found the number 1.5
      dev.toml:12:10
      | shards = 1.5
      |          ^^^ expected a whole number from 1 to 500

    config::type: `name`: expected a string, found `true`
      dev.toml:15:8
      | name = true
      |        ^^^^ expected a string
      help: put it in quotes

    config::type: `shards`: expected a whole number from 1 to 500, found the string "2"
      dev.toml:16:10
      | shards = "2"
      |          ^^^ expected a whole number from 1 to 500
      help: write 2 without the quotes

    config::type: `table_name`: expected a string, found a list
      dev.toml:19:14
      | table_name = ["t"]
      |              ^^^^^ expected a string

    config::type: `regions`: expected a list, found the string "eu-west-1"
      dev.toml:20:11
      | regions = "eu-west-1"
      |           ^^^^^^^^^^^ expected a list
      help: write `["eu-west-1"]`
    "#);
}

#[test]
fn out_of_bounds() {
    assert_snapshot!(complaints(r#"
[kinesis_stream.a]
name = "a"
shards = 0

[kinesis_stream.b]
name = "b"
shards = 501

[s3_bucket.data]
bucket = "acme-data"
lifecycle = [{ id = "a", days = 0 }]
"#), @r#"
    config::out_of_bounds: `shards`: expected a whole number from 1 to 500, found the whole number 0
      dev.toml:5:10
      | shards = 0
      |          ^ expected a whole number from 1 to 500

    config::out_of_bounds: `shards`: expected a whole number from 1 to 500, found the whole number 501
      dev.toml:9:10
      | shards = 501
      |          ^^^ expected a whole number from 1 to 500

    config::out_of_bounds: `lifecycle[0].days`: expected a whole number of at least 1, found the whole number 0
      dev.toml:13:33
      | lifecycle = [{ id = "a", days = 0 }]
      |                                 ^ expected a whole number of at least 1
    "#);
}

#[test]
fn too_large_for_64_bits() {
    assert_snapshot!(complaints(r#"
[kinesis_stream.a]
name = "a"
shards = 99999999999999999999
"#), @r#"
    config::syntax: the whole number 99999999999999999999 is too large
      dev.toml:5:10
      | shards = 99999999999999999999
      |          ^^^^^^^^^^^^^^^^^^^^ does not fit into 64 bits
    "#);
}

#[test]
fn bad_enumeration() {
    assert_snapshot!(complaints(r#"
[dynamodb_table.t]
table_name = "t"
billing_mode = "PAY_PER_REQUESTS"

[dynamodb_table.u]
table_name = "u"
billing_mode = "FREE"
"#), @r#"
    config::unknown_value: `billing_mode`: expected one of `PAY_PER_REQUEST`, `PROVISIONED`, found the string "PAY_PER_REQUESTS"
      dev.toml:5:16
      | billing_mode = "PAY_PER_REQUESTS"
      |                ^^^^^^^^^^^^^^^^^^ not one of the values
      help: did you mean "PAY_PER_REQUEST"?

    config::unknown_value: `billing_mode`: expected one of `PAY_PER_REQUEST`, `PROVISIONED`, found the string "FREE"
      dev.toml:9:16
      | billing_mode = "FREE"
      |                ^^^^^^ not one of the values
    "#);
}

#[test]
fn bad_pattern_and_lengths() {
    assert_snapshot!(complaints(r#"
[s3_bucket.a]
bucket = "Acme_Data"

[s3_bucket.b]
bucket = "b"

[s3_bucket.c]
bucket = "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
"#), @r#"
    config::pattern: `bucket`: the string "Acme_Data" is not allowed
      dev.toml:4:10
      | bucket = "Acme_Data"
      |          ^^^^^^^^^^^ does not match `[a-z0-9][a-z0-9.-]*[a-z0-9]`
      help: The name, unique in all of AWS: lower-case letters, digits, dots and hyphens

    config::length: `bucket`: expected 3 to 63 characters, found 1
      dev.toml:7:10
      | bucket = "b"
      |          ^^^ 1 character

    config::length: `bucket`: expected 3 to 63 characters, found 66
      dev.toml:10:10
      | bucket = "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
      |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ 66 characters
    "#);
}

#[test]
fn bad_cidr() {
    assert_snapshot!(complaints(r#"
[ec2_vpc.a]
cidr_block = "10.0.1.0/16"

[ec2_vpc.b]
cidr_block = "10.0.0.0"

[ec2_vpc.c]
cidr_block = "10.0.0.0/33"
"#), @r#"
    config::format: `cidr_block`: expected a CIDR block such as `10.0.0.0/16`, found the string "10.0.1.0/16"
      dev.toml:4:14
      | cidr_block = "10.0.1.0/16"
      |              ^^^^^^^^^^^^^ bits are set outside of the prefix
      help: the network is `10.0.0.0/16`

    config::format: `cidr_block`: expected a CIDR block such as `10.0.0.0/16`, found the string "10.0.0.0"
      dev.toml:7:14
      | cidr_block = "10.0.0.0"
      |              ^^^^^^^^^^ the prefix length is missing
      help: one address alone is `10.0.0.0/32`

    config::format: `cidr_block`: expected a CIDR block such as `10.0.0.0/16`, found the string "10.0.0.0/33"
      dev.toml:10:14
      | cidr_block = "10.0.0.0/33"
      |              ^^^^^^^^^^^^^ not a network
      help: write an address and a prefix length, as in `10.0.0.0/16`
    "#);
}

#[test]
fn bad_cidr_by_way_of_a_var() {
    assert_snapshot!(complaints(r#"
[vars]
net = "10.0.0.7"

[ec2_vpc.a]
cidr_block = "${vars.net}/24"
"#), @r#"
    config::format: `cidr_block`: expected a CIDR block such as `10.0.0.0/16`, found the string "10.0.0.7/24"
      dev.toml:7:14
      | cidr_block = "${vars.net}/24"
      |              ^^^^^^^^^^^^^^^^ bits are set outside of the prefix
      help: the network is `10.0.0.0/24`
    "#);
}

#[test]
fn bad_arn() {
    assert_snapshot!(complaints(r#"
[kinesis_stream.a]
name = "a"
encryption.key = "alias/mine"
"#), @r#"
    config::format: `encryption.key`: expected an ARN, found the string "alias/mine"
      dev.toml:5:18
      | encryption.key = "alias/mine"
      |                  ^^^^^^^^^^^^ not an ARN
      help: an ARN is `arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE`; refer to one of this environment by `${kind.name.arn}`
    "#);
}

#[test]
fn secret_is_not_repeated() {
    assert_snapshot!(complaints(r#"
[vars]
password = "hunter2"

[ec2_vpc.a]
cidr_block = "10.0.0.0/16"
secret = "${vars.password}"

[ec2_vpc.b]
cidr_block = "10.0.0.0/16"
secret = 12345678
"#), @r#"
    config::length: `secret`: expected at least 8 characters, found 7
      dev.toml:8:11
      | secret = "${vars.password}"
      |           ^^^^^^^^^^^^^^^^ 7 characters

    config::type: `secret`: expected a string, found a whole number
      dev.toml:12:10
      | secret = 12345678
      |          ^^^^^^^^ expected a string
      help: put it in quotes
    "#);
}

#[test]
fn bad_json() {
    assert_snapshot!(complaints(r#"
[s3_bucket.a]
bucket = "aaa"
policy = '''{"Version": "2012-10-17", "Statement": [}'''

[s3_bucket.b]
bucket = "bbb"
policy = "[]"

[s3_bucket.c]
bucket = "ccc"
policy = 3

[s3_bucket.d]
bucket = "ddd"
policy = { Version = 2012-10-17, Weight = inf }
"#), @r#"
    config::invalid_json: `policy`: invalid JSON: expected value at line 1 column 41
      dev.toml:5:10
      | policy = '''{"Version": "2012-10-17", "Statement": [}'''
      |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ not a JSON document
      help: mend the JSON, or write the document as a TOML table

    config::invalid_json: `policy`: invalid JSON: the JSON is not an object
      dev.toml:9:10
      | policy = "[]"
      |          ^^^^ not a JSON document
      help: mend the JSON, or write the document as a TOML table

    config::type: `policy`: expected a policy document, as a table or as JSON text, found the whole number 3
      dev.toml:13:10
      | policy = 3
      |          ^ expected a policy document, as a table or as JSON text

    config::type: `policy.Version`: expected a JSON value, found the date 2012-10-17
      dev.toml:17:22
      | policy = { Version = 2012-10-17, Weight = inf }
      |                      ^^^^^^^^^^ JSON has no such value
      help: put it in quotes

    config::type: `policy.Weight`: expected a JSON value, found the number inf
      dev.toml:17:43
      | policy = { Version = 2012-10-17, Weight = inf }
      |                                           ^^^ JSON has no such value
      help: put it in quotes
    "#);
}

#[test]
fn same_item_twice() {
    assert_snapshot!(complaints(r#"
[dynamodb_table.t]
table_name = "t"
regions = ["eu-west-1", "us-east-1", "eu-west-1"]
indexes = [
  { index_name = "a", hash_key = "x" },
  { index_name = "a", hash_key = "y" },
]
"#), @r#"
    config::duplicate: "eu-west-1" is twice in `regions`
      dev.toml:5:38
      | regions = ["eu-west-1", "us-east-1", "eu-west-1"]
      |                                      ^^^^^^^^^^^ the second one
      help: keep one of them

    config::duplicate: two items of `indexes` have the same `index_name`, "a"
      dev.toml:8:3
      |   { index_name = "a", hash_key = "y" },
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ the second one
      help: keep one of them
    "#);
}

#[test]
fn keys_that_become_the_same() {
    assert_snapshot!(complaints(r#"
[vars]
name = "a"

[s3_bucket.a]
bucket = "aaa"
tags = { a = "1", "${vars.name}" = "2" }
"#), @r#"
    config::duplicate: the key `a` is given twice
      dev.toml:8:10
      | tags = { a = "1", "${vars.name}" = "2" }
      |          ^ resolves to a key that is there already
      help: keep one of them
    "#);
}
