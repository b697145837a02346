//! The life of a Lambda function.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::sync::atomic::Ordering;

use proptest::prelude::*;
use provision_reconciler::{Change, ErrorClass, Kind, Progress, Scope, Target};
use provision_resources::lambda_function::{Call, LambdaFunction, Operation};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::driver::Driver;
use crate::pairs::{generated, hold};
use crate::retries::answering;

const CREATE: &str = "lambda:CreateFunction";
const CODE: &str = "lambda:UpdateFunctionCode";
const CONFIGURE: &str = "lambda:UpdateFunctionConfiguration";
const RESERVE: &str = "lambda:PutFunctionConcurrency";
const UNRESERVE: &str = "lambda:DeleteFunctionConcurrency";
const ALLOW: &str = "lambda:AddPermission";
const DISALLOW: &str = "lambda:RemovePermission";

fn nothing() -> [&'static str; 0] {
    []
}

/// A folder with a function.
fn folder(source: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("handler.py"), source).unwrap();
    folder
}

/// A function that answers with what it was asked.
fn echo() -> TempDir {
    folder("def handler(event, context):\n    return event\n")
}

/// A fresh account with the roles that functions run as: moto asks for them, as AWS does.
pub async fn driver() -> Driver {
    let driver = Driver::new().await;
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "Service": "lambda.amazonaws.com" }, "Action": "sts:AssumeRole",
    }]});
    let clients = driver.aws.region("us-east-1").await;
    for (path, name) in [("/", "pipeline"), ("/", "other"), ("/service/", "worker")] {
        let request = clients.iam().create_role().path(path).role_name(name);
        request.assume_role_policy_document(trust.to_string()).send().await.unwrap();
    }
    driver
}

fn role(account: &str, name: &str) -> String {
    format!("arn:aws:iam::{account}:role/{name}")
}

fn table(driver: &Driver, folder: &TempDir) -> Value {
    table_in(&driver.account, folder)
}

fn table_in(account: &str, folder: &TempDir) -> Value {
    json!({
        "function_name": "pipeline", "runtime": "python3.13", "handler": "handler.handler",
        "role": role(account, "pipeline"), "code": { "folder": folder.path() },
    })
}

fn key(driver: &Driver, number: u8) -> String {
    format!("arn:aws:kms:us-east-1:{}:key/4a0f1c0e-0000-4000-8000-00000000000{number}", driver.account)
}

fn queue(driver: &Driver) -> String {
    format!("arn:aws:sqs:us-east-1:{}:failed", driver.account)
}

/// Two layers that exist.
pub async fn layers(driver: &Driver) -> Vec<String> {
    let clients = driver.aws.region("us-east-1").await;
    let mut arns = Vec::new();
    for name in ["one", "two"] {
        // An empty zip: its end of central directory, and nothing before.
        let mut zip = b"PK\x05\x06".to_vec();
        zip.write_all(&[0; 18]).unwrap();
        let content = aws_sdk_lambda::types::LayerVersionContentInput::builder().zip_file(zip.into()).build();
        let layer = clients.lambda().publish_layer_version().layer_name(name).content(content).send().await.unwrap();
        arns.push(layer.layer_version_arn.unwrap());
    }
    arns
}

#[tokio::test]
async fn a_function_with_defaults_is_made_read_back_and_deleted() {
    let driver = driver().await;
    let mut function = driver.resource::<LambdaFunction>("pipeline");
    let echo = echo();
    let bare = table(&driver, &echo);
    let desired = function.spec(bare.clone());
    assert!(function.read(Some(&desired)).await.unwrap().is_none());
    assert_eq!(function.apply(bare.clone()).await, [CREATE]);
    assert_eq!(function.apply(bare.clone()).await, nothing());
    let live = function.read(Some(&desired)).await.unwrap().unwrap();
    assert_eq!(live.spec, desired, "every default is what AWS then has");
    assert_eq!(live.outputs.arn, format!("arn:aws:lambda:us-east-1:{}:function:pipeline", driver.account));
    assert_eq!(function.delete(false).await, ["lambda:DeleteFunction"]);
    assert_eq!(function.apply(bare).await, [CREATE], "the name can be used again");
}

