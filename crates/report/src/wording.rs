//! What is said, in whatever form it is set.

mod recovery;

pub use recovery::{asked, recovery_headline, recovery_lede, route};

use provision_config::Severity;
use provision_config::shown::safe;
use provision_reconciler::drift::{Changed, Finding, Mend, MendingCall, Since, What};

use crate::lines::{Shown, Tag};
use crate::prose::Prose;
use crate::tally::DriftTally;
use crate::text::{command, count, list, time};

/// What is said of an orphan.
pub const ORPHAN: &str = "It carries this environment's tags and is in no state.";
/// What is said of what is gone.
pub const GONE: &str = "It is in the state and is gone from AWS.";
/// What is said of a resource that was made and never finished.
pub const UNFINISHED: &str = "It was made and never finished, so it is not known what it should be like.";

/// What came of it, in a few words: a heading.
pub fn drift_headline(tally: &DriftTally) -> String {
    let environments = |few: usize| format!("{few} of {}", count(tally.environments, "environment", "environments"));
    match tally {
        DriftTally { environments: 0, .. } => "Nothing was looked at".to_owned(),
        DriftTally { drifted: 0, failed: 0, .. } => "No drift".to_owned(),
        DriftTally { environments: 1, drifted: 0, .. } => "It could not be looked at".to_owned(),
        DriftTally { environments: 1, .. } => "Drift".to_owned(),
        DriftTally { drifted: 0, failed, .. } => format!("{} could not be looked at", environments(*failed)),
        DriftTally { drifted, .. } => format!("Drift in {}", environments(*drifted)),
    }
}

/// The same in a sentence or two.
pub fn drift_lede(tally: &DriftTally) -> String {
    let resources = count(tally.resources, "resource", "resources");
    let mut said = match tally.findings() {
        0 if tally.environments == tally.failed => String::new(),
        0 if tally.resources == 1 => "The one resource that was looked at is as last applied.".to_owned(),
        0 => format!("All {resources} that were looked at are as last applied."),
        findings => {
            let findings = count(findings, "finding", "findings");
            format!("{findings} among {resources}: {}.", list(&by_severity(tally)))
        }
    };
    if tally.failed > 0 && tally.environments > 1 {
        let failed = count(tally.failed, "environment", "environments");
        said.push_str(&format!(" {failed} could not be looked at."));
    }
    said.trim_start().to_owned()
}

/// How many findings are how grave: `3 high`, `1 low`.
fn by_severity(tally: &DriftTally) -> Vec<String> {
    let all = Severity::ALL.iter().zip(tally.by_severity);
    all.filter(|(_, number)| *number > 0).map(|(severity, number)| format!("{number} {severity}")).collect()
}

/// A severity as a heading writes it.
pub fn in_capitals(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "High",
        Severity::Medium => "Medium",
        Severity::Low => "Low",
    }
}

/// Since when something is so, after the word for what happened: `changed between … and …`.
pub fn since(happened: &str, since: Since) -> String {
    let first_seen = time(since.first_seen);
    match since.after {
        Some(after) => {
            let after = time(after);
            format!("{happened} between {} and {first_seen}", after.trim_end_matches(" UTC"))
        }
        None => format!("first seen at {first_seen}"),
    }
}

/// Since when a finding as a whole is so: for fields, if all of them are so since then.
pub fn since_when(finding: &Finding) -> Option<Since> {
    match &finding.what {
        What::Changed(changed) => {
            let first = changed.first()?.since?;
            changed.iter().all(|one| one.since == Some(first)).then_some(first)
        }
        What::Deleted { since, .. } | What::Unfinished { since } | What::Orphan { since, .. } => *since,
    }
}

/// The word that goes with a finding's time.
pub fn happened(finding: &Finding) -> &'static str {
    match &finding.what {
        What::Changed(_) => "changed",
        What::Deleted { .. } => "deleted",
        What::Unfinished { .. } => "left unfinished",
        What::Orphan { .. } => "appeared",
    }
}

/// A finding in a line: `versioning: expected Enabled, found Suspended`.
pub fn in_a_line(finding: &Finding) -> String {
    const NAMED: usize = 5;
    match &finding.what {
        What::Changed(changed) => match changed.as_slice() {
            [one] => field_in_a_line(one),
            several => {
                let names: Vec<String> = several.iter().take(NAMED).map(|one| safe(&one.difference.path)).collect();
                let more = several.len() - names.len();
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                format!("{} differ: {}{more}", count(several.len(), "field", "fields"), names.join(", "))
            }
        },
        What::Deleted { .. } => GONE.trim_end_matches('.').to_owned(),
        What::Unfinished { .. } => UNFINISHED.trim_end_matches('.').to_owned(),
        What::Orphan { .. } => ORPHAN.trim_end_matches('.').to_owned(),
    }
}

