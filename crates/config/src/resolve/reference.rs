//! What a reference names.

use std::borrow::Cow;

use super::walk::{self, Walk};
use super::{Edge, Owner, Resolver};
use crate::expression::{Path, Step};
use crate::inventory::{Declaration, Members, missing};
use crate::nearest::{list, nearest, suggestion};
use crate::report::Problem;
use crate::schema::{Shape, Text};
use crate::section::environment_fields;
use crate::source::Place;
use crate::tree::{Data, Node, Table};
use crate::unknown::Reference;

/// The roots that are not kinds.
const ROOTS: [&str; 3] = ["each", "environment", "vars"];

impl Resolver<'_> {
    /// The value that a reference names; broken if there is none, which has been reported.
    pub(super) fn reference(&self, owner: Owner, path: &Path, at: Place) -> Node {
        let mut steps = Vec::with_capacity(path.steps.len());
        for step in &path.steps {
            steps.push(match step {
                Step::Each(names) => match self.each_key(owner, names, at) {
                    Some(key) => Step::Key(key),
                    None => return Node::broken(at),
                },
                other => other.clone(),
            });
        }
        let value = match path.root.as_str() {
            "vars" => self.var(&steps, at),
            "environment" => self.environment(&steps, at),
            "each" => self.each_value(owner, &steps, at),
            kind => self.resource(owner, kind, &steps, at),
        };
        value.unwrap_or_else(|| Node::broken(at))
    }

    fn var(&self, steps: &[Step], at: Place) -> Option<Node> {
        let empty = Node { at, data: Data::Table(Table::new()) };
        let node = match self.sections.get("vars") {
            Some(node) => Cow::Borrowed(node),
            None if self.sections.is_given("vars") => return None,
            None => Cow::Owned(empty),
        };
        Some(self.walk(Walk { owner: Owner::Vars, node, shape: None, way: "vars".to_owned(), at }, steps))
    }

    fn environment(&self, steps: &[Step], at: Place) -> Option<Node> {
        let fields = environment_fields();
        let [Step::Name(name)] = steps else {
            let problem = Problem::new("config::interpolation", "`environment` needs the name of one of its entries");
            self.report.add(at, problem.help("write `${environment.name}`, `.account`, `.region` or `.dr_region`"));
            return None;
        };
        let Some(field) = fields.get(name) else {
            let problem = Problem::new("config::unknown_reference", format!("`environment` has no `{name}`"));
            self.report.add(at, problem.label("not found").help(suggestion(name, "there are", fields.names())));
            return None;
        };
        let Some(node) = self.sections.entry("environment", name) else {
            if !field.required && !self.sections.strangers.contains_key("environment") {
                let problem = Problem::new("config::unset_input", format!("`environment.{name}` is not set"));
                let help = format!("add `{name} = \"us-west-2\"` to `[environment]`");
                self.report.add(at, problem.label("not set").help(help));
            }
            return None;
        };
        let way = format!("environment.{name}");
        let walk = Walk { owner: Owner::Vars, node: Cow::Borrowed(node), shape: Some(&field.shape), way, at };
        Some(self.walk(walk, &[]))
    }

    /// The `for_each` entry that a resource is made for.
    fn each(&self, owner: Owner, at: Place) -> Option<(&str, &Node)> {
        let instance = match owner {
            Owner::Resource(index) => self.inventory.instances.get(index),
            _ => None,
        };
        let each = instance.and_then(|instance| Some((instance.address.key.as_deref()?, instance.each.as_ref()?)));
        if each.is_none() {
            let problem = Problem::new("config::each", "`each` means nothing here").label("no `for_each`");
            self.report.add(at, problem.help("`each` is the entry of a resource that has a `for_each`"));
        }
        each
    }

    /// The key that `[each.key]` or `[each.value.name]` stands for.
    fn each_key(&self, owner: Owner, names: &[String], at: Place) -> Option<String> {
        let steps: Vec<Step> = names.iter().cloned().map(Step::Name).collect();
        let value = self.each_value(owner, &steps, at)?;
        if let Some(key) = value.as_text() {
            return Some(key.to_owned());
        }
        if !matches!(value.data, Data::Broken) {
            let message = format!("`[each.{}]` is no key: it is {}", names.join("."), value.describe(true));
            let problem = Problem::new("config::each", message).label("expected a string");
            self.report.add(at, problem.help("name an entry whose value is a string"));
        }
        None
    }

    fn each_value(&self, owner: Owner, steps: &[Step], at: Place) -> Option<Node> {
        let (key, value) = self.each(owner, at)?;
        match steps {
            [Step::Name(name)] if name == "key" => Some(Node::text(at, key)),
            [Step::Name(name), rest @ ..] if name == "value" => {
                let node = Cow::Owned(value.clone());
                Some(self.walk(Walk { owner, node, shape: None, way: "each.value".to_owned(), at }, rest))
            }
            _ => {
                let problem = Problem::new("config::each", "`each` has a `key` and a `value`, and nothing else");
                self.report.add(
                    at,
                    problem.label("not found").help("write `${each.key}`, `${each.value}` or `${each.value.field}`"),
                );
                None
            }
        }
    }

    fn resource(&self, owner: Owner, kind: &str, steps: &[Step], at: Place) -> Option<Node> {
        if matches!(owner, Owner::Vars | Owner::Tags | Owner::ForEach) && self.catalog.kinds.contains_key(kind) {
            let place = match owner {
                Owner::Tags => "`[tags]`",
                Owner::ForEach => "`for_each`",
                _ => "this section",
            };
            let problem = Problem::new("config::scope", format!("{place} cannot refer to resources"));
            self.report.add(at, problem.label("a resource").help("only `vars` and `environment` are known here"));
            return None;
        }
        let [Step::Name(name), rest @ ..] = steps else {
            let known = self.catalog.kinds.contains_key(kind);
            self.report.add(
                at,
                match known {
                    true => Problem::new("config::interpolation", format!("`{kind}` needs a resource and a field"))
                        .help(format!("write `${{{kind}.NAME.FIELD}}`")),
                    false => self.unknown_root(kind, &ROOTS),
                },
            );
            return None;
        };
        let key = match rest.first() {
            Some(Step::Key(key)) => Some(key.as_str()),
            _ => None,
        };
        let target = match self.find(kind, name, key, at)? {
            Found::One(target) => target,
            Found::Each(members) => {
                let example = members.first().and_then(|index| self.inventory.instances.get(*index));
                let problem = Problem::new(
                    "config::each",
                    format!("`{kind}.{name}` is made by `for_each`, so there is one for each entry"),
                );
                let help = match example.and_then(|instance| instance.address.key.as_deref()) {
                    Some(key) => format!(
                        "name one, as in `${{{kind}.{name}[\"{key}\"].…}}`, or `[each.key]` for the one of the same key"
                    ),
                    None => "its `for_each` is empty".to_owned(),
                };
                self.report.add(at, problem.label("which one?").help(help));
                return None;
            }
        };
        let rest = if key.is_some() { &rest[1..] } else { rest };
        let instance = self.inventory.instances.get(target)?;
        let [Step::Name(field), rest @ ..] = rest else {
            let problem = Problem::new("config::interpolation", format!("`{}` needs a field", instance.address));
            let Declaration { schema, .. } = instance.declaration;
            let names = schema.outputs.keys().map(String::as_str).chain(schema.fields.names());
            let names: Vec<&str> = names.collect();
            let help = list("there are", &names);
            self.report.add(at, problem.label("a resource is not a value").help(help));
            return None;
        };
        match owner {
            Owner::Resource(from) if from != target => self.need(Edge { from, to: target, at }),
            Owner::State => self.state_needs.borrow_mut().push(target),
            _ => {}
        }
        self.field(owner, target, field, rest, at)
    }

    /// An input or an output of a resource. An input that is set comes first, then the output, then the input's
    /// default.
    fn field(&self, owner: Owner, target: usize, name: &str, rest: &[Step], at: Place) -> Option<Node> {
        let instance = self.inventory.instances.get(target)?;
        let Declaration { schema, body, .. } = instance.declaration;
        let way = format!("{}.{name}", instance.address);
        let inner = Owner::Resource(target);
        let is_output = schema.outputs.contains_key(name);
        if name == "region" {
            let Some(entry) = body.get("region") else { return self.environment(&[Step::Name(name.to_owned())], at) };
            let shape = Shape::Text(Text { format: Some("region".to_owned()), ..Text::default() });
            let node = Cow::Borrowed(&entry.node);
            return Some(self.walk(Walk { owner: inner, node, shape: Some(&shape), way, at }, rest));
        }
        let Some(field) = schema.fields.get(name) else {
            if is_output {
                return self.output(owner, target, name, rest, at);
            }
            let problem = Problem::new("config::unknown_reference", format!("`{}` has no `{name}`", instance.address));
            let names = schema.fields.names().chain(schema.outputs.keys().map(String::as_str)).chain(["region"]);
            self.report.add(at, problem.label("not found").help(suggestion(name, "there are", names)));
            return None;
        };
        let shape = Some(&field.shape);
        let own = body.get(name).map(|entry| &entry.node);
        // One that stands in the resource's own table is taken from there, so that its tags may refer to each other.
        let is_own = own.zip(rest.first()).is_some_and(|(own, step)| walk::get(own, step).is_some());
        let merged = if name == "tags" && !is_own { self.tags_of(target) } else { None };
        let node = match (own, merged) {
            (_, Some(merged)) => Cow::Owned(merged),
            (Some(own), None) => Cow::Borrowed(own),
            (None, None) if is_output => return self.output(owner, target, name, rest, at),
            (None, None) => Cow::Owned(self.default(body, &schema.fields, name, &way, at)?),
        };
        Some(self.walk(Walk { owner: inner, node, shape, way, at }, rest))
    }

    fn output(&self, owner: Owner, target: usize, name: &str, rest: &[Step], at: Place) -> Option<Node> {
        let address = &self.inventory.instances.get(target)?.address;
        if let Some(step) = rest.first() {
            let message = format!("`{address}.{name}` is an output, and has no `{step}`");
            let problem = Problem::new("config::unknown_reference", message).label("leads nowhere");
            self.report.add(at, problem.help("outputs are texts"));
            return None;
        }
        if owner == Owner::Resource(target) {
            let message = format!("`{address}` cannot refer to its own output `{name}`");
            let problem = Problem::new("config::own_output", message).label("not known before it exists");
            self.report.add(at, problem.help("only its inputs are known before it exists"));
            return None;
        }
        let reference = Reference { address: address.clone(), output: name.to_owned() };
        Some(Node::text(at, reference.mark()))
    }

    /// The `tags` of a resource: its own over those of `[tags]`. `None` if there are none, or it can have none.
    pub(crate) fn tags_of(&self, target: usize) -> Option<Node> {
        let Declaration { schema, body, at, .. } = self.inventory.instances.get(target)?.declaration;
        let field = schema.fields.get("tags")?;
        let Shape::Map(_) = field.shape else { return None };
        let own = match body.get("tags") {
            Some(entry) => self.resolve(Owner::Resource(target), &entry.node),
            None if self.tags.is_empty() => return None,
            None => {
                let default = field.default.as_ref().and_then(|default| Node::from_json(at, default));
                default.unwrap_or(Node { at, data: Data::Table(Table::new()) })
            }
        };
        Some(match own {
            Node { at, data: Data::Table(own) } => {
                let mut tags = self.tags.clone();
                tags.extend(own);
                Node { at, data: Data::Table(tags) }
            }
            other => other,
        })
    }

    fn unknown_root(&self, root: &str, others: &[&str]) -> Problem {
        let roots = others.iter().copied().chain(self.catalog.kinds.keys().map(String::as_str));
        missing(&format!("kind `{root}`"), root, "there are", roots)
    }

    /// The resource, or resources, of a kind and name; `None` if there is none, which has been reported.
    pub(crate) fn find(&self, kind: &str, name: &str, key: Option<&str>, at: Place) -> Option<Found> {
        match self.lookup(kind, name, key, &ROOTS) {
            Ok(found) => Some(found),
            Err(problem) => {
                if let Some(problem) = problem {
                    self.report.add(at, problem);
                }
                None
            }
        }
    }

    /// The same, nothing being reported: an error without a problem is one that has been. `others` are worth suggesting
    /// beside the kinds.
    pub(crate) fn lookup(
        &self,
        kind: &str,
        name: &str,
        key: Option<&str>,
        others: &[&str],
    ) -> Result<Found, Option<Problem>> {
        let problem = match (self.inventory.members(kind, name), key) {
            (Some(Members::Broken), _) => return Err(None),
            (Some(Members::One(index)), None) => return Ok(Found::One(*index)),
            (Some(Members::Each(members)), None) => return Ok(Found::Each(members.values().copied().collect())),
            (Some(Members::Each(members)), Some(key)) => match members.get(key) {
                Some(index) => return Ok(Found::One(*index)),
                None => {
                    let what = format!("entry \"{key}\" in the `for_each` of `{kind}.{name}`");
                    missing(&what, key, "the entries are", members.keys().map(String::as_str))
                }
            },
            (Some(Members::One(_)), Some(key)) => {
                let message = format!("`{kind}.{name}` has no `for_each`, so there is no `{kind}.{name}[\"{key}\"]`");
                let problem = Problem::new("config::unknown_reference", message).label("not found");
                problem.help(format!("write `{kind}.{name}`"))
            }
            // The section itself was refused, by a misspelt kind perhaps.
            (None, _) if self.is_in_stranger(kind, name) => return Err(None),
            (None, _) if !self.catalog.kinds.contains_key(kind) => self.unknown_root(kind, others),
            (None, _) => {
                let problem = missing(
                    &format!("resource `{kind}.{name}`"),
                    name,
                    "of this kind there are",
                    self.inventory.names(kind),
                );
                match (nearest(name, self.inventory.names(kind)), self.elsewhere(kind, name)) {
                    (Some(nearest), _) => problem.help(format!("did you mean `{kind}.{nearest}`?")),
                    (None, Some(other)) => problem.help(format!("did you mean `{other}.{name}`?")),
                    (None, None) => problem,
                }
            }
        };
        Err(Some(problem))
    }

    /// Whether a section that was refused has the resource, so that no more need be said.
    fn is_in_stranger(&self, kind: &str, name: &str) -> bool {
        self.sections
            .strangers
            .iter()
            .any(|(given, (meant, table))| given == kind || meant.as_deref() == Some(kind) && table.contains_key(name))
    }

    /// Another kind that has a resource of that name.
    fn elsewhere(&self, kind: &str, name: &str) -> Option<&str> {
        let kinds = self.catalog.kinds.keys().map(String::as_str);
        kinds.filter(|other| *other != kind).find(|other| self.inventory.members(other, name).is_some())
    }
}

/// What a kind, a name and perhaps a key stand for.
pub(crate) enum Found {
    /// One resource.
    One(usize),
    /// All those of a `for_each`.
    Each(Vec<usize>),
}
