//! Whether a bucket's replicas would serve: what each has of what the bucket declares, what S3 copies with, how far it has come, and an
//! object that is put into the bucket, awaited in the replica and read back there.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html>

mod canary;
mod ends;
mod lifecycle;
mod metrics;
mod objects;
mod role;
mod settings;

use std::sync::Arc;

use futures::future::join_all;
use provision_reconciler::recovery::{Aspect, Party, Recovery, Replica};
use provision_reconciler::{CloudError, Scope, Target};

use self::canary::Canary;
use self::ends::{End, Ends};
use super::probe::Probe;
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
    /// Where all rules copy to.
    ends: &'a Ends,
    /// The destination's region and account.
    scope: Scope,
}

impl Copying<'_> {
    /// The destination's name.
    fn destination(&self) -> &str {
        self.rule.destination.name()
    }

    /// An object of the primary.
    fn probe<'p>(&'p self, key: &'p str) -> Probe<'p> {
        let Recovery { id, scope, .. } = self.recovery;
        Probe { aws: self.aws, s3: self.here.s3(), bucket: id, account: &scope.account, key }
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
    let primary = match &primary {
        Ok(Some(live)) => Ok(&live.spec),
        Ok(None) => Err(gone(&recovery.id)),
        Err(error) => Err(Aspect::failed("the primary", "can be read", error)),
    };
    let primary = match primary {
        Ok(primary) => primary,
        Err(aspect) => {
            return rules.iter().map(|rule| replica(recovery, rule, "", vec![aspect.clone()])).collect();
        }
    };
    // Those that somebody added by hand copy too.
    let ends = Ends::of(aws, &here, rules.iter().chain(&primary.replication.rules)).await;
    let looks = rules.iter().map(|rule| async {
        match place(recovery, rule, &ends) {
            Ok(End { region, clients }) => {
                let scope = Scope { region: region.clone(), ..recovery.scope.clone() };
                let there = Arc::clone(clients);
                look(&Copying { aws, recovery, rule, primary, here: &here, there, ends: &ends, scope }).await
            }
            Err(aspect) => replica(recovery, rule, "", vec![aspect]),
        }
    });
    join_all(looks).await
}

/// Where a rule copies to.
fn place<'a>(recovery: &Recovery<Spec>, rule: &ReplicationRule, ends: &'a Ends) -> Result<&'a End, Aspect> {
    const NAME: &str = "the replica";
    let (bucket, account) = (rule.destination.name(), rule.destination.account.as_str());
    if !account.is_empty() && account != recovery.scope.account {
        let why = format!("it is in account {account}, which cannot be looked into from here");
        return Err(Aspect::untested(NAME, bucket, why));
    }
    match ends.get(bucket) {
        Ok(Some(end)) => Ok(end),
        Ok(None) => Err(missing(recovery, bucket)),
        Err(error) => Err(Aspect::failed(NAME, bucket, error)),
    }
}

fn missing(recovery: &Recovery<Spec>, bucket: &str) -> Aspect {
    Aspect::good("the replica", bucket, "no such bucket").finding(
        "replica-missing",
        format!("there is no bucket {bucket} to replicate to"),
        format!(
            "`provision apply {}` makes it; what was in it is copied anew only by S3 Batch Replication",
            recovery.scope.environment
        ),
    )
}

fn gone(bucket: &str) -> Aspect {
    Aspect::good("the primary", bucket, "no such bucket").finding(
        "primary-missing",
        format!("there is no bucket {bucket} any more"),
        "the replica may be all that is left of it: keep it safe before anything is applied",
    )
}

async fn look(copying: &Copying<'_>) -> Replica {
    let Copying { aws, recovery, rule, scope, .. } = copying;
    let target = Target { scope: scope.clone(), id: copying.destination().to_owned(), desired: None };
    let replica = |aspects: Vec<Aspect>| replica(recovery, rule, &scope.region, aspects);
    let canary = Canary::new(copying);
    let (live, key, obstacle) = futures::join!(read::read(aws, &target), settings::key(copying), canary.obstacle());
    let live = match live {
        Ok(Some(live)) => live.spec,
        // Deleted since it was listed.
        Ok(None) => return replica(vec![missing(recovery, copying.destination())]),
        Err(error) => return replica(failed("the replica", "can be read", &error)),
    };
    let mut aspects = settings::aspects(copying, &live);
    aspects.push(key);
    let (role, proof, objects, metrics, ()) = futures::join!(
        role::read(copying, &live),
        canary.aspects(obstacle),
        objects::aspects(copying),
        metrics::aspects(copying),
        canary.sweep(),
    );
    aspects
        .push(role.map_or_else(|aspect| aspect, |role| role::judge(copying, &live, &role, canary::is_copied(&proof))));
    for more in [proof, objects, metrics] {
        aspects.extend(more);
    }
    replica(aspects)
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
