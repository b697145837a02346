//! From a change of a secret to its calls.

use std::collections::BTreeSet;

use provision_reconciler::{Change, Differences, Idempotency, Step};

use super::call::{Call, Operation, Put};
use super::spec::{AWS_MANAGED, Deletion, Replica, Spec};
use crate::tags::{self, TagChanges};

pub(super) fn steps(change: Change<'_, Spec>) -> Vec<Step<Call>> {
    match change {
        Change::Create { desired } => Steps::of(desired).create(desired),
        Change::Update { live, desired, differences } => Steps::of(live).update(live, desired, differences),
        Change::Delete { live, .. } => Steps::of(live).delete(live),
    }
}

/// The steps for one secret, as they are put together.
struct Steps<'a> {
    name: &'a str,
    steps: Vec<Step<Call>>,
}

impl<'a> Steps<'a> {
    fn of(spec: &'a Spec) -> Self {
        Self { name: &spec.name, steps: Vec::new() }
    }

    fn add(&mut self, seconds: u64, summary: impl Into<String>, operation: Operation) {
        let action = operation.action();
        let call = Call { name: self.name.to_owned(), operation };
        self.steps.push(Step::new(action, summary, call).usually_seconds(seconds));
    }

    fn create(mut self, desired: &Spec) -> Vec<Step<Call>> {
        let mut summary = format!("create the secret {}", desired.name);
        if let Some(source) = &desired.value {
            summary.push_str(&format!(" with {}", source.phrase()));
        }
        if !desired.replicas.is_empty() {
            summary.push_str(&format!(", replicated to {}", regions(&desired.replicas)));
        }
        let create = Operation::CreateSecret {
            description: desired.description.clone(),
            kms_key: desired.kms_key.clone(),
            replicas: desired.replicas.clone(),
            value: put(desired),
            tags: desired.tags.clone(),
        };
        self.add(if desired.replicas.is_empty() { 1 } else { 15 }, summary, create);
        // Names are unique.
        self.steps.iter_mut().for_each(|create| create.idempotency = Idempotency::Token);
        if !desired.policy.is_empty() {
            self.policy(desired);
        }
        if desired.rotation.is_on() {
            self.rotate(desired);
        }
        self.steps
    }

    /// Who may use it and how it is encrypted first, its value once that is settled, who changes it last.
    fn update(mut self, live: &Spec, desired: &Spec, differences: &Differences) -> Vec<Step<Call>> {
        let restored = live.deletion == Deletion::Pending && desired.deletion == Deletion::None;
        if restored {
            // Every other call is refused until then.
            self.add(1, "restore the secret, whose deletion is scheduled", Operation::RestoreSecret);
        }
        // What the policy of a pending one is cannot be read.
        if differences.touch("policy") || restored && !desired.policy.is_empty() {
            self.policy(desired);
        }
        self.settings(desired, differences);
        self.tags(live, desired);
        self.replicas(live, desired);
        let turned = differences.touch("rotation");
        if turned && !desired.rotation.is_on() {
            self.add(1, "turn off rotation", Operation::CancelRotateSecret);
        }
        if differences.touch_any(&["version_id", "has_value"]) {
            self.value(live, desired);
        }
        if turned && desired.rotation.is_on() {
            self.rotate(desired);
        }
        self.steps
    }

    fn delete(mut self, live: &Spec) -> Vec<Step<Call>> {
        if live.deletion == Deletion::Pending {
            return self.steps;
        }
        // AWS deletes no secret that has replicas.
        self.remove(live.replicas.iter());
        let days = live.recovery_window_in_days;
        let summary = format!("schedule the deletion of the secret {} in {days} days", live.name);
        self.add(1, summary, Operation::DeleteSecret { recovery_window_in_days: days });
        self.steps
    }

    fn policy(&mut self, desired: &Spec) {
        if desired.policy.is_empty() {
            self.add(1, "remove the resource policy", Operation::DeleteResourcePolicy);
        } else {
            let policy = desired.policy.clone();
            self.add(1, "set the resource policy", Operation::PutResourcePolicy { policy });
        }
    }

    fn settings(&mut self, desired: &Spec, differences: &Differences) {
        let description = differences.touch("description").then(|| desired.description.clone());
        let kms_key = differences.touch("kms_key").then(|| desired.kms_key.clone());
        let key = kms_key.as_deref().map(|key| match key {
            AWS_MANAGED => "encrypt the value with the key that AWS manages".to_owned(),
            key => format!("encrypt the value with {key}"),
        });
        let summary = match (&description, key) {
            (None, None) => return,
            (Some(_), None) => "change the description".to_owned(),
            (None, Some(key)) => key,
            (Some(_), Some(key)) => format!("change the description, and {key}"),
        };
        self.add(1, summary, Operation::UpdateSecret { description, kms_key });
    }

    fn tags(&mut self, live: &Spec, desired: &Spec) {
        let TagChanges { set, remove } = TagChanges::between(&live.tags, &desired.tags);
        if !set.is_empty() {
            self.add(1, tags::summary("set", set.keys()), Operation::TagResource { tags: set });
        }
        if !remove.is_empty() {
            self.add(1, tags::summary("remove", remove.iter()), Operation::UntagResource { keys: remove });
        }
    }

    /// The key of a replica cannot be changed: it is made anew.
    fn replicas(&mut self, live: &Spec, desired: &Spec) {
        let stays = |replica: &&Replica, others: &[Replica]| others.contains(replica);
        self.remove(live.replicas.iter().filter(|replica| !stays(replica, &desired.replicas)));
        let new: Vec<Replica> =
            desired.replicas.iter().filter(|replica| !stays(replica, &live.replicas)).cloned().collect();
        if !new.is_empty() {
            let summary = format!("replicate the secret to {}", regions(&new));
            self.add(15, summary, Operation::ReplicateSecretToRegions { replicas: new });
        }
    }

    fn remove<'r>(&mut self, replicas: impl Iterator<Item = &'r Replica>) {
        let regions: BTreeSet<String> = replicas.map(|replica| replica.region.clone()).collect();
        if !regions.is_empty() {
            let regions: Vec<String> = regions.into_iter().collect();
            let summary = format!("delete the replica in {}", regions.join(", "));
            self.add(5, summary, Operation::RemoveRegionsFromReplication { regions });
        }
    }

    fn value(&mut self, live: &Spec, desired: &Spec) {
        let Some(value) = put(desired) else { return };
        match value.version_id {
            // A value that it had before: its version is there, and storing it again would change nothing.
            Some(to) if live.versions.contains(&to) => {
                let summary = format!("make the earlier version current that has {}", value.source.phrase());
                let from = live.version_id.clone();
                self.add(1, summary, Operation::UpdateSecretVersionStage { to, from });
            }
            _ => {
                let summary = format!("store {}", value.source.phrase());
                self.add(1, summary, Operation::PutSecretValue { value });
            }
        }
    }

    fn rotate(&mut self, desired: &Spec) {
        let rotation = desired.rotation.clone();
        let summary = format!("rotate the value now and {}", rotation.when());
        self.add(10, summary, Operation::RotateSecret { rotation });
    }
}

fn put(desired: &Spec) -> Option<Put> {
    let source = desired.value.clone()?;
    // Of a value that is set once, the file knows no version, whatever the live one is.
    let version_id = desired.version_id.clone().filter(|_| source.is_lasting() && !desired.rotation.is_on());
    Some(Put { source, version_id })
}

fn regions(replicas: &[Replica]) -> String {
    replicas.iter().map(|replica| replica.region.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
