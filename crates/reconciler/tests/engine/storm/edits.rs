//! Random environment files, and random changes of them.

use std::collections::BTreeSet;

use fastrand::Rng;
use provision_config::Address;
use provision_reconciler::Graph;
use serde_json::json;

use crate::bench::Bench;
use crate::file::{Entry, File, address};

const KINDS: [&str; 6] = ["memory_key", "memory_bucket", "memory_table", "memory_note", "memory_group", "memory_role"];

/// A file of some resources.
pub fn file(rng: &mut Rng, bench: &Bench) -> File {
    let mut file = File::default();
    for _ in 0..rng.usize(2..10) {
        add(rng, &mut file);
    }
    cut_circles(&mut file, bench);
    file
}

/// Changes one thing.
pub fn edit(rng: &mut Rng, file: &mut File, bench: &Bench) {
    match rng.choice(names(file)) {
        None => add(rng, file),
        Some(name) => match rng.u32(0..13) {
            0 | 1 => add(rng, file),
            2 => remove(file, &name),
            3 => {
                let region = if rng.bool() { "us-west-2" } else { "us-east-1" };
                entry(file, &name).region = region.to_owned();
            }
            4 => file.edit(&name, "tags", json!({ "Word": word(rng) })),
            5 => {
                rename(file, &name, &format!("{}.{}", kind_of(&name), spare(rng)));
            }
            6 => depend(rng, file, &name),
            _ => change(rng, file, &name),
        },
    }
    cut_circles(file, bench);
}

/// Adds a resource that refers to some that are there.
fn add(rng: &mut Rng, file: &mut File) {
    let kind = rng.choice(KINDS).unwrap();
    let name = format!("{kind}.r{}", rng.u32(0..10));
    if file.resources.contains_key(&address(&name)) {
        return;
    }
    let mut spec = match kind {
        "memory_key" => json!({ "description": word(rng), "rotation": rng.bool() }),
        "memory_bucket" => json!({ "name": fresh(rng), "versioning": rng.bool(), "password": word(rng) }),
        "memory_table" => json!({ "name": fresh(rng), "stream": rng.bool() }),
        "memory_group" => json!({ "name": fresh(rng), "rules": [word(rng)] }),
        "memory_role" => json!({ "name": fresh(rng) }),
        _ => json!({ "text": word(rng) }),
    };
    let before = names(file);
    if let Some(other) = rng.choice(&before) {
        if let (Some(arn), "memory_bucket" | "memory_table") = (arn(other), kind) {
            spec["key"] = arn.into();
        } else if kind == "memory_note" {
            spec["about"] = json!([arn(other).unwrap_or_default(), word(rng)]);
        }
    }
    if kind == "memory_note" {
        let groups: BTreeSet<String> = (0..rng.usize(0..3)).filter_map(|_| of(rng, "memory_group", &before)).collect();
        spec["groups"] = groups.into_iter().map(|group| format!("${{{group}.id}}")).collect();
        if let (Some(role), true) = (of(rng, "memory_role", &before), rng.bool()) {
            spec["role"] = format!("${{{role}.arn}}").into();
        }
    }
    if let (Some(parent), "memory_note", true) = (of(rng, "memory_note", &before), kind, rng.bool()) {
        spec["parent"] = format!("${{{parent}.id}}").into();
    }
    file.set(&name, spec);
    if kind == "memory_role" {
        grant(rng, file, &name);
    }
}

/// Changes a field of a resource: in place, or so that another one must take its place.
fn change(rng: &mut Rng, file: &mut File, name: &str) {
    let all = names(file);
    match (rng.u32(0..6), kind_of(name)) {
        (0 | 1, "memory_key") => file.edit(name, "multi_region", rng.bool().into()),
        (_, "memory_key") => file.edit(name, "description", word(rng).into()),
        (0 | 1, "memory_bucket" | "memory_table" | "memory_role") => file.edit(name, "name", fresh(rng).into()),
        (0..4, "memory_group") => file.edit(name, "name", fresh(rng).into()),
        (_, "memory_group") => file.edit(name, "rules", json!([word(rng), word(rng)])),
        (_, "memory_role") => grant(rng, file, name),
        (_, "memory_bucket") => {
            file.edit(name, "rules", json!([{ "id": word(rng), "days": rng.u32(1..9) }, { "id": "x" }]));
            file.edit(name, "origins", json!([word(rng), word(rng)]));
        }
        (2, "memory_table") => file.edit(name, "stream", rng.bool().into()),
        (_, "memory_table") => file.edit(name, "indexes", json!([{ "name": word(rng), "attribute": word(rng) }])),
        (0 | 1, _) => {
            if let Some(parent) = of(rng, "memory_note", &all) {
                file.edit(name, "parent", format!("${{{parent}.id}}").into());
            }
        }
        (2, _) => {
            let group = of(rng, "memory_group", &all).map(|group| format!("${{{group}.id}}"));
            file.edit(name, "groups", group.into_iter().collect());
        }
        (3, _) => {
            let role = of(rng, "memory_role", &all).map(|role| format!("${{{role}.arn}}"));
            file.edit(name, "role", role.into());
        }
        _ => file.edit(name, "text", word(rng).into()),
    }
}

