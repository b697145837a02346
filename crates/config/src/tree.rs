//! TOML as a tree in which every key and every value knows where it stands.

use std::collections::BTreeMap;

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::report::{Problem, Report};
use crate::source::Place;
use crate::unknown;

/// A value and where it stands. Before resolution its texts are as written; after it, they are final.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Where it stands. For a table with a header, the header.
    pub at: Place,
    /// What it is.
    pub data: Data,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(crate) enum Data {
    /// A string.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// `true` or `false`.
    Boolean(bool),
    /// A date or time without quotes, which no field takes.
    Date(String),
    /// A list.
    List(Vec<Node>),
    /// A table.
    Table(Table),
    /// What JSON can say and TOML cannot: `null`, or a whole number of more than 64 bits. Only in documents from files.
    Json(Value),
    /// A value whose mistake has been reported already: nothing more is to be said about it.
    Broken,
}

/// A table's entries by key.
pub(crate) type Table = BTreeMap<String, Entry>;

/// A table's entry.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Where the key stands.
    pub key: Place,
    /// The value.
    pub node: Node,
}

impl Node {
    /// A value whose mistake has been reported.
    pub fn broken(at: Place) -> Self {
        Self { at, data: Data::Broken }
    }

    /// A string.
    pub fn text(at: Place, text: impl Into<String>) -> Self {
        Self { at, data: Data::Text(text.into()) }
    }

    /// The string that it is, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match &self.data {
            Data::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The table that it is, if it is one.
    pub fn as_table(&self) -> Option<&Table> {
        match &self.data {
            Data::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The list that it is, if it is one.
    pub fn as_list(&self) -> Option<&[Self]> {
        match &self.data {
            Data::List(items) => Some(items),
            _ => None,
        }
    }

    /// Whether a place lies within one of its texts or keys.
    pub fn has(&self, place: Place) -> bool {
        match &self.data {
            Data::List(items) => items.iter().any(|item| item.has(place)),
            Data::Table(table) => table.values().any(|entry| entry.key.contains(place) || entry.node.has(place)),
            _ => self.at.contains(place),
        }
    }

    /// Whether its mistake has been reported.
    pub fn is_broken(&self) -> bool {
        matches!(self.data, Data::Broken)
    }

    /// The same value as seen from elsewhere: what a reference brings stands where the reference stands.
    pub fn moved_to(mut self, at: Place) -> Self {
        self.at = at;
        self.data = match self.data {
            Data::List(items) => Data::List(items.into_iter().map(|item| item.moved_to(at)).collect()),
            Data::Table(entries) => {
                let entries =
                    entries.into_iter().map(|(name, entry)| (name, Entry { key: at, node: entry.node.moved_to(at) }));
                Data::Table(entries.collect())
            }
            other => other,
        };
        self
    }

    /// A schema's default as a value. `null` has no form here: it means unset.
    pub fn from_json(at: Place, value: &Value) -> Option<Self> {
        let data = match value {
            Value::Null => return None,
            Value::Bool(value) => Data::Boolean(*value),
            Value::Number(number) => match number.as_i64() {
                Some(integer) => Data::Integer(integer),
                None => Data::Float(number.as_f64()?),
            },
            Value::String(text) => Data::Text(text.clone()),
            Value::Array(items) => Data::List(items.iter().filter_map(|item| Self::from_json(at, item)).collect()),
            Value::Object(fields) => {
                let fields = fields.iter().filter_map(|(name, value)| {
                    Some((name.clone(), Entry { key: at, node: Self::from_json(at, value)? }))
                });
                Data::Table(fields.collect())
            }
        };
        Some(Self { at, data })
    }

    /// What a person would call it, with its value if that is short and may be shown.
    pub fn describe(&self, show: bool) -> String {
        match &self.data {
            Data::Text(text) if unknown::is_unknown(text) => match unknown::references(text).first() {
                Some(reference) => format!("`{reference}`, a string that AWS will choose"),
                None => "a string that AWS will choose".to_owned(),
            },
            Data::Text(text) if show && text.chars().count() <= 60 && !text.contains('\n') => {
                format!("the string \"{text}\"")
            }
            Data::Text(_) => "a string".to_owned(),
            Data::Integer(value) if show => format!("the whole number {value}"),
            Data::Integer(_) => "a whole number".to_owned(),
            Data::Float(value) if show => format!("the number {value:?}"),
            Data::Float(_) => "a number".to_owned(),
            Data::Boolean(value) if show => format!("`{value}`"),
            Data::Boolean(_) => "`true` or `false`".to_owned(),
            Data::Date(text) if show => format!("the date {text}"),
            Data::Date(_) => "a date".to_owned(),
            Data::List(_) => "a list".to_owned(),
            Data::Table(_) => "a table".to_owned(),
            Data::Json(value) if show || value.is_null() => format!("`{value}`"),
            Data::Json(_) => "a number".to_owned(),
            Data::Broken => "a mistake".to_owned(),
        }
    }
}

/// The tree of a parsed file.
pub(crate) fn from_toml(table: &DeTable<'_>, file: usize, report: &Report) -> Table {
    let entries = table.iter().map(|(key, value)| {
        let place = Place { file, start: key.span().start, end: key.span().end };
        check_characters(key.get_ref(), place, report);
        (key.get_ref().to_string(), Entry { key: place, node: node(value, file, report) })
    });
    entries.collect()
}

fn node(value: &Spanned<DeValue<'_>>, file: usize, report: &Report) -> Node {
    let at = Place { file, start: value.span().start, end: value.span().end };
    let data = match value.get_ref() {
        DeValue::String(text) if check_characters(text, at, report) => Data::Text(text.to_string()),
        DeValue::String(_) => Data::Broken,
        DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(integer) => Data::Integer(integer),
            Err(_) => {
                let problem = Problem::new("config::syntax", format!("the whole number {integer} is too large"));
                report.add(at, problem.label("does not fit into 64 bits"));
                Data::Broken
            }
        },
        DeValue::Float(float) => Data::Float(float.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(value) => Data::Boolean(*value),
        DeValue::Datetime(date) => Data::Date(date.to_string()),
        DeValue::Array(items) => Data::List(items.iter().map(|item| node(item, file, report)).collect()),
        DeValue::Table(table) => Data::Table(from_toml(table, file, report)),
    };
    Node { at, data }
}

/// Two characters are ours: they mark what is not known yet.
pub(crate) fn check_characters(text: &str, at: Place, report: &Report) -> bool {
    let reserved = text.chars().find(|next| [unknown::OPEN, unknown::CLOSE].contains(next));
    if let Some(character) = reserved {
        let code = u32::from(character);
        let message = format!("the private-use character U+{code:04X} must not be used");
        let problem = Problem::new("config::reserved_character", message).label("contains it");
        report.add(at, problem.help("provision marks unknown values with this character; remove it"));
    }
    reserved.is_none()
}
