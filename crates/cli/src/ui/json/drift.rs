//! `provision.drift/2`: what was changed in AWS behind our back.

use provision_config::Severity;
use provision_reconciler::drift::{self, Changed, Finding, Mend, MendingCall, What};
use provision_report::{DriftLook, DriftReport};
use serde::Serialize;
use serde_json::Value;

use super::checked;
use super::plan::{self, Remark};

/// What was changed in AWS since it was last applied.
pub type Drift = checked::Report<Look>;

/// What was seen of one environment.
#[derive(Debug, Default, Serialize)]
pub struct Look {
    account: String,
    /// How many resources were looked at.
    resources: usize,
    /// When the state was last written.
    applied_at: Option<String>,
    /// What is not as it was left, the gravest first, then by address.
    findings: Vec<Resource>,
    /// What is not as it was left and is nobody's concern, as the file says.
    ignored: Vec<Ignored>,
    /// What should be known of resources, whether or not they drifted.
    remarks: Vec<Remark>,
}

/// A resource that is not as it was left.
#[derive(Debug, Serialize)]
struct Resource {
    address: String,
    kind: String,
    id: String,
    region: String,
    severity: Severity,
    /// `changed`, `deleted`, `unfinished` (it was made and never finished), or `orphan`: it carries the environment's tags and is in no state.
    what: &'static str,
    /// Of an orphan.
    arn: Option<String>,
    /// The operation that made an orphan, as its tags say.
    operation: Option<String>,
    /// The fields that differ. Empty unless it is changed.
    differences: Vec<Difference>,
    /// What makes it anew if it is gone. Of fields, see each.
    mend: Option<Mending>,
    /// Since when it is gone, or an orphan, if that is known.
    since: Option<Since>,
}

/// A field that differs.
#[derive(Debug, Serialize)]
struct Difference {
    /// The field: `logging.prefix`, `tags["Project"]`.
    path: String,
    /// What was last applied; null for nothing.
    expected: Value,
    /// What AWS has; null for nothing.
    actual: Value,
    severity: Severity,
    /// The security rules that it broke by changing.
    rules: Vec<String>,
    mend: Mending,
    since: Option<Since>,
}

/// What sets something right.
#[derive(Debug, Serialize)]
struct Mending {
    /// `calls`, `replacement` or `by_hand`.
    by: &'static str,
    /// The calls, in order.
    calls: Vec<MendingCall>,
}

/// Since when something is so.
#[derive(Debug, Serialize)]
struct Since {
    /// When it was first seen.
    first_seen: String,
    /// When it was last seen to be otherwise; null if nobody had looked before.
    after: Option<String>,
}

/// A field that differs and is nobody's concern.
#[derive(Debug, Serialize)]
struct Ignored {
    address: String,
    path: String,
    reason: String,
}

impl Drift {
    /// The machine form of a drift report.
    pub fn new(report: &DriftReport) -> Self {
        Self::of("provision.drift/2", report.checked_at, &report.environments, Look::new)
    }
}

impl Look {
    fn new(look: &DriftLook) -> Self {
        let drift::Drift { account, resources, findings, ignored, remarks, .. } = &look.drift;
        Self {
            account: account.clone(),
            resources: *resources,
            applied_at: look.applied_at.map(|at| at.to_string()),
            findings: findings.iter().map(Resource::new).collect(),
            ignored: ignored.iter().map(Ignored::new).collect(),
            remarks: remarks.iter().map(Remark::new).collect(),
        }
    }
}

impl Resource {
    fn new(finding: &Finding) -> Self {
        let (mend, since) = match &finding.what {
            What::Changed(_) => (None, None),
            What::Deleted { mend, since } => (Some(Mending::new(mend)), *since),
            What::Unfinished { since } | What::Orphan { since, .. } => (None, *since),
        };
        let orphan = match &finding.what {
            What::Orphan { orphan, .. } => Some(orphan),
            What::Changed(_) | What::Deleted { .. } | What::Unfinished { .. } => None,
        };
        Self {
            address: finding.address.to_string(),
            kind: finding.address.kind.clone(),
            id: finding.id.clone(),
            region: finding.region.clone(),
            severity: finding.severity,
            what: finding.word(),
            arn: orphan.map(|orphan| orphan.arn.clone()),
            operation: orphan.and_then(|orphan| orphan.operation.clone()),
            differences: finding.changed().iter().map(Difference::new).collect(),
            mend,
            since: since.map(Since::new),
        }
    }
}

impl Difference {
    fn new(changed: &Changed) -> Self {
        let plan::Difference { path, live, desired, .. } = plan::Difference::new(&changed.difference);
        Self {
            path,
            expected: desired,
            actual: live,
            severity: changed.difference.severity,
            rules: changed.rules.clone(),
            mend: Mending::new(&changed.mend),
            since: changed.since.map(Since::new),
        }
    }
}

impl Mending {
    fn new(mend: &Mend) -> Self {
        match mend {
            Mend::Calls(calls) => Self { by: "calls", calls: calls.clone() },
            Mend::Replacement => Self { by: "replacement", calls: Vec::new() },
            Mend::ByHand => Self { by: "by_hand", calls: Vec::new() },
        }
    }
}

impl Since {
    fn new(since: drift::Since) -> Self {
        Self { first_seen: since.first_seen.to_string(), after: since.after.map(|after| after.to_string()) }
    }
}

impl Ignored {
    fn new(ignored: &drift::Ignored) -> Self {
        let drift::Ignored { address, path, reason } = ignored;
        Self { address: address.to_string(), path: path.clone(), reason: reason.clone() }
    }
}