/// Grants a role access to some others, or to none any more.
fn grant(rng: &mut Rng, file: &mut File, name: &str) {
    let mut to: Vec<String> = names(file);
    to.retain(|name| matches!(kind_of(name), "memory_bucket" | "memory_note"));
    let some: BTreeSet<&String> = (0..rng.usize(0..3)).filter_map(|_| rng.choice(&to)).collect();
    let grants = some.into_iter().map(|to| json!({ "to": to, "access": "read" }));
    file.edit(name, "grants", grants.collect());
}

/// Lets a resource wait for another that it does not refer to, or no longer.
fn depend(rng: &mut Rng, file: &mut File, name: &str) {
    let other = rng.choice(names(file)).filter(|other| other != name);
    entry(file, name).depends_on = other.iter().map(|other| address(other)).collect();
}

/// Gives a resource another address, and what has a name of its own another name: its old one is still taken. False if the address is.
fn rename(file: &mut File, from: &str, to: &str) -> bool {
    let moved = readdress(file, from, to);
    if moved && file.resources[&address(to)].spec.get("name").is_some() {
        file.edit(to, "name", format!("{}x", file.resources[&address(to)].spec["name"].as_str().unwrap()).into());
    }
    moved
}

/// Gives a resource another address, wherever it is named. False if there is one of that address.
pub fn readdress(file: &mut File, from: &str, to: &str) -> bool {
    let (old, new) = (address(from), address(to));
    if file.resources.contains_key(&new) {
        return false;
    }
    let Some(entry) = file.resources.remove(&old) else { return false };
    file.resources.insert(new.clone(), entry);
    for entry in file.resources.values_mut() {
        let text = entry.spec.to_string();
        let text =
            text.replace(&format!("{from}."), &format!("{to}.")).replace(&format!("\"{from}\""), &format!("\"{to}\""));
        entry.spec = serde_json::from_str(&text).unwrap();
        if entry.depends_on.remove(&old) {
            entry.depends_on.insert(new.clone());
        }
    }
    true
}

/// Takes a resource out of the file, and every resource that refers to it.
fn remove(file: &mut File, name: &str) {
    let Some(_) = file.resources.remove(&address(name)) else { return };
    let users = file.resources.iter().filter(|(_, entry)| uses(entry, &address(name)) || is_granted(entry, name));
    let users: Vec<String> = users.map(|(address, _)| address.to_string()).collect();
    for user in users {
        remove(file, &user);
    }
}

fn uses(entry: &Entry, other: &Address) -> bool {
    entry.depends_on.contains(other) || entry.spec.to_string().contains(&format!("{other}."))
}

fn is_granted(entry: &Entry, to: &str) -> bool {
    entry.spec.to_string().contains(&format!("\"{to}\""))
}

/// Edits can close circles; the config crate would refuse them, so the storm takes something out of each.
fn cut_circles(file: &mut File, bench: &Bench) {
    let needs = |file: &File| {
        let all: Vec<_> = file.resources.keys().cloned().collect();
        let needs = file.resources.iter().map(|(address, entry)| {
            let used = all.iter().filter(|other| uses(entry, other));
            (address.clone(), used.cloned().collect())
        });
        Graph::new(needs.collect::<Vec<_>>())
    };
    while let Err(cycle) = needs(file).order() {
        remove(file, &cycle.0.to_string());
    }
    while let Err(unready) = bench.try_wanted(file) {
        remove(file, &unready.0[0].0.to_string());
    }
}

pub fn names(file: &File) -> Vec<String> {
    file.resources.keys().map(ToString::to_string).collect()
}

pub fn kind_of(name: &str) -> &str {
    name.split('.').next().unwrap()
}

/// A name for an address that is hardly taken.
pub fn spare(rng: &mut Rng) -> String {
    format!("s{:04x}", rng.u16(..))
}

fn entry<'a>(file: &'a mut File, name: &str) -> &'a mut Entry {
    file.resources.get_mut(&address(name)).unwrap()
}

/// Some resource of a kind.
fn of(rng: &mut Rng, kind: &str, names: &[String]) -> Option<String> {
    let some: Vec<&String> = names.iter().filter(|name| kind_of(name) == kind).collect();
    rng.choice(some).cloned()
}

/// Not of roles: whose bucket names a role that is granted access to it gets statements that name the role itself.
fn arn(name: &str) -> Option<String> {
    let has_arn = !matches!(kind_of(name), "memory_note" | "memory_group" | "memory_role");
    has_arn.then(|| format!("${{{name}.arn}}"))
}

fn word(rng: &mut Rng) -> String {
    (*rng.choice(["ash", "beech", "cedar", "elm"].iter()).unwrap()).to_owned()
}

/// A name that nothing else has or had.
fn fresh(rng: &mut Rng) -> String {
    format!("n{:08x}", rng.u32(..))
}
