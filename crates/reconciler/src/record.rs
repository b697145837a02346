//! What we remember of a resource between runs.

use std::collections::BTreeSet;

use provision_config::Address;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What the state keeps of one resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The kind, as in `s3_bucket`.
    pub kind: String,
    /// What AWS calls it: a name, an id or an ARN, as the kind chooses.
    pub id: String,
    /// The region it lives in.
    pub region: String,
    /// What was last applied, sensitive values hashed; the third fact beside desired and live. `None` while the
    /// resource is made but not finished.
    pub spec: Option<Value>,
    /// What references can name.
    pub outputs: Map<String, Value>,
    /// What it needed when it was applied: the order of deletion once the file is gone.
    pub dependencies: BTreeSet<Address>,
    /// Whether the file last protected it from deletion.
    pub protect: bool,
    /// Those that it took the place of and that are still to be deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub superseded: Vec<Superseded>,
}

/// What another one took the place of, and which is still to be deleted: both carry the address's tags.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Superseded {
    /// What AWS calls it.
    pub id: String,
    /// The region it lives in.
    pub region: String,
    /// What it needed when it was applied.
    pub dependencies: BTreeSet<Address>,
}
