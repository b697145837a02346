//! What became of the tests of what is deployed.

use std::collections::BTreeMap;

use provision_config::Address;
use provision_reconciler::verify::{Check, Outcome, Verified};

use crate::ui::value::known;
use crate::ui::{Style, table};

/// Every test and its result in a table, then each failure with what to do, then a summary.
pub fn render(environment: &str, verified: &BTreeMap<Address, Verified>, style: Style) -> String {
    let checks: Vec<(&Address, &Check)> = verified
        .iter()
        .flat_map(|(address, resource)| resource.checks.iter().map(move |check| (address, check)))
        .collect();
    let rows: Vec<[String; 4]> = checks.iter().map(|(address, check)| row(address, check)).collect();
    let mut text = table::table(["ADDRESS", "CHECK", "RESULT", "DETAIL"], &rows, style);
    for (address, check) in &checks {
        if let Outcome::Failed { message, hint } = &check.outcome {
            let address = style.strong(&known(&address.to_string()));
            text.push_str(&format!("\n{} {address}: {}\n", style.bad("failed:"), known(&check.name)));
            text.push_str(&format!("  {}\n  {} {}\n", known(message), style.note("hint:"), known(hint)));
        }
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(&summary(environment, verified, &Counts::of(verified), style));
    text
}

fn row(address: &Address, check: &Check) -> [String; 4] {
    let (result, detail) = match &check.outcome {
        Outcome::Passed(detail) => ("passed", known(detail)),
        // Long, and to be read with its hint.
        Outcome::Failed { .. } => ("FAILED", "see below".to_owned()),
        Outcome::Skipped(reason) => ("skipped", known(reason)),
    };
    [known(&address.to_string()), known(&check.name), result.to_owned(), detail]
}

fn summary(environment: &str, verified: &BTreeMap<Address, Verified>, counts: &Counts, style: Style) -> String {
    let untested = verified.values().filter(|resource| resource.checks.is_empty()).count();
    let untested = match untested {
        0 => String::new(),
        some => format!("; {} nothing to test", table::count(some, "has", "have")),
    };
    let word = if counts.failed > 0 { style.bad("Failed:") } else { style.good("Verified:") };
    format!(
        "{word} {environment}: {} passed, {} failed, {} skipped, of {}{untested}.\n",
        counts.passed,
        counts.failed,
        counts.skipped,
        table::count(verified.len(), "resource", "resources"),
    )
}

/// How many tests ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Those that passed.
    pub passed: usize,
    /// Those that failed.
    pub failed: usize,
    /// Those that were not made.
    pub skipped: usize,
}

impl Counts {
    /// Counts all tests.
    pub fn of(verified: &BTreeMap<Address, Verified>) -> Self {
        let mut counts = Self::default();
        for check in verified.values().flat_map(|resource| &resource.checks) {
            match check.outcome {
                Outcome::Passed(_) => counts.passed += 1,
                Outcome::Failed { .. } => counts.failed += 1,
                Outcome::Skipped(_) => counts.skipped += 1,
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::plan::samples;

    #[test]
    fn each_test_has_a_row_and_each_failure_a_hint() {
        insta::assert_snapshot!("verify", render("dev", &samples::verified(), Style::PLAIN));
        insta::assert_snapshot!("verify_rich", render("dev", &samples::verified(), Style::RICH).replace('\u{1b}', "^"));
    }

    #[test]
    fn nothing_deployed_is_one_line() {
        let nothing = render("dev", &BTreeMap::new(), Style::PLAIN);
        assert_eq!(nothing, "Verified: dev: 0 passed, 0 failed, 0 skipped, of 0 resources.\n");
    }
}
