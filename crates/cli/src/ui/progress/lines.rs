//! One line for each event that deserves one: for logs, and above the bars.

use std::collections::BTreeSet;

use provision_config::Address;
use provision_reconciler::execute::Event;
use provision_reconciler::plan::Action;

use crate::ui::Style;
use crate::ui::applied::{duration, participle};
use crate::ui::value::known;

/// The line for an event, where there is no terminal.
pub fn line(event: &Event) -> Option<String> {
    match event {
        Event::Started { address, action, resumed, .. } => Some(format!("{address}: {}…", doing(*action, *resumed))),
        Event::Note { address, text } => Some(format!("{address}: {}", known(text))),
        Event::Finished { address, action, took } => {
            Some(format!("{address}: {} in {}", participle(*action), duration(*took)))
        }
        Event::Failed { address, summary, error, .. } => {
            Some(format!("{address}: failed to {}: {}", known(summary), known(error)))
        }
        Event::Skipped { address, because } => Some(format!("{address}: not done: {}", reason(because))),
        Event::Step { .. } | Event::Recorded { .. } => None,
    }
}

/// The line for the end of a resource's change, above the bars.
pub fn last(event: &Event, style: Style) -> Option<String> {
    match event {
        Event::Finished { address, action, took } => {
            let took = style.faint(&duration(*took));
            Some(format!("{} {} {}  {took}", style.done(), style.strong(&address.to_string()), participle(*action)))
        }
        // Why is told at the end, with what to do; here it would push the bars about.
        Event::Failed { address, summary, .. } => {
            let address = style.strong(&address.to_string());
            Some(format!("{} {address}: failed to {}", style.failed(), known(summary)))
        }
        Event::Skipped { address, because } => {
            Some(format!("{} {address}: not done: {}", style.warn("-"), reason(because)))
        }
        Event::Started { .. } | Event::Step { .. } | Event::Note { .. } | Event::Recorded { .. } => None,
    }
}

fn reason(because: &BTreeSet<Address>) -> String {
    if because.is_empty() {
        return "interrupted".to_owned();
    }
    let because: Vec<String> = because.iter().map(ToString::to_string).collect();
    format!("it waits for {}", because.join(", "))
}

/// What an action is doing while it is under way: `creating`; or `completing`, if it was begun before.
pub fn doing(action: Action, resumed: bool) -> &'static str {
    match action {
        Action::Create if resumed => "completing",
        Action::Create => "creating",
        Action::Update => "updating",
        Action::Replace => "replacing",
        Action::Delete => "deleting",
        Action::Adopt => "adopting",
        Action::Record => "recording",
        Action::Forget => "forgetting",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::plan::samples;

    #[test]
    fn an_execution_in_plain_lines() {
        let lines: Vec<String> = samples::events().iter().filter_map(line).collect();
        insta::assert_snapshot!("progress_plain", lines.join("\n"));
    }

    #[test]
    fn an_execution_above_the_bars() {
        let lines: Vec<String> = samples::events().iter().filter_map(|event| last(event, Style::RICH)).collect();
        insta::assert_snapshot!("progress_rich", lines.join("\n").replace('\u{1b}', "^"));
    }
}
