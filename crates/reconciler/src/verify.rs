//! Tests of what is deployed, as those who use it would: an object is put and read back, a function is invoked.
//!
//! What a test makes, it takes away again, whatever became of it. Only calls that test are made here: whether settings are
//! as they were left is for [`drift`](mod@crate::drift) to say.

use std::collections::BTreeMap;

use futures::future::join_all;
use provision_config::Address;
use serde_json::{Map, Value};

use crate::error::CloudError;
use crate::record::Record;
use crate::registry::Registry;
use crate::scope::{Account, Scope};

/// A deployed resource that is to be tested.
#[derive(Clone, Debug)]
pub struct Verification<S> {
    /// Where and for whom.
    pub scope: Scope,
    /// What AWS calls it.
    pub id: String,
    /// What was last applied.
    pub spec: S,
    /// What references can name.
    pub outputs: Map<String, Value>,
}

/// One test and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was tested, in a few words: `put and get an object`.
    pub name: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is as it should be; how that is known.
    Passed(String),
    /// It is not.
    Failed {
        /// What was found, in lower case, without a full stop.
        message: String,
        /// What to do.
        hint: String,
    },
    /// It was not tested, and why not.
    Skipped(String),
}

impl Check {
    /// A test that passed.
    pub fn passed(name: &str, detail: impl Into<String>) -> Self {
        Self { name: name.to_owned(), outcome: Outcome::Passed(detail.into()) }
    }

    /// A test that was not made.
    pub fn skipped(name: &str, reason: impl Into<String>) -> Self {
        Self { name: name.to_owned(), outcome: Outcome::Skipped(reason.into()) }
    }

    /// A test that failed. The hint is the usual one, which suits whatever is not as it was applied.
    pub fn failed(name: &str, scope: &Scope, message: impl Into<String>) -> Self {
        let environment = &scope.environment;
        let hint = format!(
            "`provision drift {environment}` says what was changed since the last apply, `provision apply {environment}` mends it"
        );
        Self { name: name.to_owned(), outcome: Outcome::Failed { message: message.into(), hint } }
    }

    /// A test of which a call failed, with the call's own hint if it has one.
    pub fn failed_call(name: &str, scope: &Scope, error: &CloudError) -> Self {
        let check = Self::failed(name, scope, error.to_string());
        match &error.hint {
            Some(hint) => check.hint(hint),
            None => check,
        }
    }

    /// With another hint, if it failed.
    #[must_use]
    pub fn hint(mut self, other: impl Into<String>) -> Self {
        if let Outcome::Failed { hint, .. } = &mut self.outcome {
            *hint = other.into();
        }
        self
    }

    /// Whether it failed.
    pub fn is_failure(&self) -> bool {
        matches!(self.outcome, Outcome::Failed { .. })
    }
}

/// The tests of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// What AWS calls it.
    pub id: String,
    /// The region it lives in.
    pub region: String,
    /// Its tests, in the order in which they were made. None: its kind has none.
    pub checks: Vec<Check>,
}

/// Tests every resource that the state remembers, all at once.
pub async fn verify(
    registry: &Registry,
    environment: &str,
    account: &Account,
    records: &BTreeMap<Address, Record>,
) -> BTreeMap<Address, Verified> {
    let tests = records.iter().map(|(address, record)| async move {
        let scope = account.scope(environment, address, &record.region);
        let checks = checks(registry, scope, record).await;
        (address.clone(), Verified { id: record.id.clone(), region: record.region.clone(), checks })
    });
    join_all(tests).await.into_iter().collect()
}

async fn checks(registry: &Registry, scope: Scope, record: &Record) -> Vec<Check> {
    const DEPLOYED: &str = "is deployed";
    let Some(spec) = record.spec.clone() else {
        let hint = format!("`provision apply {}` finishes it", scope.environment);
        return vec![
            Check::failed(DEPLOYED, &scope, "it was made, but an apply ended before it was finished").hint(hint),
        ];
    };
    match registry.kind(&scope.address) {
        Ok(kind) => {
            let (id, outputs) = (record.id.clone(), record.outputs.clone());
            kind.verify(Verification { scope, id, spec, outputs }).await
        }
        Err(error) => vec![Check::failed_call(DEPLOYED, &scope, &error)],
    }
}
