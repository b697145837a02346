//! What was changed in AWS behind our back.

use provision_config::Severity;
use provision_reconciler::diff::Difference;
use provision_reconciler::drift::{Changed, Drift, Finding, Mend, Since, What};
use provision_report::policy::drifted;
use provision_report::{Checked, DriftLook, DriftReport, Outcome};

use crate::ui::plan::{self, policy};
use crate::ui::value::{document, known, line};
use crate::ui::{Style, table};

/// How far what belongs to a resource stands in.
const FIELD: &str = "      ";

/// Every environment: what is not as it was left, the gravest first, and a summary.
pub fn render(report: &DriftReport, style: Style) -> String {
    let several = report.environments.len() > 1;
    let texts: Vec<String> = report.environments.iter().map(|checked| environment(checked, several, style)).collect();
    let mut text = texts.join(if several { "\n" } else { "" });
    if several {
        text.push_str(&format!("\n{}", summary(report, style)));
    }
    text
}

fn environment(checked: &Checked<DriftLook>, several: bool, style: Style) -> String {
    let name = known(&checked.name);
    let heading = if several { format!("{}\n", style.strong(&name)) } else { String::new() };
    match &checked.outcome {
        // Why is told with the errors.
        Outcome::Failed { .. } => format!("{heading}{} It could not be looked at.\n", style.bad("Failed.")),
        Outcome::Looked(DriftLook { drift, .. }) => format!("{heading}{}", one(drift, style)),
    }
}

fn one(drift: &Drift, style: Style) -> String {
    let mut text = String::new();
    for severity in Severity::ALL {
        let of_it: Vec<&Finding> = drift.findings.iter().filter(|finding| finding.severity == severity).collect();
        if of_it.is_empty() {
            continue;
        }
        text.push_str(&format!("{}\n", heading(severity, style)));
        for finding in of_it {
            text.push_str(&self::finding(finding, style));
        }
        text.push('\n');
    }
    for ignored in &drift.ignored {
        let (address, path, reason) =
            (known(&ignored.address.to_string()), known(&ignored.path), known(&ignored.reason));
        text.push_str(&format!("{} {address} {path}: {reason}\n", style.faint("ignored:")));
    }
    text.push_str(&plan::remarks(&drift.remarks, style));
    text.push_str(&conclusion(drift, style));
    text
}

fn heading(severity: Severity, style: Style) -> String {
    match severity {
        Severity::High => style.bad("high"),
        Severity::Medium => style.warn("medium"),
        Severity::Low => style.note("low"),
    }
}

fn finding(finding: &Finding, style: Style) -> String {
    let (symbol, word) = match &finding.what {
        What::Changed(_) => (style.warn("~"), String::new()),
        What::Deleted { .. } => (style.bad("-"), style.bad("  (deleted)")),
        What::Unfinished { .. } => (style.warn("!"), style.warn("  (never finished)")),
        What::Orphan { .. } => (style.note("?"), style.note("  (in no state)")),
    };
    let address = style.strong(&known(&finding.address.to_string()));
    let mut text = format!("  {symbol} {address}  {}  {}{word}\n", known(&finding.id), style.faint(&finding.region));
    for line in details(finding, style) {
        text.push_str(&format!("{FIELD}{}\n", line.trim_end()));
    }
    text
}

fn details(finding: &Finding, style: Style) -> Vec<String> {
    match &finding.what {
        What::Changed(changed) => changed.iter().flat_map(|one| field(one, style)).collect(),
        What::Deleted { mend, since } => {
            [since.map(self::since), Some(self::mend(mend))].into_iter().flatten().collect()
        }
        What::Unfinished { since } => {
            let mend = "to mend: `provision apply` finishes it, with all that the file asks for";
            [since.map(self::since), Some(mend.to_owned())].into_iter().flatten().collect()
        }
        What::Orphan { orphan, since } => {
            let instead =
                orphan.other.as_ref().map(|other| format!("the state knows {} by this address", known(other)));
            let mend =
                "to mend: `provision state rebuild` takes it back if the file has its address; else delete it in AWS";
            [instead, since.map(self::since), Some(mend.to_owned())].into_iter().flatten().collect()
        }
    }
}

/// A field: what was expected and what was found, which rules that breaks, since when, and what sets it back.
fn field(changed: &Changed, style: Style) -> Vec<String> {
    let mut lines = difference(&changed.difference, style);
    let mut aside = Vec::new();
    if !changed.rules.is_empty() {
        aside.push(style.bad(&format!("breaks {}", known(&changed.rules.join(", ")))));
    }
    aside.extend(changed.since.map(since));
    aside.push(mend(&changed.mend));
    lines.extend(aside.into_iter().map(|line| format!("  {line}")));
    lines
}

