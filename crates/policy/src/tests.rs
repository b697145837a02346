use std::collections::{BTreeMap, BTreeSet};

use provision_config::{DrSettings, Lifecycle, Origin, Resource, StateSettings, unknown};
use serde_json::{Value, json};

use super::*;

/// An environment of these resources.
fn environment(resources: &[(&str, Value)], exceptions: &[(&str, &str)]) -> Environment {
    let resource = |(address, spec): &(&str, Value)| {
        let address: Address = address.parse().expect("an address");
        let resource = Resource {
            address: address.clone(),
            region: "us-east-1".to_owned(),
            spec: spec.clone(),
            dependencies: BTreeSet::new(),
            referring: BTreeMap::new(),
            lifecycle: Lifecycle { protect: false },
            origin: Origin::default(),
        };
        (address, resource)
    };
    let exception = |(rule, resource): &(&str, &str)| PolicyException {
        rule: (*rule).to_owned(),
        resource: (*resource).to_owned(),
        reason: "a test".to_owned(),
    };
    Environment {
        name: "test".to_owned(),
        account: "123456789012".to_owned(),
        region: "us-east-1".to_owned(),
        dr_region: None,
        drift_ignores: Vec::new(),
        dr: DrSettings::default(),
        policy_exceptions: exceptions.iter().map(exception).collect(),
        state: StateSettings {
            bucket_region: String::new(),
            lock_region: String::new(),
            bucket: String::new(),
            lock_table: String::new(),
            key: String::new(),
            kms_key: String::new(),
            resources: BTreeSet::new(),
            lock_resource: None,
            bucket_resource: None,
        },
        resources: resources.iter().map(resource).collect(),
    }
}

/// What an environment breaks: `address rule`, or `unused rule: why`.
fn findings(environment: &Environment) -> Vec<String> {
    let shown = |finding: Finding<'_>| match finding {
        Finding::Broken { address, rule } => format!("{address} {}", rule.name),
        Finding::Unused { exception, why } => format!("unused {}: {why:?}", exception.rule),
    };
    check(environment).into_iter().map(shown).collect()
}

/// The names of the rules that a spec breaks by itself.
fn broken(kind: &str, spec: &Value) -> Vec<&'static str> {
    let of = |rule: &&Rule| rule.kind == kind && matches!(rule.holds, Holds::Of(holds) if !holds(spec));
    rules().filter(of).map(|rule| rule.name).collect()
}

#[test]
fn a_secure_bucket_breaks_none_and_each_weakness_is_named() {
    let secure = json!({
        "kms_key": "arn:aws:kms:us-east-1:123456789012:key/k",
        "https_only": true,
        "object_ownership": "BucketOwnerEnforced",
        "versioning": true,
        "logging": { "bucket": "logs", "prefix": "" },
        "lifecycle_rules": [{ "id": "tidy", "abort_incomplete_multipart_upload_days": 7 }],
        "public_access_block": {
            "block_public_acls": true, "block_public_policy": true,
            "ignore_public_acls": true, "restrict_public_buckets": true,
        },
    });
    assert!(broken("s3_bucket", &secure).is_empty());
    for (pointer, value, rule) in [
        ("/kms_key", json!("AES256"), "s3-bucket-encryption"),
        ("/https_only", json!(false), "s3-bucket-https-only"),
        ("/object_ownership", json!("ObjectWriter"), "s3-bucket-no-acls"),
        ("/versioning", json!(false), "s3-bucket-versioning"),
        ("/logging/bucket", json!(""), "s3-bucket-access-logging"),
        ("/lifecycle_rules/0/abort_incomplete_multipart_upload_days", Value::Null, "s3-bucket-aborts-uploads"),
        ("/public_access_block/block_public_acls", json!(false), "s3-bucket-public-access"),
    ] {
        let mut weak = secure.clone();
        *weak.pointer_mut(pointer).expect("a field") = value;
        assert_eq!(broken("s3_bucket", &weak), [rule]);
    }
}

#[test]
fn only_keys_that_can_rotate_must() {
    assert_eq!(broken("kms_key", &json!({ "key_spec": "SYMMETRIC_DEFAULT" })), ["kms-key-rotation"]);
    assert!(broken("kms_key", &json!({ "key_spec": "RSA_2048", "enable_key_rotation": false })).is_empty());
}

#[test]
fn keeping_logs_for_ever_is_long_enough() {
    let days = |days: i64| broken("logs_log_group", &json!({ "kms_key": "arn:aws:kms:k", "retention_in_days": days }));
    assert!(days(0).is_empty() && days(365).is_empty());
    assert_eq!(days(30), ["logs-log-group-retention"]);
}

#[test]
fn groups_are_looked_at_rule_by_rule() {
    let rule = |protocol: &str, from: i64, to: i64, cidr: &str| json!({ "ip_protocol": protocol, "from_port": from, "to_port": to, "cidr_ipv4": cidr, "description": "x" });
    let ingress = |rule: Value| broken("ec2_security_group", &json!({ "ingress": [rule] }));
    assert_eq!(ingress(rule("tcp", 443, 443, "0.0.0.0/0")), [""; 0]);
    assert_eq!(ingress(rule("tcp", 22, 22, "10.0.0.0/8")), [""; 0]);
    let (risky, ssh) = ("ec2-security-group-no-open-risky-ports", "ec2-security-group-no-open-ssh");
    assert_eq!(ingress(rule("tcp", 20, 30, "0.0.0.0/0")), [risky, ssh]);
    assert_eq!(ingress(rule("tcp", 5432, 5432, "0.0.0.0/0")), [risky]);
    assert_eq!(ingress(rule("udp", 22, 22, "0.0.0.0/0")), [""; 0]);
    let everything = json!({ "ip_protocol": "-1", "cidr_ipv6": "::/0" });
    assert_eq!(ingress(everything.clone()).len(), 4);
    let egress = json!({ "egress": [everything] });
    assert_eq!(broken("ec2_security_group", &egress), ["ec2-security-group-no-open-egress"]);
}

