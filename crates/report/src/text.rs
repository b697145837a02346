//! Numbers, times and commands as texts.

use std::time::Duration;

use jiff::Timestamp;
use provision_config::shown::safe;

/// A number with its noun: `1 call`, `2 calls`.
pub fn count(number: usize, one: &str, several: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { several })
}

/// A number with its thousands apart: `12,345`.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Things in a row: `a, b and c`.
pub fn list(things: &[String]) -> String {
    match things {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// When, to the minute: `2026-11-22 04:05 UTC`.
pub fn time(when: Timestamp) -> String {
    when.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// How long, in the one or two units that say most: `15 min`, `1 h 30 min`, `2 d`.
pub fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let parts = [(seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")];
    let said: Vec<String> = parts
        .iter()
        .skip_while(|(number, _)| *number == 0)
        .take(2)
        .filter(|(number, _)| *number > 0)
        .map(|(number, unit)| format!("{number} {unit}"))
        .collect();
    if said.is_empty() { "0 s".to_owned() } else { said.join(" ") }
}

/// A command about an environment, to be copied into a shell: `provision drift dev --fix`.
pub fn command(before: &str, environment: &str, after: &str) -> String {
    let environment = safe(environment);
    let is_plain = |next: char| next.is_ascii_alphanumeric() || matches!(next, '-' | '_' | '.' | '/');
    let argument = if !environment.is_empty() && environment.chars().all(is_plain) {
        environment
    } else {
        format!("'{}'", environment.replace('\'', r"'\''"))
    };
    format!("provision {before} {argument} {after}").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times() {
        assert_eq!(count(1, "call", "calls"), "1 call");
        assert_eq!(count(1_234_567, "call", "calls"), "1,234,567 calls");
        assert_eq!(list(&["a".to_owned(), "b".to_owned(), "c".to_owned()]), "a, b and c");
        let said = [0, 59, 900, 5_400, 86_400, 90_061].map(|seconds| duration(Duration::from_secs(seconds)));
        assert_eq!(said, ["0 s", "59 s", "15 min", "1 h 30 min", "1 d", "1 d 1 h"]);
        assert_eq!(time(Timestamp::UNIX_EPOCH), "1970-01-01 00:00 UTC");
    }

    #[test]
    fn a_command_can_be_copied_whatever_the_name() {
        assert_eq!(command("drift", "dev", "--fix"), "provision drift dev --fix");
        assert_eq!(command("plan", "it's; rm -rf /", ""), r"provision plan 'it'\''s; rm -rf /'");
        assert_eq!(command("plan", "", ""), "provision plan ''");
    }
}