/// `versioning: expected true, found false`.
fn difference(difference: &Difference, style: Style) -> Vec<String> {
    let path = known(&difference.path);
    if difference.sensitive {
        return vec![format!("{path}: a sensitive value is not as expected")];
    }
    if let (Some(expected), Some(actual)) = (document(&difference.desired), document(&difference.live)) {
        // Told as what happened: from what was expected to what there is now.
        let changed = policy::coloured(&drifted(&expected, &actual), style).into_iter().map(|line| format!("  {line}"));
        return std::iter::once(format!("{path}: changed from what was expected")).chain(changed).collect();
    }
    let (expected, actual) = (line(&difference.desired), line(&difference.live));
    vec![format!("{path}: expected {}, found {}", style.good(&expected), style.bad(&actual))]
}

/// What differs in a field, on one line, without its name.
pub fn in_words(difference: &Difference) -> String {
    if difference.sensitive {
        return "a sensitive value is not as expected".to_owned();
    }
    if let (Some(expected), Some(actual)) = (document(&difference.desired), document(&difference.live)) {
        return format!("expected {}, found {}", policy::summary(&expected), policy::summary(&actual));
    }
    format!("expected {}, found {}", line(&difference.desired), line(&difference.live))
}

fn since(since: Since) -> String {
    match since.after {
        Some(after) => format!("changed between {after} and {}", since.first_seen),
        None => format!("first seen {}", since.first_seen),
    }
}

fn mend(mend: &Mend) -> String {
    match mend {
        Mend::Calls(calls) => {
            let calls: Vec<&str> = calls.iter().map(|call| call.action.as_str()).collect();
            format!("to mend: {}", calls.join(", "))
        }
        Mend::Replacement => "to mend: it must be replaced, since AWS cannot change this in place".to_owned(),
        Mend::ByHand => "to mend: by hand".to_owned(),
    }
}

fn conclusion(drift: &Drift, style: Style) -> String {
    if drift.is_none() {
        let count = table::count(drift.resources, "resource is", "resources are");
        return format!("{} {count} as last applied.\n", style.good("No drift."));
    }
    let count = |word: &str| drift.findings.iter().filter(|finding| finding.word() == word).count();
    let orphans = match count("orphan") {
        0 => String::new(),
        orphans => format!(" {} in no state.", table::count(orphans, "resource is", "resources are")),
    };
    let mendable = count("changed") + count("deleted");
    let fix = if mendable == 0 {
        String::new()
    } else {
        format!(" `provision drift {} --fix` mends it.", known(&drift.environment))
    };
    format!(
        "{} {} of {} changed in AWS since the last apply, {} deleted.{orphans}{fix}\n",
        style.strong("Drift:"),
        count("changed"),
        table::count(drift.resources, "resource", "resources"),
        count("deleted"),
    )
}

/// A line for each of several environments.
fn summary(report: &DriftReport, style: Style) -> String {
    let row = |checked: &Checked<DriftLook>| {
        let cells = match &checked.outcome {
            Outcome::Failed { .. } => {
                ["?".to_owned(), "-".to_owned(), "-".to_owned(), "-".to_owned(), "failed".to_owned()]
            }
            Outcome::Looked(DriftLook { drift, .. }) => {
                let count = |severity| drift.count(severity).to_string();
                let verdict = if drift.is_none() { "as last applied" } else { "drifted" };
                let [high, medium, low] = Severity::ALL.map(count);
                [drift.resources.to_string(), high, medium, low, verdict.to_owned()]
            }
        };
        let [resources, high, medium, low, verdict] = cells;
        [known(&checked.name), resources, high, medium, low, verdict]
    };
    let rows: Vec<[String; 6]> = report.environments.iter().map(row).collect();
    table::table(["ENVIRONMENT", "RESOURCES", "HIGH", "MEDIUM", "LOW", "RESULT"], &rows, style)
}

#[cfg(test)]
pub(in crate::ui) mod samples;
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drift_names_address_field_expected_and_actual() {
        insta::assert_snapshot!("drift", render(&samples::report(), Style::PLAIN));
        insta::assert_snapshot!("drift_rich", render(&samples::report(), Style::RICH).replace('\u{1b}', "^"));
    }

    #[test]
    fn several_environments_have_a_summary() {
        insta::assert_snapshot!("drift_of_several", render(&samples::several(), Style::PLAIN));
    }

    #[test]
    fn no_drift_is_one_line_beside_what_should_be_known() {
        insta::assert_snapshot!(render(&samples::none(), Style::PLAIN), @"
        note: ec2_instance.worker: there is a newer image, ami-2
        No drift. 9 resources are as last applied.
        ");
    }
}