/// A field in a line.
pub fn field_in_a_line(changed: &Changed) -> String {
    let path = safe(&changed.difference.path);
    match Shown::of(&changed.difference) {
        Shown::Sensitive => format!("{path}: a sensitive value is not as expected"),
        Shown::Values { expected, found } => format!("{path}: expected {expected}, found {found}"),
        Shown::Lines(lines) => {
            let how_many = |tag: Tag| lines.iter().filter(|line| line.tag == tag).count();
            let differ = count(how_many(Tag::Old) + how_many(Tag::New), "line", "lines");
            format!("{path}: {differ} not as expected")
        }
    }
}

/// What sets a finding right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remedy {
    /// The calls, each with the fields that it sets back; none for a resource as a whole.
    pub calls: Vec<(MendingCall, Vec<String>)>,
    /// What to do.
    pub advice: Vec<Prose>,
}

impl Remedy {
    /// What sets a finding of an environment right.
    pub fn of(finding: &Finding, environment: &str) -> Self {
        let mut remedy = Self::default();
        let (mut replaced, mut by_hand) = (Vec::new(), Vec::new());
        match &finding.what {
            What::Changed(changed) => {
                for one in changed {
                    let path = &one.difference.path;
                    match &one.mend {
                        Mend::Calls(calls) => calls.iter().for_each(|call| remedy.add(call, Some(path))),
                        Mend::Replacement => replaced.push(path),
                        Mend::ByHand => by_hand.push(path),
                    }
                }
            }
            What::Deleted { mend: Mend::Calls(calls), .. } => calls.iter().for_each(|call| remedy.add(call, None)),
            What::Deleted { .. } => {
                let sentence =
                    Prose::default().words("No call that is known here makes it anew: that is to be done by hand.");
                remedy.advice.push(sentence);
            }
            What::Unfinished { .. } => {
                let apply = Prose::default().code(&command("apply", environment, ""));
                remedy.advice.push(apply.words(" finishes it, with all that the file asks for."));
            }
            What::Orphan { .. } => {
                let rebuild = Prose::default().code(&command("state rebuild", environment, ""));
                let rest = " takes it back if the file still has its address; otherwise delete it in AWS.";
                remedy.advice.push(rebuild.words(rest));
            }
        }
        if !remedy.calls.is_empty() {
            let calls = if remedy.calls.len() == 1 { " makes this call." } else { " makes these calls." };
            let fix = Prose::default().code(&command("drift", environment, "--fix"));
            remedy.advice.push(fix.words(calls));
        }
        if !replaced.is_empty() {
            let sentence = names(Prose::default().words("AWS cannot change "), &replaced);
            let sentence = sentence.words(" in place: it takes a replacement, which ");
            let sentence = sentence.code(&command("plan", environment, "")).words(" shows.");
            remedy.advice.push(sentence);
        }
        if !by_hand.is_empty() {
            let sentence = names(Prose::default().words("No call that is known here sets back "), &by_hand);
            remedy.advice.push(sentence.words(": that is to be done by hand."));
        }
        remedy
    }

    fn add(&mut self, call: &MendingCall, field: Option<&String>) {
        let known = self.calls.iter_mut().find(|(known, _)| known == call);
        match known {
            Some((_, fields)) => fields.extend(field.cloned()),
            None => self.calls.push((call.clone(), field.cloned().into_iter().collect())),
        }
    }
}

/// Names in a row, as code.
fn names(mut sentence: Prose, names: &[&String]) -> Prose {
    for (index, name) in names.iter().enumerate() {
        sentence = match index {
            0 => sentence,
            _ if index + 1 == names.len() => sentence.words(" and "),
            _ => sentence.words(", "),
        };
        sentence = sentence.code(name);
    }
    sentence
}

/// What else is to be said of an orphan.
pub fn orphan(finding: &Finding) -> Vec<Prose> {
    let What::Orphan { orphan, .. } = &finding.what else { return Vec::new() };
    let mut said = vec![Prose::default().words(ORPHAN)];
    if let Some(other) = &orphan.other {
        let sentence = Prose::default().words("By this address the state knows another: ").code(other).words(".");
        said.push(sentence);
    }
    if let Some(operation) = &orphan.operation {
        let sentence =
            Prose::default().words("As its tags say, it was made by the operation ").code(operation).words(".");
        said.push(sentence);
    }
    said
}