#[test]
fn a_hardened_instance_breaks_none_and_each_weakness_is_named() {
    let volume = || json!({ "encrypted": true, "kms_key": "arn:aws:kms:us-east-1:123456789012:key/k" });
    let hardened = json!({
        "monitoring": true, "ebs_optimized": true, "associate_public_ip_address": false, "iam_instance_profile": "p",
        "metadata_options": { "http_tokens": "required", "http_put_response_hop_limit": 1 },
        "root_volume": volume(), "data_volumes": { "/dev/sdf": volume() }, "user_data": "#!/bin/sh\n",
    });
    assert_eq!(broken("ec2_instance", &hardened), [""; 0]);
    for (pointer, value, rule) in [
        ("/monitoring", json!(false), "ec2-instance-detailed-monitoring"),
        ("/ebs_optimized", json!(false), "ec2-instance-ebs-optimized"),
        ("/data_volumes/~1dev~1sdf/encrypted", json!(false), "ec2-instance-encrypted-volumes"),
        ("/root_volume/kms_key", json!(""), "ec2-instance-encrypted-volumes"),
        ("/metadata_options/http_put_response_hop_limit", json!(2), "ec2-instance-hop-limit"),
        ("/metadata_options/http_tokens", json!("optional"), "ec2-instance-imdsv2"),
        ("/associate_public_ip_address", json!(true), "ec2-instance-no-public-address"),
        ("/user_data", json!("export K=AKIAIOSFODNN7EXAMPLE"), "ec2-instance-no-secrets-in-user-data"),
        ("/iam_instance_profile", json!(""), "ec2-instance-profile"),
    ] {
        let mut weak = hardened.clone();
        *weak.pointer_mut(pointer).expect("a field") = value;
        assert_eq!(broken("ec2_instance", &weak), [rule]);
    }
}

#[test]
fn policies_are_read_as_iam_reads_them() {
    let role = |statement: Value| {
        let policy = json!({ "Statement": statement });
        broken("iam_role", &json!({ "inline_policies": { "p": policy } }))
    };
    assert_eq!(role(json!([{ "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "*" }])), [""; 0]);
    assert_eq!(role(json!({ "Effect": "Allow", "Action": "s3:*", "Resource": "arn" })), ["iam-role-no-wildcards"]);
    assert_eq!(role(json!([{ "Effect": "Deny", "Action": "*", "Resource": "*" }])), [""; 0]);
    let everything = json!({ "policy": { "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" } } });
    assert_eq!(broken("iam_managed_policy", &everything), ["iam-managed-policy-no-wildcards"]);
    let passes = json!([{ "Effect": "Allow", "Action": "iam:PassRole", "Resource": ["*"] }]);
    assert_eq!(role(passes), ["iam-role-scoped-pass-role"]);
    let trust = |principal: Value| {
        let policy =
            json!({ "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal }] });
        broken("iam_role", &json!({ "assume_role_policy": policy }))
    };
    assert_eq!(trust(json!({ "Service": "lambda.amazonaws.com" })), [""; 0]);
    assert_eq!(trust(json!({ "AWS": ["*"] })), ["iam-role-trust"]);
    let key = json!({ "Statement": [{ "Effect": "Allow", "Action": "kms:*", "Principal": "*", "Resource": "*" }] });
    assert_eq!(broken("kms_key", &json!({ "enable_key_rotation": true, "policy": key })), ["kms-key-not-public"]);
}

#[test]
fn a_vpc_needs_a_flow_log_of_its_own() {
    let id =
        |name: &str| unknown::Reference { address: Address::new("ec2_vpc", name), output: "vpc_id".to_owned() }.mark();
    let vpc = json!({ "default_security_group": { "ingress": [], "egress": [] } });
    let logged = environment(
        &[("ec2_vpc.a", vpc.clone()), ("ec2_vpc.b", vpc), ("ec2_flow_log.a", json!({ "resource_id": id("a") }))],
        &[],
    );
    assert_eq!(findings(&logged), ["ec2_vpc.b ec2-vpc-flow-logs"]);
}

#[test]
fn an_exception_excepts_one_rule_of_one_resource_and_is_not_for_nothing() {
    let key = || json!({ "enable_key_rotation": true, "multi_region": true });
    let one = "kms-key-single-region";
    let resources = [("kms_key.a", key()), ("kms_key.b", key())];
    assert_eq!(findings(&environment(&resources, &[(one, "kms_key.a")])), ["kms_key.b kms-key-single-region"]);
    let unused = [(one, "kms_key.a"), (one, "kms_key.b"), ("kms-key", "kms_key.a"), (one, "kms_key.c")];
    assert_eq!(
        findings(&environment(&resources, &unused)),
        ["unused kms-key: NoSuchRule", "unused kms-key-single-region: NoSuchResource"]
    );
    let kept = environment(&resources, &[(one, "kms_key.a"), (one, "kms_key.b"), ("kms-key-rotation", "kms_key.a")]);
    assert_eq!(findings(&kept), ["unused kms-key-rotation: Kept"]);
}

#[test]
fn names_are_unique_and_begin_with_their_kind() {
    let names: Vec<&str> = rules().map(|rule| rule.name).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    for rule in rules() {
        let kind = rule.kind.replace('_', "-");
        let known =
            rule.name.starts_with(&kind) || (rule.kind == "secretsmanager_secret" && rule.name.starts_with("secret-"));
        assert!(known, "{} is a rule of {kind}", rule.name);
    }
}
