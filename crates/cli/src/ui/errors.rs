//! What went wrong, and what to do next: one `error:` and one `hint:` line each.

use provision_state::Operation;

use crate::failure::{Failure, Problem};
use crate::ui::value::{known, known_lines};
use crate::ui::{Style, diagnostics, table};

/// Why a command could not do what was asked.
pub fn render(failure: &Failure, style: Style) -> String {
    match failure {
        Failure::Invalid(invalid) => diagnostics::render(invalid, style),
        Failure::Failed { problems, .. } => problems.iter().map(|one| self::one(one, style)).collect(),
        Failure::Several(failures) => failures.iter().map(|failure| render(failure, style)).collect(),
    }
}

fn one(error: &Problem, style: Style) -> String {
    problem(&error.to_string(), error.hint.as_deref(), style)
}

/// One problem with its hint.
pub fn problem(message: &str, hint: Option<&str>, style: Style) -> String {
    // What pip or an emulator says on several lines stays on several lines.
    let block = |text: &str| known_lines(text.trim_end()).replace('\n', "\n       ");
    let mut text = format!("{} {}\n", style.bad("error:"), block(message));
    if let Some(hint) = hint {
        text.push_str(&format!(" {} {}\n", style.note("hint:"), block(hint)));
    }
    text
}

/// What has become of an operation that the state announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfinished {
    /// It holds the lock: it is at work, or died a moment ago.
    UnderWay,
    /// It holds the lock no more.
    Interrupted,
    /// It holds the lock no more, and this run goes on from there.
    TakenOver,
}

/// That an earlier run has not finished: who, when, and how far it came.
pub fn unfinished(operation: &Operation, standing: Unfinished) -> String {
    let Operation { command, owner, started_at, intents, .. } = operation;
    let (command, owner) = (known(command), known(owner));
    let begun = started_at.strftime("%Y-%m-%dT%H:%M:%SZ");
    let far = format!("{} of {} done", operation.done(), table::count(intents.len(), "resource", "resources"));
    match standing {
        Unfinished::Interrupted | Unfinished::TakenOver if operation.is_restoration() => {
            format!(
                "{owner} has restored this state from a copy ({begun}); what was done just before may not be in it{}",
                if standing == Unfinished::TakenOver {
                    ", and is looked for"
                } else {
                    ": `provision apply --dr` looks for it"
                }
            )
        }
        Unfinished::UnderWay => {
            format!("`{command}` of {owner} is under way (begun {begun}, {far}); this is how it looks meanwhile")
        }
        Unfinished::Interrupted => {
            format!(
                "the last `{command}` of {owner} did not finish (begun {begun}, {far}); `provision apply` goes on from there"
            )
        }
        Unfinished::TakenOver => {
            format!(
                "the last `{command}` of {owner} did not finish (begun {begun}, {far}); what it left is taken into account"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use provision_reconciler::plan::Refusal;
    use provision_reconciler::{CloudError, ErrorClass};
    use provision_state::{ChangeKind, Intent};

    use super::*;

    fn denied() -> CloudError {
        CloudError {
            action: "kms:CreateKey".to_owned(),
            code: Some("AccessDeniedException".to_owned()),
            message: "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: kms:CreateKey".to_owned(),
            request_id: Some("7a62c49f".to_owned()),
            hint: Some("allow `kms:CreateKey` to the caller".to_owned()),
            class: ErrorClass::Denied,
        }
    }

    #[test]
    fn a_failed_call_says_what_where_why_and_what_next() {
        let failure = Failure::from(denied()).at(&"kms_key.s3".parse().unwrap()).doing("create the key");
        insta::assert_snapshot!(render(&failure, Style::PLAIN), @r"
        error: kms_key.s3: failed to create the key: kms:CreateKey failed: AccessDeniedException: User: arn:aws:iam::123456789012:user/ann is not authorized to perform: kms:CreateKey (request id 7a62c49f)
         hint: allow `kms:CreateKey` to the caller
        ");
    }

    #[test]
    fn an_operation_that_has_not_finished_is_told_who_when_and_how_far() {
        let intent = |done| Intent { change: ChangeKind::Created, region: None, identity: None, done };
        let operation = Operation {
            id: "7a62c49f".to_owned(),
            command: "apply".to_owned(),
            owner: "ann@laptop pid 4711".to_owned(),
            started_at: "2026-01-02T03:04:05Z".parse().unwrap(),
            fencing: 7,
            intents: [("kms_key.s3", true), ("s3_bucket.a", false), ("s3_bucket.b", false)]
                .map(|(address, done)| (address.parse().unwrap(), intent(done)))
                .into(),
            folded: 1,
        };
        let all = [Unfinished::UnderWay, Unfinished::Interrupted, Unfinished::TakenOver];
        insta::assert_snapshot!(all.map(|standing| unfinished(&operation, standing)).join("\n"), @"
        `apply` of ann@laptop pid 4711 is under way (begun 2026-01-02T03:04:05Z, 1 of 3 resources done); this is how it looks meanwhile
        the last `apply` of ann@laptop pid 4711 did not finish (begun 2026-01-02T03:04:05Z, 1 of 3 resources done); `provision apply` goes on from there
        the last `apply` of ann@laptop pid 4711 did not finish (begun 2026-01-02T03:04:05Z, 1 of 3 resources done); what it left is taken into account
        ");
    }

    #[test]
    fn refusals_are_told_together_and_in_colour_on_a_terminal() {
        let refusal = |name: &str| Refusal {
            address: format!("s3_bucket.{name}").parse().unwrap(),
            message: "it is protected; refusing to delete".to_owned(),
            hint: "set `protect = false`".to_owned(),
        };
        let failure = Failure::refused(&[refusal("a"), refusal("b")]);
        insta::assert_snapshot!(render(&failure, Style::RICH).replace('\u{1b}', "^"), @r"
        ^[31merror:^[39m s3_bucket.a: it is protected; refusing to delete
         ^[36mhint:^[39m set `protect = false`
        ^[31merror:^[39m s3_bucket.b: it is protected; refusing to delete
         ^[36mhint:^[39m set `protect = false`
        ");
    }

    #[test]
    fn an_answer_of_several_lines_keeps_its_lines_but_cannot_move_the_cursor() {
        let failure = Failure::new("failed to install moto: ERROR: no network\n  \u{1b}[1mretried 3 times\n");
        insta::assert_snapshot!(render(&failure, Style::PLAIN), @r"
        error: failed to install moto: ERROR: no network
                 \u{1b}[1mretried 3 times
        ");
    }
}
