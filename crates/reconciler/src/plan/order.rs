//! What must be finished before what.
//!
//! Making follows the file: a resource after all that it refers to. Deleting goes the other way, after all that used it,
//! and what used it is what the state remembers. A replacement is both: its old one goes in the order of deletion, its
//! new one comes in the order of making. Which of the two is first is the replacement's own: if it is the new one, those who used
//! the old one change to the new one before the old one goes. A creation may come in two as well: what others need of it, and its
//! completion, which they do not wait for.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::{has_path_connecting, toposort};
use petgraph::graphmap::DiGraphMap;
use provision_config::Address;

use super::{Action, ResourceChange};
use crate::record::Record;

/// Sets `after`, `completion_after` and `deletion_after` of every change. What only a completion waits for stands in its
/// `completion_after` already.
pub(super) fn arrange(changes: &mut BTreeMap<Address, ResourceChange>, records: &BTreeMap<Address, Record>) {
    let mut edges: Vec<Edge> = Vec::new();
    {
        let order = Order { changes };
        let making = order.making();
        let deleting = order.deleting(records);
        let mut graph: DiGraphMap<Node<'_>, ()> = making.iter().chain(&deleting).map(|wait| (wait.0, wait.1)).collect();
        let whole = toposort(&graph, None).is_ok();
        if !whole {
            graph = making.iter().map(|wait| (wait.0, wait.1)).collect();
        }
        // A deletion does not wait for what waits for it: the state can remember uses that the file has since turned round.
        let possible = deleting.into_iter().filter(|(before, after)| {
            let possible = whole || !is_before(&graph, *after, *before);
            if possible {
                graph.add_edge(*before, *after, ());
            }
            possible
        });
        let possible: Vec<_> = possible.collect();
        let waits = making.into_iter().chain(possible).filter(|(before, after)| before.0 != after.0);
        edges.extend(waits.map(|(before, after)| (after.0.clone(), after.1, before.0.clone())));
    }
    for change in changes.values_mut() {
        change.after.clear();
        change.completion_after.clear();
        change.deletion_after.clear();
    }
    for (address, part, before) in edges {
        if let Some(change) = changes.get_mut(&address) {
            let after = match part {
                Part::New => &mut change.after,
                Part::Completion => &mut change.completion_after,
                Part::Old => &mut change.deletion_after,
            };
            after.insert(before);
        }
    }
}

/// This part of this change comes after that change.
type Edge = (Address, Part, Address);

/// Which part of a change: only replacements have an old one, and only creations a completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Part {
    Old,
    New,
    Completion,
}

type Node<'a> = (&'a Address, Part);

/// The first comes before the second.
type Wait<'a> = (Node<'a>, Node<'a>);

struct Order<'a> {
    changes: &'a BTreeMap<Address, ResourceChange>,
}

impl<'a> Order<'a> {
    /// The changes that change AWS, with what they do. What only the state remembers waits for nothing.
    fn in_aws(&self) -> impl Iterator<Item = (&'a Address, &'a ResourceChange)> + use<'a> {
        self.changes.iter().filter(|(_, change)| change.action.is_in_aws())
    }

    /// Those of some addresses that change AWS, with what happens to them.
    fn among(&self, some: &BTreeSet<Address>) -> impl Iterator<Item = (&'a Address, &'a ResourceChange)> {
        let changes = some.iter().filter_map(|address| self.changes.get_key_value(address));
        changes.filter(|(_, change)| change.action.is_in_aws())
    }

    /// The new ones: after what they refer to.
    fn making(&self) -> Vec<Wait<'a>> {
        let mut waits = Vec::new();
        for (address, change) in self.in_aws().filter(|(_, change)| change.action != Action::Delete) {
            match (change.action, change.creates_first) {
                (Action::Replace, false) => waits.push(((address, Part::Old), (address, Part::New))),
                (Action::Replace, true) => waits.push(((address, Part::New), (address, Part::Old))),
                _ => {}
            }
            if change.core > 0 {
                waits.push(((address, Part::New), (address, Part::Completion)));
            }
            let part =
                |need: &Address| if change.completion_after.contains(need) { Part::Completion } else { Part::New };
            let whole = |need: &Address, other: &ResourceChange| other.core > 0 && change.whole.contains(need);
            let needs = self.among(&change.dependencies);
            waits.extend(needs.map(|(need, other)| {
                let awaited = if whole(need, other) { Part::Completion } else { Part::New };
                ((need, awaited), (address, part(need)))
            }));
        }
        waits
    }

    /// The old ones: after whatever used them has let go of them.
    fn deleting(&self, records: &BTreeMap<Address, Record>) -> Vec<Wait<'a>> {
        let mut waits = Vec::new();
        for (user, change) in self.in_aws() {
            let remembered = records.get(user).map_or(&change.dependencies, |record| &record.dependencies);
            let used: BTreeSet<Address> =
                change.old.iter().flat_map(|old| &old.dependencies).chain(remembered).cloned().collect();
            let replaced = change.action == Action::Replace;
            // When all of the user that there was has let go; and when nothing of it is left to do.
            let letting_go = (user, if replaced { Part::Old } else { Part::New });
            let last = (user, if replaced && change.creates_first { Part::Old } else { Part::New });
            for (used, other) in self.among(&used).filter(|(used, _)| *used != user) {
                match other.action {
                    Action::Delete => waits.push((last, (used, Part::New))),
                    Action::Replace if other.creates_first || replaced || change.action == Action::Delete => {
                        waits.push((letting_go, (used, Part::Old)));
                    }
                    // An update lets go of the old one only once the new one is there.
                    _ => {}
                }
            }
        }
        // Nothing is deleted in vain: first everything that the new one needs.
        let in_vain = |change: &ResourceChange| change.action == Action::Replace && !change.creates_first;
        for (address, change) in self.in_aws().filter(|(_, change)| in_vain(change)) {
            let needs = self.among(&change.dependencies);
            let needs = needs.filter(|(_, other)| match other.action {
                Action::Create | Action::Update => true,
                Action::Replace => other.creates_first,
                _ => false,
            });
            waits.extend(needs.map(|(need, _)| ((need, Part::New), (address, Part::Old))));
        }
        waits
    }
}

fn is_before<'a>(graph: &DiGraphMap<Node<'a>, ()>, one: Node<'a>, other: Node<'a>) -> bool {
    graph.contains_node(one) && graph.contains_node(other) && has_path_connecting(graph, one, other, None)
}