#[tokio::test]
async fn a_full_function_is_made_by_one_call_and_one_for_each_permission() {
    let driver = driver().await;
    let mut function = driver.resource::<LambdaFunction>("pipeline");
    let echo = echo();
    let full = json!({
        "function_name": "pipeline", "description": "Works", "runtime": "python3.12", "handler": "handler.handler",
        "role": role(&driver.account, "service/worker"), "code": { "folder": echo.path() },
        "architectures": ["arm64"], "memory_size": 512, "timeout": 60, "ephemeral_storage": 1024,
        "environment": { "TABLE_NAME": "events", "EMPTY": "" }, "kms_key": key(&driver, 1),
        "tracing_mode": "PassThrough", "dead_letter_target_arn": queue(&driver), "layers": layers(&driver).await,
        "vpc": { "subnet_ids": ["subnet-0b", "subnet-0a"], "security_group_ids": ["sg-0a"], "ipv6_allowed": true },
        "reserved_concurrent_executions": 0,
        "logging": {
            "log_group": "/acme/pipeline", "application_log_level": "DEBUG", "system_log_level": "WARN",
        },
        "permissions": [
            { "statement_id": "bucket", "principal": "s3.amazonaws.com", "source_arn": "arn:aws:s3:::data",
              "source_account": driver.account },
            { "statement_id": "account", "principal": "210987654321" },
            { "statement_id": "role", "principal": "arn:aws:iam::210987654321:role/caller",
              "action": "lambda:GetFunction" },
            { "statement_id": "organization", "principal": "*", "principal_org_id": "o-abcdefghij" },
        ],
        "tags": { "Project": "pipeline" },
    });
    assert_eq!(function.apply(full.clone()).await, [CREATE, RESERVE, ALLOW, ALLOW, ALLOW, ALLOW]);
    assert_eq!(function.apply(full).await, nothing());
    assert_eq!(function.apply(table(&driver, &echo)).await[..2], [CONFIGURE, CODE], "and everything is taken back");
}

#[tokio::test]
async fn every_mutable_field_is_changed_and_changed_back() {
    let driver = driver().await;
    let mut function = driver.resource::<LambdaFunction>("pipeline");
    let (echo, other) = (echo(), folder("def handler(event, context):\n    return None\n"));
    let first = table(&driver, &echo);
    function.apply(first.clone()).await;
    let layers = layers(&driver).await;
    let mut changed = first.clone();
    for (field, value, actions) in [
        ("description", json!("Works"), &[CONFIGURE][..]),
        ("runtime", json!("python3.12"), &[CONFIGURE]),
        ("handler", json!("handler.other"), &[CONFIGURE]),
        ("role", json!(role(&driver.account, "other")), &[CONFIGURE]),
        ("memory_size", json!(256), &[CONFIGURE]),
        ("timeout", json!(30), &[CONFIGURE]),
        ("ephemeral_storage", json!(600), &[CONFIGURE]),
        ("environment", json!({ "AA": "1", "BB": "2" }), &[CONFIGURE]),
        ("environment", json!({ "BB": "3" }), &[CONFIGURE]),
        ("kms_key", json!(key(&driver, 1)), &[CONFIGURE]),
        ("kms_key", json!(key(&driver, 2)), &[CONFIGURE]),
        ("tracing_mode", json!("PassThrough"), &[CONFIGURE]),
        ("dead_letter_target_arn", json!(queue(&driver)), &[CONFIGURE]),
        ("layers", json!(layers), &[CONFIGURE]),
        ("layers", json!([layers[1], layers[0]]), &[CONFIGURE]),
        ("vpc", json!({ "subnet_ids": ["subnet-0a"], "security_group_ids": ["sg-0a"] }), &[CONFIGURE]),
        ("logging", json!({ "system_log_level": "WARN" }), &[CONFIGURE]),
        ("logging", json!({ "log_format": "Text", "log_group": "/acme/pipeline" }), &[CONFIGURE]),
        ("architectures", json!(["arm64"]), &[CODE]),
        ("code", json!({ "folder": other.path() }), &[CODE]),
        ("reserved_concurrent_executions", json!(5), &[RESERVE]),
        ("reserved_concurrent_executions", json!(0), &[RESERVE]),
        ("permissions", json!([{ "statement_id": "a", "principal": "s3.amazonaws.com" }]), &[ALLOW]),
        ("permissions", json!([{ "statement_id": "a", "principal": "sns.amazonaws.com" }]), &[DISALLOW, ALLOW]),
        ("tags", json!({ "a": "1", "b": "2" }), &["lambda:TagResource"]),
        ("tags", json!({ "b": "3" }), &["lambda:TagResource", "lambda:UntagResource"]),
    ] {
        changed[field] = value;
        assert_eq!(function.apply(changed.clone()).await, actions, "{field}");
    }
    assert_eq!(function.apply(first.clone()).await, [CONFIGURE, CODE, UNRESERVE, DISALLOW, "lambda:UntagResource"]);
    assert_eq!(function.apply(first).await, nothing());
}

