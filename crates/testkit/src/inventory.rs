//! Everything that an account has, as boto3 lists it: what a run left behind is counted with other eyes than its own.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use provision_reconciler::ownership;
use serde::Deserialize;
use serde_json::json;

use crate::emulator::{self, Account};

const PROGRAM: &str = include_str!("../python/inventory.py");

/// Something that an account has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// The service, by boto3's name: `kms`.
    pub service: String,
    /// What it is: `key`.
    #[serde(rename = "type")]
    pub sort: String,
    /// What AWS calls it.
    pub id: String,
    /// Where it is; empty for what is global.
    pub region: String,
    /// Its state, where it matters: `PendingDeletion`.
    pub state: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

impl Item {
    /// The address that its tags name.
    pub fn address(&self) -> Option<&str> {
        self.tags.get(ownership::ADDRESS).map(String::as_str)
    }

    /// Whether it is a key (or the name of one) or a secret that AWS deletes by itself in some days: all that a destroy may
    /// leave.
    pub fn is_pending_deletion(&self) -> bool {
        match self.service.as_str() {
            "kms" => self.state.starts_with("Pending"),
            "secretsmanager" => self.state == "deleted",
            _ => false,
        }
    }

    /// The tags that the file gives it, rather than the engine.
    pub fn file_tags(&self) -> impl Iterator<Item = (&str, &str)> {
        let tags = self.tags.iter().filter(|(key, _)| !key.starts_with("provision:"));
        tags.map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Whether it was made along with another resource, whose tags it carries: an instance's volumes and interfaces, a secret's
    /// replicas.
    pub fn is_part(&self) -> bool {
        matches!(self.sort.as_str(), "alias" | "network-interface" | "secret-replica" | "volume")
    }
}

/// Everything that the account has in these regions; in all there are, if none are named.
///
/// # Panics
/// If it cannot be listed.
pub fn inventory(account: &Account, regions: &[&str]) -> Vec<Item> {
    try_inventory(account, regions).unwrap_or_else(|error| panic!("the inventory failed: {error}"))
}

/// The same as [`inventory()`].
///
/// # Errors
/// If it cannot be listed, with what Python said.
pub(crate) fn try_inventory(account: &Account, regions: &[&str]) -> Result<Vec<Item>, String> {
    let environment: BTreeMap<_, _> = account.environment.iter().cloned().collect();
    let regions = (!regions.is_empty()).then_some(regions);
    let request = json!({ "environment": environment, "regions": regions }).to_string();
    let mut lister = Lister::take();
    let mut items = lister.ask(&request)?;
    // One that failed may have ended, and is not asked again.
    lister.put_back();
    items.sort();
    Ok(items)
}

/// A Python that goes on listening: starting it and reading the service models takes longer than listing.
struct Lister {
    process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// What a lister answers.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Items(Vec<Item>),
    Error(String),
}

/// Those that nobody is asking at the moment.
static IDLE: Mutex<Vec<Lister>> = Mutex::new(Vec::new());

impl Lister {
    fn take() -> Self {
        let idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.unwrap_or_else(Self::start)
    }

    fn put_back(self) {
        IDLE.lock().unwrap_or_else(PoisonError::into_inner).push(self);
    }

    fn start() -> Self {
        // It ends with this process, when its input does.
        let mut process = Command::new(emulator::python())
            .args(["-c", PROGRAM])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("failed to start Python: {error}"));
        let (requests, answers) = (process.stdin.take(), process.stdout.take());
        match (requests, answers) {
            (Some(requests), Some(answers)) => Self { process, requests, answers: BufReader::new(answers) },
            _ => panic!("Python has no input or output"),
        }
    }

    fn ask(&mut self, request: &str) -> Result<Vec<Item>, String> {
        let mut answer = String::new();
        let exchange = writeln!(self.requests, "{request}")
            .and_then(|()| self.requests.flush())
            .and_then(|()| self.answers.read_line(&mut answer));
        match exchange {
            Ok(1..) => match serde_json::from_str(&answer) {
                Ok(Answer::Items(items)) => Ok(items),
                Ok(Answer::Error(error)) => Err(error),
                Err(error) => Err(format!("{error}: {answer}")),
            },
            other => Err(format!("{other:?}, {:?}; Python has said why", self.process.try_wait())),
        }
    }
}
