//! Step by step into a value, resolving only what is on the way.

use std::borrow::Cow;

use super::{Owner, Resolver, document};
use crate::check;
use crate::expression::Step;
use crate::inventory::META;
use crate::nearest::{nearest, suggestion};
use crate::report::Problem;
use crate::schema::{Fields, Shape};
use crate::source::Place;
use crate::tree::{Data, Node, Table};

/// A walk through a value.
pub(super) struct Walk<'n> {
    /// In whose name what is written is resolved.
    pub owner: Owner,
    /// Where it has come to: borrowed from the file, as it is written; or owned, resolved already.
    pub node: Cow<'n, Node>,
    /// What the schema says of the value here, where there is a schema.
    pub shape: Option<&'n Shape>,
    /// The way so far, as in `s3_bucket.logs.logging`.
    pub way: String,
    /// The reference for whose sake this is done.
    pub at: Place,
}

impl<'n> Walk<'n> {
    fn to(self, node: Cow<'n, Node>, shape: Option<&'n Shape>, step: &Step) -> Self {
        Self { node, shape, way: format!("{}{step}", self.way), ..self }
    }
}

impl Resolver<'_> {
    /// Takes the steps of a walk and returns the value at its end.
    pub(super) fn walk(&self, mut walk: Walk<'_>, steps: &[Step]) -> Node {
        let at = walk.at;
        for step in steps {
            // A text may be a reference to the very table that the next step leads into, and a document a file's name.
            if walk.node.as_text().is_some() || walk.shape.is_some_and(|shape| document::is_file(&walk.node, shape)) {
                walk.node = Cow::Owned(self.resolved(&walk));
            }
            match self.step(walk, step) {
                Some(next) => walk = next,
                None => return Node::broken(at),
            }
        }
        let node = self.resolved(&walk);
        // What is wrong with an input is said where it is written, not again wherever it is used.
        match walk.shape {
            Some(shape) if !check::fits(&node, shape, self) => Node::broken(at),
            _ => node,
        }
    }

    fn resolved(&self, walk: &Walk<'_>) -> Node {
        match &walk.node {
            Cow::Borrowed(node) => match walk.shape {
                Some(shape) => self.with_documents(walk.owner, self.resolve(walk.owner, node), shape),
                None => self.resolve(walk.owner, node),
            },
            Cow::Owned(node) => node.clone(),
        }
    }

    /// One step; `None` if it leads nowhere, which has been reported.
    fn step<'n>(&self, walk: Walk<'n>, step: &Step) -> Option<Walk<'n>> {
        let at = walk.at;
        match (&walk.node.data, step, walk.shape) {
            (Data::Broken, ..) => None,
            (Data::List(items), Step::Index(index), shape) => {
                if *index >= items.len() {
                    let problem =
                        Problem::new("config::unknown_reference", format!("`{}` has no item {index}", walk.way));
                    let help = match items.len() {
                        0 => "it is empty".to_owned(),
                        count => format!("its items are 0 to {}", count - 1),
                    };
                    self.report.add(at, problem.label("not found").help(help));
                    return None;
                }
                let item = match shape {
                    Some(Shape::List(item) | Shape::Set { item, .. }) => Some(&**item),
                    _ => None,
                };
                let node = child(&walk.node, step)?;
                Some(walk.to(node, item, step))
            }
            (Data::Table(table), Step::Name(name) | Step::Key(name), shape) => {
                let inner = match shape {
                    Some(Shape::Table(fields)) => {
                        let Some(field) = fields.get(name) else {
                            self.no_such(&walk.way, name, "the fields are", fields.names(), at);
                            return None;
                        };
                        if !table.contains_key(name) {
                            let default = self.default(table, fields, name, &format!("{}{step}", walk.way), at)?;
                            return Some(walk.to(Cow::Owned(default), Some(&field.shape), step));
                        }
                        Some(&field.shape)
                    }
                    Some(Shape::Map(item)) => Some(&**item),
                    _ => None,
                };
                if !table.contains_key(name) {
                    self.no_such(&walk.way, name, "there are", table.keys().map(String::as_str), at);
                    return None;
                }
                let node = child(&walk.node, step)?;
                Some(walk.to(node, inner, step))
            }
            _ => {
                let found = walk.node.describe(false);
                let message = format!("`{}` is {found}, and has no `{step}`", walk.way);
                self.report.add(at, Problem::new("config::unknown_reference", message).label("leads nowhere"));
                None
            }
        }
    }

    /// The default of a field that a table does not set; `None` if it has none, which is reported.
    pub(super) fn default(&self, table: &Table, fields: &Fields, name: &str, way: &str, at: Place) -> Option<Node> {
        let field = fields.get(name)?;
        if let Some(default) = &field.default {
            return Node::from_json(at, default);
        }
        // That a required field is missing, or that a name is misspelt, is said in its own place.
        let strange = |given: &&String| fields.get(given).is_none() && !META.contains(&given.as_str());
        let misspelt = table.keys().filter(strange).any(|given| nearest(given, fields.names()) == Some(name));
        if !field.required && !misspelt {
            let problem = Problem::new("config::unset_input", format!("`{way}` is not set")).label("not set");
            self.report.add(at, problem.help(format!("set `{name}` there, or write its value here")));
        }
        None
    }

    fn no_such<'s>(&self, way: &str, name: &str, among: &str, names: impl Iterator<Item = &'s str>, at: Place) {
        let message = format!("`{way}` has no `{name}`");
        let problem = Problem::new("config::unknown_reference", message).label("not found");
        self.report.add(at, problem.help(suggestion(name, among, names)));
    }
}

/// What a step leads to: borrowed where the node is borrowed.
fn child<'n>(node: &Cow<'n, Node>, step: &Step) -> Option<Cow<'n, Node>> {
    match node {
        Cow::Borrowed(node) => get(node, step).map(Cow::Borrowed),
        Cow::Owned(node) => get(node, step).cloned().map(Cow::Owned),
    }
}

/// What a step leads to.
pub(super) fn get<'n>(node: &'n Node, step: &Step) -> Option<&'n Node> {
    match (&node.data, step) {
        (Data::List(items), Step::Index(index)) => items.get(*index),
        (Data::Table(table), Step::Name(name) | Step::Key(name)) => table.get(name).map(|entry| &entry.node),
        _ => None,
    }
}
