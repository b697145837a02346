//! Fields that name files: paths, and documents in files of their own.

use std::os::unix::fs::symlink;

use insta::assert_snapshot;

use crate::world::{HEAD, World};

/// A repository with environments and sources, and this environment in it.
fn repository(body: &str) -> World {
    let world = World::naming(&[
        ("environments/base.toml", HEAD),
        ("environments/dev.toml", &format!("extends = \"base.toml\"\n{body}")),
        ("environments/policies/bucket.json", "{}"),
        ("environments/policies/key.json", "{}"),
        ("environments/.hidden", ""),
        ("lambda-src/pipeline/handler.py", ""),
        ("lambda-src/report/handler.py", ""),
    ]);
    symlink(world.path("gone"), world.path("lambda-src/link")).unwrap();
    world
}

fn complaints(body: &str) -> String {
    repository(body).complaints("environments/dev.toml")
}

#[test]
fn path_that_is_not_there() {
    assert_snapshot!(complaints(r#"
[lambda_function.a]
layers = [
    "../lambda-src/pipelin",
    "../lambda-srcs/pipeline",
    "../lambda-src/zzzzzzzzzz",
    "../lambda-src/pipeline/handler.py/x",
    "../lambda-src/link",
    "lambda-src/pipeline",
    "~/pipeline",
    "",
]
"#), @r#"
    config::missing_file: there is no file or folder lambda-src/pipelin
      environments/dev.toml:5:5
      |     "../lambda-src/pipelin",
      |     ^^^^^^^^^^^^^^^^^^^^^^^ not found
      help: did you mean `pipeline`?

    config::missing_file: there is no file or folder lambda-srcs/pipeline
      environments/dev.toml:6:5
      |     "../lambda-srcs/pipeline",
      |     ^^^^^^^^^^^^^^^^^^^^^^^^^ not found
      help: there is no lambda-srcs either; did you mean `lambda-src`?

    config::missing_file: there is no file or folder lambda-src/zzzzzzzzzz
      environments/dev.toml:7:5
      |     "../lambda-src/zzzzzzzzzz",
      |     ^^^^^^^^^^^^^^^^^^^^^^^^^^ not found
      help: in lambda-src there are: `link`, `pipeline`, `report`

    config::missing_file: there is no file or folder lambda-src/pipeline/handler.py/x
      environments/dev.toml:8:5
      |     "../lambda-src/pipeline/handler.py/x",
      |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ not found
      help: lambda-src/pipeline/handler.py is a file, not a folder

    config::missing_file: there is no file or folder lambda-src/link
      environments/dev.toml:9:5
      |     "../lambda-src/link",
      |     ^^^^^^^^^^^^^^^^^^^^ not found
      help: lambda-src/link is a link to what does not exist

    config::missing_file: there is no file or folder environments/lambda-src/pipeline
      environments/dev.toml:10:5
      |     "lambda-src/pipeline",
      |     ^^^^^^^^^^^^^^^^^^^^^ not found
      help: relative paths start from the folder of this file: did you mean `../lambda-src/pipeline`?

    config::missing_file: there is no file or folder environments/~/pipeline
      environments/dev.toml:11:5
      |     "~/pipeline",
      |     ^^^^^^^^^^^^ not found
      help: `~` is not expanded; write the whole path

    config::length: `layers[7]`: the path is empty
      environments/dev.toml:12:5
      |     "",
      |     ^^ empty
      help: the folder of this file is `.`
    "#);
}

#[test]
fn path_of_another_type() {
    assert_snapshot!(complaints(r#"
[kms_key.k]

[lambda_function.a]
code = "../lambda-src/pipeline"

[lambda_function.b]
code = { folder = 3 }

[lambda_function.c]
code = { folder = "../${kms_key.k.arn}" }
"#), @r#"
    config::type: `code`: expected a table, found the string "../lambda-src/pipeline"
      environments/dev.toml:6:8
      | code = "../lambda-src/pipeline"
      |        ^^^^^^^^^^^^^^^^^^^^^^^^ expected a table

    config::type: `code.folder`: expected a path, found the whole number 3
      environments/dev.toml:9:19
      | code = { folder = 3 }
      |                   ^ expected a path
      help: put it in quotes

    config::unknown_setting: `code.folder` must be known before anything exists
      environments/dev.toml:12:19
      | code = { folder = "../${kms_key.k.arn}" }
      |                   ^^^^^^^^^^^^^^^^^^^^^ an output, which AWS will choose
      help: write the path out, or refer to `vars`, `environment` or an input
    "#);
}

#[test]
fn path_by_way_of_a_reference() {
    assert_snapshot!(complaints(r#"
[vars]
folder = "../lambda-src/pipelin"

[lambda_function.a]
code = { folder = "${vars.folder}" }

[lambda_function.b]
code = { folder = "../lambda-src/reprt" }

[lambda_function.c]
code = { folder = "${lambda_function.b.code.folder}" }
"#), @r#"
    config::missing_file: there is no file or folder lambda-src/pipelin
      environments/dev.toml:7:20
      | code = { folder = "${vars.folder}" }
      |                    ^^^^^^^^^^^^^^ not found
      help: did you mean `pipeline`?

    config::missing_file: there is no file or folder lambda-src/reprt
      environments/dev.toml:10:19
      | code = { folder = "../lambda-src/reprt" }
      |                   ^^^^^^^^^^^^^^^^^^^^^ not found
      help: did you mean `report`?
    "#);
}

#[test]
fn path_of_a_layer() {
    let world = World::naming(&[
        (
            "environments/layers/base.toml",
            &format!("{HEAD}[lambda_function.a]\ncode = {{ folder = \"../lambda-src\" }}\n"),
        ),
        ("environments/dev.toml", "extends = \"layers/base.toml\"\n"),
        ("lambda-src/handler.py", ""),
    ]);
    assert_snapshot!(world.complaints("environments/dev.toml"), @r#"
    config::missing_file: there is no file or folder environments/lambda-src
      environments/layers/base.toml:11:19
      | code = { folder = "../lambda-src" }
      |                   ^^^^^^^^^^^^^^^ not found
      help: relative paths start from the folder of this file: did you mean `../../lambda-src`?
    "#);
}

#[test]
fn document_that_is_not_there() {
    assert_snapshot!(complaints(r#"
[kms_key.a]
policy = { file = "policies/kye.json" }

[kms_key.b]
policy = { file = "policies" }

[kms_key.c]
policy = { file = "" }

[kms_key.d]
policy = { file = ["policies/key.json"] }

[kms_key.e]
policy = { file = "${kms_key.a.arn}.json" }

[kms_key.f]
policy = { file = "${vars.nothing}" }

[kms_key.g]
policy = "${kms_key.a.policy}"
description = "${kms_key.a.policy.Version}"
"#), @r#"
    config::missing_file: there is no file or folder environments/policies/kye.json
      environments/dev.toml:4:19
      | policy = { file = "policies/kye.json" }
      |                   ^^^^^^^^^^^^^^^^^^^ not found
      help: did you mean `key.json`?

    config::unreadable: environments/policies is not a file
      environments/dev.toml:7:19
      | policy = { file = "policies" }
      |                   ^^^^^^^^^^ not a file
      help: a document is one JSON file

    config::type: `file`: expected the path of a JSON file, found an empty string
      environments/dev.toml:10:19
      | policy = { file = "" }
      |                   ^^ not a path
      help: write it as in `{ file = "policies/bucket.json" }`

    config::type: `file`: expected the path of a JSON file, found a list
      environments/dev.toml:13:19
      | policy = { file = ["policies/key.json"] }
      |                   ^^^^^^^^^^^^^^^^^^^^^ not a path
      help: write it as in `{ file = "policies/bucket.json" }`

    config::unknown_setting: the path of a document must be known before anything exists
      environments/dev.toml:16:19
      | policy = { file = "${kms_key.a.arn}.json" }
      |                   ^^^^^^^^^^^^^^^^^^^^^^^ an output, which AWS will choose
      help: write it out, or refer to `vars`, `environment` or an input

    config::unknown_reference: `vars` has no `nothing`
      environments/dev.toml:19:20
      | policy = { file = "${vars.nothing}" }
      |                    ^^^^^^^^^^^^^^^ not found
    "#);
}

#[test]
fn document_that_is_not_json() {
    let world = repository(
        r#"
[kms_key.a]
policy = { file = "policies/comma.json" }

[kms_key.b]
policy = { file = "policies/list.json" }

[kms_key.c]
policy = { file = "policies/empty.json" }

[kms_key.d]
policy = { file = "policies/latin.json" }

[kms_key.e]
policy = { file = "policies/deep.json" }
"#,
    );
    world.write("environments/policies/comma.json", b"{\n  \"Version\": \"2012-10-17\"\n  \"Statement\": []\n}\n");
    world.write("environments/policies/list.json", b"[]");
    world.write("environments/policies/empty.json", b"");
    world.write("environments/policies/latin.json", b"{\"Sid\": \"\xE9\"}");
    world.write("environments/policies/deep.json", "{\"a\":".repeat(100_000).as_bytes());
    assert_snapshot!(world.complaints("environments/dev.toml"), @r#"
    config::invalid_json: invalid JSON in environments/policies/comma.json: expected `,` or `}` at line 3 column 3
      environments/dev.toml:4:19
      | policy = { file = "policies/comma.json" }
      |                   ^^^^^^^^^^^^^^^^^^^^^ not a JSON document
      help: mend the JSON there

    config::invalid_json: the JSON in environments/policies/list.json is not an object
      environments/dev.toml:7:19
      | policy = { file = "policies/list.json" }
      |                   ^^^^^^^^^^^^^^^^^^^^ not a JSON document
      help: a document is a JSON object, in braces

    config::invalid_json: invalid JSON in environments/policies/empty.json: EOF while parsing a value at line 1 column 0
      environments/dev.toml:10:19
      | policy = { file = "policies/empty.json" }
      |                   ^^^^^^^^^^^^^^^^^^^^^ not a JSON document
      help: mend the JSON there

    config::encoding: environments/policies/latin.json is not UTF-8
      environments/dev.toml:13:19
      | policy = { file = "policies/latin.json" }
      |                   ^^^^^^^^^^^^^^^^^^^^^ not UTF-8
      help: save the file as UTF-8

    config::invalid_json: invalid JSON in environments/policies/deep.json: recursion limit exceeded at line 1 column 636
      environments/dev.toml:16:19
      | policy = { file = "policies/deep.json" }
      |                   ^^^^^^^^^^^^^^^^^^^^ not a JSON document
      help: mend the JSON there
    "#);
}

#[test]
fn mistakes_inside_of_a_document() {
    let world = repository(
        r#"
[s3_bucket.data]
bucket = "acme-data"
policy = { file = "policies/mistakes.json" }

[s3_bucket.same]
bucket = "acme-same"
policy = { file = "policies/mistakes.json" }

[s3_bucket.cycle]
bucket = "acme-cycle"
policy = { file = "policies/cycle.json" }
"#,
    );
    let mistakes = r#"{
  "Resource": ["${s3_bucket.dat.arn}/*", "said \"${vars.x}\"", "${aws:username}"],
  "Sid": "a",
  "Sid": "b",
  "Private": "XX"
}
"#;
    world.write(
        "environments/policies/mistakes.json",
        mistakes.replace("XX", "\u{F8F0}kms_key.a.arn\u{F8F1}").as_bytes(),
    );
    world.write("environments/policies/cycle.json", br#"{"Sid": "${s3_bucket.cycle.policy.Sid}"}"#);
    assert_snapshot!(world.complaints("environments/dev.toml"), @r#"
    config::value_cycle: the value refers to itself: s3_bucket.cycle.policy.Sid -> s3_bucket.cycle.policy.Sid
      environments/policies/cycle.json:1:10
      | {"Sid": "${s3_bucket.cycle.policy.Sid}"}
      |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ comes back to where it began
      help: give one of them a value of its own

    config::unknown_reference: there is no resource `s3_bucket.dat`
      environments/policies/mistakes.json:2:17
      |   "Resource": ["${s3_bucket.dat.arn}/*", "said \"${vars.x}\"", "${aws:username}"],
      |                 ^^^^^^^^^^^^^^^^^^^^ not found
      help: did you mean `s3_bucket.data`?

    config::unknown_reference: `vars` has no `x`
      environments/policies/mistakes.json:2:50
      |   "Resource": ["${s3_bucket.dat.arn}/*", "said \"${vars.x}\"", "${aws:username}"],
      |                                                  ^^^^^^^^^ not found

    config::interpolation: `${aws:username}` is not a reference
      environments/policies/mistakes.json:2:65
      |   "Resource": ["${s3_bucket.dat.arn}/*", "said \"${vars.x}\"", "${aws:username}"],
      |                                                                 ^^^^^^^^^^^^^^^ not a reference
      help: if it is an IAM policy variable, which AWS fills in, write `$${aws:username}`

    config::duplicate: `Sid` is given twice
      environments/policies/mistakes.json:4:3
      |   "Sid": "b",
      |   ^^^^^ the second one
      help: keep one of them

    config::reserved_character: the private-use character U+F8F0 must not be used
      environments/policies/mistakes.json:5:14
      |   "Private": "kms_key.a.arn"
      |              ^^^^^^^^^^^^^^^^^ contains it
      help: provision marks unknown values with this character; remove it
    "#);
}
