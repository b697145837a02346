//! Values that name something: files and folders, documents in files, resources.

#![allow(clippy::unwrap_used)]

#[path = "support/world.rs"]
mod world;

use std::env;
use std::path::Path;

use insta::assert_snapshot;
use provision_config::{Address, Environment, Resource};
use serde_json::{Value, json};
use world::{HEAD, World};

fn resource<'a>(environment: &'a Environment, address: &str) -> &'a Resource {
    &environment.resources[&address.parse::<Address>().unwrap()]
}

fn spec<'a>(environment: &'a Environment, address: &str) -> &'a Value {
    &resource(environment, address).spec
}

fn dependencies(environment: &Environment, address: &str) -> Vec<String> {
    resource(environment, address).dependencies.iter().map(Address::to_string).collect()
}

fn loaded(world: &World, name: &str) -> Environment {
    world.load(name).unwrap_or_else(|diagnostics| panic!("{}", world.render(&diagnostics)))
}

/// The head, a body, and these files beside it.
fn world(body: &str, files: &[(&str, &str)]) -> World {
    let world = World::naming(files);
    world.write("environments/dev.toml", format!("{HEAD}{body}").as_bytes());
    world
}

#[test]
fn paths_start_from_the_file_that_holds_the_field() {
    let base = r#"
[vars]
folder = "../lambda-src/pipeline"

[lambda_function.inherited]
code = { folder = "../../lambda-src/pipeline" }
layers = ["../../layers/./one", "../../layers/two"]

[lambda_function.changed]
code = { folder = "nowhere" }
"#;
    let dev = r#"
[lambda_function.own]
code = { folder = "../lambda-src/${vars.name}" }

[lambda_function.var]
code = { folder = "${vars.folder}" }

[lambda_function.whole]
code = "${vars.code}"

[lambda_function.changed]
code = { folder = ".." }

[lambda_function.again]
code = { folder = "${lambda_function.own.code.folder}" }
description = "from ${lambda_function.own.code.folder}"

[lambda_function.each]
for_each = ["one", "two"]
code = { folder = "../layers/${each.key}" }

[vars]
name = "pipeline"
code = { folder = "../layers" }
"#;
    let world = World::naming(&[
        ("environments/shared/base.toml", base),
        ("environments/dev.toml", &format!("extends = \"shared/base.toml\"\n{HEAD}{dev}")),
        ("lambda-src/pipeline/handler.py", ""),
        ("layers/one/a", ""),
        ("layers/two", "a file is as good as a folder"),
    ]);
    let environment = loaded(&world, "environments/dev.toml");
    let path = |name: &str| json!(world.path(name));
    let folder = |name: &str| spec(&environment, &format!("lambda_function.{name}"))["code"]["folder"].clone();
    assert_eq!(folder("inherited"), path("lambda-src/pipeline"));
    assert_eq!(
        spec(&environment, "lambda_function.inherited")["layers"],
        json!([path("layers/one"), path("layers/two")])
    );
    assert_eq!(folder("own"), path("lambda-src/pipeline"));
    // From `base.toml`'s own folder it would not be there.
    assert_eq!(folder("var"), path("lambda-src/pipeline"));
    assert_eq!(folder("whole"), path("layers"));
    assert_eq!(folder("changed"), json!(world.path("").to_str().unwrap().trim_end_matches('/')));
    assert_eq!(folder("again"), path("lambda-src/pipeline"));
    // As it is written: a path only means something in a field that takes one.
    assert_eq!(spec(&environment, "lambda_function.again")["description"], "from ../lambda-src/pipeline");
    assert_eq!(folder("each[\"two\"]"), path("layers/two"));
}

