//! Documents for the tests of this crate.
#![allow(clippy::unwrap_used)]

use provision_reconciler::Record;

use super::{Author, Operation};

/// Somebody who applies.
pub(crate) fn author(who: &str) -> Author {
    Author { operation: format!("op-{who}"), command: "apply".to_owned(), owner: who.to_owned() }
}

/// What somebody does under this number; nothing is announced.
pub(crate) fn operation(who: &str, fencing: u64) -> Operation {
    Operation {
        id: format!("op-{who}"),
        command: "apply".to_owned(),
        owner: who.to_owned(),
        started_at: "2026-01-02T03:04:05Z".parse().unwrap(),
        fencing,
        intents: Default::default(),
        folded: 0,
    }
}

/// A bucket of this id, made and not finished.
pub(crate) fn record(id: &str) -> Record {
    Record {
        kind: "s3_bucket".to_owned(),
        id: id.to_owned(),
        region: "us-east-1".to_owned(),
        spec: None,
        outputs: Default::default(),
        dependencies: Default::default(),
        protect: false,
        superseded: Vec::new(),
    }
}
