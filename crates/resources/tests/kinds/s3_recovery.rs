//! What `provision dr check` finds of buckets whose rules the environments of the end-to-end tests do not have.

use std::time::Duration;

use aws_sdk_s3::types::{
    DefaultRetention, ObjectLockConfiguration, ObjectLockEnabled, ObjectLockRetentionMode, ObjectLockRule,
};
use provision_reconciler::execute::Permit;
use provision_reconciler::recovery::{Objective, Recovery, Replica, Verdict};
use provision_resources::s3_bucket::S3Bucket;
use provision_resources::{IamRole, registry};
use serde_json::{Map, Value, json};

use crate::driver::{Driver, Resource};

const RPO: Duration = Duration::from_secs(900);

/// A bucket in us-east-1 and those that it is copied to, each with its region.
struct Copied {
    driver: Driver,
    source: Resource<S3Bucket>,
    table: Value,
    ends: Vec<(&'static str, String)>,
}

impl Copied {
    /// With a rule for each region, beyond the destination with these fields.
    async fn new(rules: &[(&'static str, Value)]) -> Self {
        let driver = Driver::new().await;
        let name = format!("source-{}", driver.account);
        let mut ends = vec![("us-east-1", name.clone())];
        let mut tables = Vec::new();
        for (priority, (region, fields)) in rules.iter().enumerate() {
            let replica = format!("{region}-{}", driver.account);
            let mut bucket = driver.in_region(region).resource::<S3Bucket>(region);
            Box::pin(bucket.apply(json!({ "bucket": replica }))).await;
            let mut rule = json!({
                "id": region, "priority": priority,
                "destination": { "bucket": format!("arn:aws:s3:::{replica}") },
            });
            rule.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            tables.push(rule);
            ends.push((*region, replica));
        }
        let role = format!("arn:aws:iam::{}:role/replication", driver.account);
        let table = json!({ "bucket": name, "replication": { "role": role, "rules": tables } });
        let mut source = driver.resource::<S3Bucket>("source");
        Box::pin(source.apply(table.clone())).await;
        Self { driver, source, table, ends }
    }

    async fn check(&self, rpo: Duration) -> Vec<Replica> {
        let (_sender, permit) = Permit::new();
        let patience = Duration::from_secs(5);
        let recovery = Recovery {
            scope: self.source.scope.clone(),
            id: self.source.id.clone().unwrap(),
            spec: serde_json::to_value(self.source.spec(self.table.clone())).unwrap(),
            outputs: Map::new(),
            objective: Objective { rpo, patience },
            permit,
        };
        // As the engine does, without types.
        registry(&self.driver.aws).kind(&self.source.scope.address).unwrap().replicas(recovery).await
    }

    /// The names of all versions everywhere.
    async fn census(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (region, bucket) in &self.ends {
            let clients = self.driver.aws.region(region).await;
            let page = clients.s3().list_object_versions().bucket(bucket).send().await.unwrap();
            let versions = page.versions().iter().map(|one| one.key());
            let markers = page.delete_markers().iter().map(|one| one.key());
            found.extend(versions.chain(markers).map(|key| format!("{bucket}/{}", key.unwrap())));
        }
        found
    }

    async fn put(&self, key: &str) {
        let clients = self.driver.aws.region("us-east-1").await;
        clients.s3().put_object().bucket(&self.ends[0].1).key(key).send().await.unwrap();
    }
}

/// What is thought of an aspect: `good`, the code of a finding, or why there is something to be said.
fn verdict(replica: &Replica, name: &str) -> String {
    let aspect = replica.aspects.iter().find(|aspect| aspect.name == name);
    match &aspect.unwrap_or_else(|| panic!("{replica:#?}")).verdict {
        Verdict::Good => "good".to_owned(),
        Verdict::Note(text) | Verdict::Untested(text) => text.clone(),
        Verdict::Finding(finding) => finding.code.to_owned(),
    }
}

/// moto does not copy objects.
fn copies_objects() -> bool {
    !std::env::var("PROVISION_SANDBOX_LANE").is_ok_and(|lane| lane == "moto")
}

#[tokio::test]
async fn canaries_are_taken_away_wherever_any_rule_copies_them_to() {
    if !copies_objects() {
        return;
    }
    // What the first copies, the second copies too; the third none of it.
    let copied = Copied::new(&[
        ("us-west-2", json!({ "prefix": "data/" })),
        ("eu-west-1", json!({})),
        ("eu-west-3", json!({ "prefix": "logs/" })),
    ])
    .await;
    let replicas = copied.check(RPO).await;
    assert_eq!(replicas.len(), 3);
    // MiniStack copies an object by one of the rules alone, so the canary of the first gets to the second's bucket only.
    assert_eq!(verdict(&replicas[1], "a new object arrives"), "good", "{replicas:#?}");
    assert_eq!(verdict(&replicas[1], "it can be read there"), "good", "{replicas:#?}");
    assert_eq!(copied.census().await, [""; 0]);
}

#[tokio::test]
async fn a_rule_that_selects_by_tags_passes_over_the_other_objects() {
    if !copies_objects() {
        return;
    }
    let copied = Copied::new(&[("us-west-2", json!({ "object_tags": { "class": "gold & more" } }))]).await;
    copied.put("untagged").await;
    let replicas = copied.check(RPO).await;
    assert_eq!(verdict(&replicas[0], "a new object arrives"), "good", "{replicas:#?}");
    assert_eq!(verdict(&replicas[0], "objects that are there"), "good", "{replicas:#?}");
    // However long ago it was put.
    let replicas = copied.check(Duration::ZERO).await;
    let note = "S3 tells no status of 1 of the sampled objects, as untagged: they are taken for objects without the tags of the \
                rule, which are not asked for";
    assert_eq!(verdict(&replicas[0], "objects that are there"), note);
    assert_eq!(copied.census().await, [format!("{}/untagged", copied.ends[0].1)]);
}

#[tokio::test]
async fn no_canary_is_put_where_it_could_not_be_deleted() {
    let copied = Copied::new(&[("us-west-2", json!({}))]).await;
    let retention = DefaultRetention::builder().mode(ObjectLockRetentionMode::Governance).days(1).build();
    let lock = ObjectLockConfiguration::builder()
        .object_lock_enabled(ObjectLockEnabled::Enabled)
        .rule(ObjectLockRule::builder().default_retention(retention).build())
        .build();
    let clients = copied.driver.aws.region("us-west-2").await;
    let (_, replica) = &copied.ends[1];
    clients.s3().put_object_lock_configuration().bucket(replica).object_lock_configuration(lock).send().await.unwrap();
    let replicas = copied.check(RPO).await;
    assert_eq!(
        verdict(&replicas[0], "a new object arrives"),
        format!("it might not be possible to delete it from {replica} again: Object Lock retains what is new")
    );
    assert_eq!(copied.census().await, [""; 0]);
}

#[tokio::test]
async fn nothing_is_waited_for_that_no_rule_copies() {
    let copied = Copied::new(&[("us-west-2", json!({}))]).await;
    let clients = copied.driver.aws.region("us-east-1").await;
    clients.s3().delete_bucket_replication().bucket(&copied.ends[0].1).send().await.unwrap();
    let replicas = copied.check(RPO).await;
    assert_eq!(verdict(&replicas[0], "replication rule us-west-2"), "rule-missing");
    assert_eq!(verdict(&replicas[0], "a new object arrives"), "the bucket has no enabled rule that copies it");
    assert_eq!(copied.census().await, [""; 0]);
}

/// All that AWS asks for to copy objects and their tags that no key of one's own encrypts, and no delete markers.
const COPYING: [&str; 7] = [
    "s3:GetObjectVersionAcl",
    "s3:GetObjectVersionForReplication",
    "s3:GetObjectVersionTagging",
    "s3:GetReplicationConfiguration",
    "s3:ListBucket",
    "s3:ReplicateObject",
    "s3:ReplicateTags",
];

impl Copied {
    /// What is thought of a role that may do this.
    async fn role(&self, actions: &[&str]) -> String {
        let trust = json!({ "statements": [{ "actions": ["sts:AssumeRole"], "principals": { "service": ["s3.amazonaws.com"] } }] });
        let may = json!({ "statements": [{ "actions": actions, "resources": ["*"] }] });
        let mut role = self.driver.resource::<IamRole>("replication");
        let table =
            json!({ "role_name": "replication", "assume_role_policy": trust, "inline_policies": { "copy": may } });
        // Boxed: what a test's thread has of a stack is too small for all of them.
        Box::pin(role.apply(table)).await;
        let verdict = verdict(&Box::pin(self.check(RPO)).await[0], "role of the copying");
        Box::pin(role.delete(false)).await;
        verdict
    }
}

#[tokio::test]
async fn the_role_must_have_what_aws_asks_for_and_no_more() {
    let copied = Copied::new(&[("us-west-2", json!({ "prefix": "data/" }))]).await;
    assert_eq!(copied.role(&COPYING).await, "good");
    for lacking in COPYING {
        let rest: Vec<&str> = COPYING.into_iter().filter(|action| *action != lacking).collect();
        assert_eq!(copied.role(&rest).await, "role-action", "{lacking}");
    }
    // The replica's policy may give what the role's lacks, and take what it has.
    let west = copied.driver.aws.region("us-west-2").await;
    let role = format!("arn:aws:iam::{}:role/replication", copied.driver.account);
    let put = |effect: &'static str, objects: &'static str| {
        let (replica, west, role) = (&copied.ends[1].1, &west, &role);
        async move {
            let statement = json!({
                "Effect": effect, "Principal": { "AWS": role }, "Action": "s3:ReplicateTags",
                "Resource": format!("arn:aws:s3:::{replica}/{objects}"),
            });
            let policy = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
            west.s3().put_bucket_policy().bucket(replica).policy(policy).send().await.unwrap();
        }
    };
    put("Allow", "data/*").await;
    assert_eq!(copied.role(&COPYING[..6]).await, "good");
    put("Deny", "data/secret/*").await;
    assert_eq!(copied.role(&COPYING).await, "role-action");
    put("Deny", "other/*").await;
    assert_eq!(copied.role(&COPYING).await, "good", "of that nothing is copied");

    let copied = Copied::new(&[("us-west-2", json!({ "delete_marker_replication": true }))]).await;
    assert_eq!(copied.role(&COPYING).await, "role-action");
    let all: Vec<&str> = COPYING.into_iter().chain(["s3:ReplicateDelete"]).collect();
    assert_eq!(copied.role(&all).await, "good");
}
