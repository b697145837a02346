//! What AWS chose: the outputs of resources.

use std::collections::BTreeMap;

use provision_config::Address;
use serde_json::{Map, Value};

use crate::ui::plan::defaults::is_nothing;
use crate::ui::value::{known, line};

/// The outputs, each resource with its own under it.
pub fn render(outputs: &BTreeMap<Address, Map<String, Value>>) -> String {
    if outputs.is_empty() {
        return "There are no outputs: nothing has been applied yet.\n".to_owned();
    }
    let width = outputs.values().flat_map(Map::keys).map(|name| name.chars().count()).max().unwrap_or_default();
    let mut text = String::new();
    for (address, outputs) in outputs {
        text.push_str(&format!("{}\n", known(&address.to_string())));
        for (name, value) in outputs.iter().filter(|(_, value)| !is_nothing(value)) {
            text.push_str(&format!("  {name:width$}  {}\n", line(value)));
        }
    }
    text
}
