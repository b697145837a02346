//! From a file to an environment.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::address::Address;
use crate::check::{Checker, Patterns};
use crate::cycle;
use crate::diagnostic::Diagnostics;
use crate::environment::{Environment, Lifecycle, Origin, Resource};
use crate::inventory::{Inventory, META};
use crate::layer;
use crate::report::{Problem, Report};
use crate::resolve::{Edge, Found, Owner, Resolver};
use crate::schema::{Catalog, Field, Fields, Shape, Text};
use crate::section::{self, Sections};
use crate::settings;
use crate::source::{Place, Sources};
use crate::tree::{Data, Entry, Node, Table};
use crate::unknown;

/// Loads an environment's file with all its layers, resolves every reference that can be resolved without AWS, and
/// checks everything against the catalog.
///
/// The kinds' own checks come afterwards: [`Origin::locate`] tells where the fields that they complain of stand.
///
/// # Errors
/// Everything that is wrong, in the order of the files, the named one first. Mistakes of the files themselves (a layer
/// that is missing, TOML that cannot be parsed) come alone, since anything else might only follow from them.
pub fn load(path: &Path, catalog: &Catalog) -> Result<Environment, Diagnostics> {
    let report = Report::default();
    let (sources, root) = layer::read(path, &report)?;
    if !report.is_empty() {
        return Err(report.into_diagnostics(&sources));
    }
    let environment = environment(root, &sources, catalog, &report);
    match environment {
        Ok(environment) if report.is_empty() => Ok(environment),
        Err(Incomplete(at)) if report.is_empty() => {
            // Something was left out, and the reason was forgotten: that must not become a plan that lacks it.
            let problem = Problem::new("config::internal", "failed to resolve this value").label("this one");
            report.add(at, problem.help("this is a bug in provision; please report it"));
            Err(report.into_diagnostics(&sources))
        }
        _ => Err(report.into_diagnostics(&sources)),
    }
}

/// A value could not be made, for a reason that has been reported.
struct Incomplete(Place);

fn environment(root: Table, sources: &Sources, catalog: &Catalog, report: &Report) -> Result<Environment, Incomplete> {
    let sections = Sections::new(root, catalog, report);
    let patterns = Patterns::default();
    let resolver = Resolver::new(sources, &sections, catalog, report, &patterns);

    section::require("environment", section::ENVIRONMENT_EXAMPLE, &sections, report);
    section::require("state", section::STATE_EXAMPLE, &sections, report);
    let fields = section::provision_fields();
    let provision = section::check("provision", Owner::Vars, &fields, &sections, &resolver, report);
    let version = provision.as_ref().and_then(|provision| provision.get("version")).and_then(Value::as_str);
    if let (Some(version), Some(node)) = (version, sections.entry("provision", "version")) {
        section::check_version(version, node.at, report);
    }
    let policy = section::check("policy", Owner::Vars, &section::policy_fields(), &sections, &resolver, report);
    let policy_exceptions = section::exceptions(&policy.unwrap_or_default());
    let fields = section::environment_fields();
    let own = section::check("environment", Owner::Vars, &fields, &sections, &resolver, report).unwrap_or_default();
    let own = |name: &str| own.get(name).and_then(Value::as_str).map(str::to_owned);
    // Nothing may be wrong even where nobody looks.
    if let Some(vars) = sections.get("vars") {
        resolver.resolve(Owner::Vars, vars);
    }
    let tags = section::tags(&sections, &resolver, report);
    let inventory = Inventory::new(&sections, catalog, &resolver, report);
    let resolver = resolver.with(inventory, tags);

    let region = own("region");
    let builder = Builder {
        resolver: &resolver,
        sources,
        report,
        region: region.clone().unwrap_or_default(),
        left_out: Cell::new(None),
    };
    let drafts: Vec<Resource> =
        (0..resolver.inventory().instances.len()).map(|index| builder.resource(index)).collect();
    let edges = resolver.edges();
    cycle::check(resolver.inventory(), &edges, report);
    let resources = with_dependencies(drafts, resolver.inventory(), &edges);

    let state = section::check("state", Owner::State, &section::state_fields(), &sections, &resolver, report);
    let referred = resolver.state_needs();
    let referred = referred.iter().filter_map(|index| resolver.inventory().instances.get(*index));
    let referred = referred.map(|instance| instance.address.clone()).collect();
    let drift = section::check("drift", Owner::Vars, &section::drift::fields(), &sections, &resolver, report);
    let drift = drift.zip(sections.get("drift"));
    let drift_ignores = drift
        .map(|(drift, node)| section::drift::ignores(&drift, node, &resources, catalog, report))
        .unwrap_or_default();
    let dr = section::check("dr", Owner::Dr, &section::dr::fields(), &sections, &resolver, report);
    let (name, account) = (own("name"), own("account"));
    let shown = name.as_deref().unwrap_or_default();
    let node = sections.get("state");
    let state = state.zip(node);
    let state = state.and_then(|(state, node)| {
        settings::settings(&state, node, (shown, region.as_deref().unwrap_or_default()), referred, &resources, report)
    });
    let dr_region = own("dr_region");
    let lock_table = state.as_ref().map(|state| state.lock_table.as_str()).unwrap_or_default();
    let dr = dr.as_ref().zip(sections.get("dr"));
    let dr = section::dr::settings(dr, lock_table, dr_region.as_deref(), &resources, report);
    match (name, account, region, state, builder.left_out.get()) {
        (Some(name), Some(account), Some(region), Some(state), None) => {
            Ok(Environment { name, account, region, dr_region, state, policy_exceptions, drift_ignores, dr, resources })
        }
        (.., left_out) => Err(Incomplete(left_out.unwrap_or(Place::START))),
    }
}

