//! A plan that a person reads at a glance.

pub(super) mod change;
pub(super) mod defaults;
pub(super) mod policy;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use provision_config::Catalog;
use provision_reconciler::Remark;
use provision_reconciler::diff::Cause;
use provision_reconciler::plan::{Action, Plan, Reason, Refusal, ResourceChange};

use crate::load;
use crate::ui::value::known;
use crate::ui::{Style, table};

/// The kinds, for their defaults. The same throughout the program.
static CATALOG: LazyLock<Catalog> = LazyLock::new(|| load::offline().catalog());

/// How a plan is to be shown.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// How text is set.
    pub style: Style,
    /// Whether every call is shown, and documents and defaults too.
    pub verbose: bool,
}

/// The whole plan: each change, what stands in its way, and a summary.
pub fn render(plan: &Plan, view: &View) -> String {
    render_with(plan, view, &CATALOG)
}

fn render_with(plan: &Plan, view: &View, catalog: &Catalog) -> String {
    let View { style, .. } = *view;
    let mut text = String::new();
    let regions: BTreeSet<&str> = plan.changes.values().map(|change| change.region.as_str()).collect();
    if !plan.changes.is_empty() || !plan.refusals.is_empty() {
        let place = match regions.first() {
            Some(region) if regions.len() == 1 => format!("account {}, {region}", plan.account),
            _ => format!("account {}", plan.account),
        };
        text.push_str(&format!("{} {}\n\n", style.strong(&plan.environment), style.faint(&format!("({place})"))));
    }
    for (address, change) in &plan.changes {
        for line in change::lines(address, change, regions.len() > 1, view, catalog) {
            text.push_str(line.trim_end());
            text.push('\n');
        }
        for refusal in plan.refusals.iter().filter(|refusal| refusal.address == *address) {
            text.push_str(&self::refusal(refusal, style));
        }
    }
    // What exists but is not ours is no change.
    for refusal in plan.refusals.iter().filter(|refusal| !plan.changes.contains_key(&refusal.address)) {
        text.push_str(&format!("{} {}\n", style.bad("  !"), style.strong(&known(&refusal.address.to_string()))));
        text.push_str(&self::refusal(refusal, style));
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(&remarks(&plan.remarks, style));
    text.push_str(&summary(plan, style));
    if !plan.refusals.is_empty() {
        let refusals = table::count(plan.refusals.len(), "resource is", "resources are");
        let line = format!("This plan cannot be carried out: {refusals} in the way. Nothing will be changed.");
        text.push_str(&format!("{}\n", style.bad(&line)));
    }
    text
}

/// What should be known of resources that stay, a line each.
pub(super) fn remarks(remarks: &[Remark], style: Style) -> String {
    let line = |remark: &Remark| {
        let address = known(&remark.address.to_string());
        format!("{} {address}: {}\n", style.warn("note:"), known(&remark.text))
    };
    remarks.iter().map(line).collect()
}

/// What is in the way, under the resource that it is about; the hints are told with the error.
fn refusal(refusal: &Refusal, style: Style) -> String {
    format!("      {}\n", style.bad(&format!("refused: {}", known(&refusal.message))))
}

/// The last line: how many resources meet which fate.
pub fn summary(plan: &Plan, style: Style) -> String {
    let counts = plan.counts();
    if plan.changes.is_empty() && plan.refusals.is_empty() {
        return match counts.unchanged {
            0 => format!("{} There is nothing to do.\n", style.good("No changes.")),
            1 => format!("{} 1 resource is as the file says.\n", style.good("No changes.")),
            count => format!("{} {count} resources are as the file says.\n", style.good("No changes.")),
        };
    }
    if !plan.has_changes() && plan.refusals.is_empty() {
        let count = table::count(plan.changes.len(), "resource", "resources");
        return format!(
            "{} Only the state is brought up to date, for {count}; {} unchanged.\n",
            style.good("No changes in AWS."),
            plan.unchanged
        );
    }
    let deleted = count(plan, |change| change.reason == Reason::DeletedOutside);
    let drifted = |action: Action| {
        count(plan, |change| {
            change.action == action
                && change.differences.iter().any(|one| matches!(one.cause, Cause::Drift | Cause::ConfigAndDrift))
        })
    };
    let aside = |number: usize, what: &str| match number {
        0 => String::new(),
        number => style.warn(&format!(" ({number} {what})")),
    };
    format!(
        "{} {} to create{}, {} to update{}, {} to replace{}, {} to delete; {} unchanged; {}.\n",
        style.strong("Plan:"),
        counts.create,
        aside(deleted, "deleted outside"),
        counts.update,
        aside(drifted(Action::Update), "drifted"),
        counts.replace,
        aside(drifted(Action::Replace), "drifted"),
        counts.delete,
        counts.unchanged,
        table::count(counts.calls, "call", "calls"),
    )
}

fn count(plan: &Plan, what: impl Fn(&ResourceChange) -> bool) -> usize {
    plan.changes.values().filter(|change| what(change)).count()
}

#[cfg(test)]
pub(super) mod samples;
#[cfg(test)]
mod tests;
