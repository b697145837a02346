//! JSON as a tree in which every key and every value knows where it stands.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::report::{Problem, Report};
use crate::source::Place;
use crate::tree::{Data, Entry, Node, Table, check_characters};

/// The tree of a text that is JSON, as [`serde_json`] judges a [`Value`]. What is wrong with it beyond that goes
/// into the report.
pub(crate) fn from_text(text: &str, file: usize, report: &Report) -> Node {
    let reader = Reader { text, file, report };
    let whole = Place { file, start: 0, end: text.len() };
    // Broken without a report is reported at last, as a mistake of ours; so is what cannot be here and below.
    serde_json::from_str(without_mark(text)).map_or(Node::broken(whole), |raw| reader.node(raw))
}

/// A text without the byte order mark with which some editors begin a file.
pub(crate) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{FEFF}').unwrap_or(text)
}

struct Reader<'a> {
    text: &'a str,
    file: usize,
    report: &'a Report,
}

impl Reader<'_> {
    /// Every raw value is a slice of the text, so where it stands can be told from its address.
    fn place(&self, raw: &RawValue) -> Place {
        let start = (raw.get().as_ptr().addr()).saturating_sub(self.text.as_ptr().addr());
        Place { file: self.file, start, end: start + raw.get().len() }
    }

    fn node(&self, raw: &RawValue) -> Node {
        let at = self.place(raw);
        let data = match raw.get().bytes().next() {
            Some(b'{') => serde_json::from_str(raw.get()).map(|members| Data::Table(self.table(members))),
            Some(b'[') => serde_json::from_str::<Vec<&RawValue>>(raw.get())
                .map(|items| Data::List(items.into_iter().map(|item| self.node(item)).collect())),
            _ => serde_json::from_str(raw.get()).map(|value| self.scalar(value, at)),
        };
        Node { at, data: data.unwrap_or(Data::Broken) }
    }

    fn scalar(&self, value: Value, at: Place) -> Data {
        match value {
            Value::String(text) if check_characters(&text, at, self.report) => Data::Text(text),
            Value::String(_) => Data::Broken,
            Value::Bool(value) => Data::Boolean(value),
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(integer), _) => Data::Integer(integer),
                (None, Some(float)) if number.is_f64() => Data::Float(float),
                _ => Data::Json(Value::Number(number)),
            },
            other => Data::Json(other),
        }
    }

    fn table(&self, Members(members): Members<'_>) -> Table {
        let mut table = Table::new();
        for (key, value) in members {
            let at = self.place(key);
            let Ok(name) = serde_json::from_str::<String>(key.get()) else { continue };
            check_characters(&name, at, self.report);
            let message = format!("`{name}` is given twice");
            if table.insert(name, Entry { key: at, node: self.node(value) }).is_some() {
                let problem = Problem::new("config::duplicate", message).label("the second one");
                self.report.add(at, problem.help("keep one of them"));
            }
        }
        table
    }
}

/// An object's members in order, none left out because it is there twice.
struct Members<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;

        impl<'de> Visitor<'de> for All {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(All)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    /// The tree as a plain value again; panics where a place does not hold what the node says.
    fn plain(node: &Node, text: &str) -> Value {
        let slice = &text[node.at.start..node.at.end];
        let value: Value = serde_json::from_str(slice).unwrap();
        let from_tree = match &node.data {
            Data::Text(text) => Value::from(text.as_str()),
            Data::Integer(value) => Value::from(*value),
            Data::Float(value) => Value::from(*value),
            Data::Boolean(value) => Value::from(*value),
            Data::Json(value) => value.clone(),
            Data::List(items) => items.iter().map(|item| plain(item, text)).collect(),
            Data::Table(table) => {
                let entries = table.iter().map(|(name, entry)| {
                    let key: String = serde_json::from_str(&text[entry.key.start..entry.key.end]).unwrap();
                    assert_eq!(&key, name);
                    (key, plain(&entry.node, text))
                });
                Value::Object(entries.collect())
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(from_tree, value);
        value
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            (-1e9..1e9).prop_map(Value::from),
            "[a-z${}\"\\\\/é\n]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::btree_map("[a-z\"\\\\é]{0,4}", inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_value_is_kept_and_stands_where_it_says(value in values(), pretty: bool, mark: bool) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
            let text = format!("{}{}\n", if mark { "\u{FEFF}" } else { "" }, text.unwrap());
            let report = Report::default();
            let node = from_text(&text, 0, &report);
            prop_assert!(report.is_empty());
            // Numbers as serde_json reads them, which is not always to the last digit.
            let expected: Value = serde_json::from_str(without_mark(&text)).unwrap();
            prop_assert_eq!(plain(&node, &text), expected);
        }
    }
}
