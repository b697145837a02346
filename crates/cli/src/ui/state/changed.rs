//! What a command that changes only the state has done to it.

use std::collections::BTreeSet;

use provision_config::Address;
use provision_state::State;

use crate::ui::table;
use crate::ui::value::known;

/// In what two states differ, by resource.
#[derive(Debug, Default)]
pub struct Difference<'a> {
    /// What only the later one knows.
    pub added: BTreeSet<&'a Address>,
    /// What only the earlier one knows.
    pub removed: BTreeSet<&'a Address>,
    /// Of what they know different things.
    pub changed: BTreeSet<&'a Address>,
}

impl<'a> Difference<'a> {
    /// The difference between what was there, if anything was, and what is.
    pub fn new(before: Option<&'a State>, after: &'a State) -> Self {
        let old = before.map(|before| &before.resources);
        let mut difference = Self::default();
        for (address, record) in &after.resources {
            match old.and_then(|old| old.get(address)) {
                None => drop(difference.added.insert(address)),
                Some(old) if old != record => drop(difference.changed.insert(address)),
                Some(_) => {}
            }
        }
        let gone = old.into_iter().flatten().filter(|(address, _)| !after.resources.contains_key(*address));
        difference.removed = gone.map(|(address, _)| address).collect();
        difference
    }
}

/// What would be remembered, and what not any more.
pub fn difference(before: Option<&State>, after: &State) -> String {
    let Difference { added, removed, changed } = Difference::new(before, after);
    let mut lines = Vec::new();
    for (sign, addresses) in [('+', added), ('-', removed), ('~', changed)] {
        for address in addresses {
            let record = after.resources.get(address).or_else(|| before?.resources.get(address));
            let id = record.map_or_else(String::new, |record| known(&record.id));
            let unfinished = record.is_some_and(|record| record.spec.is_none());
            let differs = if unfinished && sign != '-' { "  (not as the file says)" } else { "" };
            lines.push(format!("  {sign} {}  {id}{differs}\n", known(&address.to_string())));
        }
    }
    let now = table::count(after.resources.len(), "resource", "resources");
    format!("{}{now} would be remembered.\n", lines.concat())
}

/// That it was done.
pub fn changed(what: &str, before: Option<&State>, after: &State) -> String {
    let resources = table::count(after.resources.len(), "resource", "resources");
    let serial = match before {
        Some(before) => format!("serial {} follows {}", after.serial, before.serial),
        None => format!("serial {}", after.serial),
    };
    format!("{what}; {resources} in {}, {serial}.\n", after.environment)
}
