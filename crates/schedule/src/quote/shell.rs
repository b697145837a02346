//! A POSIX shell ([Shell Command Language], 2.2 Quoting).
//!
//! [Shell Command Language]: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html

/// A text as one word.
///
/// An apostrophe becomes `'"'"'` and not the usual `'\''`: a shell reads both alike, but a backslash would have to be
/// thought through once more in a crontab and in Groovy.
pub fn word(text: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "_-./,:@+".contains(character);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r#"'"'"'"#))
}

/// Words as a command.
pub fn command<S: AsRef<str>>(words: impl IntoIterator<Item = S>) -> String {
    words.into_iter().map(|text| word(text.as_ref())).collect::<Vec<_>>().join(" ")
}
