//! What stands in the way of a plan.

use provision_config::{Address, unknown};
use serde_json::Value;

use super::Refusal;
use super::planner::Planner;
use crate::erased::{AnyKind, Observed};
use crate::ownership;
use crate::record::Record;

impl Planner<'_> {
    /// Refuses to delete what is protected, or what holds data unless the person said so too.
    pub(super) fn guard(&mut self, address: &Address, kind: &dyn AnyKind, protect: bool, what: &str) {
        let refusal = if protect {
            Some((
                format!("it is protected; refusing to {what}"),
                format!("set `protect = false` on [{}.{}], apply, then try again", address.kind, address.name),
            ))
        } else if kind.schema().stateful && !self.options.delete_data {
            Some((
                format!("it holds data; refusing to {what}"),
                "add `--delete-data` if the data may be lost".to_owned(),
            ))
        } else {
            None
        };
        self.plan.refusals.extend(refusal.map(|(message, hint)| Refusal { address: address.clone(), message, hint }));
    }

    /// Whether somebody else made it. Of what the state knows, only a claim of another environment says so: that our tags are
    /// gone is a difference like any other.
    pub(super) fn is_foreign(&self, address: &Address, live: &Observed, record: Option<&Record>) -> bool {
        match record {
            Some(_) => ownership::is_theirs(&live.tags, self.subject.environment),
            None => !ownership::is_ours(&live.tags, self.subject.environment, address),
        }
    }

    /// Refuses references to outputs that a resource, as it is, does not have.
    pub(super) fn refuse_missing(&mut self, address: &Address, desired: &Value) {
        let settled = |other: &Address| {
            self.known.contains_key(other)
                && self.plan.changes.get(other).is_none_or(|change| !change.action.is_in_aws())
        };
        for reference in unknown::references_in(desired).into_iter().filter(|reference| settled(&reference.address)) {
            self.plan.refusals.push(Refusal {
                address: address.clone(),
                message: format!("it refers to `{reference}`, which does not exist"),
                hint: format!(
                    "see what {} has in `provision output`, and what its settings turn on",
                    reference.address
                ),
            });
        }
    }

    /// Refuses to touch what somebody else made.
    pub(super) fn foreign(&mut self, address: &Address, live: &Observed) {
        let owner = match (live.tags.get(ownership::ENVIRONMENT), live.tags.get(ownership::ADDRESS)) {
            (Some(environment), Some(address)) => format!("it belongs to {address} of environment {environment}"),
            _ => "this environment did not make it".to_owned(),
        };
        self.plan.refusals.push(Refusal {
            address: address.clone(),
            message: format!("`{}` exists already, and {owner}", live.id),
            hint: format!(
                "choose another name in [{}.{}], or give it the tags `{}` and `{}` to take it over",
                address.kind,
                address.name,
                ownership::ENVIRONMENT,
                ownership::ADDRESS,
            ),
        });
    }
}
