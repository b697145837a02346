//! What the engine does with a kind, in the few lines that a test of one kind needs: read, compare, run the steps.

use std::sync::Arc;

use provision_config::Address;
use provision_reconciler::diff::{Difference, diff, overlay};
use provision_reconciler::{
    Account, Change, CloudError, Differences, Kind, Live, Progress, Scope, Step, Target, fields_of, ownership,
};
use provision_resources::{Aws, Connection};
use provision_testkit::emulator::Emulator;
use serde_json::{Value, json};

/// A fresh account and the kinds' way to it.
pub struct Driver {
    pub aws: Arc<Aws>,
    pub account: String,
    region: String,
}

impl Driver {
    /// A fresh account, seen from us-east-1.
    pub async fn new() -> Self {
        // Starting the emulators blocks.
        let account = tokio::task::spawn_blocking(|| Emulator::shared().account()).await.unwrap();
        let access = account.access;
        let credentials = Some((access.access_key, access.secret_key, access.session_token));
        let aws = Arc::new(Aws::new(Connection { endpoints: access.endpoints, credentials }));
        Self { aws, account: account.id, region: "us-east-1".to_owned() }
    }

    /// The same account, seen from another region.
    pub fn in_region(&self, region: &str) -> Self {
        Self { aws: Arc::clone(&self.aws), account: self.account.clone(), region: region.to_owned() }
    }

    pub fn scope<K: Kind>(&self, name: &str) -> Scope {
        let account = Account { partition: "aws".to_owned(), id: self.account.clone() };
        let scope = account.scope("test", &Address::new(K::NAME, name), &self.region);
        Scope { operation: "op-1".to_owned(), ..scope }
    }

    /// A resource of this name, as its TOML would say it.
    pub fn resource<K: Kind<Cloud = Aws>>(&self, name: &str) -> Resource<K> {
        Resource { aws: Arc::clone(&self.aws), scope: self.scope::<K>(name), id: None, applied: None }
    }
}

/// One resource under test.
pub struct Resource<K: Kind> {
    aws: Arc<Aws>,
    pub scope: Scope,
    pub id: Option<String>,
    applied: Option<K::Spec>,
}

impl<K: Kind<Cloud = Aws>> Resource<K> {
    /// The spec of a TOML table (given as JSON), as the engine completes it: defaults, and whose it is.
    pub fn spec(&self, table: Value) -> K::Spec {
        let spec: K::Spec = serde_json::from_value(table).unwrap();
        assert_eq!(K::check(&spec), []);
        let mut spec = serde_json::to_value(K::complete(spec, &self.scope).unwrap()).unwrap();
        let tags = ownership::tags(&self.scope.environment, &self.scope.address);
        spec["tags"].as_object_mut().unwrap().extend(tags.into_iter().map(|(key, value)| (key, json!(value))));
        serde_json::from_value(spec).unwrap()
    }

    /// Reads it as the engine would: by its id once that is known, else by its name.
    pub async fn read(&self, desired: Option<&K::Spec>) -> Result<Option<Live<K>>, CloudError> {
        let named = || K::identity(desired?, &self.scope);
        let Some(id) = self.id.clone().or_else(named) else { return Ok(None) };
        let target = Target { scope: self.scope.clone(), id, desired: desired.cloned() };
        let mut answers = K::read(&self.aws, &[target]).await;
        assert_eq!(answers.len(), 1);
        answers.remove(0)
    }

    /// The differences between live and desired.
    pub fn differences(&self, live: &Live<K>, desired: &K::Spec) -> Vec<Difference> {
        let value = |spec: &K::Spec| serde_json::to_value(spec).unwrap();
        let applied = self.applied.as_ref().map(value);
        diff(&fields_of::<K::Spec>(), &value(&live.spec), &value(desired), applied.as_ref())
    }

    /// Makes it what the table says, whatever it is now, and checks that reading gives the table back. Returns the actions
    /// of the steps that were run.
    pub async fn apply(&mut self, table: Value) -> Vec<&'static str> {
        let desired = self.spec(table);
        let steps = match self.read(Some(&desired)).await.unwrap() {
            None => K::steps(Change::Create { desired: &desired }),
            Some(live) => {
                let differences = Differences(self.differences(&live, &desired));
                self.id = Some(live.id);
                let live = live.spec;
                let (fields, value) = (fields_of::<K::Spec>(), |spec| serde_json::to_value(spec).unwrap());
                let full = serde_json::from_value(overlay(&fields, &value(&live), &value(&desired))).unwrap();
                K::steps(Change::Update { live: &live, desired: &full, differences: &differences })
            }
        };
        let actions = self.run(steps).await.unwrap();
        let live = self.read(Some(&desired)).await.unwrap().expect("it exists after the apply");
        assert_eq!(self.differences(&live, &desired), [], "reading gives the spec back");
        assert!(ownership::is_ours(&live.tags, &self.scope.environment, &self.scope.address));
        assert_eq!(live.tags.get(ownership::OPERATION), Some(&self.scope.operation), "the operation's tag is kept");
        let predicted = K::predict(&desired, &self.scope);
        let outputs = serde_json::to_value(&live.outputs).unwrap();
        for (name, value) in predicted {
            assert_eq!(outputs.get(&name), Some(&value), "predicted output {name}");
        }
        self.id = Some(live.id);
        self.applied = Some(desired);
        actions
    }

    /// Deletes it and checks that it is gone.
    pub async fn delete(&mut self, empty: bool) -> Vec<&'static str> {
        let live = self.read(None).await.unwrap().expect("it exists before the delete");
        let actions = self.run(K::steps(Change::Delete { live: &live.spec, empty })).await.unwrap();
        assert!(self.read(None).await.unwrap().is_none(), "it is gone");
        (self.id, self.applied) = (None, None);
        actions
    }

    /// Runs steps one by one, as the executor does.
    pub async fn run(&mut self, steps: Vec<Step<K::Call>>) -> Result<Vec<&'static str>, CloudError> {
        let mut progress = Progress { id: self.id.clone(), ..Progress::default() };
        let mut actions = Vec::new();
        for step in steps {
            // Through JSON, as a plan file would carry it.
            let call = || serde_json::from_value(serde_json::to_value(&step.call).unwrap()).unwrap();
            K::run(&self.aws, &self.scope, call(), &mut progress).await?;
            K::settle(&self.aws, &self.scope, &call(), &mut progress).await?;
            actions.push(step.action);
        }
        self.id = progress.id;
        Ok(actions)
    }
}
