//! Reports with a text of one's choice in every place for text.

use std::cell::Cell;
use std::time::Duration;

use provision_config::{Address, Severity};
use provision_graph::{Graph, Node, Region};
use provision_reconciler::Remark;
use provision_reconciler::diff::{Cause, Difference};
use provision_reconciler::drift::{Changed, Drift, Finding, Ignored, Mend, MendingCall, Since, What};
use provision_reconciler::orphan::Orphan;
use provision_reconciler::recovery::{Aspect, Objective, Party, Readiness, Replica};
use provision_report::{Checked, DriftLook, DriftReport, Outcome, RecoveryReport};
use serde_json::{Value, json};

/// Where texts come from: each place takes the next.
pub struct Texts<'a> {
    texts: &'a [String],
    next: Cell<usize>,
}

impl<'a> Texts<'a> {
    pub fn new(texts: &'a [String]) -> Self {
        Self { texts, next: Cell::new(0) }
    }

    /// The next text.
    pub fn text(&self) -> String {
        let index = self.next.replace(self.next.get() + 1);
        self.texts[index % self.texts.len()].clone()
    }

    fn optional(&self) -> Option<String> {
        Some(self.text())
    }

    /// The next text, told from the others: for what is compared, where two that happen to be the same would be shown as one.
    fn own(&self) -> String {
        let index = self.next.get();
        format!("t{index} {}", self.text())
    }

    fn address(&self) -> Address {
        Address { kind: "s3_bucket".to_owned(), name: self.text(), key: self.optional() }
    }
}

fn difference(path: String, expected: Value, found: Value) -> Difference {
    Difference {
        path,
        live: found,
        desired: expected,
        cause: Cause::Drift,
        immutable: false,
        sensitive: false,
        severity: Severity::Medium,
    }
}

fn changed(texts: &Texts<'_>, expected: Value, found: Value, mend: Mend) -> Changed {
    Changed {
        difference: difference(texts.text(), expected, found),
        rules: vec![texts.text(), texts.text()],
        mend,
        since: None,
    }
}

fn fields(texts: &Texts<'_>) -> Vec<Changed> {
    let own = || json!(texts.own());
    let calls = || Mend::Calls(vec![MendingCall { action: texts.own(), summary: texts.text() }]);
    let statement = |sid: Value| json!({ "Version": "2012-10-17", "Statement": [{ "Sid": sid, "Effect": "Allow", "Resource": [own(), own()] }] });
    let sealed = json!({ "$sha256": { "salt": texts.text(), "hash": texts.text() } });
    // What is in both stands in a line of its own, with nothing before it.
    let (shared, lines) = (json!(texts.text()), texts.text());
    let around = |first: &str| json!(format!("{first}\n{lines}\nlast"));
    vec![
        changed(texts, json!([shared, own()]), json!([own(), shared]), calls()),
        changed(texts, around("one"), around("other"), calls()),
        changed(texts, own(), own(), calls()),
        changed(texts, own(), Value::Null, Mend::Replacement),
        changed(texts, statement(own()), statement(own()), calls()),
        changed(texts, json!([own(), own()]), json!([own()]), Mend::ByHand),
        changed(texts, json!({ "one": own(), "two": sealed }), json!({ "one": own(), "three": [own()] }), calls()),
    ]
}

fn finding(texts: &Texts<'_>, severity: Severity, what: What) -> Finding {
    Finding { address: texts.address(), id: texts.text(), region: texts.text(), severity, what }
}

fn drift(texts: &Texts<'_>) -> DriftLook {
    let since = Some(Since { first_seen: jiff::Timestamp::UNIX_EPOCH, after: None });
    let orphan = Orphan {
        address: texts.address(),
        id: texts.text(),
        arn: texts.text(),
        region: texts.text(),
        operation: texts.optional(),
        other: texts.optional(),
    };
    let mend = Mend::Calls(vec![MendingCall { action: texts.own(), summary: texts.text() }]);
    let findings = vec![
        finding(texts, Severity::High, What::Changed(fields(texts))),
        finding(texts, Severity::High, What::Deleted { mend, since }),
        finding(texts, Severity::Medium, What::Unfinished { since: None }),
        finding(texts, Severity::Medium, What::Orphan { orphan, since: None }),
    ];
    let ignored = vec![Ignored { address: texts.address(), path: texts.text(), reason: texts.text() }];
    let remarks = vec![Remark { address: texts.address(), text: texts.text() }];
    let nodes =
        ["a", "b"].map(|name| Node::new(Address { key: texts.optional(), ..Address::new("s3_bucket", name) }, "x"));
    let region = Region { name: "x".to_owned(), role: texts.own() };
    let graph = Graph::new(texts.own(), vec![region], nodes.into()).unwrap();
    let drift = Drift { environment: texts.text(), account: texts.text(), resources: 3, findings, ignored, remarks };
    DriftLook { drift, graph: Some(graph), applied_at: None }
}

/// A drift report with texts in all places.
pub fn drift_report(texts: &[String]) -> DriftReport {
    let texts = Texts::new(texts);
    DriftReport {
        checked_at: jiff::Timestamp::UNIX_EPOCH,
        engine: texts.text(),
        environments: vec![
            Checked { name: texts.text(), outcome: Outcome::Looked(drift(&texts)) },
            Checked { name: texts.text(), outcome: Outcome::Failed { message: texts.text(), hint: texts.optional() } },
        ],
    }
}

/// A recovery report with texts in all places.
pub fn recovery_report(texts: &[String]) -> RecoveryReport {
    let texts = Texts::new(texts);
    let party = || Party { name: texts.own(), id: texts.text(), region: texts.text() };
    let aspect = || Aspect::good(texts.text(), texts.text(), texts.text());
    let aspects = || {
        vec![
            aspect(),
            aspect().note(texts.text()),
            aspect().finding("a-code", texts.text(), texts.text()),
            Aspect::untested(texts.text(), texts.text(), texts.text()),
        ]
    };
    let nameless = Replica { primary: party(), replica: Party { name: String::new(), ..party() }, aspects: aspects() };
    let readiness = Readiness {
        environment: texts.text(),
        account: texts.text(),
        region: texts.text(),
        objective: Objective { rpo: Duration::from_secs(900), patience: Duration::from_secs(900) },
        replicas: vec![Replica { primary: party(), replica: party(), aspects: aspects() }, nameless],
        unreplicated: vec![texts.address()],
    };
    RecoveryReport {
        checked_at: jiff::Timestamp::UNIX_EPOCH,
        engine: texts.text(),
        environments: vec![
            Checked { name: texts.text(), outcome: Outcome::Looked(readiness) },
            Checked { name: texts.text(), outcome: Outcome::Failed { message: texts.text(), hint: None } },
        ],
    }
}
