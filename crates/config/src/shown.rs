//! Texts for people: made safe to show, whatever a file, a name or AWS says; and lengths of time as texts.

use std::time::Duration;

use crate::unknown::{self, CLOSE, OPEN};

/// What stands for a value that is not known yet.
pub const UNKNOWN: &str = "(known after apply)";

/// A text on one line, with what is not known yet said so. Whatever would not be seen, or would move what stands around it, is
/// written as Rust would: control characters, the marks that turn the direction of writing, characters without width.
pub fn safe(text: &str) -> String {
    let known = unknown::substitute_text(text, &|_| Some(UNKNOWN.to_owned()));
    known.chars().fold(String::with_capacity(known.len()), |mut safe, next| {
        if next.is_control() {
            safe.extend(next.escape_default());
        } else if is_unseen(next) {
            safe.extend(next.escape_unicode());
        } else {
            safe.push(next);
        }
        safe
    })
}

/// Characters that are not seen themselves. Those that join letters or emoji (U+200C, U+200D) stay: without them, some scripts cannot
/// be read.
fn is_unseen(character: char) -> bool {
    let is_not_a_character = u32::from(character) & 0xfffe == 0xfffe;
    is_not_a_character
        || matches!(
            character,
            OPEN | CLOSE
                | '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{fdd0}'..='\u{fdef}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// How long, in the one or two units that say most: `0.4 s`, `15 min`, `1 h 30 min`, `2 d`.
pub fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds < 60 && duration.subsec_millis() > 0 {
        return format!("{:.1} s", duration.as_secs_f64());
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time() {
        let said = [0, 59, 900, 5_400, 86_400, 90_061].map(|seconds| duration(Duration::from_secs(seconds)));
        assert_eq!(said, ["0 s", "59 s", "15 min", "1 h 30 min", "1 d", "1 d 1 h"]);
        assert_eq!(duration(Duration::from_millis(1_250)), "1.2 s");
    }

    #[test]
    fn what_cannot_be_seen_is_written_out() {
        assert_eq!(safe("a\u{1b}[2J\nb\u{9b}"), "a\\u{1b}[2J\\nb\\u{9b}");
        assert_eq!(safe("gpj.\u{202e}exe\u{2066}"), "gpj.\\u{202e}exe\\u{2066}");
        assert_eq!(safe("a\u{200b}b\u{feff}\u{ffff}\u{1fffe}"), "a\\u{200b}b\\u{feff}\\u{ffff}\\u{1fffe}");
        assert_eq!(safe("مرحبا 終 👩\u{200d}💻 é"), "مرحبا 終 👩\u{200d}💻 é");
    }

    #[test]
    fn marks_of_what_is_not_known_never_get_through() {
        let mark = format!("{OPEN}kms_key.s3.arn{CLOSE}");
        assert_eq!(safe(&format!("{mark}/*")), "(known after apply)/*");
        assert_eq!(safe(&format!("{OPEN}{CLOSE}{OPEN}")), "\\u{f8f0}\\u{f8f1}\\u{f8f0}");
    }
}
