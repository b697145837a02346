//! The recovery report.

use provision_config::shown::{duration, safe};
use provision_reconciler::recovery::{Aspect, Readiness, Replica, Standing, Verdict};

use crate::markdown::budget::Budget;
use crate::markdown::escape::{code, details, prose, words};
use crate::markdown::{failed, looked, table};
use crate::model::{Checked, Outcome, RecoveryReport};
use crate::prose::Prose;
use crate::tally::RecoveryTally;
use crate::text::count;
use crate::wording::{asked, recovery_headline, recovery_lede};

/// The report in no more than so many bytes.
pub fn render(report: &RecoveryReport, bytes: usize) -> String {
    let tally = RecoveryTally::all(report);
    let mut budget = Budget::new(bytes);
    let lede = recovery_lede(&tally);
    let lede = if lede.is_empty() { lede } else { format!("{lede}\n\n") };
    budget.push(&format!("## {}\n\n{lede}{}\n", recovery_headline(&tally), looked(report.checked_at, &report.engine)));
    if !report.environments.is_empty() {
        budget.push(&format!("{}\n", overview(report)));
    }
    for environment in &report.environments {
        section(environment, &mut budget);
    }
    budget.close()
}

fn overview(report: &RecoveryReport) -> String {
    let rows: Vec<[String; 8]> = report.environments.iter().map(row).collect();
    let head = ["Environment", "State", "RPO", "Replicas", "Findings", "Notes", "Untested", "Not copied"];
    table(head, 6, &rows)
}

fn row(environment: &Checked<Readiness>) -> [String; 8] {
    let name = code(&environment.name);
    let Some(readiness) = environment.look() else {
        let none = || "–".to_owned();
        return [name, "**not looked at**".to_owned(), none(), none(), none(), none(), none(), none()];
    };
    let tally = RecoveryTally::of(readiness);
    let numbers = [tally.replicas, tally.findings, tally.notes, tally.untested, tally.unreplicated];
    let [replicas, findings, notes, untested, unreplicated] = numbers.map(|number| number.to_string());
    let rpo = duration(readiness.objective.rpo);
    [name, state(readiness.standing()), rpo, replicas, findings, notes, untested, unreplicated]
}

fn state(standing: Standing) -> String {
    match standing {
        Standing::NotReady => "**not ready**".to_owned(),
        other => other.words().to_lowercase(),
    }
}

fn section(environment: &Checked<Readiness>, budget: &mut Budget) {
    let name = code(&environment.name);
    let readiness = match &environment.outcome {
        Outcome::Failed { message, hint } => {
            budget.push(&format!("### {name}\n\n{}\n", failed(message, hint.as_deref())));
            return;
        }
        Outcome::Looked(readiness) => readiness,
    };
    budget.push(&format!(
        "### {name}\n\nAccount {}, prepared for the loss of {}; {}.\n\n",
        words(&safe(&readiness.account)),
        words(&safe(&readiness.region)),
        asked(readiness.objective),
    ));
    if readiness.replicas.is_empty() {
        budget.push("Nothing here is copied anywhere.\n\n");
    } else {
        let rows: Vec<[String; 5]> = readiness.replicas.iter().map(replica_row).collect();
        let table = table(["Primary", "Replica", "State", "Findings", "Looked at"], 2, &rows);
        budget.push(&format!("{table}\n"));
    }
    for replica in &readiness.replicas {
        let short = format!("**{}** {}\n\n", route(replica), state(replica.standing()));
        let whole = whole(replica);
        if replica.findings().next().is_some() { budget.finding(&whole, &short) } else { budget.push(&whole) }
    }
    if !readiness.unreplicated.is_empty() {
        let names: Vec<String> = readiness.unreplicated.iter().map(|address| code(&address.to_string())).collect();
        let has = count(names.len(), "resource holds data and is", "resources hold data and are");
        budget.push(&format!("{has} not copied anywhere: {}\n\n", names.join(", ")));
    }
}

fn replica_row(replica: &Replica) -> [String; 5] {
    let standing = replica.standing();
    let (findings, aspects) = (replica.findings().count(), replica.aspects.len());
    let party = |party: &provision_reconciler::recovery::Party| {
        format!("{} ({})", code(party.label()), words(&safe(&party.region)))
    };
    let (primary, copy) = (party(&replica.primary), party(&replica.replica));
    [primary, copy, state(standing), findings.to_string(), aspects.to_string()]
}

fn route(replica: &Replica) -> String {
    format!("{} → {}", code(replica.primary.label()), code(replica.replica.label()))
}

/// What is wrong with a replica first; everything that was looked at when it is asked for.
fn whole(replica: &Replica) -> String {
    let mut text = format!("**{}** {}\n\n", route(replica), state(replica.standing()));
    for (aspect, finding) in replica.findings() {
        let (message, hint) = (prose(&Prose::of(&finding.message)), prose(&Prose::of(&finding.hint)));
        text.push_str(&format!(
            "- **{}** {message}; expected {}, found {} ({})\n  **What to do:** {hint}\n",
            words(&safe(&aspect.name)),
            prose(&Prose::of(&aspect.declared)),
            prose(&Prose::of(&aspect.found)),
            code(finding.code),
        ));
    }
    if replica.findings().next().is_some() {
        text.push('\n');
    }
    let rows: Vec<[String; 4]> = replica.aspects.iter().map(aspect).collect();
    let table = table(["What", "Declared", "Found", "Verdict"], 0, &rows);
    let summary = format!("{} looked at", count(replica.aspects.len(), "thing", "things"));
    text.push_str(&format!("{}\n", details(&summary, &table)));
    text
}

fn aspect(aspect: &Aspect) -> [String; 4] {
    let verdict = match &aspect.verdict {
        Verdict::Good => "good".to_owned(),
        Verdict::Note(text) => format!("note: {}", prose(&Prose::of(text))),
        Verdict::Finding(finding) => format!("**finding** {}", code(finding.code)),
        Verdict::Untested(why) => format!("untested: {}", prose(&Prose::of(why))),
    };
    [words(&safe(&aspect.name)), prose(&Prose::of(&aspect.declared)), prose(&Prose::of(&aspect.found)), verdict]
}
