//! Text as Markdown, wherever it stands.

use std::fmt::Write;

use crate::prose::{Piece, Prose};
use provision_config::shown::safe;

/// Words that mean nothing but themselves. They are on one line already, and never the first on a line.
///
/// GitHub tells everybody who is mentioned in a comment, and links what looks like an issue, so `@` and `#` are kept apart from what
/// follows them by a character without width, as bots do that write release notes.
pub fn words(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    // Spaces at the ends would keep marks of emphasis from being taken for such, or break the line.
    let ends = text.len() - text.trim_start().len()..text.trim_end().len();
    let mut before = ' ';
    let mut characters = text.char_indices().peekable();
    while let Some((index, next)) = characters.next() {
        let after = characters.peek().map_or(' ', |(_, after)| *after);
        match next {
            _ if !ends.contains(&index) => {
                let _ = write!(escaped, "&#{};", u32::from(next));
            }
            '@' | '#' if after.is_ascii_alphanumeric() => {
                let _ = write!(escaped, "{next}&#8203;");
            }
            // No link but those that are meant.
            ':' if after == '/' => escaped.push_str("\\:"),
            // A backslash before a `|` would be taken for part of a table's syntax, so that is no way to write one.
            '|' => escaped.push_str("&#124;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            // Within a word it is no mark of emphasis.
            '_' if before.is_ascii_alphanumeric() && after.is_ascii_alphanumeric() => escaped.push('_'),
            '\\' | '`' | '*' | '_' | '[' | ']' | '~' | '$' => {
                escaped.push('\\');
                escaped.push(next);
            }
            other => escaped.push(other),
        }
        before = next;
    }
    escaped
}

/// Code, wherever it stands, in tables too.
///
/// Between backticks wherever that says it. Where it does not (backticks and `|` in the text, spaces at its ends), as HTML with every
/// sign of it written as a number.
pub fn code(text: &str) -> String {
    let text = safe(text);
    let is_plain = !text.is_empty()
        && text.trim() == text
        && !text.contains("  ")
        && !text.contains(['`', '|'])
        // What looks like a backslash before the closing backtick is none, but not every reader knows.
        && !text.ends_with('\\');
    if is_plain {
        return format!("`{text}`");
    }
    let mut escaped = String::with_capacity(text.len() * 2);
    for next in text.chars() {
        if next.is_ascii_alphanumeric() || !next.is_ascii() {
            escaped.push(next);
        } else {
            let _ = write!(escaped, "&#{};", u32::from(next));
        }
    }
    format!("<code>{escaped}</code>")
}

/// A sentence with code in it.
pub fn prose(prose: &Prose) -> String {
    let last = prose.0.len().saturating_sub(1);
    let piece = |(index, piece): (usize, &Piece)| match piece {
        // Only at the ends of the whole sentence do spaces do harm.
        Piece::Words(text) => {
            let start = if index == 0 { 0 } else { text.len() - text.trim_start().len() };
            let end = if index == last { text.len() } else { text.trim_end().len().max(start) };
            format!("{}{}{}", &text[..start], words(&text[start..end]), &text[end..])
        }
        Piece::Code(text) => code(text),
    };
    prose.0.iter().enumerate().map(piece).collect()
}

/// Lines as they are, in a fence that is longer than any in them.
pub fn fence(language: &str, lines: &[String]) -> String {
    let longest = lines.iter().flat_map(|line| line.split(|next| next != '`')).map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let mut text = format!("{fence}{language}\n");
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    text.push_str(&fence);
    text.push('\n');
    text
}

/// Something that is seen when it is asked for. The summary is HTML already.
pub fn details(summary: &str, text: &str) -> String {
    format!("<details><summary>{summary}</summary>\n\n{text}\n</details>\n")
}

/// Words within HTML.
pub fn html(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, next| {
        if next.is_ascii_alphanumeric() || !next.is_ascii() || matches!(next, ' ' | '.' | ',') {
            escaped.push(next);
        } else {
            let _ = write!(escaped, "&#{};", u32::from(next));
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_mean_themselves() {
        assert_eq!(words("a *b* _c_ [d](e) <f> & |g| \\"), r"a \*b\* \_c\_ \[d\](e) &lt;f&gt; &amp; &#124;g&#124; \\");
        assert_eq!(words("kms_key.s3 in us-east-1"), "kms_key.s3 in us-east-1");
        assert_eq!(words("ask @ops about #12, 5 # 3"), "ask @&#8203;ops about #&#8203;12, 5 # 3");
        assert_eq!(words("https://a.example"), r"https\://a.example");
        assert_eq!(words(" a "), "&#32;a&#32;");
        assert_eq!(prose(&Prose::of(" set `a` first ")), "&#32;set `a` first&#32;");
    }

    #[test]
    fn code_is_readable_wherever_it_can_be() {
        assert_eq!(code("arn:aws:s3:::a_b/*<script>"), "`arn:aws:s3:::a_b/*<script>`");
        assert_eq!(code("a`b|c"), "<code>a&#96;b&#124;c</code>");
        assert_eq!(code(" a"), "<code>&#32;a</code>");
        assert_eq!(code("a\nb"), "`a\\nb`");
        assert_eq!(code(""), "<code></code>");
    }

    #[test]
    fn a_fence_is_longer_than_any_in_it() {
        assert_eq!(fence("diff", &["- ````".to_owned()]), "`````diff\n- ````\n`````\n");
        assert_eq!(fence("", &["a".to_owned()]), "```\na\n```\n");
    }
}