fn with_dependencies(
    mut drafts: Vec<Resource>,
    inventory: &Inventory<'_>,
    edges: &[Edge],
) -> BTreeMap<Address, Resource> {
    let addresses: Vec<Address> = drafts.iter().map(|draft| draft.address.clone()).collect();
    for (index, (draft, needs)) in drafts.iter_mut().zip(cycle::needs(addresses.len(), edges)).enumerate() {
        draft.dependencies = needs.into_iter().filter_map(|need| addresses.get(need).cloned()).collect();
        // An input of another resource may itself be an output of a third.
        draft.dependencies.extend(unknown::references_in(&draft.spec).into_iter().map(|reference| reference.address));
        draft.dependencies.remove(&draft.address);
        draft.referring = referring(draft, index, &addresses, inventory, edges);
    }
    addresses.into_iter().zip(drafts).collect()
}

/// In which fields a resource refers to what it needs. Left out is what it needs for another reason too.
fn referring(
    draft: &Resource,
    index: usize,
    addresses: &[Address],
    inventory: &Inventory<'_>,
    edges: &[Edge],
) -> BTreeMap<Address, BTreeSet<String>> {
    let mut referring: BTreeMap<Address, BTreeSet<String>> = BTreeMap::new();
    for (field, value) in draft.spec.as_object().into_iter().flatten() {
        for reference in unknown::references_in(value) {
            referring.entry(reference.address).or_default().insert(field.clone());
        }
    }
    let body = &inventory.instances[index].declaration.body;
    let mut elsewhere = BTreeSet::new();
    for edge in edges.iter().filter(|edge| edge.from == index) {
        let Some(need) = addresses.get(edge.to) else { continue };
        match body.iter().find(|(name, entry)| !META.contains(&name.as_str()) && entry.node.has(edge.at)) {
            Some((field, _)) => {
                referring.entry(need.clone()).or_default().insert(field.clone());
            }
            None => {
                elsewhere.insert(need);
            }
        }
    }
    referring.retain(|need, _| draft.dependencies.contains(need) && !elsewhere.contains(need));
    referring
}

/// Makes resources from what the file says of them.
struct Builder<'a> {
    resolver: &'a Resolver<'a>,
    sources: &'a Sources,
    report: &'a Report,
    /// The environment's region.
    region: String,
    /// A value that was left out, the reason having been reported.
    left_out: Cell<Option<Place>>,
}

