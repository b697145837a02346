//! YAML: 1.2 as GitHub and most parsers read it, and 1.1 as Kubernetes does, for which `yes`, `on` and `12:30:00` are
//! no texts.

use std::fmt::Write;

/// A text as a scalar on one line that is read as a text by either version.
pub fn text(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    if !text.chars().any(char::is_control) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            control if control.is_control() => {
                let _ = write!(quoted, "\\x{:02X}", u32::from(control));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// Lines as a literal block. The first must not begin with a space, from which the indentation is read.
pub fn block<S: AsRef<str>>(lines: impl IntoIterator<Item = S>, indent: usize) -> String {
    let mut block = String::from("|");
    for line in lines {
        block.push('\n');
        if !line.as_ref().is_empty() {
            let _ = write!(block, "{:indent$}{}", "", line.as_ref());
        }
    }
    block
}

/// Whether it needs no quotes: far less than what YAML allows, so that it need not be thought about.
fn is_plain(text: &str) -> bool {
    let rest = text.strip_prefix("--").or_else(|| text.strip_prefix('-')).unwrap_or(text);
    let starts = rest.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/');
    let ends = text.ends_with(|last: char| last.is_ascii_alphanumeric() || last == '/');
    let plain = |character: char| character.is_ascii_alphanumeric() || " _-./:@+".contains(character);
    starts && ends && text.chars().all(plain) && !text.contains(": ") && !is_word(&text.to_ascii_lowercase())
}

/// What one of the versions takes for a truth value or for nothing.
fn is_word(text: &str) -> bool {
    matches!(text, "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null")
}
