//! Asking before something is done.

use std::io::{BufRead, Write, stderr, stdin};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::ui::Printer;

/// Asks whether to go on; only `yes` is accepted. `given` is whether `--yes` was. False: the person said no.
///
/// # Errors
/// If there is nobody to ask (exit code 6).
pub fn confirm(printer: &Printer, question: &str, given: bool) -> Result<bool, Failure> {
    if given {
        return Ok(true);
    }
    if !printer.can_ask() {
        return Err(Failure::new("this must be confirmed, and there is no terminal to ask on")
            .code("unconfirmed")
            .exit_with(Exit::UNCONFIRMED)
            .hint("look at the plan, then add `--yes`"));
    }
    // On stderr, so that the question is seen even if stdout goes to a file.
    let style = printer.error_style();
    let mut terminal = stderr().lock();
    let asked = write!(terminal, "{} Only `yes` is accepted: ", style.strong(question)).and_then(|()| terminal.flush());
    drop(terminal);
    let answer = asked.and_then(|()| read(stdin().lock()));
    answer.map_err(|error| {
        Failure::new(format!("failed to ask: {error}")).code("unconfirmed").exit_with(Exit::UNCONFIRMED)
    })
}

fn read(mut input: impl BufRead) -> std::io::Result<bool> {
    let mut answer = String::new();
    input.read_line(&mut answer)?;
    Ok(answer.trim() == "yes")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::arguments::GlobalArguments;

    #[test]
    fn only_yes_is_yes() {
        assert!(read("yes\n".as_bytes()).unwrap());
        for no in ["y\n", "Yes\n", "no\n", "\n", "", "yes please\n"] {
            assert!(!read(no.as_bytes()).unwrap(), "{no:?}");
        }
    }

    #[test]
    fn nobody_to_ask_is_exit_code_6() {
        // With --json nobody is asked, terminal or not.
        let printer = Printer::new(&GlobalArguments { json: true, ..GlobalArguments::default() });
        assert_eq!(confirm(&printer, "Really?", false).unwrap_err().exit(), Exit::UNCONFIRMED);
        assert!(confirm(&printer, "Really?", true).unwrap());
    }
}
