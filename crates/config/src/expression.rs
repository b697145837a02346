//! The one mechanism of environment files, `${…}`: from a text to its pieces.

use std::fmt;

/// A part of a text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Piece {
    /// Text as it is, escapes resolved.
    Literal(String),
    /// A reference.
    Reference {
        /// What it names.
        path: Path,
        /// How and where it is written.
        written: Written,
    },
    /// Something between `${` and `}` that is no reference.
    Malformed {
        /// How and where it is written.
        written: Written,
        /// What is wrong.
        message: String,
        /// What to do.
        help: String,
    },
}

/// How a `${…}` is written, and how many times the same has been written before it in the same text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Written {
    /// The source, with its braces.
    pub text: String,
    /// How many equal ones stand before it.
    pub nth: usize,
}

/// What a reference names: `vars.zones[0]`, `s3_bucket.data["eu"].arn`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Path {
    /// The first word.
    pub root: String,
    /// The rest.
    pub steps: Vec<Step>,
}

/// One step into a value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// `.name`
    Name(String),
    /// `["key"]`
    Key(String),
    /// `[each.key]`, `[each.value]`, `[each.value.zone]`: the names after `each`.
    Each(Vec<String>),
    /// `[0]`
    Index(usize),
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.root)?;
        self.steps.iter().try_for_each(|step| write!(f, "{step}"))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, ".{name}"),
            Self::Key(key) => write!(f, "[\"{key}\"]"),
            Self::Each(names) => write!(f, "[each.{}]", names.join(".")),
            Self::Index(index) => write!(f, "[{index}]"),
        }
    }
}

/// Whether a text has anything to resolve, be it only an escape.
pub(crate) fn is_plain(text: &str) -> bool {
    !text.contains("${")
}

/// The pieces of a text. `$${` is an escape for a literal `${`.
pub(crate) fn parse(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        if let Some(before) = rest[..start].strip_suffix('$') {
            literal.push_str(before);
            literal.push_str("${");
            rest = &rest[start + 2..];
            continue;
        }
        literal.push_str(&rest[..start]);
        if !literal.is_empty() {
            pieces.push(Piece::Literal(std::mem::take(&mut literal)));
        }
        let body = &rest[start + 2..];
        let end = end(body);
        let whole = &rest[start..end.map_or(rest.len(), |end| start + 2 + end + 1)];
        let nth = pieces.iter().filter(|piece| piece.is_written(whole)).count();
        let written = Written { text: whole.to_owned(), nth };
        pieces.push(match end {
            Some(end) => reference(body[..end].trim(), written),
            None => Piece::Malformed {
                written,
                message: "`${` without its `}`".to_owned(),
                help: "close it with `}`, or write `$${` for a literal `${`".to_owned(),
            },
        });
        rest = end.map_or("", |end| &body[end + 1..]);
    }
    literal.push_str(rest);
    if !literal.is_empty() {
        pieces.push(Piece::Literal(literal));
    }
    pieces
}

impl Piece {
    fn is_written(&self, text: &str) -> bool {
        match self {
            Self::Literal(_) => false,
            Self::Reference { written, .. } | Self::Malformed { written, .. } => written.text == text,
        }
    }
}

/// Where the closing brace is, those inside quoted keys not counted.
fn end(body: &str) -> Option<usize> {
    let mut quote = None;
    for (index, next) in body.char_indices() {
        match (next, quote) {
            ('}', None) => return Some(index),
            ('"' | '\'', None) => quote = Some(next),
            (next, Some(open)) if next == open => quote = None,
            _ => {}
        }
    }
    // An apostrophe somewhere in a text that is no reference at all.
    body.find('}')
}

fn reference(body: &str, written: Written) -> Piece {
    match path(body) {
        Ok(path) => Piece::Reference { path, written },
        Err(Mistake { message, help }) => Piece::Malformed { written, message, help },
    }
}

struct Mistake {
    message: String,
    help: String,
}

fn path(body: &str) -> Result<Path, Mistake> {
    let general = || Mistake {
        message: format!("`${{{body}}}` is not a reference"),
        help: format!(
            "write `${{vars.name}}`, `${{environment.name}}`, `${{kind.name.field}}` or `${{each.key}}`; or \
             `$${{{body}}}` to keep the text as it is"
        ),
    };
    if body.is_empty() {
        return Err(general());
    }
    // `${aws:username}` and its like belong to IAM.
    if body
        .split_once(':')
        .is_some_and(|(service, _)| service.chars().all(|next| next.is_ascii_alphanumeric() || next == '-'))
    {
        return Err(Mistake {
            message: format!("`${{{body}}}` is not a reference"),
            help: format!("if it is an IAM policy variable, which AWS fills in, write `$${{{body}}}`"),
        });
    }
    let (root, mut rest) = word(body).ok_or_else(general)?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let (name, after) = word(after).ok_or_else(general)?;
            steps.push(Step::Name(name.to_owned()));
            rest = after;
            continue;
        }
        let inner = rest.strip_prefix('[').ok_or_else(general)?;
        let (step, after) = match inner.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let (key, after) = inner[1..].split_once(quote).ok_or_else(general)?;
                if key.contains("${") {
                    return Err(Mistake {
                        message: format!("`${{{body}}}` has a reference inside a reference"),
                        help: "write `[each.key]`, without quotes, for the entry of the same key".to_owned(),
                    });
                }
                (Step::Key(key.to_owned()), after)
            }
            _ => {
                let (index, after) = inner.split_once(']').ok_or_else(general)?;
                let step = match each_names(index.trim()) {
                    Some(names) => Step::Each(names),
                    None => Step::Index(index.trim().parse().map_err(|_| Mistake {
                        message: format!("`[{index}]` in `${{{body}}}` is neither a quoted key nor a number"),
                        help: format!("write `[\"{index}\"]`, `[0]` or `[each.key]`"),
                    })?),
                };
                (step, &inner[inner.len() - after.len() - 1..])
            }
        };
        rest = after.strip_prefix(']').ok_or_else(general)?;
        steps.push(step);
    }
    Ok(Path { root: root.to_owned(), steps })
}

