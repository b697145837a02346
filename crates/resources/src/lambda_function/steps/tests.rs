use std::collections::BTreeSet;

use provision_reconciler::{Kind, fields_of};
use serde_json::{Value, json};

use super::*;
use crate::lambda_function::LambdaFunction;
use crate::testing::{create, delete, spec, update};

fn table(fields: Value) -> Value {
    let mut table = json!({
        "function_name": "f", "runtime": "python3.13", "handler": "handler.handler",
        "role": "arn:aws:iam::123456789012:role/f",
        "code": { "folder": concat!(env!("CARGO_MANIFEST_DIR"), "/tests/functions/echo") },
    });
    for (field, value) in fields.as_object().into_iter().flatten() {
        table[field] = value.clone();
    }
    table
}

#[test]
fn creating_takes_one_call_and_one_for_each_of_concurrency_and_permissions() {
    insta::assert_snapshot!(create::<LambdaFunction>(table(json!({}))), @"lambda:CreateFunction: create the function f");
    let more = table(json!({
        "reserved_concurrent_executions": 5,
        "permissions": [
            { "statement_id": "s3", "principal": "s3.amazonaws.com", "source_arn": "arn:aws:s3:::b" },
            { "statement_id": "other", "principal": "210987654321" },
        ],
    }));
    insta::assert_snapshot!(create::<LambdaFunction>(more), @r"
    lambda:CreateFunction: create the function f
    lambda:PutFunctionConcurrency: reserve 5 concurrent executions
    lambda:AddPermission: allow s3.amazonaws.com lambda:InvokeFunction (statement s3)
    lambda:AddPermission: allow arn:aws:iam::210987654321:root lambda:InvokeFunction (statement other)
    ");
}

#[test]
fn names_and_statement_ids_make_a_second_call_harmless() {
    let desired = spec::<LambdaFunction>(table(json!({
        "reserved_concurrent_executions": 5,
        "permissions": [{ "statement_id": "s3", "principal": "s3.amazonaws.com" }],
    })));
    let steps = LambdaFunction::steps(Change::Create { desired: &desired });
    let idempotencies: Vec<_> = steps.iter().map(|step| step.idempotency).collect();
    assert_eq!(idempotencies, [Idempotency::Token, Idempotency::Natural, Idempotency::Token]);
}

#[test]
fn a_plan_carries_where_the_code_is_and_never_the_code() {
    let desired = spec::<LambdaFunction>(table(json!({})));
    let steps = LambdaFunction::steps(Change::Create { desired: &desired });
    let call = serde_json::to_value(&steps[0].call).unwrap_or_default();
    let code = &call["operation"]["CreateFunction"]["code"];
    assert_eq!(code["code_sha256"], json!(desired.code.code_sha256));
    assert!(call.to_string().len() < 2_000, "{call}");
}

#[test]
fn each_field_has_its_call() {
    for (field, value, expected) in [
        ("description", json!("b"), "lambda:UpdateFunctionConfiguration: change description"),
        ("runtime", json!("python3.12"), "lambda:UpdateFunctionConfiguration: change runtime"),
        ("memory_size", json!(256), "lambda:UpdateFunctionConfiguration: change memory_size"),
        ("environment", json!({ "AA": "b" }), "lambda:UpdateFunctionConfiguration: change environment"),
        (
            "vpc",
            json!({ "subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"] }),
            "lambda:UpdateFunctionConfiguration: change vpc",
        ),
        ("logging", json!({ "log_format": "Text" }), "lambda:UpdateFunctionConfiguration: change logging"),
        ("architectures", json!(["arm64"]), "lambda:UpdateFunctionCode: upload the code"),
        (
            "reserved_concurrent_executions",
            json!(0),
            "lambda:PutFunctionConcurrency: reserve no concurrency, so that nothing is run",
        ),
        ("tags", json!({ "a": "b", "c": "d" }), "lambda:TagResource: set the tags a, c"),
    ] {
        assert_eq!(update::<LambdaFunction>(table(json!({})), table(json!({ field: value }))), expected, "{field}");
    }
    let changed = table(json!({ "reserved_concurrent_executions": 1, "tags": { "a": "b" } }));
    insta::assert_snapshot!(update::<LambdaFunction>(changed, table(json!({}))), @r"
    lambda:DeleteFunctionConcurrency: give the reserved concurrency back
    lambda:UntagResource: remove the tag a
    ");
    insta::assert_snapshot!(
        update::<LambdaFunction>(table(json!({})), table(json!({ "memory_size": 256, "timeout": 10, "architectures": ["arm64"] }))),
        @r"
    lambda:UpdateFunctionConfiguration: change memory_size, timeout
    lambda:UpdateFunctionCode: upload the code
    "
    );
}

#[test]
fn permissions_are_exclusive_and_a_changed_one_is_replaced() {
    let permissions = |list: Value| table(json!({ "permissions": list }));
    let (s3, sns) = (
        json!({ "statement_id": "s3", "principal": "s3.amazonaws.com" }),
        json!({ "statement_id": "sns", "principal": "sns.amazonaws.com" }),
    );
    let narrower = json!({ "statement_id": "s3", "principal": "s3.amazonaws.com", "source_account": "123456789012" });
    insta::assert_snapshot!(
        update::<LambdaFunction>(permissions(json!([s3.clone(), sns.clone()])), permissions(json!([narrower]))), @r"
    lambda:RemovePermission: remove the permission sns
    lambda:RemovePermission: remove the permission s3
    lambda:AddPermission: allow s3.amazonaws.com lambda:InvokeFunction (statement s3)
    ");
    let (one, other) = (permissions(json!([s3.clone(), sns.clone()])), permissions(json!([sns, s3])));
    assert_eq!(update::<LambdaFunction>(one, other), "", "their order does not count");
}

#[test]
fn the_folder_by_itself_is_no_difference_but_its_content_is() {
    let live = spec::<LambdaFunction>(table(json!({})));
    let uploaded = FunctionSpec {
        code: crate::lambda_function::Code { code_sha256: Some("old".to_owned()), ..live.code.clone() },
        ..live
    };
    assert_eq!(
        crate::testing::update_from::<LambdaFunction>(&uploaded, table(json!({}))),
        "lambda:UpdateFunctionCode: upload the code"
    );
}

#[test]
fn deleting_takes_one_call() {
    let live = spec::<LambdaFunction>(table(json!({ "reserved_concurrent_executions": 1 })));
    insta::assert_snapshot!(delete::<LambdaFunction>(&live, false), @"lambda:DeleteFunction: delete the function f");
}

/// A field that is added to the spec must get a call.
#[test]
fn every_field_belongs_to_a_call() {
    let others = ["architectures", "code", "function_name", "permissions", "reserved_concurrent_executions", "tags"];
    let handled: BTreeSet<&str> = CONFIGURATION.iter().copied().chain(others).collect();
    let fields = fields_of::<FunctionSpec>();
    assert_eq!(fields.names().collect::<BTreeSet<_>>(), handled);
}
