//! Files that are right, and what becomes of them.

#![allow(clippy::unwrap_used)]

#[path = "support/world.rs"]
mod world;

use std::time::{Duration, Instant};

use insta::{assert_json_snapshot, assert_snapshot};
use provision_config::{Address, Environment, Location, Resource, environments, locate};
use serde_json::{Value, json};
use world::{HEAD, World, loaded};

fn resource<'a>(environment: &'a Environment, address: &str) -> &'a Resource {
    &environment.resources[&address.parse::<Address>().unwrap()]
}

fn spec<'a>(environment: &'a Environment, address: &str) -> &'a Value {
    &resource(environment, address).spec
}

/// A mark, as it is inside values.
fn mark(reference: &str) -> String {
    format!("\u{F8F0}{reference}\u{F8F1}")
}

fn dependencies(environment: &Environment, address: &str) -> Vec<String> {
    resource(environment, address).dependencies.iter().map(Address::to_string).collect()
}

/// An environment, readably: marks as `«…»`.
fn shown(environment: &Environment) -> Value {
    let resources = environment.resources.values().map(|resource| {
        let value = json!({
            "region": resource.region,
            "protect": resource.lifecycle.protect,
            "dependencies": resource.dependencies,
            "spec": resource.spec,
        });
        (resource.address.to_string(), value)
    });
    let state = &environment.state;
    let value = json!({
        "name": environment.name,
        "account": environment.account,
        "region": environment.region,
        "dr_region": environment.dr_region,
        "state": {
            "bucket": state.bucket,
            "lock_table": state.lock_table,
            "key": state.key,
            "kms_key": state.kms_key,
            "resources": state.resources,
            "lock_resource": state.lock_resource,
            "bucket_resource": state.bucket_resource,
        },
        "resources": resources.collect::<serde_json::Map<_, _>>(),
    });
    serde_json::from_str(&value.to_string().replace('\u{F8F0}', "«").replace('\u{F8F1}', "»")).unwrap()
}

