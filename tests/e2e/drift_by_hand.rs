//! Forty kinds of change by hand, over all kinds of resource and all at once: each is named once and to the field, and mended alone.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use provision_testkit::emulator::Emulator;
use provision_testkit::proxy::Call;
use serde_json::Value;

use crate::drift::findings;
use crate::world::World;

/// What is done, the address at which it is found, and the fields; none if the resource is gone.
const CHANGES: &[(&str, &str, &[&str])] = &[
    (
        "public access unblocked",
        "s3_bucket.data",
        &[
            "public_access_block.block_public_acls",
            "public_access_block.block_public_policy",
            "public_access_block.ignore_public_acls",
            "public_access_block.restrict_public_buckets",
        ],
    ),
    ("default encryption with S3's own key", "s3_bucket.reports", &["block_sse_c", "kms_key"]),
    ("versioning suspended", "s3_bucket.data_replica", &["versioning"]),
    ("lifecycle deleted", "s3_bucket.reports_replica", &["lifecycle_rules[\"archive\"]"]),
    ("access logging off", "s3_bucket.state", &["logging.bucket", "logging.prefix"]),
    ("replication rule disabled", "s3_bucket.access_logs", &["replication.rules[\"dr\"].enabled"]),
    ("bucket policy deleted", "s3_bucket.state_replica", &["https_only"]),
    ("bucket tagged", "s3_bucket.access_logs", &["tags[\"Owner\"]"]),
    ("rotation off", "kms_key.s3", &["enable_key_rotation"]),
    ("key policy opened", "kms_key.dynamodb", &["policy"]),
    ("key disabled", "kms_key.volumes", &["enabled"]),
    ("key described otherwise", "kms_key.kinesis", &["description"]),
    ("replica key disabled", "kms_replica_key.s3", &["enabled"]),
    ("table tagged otherwise", "dynamodb_table.records", &["tags[\"Project\"]"]),
    ("point-in-time recovery off", "dynamodb_table.records", &["point_in_time_recovery"]),
    ("table deleted", "dynamodb_table.lock_dr", &[]),
    ("retention of the stream shortened", "kinesis_stream.events", &["retention_period_hours"]),
    ("encryption of the stream off", "kinesis_stream.events", &["kms_key"]),
    ("retention of logs shortened", "logs_log_group.flow", &["retention_in_days"]),
    ("function given more memory", "lambda_function.processor", &["memory_size"]),
    ("function's code replaced", "lambda_function.processor", &["code.code_sha256"]),
    ("mapping slowed down", "lambda_event_source_mapping.processor", &["batch_size"]),
    ("secret described otherwise", "secretsmanager_secret.pipeline", &["description"]),
    ("role's policy widened", "iam_role.processor", &["inline_policies[\"more\"]"]),
    ("administrator's policy attached", "iam_role.worker", &["managed_policy_arns"]),
    ("role trusts everybody", "iam_role.auditor", &["assume_role_policy"]),
    ("role deleted", "iam_role.flow_logs", &[]),
    ("profile emptied", "iam_instance_profile.worker", &["role"]),
    ("managed policy widened", "iam_managed_policy.readers", &["policy"]),
    ("metadata without a token", "ec2_instance.worker", &["metadata_options.http_tokens"]),
    ("monitoring off", "ec2_instance.worker", &["monitoring"]),
    ("port opened to the world", "ec2_security_group.worker", &["ingress[\"tcp 22 from 0.0.0.0/0\"]"]),
    ("rule revoked", "ec2_security_group.endpoints", &["ingress[\"tcp 443 from 10.0.0.0/16\"]"]),
    ("route deleted", "ec2_route_table.private[\"a\"]", &["routes[\"0.0.0.0/0\"]"]),
    ("subnet taken from its route table", "ec2_route_table.private[\"b\"]", &["subnets"]),
    ("public addresses by default", "ec2_subnet.private[\"a\"]", &["map_public_ip_on_launch"]),
    ("names in the VPC off", "ec2_vpc.main", &["enable_dns_hostnames"]),
    ("flow log deleted", "ec2_flow_log.main", &[]),
    ("endpoint's policy narrowed", "ec2_vpc_endpoint.gateway[\"s3\"]", &["policy_document"]),
    ("internet gateway renamed", "ec2_internet_gateway.main", &["tags[\"Name\"]"]),
    ("address tagged otherwise", "ec2_eip.nat[\"a\"]", &["tags[\"Project\"]"]),
    ("NAT gateway tagged", "ec2_nat_gateway.zone[\"a\"]", &["tags[\"Extra\"]"]),
];

