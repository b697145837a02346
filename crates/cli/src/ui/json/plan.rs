//! `provision.plan/1`: what a run would do.

use provision_reconciler::diff::{self, Cause};
use provision_reconciler::plan::{self, Action, Reason};
use serde::Serialize;
use serde_json::Value;

use crate::ui::value::{SENSITIVE, machine, template};

/// What a run would do.
#[derive(Debug, Serialize)]
pub struct Plan {
    format: &'static str,
    /// The environment.
    environment: String,
    /// The 12-digit account.
    account: String,
    /// Whether anything in AWS would change.
    has_changes: bool,
    /// Every resource that is not as it should be, or not in the state as it is, by address.
    changes: Vec<Change>,
    /// How many resources meet which fate.
    counts: Counts,
    /// Why the plan cannot be carried out. If there are any, nothing is done.
    refusals: Vec<Refusal>,
    /// What should be known of resources that stay.
    remarks: Vec<Remark>,
}

/// What should be known of a resource.
#[derive(Debug, Serialize)]
pub struct Remark {
    address: String,
    text: String,
}

impl Remark {
    pub(super) fn new(remark: &provision_reconciler::Remark) -> Self {
        Self { address: remark.address.to_string(), text: remark.text.clone() }
    }
}

/// What happens to one resource.
#[derive(Debug, Serialize)]
pub struct Change {
    /// Its address.
    pub address: String,
    /// Its kind.
    pub kind: String,
    /// `create`, `update`, `replace`, `delete`; or, with no change in AWS, `adopt`, `record`, `forget`.
    pub action: Action,
    /// `new`, `deleted_outside`, `differs`, `moved`, `removed`, `destroyed`, `unrecorded`, `superseded`.
    pub reason: Reason,
    /// The region.
    pub region: String,
    /// What AWS calls it, if it exists.
    pub id: Option<String>,
    /// The fields in which AWS and the file differ. Empty for creations and deletions.
    pub differences: Vec<Difference>,
    /// The calls, in order.
    pub calls: Vec<Call>,
    /// The addresses whose changes must be finished first; of creations only as far as their completion, unless `depends_on` names
    /// them.
    pub after: Vec<String>,
    /// Of a creation, the calls that nobody waits for; null if there are none.
    pub completion: Option<Completion>,
    /// What it is to be; null if it is to go.
    pub desired: Value,
}

/// The calls of a creation that nobody waits for.
#[derive(Debug, Serialize)]
pub struct Completion {
    /// The first of them, counted from 0.
    pub from: usize,
    /// The addresses whose changes only these calls wait for.
    pub after: Vec<String>,
}

/// A field in which AWS and the file differ.
#[derive(Debug, Serialize)]
pub struct Difference {
    /// The field: `logging.prefix`, `tags["Project"]`.
    pub path: String,
    /// What AWS has; null for nothing.
    pub live: Value,
    /// What the file asks for; null for nothing.
    pub desired: Value,
    /// Whether what the file asks for is not known before apply.
    pub unknown: bool,
    /// Who changed it: `config`, `drift`, `config_and_drift`, `unrecorded`.
    pub cause: Cause,
    /// Whether it makes the resource be replaced.
    pub replaces: bool,
}

/// One AWS call.
#[derive(Debug, Serialize)]
pub struct Call {
    /// The IAM action: `s3:PutBucketVersioning`.
    pub action: String,
    /// What it does.
    pub summary: String,
}

/// How many resources meet which fate.
#[derive(Debug, Serialize)]
pub struct Counts {
    create: usize,
    update: usize,
    replace: usize,
    delete: usize,
    unchanged: usize,
    calls: usize,
}

/// Why a plan cannot be carried out.
#[derive(Debug, Serialize)]
pub struct Refusal {
    address: String,
    message: String,
    help: String,
}

impl Plan {
    /// The machine form of a plan.
    pub fn new(plan: &plan::Plan) -> Self {
        let refusals = plan.refusals.iter().map(|refusal| Refusal {
            address: refusal.address.to_string(),
            message: refusal.message.clone(),
            help: refusal.hint.clone(),
        });
        let plan::Counts { create, update, replace, delete, unchanged, calls } = plan.counts();
        Self {
            format: "provision.plan/1",
            environment: plan.environment.clone(),
            account: plan.account.clone(),
            has_changes: plan.has_changes(),
            changes: plan.changes.iter().map(|(address, change)| Change::new(address, change)).collect(),
            counts: Counts { create, update, replace, delete, unchanged, calls },
            refusals: refusals.collect(),
            remarks: plan.remarks.iter().map(Remark::new).collect(),
        }
    }
}

impl Change {
    fn new(address: &provision_config::Address, change: &plan::ResourceChange) -> Self {
        let calls = change.steps.iter();
        Self {
            address: address.to_string(),
            kind: address.kind.clone(),
            action: change.action,
            reason: change.reason,
            region: change.region.clone(),
            id: change.id.clone(),
            differences: change.differences.iter().map(Difference::new).collect(),
            calls: calls.map(|step| Call { action: step.action.clone(), summary: template(&step.summary) }).collect(),
            after: change.after.iter().map(ToString::to_string).collect(),
            completion: (change.core > 0).then(|| Completion {
                from: change.core,
                after: change.completion_after.iter().map(ToString::to_string).collect(),
            }),
            desired: change.desired.as_ref().map_or(Value::Null, machine),
        }
    }
}

impl Difference {
    pub(super) fn new(difference: &diff::Difference) -> Self {
        let shown = |value: &Value| match difference.sensitive && !value.is_null() {
            true => SENSITIVE.into(),
            false => machine(value),
        };
        Self {
            path: template(&difference.path),
            live: shown(&difference.live),
            desired: shown(&difference.desired),
            unknown: provision_config::unknown::contains_unknown(&difference.desired),
            cause: difference.cause,
            replaces: difference.immutable,
        }
    }
}
