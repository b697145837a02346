//! What came of an apply or a destroy, complete or not.

use std::collections::BTreeMap;
use std::time::Duration;

use provision_reconciler::execute::Outcome;
use provision_reconciler::plan::{Action, Plan};

use crate::ui::{Style, table};

/// What was not done, and a summary. Why something failed is told as an error.
pub fn render(plan: &Plan, outcome: &Outcome, style: Style) -> String {
    let mut text = String::new();
    if !outcome.skipped.is_empty() {
        let skipped: Vec<String> = outcome.skipped.iter().map(ToString::to_string).collect();
        text.push_str(&format!("{} {}\n", style.warn("Not done:"), skipped.join(", ")));
    }
    let calls = table::count(outcome.calls, "call", "calls");
    let done = done(plan, outcome);
    if outcome.is_complete() {
        text.push_str(&format!("{} {done}; {calls}.\n", style.good("Done:")));
    } else {
        text.push_str(&format!(
            "{} {done}; {} failed, {} not done; {calls}.\n",
            style.bad("Done in part:"),
            outcome.failed.len(),
            outcome.skipped.len(),
        ));
        text.push_str("What was done is kept. Run the same command again: it continues from here.\n");
    }
    text
}

/// `3 created, 1 updated`.
fn done(plan: &Plan, outcome: &Outcome) -> String {
    let mut counts: BTreeMap<Action, usize> = BTreeMap::new();
    for address in &outcome.finished {
        if let Some(change) = plan.changes.get(address) {
            *counts.entry(change.action).or_default() += 1;
        }
    }
    let done: Vec<String> = counts.iter().map(|(action, count)| format!("{count} {}", participle(*action))).collect();
    if done.is_empty() { "nothing changed".to_owned() } else { done.join(", ") }
}

/// What an action has done when it is over: `created`.
pub fn participle(action: Action) -> &'static str {
    match action {
        Action::Create => "created",
        Action::Update => "updated",
        Action::Replace => "replaced",
        Action::Delete => "deleted",
        Action::Adopt => "adopted",
        Action::Record => "recorded",
        Action::Forget => "forgotten",
    }
}

/// A duration as a person says it: `340 ms`, `8.2 s`, `2 min 5 s`.
pub fn duration(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    match milliseconds {
        0..1_000 => format!("{milliseconds} ms"),
        // Rounded to tenths first, so that 59.96 s does not become `60.0 s`.
        1_000..59_950 => format!("{:.1} s", duration.as_secs_f64()),
        _ => {
            let seconds = (milliseconds + 500) / 1_000;
            format!("{} min {} s", seconds / 60, seconds % 60)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::plan::samples;

    #[test]
    fn a_complete_outcome_is_one_line() {
        let (plan, outcome) = samples::complete();
        insta::assert_snapshot!(render(&plan, &outcome, Style::PLAIN), @"Done: 2 created, 1 updated, 1 replaced, 1 deleted; 9 calls.");
    }

    #[test]
    fn an_incomplete_outcome_says_what_failed_and_what_was_not_done() {
        let (plan, outcome) = samples::incomplete();
        insta::assert_snapshot!("applied_in_part", render(&plan, &outcome, Style::PLAIN));
    }

    #[test]
    fn durations() {
        let shown =
            [0, 340, 999, 1_000, 8_249, 59_949, 59_950, 60_000, 125_400].map(|ms| duration(Duration::from_millis(ms)));
        assert_eq!(
            shown,
            ["0 ms", "340 ms", "999 ms", "1.0 s", "8.2 s", "59.9 s", "1 min 0 s", "1 min 0 s", "2 min 5 s"]
        );
    }
}
