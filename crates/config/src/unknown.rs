//! Values that AWS will choose.
//!
//! An output of a resource that does not exist yet (`${kms_key.s3.arn}`) is not known while planning. It stands in a
//! resolved value as a *mark*: the reference between two private-use characters, inside an ordinary string. So a
//! policy document or a URL can contain an unknown ARN, a spec stays one plain type, and putting the real value in its
//! place later is a text substitution. The characters cannot be typed by accident and are refused in environment files.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde_json::Value;

use crate::address::Address;

/// Opens a mark.
pub const OPEN: char = '\u{F8F0}';
/// Closes a mark.
pub const CLOSE: char = '\u{F8F1}';

/// An output of a resource, as a reference names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// The resource.
    pub address: Address,
    /// The name of its output.
    pub output: String,
}

impl Reference {
    /// The mark that stands for this output's value.
    pub fn mark(&self) -> String {
        format!("{OPEN}{self}{CLOSE}")
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.address, self.output)
    }
}

impl FromStr for Reference {
    type Err = crate::AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (address, output) = text.rsplit_once('.').ok_or_else(|| crate::AddressError(text.to_owned()))?;
        Ok(Self { address: address.parse()?, output: output.to_owned() })
    }
}

/// Whether a text contains a mark.
pub fn is_unknown(text: &str) -> bool {
    text.contains(OPEN)
}

/// Whether a value contains a mark anywhere, its keys included.
pub fn contains_unknown(value: &Value) -> bool {
    match value {
        Value::String(text) => is_unknown(text),
        Value::Array(items) => items.iter().any(contains_unknown),
        Value::Object(fields) => fields.iter().any(|(key, value)| is_unknown(key) || contains_unknown(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The references marked in a text, in order of appearance.
pub fn references(text: &str) -> Vec<Reference> {
    text.split(OPEN)
        .skip(1)
        .filter_map(|rest| rest.split_once(CLOSE))
        .filter_map(|(reference, _)| reference.parse().ok())
        .collect()
}

/// The references marked anywhere in a value, its keys included.
pub fn references_in(value: &Value) -> BTreeSet<Reference> {
    match value {
        Value::String(text) => references(text).into_iter().collect(),
        Value::Array(items) => items.iter().flat_map(references_in).collect(),
        Value::Object(fields) => {
            fields.iter().flat_map(|(key, value)| references(key).into_iter().chain(references_in(value))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => BTreeSet::new(),
    }
}

/// Puts the values that are known in the place of their marks; the other marks stay.
pub fn substitute(value: &Value, known: &impl Fn(&Reference) -> Option<String>) -> Value {
    match value {
        Value::String(text) if is_unknown(text) => Value::String(substitute_text(text, known)),
        Value::Array(items) => items.iter().map(|item| substitute(item, known)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(key, value)| (substitute_text(key, known), substitute(value, known))).collect()
        }
        other => other.clone(),
    }
}

/// The same for one text.
pub fn substitute_text(text: &str, known: &impl Fn(&Reference) -> Option<String>) -> String {
    let mut pieces = text.split(OPEN);
    let mut result = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let value =
            piece.split_once(CLOSE).and_then(|(reference, rest)| Some((known(&reference.parse().ok()?)?, rest)));
        match value {
            Some((value, rest)) => {
                result.push_str(&value);
                result.push_str(rest);
            }
            None => {
                result.push(OPEN);
                result.push_str(piece);
            }
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(text: &str) -> Reference {
        text.parse().expect("a reference")
    }

    #[test]
    fn substitutes_what_is_known_and_keeps_the_rest() {
        let text = format!("{}/*,{}", reference("s3_bucket.a.arn").mark(), reference("kms_key.b[\"x\"].arn").mark());
        let known = |reference: &Reference| (reference.address.kind == "s3_bucket").then(|| "arn:a".to_owned());
        let once = substitute_text(&text, &known);
        assert_eq!(once, format!("arn:a/*,{}", reference("kms_key.b[\"x\"].arn").mark()));
        assert_eq!(substitute_text(&once, &|_| Some("arn:b".to_owned())), "arn:a/*,arn:b");
        assert_eq!(references(&text).len(), 2);
    }
}
