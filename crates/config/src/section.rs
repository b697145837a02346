//! The sections of a file that are not resources.

pub(crate) mod dr;
pub(crate) mod drift;

use std::collections::BTreeMap;

use semver::{Version, VersionReq};
use serde_json::{Map, Value};

use crate::check::Checker;
use crate::environment::PolicyException;
use crate::nearest::{nearest, suggestion};
use crate::report::{Problem, Report};
use crate::resolve::{Owner, Resolver};
use crate::schema::{Catalog, Field, Fields, Shape, Text};
use crate::source::Place;
use crate::tree::{Data, Node, Table};

/// The sections that are not kinds.
const NAMES: [&str; 8] = ["dr", "drift", "environment", "policy", "provision", "state", "tags", "vars"];

/// The merged file, taken apart.
#[derive(Debug, Default)]
pub(crate) struct Sections {
    /// The sections that are not kinds, by name; always tables.
    plain: BTreeMap<String, Node>,
    /// Resources by kind and name.
    pub kinds: BTreeMap<String, Table>,
    /// Sections that are nothing at all, and what they were probably meant to be.
    pub strangers: BTreeMap<String, (Option<String>, Table)>,
}

impl Sections {
    /// Takes a file apart and reports what does not belong into it.
    pub fn new(root: Table, catalog: &Catalog, report: &Report) -> Self {
        let mut sections = Self::default();
        for (name, entry) in root {
            let is_section = NAMES.contains(&name.as_str());
            let is_kind = catalog.kinds.contains_key(&name);
            match entry.node.data {
                Data::Table(table) if is_kind => {
                    sections.kinds.insert(name, table);
                }
                Data::Table(_) if is_section => {
                    sections.plain.insert(name, entry.node);
                }
                Data::Broken => {}
                Data::Table(table) => {
                    let names = || NAMES.into_iter().chain(catalog.kinds.keys().map(String::as_str));
                    let problem =
                        Problem::new("config::unknown_section", format!("there is no section or kind `{name}`"));
                    let problem = problem.label("neither a section nor a kind");
                    report.add(entry.key, problem.help(suggestion(&name, "there are", names())));
                    let meant = nearest(&name, names()).map(str::to_owned);
                    sections.strangers.insert(name, (meant, table));
                }
                _ if is_section || is_kind => {
                    let message = format!("`{name}`: expected a table, found {}", entry.node.describe(true));
                    let example = if is_kind { format!("[{name}.NAME]") } else { format!("[{name}]") };
                    let problem = Problem::new("config::type", message).label("not a table");
                    report.add(entry.key, problem.help(format!("write a table, as in `{example}`")));
                    sections.strangers.insert(name, (None, Table::new()));
                }
                _ => {
                    let problem = Problem::new(
                        "config::unknown_section",
                        format!("`{name}` does not belong at the top of a file"),
                    );
                    let known = [("environment", environment_fields()), ("state", state_fields())];
                    let help = match known.iter().find(|(_, fields)| fields.get(&name).is_some()) {
                        Some((section, _)) => format!("put it under `[{section}]`"),
                        None => format!("values of your own go under `[vars]`: `${{vars.{name}}}` then refers to it"),
                    };
                    report.add(entry.key, problem.label("in no section").help(help));
                }
            }
        }
        sections
    }

    /// A section, if the file has it.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.plain.get(name)
    }

    /// Whether a section is there, if only in a form that was refused.
    pub fn is_given(&self, name: &str) -> bool {
        self.plain.contains_key(name)
            || self.strangers.iter().any(|(given, (meant, _))| given == name || meant.as_deref() == Some(name))
    }

    /// An entry of a section.
    pub fn entry(&self, section: &str, name: &str) -> Option<&Node> {
        Some(&self.get(section)?.as_table()?.get(name)?.node)
    }
}

/// Resolves and checks `[environment]`, `[state]` or `[provision]`.
pub(crate) fn check(
    name: &str,
    owner: Owner,
    fields: &Fields,
    sections: &Sections,
    resolver: &Resolver<'_>,
    report: &Report,
) -> Option<Map<String, Value>> {
    let resolved = resolver.resolve(owner, sections.get(name)?);
    let Data::Table(table) = &resolved.data else { return None };
    Some(Checker::new(report, resolver, &[]).fields(table, resolved.at, fields))
}

/// Says that a section is missing, with an example.
pub(crate) fn require(name: &str, example: &str, sections: &Sections, report: &Report) {
    if !sections.is_given(name) {
        let problem = Problem::new("config::missing_section", format!("the section `[{name}]` is missing"));
        report.add(Place::START, problem.help(example));
    }
}

/// `[environment]`
pub(crate) fn environment_fields() -> Fields {
    let name = Text { pattern: Some("[A-Za-z_][A-Za-z0-9_-]*".to_owned()), max_length: Some(64), ..Text::default() };
    let name_doc = "the environment's name: letters, digits, `_` and `-`, as in `name = \"staging\"`";
    fields([
        ("name", true, name, name_doc),
        (
            "account",
            true,
            format("account"),
            "the AWS account, as in `account = \"123456789012\"`; any other is refused",
        ),
        ("region", true, format("region"), "where resources live that name no region, as in `region = \"us-east-1\"`"),
        ("dr_region", false, format("region"), "the disaster-recovery region"),
    ])
}

