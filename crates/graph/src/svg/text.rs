//! Text in the picture.

use provision_config::shown::safe;

/// How wide a text is at a font size, in pixels. Which font the reader has is not known: this is about that of the wider ones
/// (Verdana, `DejaVu` Sans), so that no text leaves its box.
pub fn width(text: &str, size: f64) -> f64 {
    text.chars().map(em).sum::<f64>() * size
}

/// How much wider bold text is.
pub const BOLD: f64 = 1.1;

fn em(character: char) -> f64 {
    match character {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' => 0.34,
        'f' | 't' | 'r' | '-' | '(' | ')' | '[' | ']' | '/' | '"' => 0.44,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' => 0.98,
        'A'..='Z' => 0.73,
        ' '..='~' => 0.63,
        // Of other scripts, the widest.
        _ => 1.05,
    }
}

/// A text that is no wider than so many pixels: what does not fit is cut from its middle, since names differ at the ends.
pub fn fitted(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let characters: Vec<char> = text.chars().collect();
    for kept in (1..characters.len()).rev() {
        let (head, tail) = (kept.div_ceil(2), kept / 2);
        let mut short: String = characters[..head].iter().collect();
        short.push('…');
        short.extend(&characters[characters.len() - tail..]);
        if width(&short, size) <= room {
            return short;
        }
    }
    "…".to_owned()
}

/// A text in lines that are no wider than so many pixels, as far as its words allow.
pub fn wrapped(text: &str, size: f64, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(line, size) + width(" ", size) + width(word, size) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A text as XML, within elements and attributes. What XML cannot have at all (control characters) is not in it any more.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in safe(text).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_in_the_middle() {
        assert_eq!(fitted("data", 12.0, 200.0), "data");
        assert_eq!(fitted("the_first_of_many_long_names", 10.0, 90.0), "the_fir…_names");
        assert_eq!(fitted("wide", 10.0, 0.0), "…");
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrapped("one two three four", 10.0, 60.0), ["one two", "three four"]);
        assert_eq!(wrapped("unbreakable", 10.0, 1.0), ["unbreakable"]);
    }

    #[test]
    fn nothing_gets_out_of_its_place() {
        assert_eq!(escape("a[\"<b>\"] & c\nd\u{7}\u{202e}"), r"a[&quot;&lt;b&gt;&quot;] &amp; c\nd\u{7}\u{202e}");
    }
}
