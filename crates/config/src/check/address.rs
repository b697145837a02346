//! Texts that name a resource as a whole.

use serde_json::Value;

use super::{Checker, Way};
use crate::address::Address;
use crate::report::Problem;
use crate::resolve::Found;
use crate::tree::Node;
use crate::unknown;

impl Checker<'_> {
    /// The address of one resource. It must be there, but needs not come first: a name needs nothing to exist.
    pub(super) fn address(&mut self, node: &Node, text: &str, way: &Way<'_>) -> Option<Value> {
        match self.one_resource(node, text, way) {
            Ok(()) => Some(Value::from(text)),
            Err(problem) => {
                if let Some(problem) = problem {
                    self.report.add(node.at, problem);
                }
                self.left_out = Some(node.at);
                None
            }
        }
    }

    /// Whether it is one that is there. No problem if it is not for a reason that has been reported.
    fn one_resource(&self, node: &Node, text: &str, way: &Way<'_>) -> Result<(), Option<Problem>> {
        let Ok(address) = text.parse::<Address>() else { return Err(Some(no_address(node, text, way))) };
        let Address { kind, name, key } = &address;
        match self.resolver.lookup(kind, name, key.as_deref(), &[])? {
            Found::One(_) => Ok(()),
            Found::Each(members) => {
                let example = members.first().and_then(|index| self.resolver.inventory().instances.get(*index));
                let message = format!("`{address}` is made by `for_each`, so there is one for each entry");
                let problem = Problem::new("config::each", message).label("which one?");
                Err(Some(problem.help(match example {
                    Some(instance) => format!("name one, as in `{}`", instance.address),
                    None => "its `for_each` is empty".to_owned(),
                })))
            }
        }
    }
}

fn no_address(node: &Node, text: &str, way: &Way<'_>) -> Problem {
    let found = node.describe(!way.sensitive);
    let message = format!("`{}`: expected the address of a resource, found {found}", way.name);
    let problem = Problem::new("config::address", message).label("not an address");
    let references = unknown::references(text);
    // The two likeliest slips: a reference, and a field too many.
    let with_field = || text.rsplit_once('.')?.0.parse::<Address>().ok();
    problem.help(match (references.first(), with_field()) {
        (Some(reference), _) => format!("write `{}`, without `${{…}}` and without a field", reference.address),
        (None, Some(address)) => format!("write `{address}`, without a field"),
        (None, None) => {
            "write it as in `s3_bucket.data`, or `s3_bucket.data[\"key\"]` for one entry of a `for_each`".to_owned()
        }
    })
}
