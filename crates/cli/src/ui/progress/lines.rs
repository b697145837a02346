//! One line for each event that deserves one: for logs, and above the bars.

use provision_reconciler::execute::Event;
use provision_reconciler::plan::Action;

use crate::ui::Style;
use crate::ui::applied::{duration, participle};
use crate::ui::value::known;

/// The line for an event, where there is no terminal.
pub fn line(event: &Event, style: Style) -> Option<String> {
    match event {
        Event::Started { address, action, .. } => Some(format!("{address}: {}…", doing(*action))),
        Event::Note { address, text } => Some(format!("{address}: {}", known(text))),
        Event::Finished { address, action, took } => {
            Some(format!("{address}: {} in {}", participle(*action), duration(*took)))
        }
        Event::Failed { .. } | Event::Skipped { .. } => last(event, style),
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
        Event::Failed { address, summary, error, .. } => Some(format!(
            "{} {}: failed to {}: {}",
            style.failed(),
            style.strong(&address.to_string()),
            known(summary),
            known(error)
        )),
        Event::Skipped { address, because } => {
            let reason = if because.is_empty() {
                "interrupted".to_owned()
            } else {
                let because: Vec<String> = because.iter().map(ToString::to_string).collect();
                format!("it waits for {}", because.join(", "))
            };
            Some(format!("{} {address}: not done: {reason}", style.warn("-")))
        }
        Event::Started { .. } | Event::Step { .. } | Event::Note { .. } | Event::Recorded { .. } => None,
    }
}

/// What an action is doing while it is under way: `creating`.
pub fn doing(action: Action) -> &'static str {
    match action {
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
        let lines: Vec<String> = samples::events().iter().filter_map(|event| line(event, Style::PLAIN)).collect();
        insta::assert_snapshot!("progress_plain", lines.join("\n"));
    }

    #[test]
    fn an_execution_above_the_bars() {
        let lines: Vec<String> = samples::events().iter().filter_map(|event| last(event, Style::RICH)).collect();
        insta::assert_snapshot!("progress_rich", lines.join("\n").replace('\u{1b}', "^"));
    }
}