#[test]
fn paths_stay_as_relative_or_absolute_as_the_environment_was_named() {
    let world = world("", &[("lambda-src/a.py", "")]);
    let absolute = world.path("lambda-src");
    let body = format!(
        "[lambda_function.a]\ncode = {{ folder = \"../lambda-src\" }}\n\
         [lambda_function.b]\ncode = {{ folder = '{}' }}\n",
        absolute.display()
    );
    world.write("environments/dev.toml", format!("{HEAD}{body}").as_bytes());
    let up = "../".repeat(env::current_dir().unwrap().components().count() - 1);
    let relative = |path: &Path| format!("{up}{}", path.strip_prefix("/").unwrap().display());

    let environment = world.load_path(Path::new(&relative(&world.path("environments/dev.toml")))).unwrap();
    assert_eq!(spec(&environment, "lambda_function.a")["code"]["folder"], relative(&absolute));
    assert_eq!(spec(&environment, "lambda_function.b")["code"]["folder"], json!(absolute));
    let environment = world.load_path(&world.path("environments/dev.toml")).unwrap();
    assert_eq!(spec(&environment, "lambda_function.a")["code"]["folder"], json!(absolute));
}

#[test]
fn addresses_are_names_and_no_edges() {
    let body = r#"
[s3_bucket.data]
bucket = "acme-data"
tags = { Role = "${iam_role.a.arn}" }

[s3_bucket.of]
for_each = ["eu", "us"]
bucket = "acme-${each.key}"

[iam_role.a]
role_name = "a"
grants = [{ to = "s3_bucket.data", access = "read-write" }, { to = "s3_bucket.of[\"eu\"]" }, { to = "iam_role.a" }]

[iam_role.each]
for_each = ["eu", "us"]
role_name = "${each.key}"
grants = [{ to = "s3_bucket.of[\"${each.key}\"]" }]

[iam_role.copy]
role_name = "copy"
grants = "${iam_role.a.grants}"

[lambda_function.f]
role = "${vars.role}"
description = "as ${lambda_function.f.role}"

[vars]
role = "iam_role.a"
"#;
    let environment = loaded(&world(body, &[]), "environments/dev.toml");
    assert_eq!(
        spec(&environment, "iam_role.a")["grants"],
        json!([
            { "to": "s3_bucket.data", "access": "read-write" },
            { "to": "s3_bucket.of[\"eu\"]", "access": "read" },
            { "to": "iam_role.a", "access": "read" },
        ])
    );
    assert_eq!(spec(&environment, "iam_role.each[\"us\"]")["grants"][0]["to"], "s3_bucket.of[\"us\"]");
    // What a bucket refers to may be granted access to it.
    assert_eq!(dependencies(&environment, "s3_bucket.data"), ["iam_role.a"]);
    for granted in ["iam_role.a", "iam_role.each[\"us\"]", "lambda_function.f"] {
        assert_eq!(dependencies(&environment, granted), [""; 0]);
    }
    assert_eq!(dependencies(&environment, "iam_role.copy"), ["iam_role.a"]);
    assert_eq!(spec(&environment, "lambda_function.f")["role"], "iam_role.a");
    assert_eq!(spec(&environment, "lambda_function.f")["description"], "as iam_role.a");
}