#[tokio::test]
async fn a_changed_source_line_is_uploaded_and_nothing_else_done() {
    let driver = driver().await;
    let mut function = driver.resource::<LambdaFunction>("pipeline");
    let echo = echo();
    function.apply(table(&driver, &echo)).await;

    // The same files elsewhere are the same code.
    let copy = tempfile::tempdir().unwrap();
    fs::copy(echo.path().join("handler.py"), copy.path().join("handler.py")).unwrap();
    assert_eq!(function.apply(table(&driver, &copy)).await, nothing());

    fs::write(copy.path().join("handler.py"), "def handler(event, context):\n    return 1\n").unwrap();
    let desired = function.spec(table(&driver, &copy));
    let live = function.read(Some(&desired)).await.unwrap().unwrap();
    let paths: Vec<_> = function.differences(&live, &desired).into_iter().map(|one| one.path).collect();
    assert_eq!(paths, ["code.code_sha256"]);
    assert_eq!(function.apply(table(&driver, &copy)).await, [CODE]);
}

#[tokio::test]
async fn code_that_has_changed_since_the_plan_is_not_uploaded() {
    let driver = driver().await;
    let mut function = driver.resource::<LambdaFunction>("pipeline");
    let echo = echo();
    let desired = function.spec(table(&driver, &echo));
    let create = LambdaFunction::steps(Change::Create { desired: &desired });
    fs::write(echo.path().join("handler.py"), "# not what was shown\n").unwrap();
    let error = function.run(create).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Refused);
    assert!(error.message.ends_with("has changed since the plan was made"), "{error}");
    assert!(function.read(Some(&desired)).await.unwrap().is_none());
}

