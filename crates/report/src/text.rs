//! Numbers, times and commands as texts.

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
        assert_eq!(time(Timestamp::UNIX_EPOCH), "1970-01-01 00:00 UTC");
    }

    #[test]
    fn a_command_can_be_copied_whatever_the_name() {
        assert_eq!(command("drift", "dev", "--fix"), "provision drift dev --fix");
        assert_eq!(command("plan", "it's; rm -rf /", ""), r"provision plan 'it'\''s; rm -rf /'");
        assert_eq!(command("plan", "", ""), "provision plan ''");
    }
}
