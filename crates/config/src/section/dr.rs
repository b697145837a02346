//! `[dr]`: what is asked of the replicas in the other region.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::address::Address;
use crate::environment::{DrSettings, Resource};
use crate::report::{Problem, Report};
use crate::schema::{Field, Fields, Shape, Text};
use crate::source::Place;
use crate::tree::Node;
use crate::unknown;

/// The fields of the section.
pub(crate) fn fields() -> Fields {
    let text = |doc: &str| Field::new(Shape::Text(Text { min_length: Some(1), ..Text::default() }), doc);
    Fields(BTreeMap::from([
        ("rpo".to_owned(), text("the recovery point objective: how far replicas may be behind, as in `rpo = \"15m\"`")),
        (
            "lock_table".to_owned(),
            text("the lock table in the other region, as in `lock_table = \"${dynamodb_table.lock_dr.table_name}\"`"),
        ),
    ]))
}

/// What the checked section says; `lock_table` is the one of `[state]`, which goes for both regions unless said otherwise.
pub(crate) fn settings(
    section: Option<(&Map<String, Value>, &Node)>,
    lock_table: &str,
    dr_region: Option<&str>,
    resources: &BTreeMap<Address, Resource>,
    report: &Report,
) -> DrSettings {
    let mut settings = DrSettings { lock_table: lock_table.to_owned(), ..DrSettings::default() };
    if let Some((section, node)) = section {
        read(&mut settings, section, node, report);
    }
    let is_lock = |resource: &&Resource| {
        resource.address.kind == "dynamodb_table"
            && Some(resource.region.as_str()) == dr_region
            && resource.spec.get("table_name").and_then(Value::as_str) == Some(&settings.lock_table)
    };
    settings.lock_resource = resources.values().find(is_lock).map(|resource| resource.address.clone());
    settings
}

fn read(settings: &mut DrSettings, section: &Map<String, Value>, node: &Node, report: &Report) {
    if let Some(text) = section.get("rpo").and_then(Value::as_str) {
        match humantime::parse_duration(text) {
            Ok(rpo) if !rpo.is_zero() => settings.rpo = rpo,
            _ => {
                let problem = Problem::new("config::duration", format!("`{text}` is not a length of time"));
                let help = "write it as in `\"15m\"`, `\"90s\"` or `\"1h 30m\"`";
                report.add(place(node, "rpo"), problem.label("expected a duration").help(help));
            }
        }
    }
    if let Some(table) = section.get("lock_table").and_then(Value::as_str) {
        if unknown::is_unknown(table) {
            let problem = Problem::new("config::unknown_setting", "`lock_table` must be known before anything exists");
            let help = "refer to an input, as in `${dynamodb_table.lock_dr.table_name}`";
            report.add(place(node, "lock_table"), problem.label("an output, which AWS will choose").help(help));
        } else {
            table.clone_into(&mut settings.lock_table);
        }
    }
}

fn place(node: &Node, name: &str) -> Place {
    node.as_table().and_then(|table| table.get(name)).map_or(node.at, |entry| entry.node.at)
}