#[tokio::test]
async fn calls_whose_answer_was_lost_may_be_made_again() {
    let driver = driver().await;
    let function = driver.resource::<LambdaFunction>("pipeline");
    let echo = echo();
    let mut full = table(&driver, &echo);
    full["reserved_concurrent_executions"] = json!(3);
    full["permissions"] = json!([{ "statement_id": "a", "principal": "210987654321" }]);
    let desired = function.spec(full);
    let steps = LambdaFunction::steps(Change::Create { desired: &desired });
    let removal = |operation| Call { function_name: "pipeline".to_owned(), operation };
    let removals = [
        removal(Operation::RemovePermission { statement_id: "a".to_owned() }),
        removal(Operation::DeleteFunctionConcurrency),
        removal(Operation::UntagResource { keys: vec!["missing".to_owned()] }),
        removal(Operation::DeleteFunction),
    ];
    for call in steps.into_iter().map(|step| step.call).chain(removals) {
        for _ in 0..2 {
            let mut progress = Progress::default();
            LambdaFunction::run(&driver.aws, &function.scope, call.clone(), &mut progress).await.unwrap();
            LambdaFunction::settle(&driver.aws, &function.scope, &call, &mut progress).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_function_of_somebody_else_is_not_taken() {
    let driver = driver().await;
    let echo = echo();
    driver.resource::<LambdaFunction>("theirs").apply(table(&driver, &echo)).await;

    let ours = driver.resource::<LambdaFunction>("ours");
    let desired = ours.spec(table(&driver, &echo));
    let call = LambdaFunction::steps(Change::Create { desired: &desired }).remove(0).call;
    let mut progress = Progress::default();
    let error = LambdaFunction::run(&driver.aws, &ours.scope, call.clone(), &mut progress).await.unwrap_err();
    assert_eq!((error.class, error.action.as_str()), (ErrorClass::AlreadyExists, CREATE));
    insta::assert_snapshot!(error.message, @"the function pipeline exists and was not made by this operation");
    assert_eq!(progress.id, None);

    // Nor is one that an earlier operation made for the same address: that is for the engine to find.
    let later = Scope { operation: "op-2".to_owned(), ..driver.scope::<LambdaFunction>("theirs") };
    let error = LambdaFunction::run(&driver.aws, &later, call, &mut progress).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
}

#[tokio::test]
async fn many_are_read_at_once_and_one_is_found_by_its_tags() {
    let driver = driver().await;
    let echo = echo();
    let mut targets = Vec::new();
    for name in ["one", "two", "missing"] {
        let mut function = driver.resource::<LambdaFunction>(name);
        if name != "missing" {
            let mut table = table(&driver, &echo);
            table["function_name"] = json!(name);
            function.apply(table).await;
        }
        targets.push(Target { scope: function.scope.clone(), id: name.to_owned(), desired: None });
    }
    let found = LambdaFunction::read(&driver.aws, &targets).await;
    let names: Vec<_> = found.into_iter().map(|live| live.unwrap().map(|live| live.spec.function_name)).collect();
    assert_eq!(names, [Some("one".to_owned()), Some("two".to_owned()), None]);

    let find =
        async |name: &str| LambdaFunction::find(&driver.aws, &driver.scope::<LambdaFunction>(name)).await.unwrap();
    assert_eq!(find("two").await.as_deref(), Some("two"));
    assert_eq!(find("missing").await, None);
}

#[tokio::test]
async fn changes_by_hand_are_seen_and_mended() {
    let driver = driver().await;
    let mut function = driver.resource::<LambdaFunction>("pipeline");
    let (echo, theirs) = (echo(), folder("def handler(event, context):\n    return 'theirs'\n"));
    let mut spec = table(&driver, &echo);
    spec["permissions"] = json!([{ "statement_id": "bucket", "principal": "s3.amazonaws.com" }]);
    function.apply(spec.clone()).await;
    let clients = driver.aws.region("us-east-1").await;
    let lambda = clients.lambda();
    let name = "pipeline";

    lambda.update_function_configuration().function_name(name).memory_size(1024).send().await.unwrap();
    assert_eq!(function.apply(spec.clone()).await, [CONFIGURE]);

    let source = provision_package::Source {
        folder: theirs.path().to_owned(),
        runtime: "python3.13".to_owned(),
        architecture: provision_package::Architecture::X86_64,
    };
    let zip = provision_package::Package::build(&source).unwrap().bytes;
    lambda.update_function_code().function_name(name).zip_file(zip.into()).send().await.unwrap();
    assert_eq!(function.apply(spec.clone()).await, [CODE]);

    lambda.remove_permission().function_name(name).statement_id("bucket").send().await.unwrap();
    assert_eq!(function.apply(spec.clone()).await, [ALLOW]);

    let theirs = lambda.add_permission().function_name(name).statement_id("theirs").principal("sns.amazonaws.com");
    theirs.action("lambda:InvokeFunction").send().await.unwrap();
    assert_eq!(function.apply(spec.clone()).await, [DISALLOW]);

    lambda.put_function_concurrency().function_name(name).reserved_concurrent_executions(0).send().await.unwrap();
    assert_eq!(function.apply(spec.clone()).await, [UNRESERVE]);

    lambda.delete_function().function_name(name).send().await.unwrap();
    assert_eq!(function.apply(spec).await, [CREATE, ALLOW]);
}

/// A role that was made a moment ago.
#[tokio::test]
async fn a_role_that_lambda_does_not_know_yet_is_waited_for_and_a_mistake_is_not() {
    const UNKNOWN_ROLE: (u16, &str) = (
        400,
        r#"{"__type":"InvalidParameterValueException","message":"The role defined for the function cannot be assumed by Lambda."}"#,
    );
    const NO_RUNTIME: (u16, &str) = (
        400,
        r#"{"__type":"InvalidParameterValueException","message":"The runtime parameter of go1.x is not supported"}"#,
    );
    const BUSY: (u16, &str) =
        (409, r#"{"__type":"ResourceConflictException","message":"The operation cannot be performed at this time."}"#);
    const MADE: (u16, &str) = (201, r#"{"FunctionName":"pipeline"}"#);

    let driver = driver().await;
    let function = driver.resource::<LambdaFunction>("pipeline");
    let echo = echo();
    let desired = function.spec(table(&driver, &echo));
    let call = || LambdaFunction::steps(Change::Create { desired: &desired }).remove(0).call;

    let (aws, requests) = answering(&[UNKNOWN_ROLE, UNKNOWN_ROLE, BUSY, MADE]).await;
    LambdaFunction::run(&aws, &function.scope, call(), &mut Progress::default()).await.unwrap();
    assert_eq!(requests.load(Ordering::SeqCst), 4);

    let (aws, requests) = answering(&[NO_RUNTIME, MADE]).await;
    let error = LambdaFunction::run(&aws, &function.scope, call(), &mut Progress::default()).await.unwrap_err();
    assert_eq!((error.class, requests.load(Ordering::SeqCst)), (ErrorClass::Refused, 1));
}

/// Without these, a plan would take what it may not see for what is not there, and overwrite it.
#[tokio::test]
async fn what_may_not_be_seen_is_not_taken_to_be_gone() {
    const NO_TAGS: (u16, &str) = (
        200,
        r#"{"Configuration":{"FunctionName":"pipeline"},"TagsError":{"ErrorCode":"AccessDeniedException","Message":"no"}}"#,
    );
    const NO_ENVIRONMENT: (u16, &str) = (
        200,
        r#"{"Configuration":{"FunctionName":"pipeline","Architectures":["x86_64"],
            "Environment":{"Error":{"ErrorCode":"AccessDeniedException","Message":"no"}}}}"#,
    );
    let driver = Driver::new().await;
    let scope = driver.scope::<LambdaFunction>("pipeline");
    for (answer, hint) in [(NO_TAGS, "lambda:ListTags"), (NO_ENVIRONMENT, "kms:Decrypt")] {
        let (aws, _) = answering(Box::leak(Box::new([answer]))).await;
        let target = Target { scope: scope.clone(), id: "pipeline".to_owned(), desired: None };
        let error = LambdaFunction::read(&aws, &[target]).await.remove(0).unwrap_err();
        assert_eq!(error.class, ErrorClass::Denied);
        assert!(error.hint.unwrap().contains(hint));
    }
}

#[tokio::test]
async fn mistakes_are_found_before_anything_is_asked_of_aws() {
    let echo = echo();
    let unpinned = self::echo();
    fs::write(unpinned.path().join("requirements.txt"), "requests>=2\n").unwrap();
    let problems = |field: &str, value: Value| {
        let mut table = table_in("123456789012", &echo);
        table[field] = value;
        let spec = serde_json::from_value(table).unwrap();
        let problems = LambdaFunction::check(&spec);
        problems.into_iter().map(|problem| format!("{}: {}", problem.pointer, problem.message)).collect::<Vec<_>>()
    };
    assert_eq!(problems("description", json!("")), nothing());
    assert_eq!(
        problems("code", json!({ "folder": "/nowhere/at/all" })),
        ["/code/folder: failed to package /nowhere/at/all: it is not a folder"]
    );
    let unpinned = problems("code", json!({ "folder": unpinned.path() }));
    assert!(unpinned.len() == 1 && unpinned[0].contains("requirements.txt"), "{unpinned:?}");
    assert_eq!(
        problems("code", json!({ "folder": echo.path(), "code_sha256": "x" })),
        ["/code/code_sha256: the hash is computed from the folder"]
    );
    assert_eq!(
        problems("environment", json!({ "AWS_REGION": "x", "A-B": "x", "GOOD_1": "x" })),
        [
            "/environment/A-B: `A-B` is no name for an environment variable",
            "/environment/AWS_REGION: `AWS_REGION` is set by Lambda itself",
        ]
    );
    assert_eq!(problems("architectures", json!([])), ["/architectures: a function runs on exactly one architecture"]);
    assert_eq!(
        problems("logging", json!({ "log_format": "Text", "system_log_level": "INFO" })),
        ["/logging/system_log_level: levels are for `log_format = \"JSON\"`"]
    );
    assert_eq!(problems("vpc", json!({ "subnet_ids": ["subnet-0a"] })), ["/vpc: `vpc.security_group_ids` is missing"]);
}

fn maybe(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Option<Value>> {
    proptest::option::of(value)
}

fn choice(values: Vec<Value>) -> impl Strategy<Value = Value> {
    proptest::sample::select(values)
}

/// Some of the fields that can be changed, each with some value.
fn fields(driver: &Driver, layers: &[String], folders: &[&TempDir]) -> impl Strategy<Value = BTreeMap<String, Value>> {
    let text = |pattern: &'static str| pattern.prop_map(Value::from);
    let names = proptest::collection::btree_map("[A-Z][A-Z0-9_]{1,8}", "[ -~]{0,12}", 0..4);
    let tags = proptest::collection::btree_map("[a-z]{1,6}", "[a-zA-Z0-9 .:/=+@_-]{0,12}", 0..4);
    let subset = |all: Vec<Value>| {
        let count = all.len();
        proptest::sample::subsequence(all, 0..=count).prop_shuffle().prop_map(Value::from)
    };
    let permissions = proptest::collection::btree_map(
        "[a-c]",
        choice(vec![
            json!({ "principal": "s3.amazonaws.com", "source_arn": "arn:aws:s3:::data" }),
            json!({ "principal": "s3.amazonaws.com", "source_account": "123456789012" }),
            json!({ "principal": "210987654321", "action": "lambda:*" }),
            json!({ "principal": "*", "principal_org_id": "o-abcdefghij" }),
            json!({ "principal": "events.amazonaws.com", "source_arn": "arn:aws:events:us-east-1:1:rule/*",
                    "source_account": "123456789012" }),
        ]),
        0..3,
    );
    let permissions = permissions.prop_map(|all| {
        let of = |(id, mut permission): (String, Value)| {
            permission["statement_id"] = json!(id);
            permission
        };
        all.into_iter().map(of).collect::<Value>()
    });
    let logging = choice(vec![
        json!({}),
        json!({ "log_format": "Text" }),
        json!({ "log_format": "Text", "log_group": "/acme/text" }),
        json!({ "log_group": "/acme/json", "application_log_level": "TRACE" }),
        json!({ "application_log_level": "FATAL", "system_log_level": "DEBUG" }),
    ]);
    let vpc = choice(vec![
        json!({}),
        json!({ "subnet_ids": ["subnet-0a"], "security_group_ids": ["sg-0b", "sg-0a"] }),
        json!({ "subnet_ids": ["subnet-0b", "subnet-0a"], "security_group_ids": ["sg-0a"], "ipv6_allowed": true }),
    ]);
    let folders = folders.iter().map(|folder| json!({ "folder": folder.path() })).collect();
    let configuration = (
        maybe(text("[a-zA-Z0-9 .,äß-]{0,40}")),
        maybe(choice(["python3.11", "python3.12", "python3.13"].map(Value::from).into())),
        maybe(text("[a-z]{1,8}\\.[a-z]{1,8}")),
        maybe((128..=10240_i32).prop_map(Value::from)),
        maybe((1..=900_i32).prop_map(Value::from)),
        maybe((512..=10240_i32).prop_map(Value::from)),
        maybe(names.prop_map(|names| json!(names))),
        maybe(choice(vec![json!(""), json!(key(driver, 1)), json!(key(driver, 2))])),
        maybe(choice(vec![json!("Active"), json!("PassThrough")])),
    );
    let rest = (
        maybe(choice(vec![json!(""), json!(queue(driver))])),
        maybe(subset(layers.iter().map(|layer| json!(layer)).collect())),
        maybe(vpc),
        maybe(logging),
        maybe(choice(vec![json!(["x86_64"]), json!(["arm64"])])),
        choice(folders),
        maybe((-1..=20_i32).prop_map(Value::from)),
        maybe(permissions),
        maybe(tags.prop_map(|tags| json!(tags))),
    );
    (configuration, rest).prop_map(|(configuration, rest)| {
        let (description, runtime, handler, memory, timeout, storage, environment, kms_key, tracing) = configuration;
        let (dead, layers, vpc, logging, architectures, code, reserved, permissions, tags) = rest;
        let fields = [
            ("description", description),
            ("runtime", runtime),
            ("handler", handler),
            ("memory_size", memory),
            ("timeout", timeout),
            ("ephemeral_storage", storage),
            ("environment", environment),
            ("kms_key", kms_key),
            ("tracing_mode", tracing),
            ("dead_letter_target_arn", dead),
            ("layers", layers),
            ("vpc", vpc),
            ("logging", logging),
            ("architectures", architectures),
            ("code", Some(code)),
            ("reserved_concurrent_executions", reserved),
            ("permissions", permissions),
            ("tags", tags),
        ];
        fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    })
}

#[tokio::test]
async fn any_function_is_read_back_as_it_was_made_and_as_it_was_changed() {
    let driver = driver().await;
    let (echo, other) = (echo(), folder("def handler(event, context):\n    return None\n"));
    let layers = layers(&driver).await;
    let folders = [&echo, &other];
    let one = || fields(&driver, &layers, &folders);
    let pairs = generated((one(), one()), 24).into_iter().enumerate().map(|(number, (first, second))| {
        let full = |fields: BTreeMap<String, Value>| {
            let mut table = table(&driver, &echo);
            table["function_name"] = json!(format!("pair-{number}"));
            table.as_object_mut().unwrap().extend(fields);
            table
        };
        (full(first), full(second))
    });
    hold::<LambdaFunction>(&driver, pairs.collect()).await;
}
