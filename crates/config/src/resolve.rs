//! From texts with `${…}` to values.
//!
//! Everything is resolved when it is first asked for and remembered, so the order of the file does not matter. A value
//! whose mistake has been reported resolves to [`Data::Broken`], and whatever is made of it is broken too, silently:
//! one mistake, one message.

mod document;
mod reference;
mod walk;

use std::cell::{Ref, RefCell};
use std::collections::HashMap;
use std::path::PathBuf;

use crate::check::Patterns;
use crate::expression::{self, Piece};
use crate::inventory::Inventory;
use crate::report::{Problem, Report};
use crate::schema::Catalog;
use crate::section::Sections;
use crate::source::{Place, Sources};
use crate::tree::{Data, Entry, Node, Table};

pub(crate) use reference::Found;

/// In whose name a text is resolved: what it may refer to, and what `each` means in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Owner {
    /// `[vars]`, `[environment]` and `[provision]`.
    Vars,
    /// `[tags]`.
    Tags,
    /// A `for_each`, which must be known before there are resources.
    ForEach,
    /// `[state]`.
    State,
    /// `[dr]`.
    Dr,
    /// A resource, by its index.
    Resource(usize),
}

/// A reference from one resource to another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge {
    /// The resource that refers.
    pub from: usize,
    /// The resource that it needs.
    pub to: usize,
    /// The reference.
    pub at: Place,
}

/// Resolves the texts of an environment.
pub(crate) struct Resolver<'a> {
    sources: &'a Sources,
    sections: &'a Sections,
    catalog: &'a Catalog,
    report: &'a Report,
    patterns: &'a Patterns,
    inventory: Inventory<'a>,
    /// `[tags]`, resolved.
    tags: Table,
    done: RefCell<HashMap<(Owner, Place), Node>>,
    /// The texts being resolved, each because of the one before it.
    trail: RefCell<Vec<Visit>>,
    edges: RefCell<Vec<Edge>>,
    state_needs: RefCell<Vec<usize>>,
    /// The documents that were read from files, as they are written there.
    documents: RefCell<HashMap<PathBuf, Node>>,
}

/// A text that is being resolved.
struct Visit {
    owner: Owner,
    at: Place,
    /// The reference in it that is being followed, and where it stands.
    following: (String, Place),
}

impl<'a> Resolver<'a> {
    /// A resolver that knows no resources yet.
    pub fn new(
        sources: &'a Sources,
        sections: &'a Sections,
        catalog: &'a Catalog,
        report: &'a Report,
        patterns: &'a Patterns,
    ) -> Self {
        Self {
            sources,
            sections,
            catalog,
            report,
            patterns,
            inventory: Inventory::default(),
            tags: Table::new(),
            done: RefCell::default(),
            trail: RefCell::default(),
            edges: RefCell::default(),
            state_needs: RefCell::default(),
            documents: RefCell::default(),
        }
    }

    /// The same, knowing the resources and `[tags]`.
    pub fn with(self, inventory: Inventory<'a>, tags: Table) -> Self {
        Self { inventory, tags, ..self }
    }

