//! `provision.outputs/1`, `provision.state.list/1`, `.show/1`, `.history/1` and `.changed/1`: what is remembered.

use std::collections::{BTreeMap, BTreeSet};

use provision_config::Address;
use provision_reconciler::Record;
use provision_state::{Operation, State};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::session::{Content, Past};
use crate::ui::state::Difference;
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
    /// The same with who, when and how far; it may also be under way.
    operation: Option<Unfinished>,
    /// The resources, by address.
    resources: Vec<Listed>,
}

/// An operation that has not finished.
#[derive(Debug, Serialize)]
struct Unfinished {
    id: String,
    command: String,
    owner: String,
    started_at: jiff::Timestamp,
    /// How many resources it means to change.
    intended: usize,
    /// How many of them are done.
    done: usize,
}

/// The versions of the state, the newest first.
#[derive(Debug, Serialize)]
pub struct StateHistory {
    format: &'static str,
    /// The environment.
    environment: String,
    versions: Vec<Entry>,
}

/// A version of the state.
#[derive(Debug, Serialize)]
struct Entry {
    /// The version's id in S3.
    version: String,
    /// When it was written, by S3's clock.
    written_at: Option<jiff::Timestamp>,
    current: bool,
    /// Whether it is a mark that the state was deleted.
    deleted: bool,
    /// Why it cannot be used, if it cannot.
    unusable: Option<String>,
    /// What follows is null if it cannot be used.
    serial: Option<u64>,
    lineage: Option<String>,
    fencing: Option<u64>,
    engine: Option<String>,
    /// The id of the operation that wrote it.
    operation: Option<String>,
    command: Option<String>,
    owner: Option<String>,
    /// Whether that operation was at its beginning.
    unfinished: bool,
    /// How many resources it knows.
    resources: Option<usize>,
}

/// What a command that changes only the state has done to it.
#[derive(Debug, Serialize)]
pub struct StateChanged {
    format: &'static str,
    /// The environment.
    environment: String,
    /// The command, as the history names it.
    command: &'static str,
    /// The serial that was there; null if there was no state, or none that could be read.
    from_serial: Option<u64>,
    /// The serial that is there now.
    serial: u64,
    /// The addresses that are remembered now and were not.
    added: Vec<String>,
    /// The addresses that were remembered and are not now.
    removed: Vec<String>,
    /// The addresses of which something else is remembered.
    changed: Vec<String>,
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
            operation: state.operation.as_ref().map(Unfinished::new),
            resources: resources.collect(),
        }
    }
}

impl Unfinished {
    fn new(operation: &Operation) -> Self {
        Self {
            id: operation.id.clone(),
            command: operation.command.clone(),
            owner: operation.owner.clone(),
            started_at: operation.started_at,
            intended: operation.intents.len(),
            done: operation.done(),
        }
    }
}

impl StateHistory {
    /// The machine form of the versions.
    pub fn new(environment: &str, past: &[Past]) -> Self {
        let versions = past.iter().map(|past| {
            let state = past.state();
            let author = state.and_then(|state| state.author.clone());
            let announced = state.and_then(|state| state.operation.as_ref());
            Entry {
                version: past.version.id.clone(),
                written_at: past.version.written_at,
                current: past.version.current,
                deleted: matches!(past.content, Content::Deleted),
                unusable: match &past.content {
                    Content::Unusable(why) => Some(why.clone()),
                    Content::State(_) | Content::Deleted => None,
                },
                serial: state.map(|state| state.serial),
                lineage: state.map(|state| state.lineage.to_string()),
                fencing: state.map(|state| state.fencing),
                engine: state.map(|state| state.engine.clone()),
                unfinished: author.as_ref().zip(announced).is_some_and(|(one, other)| one.operation == other.id),
                operation: author.as_ref().map(|author| author.operation.clone()),
                command: author.as_ref().map(|author| author.command.clone()),
                owner: author.map(|author| author.owner),
                resources: state.map(|state| state.resources.len()),
            }
        });
        Self { format: "provision.state.history/1", environment: environment.to_owned(), versions: versions.collect() }
    }
}

impl StateChanged {
    /// The machine form of a change from one state to another.
    pub fn new(command: &'static str, before: Option<&State>, after: &State) -> Self {
        let Difference { added, removed, changed } = Difference::new(before, after);
        let named = |addresses: BTreeSet<&Address>| addresses.into_iter().map(ToString::to_string).collect();
        Self {
            format: "provision.state.changed/1",
            environment: after.environment.clone(),
            command,
            from_serial: before.map(|before| before.serial),
            serial: after.serial,
            added: named(added),
            removed: named(removed),
            changed: named(changed),
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
