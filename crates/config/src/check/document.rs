//! Documents: JSON, as a table or as text. A file's content has been put in its place before.

use serde_json::{Map, Value};

use super::{Checker, Way};
use crate::report::Problem;
use crate::schema::Shape;
use crate::tree::{Data, Node};
use crate::unknown::{self, CLOSE, OPEN};

impl Checker<'_> {
    /// A document. JSON text becomes the table that it says, so that both spellings are one value from here on.
    pub(super) fn document(&mut self, node: &Node, way: &Way<'_>) -> Option<Value> {
        match &node.data {
            Data::Table(_) => self.json(node, way),
            // A document that is another resource's output as a whole.
            Data::Text(text) if is_one_mark(text) => Some(Value::String(text.clone())),
            Data::Text(text) => self.json_text(node, text, way),
            _ => self.wrong_type("config::type", node, &Shape::Document, way),
        }
    }

    fn json_text(&self, node: &Node, text: &str, way: &Way<'_>) -> Option<Value> {
        let message = match serde_json::from_str::<Value>(&escape_marks(text)) {
            Ok(value @ Value::Object(_)) => return Some(value),
            Ok(_) => "the JSON is not an object".to_owned(),
            Err(error) if way.sensitive => format!("at line {} column {}", error.line(), error.column()),
            Err(error) => error.to_string(),
        };
        let problem = Problem::new("config::invalid_json", format!("`{}`: invalid JSON: {message}", way.name));
        let problem = problem.label("not a JSON document");
        self.report.add(node.at, problem.help("mend the JSON, or write the document as a TOML table"));
        None
    }

    /// A part of a document: anything that JSON can say.
    fn json(&mut self, node: &Node, way: &Way<'_>) -> Option<Value> {
        self.places.insert(way.pointer.clone(), node.at);
        match &node.data {
            Data::Broken => {
                self.left_out = Some(node.at);
                None
            }
            Data::Text(text) => Some(Value::String(text.clone())),
            Data::Integer(value) => Some(Value::from(*value)),
            Data::Boolean(value) => Some(Value::from(*value)),
            Data::Json(value) => Some(value.clone()),
            Data::Float(value) if value.is_finite() => Some(Value::from(*value)),
            Data::Float(_) | Data::Date(_) => {
                let found = node.describe(!way.sensitive);
                let message = format!("`{}`: expected a JSON value, found {found}", way.name);
                let problem = Problem::new("config::type", message).label("JSON has no such value");
                self.report.add(node.at, problem.help("put it in quotes"));
                None
            }
            Data::List(items) => {
                let values = items.iter().enumerate().filter_map(|(index, item)| self.json(item, &way.item(index)));
                Some(Value::Array(values.collect()))
            }
            Data::Table(entries) => {
                let values = entries
                    .iter()
                    .filter_map(|(name, entry)| Some((name.clone(), self.json(&entry.node, &way.field(name))?)));
                Some(Value::Object(values.collect::<Map<_, _>>()))
            }
        }
    }
}

fn is_one_mark(text: &str) -> bool {
    text.starts_with(OPEN) && text.ends_with(CLOSE) && text.matches(OPEN).count() == 1
}

/// A mark may name a `for_each` key in quotes, which inside JSON text must be escaped like any other.
fn escape_marks(text: &str) -> String {
    if !unknown::is_unknown(text) {
        return text.to_owned();
    }
    let mut inside = false;
    let escaped = text.chars().map(|next| {
        inside = (inside || next == OPEN) && next != CLOSE;
        if inside && next == '"' { "\\\"".to_owned() } else { next.to_string() }
    });
    escaped.collect()
}