/// What needs a policy of its own to be meddled with.
const READERS: &str = r#"
[iam_managed_policy.readers]
policy_name = "acme-dev-readers"
policy.statements = [{ actions = ["s3:GetObject"], resources = ["${s3_bucket.data.arn}/*"] }]
"#;

fn meddle(world: &World, names: &[&str]) {
    let output = Command::new(Emulator::shared().python())
        .args(["-c", include_str!("drift_by_hand/hands.py"), world.account.id.as_str()])
        .args(names)
        .envs(world.account.environment.iter().cloned())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What a report names: address and field; the field is empty if the resource is gone.
fn named(drift: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let named = findings(drift).iter().flat_map(|finding| {
        let address = text(&finding["address"]);
        let fields: Vec<String> = match finding["what"].as_str().unwrap() {
            "deleted" => vec![String::new()],
            "changed" => finding["differences"].as_array().unwrap().iter().map(|one| text(&one["path"])).collect(),
            other => panic!("{other}: {drift:#}"),
        };
        fields.into_iter().map(move |field| (address.clone(), field))
    });
    named.collect()
}

#[test]
fn each_change_by_hand_is_named_once_and_mended_alone() {
    let world = World::new();
    let file = world.folder().join("environments/dev.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text + READERS).unwrap();
    world.run(&["apply", "dev", "--yes"]).expect_exit(0);
    assert!(CHANGES.len() >= 30);
    let addresses: BTreeSet<&str> = CHANGES.iter().map(|(_, address, _)| *address).collect();
    let kinds: BTreeSet<&str> = addresses.iter().map(|address| address.split('.').next().unwrap()).collect();
    assert_eq!(kinds.len(), 22, "every kind has its turn");
    let names: Vec<&str> = CHANGES.iter().map(|(name, ..)| *name).collect();
    meddle(&world, &names);

    world.proxy().clear();
    let drift = world.json(&["drift", "dev"], 2);
    assert!(world.proxy().mutating_calls().is_empty(), "drift only reads");
    let mut expected: Vec<(String, String)> = CHANGES
        .iter()
        .flat_map(|(_, address, fields)| {
            let fields = if fields.is_empty() { &[""] } else { *fields };
            fields.iter().map(|field| ((*address).to_owned(), (*field).to_owned()))
        })
        .collect();
    let mut found = named(&drift);
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    // The gravest comes first.
    let severities: Vec<usize> = findings(&drift)
        .iter()
        .map(|finding| ["high", "medium", "low"].iter().position(|one| finding["severity"] == *one).unwrap())
        .collect();
    assert!(severities.is_sorted(), "{severities:?}");
    // What a security rule watches is never less than grave, and the report names the rule.
    let rules: BTreeMap<&str, &Value> = findings(&drift)
        .iter()
        .flat_map(|finding| finding["differences"].as_array().unwrap())
        .filter(|one| !one["rules"].as_array().unwrap().is_empty())
        .map(|one| (one["path"].as_str().unwrap(), one))
        .collect();
    assert!(rules.contains_key("enable_key_rotation") && rules.contains_key("https_only"), "{rules:#?}");

    // A change of the file's own waits for an apply.
    world.edit("base/keys.toml", "Secrets, ${environment.name}", "Some secrets, ${environment.name}");
    let told: Vec<&str> = findings(&drift)
        .iter()
        .flat_map(|finding| {
            let whole = finding["mend"]["calls"].as_array().into_iter().flatten();
            let of_fields = finding["differences"]
                .as_array()
                .unwrap()
                .iter()
                .flat_map(|one| one["mend"]["calls"].as_array().unwrap());
            let calls: BTreeSet<(&str, &str)> = whole
                .chain(of_fields)
                .map(|call| (call["action"].as_str().unwrap(), call["summary"].as_str().unwrap()))
                .collect();
            calls.into_iter().map(|(action, _)| action)
        })
        .collect();
    world.run(&["drift", "dev", "--fix", "--yes"]).expect_exit(0);
    let made = world.changes();
    let more: Vec<&Call> = made.iter().filter(|call| !told.contains(&call.action.as_str())).collect();
    assert!(more.is_empty() && made.len() <= told.len(), "{} calls, {} told: {more:?}", made.len(), told.len());
    let drift = world.json(&["drift", "dev"], 0);
    assert!(findings(&drift).is_empty(), "{drift:#}");
    let plan = world.json(&["plan", "dev"], 2);
    let changes = plan["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 1, "{plan:#}");
    assert_eq!(changes[0]["address"], "kms_key.secrets");
}