const POLICY: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Resource": ["${s3_bucket.data.arn}/*", "arn:aws:s3:::${s3_bucket.data.bucket}/$${aws:username}"],
      "Condition": { "Bool": { "${vars.condition}": false }, "Null": null, "Large": 18446744073709551615, "Half": 0.5 }
    }
  ]
}
"#;

#[test]
fn documents_come_from_files() {
    let body = r#"
[vars]
condition = "aws:SecureTransport"
file = { file = "policies/one.json" }

[s3_bucket.data]
bucket = "acme-data"

[iam_role.a]
role_name = "a"
trust = { file = "policies/${environment.name}.json" }
policies = { one = { file = "policies/one.json" }, two = '{"file": "x"}', three = { Version = "2012-10-17" } }
documents = [{ file = "../other/two.json" }, "${vars.file}"]

[iam_role.b]
role_name = "b"
trust = "${iam_role.a.trust}"
policies = { sid = { Sid = "${iam_role.a.documents[0].Sid}" }, all = "${iam_role.a.policies.one}" }
documents = "${iam_role.a.documents}"

[iam_role.each]
for_each = ["x", "y"]
role_name = "${each.key}"
trust = { file = "policies/each.json" }
"#;
    let files = [
        ("environments/policies/dev.json", POLICY),
        ("environments/policies/one.json", "\u{FEFF}{ \"Sid\": \"one\" }"),
        ("environments/policies/each.json", r#"{"Sid": "${each.key}", "${each.key}": "${s3_bucket.data.arn}"}"#),
        ("other/two.json", r#"{"Sid": "two of \"${environment.name}\"", "Nested": {"file": "kept.json"}}"#),
    ];
    let environment = loaded(&world(body, &files), "environments/dev.toml");
    let mark = "\u{F8F0}s3_bucket.data.arn\u{F8F1}";
    let one = json!({ "Sid": "one" });
    let two = json!({ "Sid": "two of \"dev\"", "Nested": { "file": "kept.json" } });
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Deny",
            "Resource": [format!("{mark}/*"), "arn:aws:s3:::acme-data/${aws:username}"],
            "Condition": {
                "Bool": { "aws:SecureTransport": false },
                "Null": null,
                "Large": 18446744073709551615_u64,
                "Half": 0.5,
            },
        }],
    });
    let a = spec(&environment, "iam_role.a");
    assert_eq!(a["trust"], trust);
    // Only a table of that one key is a file's name: neither JSON text nor what is inside of a document.
    assert_eq!(a["policies"], json!({ "one": one, "two": { "file": "x" }, "three": { "Version": "2012-10-17" } }));
    assert_eq!(a["documents"], json!([two, one]));
    let b = spec(&environment, "iam_role.b");
    assert_eq!(b["trust"], trust);
    assert_eq!(b["policies"], json!({ "sid": { "Sid": "two of \"dev\"" }, "all": one }));
    assert_eq!(b["documents"], json!([two, one]));
    assert_eq!(spec(&environment, "iam_role.each[\"x\"]")["trust"], json!({ "Sid": "x", "x": mark }));
    assert_eq!(spec(&environment, "iam_role.each[\"y\"]")["trust"], json!({ "Sid": "y", "y": mark }));

    assert_eq!(dependencies(&environment, "iam_role.a"), ["s3_bucket.data"]);
    assert_eq!(dependencies(&environment, "iam_role.b"), ["iam_role.a", "s3_bucket.data"]);
    assert_eq!(dependencies(&environment, "iam_role.each[\"y\"]"), ["s3_bucket.data"]);
}

/// So that a kind's own complaint of a statement points into the JSON, and one of the whole document at its name.
#[test]
fn what_is_in_a_document_knows_where_it_stands() {
    let body = "[vars]\ncondition = \"c\"\n[s3_bucket.data]\nbucket = \"acme-data\"\n\
                [kms_key.k]\npolicy = { file = \"../policy.json\" }\n";
    let world = world(body, &[("policy.json", POLICY)]);
    let environment = loaded(&world, "environments/dev.toml");
    let origin = &resource(&environment, "kms_key.k").origin;
    let place = |pointer: &str| {
        let location = origin.locate(pointer).unwrap();
        let (line, column) = location.line_column();
        let path = location.path.strip_prefix(world.path("")).unwrap().display();
        format!("{path}:{line}:{column} {}", &location.text[location.span.clone()])
    };
    assert_snapshot!(place("/policy"), @r#"environments/dev.toml:15:10 { file = "../policy.json" }"#);
    assert_snapshot!(place("/policy/Statement/0/Effect"), @r#"policy.json:5:17 "Deny""#);
    assert_snapshot!(place("/policy/Statement/0/Condition/Null"), @"policy.json:7:70 null");
    assert_snapshot!(place("/policy/Nothing"), @r#"environments/dev.toml:15:10 { file = "../policy.json" }"#);
}
