//! What samples are made of.

use jiff::Timestamp;
use provision_config::{Address, Severity};
use provision_graph::{Graph, Node, Region};
use provision_reconciler::diff::{Cause, Difference};
use provision_reconciler::drift::{Changed, Mend, MendingCall, Since};
use serde_json::Value;

pub fn address(text: &str) -> Address {
    text.parse().unwrap()
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn since(first_seen: &str, after: Option<&str>) -> Option<Since> {
    Some(Since { first_seen: at(first_seen), after: after.map(at) })
}

pub fn calls(calls: &[(&str, &str)]) -> Mend {
    let call =
        |(action, summary): &(&str, &str)| MendingCall { action: (*action).to_owned(), summary: (*summary).to_owned() };
    Mend::Calls(calls.iter().map(call).collect())
}

/// A field that differs, set back by one call.
pub fn changed(path: &str, severity: Severity, expected: Value, found: Value, call: (&str, &str)) -> Changed {
    let difference = Difference {
        path: path.to_owned(),
        live: found,
        desired: expected,
        cause: Cause::Drift,
        immutable: false,
        sensitive: false,
        severity,
    };
    Changed { difference, rules: Vec::new(), mend: calls(&[call]), since: None }
}

/// A real environment's graph, from the samples of the crate that draws it.
pub fn graph(title: &str) -> Graph {
    let lines = include_str!("../../../graph/src/samples/large.txt");
    let nodes = lines.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| {
        let (what, needs) = line.split_once(':').unwrap_or((line, ""));
        let (what, region) = match what.trim().split_once(" @dr") {
            Some((what, _)) => (what, "us-west-2"),
            None => (what.trim(), "us-east-1"),
        };
        Node::new(address(what), region).needs(needs.split_whitespace().map(address))
    });
    let region = |name: &str, role: &str| Region { name: name.to_owned(), role: role.to_owned() };
    let regions = vec![region("us-east-1", "main region"), region("us-west-2", "disaster recovery")];
    Graph::new(title, regions, nodes.collect()).unwrap()
}
