//! What a person should know of resources that are as they should be.

use provision_config::Address;
use serde::{Deserialize, Serialize};

use crate::observe::Observation;

/// Something to know of a resource, which nothing is done about unasked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remark {
    /// The resource.
    pub address: Address,
    /// What, in lower case, without a full stop.
    pub text: String,
}

/// The remarks on all that there is, in address order.
pub fn remarks(observation: &Observation) -> Vec<Remark> {
    let all = observation.live.iter().flat_map(|(address, live)| live.remarks.iter().map(move |text| (address, text)));
    all.map(|(address, text)| Remark { address: address.clone(), text: text.clone() }).collect()
}
