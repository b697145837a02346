//! What a plan knows to be there and the state does not.

use std::collections::BTreeMap;

use provision_config::Address;

use super::{Plan, ResourceChange};
use crate::record::Record;

impl Plan {
    /// Remembers what was found, by its name or by its tags, and is to be changed or adopted: as made but not finished. To be written
    /// with the intents, before anything is done.
    ///
    /// Without it a run that dies would leave behind what no later run looks for: it is not in the state, the file may have given it
    /// up by then, and the intents of the run that made it have been replaced by those of the run that found it.
    pub fn note(&self, records: &mut BTreeMap<Address, Record>) {
        for (address, change) in &self.changes {
            if records.contains_key(address) {
                continue;
            }
            if let Some(record) = change.found(&address.kind) {
                records.insert(address.clone(), record);
            }
        }
    }
}

impl ResourceChange {
    /// What is there, to be remembered as made but not finished; `None`: nothing is.
    pub fn found(&self, kind: &str) -> Option<Record> {
        Some(Record {
            kind: kind.to_owned(),
            id: self.id.clone()?,
            region: self.old_region.clone().unwrap_or_else(|| self.region.clone()),
            spec: None,
            outputs: self.outputs.clone(),
            dependencies: self.dependencies.clone(),
            protect: self.protect,
            superseded: Vec::new(),
        })
    }
}
