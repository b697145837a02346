//! What the unit tests of the kinds share.

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::{Client, Config};
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector, http_client_fn};
use provision_config::Address;
use provision_reconciler::diff::{diff, overlay};
use provision_reconciler::{Change, Differences, Kind, Scope, fields_of};
use serde_json::Value;

/// A scope of the environment `staging`.
pub(crate) fn scope<K: Kind>(name: &str) -> Scope {
    Scope {
        environment: "staging".to_owned(),
        address: Address::new(K::NAME, name),
        partition: "aws".to_owned(),
        account: "123456789012".to_owned(),
        region: "us-east-1".to_owned(),
        operation: "op-1".to_owned(),
    }
}

/// A client of an S3 that is played by this.
pub(crate) fn s3(fake: impl HttpConnector + 'static) -> Client {
    let connector = SharedHttpConnector::new(fake);
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .build();
    Client::from_conf(config)
}

/// The spec of a TOML table (given as JSON), completed.
pub(crate) fn spec<K: Kind>(table: Value) -> K::Spec {
    let spec = serde_json::from_value(table).unwrap_or_else(|error| panic!("{error}"));
    K::complete(spec, &scope::<K>("data")).unwrap_or_else(|problem| panic!("{}", problem.message))
}

/// The steps that create it, one a line: the action and what a person reads.
pub(crate) fn create<K: Kind>(table: Value) -> String {
    lines::<K>(Change::Create { desired: &spec::<K>(table) })
}

/// The steps from one table to another, the first being both live and what was last applied.
pub(crate) fn update<K: Kind>(live: Value, desired: Value) -> String {
    update_from::<K>(&spec::<K>(live), desired)
}

/// The same from a spec that no table can say.
pub(crate) fn update_from<K: Kind>(live: &K::Spec, desired: Value) -> String {
    let value = |spec: &K::Spec| serde_json::to_value(spec).unwrap_or_default();
    let (fields, desired) = (fields_of::<K::Spec>(), spec::<K>(desired));
    let (live_value, desired) = (value(live), value(&desired));
    let differences = Differences(diff(&fields, &live_value, &desired, Some(&live_value)));
    let full =
        serde_json::from_value(overlay(&fields, &live_value, &desired)).unwrap_or_else(|error| panic!("{error}"));
    lines::<K>(Change::Update { live, desired: &full, differences: &differences })
}

/// The steps that delete it.
pub(crate) fn delete<K: Kind>(live: &K::Spec, empty: bool) -> String {
    lines::<K>(Change::Delete { live, empty })
}

fn lines<K: Kind>(change: Change<'_, K::Spec>) -> String {
    let lines = K::steps(change).into_iter().map(|step| format!("{}: {}", step.action, step.summary));
    lines.collect::<Vec<_>>().join("\n")
}
