//! `provision.outputs/1`, `provision.state.list/1` and `provision.state.show/1`: what is remembered.

use std::collections::BTreeMap;

use provision_config::Address;
use provision_reconciler::Record;
use provision_state::State;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::ui::value::machine;

/// What AWS chose.
#[derive(Debug, Serialize)]
pub struct Outputs {
    format: &'static str,
    /// The environment.
    environment: String,
    /// The outputs of each resource, by address.
    outputs: BTreeMap<String, Map<String, Value>>,
}

/// The resources that are remembered.
#[derive(Debug, Serialize)]
pub struct StateList {
    format: &'static str,
    /// The environment.
    environment: String,
    /// Chosen when the state was first made.
    lineage: String,
    /// Grows with every write.
    serial: u64,
    /// When it was written.
    written_at: jiff::Timestamp,
    /// The version of provision that wrote it.
    engine: String,
    /// The command that did not finish, if one did not.
    interrupted: Option<String>,
    /// The resources, by address.
    resources: Vec<Listed>,
}

/// A resource that is remembered.
#[derive(Debug, Serialize)]
struct Listed {
    address: String,
    kind: String,
    id: String,
    region: String,
    protect: bool,
    /// Whether its last change was finished.
    finished: bool,
}

/// All that is remembered of one resource.
#[derive(Debug, Serialize)]
pub struct StateShow {
    format: &'static str,
    /// The environment.
    environment: String,
    address: String,
    kind: String,
    id: String,
    region: String,
    protect: bool,
    /// The addresses of what it needs.
    dependencies: Vec<String>,
    /// What was last applied; null if it was made but not finished.
    applied: Value,
    /// What references can name.
    outputs: Map<String, Value>,
}

impl Outputs {
    /// The machine form of outputs.
    pub fn new(environment: &str, outputs: &BTreeMap<Address, Map<String, Value>>) -> Self {
        let outputs = outputs.iter().map(|(address, outputs)| (address.to_string(), outputs.clone()));
        Self { format: "provision.outputs/1", environment: environment.to_owned(), outputs: outputs.collect() }
    }
}

impl StateList {
    /// The machine form of a state, in short.
    pub fn new(state: &State) -> Self {
        let resources = state.resources.iter().map(|(address, record)| Listed {
            address: address.to_string(),
            kind: record.kind.clone(),
            id: record.id.clone(),
            region: record.region.clone(),
            protect: record.protect,
            finished: record.spec.is_some(),
        });
        Self {
            format: "provision.state.list/1",
            environment: state.environment.clone(),
            lineage: state.lineage.to_string(),
            serial: state.serial,
            written_at: state.written_at,
            engine: state.engine.clone(),
            interrupted: state.operation.as_ref().map(|operation| operation.command.clone()),
            resources: resources.collect(),
        }
    }
}

impl StateShow {
    /// The machine form of one resource's record.
    pub fn new(environment: &str, address: &Address, record: &Record) -> Self {
        Self {
            format: "provision.state.show/1",
            environment: environment.to_owned(),
            address: address.to_string(),
            kind: record.kind.clone(),
            id: record.id.clone(),
            region: record.region.clone(),
            protect: record.protect,
            dependencies: record.dependencies.iter().map(ToString::to_string).collect(),
            applied: record.spec.as_ref().map_or(Value::Null, machine),
            outputs: record.outputs.clone(),
        }
    }
}
