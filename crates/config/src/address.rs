//! The address of a resource: `kind.name`, or `kind.name["key"]` for one of a `for_each`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Where a resource stands in the environment file: its kind, its name and, under `for_each`, its key.
///
/// Ordered by kind, then name, then key, so that everything printed in address order is stable.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The kind, as in `s3_bucket`.
    pub kind: String,
    /// The name given in the file, as in `data`.
    pub name: String,
    /// The `for_each` key, where there is one.
    pub key: Option<String>,
}

/// A text that is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an address; expected `kind.name` or `kind.name[\"key\"]`")]
pub struct AddressError(pub String);

impl Address {
    /// The address `kind.name`.
    pub fn new(kind: impl Into<String>, name: impl Into<String>) -> Self {
        Self { kind: kind.into(), name: name.into(), key: None }
    }

    /// The same address for one `for_each` entry.
    pub fn with_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.kind, self.name)?;
        match &self.key {
            Some(key) => write!(f, "[\"{key}\"]"),
            None => Ok(()),
        }
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || AddressError(text.to_owned());
        let (kind, rest) = text.split_once('.').ok_or_else(error)?;
        let (name, key) = match rest.split_once('[') {
            None => (rest, None),
            Some((name, key)) => {
                let key = key.strip_prefix('"').and_then(|key| key.strip_suffix("\"]")).ok_or_else(error)?;
                (name, Some(key.to_owned()))
            }
        };
        if !is_identifier(kind)
            || !is_identifier(name)
            || key.as_deref().is_some_and(|key| key.is_empty() || key.contains('"'))
        {
            return Err(error());
        }
        Ok(Self { kind: kind.to_owned(), name: name.to_owned(), key })
    }
}

/// Whether a text may name a kind, a resource or a variable: letters, digits, `_` and `-`, not starting with a digit.
pub(crate) fn is_identifier(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|next| next.is_ascii_alphanumeric() || next == '_' || next == '-')
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn displays_what_it_parses() {
        for text in ["s3_bucket.data", "s3_bucket.data[\"eu\"]", "kms_key.a-b"] {
            assert_eq!(text.parse::<Address>().map(|address| address.to_string()), Ok(text.to_owned()));
        }
        for text in
            ["", "data", "s3_bucket.", ".data", "s3_bucket.data[eu]", "s3_bucket.data[\"\"]", "s3 bucket.x", "a.b.c"]
        {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