#[test]
fn a_whole_environment() {
    let base = r#"
[vars]
shards = 1
org = "acme"

[tags]
Project = "pipeline"
Environment = "${environment.name}"

[provision]
version = ">=0.1"

[state]
bucket = "${s3_bucket.state.bucket}"
lock_table = "${dynamodb_table.lock.table_name}"

[kms_key.state]
description = "The state of ${environment.name}"

[s3_bucket.state]
bucket = "${vars.org}-${environment.name}-state"
kms_key = "${kms_key.state.arn}"

[dynamodb_table.lock]
table_name = "${vars.org}-${environment.name}-lock"
tags = { Project = "lock" }

[kinesis_stream.events]
name = "events"
shards = "${vars.shards}"
encryption = { key = "${kms_key.state.arn}" }
"#;
    let staging = r#"
extends = "layers/base.toml"

[environment]
name = "staging"
account = "123456789012"
region = "us-east-1"
dr_region = "us-west-2"

[vars]
shards = 2

[s3_bucket.replica]
region = "${environment.dr_region}"
protect = false
depends_on = ["kinesis_stream.events"]
bucket = "${s3_bucket.state.bucket}-replica"
lifecycle = [{ id = "old", days = 30 }]
"#;
    let world = World::new(&[("staging.toml", staging), ("layers/base.toml", base)]);
    let environment = world.load("staging.toml").unwrap();
    assert_json_snapshot!(shown(&environment), @r#"
    {
      "account": "123456789012",
      "dr_region": "us-west-2",
      "name": "staging",
      "region": "us-east-1",
      "resources": {
        "dynamodb_table.lock": {
          "dependencies": [],
          "protect": true,
          "region": "us-east-1",
          "spec": {
            "billing_mode": "PAY_PER_REQUEST",
            "table_name": "acme-staging-lock",
            "tags": {
              "Environment": "staging",
              "Project": "lock"
            }
          }
        },
        "kinesis_stream.events": {
          "dependencies": [
            "kms_key.state"
          ],
          "protect": true,
          "region": "us-east-1",
          "spec": {
            "encryption": {
              "algorithm": "KMS",
              "key": "«kms_key.state.arn»"
            },
            "name": "events",
            "shards": 2
          }
        },
        "kms_key.state": {
          "dependencies": [],
          "protect": true,
          "region": "us-east-1",
          "spec": {
            "description": "The state of staging",
            "rotation_days": 365,
            "tags": {
              "Environment": "staging",
              "Project": "pipeline"
            }
          }
        },
        "s3_bucket.replica": {
          "dependencies": [
            "kinesis_stream.events",
            "s3_bucket.state"
          ],
          "protect": false,
          "region": "us-west-2",
          "spec": {
            "bucket": "acme-staging-state-replica",
            "lifecycle": [
              {
                "days": 30,
                "enabled": true,
                "id": "old"
              }
            ],
            "tags": {
              "Environment": "staging",
              "Project": "pipeline"
            },
            "versioning": true
          }
        },
        "s3_bucket.state": {
          "dependencies": [
            "kms_key.state"
          ],
          "protect": true,
          "region": "us-east-1",
          "spec": {
            "bucket": "acme-staging-state",
            "kms_key": "«kms_key.state.arn»",
            "tags": {
              "Environment": "staging",
              "Project": "pipeline"
            },
            "versioning": true
          }
        }
      },
      "state": {
        "bucket": "acme-staging-state",
        "bucket_resource": "s3_bucket.state",
        "key": "provision/staging/state.json",
        "kms_key": "«kms_key.state.arn»",
        "lock_resource": "dynamodb_table.lock",
        "lock_table": "acme-staging-lock",
        "resources": [
          "dynamodb_table.lock",
          "kms_key.state",
          "s3_bucket.state"
        ]
      }
    }
    "#);
}

#[test]
fn nearer_layers_win() {
    let world = World::new(&[
        ("dev.toml", "extends = [\"far.toml\", \"near.toml\"]\n[kinesis_stream.a]\nname = \"own\"\n"),
        (
            "far.toml",
            "extends = \"base.toml\"\n[kinesis_stream.a]\nname = \"far\"\nshards = 1\n[dynamodb_table.t]\ntable_name = \"t\"\nregions = [\"a\", \"b\"]\n",
        ),
        (
            "near.toml",
            "extends = \"base.toml\"\n[kinesis_stream.a]\nname = \"near\"\nshards = 2\n[dynamodb_table.t]\nregions = [\"c\"]\n",
        ),
        ("base.toml", HEAD),
    ]);
    let environment = world.load("dev.toml").unwrap();
    assert_eq!(spec(&environment, "kinesis_stream.a")["name"], "own");
    assert_eq!(spec(&environment, "kinesis_stream.a")["shards"], 2);
    assert_eq!(spec(&environment, "dynamodb_table.t")["regions"], json!(["c"]));
}

#[test]
fn references_keep_their_types() {
    let environment = loaded(
        r#"
[vars]
count = 3
on = false
rules = [{ id = "a", days = "${vars.count}" }]
where = { bucket = "logs", prefix = "${environment.region}/${vars.count}/${vars.on}" }

[s3_bucket.data]
bucket = "acme-data"
versioning = "${vars.on}"
lifecycle = "${vars.rules}"
logging = "${vars.where}"

[s3_bucket.copy]
bucket = "${s3_bucket.data.logging.bucket}-${s3_bucket.data.lifecycle[0].id}"
lifecycle = "${s3_bucket.data.lifecycle}"
versioning = "${s3_bucket.data.versioning}"

[kinesis_stream.a]
name = "a-${kinesis_stream.b.encryption.algorithm}"
shards = "${vars.rules[0].days}"

[kinesis_stream.b]
name = "b"
"#,
    );
    let data = spec(&environment, "s3_bucket.data");
    assert_eq!(data["versioning"], false);
    assert_eq!(data["lifecycle"], json!([{ "id": "a", "days": 3, "enabled": true }]));
    assert_eq!(data["logging"], json!({ "bucket": "logs", "prefix": "us-east-1/3/false" }));
    assert_eq!(spec(&environment, "s3_bucket.copy")["bucket"], "logs-a");
    assert_eq!(spec(&environment, "s3_bucket.copy")["lifecycle"], data["lifecycle"]);
    assert_eq!(spec(&environment, "kinesis_stream.a")["shards"], 3);
    assert_eq!(spec(&environment, "kinesis_stream.a")["name"], "a-KMS");
    assert_eq!(dependencies(&environment, "s3_bucket.copy"), ["s3_bucket.data"]);
}

#[test]
fn defaults_are_filled_in_all_the_way_down() {
    let environment = loaded(
        "[s3_bucket.a]\nbucket = \"aaa\"\nlogging = { bucket = \"x\" }\n[kinesis_stream.b]\nname = \"b\"\n[kinesis_stream.c]\nname = \"c\"\nencryption = {}\n",
    );
    let bucket = json!({ "bucket": "aaa", "versioning": true, "logging": { "bucket": "x", "prefix": "logs/" } });
    assert_eq!(spec(&environment, "s3_bucket.a"), &bucket);
    assert_eq!(spec(&environment, "kinesis_stream.b"), &json!({ "name": "b", "encryption": { "algorithm": "KMS" } }));
    assert_eq!(spec(&environment, "kinesis_stream.c"), &json!({ "name": "c", "encryption": { "algorithm": "KMS" } }));
}

#[test]
fn inputs_come_before_outputs_of_the_same_name() {
    let environment = loaded(
        r#"
[dynamodb_table.set]
table_name = "set"
stream_arn = "mine"

[dynamodb_table.unset]
table_name = "unset"

[kms_key.a]
description = "${dynamodb_table.set.stream_arn} ${dynamodb_table.unset.stream_arn}"
"#,
    );
    let expected = format!("mine {}", mark("dynamodb_table.unset.stream_arn"));
    assert_eq!(spec(&environment, "kms_key.a")["description"], expected);
}

#[test]
fn own_inputs_are_no_dependency_but_others_are() {
    let environment = loaded(
        r#"
[s3_bucket.logs]
bucket = "acme-logs"
logging = { bucket = "${s3_bucket.logs.bucket}" }
kms_key = "${kms_key.a.arn}"

[s3_bucket.data]
bucket = "acme-data"
kms_key = "${s3_bucket.logs.kms_key}"

[kms_key.a]
"#,
    );
    assert_eq!(spec(&environment, "s3_bucket.logs")["logging"]["bucket"], "acme-logs");
    assert_eq!(dependencies(&environment, "s3_bucket.logs"), ["kms_key.a"]);
    // By way of the bucket's input it needs the key itself.
    assert_eq!(spec(&environment, "s3_bucket.data")["kms_key"], mark("kms_key.a.arn"));
    assert_eq!(dependencies(&environment, "s3_bucket.data"), ["kms_key.a", "s3_bucket.logs"]);
}

#[test]
fn for_each_makes_one_of_each() {
    let environment = loaded(
        r#"
[vars]
regions = ["eu-west-1", "us-east-1"]

[kms_key.of]
for_each = "${vars.regions}"
region = "${each.value}"
description = "for ${each.key}"

[s3_bucket.data]
for_each = { eu-west-1 = { days = 7, of = "eu-west-1" }, us-east-1 = { days = 30, of = "us-east-1" } }
region = "${kms_key.of[each.key].region}"
bucket = "acme-${each.key}"
kms_key = "${kms_key.of[each.value.of].arn}"
lifecycle = [{ id = "old", days = "${each.value.days}" }]
logging = { bucket = "${s3_bucket.data[each.key].bucket}" }

[kms_key.all]
description = "${s3_bucket.data["eu-west-1"].arn}"
depends_on = ["kms_key.of"]

[kms_key.none]
for_each = []
"#
        .replace("[\"eu-west-1\"].arn", "[\\\"eu-west-1\\\"].arn")
        .as_str(),
    );
    let eu = resource(&environment, "s3_bucket.data[\"eu-west-1\"]");
    assert_eq!(eu.region, "eu-west-1");
    assert_eq!(
        eu.spec,
        json!({
            "bucket": "acme-eu-west-1",
            "kms_key": mark("kms_key.of[\"eu-west-1\"].arn"),
            "lifecycle": [{ "id": "old", "days": 7, "enabled": true }],
            "logging": { "bucket": "acme-eu-west-1", "prefix": "logs/" },
            "versioning": true,
        })
    );
    assert_eq!(spec(&environment, "s3_bucket.data[\"us-east-1\"]")["lifecycle"][0]["days"], 30);
    assert_eq!(dependencies(&environment, "s3_bucket.data[\"us-east-1\"]"), ["kms_key.of[\"us-east-1\"]"]);
    assert_eq!(
        dependencies(&environment, "kms_key.all"),
        ["kms_key.of[\"eu-west-1\"]", "kms_key.of[\"us-east-1\"]", "s3_bucket.data[\"eu-west-1\"]"]
    );
    assert_eq!(environment.resources.len(), 5);
}

#[test]
fn escapes_and_documents() {
    let environment = loaded(
        r#"
[kms_key.a]
for_each = ["x"]

[s3_bucket.table]
bucket = "table"
policy.Statement = [{ Effect = "Deny", Resource = ["arn:aws:s3:::table/$${aws:username}/*"], Condition.Bool."${vars.condition}" = false }]

[s3_bucket.text]
bucket = "text"
policy = '{"Statement": [{"Resource": "${kms_key.a["x"].arn}/*", "Sid": "$${aws:userid}"}]}'

[vars]
condition = "aws:SecureTransport"
"#,
    );
    assert_eq!(
        spec(&environment, "s3_bucket.table")["policy"],
        json!({ "Statement": [{
            "Effect": "Deny",
            "Resource": ["arn:aws:s3:::table/${aws:username}/*"],
            "Condition": { "Bool": { "aws:SecureTransport": false } },
        }] })
    );
    // JSON text becomes the same table, even where a mark with a quoted key stands inside.
    assert_eq!(
        spec(&environment, "s3_bucket.text")["policy"],
        json!({ "Statement": [{ "Resource": format!("{}/*", mark("kms_key.a[\"x\"].arn")), "Sid": "${aws:userid}" }] })
    );
    assert_eq!(dependencies(&environment, "s3_bucket.text"), ["kms_key.a[\"x\"]"]);
}

#[test]
fn tags_are_merged_and_can_be_referred_to() {
    let environment = loaded(
        r#"
[tags]
Project = "pipeline"
Owner = "${vars.owner}"

[vars]
owner = "us"

[kms_key.a]
tags = { Owner = "me", Copy = "${kms_key.a.tags.Owner} ${kms_key.b.tags.Owner}" }

[kms_key.b]

[ec2_vpc.no_tags]
cidr_block = "10.0.0.0/16"
"#,
    );
    let expected = json!({ "Project": "pipeline", "Owner": "me", "Copy": "me us" });
    assert_eq!(spec(&environment, "kms_key.a")["tags"], expected);
    assert_eq!(spec(&environment, "kms_key.b")["tags"], json!({ "Project": "pipeline", "Owner": "us" }));
    assert_eq!(spec(&environment, "ec2_vpc.no_tags").get("tags"), None);
    assert_eq!(spec(&loaded("[tags]\n[kms_key.b]\n"), "kms_key.b").get("tags"), None);
}

#[test]
fn protection_follows_the_kind_unless_the_file_says_otherwise() {
    let environment = loaded(
        "[kms_key.a]\n[kms_key.b]\nprotect = false\n[ec2_vpc.c]\ncidr_block = \"10.0.0.0/16\"\n[ec2_vpc.d]\ncidr_block = \"10.0.0.0/16\"\nprotect = true\n",
    );
    let protect = |address| resource(&environment, address).lifecycle.protect;
    assert_eq!(["kms_key.a", "kms_key.b", "ec2_vpc.c", "ec2_vpc.d"].map(protect), [true, false, false, true]);
}

#[test]
fn state_by_plain_names_is_recognised_as_ours() {
    let environment = loaded(
        "[s3_bucket.s]\nbucket = \"acme-state\"\nkms_key = \"${kms_key.k.arn}\"\n[dynamodb_table.l]\ntable_name = \"acme-lock\"\n[kms_key.k]\n[kms_key.other]\n",
    );
    let state = &environment.state;
    assert_eq!(state.bucket_resource.as_ref().unwrap().to_string(), "s3_bucket.s");
    assert_eq!(state.lock_resource.as_ref().unwrap().to_string(), "dynamodb_table.l");
    assert_eq!(
        state.resources.iter().map(Address::to_string).collect::<Vec<_>>(),
        ["dynamodb_table.l", "kms_key.k", "s3_bucket.s"]
    );
    assert_eq!(state.kms_key, "arn:aws:kms:us-east-1:123456789012:key/1");
    assert_eq!(state.key, "provision/dev/state.json");

    let elsewhere = loaded("[kms_key.other]\n").state;
    assert_eq!((elsewhere.bucket_resource, elsewhere.lock_resource, elsewhere.resources.len()), (None, None, 0));
}

#[test]
fn every_value_knows_where_it_stands() {
    let environment = loaded(
        r#"
[tags]
Project = "p"

[s3_bucket.data]
for_each = ["eu", "us"]
bucket = "acme-${each.key}"
tags = { "a/b~c" = "x" }

[s3_bucket.data.policy]
Statement = [
    { Effect = "Allow" },
]

[[s3_bucket.data.lifecycle]]
id = "old"
days = 1
"#,
    );
    let places = |key: &str| {
        let origin = &resource(&environment, &format!("s3_bucket.data[\"{key}\"]")).origin;
        assert_eq!(origin.header.as_ref().unwrap().line_column(), (6, 1));
        assert_eq!(origin.locate("/lifecycle/0/enabled").unwrap().line_column(), (16, 1));
        assert_eq!(origin.locate("/versioning").unwrap().line_column(), (6, 1));
        let place = |(pointer, location): (&String, &Location)| {
            let (line, column) = location.line_column();
            format!("{pointer} {line}:{column} {}\n", &location.text[location.span.clone()])
        };
        origin.fields.iter().map(place).collect::<String>()
    };
    assert_eq!(places("eu"), places("us"));
    assert_snapshot!(places("eu"), @r#"
    /bucket 8:10 "acme-${each.key}"
    /lifecycle 16:1 [[s3_bucket.data.lifecycle]]
    /lifecycle/0 16:1 [[s3_bucket.data.lifecycle]]
    /lifecycle/0/days 18:8 1
    /lifecycle/0/id 17:6 "old"
    /policy 11:1 [s3_bucket.data.policy]
    /policy/Statement 12:13 [
        { Effect = "Allow" },
    ]
    /policy/Statement/0 13:5 { Effect = "Allow" }
    /policy/Statement/0/Effect 13:16 "Allow"
    /tags 9:8 { "a/b~c" = "x" }
    /tags/Project 4:11 "p"
    /tags/a~1b~0c 9:20 "x"
    "#);
}

#[test]
fn environments_are_found_by_name_or_path() {
    let world = World::new(&[
        ("environments/dev.toml", "[environment]\nname = \"dev\"\n"),
        ("environments/staging.toml", "[environment]\nname = \"staging\"\nbroken"),
        ("environments/base.toml", "[environment]\nregion = \"us-east-1\"\n"),
        ("other.toml", HEAD),
    ]);
    let root = world.path("");
    assert_eq!(environments(&root), ["dev", "staging"]);
    assert_eq!(locate("dev", &root).unwrap(), world.path("environments/dev.toml"));
    assert_eq!(locate("other.toml", &root).unwrap(), world.path("other.toml"));
    assert_snapshot!(world.render(&locate("stagin", &root).unwrap_err()), @r#"
    config::missing_file: there is no environment `stagin`: environments/stagin.toml does not exist
      help: did you mean `staging`? There are `dev`, `staging`
    "#);
    assert_snapshot!(world.render(&locate("production", &root).unwrap_err()), @r#"
    config::missing_file: there is no environment `production`: environments/production.toml does not exist
      help: there are: `dev`, `staging`
    "#);
    assert_snapshot!(world.render(&locate("environments/deb.toml", &root).unwrap_err()), @r#"
    config::missing_file: there is no file environments/deb.toml
      help: did you mean `dev`? There are `dev`, `staging`
    "#);
    assert_snapshot!(world.render(&locate("dev", &world.path("nowhere")).unwrap_err()), @r#"
    config::missing_file: there is no environment `dev`: nowhere/environments/dev.toml does not exist
      help: `provision new` makes one
    "#);
}

/// A few milliseconds when optimised; the bound only catches what grows faster than the file does.
#[test]
fn a_hundred_resources_take_no_time() {
    let mut body = String::from("[tags]\nProject = \"p\"\n[vars]\nname = \"acme\"\n[kms_key.k]\n");
    for number in 0..100 {
        let before =
            if number == 0 { "acme-logs".to_owned() } else { format!("${{s3_bucket.b{}.bucket}}", number - 1) };
        body.push_str(&format!(
            "[s3_bucket.b{number}]\nbucket = \"${{vars.name}}-{number}\"\nkms_key = \"${{kms_key.k.arn}}\"\n\
             logging = {{ bucket = \"{before}\" }}\nlifecycle = [{{ id = \"a\", days = 1 }}, {{ id = \"b\", days = 2 }}]\n\
             tags = {{ Name = \"${{s3_bucket.b{number}.bucket}}\" }}\n\
             policy.Statement = [{{ Effect = \"Deny\", Resource = \"arn:aws:s3:::${{vars.name}}-{number}/*\" }}]\n"
        ));
    }
    let fastest = (0..5).map(|_| {
        let start = Instant::now();
        assert_eq!(loaded(&body).resources.len(), 101);
        start.elapsed()
    });
    let fastest = fastest.min().unwrap();
    println!("{fastest:?}");
    assert!(fastest < Duration::from_millis(500), "{fastest:?}");
}

#[test]
fn what_drift_and_dr_are_told() {
    let environment = loaded(
        r#"
[s3_bucket.data]
bucket = "acme-data"

[drift]
ignore = [{ resource = "s3_bucket.*", field = "tags[\"Scanned\"]", reason = "the scanner sets it" }]

[dr]
rpo = "1h 30m"
lock_table = "acme-lock-dr"
"#,
    );
    let data = Address::new("s3_bucket", "data");
    let ignore = &environment.drift_ignores[0];
    assert!(ignore.covers(&data, "tags[\"Scanned\"]"));
    assert!(!ignore.covers(&data, "tags[\"Scanned2\"]") && !ignore.covers(&data, "tags"));
    assert!(!ignore.covers(&Address::new("kms_key", "data"), "tags[\"Scanned\"]"));
    assert_eq!(environment.dr.rpo, Duration::from_secs(90 * 60));
    assert_eq!(environment.dr.lock_table, "acme-lock-dr");
    // Unset: what S3 undertakes, and a table of the same name.
    let environment = loaded("");
    assert_eq!(environment.dr.rpo, Duration::from_secs(15 * 60));
    assert_eq!(environment.dr.lock_table, "acme-lock");
    assert_eq!(environment.drift_ignores, []);
    assert_eq!(environment.state_replicas(), []);
}
