//! What the cloud in memory keeps.

use std::collections::BTreeMap;

use provision_reconciler::ownership;
use serde_json::{Map, Value};
use tokio::time::Instant;

/// Something in the cloud.
#[derive(Clone, Debug)]
pub struct Object {
    /// The kind's name, `memory_key`.
    pub kind: String,
    /// The region.
    pub region: String,
    /// Its name, or what the cloud chose.
    pub id: String,
    /// Its settings, in the form of the file.
    pub settings: Map<String, Value>,
    /// Its tags, all of them.
    pub tags: BTreeMap<String, String>,
    /// What the cloud made up: endpoints, stream labels.
    pub outputs: BTreeMap<String, String>,
    pub(super) visible_at: Option<Instant>,
    pub(super) ready_at: Option<Instant>,
    /// Calls that name it answer that there is no such thing, until then.
    pub(super) known_at: Option<Instant>,
    /// If it is a role, it cannot be assumed until then.
    pub(super) assumable_at: Option<Instant>,
    /// It is gone, but holds on to what it used, until then.
    pub(super) lingers_until: Option<Instant>,
    /// It is being deleted, until then.
    pub(super) gone_at: Option<Instant>,
}

impl Object {
    /// An object without settings or tags.
    pub fn new(kind: &str, region: &str, id: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            region: region.to_owned(),
            id: id.to_owned(),
            settings: Map::new(),
            tags: BTreeMap::new(),
            outputs: BTreeMap::new(),
            visible_at: None,
            ready_at: None,
            known_at: None,
            assumable_at: None,
            lingers_until: None,
            gone_at: None,
        }
    }

    /// The address in its tags.
    pub fn address(&self) -> Option<&str> {
        self.tags.get(ownership::ADDRESS).map(String::as_str)
    }

    pub(super) fn is_visible(&self) -> bool {
        self.gone_at.is_none() && self.visible_at.is_none_or(|at| at <= Instant::now())
    }

    pub(super) fn is_known(&self) -> bool {
        self.known_at.is_none_or(|at| at <= Instant::now())
    }

    pub(super) fn is_ready(&self) -> bool {
        self.gone_at.is_none() && self.ready_at.is_none_or(|at| at <= Instant::now())
    }
}
