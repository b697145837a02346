//! One environment, checked and resolved as far as it can be without asking AWS.

use std::collections::{BTreeMap, BTreeSet};

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
    /// Every resource, `for_each` expanded, by address. Each spec has `[tags]` merged into its own tags.
    pub resources: BTreeMap<Address, Resource>,
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

/// `[state]`: where the state object and the lock are.
#[derive(Clone, Debug)]
pub struct StateSettings {
    /// The bucket's name. Known before the bucket exists.
    pub bucket: String,
    /// The lock table's name. Known before the table exists.
    pub lock_table: String,
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
