//! One state of two: the one that was left behind in the lost region, and the one that was worked on from the other.

use std::collections::BTreeMap;

use provision_config::Address;
use provision_reconciler::Record;
use provision_state::State;

use crate::failure::Failure;
use crate::session::Reach;

/// What is remembered, by address.
type Records = BTreeMap<Address, Record>;

/// What was left behind, with all that was done from the other region.
///
/// Whatever was done there is done: what it made is remembered as it made it, what it renamed has its new address, and what it forgot
/// of what it had to begin with (`base`) is forgotten. What is in the lost region it cannot have changed, so that stays as it was left.
/// What it never knew, made just before the region was lost and not copied any more, stays too.
///
/// # Errors
/// If both have made something else of the same address.
pub fn merged(left: &State, base: &Records, restored: &State, reach: &Reach) -> Result<State, Failure> {
    let mut records = Records::new();
    for (address, record) in &left.resources {
        match place(&restored.resources, record) {
            Some(place) if reach.is_lost(&record.region) => put(&mut records, place, record)?,
            // With what is remembered of it there, below.
            Some(_) => {}
            None if place(base, record).is_some() => {}
            None => put(&mut records, address, record)?,
        }
    }
    for (address, record) in &restored.resources {
        // Replaced just before the region was lost, which was not copied any more.
        let is_replaced = || records.contains_key(address) && place(base, record).is_some();
        if !reach.is_lost(&record.region) && !is_replaced() {
            put(&mut records, address, record)?;
        }
    }
    Ok(State { resources: records, ..left.clone() })
}

fn put(records: &mut Records, address: &Address, record: &Record) -> Result<(), Failure> {
    match records.insert(address.clone(), record.clone()) {
        None => Ok(()),
        Some(other) => Err(both(address, &other, record)),
    }
}

/// Where something is remembered, under whatever address.
fn place<'a>(records: &'a Records, record: &Record) -> Option<&'a Address> {
    let is_same = |other: &Record| other.kind == record.kind && other.id == record.id && other.region == record.region;
    records.iter().find(|(_, other)| is_same(other)).map(|(address, _)| address)
}

fn both(address: &Address, left: &Record, restored: &Record) -> Failure {
    Failure::new(format!(
        "{address} is two things: {} in {} to the state that was left behind, {} in {} to the one that was restored",
        left.id, left.region, restored.id, restored.region
    ))
    .code("state")
    .hint(format!(
        "both exist: give the restored one an address of its own, `provision state mv ENV {address} {}.OTHER --dr`, or forget it, \
         `provision state rm ENV {address} --dr`",
        address.kind
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeSet;

    use super::*;

    /// `name region id`, one to a line.
    fn records(lines: &str) -> Records {
        let record = |line: &str| {
            let [name, region, id] = line.split_whitespace().collect::<Vec<_>>()[..] else { panic!("{line}") };
            let record = Record {
                kind: "ec2_vpc".to_owned(),
                id: id.to_owned(),
                region: region.to_owned(),
                spec: None,
                outputs: Default::default(),
                dependencies: BTreeSet::new(),
                protect: false,
                superseded: Vec::new(),
            };
            (format!("ec2_vpc.{name}").parse().unwrap(), record)
        };
        lines.lines().map(str::trim).filter(|line| !line.is_empty()).map(record).collect()
    }

    /// Of three states, where `east` was lost and `west` was worked from.
    fn merge(left: &str, base: &str, restored: &str) -> Result<String, String> {
        let state = |lines: &str| State { resources: records(lines), ..State::new("dev") };
        let reach = Reach::without(BTreeSet::from(["east".to_owned()]));
        let state =
            merged(&state(left), &records(base), &state(restored), &reach).map_err(|failure| failure.to_string())?;
        let lines: Vec<String> = state
            .resources
            .iter()
            .map(|(address, record)| format!("{} {} {}", address.name, record.region, record.id))
            .collect();
        Ok(lines.join(", "))
    }

    #[test]
    fn what_was_made_there_is_remembered_and_what_was_left_stays() {
        let base = "old east 1\n replica west 2";
        assert_eq!(merge(base, base, base).unwrap(), "old east 1, replica west 2");
        assert_eq!(
            merge(base, base, &format!("{base}\n new west 3")).unwrap(),
            "new west 3, old east 1, replica west 2"
        );
    }

    #[test]
    fn what_was_not_copied_any_more_stays_whoever_found_it_again() {
        let base = "old east 1";
        let left = "old east 1\n late east 2\n made west 3";
        assert_eq!(merge(left, base, base).unwrap(), "late east 2, made west 3, old east 1");
        // It was found by its tags.
        assert_eq!(merge(left, base, "old east 1\n made west 3").unwrap(), "late east 2, made west 3, old east 1");
        // It was deleted, or replaced.
        assert_eq!(merge("", "old east 1", "old east 1").unwrap(), "");
        assert_eq!(merge("a west 2", "a west 1", "a west 1").unwrap(), "a west 2");
    }

    #[test]
    fn what_was_forgotten_there_is_not_remembered_again() {
        let base = "a west 1\n b east 2\n c west 3";
        assert_eq!(merge(base, base, "c west 3").unwrap(), "c west 3");
        // It was replaced.
        assert_eq!(merge("a west 1", "a west 1", "a west 2").unwrap(), "a west 2");
    }

    #[test]
    fn what_was_renamed_there_is_remembered_once() {
        let base = "a west 1\n b east 2";
        assert_eq!(merge(base, base, "x west 1\n y east 2").unwrap(), "x west 1, y east 2");
        // Two have changed names.
        assert_eq!(merge("a west 1\n b west 2", base, "a west 2\n b west 1").unwrap(), "a west 2, b west 1");
    }

    #[test]
    fn two_things_of_one_address_are_nobodys_guess() {
        // It was made just before the region was lost, and made again elsewhere, as the file then said.
        let refused = merge("a east 1", "", "a west 2").unwrap_err();
        assert!(refused.contains("ec2_vpc.a is two things: 1 in east") && refused.contains("2 in west"), "{refused}");
        assert!(merge("a west 1", "", "a west 2").is_err());
        assert!(merge("a east 1\n b east 2", "a east 1", "b east 1").is_err());
    }
}
