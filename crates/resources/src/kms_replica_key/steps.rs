//! From a change of a replica to its calls.

use provision_reconciler::{Change, Idempotency, Step};

use super::spec::{Spec, region};
use crate::kms::{self, Call};

pub(super) fn steps(change: Change<'_, Spec>) -> Vec<Step<Call>> {
    match change {
        Change::Create { desired } => create(desired),
        Change::Update { live, desired, differences } => {
            kms::update(&live.settings(), &desired.settings(), differences, None)
        }
        Change::Delete { live, .. } => kms::delete(&live.settings()),
    }
}

fn create(desired: &Spec) -> Vec<Step<Call>> {
    let replica = Call::ReplicateKey {
        primary_key_arn: desired.primary_key_arn.clone(),
        description: desired.description.clone(),
        policy: desired.policy.clone(),
        tags: desired.tags.clone(),
    };
    let summary = match region(&desired.primary_key_arn) {
        "" => "replicate the key".to_owned(),
        region => format!("replicate the key of {region}"),
    };
    // A key has at most one replica in a region.
    let step = Step::new("kms:ReplicateKey", summary, replica).idempotency(Idempotency::Token);
    let mut steps = vec![step.usually_seconds(10)];
    steps.extend(desired.alias.as_deref().map(kms::create_alias));
    if !desired.enabled {
        steps.push(kms::disable());
    }
    steps
}

#[cfg(test)]
mod tests {
    use provision_reconciler::Kind;
    use serde_json::{Value, json};

    use super::*;
    use crate::kms_replica_key::KmsReplicaKey;
    use crate::testing::{self, scope, spec, update, update_from};

    const PRIMARY: &str = "arn:aws:kms:eu-west-1:123456789012:key/mrk-1234";

    /// A replica with these fields besides its primary.
    fn replica(mut fields: Value) -> Value {
        fields["primary_key_arn"] = json!(PRIMARY);
        fields
    }

    #[test]
    fn creating_takes_a_call_for_the_replica_and_one_for_its_alias() {
        insta::assert_snapshot!(testing::create::<KmsReplicaKey>(replica(json!({}))), @r"
        kms:ReplicateKey: replicate the key of eu-west-1
        kms:CreateAlias: create alias/staging/data
        ");
        insta::assert_snapshot!(testing::create::<KmsReplicaKey>(replica(json!({ "enabled": false }))), @r"
        kms:ReplicateKey: replicate the key of eu-west-1
        kms:CreateAlias: create alias/staging/data
        kms:DisableKey: disable the key
        ");
        let steps = KmsReplicaKey::steps(Change::Create { desired: &spec::<KmsReplicaKey>(replica(json!({}))) });
        assert!(steps[..2].iter().all(|step| step.idempotency == Idempotency::Token));
    }

    #[test]
    fn each_field_has_its_call() {
        for (name, changed, expected) in [
            ("nothing", json!({}), ""),
            ("description", json!({ "description": "b" }), "kms:UpdateKeyDescription: change the description"),
            ("policy", json!({ "policy": { "Statement": [] } }), "kms:PutKeyPolicy: replace the key policy"),
            ("services", json!({ "services": ["s3"] }), "kms:PutKeyPolicy: replace the key policy"),
            ("enabled", json!({ "enabled": false }), "kms:DisableKey: disable the key"),
            ("window", json!({ "pending_window_in_days": 7 }), ""),
            ("tags", json!({ "tags": { "a": "b" } }), "kms:TagResource: set the tag a"),
        ] {
            assert_eq!(update::<KmsReplicaKey>(replica(json!({})), replica(changed)), expected, "{name}");
        }
    }

    #[test]
    fn deleting_schedules_once_and_can_be_taken_back() {
        let live = spec::<KmsReplicaKey>(replica(json!({ "pending_window_in_days": 7 })));
        insta::assert_snapshot!(testing::delete::<KmsReplicaKey>(&live, false), @"kms:ScheduleKeyDeletion: schedule the key's deletion in 7 days");
        let pending = Spec { deletion: kms::Deletion::Pending, enabled: false, ..live };
        assert_eq!(testing::delete::<KmsReplicaKey>(&pending, false), "");
        insta::assert_snapshot!(update_from::<KmsReplicaKey>(&pending, replica(json!({ "pending_window_in_days": 7 }))), @r"
        kms:CancelKeyDeletion: cancel the deletion of the key
        kms:EnableKey: enable the key
        ");
    }

    #[test]
    fn a_replica_is_not_where_its_key_is() {
        let here: Spec = serde_json::from_value(replica(json!({}))).unwrap_or_else(|error| panic!("{error}"));
        let mut scope = scope::<KmsReplicaKey>("data");
        scope.region = "eu-west-1".to_owned();
        let problem = here.complete(&scope).err();
        let problem = problem.map(|one| format!("{}: {} ({})", one.pointer, one.message, one.help.unwrap_or_default()));
        insta::assert_snapshot!(problem.unwrap_or_default(), @"/primary_key_arn: the key itself is in eu-west-1, where it can have no replica (set the `region` of the replica to another one)");
    }
}
