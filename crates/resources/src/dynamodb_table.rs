//! `dynamodb_table`: AWS::DynamoDB::Table.
//!
//! A table is known by its name, and AWS changes one thing of it at a time: each change is an `UpdateTable` of its own,
//! and the table is ACTIVE again before the next.

mod call;
mod grant;
mod read;
mod request;
mod run;
mod settle;
mod spec;
mod steps;
mod verify;

use aws_sdk_dynamodb::types::TableDescription;
use provision_config::unknown;
use provision_reconciler::verify::{Check, Verification};
use provision_reconciler::{Change, CloudError, Differences, Kind, Live, Problem, Progress, Scope, Step, Target};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use call::{Call, Capacity, TableChange};
pub use spec::{
    AWS_OWNED_KEY, BillingMode, GlobalSecondaryIndex, KeyType, LocalSecondaryIndex, ProjectionType, StreamViewType,
    TableClass, TableSpec,
};

use crate::Aws;

/// The kind `dynamodb_table`.
#[derive(Clone, Copy, Debug)]
pub struct DynamodbTable;

/// What references can name besides the fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableOutputs {
    /// The table's ARN.
    pub arn: String,
    /// The ARN of the table's stream; empty without one.
    pub stream_arn: String,
    /// The id that tells the table from earlier ones of the same name.
    pub table_id: String,
}

impl Kind for DynamodbTable {
    const NAME: &'static str = "dynamodb_table";
    const AWS_TYPE: &'static str = "AWS::DynamoDB::Table";
    const ARN: &'static str = "arn:${Partition}:dynamodb:${Region}:${Account}:table/${TableName}";
    const STATEFUL: bool = true;
    const READS: &'static [&'static str] = &[read::DESCRIBE, read::BACKUPS, read::EXPIRY, read::TAGS, read::LIST];

    type Cloud = Aws;
    type Spec = TableSpec;
    type Outputs = TableOutputs;
    type Call = Call;

    fn check(spec: &TableSpec) -> Vec<Problem> {
        spec.check()
    }

    /// The table without what needs another resource (the key) or another call (point-in-time recovery, expiry).
    fn bare(spec: &TableSpec) -> Option<TableSpec> {
        Some(TableSpec {
            kms_key: String::new(),
            point_in_time_recovery: false,
            time_to_live_attribute: String::new(),
            ..spec.clone()
        })
    }

    fn core(spec: &TableSpec) -> Option<TableSpec> {
        let time_to_live_attribute = String::new();
        Some(TableSpec { point_in_time_recovery: false, time_to_live_attribute, ..spec.clone() })
    }

    fn identity(spec: &TableSpec, _scope: &Scope) -> Option<String> {
        (!unknown::is_unknown(&spec.table_name)).then(|| spec.table_name.clone())
    }

    /// A stream that is turned on anew, or with another view, is another stream.
    fn renews(differences: &Differences) -> &'static [&'static str] {
        if differences.touch("stream_view_type") { &["stream_arn"] } else { &[] }
    }

    fn granted(spec: &TableSpec, scope: &Scope, access: &str) -> Result<Vec<Value>, Problem> {
        grant::granted(spec, scope, access)
    }

    fn predict(spec: &TableSpec, scope: &Scope) -> Map<String, Value> {
        Map::from_iter([("arn".to_owned(), read::arn(scope, &spec.table_name).into())])
    }

    async fn read(cloud: &Aws, targets: &[Target<TableSpec>]) -> Vec<Result<Option<Live<Self>>, CloudError>> {
        read::read(cloud, targets).await
    }

    async fn find(cloud: &Aws, scope: &Scope) -> Result<Option<String>, CloudError> {
        read::find(cloud, scope).await
    }

    fn steps(change: Change<'_, TableSpec>) -> Vec<Step<Call>> {
        steps::steps(change)
    }

    async fn run(cloud: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
        run::run(cloud, scope, call, progress).await
    }

    async fn settle(cloud: &Aws, scope: &Scope, call: &Call, progress: &mut Progress) -> Result<(), CloudError> {
        settle::settle(cloud, scope, call, progress).await
    }

    async fn verify(cloud: &Aws, verification: &Verification<TableSpec>) -> Vec<Check> {
        verify::verify(cloud, verification).await
    }
}

/// What a description of the table tells of its outputs.
fn note_outputs(progress: &mut Progress, table: &TableDescription) {
    let TableOutputs { arn, stream_arn, table_id } = read::outputs(table);
    progress.output("arn", arn);
    progress.output("stream_arn", stream_arn);
    progress.output("table_id", table_id);
}
