//! Security rules over specs, each with the ids that the usual scanners know it by.
//!
//! A rule looks at what an environment asks for, before anything is created. Values that AWS will choose are taken to be
//! what the file says they are: a reference to a key is a customer managed key.

mod rule;
mod rules;

pub use rule::{Ids, Rule};
pub use rules::RULES;

use provision_config::{Address, Environment};

/// A resource that breaks a rule.
#[derive(Clone, Debug)]
pub struct Finding<'a> {
    /// The resource.
    pub address: &'a Address,
    /// The rule.
    pub rule: &'static Rule,
}

/// Everything in an environment that breaks a rule, in address order.
pub fn check(environment: &Environment) -> Vec<Finding<'_>> {
    let resources = environment.resources.iter();
    resources
        .flat_map(|(address, resource)| {
            let rules = RULES.iter().filter(|rule| rule.kind == address.kind);
            rules.filter(|rule| !(rule.holds)(&resource.spec)).map(move |rule| Finding { address, rule })
        })
        .collect()
}

#[cfg(test)]
mod tests;
