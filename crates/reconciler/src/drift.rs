//! What was changed in AWS behind our back: live compared with what was last applied.

use std::collections::BTreeMap;

use provision_config::Address;
use serde::Serialize;

use crate::diff::{Difference, diff};
use crate::error::CloudError;
use crate::observe::Observation;
use crate::record::Record;
use crate::registry::Registry;

/// A resource that is not as we left it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Drifted {
    /// The resource.
    pub address: Address,
    /// What AWS calls it.
    pub id: String,
    /// The region.
    pub region: String,
    /// Whether it is gone altogether.
    pub deleted: bool,
    /// The fields that differ: `live` is what AWS has, `desired` what was last applied. Empty if it is gone.
    pub differences: Vec<Difference>,
}

/// What was changed in AWS since it was last applied, in address order.
///
/// # Errors
/// If something could not be read: a drift report that leaves things out would be believed.
pub fn drift(
    registry: &Registry,
    records: &BTreeMap<Address, Record>,
    observation: &Observation,
) -> Result<Vec<Drifted>, CloudError> {
    if let Some(error) = observation.failures.values().next() {
        return Err(error.clone());
    }
    let mut drifted = Vec::new();
    for (address, record) in records {
        // What was never finished has no expectation to drift from; `plan` shows it.
        let Some(expected) = &record.spec else { continue };
        let found = match observation.live.get(address) {
            None => Some((true, Vec::new())),
            Some(live) => {
                let fields = &registry.kind(address)?.schema().fields;
                let differences = diff(fields, &live.spec, expected, Some(expected));
                (!differences.is_empty()).then_some((false, differences))
            }
        };
        if let Some((deleted, differences)) = found {
            drifted.push(Drifted {
                address: address.clone(),
                id: record.id.clone(),
                region: record.region.clone(),
                deleted,
                differences,
            });
        }
    }
    Ok(drifted)
}
