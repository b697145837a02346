//! One trial: a run that is disturbed, and another that is not.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::{Outcome, Phase, Soak};
use crate::emulator::Emulator;
use crate::inventory::{Item, inventory};
use crate::project::{Project, said};
use crate::proxy::{Call, Fault, Moment, Victim};

/// The regions that the environments are in.
const REGIONS: [&str; 2] = ["us-east-1", "us-west-2"];

/// What a file is changed to, so that every kind of resource is changed: its tags, and something of its own for many.
const EDITS: [(&str, &str, &str); 6] = [
    ("base.toml", "Project = \"${vars.project}\"", "Project = \"${vars.project}\"\nOwner = \"platform\""),
    ("staging.toml", "shards = 2", "shards = 4"),
    ("base.toml", "log_retention_days = 365", "log_retention_days = 400"),
    ("base.toml", "function_memory = 256", "function_memory = 320"),
    ("base/instance.toml", "description = \"HTTPS to AWS and to package repositories\"", "description = \"HTTPS\""),
    ("base/pipeline.toml", "batch_size = 100", "batch_size = 50"),
];

/// What becomes of a run.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fate {
    /// It is ended at this changing call, counted from 0.
    Killed { call: usize, moment: Moment },
    /// It loses the answer of this changing call.
    AnswerLost { call: usize },
    /// It loses the first answer about everything that it changes.
    EveryAnswerLost,
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Killed { call, moment } => write!(f, "killed at call {call}, {moment:?}"),
            Self::AnswerLost { call } => write!(f, "the answer of call {call} lost"),
            Self::EveryAnswerLost => write!(f, "every answer lost once"),
        }
    }
}

/// What is there, by what it is, where it is and whose it is, and how often.
type Inventory = BTreeMap<String, usize>;

/// What a run comes to that nothing disturbs.
pub(super) struct Reference {
    pub calls: usize,
    pub inventory: Inventory,
}

/// What all trials share.
pub(super) struct Stage<'a> {
    soak: &'a Soak,
}

impl<'a> Stage<'a> {
    pub fn new(soak: &'a Soak) -> Self {
        Self { soak }
    }

    /// What a run comes to that nothing disturbs.
    pub fn reference(&self) -> Reference {
        let project = self.prepared();
        project.proxy().clear();
        project.run(&self.command()).expect_exit(0);
        let calls = project.proxy().mutating_calls().len();
        Reference { calls, inventory: look(&project).0 }
    }

    pub fn trial(&self, fate: Fate, reference: &Reference) -> Outcome {
        let project = self.prepared();
        let victim = Victim::default();
        let (over, reached) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(usize::MAX)));
        disturb(&project, fate, &victim, &over, &reached);
        let child = project.start(&self.command());
        victim.is(&child);
        let first = match child.wait_with_output() {
            Ok(output) => said(output),
            Err(error) => return failed(format!("failed to wait for the binary: {error}")),
        };
        over.store(true, Ordering::SeqCst);
        let at = match reached.load(Ordering::SeqCst) {
            usize::MAX => String::new(),
            place => project.proxy().mutating_calls().get(place).map(described).unwrap_or_default(),
        };
        // The dead do not give it back. There may be no lock yet.
        project.run(&["lock", "release", &self.soak.environment, "--yes"]);
        let again = project.run(&self.command());
        if again.exit != 0 {
            let (first, again) = (first.stderr + &first.stdout, again.stderr + &again.stdout);
            return failed(format!("at {at}: the next run failed:\n{again}\nafter one that said:\n{first}"));
        }
        if self.soak.phase != Phase::Destroy {
            let plan = project.run(&["plan", &self.soak.environment]);
            if plan.exit != 0 {
                return failed(format!("at {at}: the next run left something to do:\n{}{}", plan.stdout, plan.stderr));
            }
        }
        let (found, items) = look(&project);
        match compare(&found, &reference.inventory) {
            Ok(()) => Outcome::Converged { reached: reached.load(Ordering::SeqCst) != usize::MAX },
            Err((what, orphans, duplicates)) => {
                let items: String = items.iter().map(|item| format!("  {item:?}\n")).collect();
                let what = format!("at {at}: {what}\n{items}after a run that said:\n{}{}", first.stderr, first.stdout);
                Outcome::Failed { what, orphans, duplicates }
            }
        }
    }

    /// An account in which everything is ready for the command that is disturbed.
    fn prepared(&self) -> Project {
        let Soak { binary, sources, environment, phase, .. } = self.soak;
        let project = Project::new(binary, sources, Emulator::shared().account());
        if *phase != Phase::Create {
            project.run(&["apply", environment, "--yes"]).expect_exit(0);
        }
        if *phase == Phase::Update {
            EDITS.iter().for_each(|(file, from, to)| project.edit(file, from, to));
        }
        project.proxy().clear();
        project
    }

    fn command(&self) -> Vec<&str> {
        match self.soak.phase {
            Phase::Create | Phase::Update => vec!["apply", &self.soak.environment, "--yes"],
            Phase::Destroy => vec!["destroy", &self.soak.environment, "--yes", "--delete-data", "--empty-buckets"],
        }
    }
}