impl Builder<'_> {
    /// A resource, checked, its dependencies still to be gathered. What is wrong is reported and left out.
    fn resource(&self, index: usize) -> Resource {
        let instance = &self.resolver.inventory().instances[index];
        let declaration = instance.declaration;
        let owner = Owner::Resource(index);
        let own = declaration.body.iter().filter(|(name, _)| !META.contains(&name.as_str()));
        let own: Table = own.map(|(name, entry)| (name.clone(), entry.clone())).collect();
        let resolved = self.resolver.resolve(owner, &Node { at: declaration.at, data: Data::Table(own) });
        let mut body = match resolved.data {
            Data::Table(table) => self.resolver.with_documents_in(owner, table, &declaration.schema.fields),
            _ => Table::new(),
        };
        if let Some(node) = self.resolver.tags_of(index) {
            let key = body.get("tags").map_or(node.at, |entry| entry.key);
            if let Some(own) = body.get("tags").and_then(|entry| entry.node.as_table()) {
                section::check_tag_names(own, self.report);
            }
            body.insert("tags".to_owned(), Entry { key, node });
        }
        let mut checker = Checker::new(self.report, self.resolver, &META);
        let spec = checker.fields(&body, declaration.at, &declaration.schema.fields);
        self.left_out.set(self.left_out.get().or(checker.left_out));
        let places = checker.places.into_iter();
        let origin = Origin {
            header: self.sources.location(declaration.at),
            fields: places.filter_map(|(pointer, place)| Some((pointer, self.sources.location(place)?))).collect(),
        };
        let meta = self.meta(index);
        let text = |name: &str| meta.get(name).and_then(Value::as_str).map(str::to_owned);
        self.depends_on(index);
        Resource {
            address: instance.address.clone(),
            region: text("region").unwrap_or_else(|| self.region.clone()),
            spec: Value::Object(spec),
            dependencies: BTreeSet::new(),
            referring: BTreeMap::new(),
            lifecycle: Lifecycle {
                protect: meta.get("protect").and_then(Value::as_bool).unwrap_or(declaration.schema.stateful),
            },
            origin,
        }
    }

    /// The fields that every kind has, but for `for_each`, which has done its work.
    fn meta(&self, index: usize) -> serde_json::Map<String, Value> {
        let instance = &self.resolver.inventory().instances[index];
        let given =
            instance.declaration.body.iter().filter(|(name, _)| META.contains(&name.as_str()) && *name != "for_each");
        let given: Table = given.map(|(name, entry)| (name.clone(), entry.clone())).collect();
        let at = instance.declaration.at;
        let resolved = self.resolver.resolve(Owner::Resource(index), &Node { at, data: Data::Table(given) });
        let Data::Table(table) = &resolved.data else { return serde_json::Map::new() };
        let mut checker = Checker::new(self.report, self.resolver, &[]);
        let meta = checker.fields(table, at, &meta_fields());
        self.left_out.set(self.left_out.get().or(checker.left_out));
        if let (Some(Value::String(region)), Some(entry)) = (meta.get("region"), table.get("region"))
            && unknown::is_unknown(region)
        {
            let problem = Problem::new("config::unknown_setting", "`region` must be known before anything exists");
            let help = "write it out, or refer to `environment.region`, `environment.dr_region` or `vars`";
            self.report.add(entry.node.at, problem.label("an output, which AWS will choose").help(help));
        }
        meta
    }

    /// `depends_on`: addresses as plain texts; without its key, one that has a `for_each` means all its entries.
    fn depends_on(&self, index: usize) {
        let instance = &self.resolver.inventory().instances[index];
        let Some(entry) = instance.declaration.body.get("depends_on") else { return };
        let Data::List(items) = self.resolver.resolve(Owner::Resource(index), &entry.node).data else { return };
        for (text, at) in items.iter().filter_map(|item| Some((item.as_text()?, item.at))) {
            let Ok(Address { kind, name, key }) = text.parse::<Address>() else {
                let problem = Problem::new("config::address", format!("`{text}` is not the address of a resource"));
                self.report.add(
                    at,
                    problem.label("not an address").help("write it as in `depends_on = [\"s3_bucket.data\"]`"),
                );
                continue;
            };
            let targets = match self.resolver.find(&kind, &name, key.as_deref(), at) {
                Some(Found::One(target)) => vec![target],
                Some(Found::Each(targets)) => targets,
                None => continue,
            };
            for to in targets {
                if to == index {
                    let message = format!("`{}` cannot depend on itself", instance.address);
                    self.report
                        .add(at, Problem::new("config::dependency_cycle", message).label("itself").help("remove it"));
                } else {
                    self.resolver.need(Edge { from: index, to, at });
                }
            }
        }
    }
}

fn meta_fields() -> Fields {
    let addresses = Shape::List(Box::new(Shape::Text(Text::default())));
    let region = Shape::Text(Text { format: Some("region".to_owned()), ..Text::default() });
    Fields(BTreeMap::from([
        ("depends_on".to_owned(), Field::new(addresses, "the addresses of resources that come first")),
        ("protect".to_owned(), Field::new(Shape::Boolean, "whether it is kept from being deleted or replaced")),
        ("region".to_owned(), Field::new(region, "where it lives, if not in the environment's region")),
    ]))
}
