//! One trial: a run that is disturbed, and another that is not.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Child;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::fate::{Disturbed, Fate};
use super::stage::{Reference, Stage};
use super::{Outcome, Phase};
use crate::inventory::{Item, try_inventory};
use crate::project::{Project, Said, said};
use crate::proxy::{Call, Victim};

/// The regions that the environments are in.
const REGIONS: [&str; 2] = ["us-east-1", "us-west-2"];

/// How long a run may take: many times what it should.
const PATIENCE: Duration = Duration::from_secs(300);

/// What is there, by what it is, where it is, whose it is and which tags the file gave it, and how often.
pub(super) type Inventory = BTreeMap<String, usize>;

impl Stage<'_> {
    pub fn trial(&self, phase: Phase, fate: Fate, reference: &Reference) -> Outcome {
        let ready = match self.ready(phase) {
            Ok(ready) => ready,
            Err(what) => return failed(what),
        };
        let project = &ready.project;
        let disturbed = Disturbed::by(fate, project);
        let child = project.start(&self.command(phase));
        disturbed.victim.is(&child);
        let first = match ended(child) {
            Ok(said) => said,
            Err(what) => return failed(what),
        };
        disturbed.end();
        let at = disturbed.reached().and_then(|place| project.proxy().mutating_calls().get(place).map(described));
        let at = at.unwrap_or_else(|| "no call".to_owned());
        // The dead do not give it back. There may be no lock yet.
        project.run(&["lock", "release", &self.soak.environment, "--yes"]);
        let again = match ended(project.start(&self.command(phase))) {
            Ok(said) => said,
            Err(what) => return failed(format!("at {at}: {what}")),
        };
        let story = || format!("the disturbed run said:\n{}\nthe next run said:\n{}", all(&first), all(&again));
        if again.exit != 0 {
            return failed(format!("at {at}: the next run failed\n{}", story()));
        }
        if phase != Phase::Destroy {
            let plan = project.run(&["plan", &self.soak.environment]);
            if plan.exit != 0 {
                return failed(format!("at {at}: the next run left something to do:\n{}\n{}", all(&plan), story()));
            }
        }
        let (found, items) = match look(project) {
            Ok(looked) => looked,
            Err(what) => return failed(format!("at {at}: failed to look at what is there: {what}")),
        };
        match compare(&found, &reference.inventory) {
            Ok(()) => {
                self.leave(phase, ready);
                Outcome::Converged { reached: disturbed.reached().is_some() }
            }
            Err((what, orphans, duplicates)) => {
                let wrong = |item: &&Item| {
                    let name = name(item, &project.account.id);
                    found.get(&name) != reference.inventory.get(&name)
                };
                let items: String = items.iter().filter(wrong).map(|item| format!("  {item:?}\n")).collect();
                let what = format!("at {at}: {what}\n{items}{}", story());
                Outcome::Failed { what, orphans, duplicates }
            }
        }
    }
}

/// What a run said that has ended; one that does not end is made to.
fn ended(child: Child) -> Result<Said, String> {
    let victim = Victim::default();
    victim.is(&child);
    let (over, wait) = mpsc::channel::<()>();
    let watch = thread::spawn(move || {
        let late = wait.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout);
        if late {
            victim.kill();
        }
        late
    });
    let output = child.wait_with_output();
    drop(over);
    let output = output.map_err(|error| format!("failed to wait for the binary: {error}"))?;
    let said = said(output);
    match watch.join() {
        Ok(false) => Ok(said),
        _ => Err(format!("a run did not end within {} s; it said:\n{}", PATIENCE.as_secs(), all(&said))),
    }
}

fn all(said: &Said) -> String {
    format!("{}{}", said.stderr, said.stdout)
}

fn described(call: &Call) -> String {
    format!("{} {}", call.action, call.resource.as_deref().unwrap_or_default())
}

fn failed(what: String) -> Outcome {
    Outcome::Failed { what, orphans: 0, duplicates: 0 }
}

/// What is there.
///
/// # Errors
/// If it cannot be listed.
pub(super) fn look(project: &Project) -> Result<(Inventory, Vec<Item>), String> {
    let items = try_inventory(&project.account, &REGIONS)?;
    let mut inventory = Inventory::new();
    for item in &items {
        *inventory.entry(name(item, &project.account.id)).or_default() += 1;
    }
    Ok((inventory, items))
}

/// What an item is called in every account. Of what AWS chooses the name of, the address that its tags give counts; of what has
/// neither tags nor a name of ours, how many there are.
fn name(item: &Item, account: &str) -> String {
    let whose = match item.address() {
        Some(address) => address.to_owned(),
        None if matches!(item.sort.as_str(), "network-interface" | "mapping") => String::new(),
        None => item.id.replace(account, "ACCOUNT"),
    };
    let state = if item.is_pending_deletion() { " pending deletion" } else { "" };
    let tags: Vec<_> = item.file_tags().map(|(key, value)| format!("{key}={value}")).collect();
    format!("{} {} {whose} [{}]{state}", item.region, item.sort, tags.join(" "))
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn inventory(things: &[(&str, usize)]) -> Inventory {
        things.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
    }

    #[test]
    fn what_is_too_much_is_counted() {
        let expected = inventory(&[("key a", 1), ("vpc b", 1), ("role c", 1)]);
        assert!(compare(&expected, &expected).is_ok());
        let (said, orphans, duplicates) =
            compare(&inventory(&[("key a", 3), ("vpc b", 1), ("vpc x", 2)]), &expected).unwrap_err();
        assert_eq!((orphans, duplicates), (2, 2));
        assert_eq!(
            said,
            "key a: there are 3, there should be 1\nrole c: there are 0, there should be 1\n\
             vpc x: there are 2, there should be 0"
        );
    }
}
