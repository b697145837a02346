//! From a change of a security group to its calls.

use provision_reconciler::{Change, Idempotency, Step};

use super::call::Call;
use super::rule::{Direction, Rule};
use super::spec::SecurityGroupSpec;
use crate::ec2::tag_steps;

const DIRECTIONS: [Direction; 2] = [Direction::Ingress, Direction::Egress];

/// How many rules a summary names.
const NAMED: usize = 3;

pub(super) fn steps(change: Change<'_, SecurityGroupSpec>) -> Vec<Step<Call>> {
    match change {
        Change::Create { desired } => create(desired),
        Change::Update { live, desired, .. } => {
            update(live, desired).into_iter().chain(tag_steps(&live.tags, &desired.tags, Call::Tags)).collect()
        }
        Change::Delete { live, .. } => delete(live),
    }
}

fn step(summary: impl Into<String>, call: Call) -> Step<Call> {
    Step::new(call.action(), summary, call)
}

fn create(desired: &SecurityGroupSpec) -> Vec<Step<Call>> {
    let SecurityGroupSpec { group_name, description, vpc_id, tags, .. } = desired.clone();
    let summary = format!("make the security group {group_name}");
    let make = step(summary, Call::CreateSecurityGroup { group_name, description, vpc_id, tags });
    let close = step("let nothing out, where AWS lets everything out", Call::RevokeDefaultEgress);
    let rules = DIRECTIONS.into_iter().filter_map(|direction| authorize(direction, desired.rules(direction).to_vec()));
    [make.idempotency(Idempotency::Token), close].into_iter().chain(rules).collect()
}

/// What is no longer wanted goes first: a door must not stay open because a later call fails, and a group at its quota of
/// rules has no room for more before. The exception are rules that only give way to others for some of the same traffic: there
/// those come first, so that what is wanted before and after is not cut off in between. Being open to the whole internet is never
/// worth that.
fn update(live: &SecurityGroupSpec, desired: &SecurityGroupSpec) -> Vec<Step<Call>> {
    let sides = DIRECTIONS.map(|direction| Side::between(direction, live, desired));
    let (first, last): (Vec<&Side>, Vec<&Side>) = sides.iter().partition(|side| side.closes_first());
    let revoke = |sides: Vec<&Side>| sides.into_iter().filter_map(Side::revoke).collect::<Vec<_>>();
    let authorize = sides.iter().filter_map(|side| authorize(side.direction, side.added.clone()));
    let describe = sides.iter().filter_map(Side::describe);
    revoke(first).into_iter().chain(authorize).chain(revoke(last)).chain(describe).collect()
}

/// Two groups that refer to each other can only be deleted once their rules have let go.
fn delete(live: &SecurityGroupSpec) -> Vec<Step<Call>> {
    let letting_go = DIRECTIONS.into_iter().filter_map(|direction| {
        let others = live.rules(direction).iter().filter(|rule| rule.referenced_group_id.is_some());
        revoke(direction, others.cloned().collect(), Vec::new())
    });
    let summary = format!("delete the security group {}", live.group_name);
    letting_go.chain([step(summary, Call::DeleteSecurityGroup).usually_seconds(2)]).collect()
}

fn authorize(direction: Direction, rules: Vec<Rule>) -> Option<Step<Call>> {
    let summary = format!("let through {}", named(&rules));
    (!rules.is_empty()).then(|| step(summary, Call::Authorize { direction, rules }))
}

fn revoke(direction: Direction, rules: Vec<Rule>, unless: Vec<Rule>) -> Option<Step<Call>> {
    let summary = format!("no longer let through {}", named(&rules));
    (!rules.is_empty()).then(|| step(summary, Call::Revoke { direction, rules, unless }))
}

/// `tcp 443 from 10.0.0.0/8, tcp 80 from 10.0.0.0/8 and 2 more`.
fn named(rules: &[Rule]) -> String {
    let shown = if rules.len() == NAMED + 1 { NAMED + 1 } else { NAMED };
    let names: Vec<&str> = rules.iter().take(shown).map(|rule| rule.rule.as_str()).collect();
    match rules.len().saturating_sub(shown) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

/// What changes in one direction.
struct Side {
    direction: Direction,
    removed: Vec<Rule>,
    added: Vec<Rule>,
    described: Vec<Rule>,
}

impl Side {
    fn between(direction: Direction, live: &SecurityGroupSpec, desired: &SecurityGroupSpec) -> Self {
        let (live, desired) = (live.rules(direction), desired.rules(direction));
        let find = |rules: &[Rule], rule: &Rule| rules.iter().find(|other| other.rule == rule.rule).cloned();
        let is_described_otherwise =
            |rule: &&Rule| find(live, rule).is_some_and(|live| live.description != rule.description);
        Self {
            direction,
            removed: live.iter().filter(|rule| find(desired, rule).is_none()).cloned().collect(),
            added: desired.iter().filter(|rule| find(live, rule).is_none()).cloned().collect(),
            described: desired.iter().filter(is_described_otherwise).cloned().collect(),
        }
    }

    /// Whether anything that goes is not just giving way to something that comes.
    fn closes_first(&self) -> bool {
        let gives_way = |rule: &Rule| !rule.is_open() && self.added.iter().any(|added| added.overlaps(rule));
        !self.removed.iter().all(gives_way)
    }

    fn revoke(&self) -> Option<Step<Call>> {
        let unless = self.added.iter().filter(|rule| rule.is_unknown()).cloned().collect();
        revoke(self.direction, self.removed.clone(), unless)
    }

    fn describe(&self) -> Option<Step<Call>> {
        let (direction, rules) = (self.direction, self.described.clone());
        let summary = format!("describe {} anew", named(&rules));
        (!rules.is_empty()).then(|| step(summary, Call::Describe { direction, rules }))
    }
}

#[cfg(test)]
mod tests;
