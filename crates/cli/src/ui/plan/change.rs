//! One resource's change, as a plan shows it.

use provision_config::{Address, Catalog};
use provision_reconciler::diff::{Cause, Difference};
use provision_reconciler::ownership;
use provision_reconciler::plan::{Action, Reason, ResourceChange};
use provision_report::policy::planned;
use provision_report::value::pretty;
use serde_json::Value;

use super::{View, defaults, policy};
use crate::ui::value::{self, document, known, line};
use crate::ui::{Style, table};

/// How far the fields of a resource stand in.
const FIELD: &str = "      ";
/// Values that are longer than this are shown one entry to a line.
const LONG: usize = 90;

/// The lines of one change.
pub fn lines(
    address: &Address,
    change: &ResourceChange,
    show_region: bool,
    view: &View,
    catalog: &Catalog,
) -> Vec<String> {
    let View { style, verbose } = *view;
    let mut lines = vec![title(address, change, show_region, style)];
    let mut fields = match change.action {
        Action::Create => settings(address, change.desired.as_ref().unwrap_or(&Value::Null), view, catalog),
        _ => change.differences.iter().flat_map(|difference| self::difference(difference, style)).collect(),
    };
    if verbose {
        fields.extend(calls(change, style));
    }
    lines.extend(fields.into_iter().map(|field| format!("{FIELD}{field}")));
    lines
}

fn title(address: &Address, change: &ResourceChange, show_region: bool, style: Style) -> String {
    let mut title = format!("{} {}", symbol(change, style), style.strong(&known(&address.to_string())));
    if let Some(name) = name(change) {
        title.push_str("  ");
        title.push_str(&known(&name));
    }
    // Under another name the old and the new one are two different things to everybody else.
    if let (Action::Replace, Some(old), Some(new)) = (change.action, &change.id, &change.identity)
        && old != new
    {
        title.push_str(&format!(" {} {}", style.arrow(), known(new)));
    }
    if show_region {
        title.push_str(&style.faint(&format!("  {}", change.region)));
    }
    if let Some((reason, alarming)) = reason(change) {
        let reason = format!("  ({reason})");
        title.push_str(&if alarming { style.warn(&reason) } else { style.faint(&reason) });
    }
    title
}

/// The sign for what happens, three characters wide.
fn symbol(change: &ResourceChange, style: Style) -> String {
    match change.action {
        Action::Create => style.good("  +"),
        Action::Update => style.warn("  ~"),
        Action::Replace if change.creates_first => style.replaced("+/-"),
        Action::Replace => style.replaced("-/+"),
        Action::Delete => style.bad("  -"),
        Action::Adopt => style.note("  >"),
        Action::Record => style.note("  ="),
        Action::Forget => style.faint("  x"),
    }
}

/// What AWS calls it or will call it; where AWS chooses an id, what a person calls it.
fn name(change: &ResourceChange) -> Option<String> {
    let field = |name: &str| change.desired.as_ref()?.get(name)?.as_str().map(str::to_owned);
    change.id.clone().or_else(|| change.identity.clone()).or_else(|| field("name")).or_else(|| field("alias"))
}

/// Why it changes, where the fields do not say it, and whether that should alarm.
fn reason(change: &ResourceChange) -> Option<(String, bool)> {
    let immutable: Vec<&str> =
        change.differences.iter().filter(|one| one.immutable).map(|one| one.path.as_str()).collect();
    let reason = match (change.action, change.reason) {
        (_, Reason::DeletedOutside) => return Some(("was deleted outside of provision; made anew".to_owned(), true)),
        (_, Reason::Superseded) => {
            let old: Vec<&str> = change.old.iter().map(|old| old.id.as_str()).collect();
            return Some((format!("an earlier run made it anew; deletes {}", known(&old.join(", "))), true));
        }
        (_, Reason::Moved) => {
            let from = change.old_region.as_deref().map_or_else(String::new, |region| format!(" from {region}"));
            return Some((format!("{}: moves{from} to {}", replaced(change), change.region), true));
        }
        (Action::Replace, _) if immutable.is_empty() => {
            return Some(("an earlier run made it anew; the one before is deleted".to_owned(), true));
        }
        (Action::Replace, _) => {
            let because = format!("{}: AWS cannot change {} in place", replaced(change), immutable.join(", "));
            return Some((because, true));
        }
        (Action::Adopt, _) => "is there already, made by an earlier run; only the state changes",
        (Action::Record, _) => "is as it should be; only the state changes",
        (Action::Forget, _) => "is gone from AWS already; only the state changes",
        (_, Reason::Removed) => "no longer in the file",
        (_, Reason::New | Reason::Differs | Reason::Destroyed | Reason::Unrecorded) => return None,
    };
    Some((reason.to_owned(), false))
}