    /// The resources.
    pub fn inventory(&self) -> &Inventory<'a> {
        &self.inventory
    }

    /// The files that were read.
    pub fn sources(&self) -> &'a Sources {
        self.sources
    }

    /// The compiled patterns.
    pub fn patterns(&self) -> &'a Patterns {
        self.patterns
    }

    /// The references between resources that were met so far.
    pub fn edges(&self) -> Ref<'_, Vec<Edge>> {
        self.edges.borrow()
    }

    /// Adds a need that comes from no reference.
    pub fn need(&self, edge: Edge) {
        self.edges.borrow_mut().push(edge);
    }

    /// The resources that `[state]` refers to.
    pub fn state_needs(&self) -> Ref<'_, Vec<usize>> {
        self.state_needs.borrow()
    }

    /// A `for_each`, resolved.
    pub fn for_each(&self, node: &Node) -> Node {
        self.resolve(Owner::ForEach, node)
    }

    /// A value as it is written, resolved.
    pub fn resolve(&self, owner: Owner, node: &Node) -> Node {
        let data = match &node.data {
            Data::Text(text) if !expression::is_plain(text) => return self.text(owner, text, node.at),
            Data::List(items) => Data::List(items.iter().map(|item| self.resolve(owner, item)).collect()),
            Data::Table(table) => Data::Table(self.table(owner, table)),
            other => other.clone(),
        };
        Node { at: node.at, data }
    }

    fn table(&self, owner: Owner, table: &Table) -> Table {
        let mut resolved = Table::new();
        for (name, entry) in table {
            let name = match self.key(owner, name, entry.key) {
                Some(name) => name,
                None => continue,
            };
            let entry = Entry { key: entry.key, node: self.resolve(owner, &entry.node) };
            let at = entry.key;
            if resolved.insert(name.clone(), entry).is_some() {
                let problem = Problem::new("config::duplicate", format!("the key `{name}` is given twice"));
                self.report.add(at, problem.label("resolves to a key that is there already").help("keep one of them"));
            }
        }
        resolved
    }

    /// A key may contain references too: the condition keys of a trust policy name the provider.
    fn key(&self, owner: Owner, name: &str, at: Place) -> Option<String> {
        if expression::is_plain(name) {
            return Some(name.to_owned());
        }
        let node = self.text(owner, name, at);
        if !node.is_broken() && scalar(&node).is_none() {
            let message = format!("expected a string as a key, found {}", node.describe(true));
            self.report.add(at, Problem::new("config::interpolation", message).label("not a string"));
        }
        scalar(&node)
    }

    fn text(&self, owner: Owner, text: &str, at: Place) -> Node {
        if let Some(done) = self.done.borrow().get(&(owner, at)) {
            return done.clone();
        }
        if self.comes_back(owner, at) {
            return Node::broken(at);
        }
        self.trail.borrow_mut().push(Visit { owner, at, following: (String::new(), at) });
        let pieces = expression::parse(text);
        let node = match pieces.as_slice() {
            [Piece::Reference { .. }] => self.piece(owner, &pieces[0], at),
            _ => self.joined(owner, &pieces, at),
        };
        self.trail.borrow_mut().pop();
        self.done.borrow_mut().insert((owner, at), node.clone());
        node
    }

    /// Whether a text is being resolved already: then it refers to itself, by some way round.
    fn comes_back(&self, owner: Owner, at: Place) -> bool {
        let trail = self.trail.borrow();
        let Some(start) = trail.iter().position(|visit| visit.owner == owner && visit.at == at) else { return false };
        let circle = &trail[start..];
        let mut resources: Vec<Owner> = circle.iter().map(|visit| visit.owner).collect();
        resources.dedup();
        let last = circle.last().map(|visit| visit.following.clone());
        // A circle through several resources is a dependency cycle and is reported as such.
        if let (1, Some((last, at))) = (resources.len(), last) {
            let names: Vec<&str> = circle.iter().map(|visit| visit.following.0.as_str()).collect();
            let message = format!("the value refers to itself: {last} -> {}", names.join(" -> "));
            let problem = Problem::new("config::value_cycle", message).label("comes back to where it began");
            self.report.add(at, problem.help("give one of them a value of its own"));
        }
        true
    }

    /// A text made of several pieces.
    fn joined(&self, owner: Owner, pieces: &[Piece], at: Place) -> Node {
        let mut text = String::new();
        let mut whole = true;
        for piece in pieces {
            let node = self.piece(owner, piece, at);
            match (scalar(&node), node.is_broken()) {
                (Some(part), _) => text.push_str(&part),
                (None, true) => whole = false,
                (None, false) => {
                    whole = false;
                    let message = format!("{} cannot stand inside a longer text", node.describe(true));
                    let problem = Problem::new("config::interpolation", message).label("not a string");
                    let help = "only strings, numbers and `true` or `false` can; let the reference be the whole value";
                    self.report.add(node.at, problem.help(help));
                }
            }
        }
        if whole { Node::text(at, text) } else { Node::broken(at) }
    }

    fn piece(&self, owner: Owner, piece: &Piece, whole: Place) -> Node {
        match piece {
            Piece::Literal(text) => Node::text(whole, text.as_str()),
            Piece::Malformed { written, message, help } => {
                let at = self.sources.narrow(whole, &written.text, written.nth);
                let problem = Problem::new("config::interpolation", message.as_str()).label("not a reference");
                self.report.add(at, problem.help(help.as_str()));
                Node::broken(at)
            }
            Piece::Reference { path, written } => {
                let at = self.sources.narrow(whole, &written.text, written.nth);
                if let Some(visit) = self.trail.borrow_mut().last_mut() {
                    visit.following = (path.to_string(), at);
                }
                self.reference(owner, path, at).moved_to(at)
            }
        }
    }
}

/// A value as a part of a text.
fn scalar(node: &Node) -> Option<String> {
    match &node.data {
        Data::Text(text) | Data::Date(text) => Some(text.clone()),
        Data::Integer(value) => Some(value.to_string()),
        Data::Float(value) => Some(format!("{value:?}")),
        Data::Boolean(value) => Some(value.to_string()),
        Data::List(_) | Data::Table(_) | Data::Json(_) | Data::Broken => None,
    }
}
