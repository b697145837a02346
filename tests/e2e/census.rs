//! What an account holds, counted by what lists it independently of the engine: nothing left over, nothing twice.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use provision_testkit::emulator::Account;
use provision_testkit::inventory::{Item, inventory};

use crate::world::World;

/// The regions that the environments are in.
const REGIONS: [&str; 2] = ["us-east-1", "us-west-2"];

/// How many there are of each thing: by where it is, what it is and whose it is.
type Census = BTreeMap<String, usize>;

/// Everything that the account has.
pub fn listed(account: &Account) -> Vec<Item> {
    inventory(account, &REGIONS)
}

/// How many of a sort there are.
pub fn count(items: &[Item], sort: &str) -> usize {
    items.iter().filter(|item| item.sort == sort).count()
}

/// Checks that the account holds what it holds after an apply of the environment that nothing disturbed: nothing more, nothing
/// twice, nothing less.
pub fn expect_as_undisturbed(world: &World, environment: &'static str) {
    let found = census(&world.account);
    let expected = undisturbed(environment);
    let differences: Vec<String> = found
        .keys()
        .chain(expected.keys().filter(|what| !found.contains_key(*what)))
        .map(|what| (what, found.get(what).unwrap_or(&0), expected.get(what).unwrap_or(&0)))
        .filter(|(_, is, should)| is != should)
        .map(|(what, is, should)| format!("{what}: there are {is}, there should be {should}"))
        .collect();
    assert!(differences.is_empty(), "{}\n{:#?}", differences.join("\n"), listed(&world.account));
}

/// What an apply comes to that nothing disturbs. Counted once.
fn undisturbed(environment: &'static str) -> &'static Census {
    static DEV: OnceLock<Census> = OnceLock::new();
    static STAGING: OnceLock<Census> = OnceLock::new();
    let cell = match environment {
        "dev" => &DEV,
        "staging" => &STAGING,
        other => panic!("nobody has counted {other}"),
    };
    cell.get_or_init(|| {
        let world = World::new();
        world.run(&["apply", environment, "--yes"]).expect_exit(0);
        census(&world.account)
    })
}

/// Of what AWS chooses the name of, the address that its tags give counts; of what has neither tags nor a name of ours, how
/// many there are.
fn census(account: &Account) -> Census {
    let mut census = Census::new();
    for item in listed(account) {
        let whose = match item.address() {
            Some(address) => address.to_owned(),
            None if matches!(item.sort.as_str(), "network-interface" | "mapping") => String::new(),
            None => item.id.replace(&account.id, "ACCOUNT"),
        };
        let state = if item.is_pending_deletion() { " pending deletion" } else { "" };
        *census.entry(format!("{} {} {whose}{state}", item.region, item.sort)).or_default() += 1;
    }
    census
}
