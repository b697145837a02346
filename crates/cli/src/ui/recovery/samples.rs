//! Replicas of every sort, for the tests of what is printed.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use provision_reconciler::recovery::{Aspect, Objective, Party, Readiness, Replica};
use provision_report::{Checked, Outcome, RecoveryReport};

fn party(name: &str, id: &str, region: &str) -> Party {
    Party { name: name.to_owned(), ..Party::new(id, region) }
}

fn replicas() -> Vec<Replica> {
    let key = "arn:aws:kms:us-west-2:123456789012:key/mrk-1234abcd12ab34cd56ef1234567890ab";
    vec![
        Replica {
            primary: party("state", "s3://acme-state/provision/dev/state.json", "us-east-1"),
            replica: party("s3_bucket.state_replica", "s3://acme-state-dr/provision/dev/state.json", "us-west-2"),
            aspects: vec![
                Aspect::good("it can be read there", "whole", "serial 11, 60 resources"),
                Aspect::good("it is the latest", "serial 12", "serial 11")
                    .note("the state was written 4s ago; the copy may take 15m"),
            ],
        },
        Replica {
            primary: party("s3_bucket.audit", "acme-audit", "us-east-1"),
            replica: party("", "acme-audit-dr", "us-west-2"),
            aspects: vec![
                Aspect::good("versioning", "on", "on"),
                Aspect::good("key of the copies", key, "Disabled").finding(
                    "replica-key-disabled",
                    format!("the key {key} is disabled, so no copy can be read"),
                    "`aws kms enable-key` enables it",
                ),
                Aspect::good("a new object arrives", "within 15 min", "after 1.4 s"),
                Aspect::untested("replication metrics", "none failed", "there are none yet"),
            ],
        },
    ]
}

fn readiness(replicas: Vec<Replica>) -> Readiness {
    Readiness {
        environment: "dev".to_owned(),
        account: "123456789012".to_owned(),
        region: "us-east-1".to_owned(),
        objective: Objective { rpo: Duration::from_secs(900), patience: Duration::from_secs(1200) },
        replicas,
        unreplicated: vec!["dynamodb_table.data".parse().unwrap()],
    }
}

fn report_of(environments: Vec<Checked<Readiness>>) -> RecoveryReport {
    let checked_at = "2026-01-02T03:04:05Z".parse().unwrap();
    RecoveryReport { checked_at, engine: "0.1.0".to_owned(), environments }
}

fn looked(name: &str, readiness: Readiness) -> Checked<Readiness> {
    Checked { name: name.to_owned(), outcome: Outcome::Looked(readiness) }
}

/// One environment of which one replica would not serve.
pub fn report() -> RecoveryReport {
    report_of(vec![looked("dev", readiness(replicas()))])
}

/// One that is ready, one without replicas, one that could not be looked at.
pub fn several() -> RecoveryReport {
    let ready = readiness(replicas().into_iter().take(1).collect());
    let nothing = Readiness { environment: "lab".to_owned(), unreplicated: Vec::new(), ..readiness(Vec::new()) };
    let failed = Outcome::Failed { message: "failed to read the state".to_owned(), hint: Some("try again".to_owned()) };
    let failed = Checked { name: "prod".to_owned(), outcome: failed };
    report_of(vec![looked("dev", ready), looked("lab", nothing), failed])
}
