//! One environment, checked and resolved as far as it can be without asking AWS.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use crate::address::Address;
use crate::diagnostic::Location;
use crate::unknown;

/// An environment: the merged layers of its file, every reference resolved or marked unknown, every field checked.
#[derive(Clone, Debug)]
pub struct Environment {
    /// `[environment] name`.
    pub name: String,
    /// The account it lives in; any other is refused.
    pub account: String,
    /// The region of every resource that names no other.
    pub region: String,
    /// The disaster-recovery region, where there is one.
    pub dr_region: Option<String>,
    /// Where the state is kept.
    pub state: StateSettings,
    /// `[policy] exceptions`.
    pub policy_exceptions: Vec<PolicyException>,
    /// `[drift] ignore`.
    pub drift_ignores: Vec<DriftIgnore>,
    /// `[dr]`.
    pub dr: DrSettings,
    /// Every resource, `for_each` expanded, by address. Each spec has `[tags]` merged into its own tags.
    pub resources: BTreeMap<Address, Resource>,
}

impl Environment {
    /// The buckets that the state is copied to, as the rules of its own bucket say, in the rules' order: what is left if the region is
    /// lost. Rules that are paused or leave the state out do not count.
    pub fn state_replicas(&self) -> Vec<StateReplica> {
        let bucket = self.state.bucket_resource.as_ref().and_then(|address| self.resources.get(address));
        let rules = bucket.and_then(|bucket| bucket.spec.pointer("/replication/rules")?.as_array());
        rules.into_iter().flatten().filter_map(|rule| self.state_replica(rule)).collect()
    }

    /// The first of them in another region than the state.
    pub fn state_replica_elsewhere(&self) -> Option<StateReplica> {
        self.state_replicas().into_iter().find(|replica| replica.region != self.state.bucket_region)
    }

    /// The same environment with its state where [`Environment::state_replica_elsewhere`] says, and its lock beside it: once its own
    /// region is lost. `None` if the state is copied to no other region.
    ///
    /// The state has a key of its own there. Under its usual one S3 may still deliver what it had not copied when the region was
    /// lost, over whatever was written since.
    pub fn recovered(&self) -> Option<Self> {
        let replica = self.state_replica_elsewhere()?;
        let (folder, name) = self.state.key.rsplit_once('/').map_or(("", self.state.key.as_str()), |parts| parts);
        let slash = if folder.is_empty() { "" } else { "/" };
        let state = StateSettings {
            bucket: replica.bucket,
            bucket_region: replica.region.clone(),
            lock_table: self.dr.lock_table.clone(),
            lock_region: replica.region,
            key: format!("{folder}{slash}recovered/{name}"),
            kms_key: replica.kms_key,
            resources: self.state.resources.clone(),
            lock_resource: self.dr.lock_resource.clone(),
            bucket_resource: replica.resource,
        };
        Some(Self { state, ..self.clone() })
    }

    fn state_replica(&self, rule: &Value) -> Option<StateReplica> {
        let text = |pointer: &str| rule.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let copies = rule.get("enabled") != Some(&Value::Bool(false))
            && self.state.key.starts_with(text("/prefix"))
            && rule.get("object_tags").and_then(Value::as_object).is_none_or(serde_json::Map::is_empty);
        if !copies {
            return None;
        }
        let destination = text("/destination/bucket");
        // A reference to one of ours, or the ARN of whatever bucket.
        let named = match unknown::references(destination).into_iter().next() {
            Some(reference) => self.resources.get(&reference.address),
            None => {
                let name = destination.rsplit(':').next();
                let named = |resource: &&Resource| {
                    resource.address.kind == "s3_bucket" && resource.spec.get("bucket").and_then(Value::as_str) == name
                };
                self.resources.values().find(named)
            }
        };
        let bucket = match named {
            Some(resource) => resource.spec.get("bucket")?.as_str()?,
            None => destination.rsplit(':').next()?,
        };
        let region = named.map(|resource| &resource.region).or(self.dr_region.as_ref())?;
        Some(StateReplica {
            bucket: bucket.to_owned(),
            region: region.clone(),
            resource: named.map(|resource| resource.address.clone()),
            kms_key: text("/destination/kms_key").to_owned(),
        })
    }
}

/// One of `[policy] exceptions`: a security rule that need not hold for a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyException {
    /// The rule's name.
    pub rule: String,
    /// The resource's address, as the file writes it.
    pub resource: String,
    /// Why.
    pub reason: String,
}

