//! Whether replicas would serve.

use provision_reconciler::recovery::{Aspect, Party, Readiness, Replica, Verdict};
use provision_report::{Checked, Outcome, RecoveryReport};
use provision_state::State;

use crate::ui::value::known;
use crate::ui::{Style, table};

/// The longest cell of a table, in characters. What is longer is in the other forms of the report.
const LONGEST: usize = 44;

/// Every environment: each replica in a table, what is wrong with what to do, and a summary.
pub fn render(report: &RecoveryReport, style: Style) -> String {
    let several = report.environments.len() > 1;
    let texts: Vec<String> = report.environments.iter().map(|checked| environment(checked, several, style)).collect();
    texts.join(if several { "\n" } else { "" })
}

fn environment(checked: &Checked<Readiness>, several: bool, style: Style) -> String {
    let heading = if several { format!("{}\n", style.strong(&known(&checked.name))) } else { String::new() };
    match &checked.outcome {
        // Why is told with the errors.
        Outcome::Failed { .. } => format!("{heading}{} It could not be looked at.\n", style.bad("Failed.")),
        Outcome::Looked(readiness) => format!("{heading}{}", one(readiness, style)),
    }
}

fn one(readiness: &Readiness, style: Style) -> String {
    let mut text = String::new();
    for replica in &readiness.replicas {
        let arrow = if style.unicode { "→" } else { "->" };
        let (primary, copy) = (party(&replica.primary, style), party(&replica.replica, style));
        text.push_str(&format!("{primary} {arrow} {copy}\n"));
        let rows: Vec<[String; 4]> = replica.aspects.iter().map(row).collect();
        text.push_str(&table::table(["ASPECT", "DECLARED", "FOUND", "RESULT"], &rows, style));
        text.push_str(&asides(replica, style));
        text.push('\n');
    }
    if !readiness.unreplicated.is_empty() {
        let alone: Vec<String> = readiness.unreplicated.iter().map(|address| known(&address.to_string())).collect();
        text.push_str(&format!("{} {}\n", style.note("holds data and has no replica:"), alone.join(", ")));
    }
    text.push_str(&conclusion(readiness, style));
    text
}

/// `s3_bucket.data (acme-data, eu-west-1)`.
fn party(party: &Party, style: Style) -> String {
    let (id, region) = (known(&party.id), known(&party.region));
    let place = [id, region].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>();
    match party.name.as_str() {
        "" => style.strong(&place.join(", ")),
        name => format!("{} ({})", style.strong(&known(name)), place.join(", ")),
    }
}

fn row(aspect: &Aspect) -> [String; 4] {
    let result = match &aspect.verdict {
        Verdict::Good => "ok",
        Verdict::Note(_) => "note",
        Verdict::Finding(_) => "FINDING",
        Verdict::Untested(_) => "not tested",
    };
    [known(&aspect.name), short(&aspect.declared), short(&aspect.found), result.to_owned()]
}

/// A cell that leaves the table a table.
fn short(text: &str) -> String {
    let text = known(text);
    if text.chars().count() <= LONGEST {
        return text;
    }
    // The end of an ARN tells more than its beginning.
    let half = LONGEST / 2 - 1;
    let characters: Vec<char> = text.chars().collect();
    let (head, tail) = (&characters[..half], &characters[characters.len() - half..]);
    format!("{}..{}", head.iter().collect::<String>(), tail.iter().collect::<String>())
}

/// What does not fit into the table: what is wrong and what to do, what should be known, what could not be tested.
fn asides(replica: &Replica, style: Style) -> String {
    let mut text = String::new();
    for aspect in &replica.aspects {
        let name = known(&aspect.name);
        match &aspect.verdict {
            Verdict::Good => {}
            Verdict::Finding(finding) => text.push_str(&format!(
                "  {} {name}: {}\n    {} {}\n",
                style.bad("finding:"),
                known(&finding.message),
                style.note("hint:"),
                known(&finding.hint)
            )),
            Verdict::Note(note) => text.push_str(&format!("  {} {name}: {}\n", style.note("note:"), known(note))),
            Verdict::Untested(why) => {
                text.push_str(&format!("  {} {name}: {}\n", style.warn("not tested:"), known(why)))
            }
        }
    }
    text
}

fn conclusion(readiness: &Readiness, style: Style) -> String {
    let name = known(&readiness.environment);
    let replicas = table::count(readiness.replicas.len(), "replica", "replicas");
    let tested = if readiness.is_tested() { "" } else { ", as far as tested" };
    let untested = readiness.replicas.iter().flat_map(|replica| &replica.aspects);
    let untested = untested.filter(|aspect| matches!(aspect.verdict, Verdict::Untested(_))).count();
    let untested = match untested {
        0 => String::new(),
        some => format!(" {} could not be tested.", table::count(some, "thing", "things")),
    };
    match readiness.findings() {
        0 if readiness.replicas.is_empty() => {
            format!("{} {name} has no replica of anything.\n", style.warn("No replicas:"))
        }
        0 => format!("{} {name}: {replicas} would serve{tested}.{untested}\n", style.good("Ready:")),
        findings => {
            let broken = readiness.replicas.iter().filter(|replica| replica.findings().next().is_some()).count();
            let findings = table::count(findings, "finding", "findings");
            format!(
                "{} {name}: {broken} of {replicas} would not serve, {findings}.{untested}\n",
                style.bad("Not ready:")
            )
        }
    }
}

/// What was restored where, and how to go on.
pub fn restored(state: &State, place: &str, left_alone: usize) -> String {
    let name = known(&state.environment);
    format!(
        "\nThe state of {name} is at {place}, serial {}. Of its {}, {left_alone} cannot be reached from there and {} left alone.\n\
         Go on with `provision plan {name} --dr`; once the region is back, `provision dr return-state {name}`.\n",
        state.serial,
        table::count(state.resources.len(), "resource", "resources"),
        if left_alone == 1 { "is" } else { "are" },
    )
}

#[cfg(test)]
pub(in crate::ui) mod samples;
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_replica_has_a_table_and_each_finding_its_cause_and_remedy() {
        insta::assert_snapshot!("recovery", render(&samples::report(), Style::PLAIN));
        insta::assert_snapshot!("recovery_rich", render(&samples::report(), Style::RICH).replace('\u{1b}', "^"));
    }

    #[test]
    fn several_environments_each_have_a_heading() {
        insta::assert_snapshot!("recovery_of_several", render(&samples::several(), Style::PLAIN));
    }

    #[test]
    fn a_long_value_keeps_its_ends() {
        let arn = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        assert_eq!(short(arn), "arn:aws:kms:eu-west-1..4cd-56ef-1234567890ab");
    }

    #[test]
    fn what_was_restored_says_how_to_go_on() {
        let state = State { serial: 13, ..State::new("dev") };
        insta::assert_snapshot!(restored(&state, "s3://replica/recovered/state.json", 0), @"

        The state of dev is at s3://replica/recovered/state.json, serial 13. Of its 0 resources, 0 cannot be reached from there and are left alone.
        Go on with `provision plan dev --dr`; once the region is back, `provision dr return-state dev`.
        ");
    }
}