/// The names of `each.key`, `each.value` and `each.value.name`.
fn each_names(inside: &str) -> Option<Vec<String>> {
    let names: Vec<&str> = inside.strip_prefix("each.")?.split('.').collect();
    let known = matches!(names.as_slice(), ["key"] | ["value", ..]);
    let words = names.iter().all(|name| word(name).is_some_and(|(_, after)| after.is_empty()));
    (known && words).then(|| names.into_iter().map(str::to_owned).collect())
}

/// A word at the start, and what follows it.
fn word(text: &str) -> Option<(&str, &str)> {
    let end =
        text.find(|next: char| !(next.is_ascii_alphanumeric() || next == '_' || next == '-')).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str) -> String {
        let pieces = parse(text).into_iter().map(|piece| match piece {
            Piece::Literal(text) => format!("{text:?}"),
            Piece::Reference { path, written } => format!("<{path} #{}>", written.nth),
            Piece::Malformed { message, .. } => format!("<!{message}>"),
        });
        pieces.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn takes_texts_apart() {
        for (text, expected) in [
            ("plain $ {} text", r#""plain $ {} text""#),
            ("${vars.a}", "<vars.a #0>"),
            ("a-${ vars.a }-${vars.a}${vars.a}", r#""a-" <vars.a #0> "-" <vars.a #0> <vars.a #1>"#),
            ("${s3_bucket.b['x}y'].arn}/*", r#"<s3_bucket.b["x}y"].arn #0> "/*""#),
            ("${s3_bucket.b[each.key].arn}", "<s3_bucket.b[each.key].arn #0>"),
            ("${s3_bucket.b[each.value.zone].arn}", "<s3_bucket.b[each.value.zone].arn #0>"),
            ("${vars.zones[0].cidr}", "<vars.zones[0].cidr #0>"),
            ("home/$${aws:username}/", r#""home/${aws:username}/""#),
            ("$$${x}", r#""$${x}""#),
            ("${aws:username}", "<!`${aws:username}` is not a reference>"),
            ("it's ${user's} own", r#""it's " <!`${user's}` is not a reference> " own""#),
            ("a ${vars.b", r#""a " <!`${` without its `}`>"#),
            ("${}", "<!`${}` is not a reference>"),
            ("${a..b}", "<!`${a..b}` is not a reference>"),
            ("${a[each.name]}", "<!`[each.name]` in `${a[each.name]}` is neither a quoted key nor a number>"),
            ("${a[b]}", "<!`[b]` in `${a[b]}` is neither a quoted key nor a number>"),
            ("${a[\"${each.key}\"]}", "<!`${a[\"${each.key}\"]}` has a reference inside a reference>"),
            ("${a[\"b\"", "<!`${` without its `}`>"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn an_escaped_text_is_the_text(text in "[a${}]{0,12}|\\PC{0,20}") {
            let pieces = parse(&text.replace("${", "$${"));
            let expected = if text.is_empty() { vec![] } else { vec![Piece::Literal(text)] };
            prop_assert_eq!(pieces, expected);
        }

        #[test]
        fn no_text_is_too_strange(text in "[a-c.${}\\[\\]\"':0-9]{0,24}") {
            // Every `${` that is not escaped becomes one piece, whatever follows it.
            for piece in parse(&text) {
                if let Piece::Reference { written, .. } | Piece::Malformed { written, .. } = piece {
                    let is_part = written.text.starts_with("${") && text.contains(&written.text);
                    prop_assert!(is_part);
                }
            }
        }

        #[test]
        fn a_path_is_displayed_as_it_is_parsed(
            names in proptest::collection::vec("[a-z_][a-z0-9_]{0,5}", 1..4),
            key in "[a-z/. ]{1,5}",
            index in 0_usize..99,
        ) {
            let path = format!("{}[\"{key}\"][{index}][each.key][each.value.of].x", names.join("."));
            match parse(&format!("${{{path}}}")).as_slice() {
                [Piece::Reference { path: parsed, .. }] => prop_assert_eq!(parsed.to_string(), path),
                other => prop_assert!(false, "{:?}", other),
            }
        }
    }
}
