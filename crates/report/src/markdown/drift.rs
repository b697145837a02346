//! The drift report.

use provision_config::Severity;
use provision_config::shown::safe;
use provision_reconciler::drift::Drift;

use crate::markdown::budget::Budget;
use crate::markdown::escape::{code, prose, words};
use crate::markdown::finding::{short, whole};
use crate::markdown::{failed, looked, table};
use crate::model::{Checked, DriftLook, DriftReport, Outcome};
use crate::prose::Prose;
use crate::tally::DriftTally;
use crate::text::{count, time};
use crate::wording::{drift_headline, drift_lede, in_capitals};

/// The report in no more than so many bytes.
pub fn render(report: &DriftReport, bytes: usize) -> String {
    let tally = DriftTally::all(report);
    let mut budget = Budget::new(bytes);
    let lede = drift_lede(&tally);
    let lede = if lede.is_empty() { lede } else { format!("{lede}\n\n") };
    budget.push(&format!("## {}\n\n{lede}{}\n", drift_headline(&tally), looked(report.checked_at, &report.engine)));
    if !report.environments.is_empty() {
        budget.push(&format!("{}\n", overview(report)));
    }
    for environment in report.environments.iter().filter(|environment| is_told(environment)) {
        section(environment, &mut budget);
    }
    budget.close()
}

/// Whether there is more to tell of an environment than is in the table.
fn is_told(environment: &Checked<DriftLook>) -> bool {
    environment.look().is_none_or(|look| {
        let Drift { findings, ignored, remarks, .. } = &look.drift;
        !findings.is_empty() || !ignored.is_empty() || !remarks.is_empty()
    })
}

fn overview(report: &DriftReport) -> String {
    let rows: Vec<[String; 9]> = report.environments.iter().map(row).collect();
    let head = ["Environment", "State", "Resources", "High", "Medium", "Low", "Deleted", "Orphans", "Ignored"];
    table(head, 7, &rows)
}

fn row(environment: &Checked<DriftLook>) -> [String; 9] {
    let name = code(&environment.name);
    let Some(look) = environment.look() else {
        let none = || "–".to_owned();
        let state = "**not looked at**".to_owned();
        return [name, state, none(), none(), none(), none(), none(), none(), none()];
    };
    let tally = DriftTally::of(&look.drift);
    let [high, medium, low] = tally.by_severity.map(|number| number.to_string());
    let state = if look.drift.is_none() { "no drift" } else { "**drift**" };
    let numbers = [tally.resources, tally.deleted, tally.orphans, tally.ignored];
    let [resources, deleted, orphans, ignored] = numbers.map(|number| number.to_string());
    [name, state.to_owned(), resources, high, medium, low, deleted, orphans, ignored]
}

fn section(environment: &Checked<DriftLook>, budget: &mut Budget) {
    let look = match &environment.outcome {
        Outcome::Failed { message, hint } => {
            let failed = failed(message, hint.as_deref());
            budget.push(&format!("### {}\n\n{failed}\n", code(&environment.name)));
            return;
        }
        Outcome::Looked(look) => look,
    };
    let drift = &look.drift;
    let applied = look.applied_at.map(|when| format!(", last applied {}", time(when))).unwrap_or_default();
    budget.push(&format!(
        "### {}\n\n{} looked at in account {}{applied}.\n\n",
        code(&environment.name),
        count(drift.resources, "resource", "resources"),
        words(&safe(&drift.account)),
    ));
    for severity in Severity::ALL {
        let findings: Vec<_> = drift.findings.iter().filter(|finding| finding.severity == severity).collect();
        if findings.is_empty() {
            continue;
        }
        budget.push(&format!("#### {} ({})\n\n", in_capitals(severity), findings.len()));
        for finding in findings {
            budget.finding(&whole(finding, &environment.name), &short(finding));
        }
    }
    if !drift.ignored.is_empty() {
        let row = |one: &provision_reconciler::drift::Ignored| {
            [code(&one.address.to_string()), code(&one.path), prose(&Prose::of(&one.reason))]
        };
        let rows: Vec<[String; 3]> = drift.ignored.iter().map(row).collect();
        let table = table(["Resource", "Field", "Why"], 0, &rows);
        budget.push(&format!("#### Ignored ({})\n\n{table}\n", drift.ignored.len()));
    }
    if !drift.remarks.is_empty() {
        let remarks = drift
            .remarks
            .iter()
            .map(|remark| format!("- {} {}\n", code(&remark.address.to_string()), prose(&Prose::of(&remark.text))));
        budget.push(&format!("#### Remarks ({})\n\n{}\n", drift.remarks.len(), remarks.collect::<String>()));
    }
}
