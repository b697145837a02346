//! A replica's settings against what its primary declares.

use provision_reconciler::recovery::Aspect;
use serde_json::Value;

use super::{Copying, apply, lifecycle};
use crate::document::Document;
use crate::grants::customer_key;
use crate::kms;
use crate::s3_bucket::replication::ReplicationRule;
use crate::s3_bucket::spec::{PublicAccessBlock, Spec};

/// Everything that can be told from the two buckets as they are.
pub(super) fn aspects(copying: &Copying<'_>, replica: &Spec) -> Vec<Aspect> {
    vec![
        rule(copying),
        primary_versioning(copying),
        versioning(copying, replica),
        encryption(copying, replica),
        public_access(copying, replica),
        policy(copying, replica),
        lifecycle::judge(copying.rule, &copying.primary.lifecycle_rules, &replica.lifecycle_rules),
    ]
}

/// The replication rule as it was applied and as it is.
fn rule(copying: &Copying<'_>) -> Aspect {
    let applied = copying.rule;
    let name = format!("replication rule {}", applied.id);
    let declared = in_words(applied);
    let live = copying.primary.replication.rules.iter().find(|rule| rule.id == applied.id);
    let Some(live) = live else {
        let message = format!("the bucket has no replication rule {}: nothing is copied", applied.id);
        return Aspect::good(name, declared, "no such rule").finding("rule-missing", message, apply(copying));
    };
    let aspect = Aspect::good(name, declared, in_words(live));
    if !live.enabled {
        let hint = match applied.enabled {
            true => apply(copying),
            false => "the file pauses it: set `enabled = true`, and apply".to_owned(),
        };
        let message = format!("the replication rule {} is disabled: nothing is copied", applied.id);
        return aspect.finding("rule-disabled", message, hint);
    }
    let role = &copying.primary.replication.role;
    if live != applied || *role != copying.recovery.spec.replication.role {
        let message = format!("the replication rule {} is not as it was applied", applied.id);
        return aspect.finding("rule-changed", message, apply(copying));
    }
    aspect
}

fn in_words(rule: &ReplicationRule) -> String {
    let standing = if rule.enabled { "enabled" } else { "disabled" };
    let prefix =
        if rule.prefix.is_empty() { "all objects".to_owned() } else { format!("objects under {}", rule.prefix) };
    let time = if rule.destination.replication_time { ", within 15 minutes" } else { "" };
    format!("{standing}: {prefix} to {}{time}", rule.destination.name())
}

fn primary_versioning(copying: &Copying<'_>) -> Aspect {
    let aspect = Aspect::good("versioning of the primary", "enabled", switch(copying.primary.versioning));
    match copying.primary.versioning {
        true => aspect,
        false => {
            let message = "the primary is not versioned any more: S3 copies nothing of it";
            aspect.finding("primary-unversioned", message, apply(copying))
        }
    }
}

fn versioning(copying: &Copying<'_>, replica: &Spec) -> Aspect {
    let aspect = Aspect::good("versioning", "enabled", switch(replica.versioning));
    match replica.versioning {
        true => aspect,
        false => {
            let message =
                "the replica is not versioned: S3 copies nothing to it, and what is overwritten there is gone";
            aspect.finding("replica-unversioned", message, apply(copying))
        }
    }
}

fn switch(on: bool) -> &'static str {
    if on { "enabled" } else { "suspended" }
}

/// The key that new objects of the replica are encrypted with, should it become the primary.
fn encryption(copying: &Copying<'_>, replica: &Spec) -> Aspect {
    let declared = match customer_key(copying.primary.kms_key()) {
        Some(_) => copying.rule.destination.kms_key.clone(),
        None => copying.primary.kms_key().to_owned(),
    };
    let aspect = Aspect::good("default encryption", declared.clone(), replica.kms_key());
    if replica.kms_key() == declared {
        return aspect;
    }
    match (customer_key(&declared), customer_key(replica.kms_key())) {
        (Some(_), None) => aspect.finding(
            "replica-encryption",
            format!(
                "what is written to the replica itself is encrypted with {} instead of a key of yours",
                replica.kms_key()
            ),
            apply(copying),
        ),
        _ => aspect.note("what is written to the replica itself is encrypted with another key than the copies are"),
    }
}

