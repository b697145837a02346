//! Documents that are files: `policy = { file = "policies/bucket.json" }`.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{Owner, Resolver};
use crate::files;
use crate::json;
use crate::report::Problem;
use crate::schema::{Fields, Shape};
use crate::tree::{Data, Entry, Node, Table};
use crate::unknown;

/// The key that stands alone in a table which means a file.
const FILE: &str = "file";

/// Whether a value is the name of a file with a document.
pub(super) fn is_file(node: &Node, shape: &Shape) -> bool {
    matches!(shape, Shape::Document) && node.as_table().is_some_and(|table| file(table).is_some())
}

fn file(table: &Table) -> Option<&Node> {
    table.get(FILE).filter(|_| table.len() == 1).map(|entry| &entry.node)
}

impl Resolver<'_> {
    /// A resolved value with the content of files, resolved too, in the place of their names.
    pub(super) fn with_documents(&self, owner: Owner, node: Node, shape: &Shape) -> Node {
        let Node { at, data } = node;
        let data = match (data, shape) {
            (Data::Table(table), Shape::Document) => match file(&table) {
                Some(file) => self.document(owner, file),
                None => Data::Table(table),
            },
            (Data::Table(table), Shape::Table(fields)) => Data::Table(self.with_documents_in(owner, table, fields)),
            (Data::Table(table), Shape::Map(item)) => {
                let entries = table.into_iter().map(|(name, Entry { key, node })| {
                    (name, Entry { key, node: self.with_documents(owner, node, item) })
                });
                Data::Table(entries.collect())
            }
            (Data::List(items), Shape::List(item) | Shape::Set { item, .. }) => {
                Data::List(items.into_iter().map(|one| self.with_documents(owner, one, item)).collect())
            }
            (other, _) => other,
        };
        Node { at, data }
    }

    /// The same for the fields of a table.
    pub(crate) fn with_documents_in(&self, owner: Owner, table: Table, fields: &Fields) -> Table {
        let entries = table.into_iter().map(|(name, Entry { key, node })| {
            let node = match fields.get(&name) {
                Some(field) => self.with_documents(owner, node, &field.shape),
                None => node,
            };
            (name, Entry { key, node })
        });
        entries.collect()
    }

    fn document(&self, owner: Owner, file: &Node) -> Data {
        match self.written(file) {
            Ok(document) => self.resolve(owner, &document).data,
            Err(problem) => {
                if let Some(problem) = problem {
                    self.report.add(file.at, problem);
                }
                Data::Broken
            }
        }
    }

    /// The content of a file, as it is written there. Read once, so that each of its texts has one place.
    fn written(&self, file: &Node) -> Result<Node, Option<Problem>> {
        let text = match &file.data {
            Data::Broken => return Err(None),
            Data::Text(text) if unknown::is_unknown(text) => {
                let message = "the path of a document must be known before anything exists";
                let problem = Problem::new("config::unknown_setting", message);
                let problem = problem.label("an output, which AWS will choose");
                return Err(Some(problem.help("write it out, or refer to `vars`, `environment` or an input")));
            }
            Data::Text(text) if !text.is_empty() => text,
            other => {
                let found = if let Data::Text(_) = other { "an empty string" } else { &file.describe(true) };
                let message = format!("`{FILE}`: expected the path of a JSON file, found {found}");
                let problem = Problem::new("config::type", message).label("not a path");
                return Err(Some(problem.help("write it as in `{ file = \"policies/bucket.json\" }`")));
            }
        };
        let folder = self.sources.folder(file.at);
        let path = files::rooted(&folder, text);
        if let Some(document) = self.documents.borrow().get(&path) {
            return Ok(document.clone());
        }
        if let Some(problem) = files::missing(&path, &folder, text) {
            return Err(Some(problem));
        }
        let content = content(&path)?;
        let number = self.sources.add(path.clone(), &content);
        let document = json::from_text(&content, number, self.report);
        self.documents.borrow_mut().insert(path, document.clone());
        Ok(document)
    }
}

/// The text of a file that holds a JSON object.
fn content(path: &Path) -> Result<String, Problem> {
    let shown = path.display();
    if !path.is_file() {
        let problem = Problem::new("config::unreadable", format!("{shown} is not a file")).label("not a file");
        return Err(problem.help("a document is one JSON file"));
    }
    let bytes = fs::read(path).map_err(|error| files::unreadable(path, &error))?;
    let Ok(text) = String::from_utf8(bytes) else {
        let problem = Problem::new("config::encoding", format!("{shown} is not UTF-8")).label("not UTF-8");
        return Err(problem.help("save the file as UTF-8"));
    };
    let (message, help) = match serde_json::from_str::<Value>(json::without_mark(&text)) {
        Ok(Value::Object(_)) => return Ok(text),
        Ok(_) => (format!("the JSON in {shown} is not an object"), "a document is a JSON object, in braces"),
        Err(error) => (format!("invalid JSON in {shown}: {error}"), "mend the JSON there"),
    };
    Err(Problem::new("config::invalid_json", message).label("not a JSON document").help(help))
}
