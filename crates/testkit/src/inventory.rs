//! Everything that an account has, as boto3 lists it: what a run left behind is counted with other eyes than its own.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use provision_reconciler::ownership;
use serde::Deserialize;
use serde_json::json;

use crate::emulator::{Account, Emulator};

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

    /// Whether it was made along with another resource, whose tags it carries: an instance's volumes and interfaces.
    pub fn is_part(&self) -> bool {
        matches!(self.sort.as_str(), "alias" | "network-interface" | "volume")
    }
}

/// Everything that the account has in these regions; in all there are, if none are named.
///
/// # Panics
/// If it cannot be listed.
pub fn inventory(account: &Account, regions: &[&str]) -> Vec<Item> {
    let environment: BTreeMap<_, _> = account.environment.iter().cloned().collect();
    let regions = (!regions.is_empty()).then_some(regions);
    let mut items = Lister::shared().ask(&json!({ "environment": environment, "regions": regions }).to_string());
    items.sort();
    items
}

/// A Python that goes on listening: starting it and reading the service models takes longer than listing.
struct Lister {
    _process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Lister {
    fn shared() -> MutexGuard<'static, Self> {
        static SHARED: OnceLock<Mutex<Lister>> = OnceLock::new();
        SHARED.get_or_init(|| Mutex::new(Self::start())).lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start() -> Self {
        // It ends with this process, when its input does.
        let mut process = Command::new(Emulator::shared().python())
            .args(["-c", PROGRAM])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("failed to start Python: {error}"));
        let (requests, answers) = (process.stdin.take(), process.stdout.take());
        match (requests, answers) {
            (Some(requests), Some(answers)) => Self { _process: process, requests, answers: BufReader::new(answers) },
            _ => panic!("Python has no input or output"),
        }
    }

    fn ask(&mut self, request: &str) -> Vec<Item> {
        let mut answer = String::new();
        let exchange = writeln!(self.requests, "{request}")
            .and_then(|()| self.requests.flush())
            .and_then(|()| self.answers.read_line(&mut answer));
        match exchange {
            Ok(1..) => serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer}")),
            other => panic!("the inventory failed ({other:?}); Python has said why"),
        }
    }
}