/// The key that the copies are encrypted with: whether it can be used.
pub(super) async fn key(copying: &Copying<'_>) -> Aspect {
    const NAME: &str = "key of the copies";
    let key = copying.rule.destination.kms_key.as_str();
    if customer_key(key).is_none() {
        return Aspect::good(NAME, "a key of S3's own", "a key of S3's own");
    }
    match kms::described(copying.aws, copying.there.kms(), key).await {
        Ok(Some(found)) => kms::usable(NAME, key, &found, &copying.recovery.scope.environment),
        Ok(None) => Aspect::good(NAME, "Enabled", "no such key").finding(
            "replica-key-missing",
            format!("the key {key} of the copies is gone: they cannot be read any more"),
            "make another key, and copy the objects anew with S3 Batch Replication while the primary is there",
        ),
        Err(error) => Aspect::failed(NAME, key, &error),
    }
}

fn public_access(copying: &Copying<'_>, replica: &Spec) -> Aspect {
    let (declared, found) = (blocked(copying.primary.public_access_block), blocked(replica.public_access_block));
    let aspect = Aspect::good("public access", declared, found);
    if let Some(statement) = public_statement(&replica.policy) {
        let message = format!("the replica's policy lets anybody in: {statement}");
        return aspect.finding("replica-public", message, apply(copying));
    }
    let lacks = missing(copying.primary.public_access_block, replica.public_access_block);
    if lacks.is_empty() {
        return aspect;
    }
    let message = format!("the replica may become public: its public access block lacks {}", lacks.join(", "));
    aspect.finding("replica-public", message, apply(copying))
}

const WAYS: [&str; 4] = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];

fn ways(block: PublicAccessBlock) -> [bool; 4] {
    [block.block_public_acls, block.ignore_public_acls, block.block_public_policy, block.restrict_public_buckets]
}

fn blocked(block: PublicAccessBlock) -> String {
    match ways(block).iter().filter(|way| **way).count() {
        4 => "blocked in all four ways".to_owned(),
        0 => "not blocked".to_owned(),
        count => format!("blocked in {count} of four ways"),
    }
}

fn missing(primary: PublicAccessBlock, replica: PublicAccessBlock) -> Vec<&'static str> {
    let both = ways(primary).into_iter().zip(ways(replica)).zip(WAYS);
    both.filter(|((wanted, there), _)| *wanted && !there).map(|(_, way)| way).collect()
}

/// The `Sid` (or action) of a statement that allows something to everybody, under no condition.
fn public_statement(policy: &Document) -> Option<String> {
    let statements = match policy.value().get("Statement")? {
        Value::Array(statements) => statements.clone(),
        statement => vec![statement.clone()],
    };
    let is_everybody = |principal: &Value| {
        *principal == "*"
            || principal
                .get("AWS")
                .is_some_and(|aws| *aws == "*" || aws.as_array().is_some_and(|all| all.contains(&"*".into())))
    };
    let is_public = |statement: &&Value| {
        statement.get("Effect").is_some_and(|effect| effect == "Allow")
            && statement.get("Principal").is_some_and(is_everybody)
            && statement.get("Condition").is_none()
    };
    let statement = statements.iter().find(is_public)?;
    let name = statement.get("Sid").or(statement.get("Action"))?;
    Some(name.as_str().map_or_else(|| name.to_string(), str::to_owned))
}

/// HTTPS only, and the other statements: those of the primary are to be said of the replica too.
fn policy(copying: &Copying<'_>, replica: &Spec) -> Aspect {
    let primary = copying.primary;
    let https = |only: bool| if only { "HTTPS only" } else { "HTTP too" };
    let aspect = Aspect::good("policy", https(primary.https_only), https(replica.https_only));
    if primary.https_only && !replica.https_only {
        let message = "the replica can be reached without HTTPS, the primary cannot";
        return aspect.finding("replica-policy", message, apply(copying));
    }
    let translated = primary.policy.to_json().replace(&copying.recovery.id, copying.destination());
    if Document::parse(&translated).unwrap_or_default() == replica.policy {
        return aspect;
    }
    aspect.note("its other statements are not those of the primary: see that whoever needs it can get at it there")
}
