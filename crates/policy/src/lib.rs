//! Security rules over specs, each with the ids that the usual scanners know it by.
//!
//! A rule looks at what an environment asks for, before anything is created. Values that AWS will choose are taken to be
//! what the file says they are: a reference to a key is a customer managed key.
//!
//! Where a rule need not hold, the file says so, and why: `[policy] exceptions`. An exception that excepts nothing is a finding,
//! for it would hide the next mistake.

mod rule;
mod rules;

pub use rule::{Holds, Ids, Rule};
pub use rules::rules;

use provision_config::{Address, Environment, PolicyException};
use serde_json::Value;

/// What is wrong with an environment.
#[derive(Clone, Debug)]
pub enum Finding<'a> {
    /// A resource breaks a rule.
    Broken {
        /// The resource.
        address: &'a Address,
        /// The rule.
        rule: &'static Rule,
    },
    /// An exception of the file is for nothing.
    Unused {
        /// The exception.
        exception: &'a PolicyException,
        /// Why.
        why: Unused,
    },
}

/// Why an exception is for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unused {
    /// There is no rule of that name.
    NoSuchRule,
    /// There is no such resource.
    NoSuchResource,
    /// The resource keeps the rule.
    Kept,
}

/// Everything in an environment that breaks a rule and is not excepted, in address order; then the exceptions that are for
/// nothing.
pub fn check(environment: &Environment) -> Vec<Finding<'_>> {
    let broken: Vec<(&Address, &'static Rule)> = environment
        .resources
        .iter()
        .flat_map(|(address, resource)| {
            let rules = rules().filter(|rule| rule.kind == address.kind);
            let broken = rules.filter(|rule| !rule.holds(address, &resource.spec, environment));
            broken.map(move |rule| (address, rule))
        })
        .collect();
    let exceptions = &environment.policy_exceptions;
    let excepts = |exception: &PolicyException, address: &Address, rule: &Rule| {
        exception.rule == rule.name && exception.resource == address.to_string()
    };
    let is_excepted =
        |address: &Address, rule: &Rule| exceptions.iter().any(|exception| excepts(exception, address, rule));
    let findings = broken.iter().filter(|(address, rule)| !is_excepted(address, rule));
    let mut findings: Vec<Finding<'_>> = findings.map(|(address, rule)| Finding::Broken { address, rule }).collect();
    findings.extend(exceptions.iter().filter_map(|exception| {
        let is_used = broken.iter().any(|(address, rule)| excepts(exception, address, rule));
        (!is_used).then(|| Finding::Unused { exception, why: unused(exception, environment) })
    }));
    findings
}

/// The rules that a resource of a kind keeps as it is expected and breaks as it is. Those that need to see all of an environment are
/// not among them.
pub fn newly_broken<'a>(
    kind: &'a str,
    expected: &'a Value,
    live: &'a Value,
) -> impl Iterator<Item = &'static Rule> + 'a {
    rules().filter(move |rule| match rule.holds {
        Holds::Of(holds) => rule.kind == kind && holds(expected) && !holds(live),
        Holds::Among(_) => false,
    })
}

fn unused(exception: &PolicyException, environment: &Environment) -> Unused {
    if !rules().any(|rule| rule.name == exception.rule) {
        Unused::NoSuchRule
    } else if !environment.resources.keys().any(|address| address.to_string() == exception.resource) {
        Unused::NoSuchResource
    } else {
        Unused::Kept
    }
}

#[cfg(test)]
mod tests;
