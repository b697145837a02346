//! Which resources there are: the tables of the file by kind and name, one or more instances of each.

use std::collections::BTreeMap;

use crate::address::{Address, is_identifier};
use crate::nearest::suggestion;
use crate::report::{Problem, Report};
use crate::resolve::Resolver;
use crate::schema::{Catalog, KindSchema};
use crate::section::Sections;
use crate::source::Place;
use crate::tree::{Data, Node, Table};

/// The fields that every kind has, beside its own.
pub(crate) const META: [&str; 4] = ["depends_on", "for_each", "protect", "region"];

/// A resource's table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Declaration<'a> {
    pub schema: &'a KindSchema,
    pub kind: &'a str,
    pub name: &'a str,
    /// The table's header.
    pub at: Place,
    pub body: &'a Table,
}

/// One resource: a declaration, or one entry of its `for_each`.
#[derive(Clone, Debug)]
pub(crate) struct Instance<'a> {
    pub address: Address,
    pub declaration: Declaration<'a>,
    /// The value of its `for_each` entry.
    pub each: Option<Node>,
}

/// What a kind and a name stand for.
#[derive(Clone, Debug)]
pub(crate) enum Members {
    /// One resource.
    One(usize),
    /// One for each entry, by key.
    Each(BTreeMap<String, usize>),
    /// Nobody knows, for a reason that has been reported.
    Broken,
}

/// Every resource, and the way from names to them.
#[derive(Debug, Default)]
pub(crate) struct Inventory<'a> {
    /// The resources; everywhere else they go by their index here.
    pub instances: Vec<Instance<'a>>,
    members: BTreeMap<&'a str, BTreeMap<&'a str, Members>>,
}

impl<'a> Inventory<'a> {
    /// What a kind and a name stand for.
    pub fn members(&self, kind: &str, name: &str) -> Option<&Members> {
        self.members.get(kind)?.get(name)
    }

    /// The names of the resources of a kind.
    pub fn names(&self, kind: &str) -> impl Iterator<Item = &'a str> {
        self.members.get(kind).into_iter().flat_map(BTreeMap::keys).copied()
    }

    /// Takes stock. `for_each` is resolved by a resolver that knows no resources yet.
    pub fn new(sections: &'a Sections, catalog: &'a Catalog, resolver: &Resolver<'_>, report: &Report) -> Self {
        let mut inventory = Self::default();
        for (kind, resources) in &sections.kinds {
            let Some(schema) = catalog.kinds.get(kind) else { continue };
            for (name, entry) in resources {
                let members = match &entry.node.data {
                    Data::Broken => Members::Broken,
                    Data::Table(_) if !is_identifier(name) => {
                        let message = format!("`{name}` cannot be the name of a resource");
                        let problem = Problem::new("config::name", message).label("not a name");
                        let help = "a name has letters, digits, `_` and `-`, and does not begin with a digit";
                        report.add(entry.key, problem.help(help));
                        Members::Broken
                    }
                    Data::Table(body) => {
                        inventory.declare(Declaration { schema, kind, name, at: entry.node.at, body }, resolver, report)
                    }
                    _ => {
                        report.add(entry.key, not_a_table(kind, name, &entry.node, schema));
                        Members::Broken
                    }
                };
                inventory.members.entry(kind).or_default().insert(name, members);
            }
        }
        inventory
    }

    fn declare(&mut self, declaration: Declaration<'a>, resolver: &Resolver<'_>, report: &Report) -> Members {
        let address = Address::new(declaration.kind, declaration.name);
        let Some(for_each) = declaration.body.get("for_each") else {
            self.instances.push(Instance { address, declaration, each: None });
            return Members::One(self.instances.len() - 1);
        };
        let Some(entries) = entries(&resolver.for_each(&for_each.node), report) else { return Members::Broken };
        let mut members = BTreeMap::new();
        for (key, value) in entries {
            members.insert(key.clone(), self.instances.len());
            self.instances.push(Instance { address: address.clone().with_key(key), declaration, each: Some(value) });
        }
        Members::Each(members)
    }
}

/// The keys and values of a resolved `for_each`; `None` if something is wrong with it.
fn entries(for_each: &Node, report: &Report) -> Option<BTreeMap<String, Node>> {
    let mut entries = BTreeMap::new();
    let mut good = true;
    let mut add = |key: &str, at: Place, value: &Node| {
        let problem = if !is_key(key) {
            let problem = Problem::new("config::for_each", format!("\"{key}\" cannot be a key of `for_each`"));
            // The key is part of the address, and the address of a tag.
            problem
                .label("not a key")
                .help("a key has letters, digits, spaces and `_.:/=+-@`, as in AWS tags; at most 100")
        } else if entries.insert(key.to_owned(), value.clone()).is_some() {
            let problem = Problem::new("config::duplicate", format!("`{key}` is twice in `for_each`"));
            problem.label("the second one").help("keep one of them")
        } else {
            return true;
        };
        report.add(at, problem);
        false
    };
    match &for_each.data {
        Data::List(items) => {
            for item in items {
                good &= match &item.data {
                    Data::Text(key) => add(key, item.at, item),
                    Data::Broken => false,
                    _ => {
                        let message = format!("`for_each`: expected a string, found {}", item.describe(true));
                        let help = "put it in quotes; for entries with more than a name, make `for_each` a table";
                        report.add(item.at, Problem::new("config::type", message).label("not a string").help(help));
                        false
                    }
                };
            }
        }
        Data::Table(table) => {
            for (key, entry) in table {
                good &= add(key, entry.key, &entry.node);
            }
        }
        Data::Broken => good = false,
        _ => {
            let message =
                format!("`for_each`: expected a list of strings or a table, found {}", for_each.describe(true));
            let problem = Problem::new("config::type", message).label("neither a list nor a table");
            report.add(for_each.at, problem.help("write `for_each = [\"a\", \"b\"]`; each entry makes one resource"));
            good = false;
        }
    }
    good.then_some(entries)
}

fn is_key(key: &str) -> bool {
    let allowed = |next: char| next.is_alphanumeric() || " _.:/=+-@".contains(next);
    !key.is_empty() && key.chars().count() <= 100 && key.chars().all(allowed)
}

fn not_a_table(kind: &str, name: &str, node: &Node, schema: &KindSchema) -> Problem {
    let message = format!("`{kind}.{name}`: expected a table, found {}", node.describe(true));
    let problem = Problem::new("config::type", message).label("not a resource");
    problem.help(if schema.fields.get(name).is_some() {
        format!("`{name}` is a field; a resource has a name of its own, as in `[{kind}.NAME]`")
    } else {
        format!("a resource is a table, as in `[{kind}.{name}]`")
    })
}

/// What to say of a kind, name or key that is not there.
pub(crate) fn missing<'n>(what: &str, name: &str, among: &str, names: impl Iterator<Item = &'n str>) -> Problem {
    let problem = Problem::new("config::unknown_reference", format!("there is no {what}"));
    problem.label("not found").help(suggestion(name, among, names))
}