/// `[state]`
pub(crate) fn state_fields() -> Fields {
    fields([
        ("bucket", true, Text::default(), "where the state is kept, as in `bucket = \"${s3_bucket.state.bucket}\"`"),
        (
            "lock_table",
            true,
            Text::default(),
            "what locks it, as in `lock_table = \"${dynamodb_table.lock.table_name}\"`",
        ),
        ("key", false, Text { min_length: Some(1), max_length: Some(1024), ..Text::default() }, "the object's key"),
        ("kms_key", false, format("arn"), "the KMS key that encrypts it"),
    ])
}

/// `[provision]`
pub(crate) fn provision_fields() -> Fields {
    fields([("version", false, Text::default(), "the versions of provision that may be used")])
}

/// `[policy]`
pub(crate) fn policy_fields() -> Fields {
    let some = || Text { min_length: Some(1), ..Text::default() };
    let exception = fields([
        ("rule", true, some(), "the rule's name, as in `rule = \"kms-key-single-region\"`"),
        ("resource", true, some(), "the resource's address, as in `resource = \"kms_key.audit\"`"),
        ("reason", true, some(), "why the rule need not hold there, for whoever reads the file"),
    ]);
    Fields(BTreeMap::from([(
        "exceptions".to_owned(),
        Field::new(Shape::List(Box::new(Shape::Table(exception))), "where which security rule need not hold, and why"),
    )]))
}

/// The exceptions of a checked `[policy]`.
pub(crate) fn exceptions(policy: &Map<String, Value>) -> Vec<PolicyException> {
    let text = |entry: &Value, name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
    let entries = policy.get("exceptions").and_then(Value::as_array).into_iter().flatten();
    // What is incomplete has been reported.
    let exception = |entry: &Value| {
        let (rule, resource, reason) = (text(entry, "rule")?, text(entry, "resource")?, text(entry, "reason")?);
        Some(PolicyException { rule, resource, reason })
    };
    entries.filter_map(exception).collect()
}

/// An example of `[environment]` that is complete.
pub(crate) const ENVIRONMENT_EXAMPLE: &str = "write:
[environment]
name = \"staging\"
account = \"123456789012\"
region = \"us-east-1\"";

/// An example of `[state]` that is complete and secure.
pub(crate) const STATE_EXAMPLE: &str = "keep the state in a bucket that is encrypted by a key of its own:
[state]
bucket = \"${s3_bucket.state.bucket}\"
lock_table = \"${dynamodb_table.lock.table_name}\"

[kms_key.state]
[dynamodb_table.lock]
table_name = \"${environment.name}-lock\"
[s3_bucket.state]
bucket = \"${environment.name}-state-${environment.account}\"
kms_key = \"${kms_key.state.arn}\"";

fn format(format: &str) -> Text {
    Text { format: Some(format.to_owned()), ..Text::default() }
}

fn fields<const N: usize>(fields: [(&str, bool, Text, &str); N]) -> Fields {
    let fields = fields
        .into_iter()
        .map(|(name, required, text, doc)| (name.to_owned(), Field { required, ..Field::new(Shape::Text(text), doc) }));
    Fields(fields.collect())
}

/// `[provision] version`: whether this program may be used.
pub(crate) fn check_version(required: &str, at: Place, report: &Report) {
    let running = env!("CARGO_PKG_VERSION");
    let problem = match (VersionReq::parse(required), Version::parse(running)) {
        (Ok(required), Ok(running)) if required.matches(&running) => return,
        (Ok(_), _) => {
            let message = format!("this is provision {running}, and the file asks for {required}");
            let problem = Problem::new("config::version", message).label(format!("not {running}"));
            problem.help("install a version that fits, or change `[provision] version`")
        }
        (Err(error), _) => {
            let problem =
                Problem::new("config::version", format!("`{required}` is not a version requirement: {error}"));
            problem.label("not a requirement").help("write it as in `version = \">=0.1, <0.2\"`")
        }
    };
    report.add(at, problem);
}

/// `[tags]`, resolved: texts only, and none of those that are ours or AWS's.
pub(crate) fn tags(sections: &Sections, resolver: &Resolver<'_>, report: &Report) -> Table {
    let Some(node) = sections.get("tags") else { return Table::new() };
    let Data::Table(tags) = resolver.resolve(Owner::Tags, node).data else { return Table::new() };
    let fields = tags.keys().map(|name| {
        let shape = Shape::Text(Text { max_length: Some(256), ..Text::default() });
        (name.clone(), Field::new(shape, ""))
    });
    Checker::new(report, resolver, &[]).fields(&tags, node.at, &Fields(fields.collect()));
    check_tag_names(&tags, report);
    tags
}

/// Tags under these prefixes are not a file's to set.
pub(crate) fn check_tag_names(tags: &Table, report: &Report) {
    for (name, entry) in tags {
        let reserved = ["aws:", "provision:"].into_iter().find(|prefix| name.to_lowercase().starts_with(prefix));
        if let Some(prefix) = reserved {
            let problem = Problem::new("config::reserved_tag", format!("the tag `{name}` is reserved"));
            let whose = if prefix == "aws:" { "AWS" } else { "provision" };
            report.add(
                entry.key,
                problem.label("reserved").help(format!("tags that begin with `{prefix}` are set by {whose}")),
            );
        }
    }
}