/// In which order it is replaced.
fn replaced(change: &ResourceChange) -> &'static str {
    if change.creates_first { "made anew, then the old one deleted" } else { "deleted and made anew" }
}

/// One field that differs: `versioning: false → true  (drift)`.
fn difference(difference: &Difference, style: Style) -> Vec<String> {
    let path = known(&difference.path);
    let marks = marks(difference, style);
    if difference.sensitive {
        return vec![format!("{path}: {}{marks}", sensitive(difference))];
    }
    if let (Some(live), Some(desired)) = (document(&difference.live), document(&difference.desired)) {
        let changed = policy::coloured(&planned(&live, &desired), style).into_iter().map(|line| format!("  {line}"));
        return std::iter::once(format!("{path}:{marks}")).chain(changed).collect();
    }
    let [live, desired] = [&difference.live, &difference.desired].map(short);
    vec![format!("{path}: {} {} {}{marks}", style.bad(&live), style.arrow(), style.good(&desired))]
}

/// Who changed it, and whether that replaces the resource.
fn marks(difference: &Difference, style: Style) -> String {
    let mut marks = match difference.cause {
        Cause::Config => style.faint("  (config)"),
        Cause::Drift => style.warn("  (drift)"),
        Cause::ConfigAndDrift => style.warn("  (config, drift)"),
        Cause::Unrecorded => String::new(),
    };
    if difference.immutable {
        marks.push_str(&style.replaced("  (replaces)"));
    }
    marks
}

fn short(value: &Value) -> String {
    document(value).map_or_else(|| line(value), |document| policy::summary(&document))
}

/// What may be said of a sensitive value: whether there was one and will be one.
fn sensitive(difference: &Difference) -> &'static str {
    match (difference.live.is_null(), difference.desired.is_null()) {
        (true, _) => "a sensitive value is set",
        (false, true) => "a sensitive value is removed",
        (false, false) => "a sensitive value differs",
    }
}

/// The fields that something new is made with: what is set, without what says whose it is, and without defaults.
fn settings(address: &Address, desired: &Value, view: &View, catalog: &Catalog) -> Vec<String> {
    let kind = catalog.kinds.get(&address.kind).filter(|_| !view.verbose);
    let (shown, hidden) = kind.map_or_else(|| (desired.clone(), 0), |kind| defaults::without(&kind.fields, desired));
    let fields = shown.as_object().into_iter().flatten();
    let mut lines: Vec<String> =
        fields.flat_map(|(name, value)| setting(name, &without_ownership(name, value), view.verbose)).collect();
    if hidden > 0 {
        let defaults = table::count(hidden, "default", "defaults");
        lines.push(view.style.faint(&format!("and {defaults} (-v shows them)")));
    }
    lines
}

/// One field that is set, on a line or, if it is long, with a line for each entry. Nothing, if nothing is set.
pub fn setting(name: &str, value: &Value, verbose: bool) -> Vec<String> {
    if defaults::is_nothing(value) {
        return Vec::new();
    }
    if let Some(document) = document(value) {
        let summary = format!("{name}: {}", policy::summary(&document));
        let whole = pretty(&document).into_iter().filter(|_| verbose).map(|line| format!("  {line}"));
        return std::iter::once(summary).chain(whole).collect();
    }
    let short = format!("{}: {}", known(name), line(value));
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(items) => items.iter().map(|item| ("-".to_owned(), item)).collect(),
        _ => Vec::new(),
    };
    if short.chars().count() <= LONG || inner.is_empty() || value::is_sealed(value) {
        return vec![short];
    }
    let inner = inner.into_iter().filter(|(_, value)| !defaults::is_nothing(value)).flat_map(|(key, value)| {
        let separator = if key == "-" { "" } else { ":" };
        let name = format!("  {}{separator}", known(&key));
        match document(value) {
            // Who may do what to what: what a role's policies come to is what a person wants to see of it.
            Some(document) => {
                let statements = policy::statements_in_words(&document).into_iter().map(|words| format!("    {words}"));
                std::iter::once(name).chain(statements).collect()
            }
            None => vec![format!("{name} {}", line(value))],
        }
    });
    std::iter::once(format!("{}:", known(name))).chain(inner).collect()
}

fn without_ownership(name: &str, value: &Value) -> Value {
    let mut value = value.clone();
    if let Some(tags) = value.as_object_mut().filter(|_| name == "tags") {
        tags.retain(|key, _| key != ownership::ENVIRONMENT && key != ownership::ADDRESS);
    }
    value
}

/// The calls, in order.
fn calls(change: &ResourceChange, style: Style) -> Vec<String> {
    let width = change.steps.iter().map(|step| step.action.len()).max().unwrap_or_default();
    let calls = change.steps.iter().enumerate().map(|(index, step)| {
        let number = index + 1;
        style.note(&format!("{number:>3}. {:width$}  {}", step.action, known(&step.summary)))
    });
    calls.collect()
}
