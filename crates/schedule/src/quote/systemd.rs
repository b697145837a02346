//! A command line in a systemd unit ([systemd.service(5)], "Command lines"; [systemd.unit(5)], "Specifiers").
//!
//! [systemd.service(5)]: https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html
//! [systemd.unit(5)]: https://www.freedesktop.org/software/systemd/man/latest/systemd.unit.html

/// A text as one word. The first word, the program, must not contain `"`, `'`, `\` or `$`: systemd reads them as they
/// are meant, and then refuses the path (or, `$`, does not undo the doubling).
pub fn word(text: &str) -> String {
    let doubled = text.replace('%', "%%").replace('$', "$$");
    let plain = |character: char| character.is_ascii_alphanumeric() || "_-./,:=@+%$".contains(character);
    if !doubled.is_empty() && doubled.chars().all(plain) {
        return doubled;
    }
    // Between either kind of quotes a backslash means something, unlike in a shell.
    let escaped = doubled.replace('\\', "\\\\");
    if escaped.contains('"') && !escaped.contains('\'') {
        return format!("'{escaped}'");
    }
    format!("\"{}\"", escaped.replace('"', "\\\""))
}

/// Words as a command line.
pub fn command<S: AsRef<str>>(words: impl IntoIterator<Item = S>) -> String {
    words.into_iter().map(|text| word(text.as_ref())).collect::<Vec<_>>().join(" ")
}
