//! Replicas of all sorts.

use std::time::Duration;

use provision_reconciler::recovery::{Aspect, Objective, Party, Readiness, Replica};
use provision_report::{Checked, Outcome, RecoveryReport};

use super::build::{address, at};

/// Several environments: one of which replicas would not serve, one that is ready, one that could not be looked at, one without any.
pub fn recovery() -> RecoveryReport {
    RecoveryReport {
        checked_at: at("2026-11-22T05:30:00Z"),
        engine: "0.1.0".to_owned(),
        environments: vec![
            looked("staging", staging()),
            looked("production", ready("production", "999988887777")),
            Checked {
                name: "sandbox-eu".to_owned(),
                outcome: Outcome::Failed {
                    message: "the state is locked by ci@build-17 since 2026-11-22 05:28 UTC".to_owned(),
                    hint: Some("wait until it is done, or see `provision lock status sandbox-eu`".to_owned()),
                },
            },
            looked("dev", Readiness { replicas: Vec::new(), unreplicated: Vec::new(), ..ready("dev", "123456789012") }),
        ],
    }
}

/// One environment, and all is well.
pub fn recovery_ready() -> RecoveryReport {
    RecoveryReport { environments: vec![looked("production", ready("production", "999988887777"))], ..recovery() }
}

fn looked(name: &str, readiness: Readiness) -> Checked<Readiness> {
    Checked { name: name.to_owned(), outcome: Outcome::Looked(readiness) }
}

fn party(name: &str, id: &str, region: &str) -> Party {
    Party { name: name.to_owned(), ..Party::new(id, region) }
}

fn bucket(environment: &str, name: &str, aspects: Vec<Aspect>) -> Replica {
    Replica {
        primary: party(&format!("s3_bucket.{name}"), &format!("acme-{environment}-{name}-210987654321"), "us-east-1"),
        replica: party(
            &format!("s3_bucket.{name}_replica"),
            &format!("acme-{environment}-{name}-dr-210987654321"),
            "us-west-2",
        ),
        aspects,
    }
}

fn good_aspects() -> Vec<Aspect> {
    vec![
        Aspect::good("versioning", "Enabled", "Enabled"),
        Aspect::good("the replication rule", "`all` is enabled", "`all` is enabled"),
        Aspect::good(
            "encryption",
            "arn:aws:kms:us-west-2:210987654321:key/mrk-1234abcd12ab34cd56ef1234567890ab",
            "arn:aws:kms:us-west-2:210987654321:key/mrk-1234abcd12ab34cd56ef1234567890ab",
        ),
        Aspect::good("the canary arrives", "within 15 min", "after 11 s"),
    ]
}

fn ready(environment: &str, account: &str) -> Readiness {
    Readiness {
        environment: environment.to_owned(),
        account: account.to_owned(),
        region: "us-east-1".to_owned(),
        objective: Objective { rpo: Duration::from_secs(900), patience: Duration::from_secs(1_200) },
        replicas: vec![
            bucket(environment, "data", good_aspects()),
            Replica {
                primary: party("kms_key.state", "mrk-1234abcd12ab34cd56ef1234567890ab", "us-east-1"),
                replica: party("kms_replica_key.state", "mrk-1234abcd12ab34cd56ef1234567890ab", "us-west-2"),
                aspects: vec![
                    Aspect::good("is enabled", "Enabled", "Enabled"),
                    Aspect::good("what the primary encrypts is decrypted", "yes", "after 240 ms")
                        .note("its policy is its own: a change of the primary's does not reach it"),
                ],
            },
        ],
        unreplicated: Vec::new(),
    }
}

fn staging() -> Readiness {
    let logs = bucket(
        "staging",
        "logs",
        vec![
            Aspect::good("versioning", "Enabled", "Enabled"),
            Aspect::good("the replication rule", "`all` is enabled", "`all` is disabled").finding(
                "rule-disabled",
                "the replication rule `all` of acme-staging-logs-210987654321 is disabled, so nothing new is copied",
                "enable it: `provision drift staging --fix` sets back the file's rule, by s3:PutBucketReplication",
            ),
            Aspect::good("the canary arrives", "within 15 min", "it did not arrive within 20 min").finding(
                "canary-missing",
                "an object that was put into the primary was not in the replica after 20 min",
                "mend the rule first; objects that were put meanwhile are copied by S3 Batch Replication",
            ),
        ],
    );
    let state = Replica {
        primary: party("state", "acme-staging-state-210987654321", "us-east-1"),
        replica: party("", "acme-central-state-replica", "us-west-2"),
        aspects: vec![
            Aspect::good("versioning", "Enabled", "Enabled"),
            Aspect::untested(
                "the state is read there",
                "its checksum holds",
                "this role may not read acme-central-state-replica, which is of another account",
            ),
        ],
    };
    let table = Replica {
        primary: party("dynamodb_table.lock", "acme-staging-lock", "us-east-1"),
        replica: party("dynamodb_table.lock", "acme-staging-lock", "us-west-2"),
        aspects: vec![
            Aspect::good("is active", "ACTIVE", "ACTIVE"),
            Aspect::good("point-in-time recovery", "on", "off").finding(
                "pitr-off",
                "point-in-time recovery is off in us-west-2",
                "turn it on there: replicas of a global table do not inherit it",
            ),
            Aspect::good("the canary arrives", "within 15 min", "after 2 s")
                .note("it took longer than usual: 900 ms is the median"),
        ],
    };
    let quiet = ready("staging", "210987654321");
    let replicas = [vec![table], quiet.replicas.clone(), vec![logs, state]].concat();
    Readiness {
        replicas,
        unreplicated: vec![
            address("dynamodb_table.records"),
            address("kinesis_stream.events"),
            address("s3_bucket.reports[\"eu\"]"),
        ],
        ..quiet
    }
}