/// One of `[drift] ignore`: a field that may differ from what was last applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriftIgnore {
    /// The resource's address; `KIND.*` for every one of a kind.
    pub resource: String,
    /// The field as a drift report names it (`tags["Scanned"]`), with all that is in it.
    pub field: String,
    /// Why nobody need know.
    pub reason: String,
}

impl DriftIgnore {
    /// Whether it is about this field of this resource.
    pub fn covers(&self, address: &Address, path: &str) -> bool {
        let is_resource = match self.resource.strip_suffix(".*") {
            Some(kind) => address.kind == kind,
            None => address.to_string() == self.resource,
        };
        let rest = path.strip_prefix(self.field.as_str());
        is_resource && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    }
}

/// `[dr]`: what is asked of the replicas in the other region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrSettings {
    /// The recovery point objective: how far replicas may be behind.
    pub rpo: Duration,
    /// The name of the lock table in the other region; that of `[state]` if unset.
    pub lock_table: String,
    /// The resource that it is, if it is one of ours.
    pub lock_resource: Option<Address>,
}

/// What S3 undertakes with Replication Time Control.
impl Default for DrSettings {
    fn default() -> Self {
        Self { rpo: Duration::from_secs(15 * 60), lock_table: String::new(), lock_resource: None }
    }
}

/// A bucket that the state is copied to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateReplica {
    /// The bucket's name.
    pub bucket: String,
    /// The region that it is in.
    pub region: String,
    /// The resource that it is, if it is one of ours.
    pub resource: Option<Address>,
    /// The ARN of the KMS key that the copies are encrypted with. May be an unknown.
    pub kms_key: String,
}

/// `[state]`: where the state object and the lock are.
#[derive(Clone, Debug)]
pub struct StateSettings {
    /// The bucket's name. Known before the bucket exists.
    pub bucket: String,
    /// The region that it is in.
    pub bucket_region: String,
    /// The lock table's name. Known before the table exists.
    pub lock_table: String,
    /// The region that it is in.
    pub lock_region: String,
    /// The object's key; `provision/NAME/state.json` if unset.
    pub key: String,
    /// The ARN of the KMS key that encrypts the object; may be an unknown until that key exists. If unset in the file:
    /// the `kms_key` of the bucket, where the bucket is one of ours.
    pub kms_key: String,
    /// The resources that those values come from, in this environment, and all that these need: what a destroy deletes last.
    pub resources: BTreeSet<Address>,
    /// The resource that is the lock table, if it is one of ours.
    pub lock_resource: Option<Address>,
    /// The resource that is the bucket, if it is one of ours.
    pub bucket_resource: Option<Address>,
}

impl StateSettings {
    /// The resources that the state is written to and encrypted with, without what these need.
    pub fn roots(&self) -> BTreeSet<Address> {
        let key = unknown::references(&self.kms_key).into_iter().map(|reference| reference.address);
        self.bucket_resource.iter().cloned().chain(key).collect()
    }
}

/// One resource of an environment.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its address.
    pub address: Address,
    /// The region it lives in.
    pub region: String,
    /// The fields, with schema defaults filled in. A field that is not managed is absent. Outputs of other resources
    /// are marked (see [`crate::unknown`]). A document is a table, however it was written.
    pub spec: Value,
    /// What it needs: everything it refers to, and `depends_on`. Never itself.
    pub dependencies: BTreeSet<Address>,
    /// Where it refers to what it needs: the fields by name, inner ones as the outer one. What is needed otherwise (by
    /// `depends_on`, by a document of its own file) is not in it.
    pub referring: BTreeMap<Address, BTreeSet<String>>,
    /// What may be done with it.
    pub lifecycle: Lifecycle,
    /// Where it and its fields stand in the files.
    pub origin: Origin,
}

/// The fields that every kind has, beside its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lifecycle {
    /// Neither deleted nor replaced while true. Unset in the file: true for kinds that hold data.
    pub protect: bool,
}

/// Where a resource and its fields stand in the files.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The resource's table header.
    pub header: Option<Location>,
    /// Every value, by JSON pointer into the spec (`/logging/bucket`).
    pub fields: BTreeMap<String, Location>,
}

impl Origin {
    /// Where a field stands: the field itself, else the nearest table around it, else the header.
    pub fn locate(&self, pointer: &str) -> Option<&Location> {
        let mut pointer = pointer;
        loop {
            if let Some(location) = self.fields.get(pointer) {
                return Some(location);
            }
            match pointer.rfind('/') {
                Some(end) => pointer = &pointer[..end],
                None => return self.header.as_ref(),
            }
        }
    }
}