/// Makes the proxy do what is to happen, until it is `over`. The number of the call at which it did goes into `reached`.
fn disturb(project: &Project, fate: Fate, victim: &Victim, over: &Arc<AtomicBool>, reached: &Arc<AtomicUsize>) {
    let (victim, over, reached) = (victim.clone(), Arc::clone(over), Arc::clone(reached));
    let (count, lost) = (AtomicUsize::new(0), Mutex::new(BTreeSet::new()));
    project.proxy().with(move |call| {
        if over.load(Ordering::SeqCst) || !call.mutating {
            return None;
        }
        let number = count.fetch_add(1, Ordering::SeqCst);
        let is_it = |call: usize| {
            let is_it = number == call;
            if is_it {
                reached.store(number, Ordering::SeqCst);
            }
            is_it
        };
        match fate {
            Fate::Killed { call, moment } => is_it(call).then(|| Fault::Kill(victim.clone(), moment)),
            Fate::AnswerLost { call } => is_it(call).then_some(Fault::DropAnswer),
            Fate::EveryAnswerLost => {
                reached.store(number, Ordering::SeqCst);
                let about = (call.action.clone(), call.resource.clone(), call.region.clone());
                let first = lost.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).insert(about);
                first.then_some(Fault::DropAnswer)
            }
        }
    });
}

fn described(call: &Call) -> String {
    format!("{} {}", call.action, call.resource.as_deref().unwrap_or_default())
}

fn failed(what: String) -> Outcome {
    Outcome::Failed { what, orphans: 0, duplicates: 0 }
}

/// What is there. Of what AWS chooses the name of, the address that its tags give counts; of what has neither tags nor a
/// name of ours, how many there are.
fn look(project: &Project) -> (Inventory, Vec<Item>) {
    let items = inventory(&project.account, &REGIONS);
    let mut inventory = Inventory::new();
    for item in &items {
        let whose = match item.address() {
            Some(address) => address.to_owned(),
            None if matches!(item.sort.as_str(), "network-interface" | "mapping") => String::new(),
            None => item.id.replace(&project.account.id, "ACCOUNT"),
        };
        let state = if item.is_pending_deletion() { " pending deletion" } else { "" };
        *inventory.entry(format!("{} {} {whose}{state}", item.region, item.sort)).or_default() += 1;
    }
    (inventory, items)
}

/// Whether two inventories are equal; if not, how they differ, and how many things are too many: unknown ones and doubled ones.
fn compare(found: &Inventory, expected: &Inventory) -> Result<(), (String, usize, usize)> {
    let (mut said, mut orphans, mut duplicates) = (Vec::new(), 0, 0);
    for what in found.keys().chain(expected.keys()).collect::<BTreeSet<_>>() {
        let (is, should) = (found.get(what).copied().unwrap_or(0), expected.get(what).copied().unwrap_or(0));
        if is == should {
            continue;
        }
        said.push(format!("{what}: there are {is}, there should be {should}"));
        match should {
            0 => orphans += is,
            _ => duplicates += is.saturating_sub(should),
        }
    }
    if said.is_empty() { Ok(()) } else { Err((said.join("\n"), orphans, duplicates)) }
}
