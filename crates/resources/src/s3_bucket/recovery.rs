//! Whether a bucket's replicas would serve: what each has of what the bucket declares, what S3 copies with, how far it has come, and an
//! object that is put into the bucket, awaited in the replica and read back there.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html>

mod canary;
mod lifecycle;
mod metrics;
mod objects;
mod role;
mod settings;

use std::sync::Arc;

use futures::future::join_all;
use provision_reconciler::recovery::{Aspect, Party, Recovery, Replica};
use provision_reconciler::{CloudError, Scope, Target};

use super::probe::region_of;
use super::read;
use super::replication::ReplicationRule;
use super::spec::Spec;
use crate::Aws;
use crate::aws::Clients;

/// One rule's destination, and what is asked of it.
struct Copying<'a> {
    aws: &'a Aws,
    recovery: &'a Recovery<Spec>,
    /// The rule as it was last applied.
    rule: &'a ReplicationRule,
    /// The bucket as it is.
    primary: &'a Spec,
    here: &'a Clients,
    there: Arc<Clients>,
    /// The destination's region and account.
    scope: Scope,
}

impl Copying<'_> {
    /// The destination's name.
    fn destination(&self) -> &str {
        self.rule.destination.name()
    }
}

/// Looks at the replica of every rule.
pub(super) async fn replicas(aws: &Aws, recovery: &Recovery<Spec>) -> Vec<Replica> {
    let rules = &recovery.spec.replication.rules;
    if rules.is_empty() {
        return Vec::new();
    }
    let here = aws.region(&recovery.scope.region).await;
    let target =
        Target { scope: recovery.scope.clone(), id: recovery.id.clone(), desired: Some(recovery.spec.clone()) };
    let primary = read::read(aws, &target).await;
    let looks = rules.iter().map(|rule| async {
        let place = match &primary {
            Ok(Some(live)) => place(aws, recovery, rule, &here).await.map(|region| (region, &live.spec)),
            Ok(None) => Err(gone(&recovery.id)),
            Err(error) => Err(Aspect::failed("the primary", "can be read", error)),
        };
        match place {
            Ok((region, primary)) => look(aws, recovery, rule, primary, &here, &region).await,
            Err(aspect) => replica(recovery, rule, "", vec![aspect]),
        }
    });
    join_all(looks).await
}

/// The region of a rule's destination.
async fn place(aws: &Aws, recovery: &Recovery<Spec>, rule: &ReplicationRule, here: &Clients) -> Result<String, Aspect> {
    const NAME: &str = "the replica";
    let (bucket, account) = (rule.destination.name(), rule.destination.account.as_str());
    if !account.is_empty() && account != recovery.scope.account {
        let why = format!("it is in account {account}, which cannot be looked into from here");
        return Err(Aspect::untested(NAME, bucket, why));
    }
    match region_of(aws, here.s3(), bucket).await {
        Ok(Some(region)) => Ok(region),
        Ok(None) => Err(Aspect::good(NAME, bucket, "no such bucket").finding(
            "replica-missing",
            format!("there is no bucket {bucket} to replicate to"),
            format!(
                "`provision apply {}` makes it; what was in it is copied anew only by S3 Batch Replication",
                recovery.scope.environment
            ),
        )),
        Err(error) => Err(Aspect::failed(NAME, bucket, &error)),
    }
}

fn gone(bucket: &str) -> Aspect {
    Aspect::good("the primary", bucket, "no such bucket").finding(
        "primary-missing",
        format!("there is no bucket {bucket} any more"),
        "the replica may be all that is left of it: keep it safe before anything is applied",
    )
}

async fn look(
    aws: &Aws,
    recovery: &Recovery<Spec>,
    rule: &ReplicationRule,
    primary: &Spec,
    here: &Clients,
    region: &str,
) -> Replica {
    let scope = Scope { region: region.to_owned(), ..recovery.scope.clone() };
    let target = Target { scope: scope.clone(), id: rule.destination.name().to_owned(), desired: None };
    let there = aws.region(region).await;
    let copying = Copying { aws, recovery, rule, primary, here, there, scope };
    let (live, key) = futures::join!(read::read(aws, &target), settings::key(&copying));
    let live = match live {
        Ok(Some(live)) => live.spec,
        // Deleted since it was listed.
        Ok(None) => return replica(recovery, rule, region, vec![gone(rule.destination.name())]),
        Err(error) => {
            let aspect = Aspect::failed("the replica", "can be read", &error);
            return replica(recovery, rule, region, vec![aspect]);
        }
    };
    let mut aspects = settings::aspects(&copying, &live);
    aspects.push(key);
    let (role, canary, objects, metrics) = futures::join!(
        role::aspects(&copying, &live),
        canary::aspects(&copying),
        objects::aspects(&copying),
        metrics::aspects(&copying),
    );
    for more in [role, canary, objects, metrics] {
        aspects.extend(more);
    }
    replica(recovery, rule, region, aspects)
}

fn replica(recovery: &Recovery<Spec>, rule: &ReplicationRule, region: &str, aspects: Vec<Aspect>) -> Replica {
    Replica {
        primary: Party::new(&recovery.id, &recovery.scope.region),
        replica: Party::new(rule.destination.name(), region),
        aspects,
    }
}

/// What mends a setting that is not as it was applied.
fn apply(copying: &Copying<'_>) -> String {
    format!("`provision apply {}` sets it back", copying.recovery.scope.environment)
}

/// The outcome of a call as an aspect, if it failed.
fn failed(name: &str, declared: &str, error: &CloudError) -> Vec<Aspect> {
    vec![Aspect::failed(name, declared, error)]
}
