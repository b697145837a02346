//! What is remembered of an environment.

mod changed;
mod history;

pub use changed::{Difference, changed, difference};
pub use history::history;

use provision_config::Address;
use provision_reconciler::Record;
use provision_state::State;

use crate::ui::plan::change::setting;
use crate::ui::value::known;
use crate::ui::{Style, table};

/// The resources that are remembered.
pub fn list(state: &State) -> String {
    let rows: Vec<[String; 3]> = state
        .resources
        .iter()
        .map(|(address, record)| {
            let unfinished = if record.spec.is_none() { "  (unfinished)" } else { "" };
            [known(&address.to_string()), record.region.clone(), format!("{}{unfinished}", known(&record.id))]
        })
        .collect();
    let mut text = table::table(["ADDRESS", "REGION", "ID"], &rows, Style::PLAIN);
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(&format!(
        "{} in {}; serial {}, written {} by provision {}.\n",
        table::count(state.resources.len(), "resource", "resources"),
        state.environment,
        state.serial,
        state.written_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        state.engine,
    ));
    text
}

/// Everything that is remembered of one resource.
pub fn show(address: &Address, record: &Record) -> String {
    let mut text = format!("{}\n", known(&address.to_string()));
    let mut fact = |name: &str, value: &str| text.push_str(&format!("  {name:<12}  {value}\n"));
    fact("id", &known(&record.id));
    fact("region", &record.region);
    fact("protected", if record.protect { "yes" } else { "no" });
    let needs: Vec<String> = record.dependencies.iter().map(ToString::to_string).collect();
    fact("needs", &if needs.is_empty() { "nothing".to_owned() } else { needs.join(", ") });
    match &record.spec {
        None => text.push_str("\n  it was made, but not finished; `provision apply` goes on\n"),
        Some(spec) => {
            text.push_str("\n  last applied\n");
            let fields = spec.as_object().into_iter().flatten();
            let lines = fields.flat_map(|(name, value)| setting(name, value, false));
            text.extend(lines.map(|line| format!("    {line}\n")));
        }
    }
    if !record.outputs.is_empty() {
        text.push_str("\n  outputs\n");
        let lines = record.outputs.iter().flat_map(|(name, value)| setting(name, value, false));
        text.extend(lines.map(|line| format!("    {line}\n")));
    }
    text
}
