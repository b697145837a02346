//! What the file says of a mapping.

use std::collections::BTreeSet;

use provision_reconciler::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::Document;
use crate::tags::Tags;

/// What makes a Lambda function run on the records of a Kinesis stream or of a DynamoDB table's stream.
///
/// Unset fields make it lose nothing: it begins with the oldest record, repeats what fails until the record expires, splits
/// failing batches, and expects the function to say which records failed.
///
/// ```toml
/// [lambda_event_source_mapping.events]
/// function_name = "${lambda_function.pipeline.arn}"
/// event_source_arn = "${kinesis_stream.events.arn}"
/// maximum_retry_attempts = 5
/// ```
///
/// <https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html>
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MappingSpec {
    /// The function: its name or ARN, with a version or an alias after another `:` if that is meant. Its role must be allowed to
    /// read the stream.
    #[schemars(extend(
        "pattern" = "^(arn:[^:]+:lambda:[^:]+:[0-9]{12}:function:)?[a-zA-Z0-9_-]{1,64}(:[a-zA-Z0-9$_-]{1,128})?$"
    ))]
    pub function_name: String,
    /// The ARN of the Kinesis stream (or of a consumer of it), or of the DynamoDB table's stream.
    #[schemars(extend("immutable" = true, "pattern" = "^arn:[^:]+:(kinesis|dynamodb):.+$"))]
    pub event_source_arn: String,
    /// Where in the stream to begin.
    #[serde(default)]
    #[schemars(extend("immutable" = true))]
    pub starting_position: StartingPosition,
    /// Whether the function is run. A mapping that is not enabled keeps its place in the stream.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// The most records that the function is given at once. At most 6 MB in any case.
    #[serde(default = "batch_size")]
    #[schemars(range(min = 1, max = 10000))]
    pub batch_size: i32,
    /// How many seconds to wait for a batch to become full.
    #[serde(default)]
    #[schemars(range(min = 0, max = 300))]
    pub maximum_batching_window_in_seconds: i32,
    /// How many batches of one shard are worked on at once; records of the same partition key stay in order.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 10))]
    pub parallelization_factor: i32,
    /// How often a batch that failed is tried again. What fails for good goes to `on_failure_destination_arn`, or is dropped.
    /// -1: until its records expire; meanwhile the shard stands still.
    #[serde(default = "endless")]
    #[schemars(range(min = -1, max = 10000))]
    pub maximum_retry_attempts: i32,
    /// How old, in seconds, a record may be that the function is given: at least 60. -1: any age.
    #[serde(default = "endless")]
    #[schemars(range(min = -1, max = 604_800))]
    pub maximum_record_age_in_seconds: i32,
    /// Whether a batch that failed is split in two, so as to come nearer to the record that fails.
    #[serde(default = "yes")]
    pub bisect_batch_on_function_error: bool,
    /// What the function's answer says. With `ReportBatchItemFailures` it lists the records that failed (`batchItemFailures`), and
    /// an empty list or no answer means that none did.
    #[serde(default = "report_batch_item_failures")]
    #[schemars(extend("set" = true))]
    pub function_response_types: BTreeSet<FunctionResponseType>,
    /// The ARN of the SQS queue, SNS topic or S3 bucket that is told of batches which failed for good; the function's role must be
    /// allowed to send there. Empty: nobody is told.
    #[serde(default)]
    #[schemars(extend("pattern" = "^(|arn:[^:]+:(sqs|sns|s3):.+)$"))]
    pub on_failure_destination_arn: String,
    /// Patterns of records; the function is given those that fit one of them, and the others are skipped for good. Empty: all.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html>
    #[serde(default)]
    #[schemars(extend("set" = true))]
    pub filter_criteria: Vec<Document>,
    /// The seconds of a window in which invocations hand on a state of their own. 0: none.
    #[serde(default)]
    #[schemars(range(min = 0, max = 900))]
    pub tumbling_window_in_seconds: i32,
    /// Tags, besides the environment's.
    #[serde(default)]
    #[schemars(extend("severity" = "low"))]
    pub tags: Tags,
}

/// Where in a stream a new mapping begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StartingPosition {
    /// With the oldest record that the stream still has.
    #[default]
    TrimHorizon,
    /// With the next record.
    Latest,
}

/// What a function's answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum FunctionResponseType {
    /// Which records failed.
    ReportBatchItemFailures,
}

fn yes() -> bool {
    true
}

fn one() -> i32 {
    1
}

fn batch_size() -> i32 {
    100
}

fn endless() -> i32 {
    -1
}

fn report_batch_item_failures() -> BTreeSet<FunctionResponseType> {
    [FunctionResponseType::ReportBatchItemFailures].into()
}

impl MappingSpec {
    /// What is wrong with it beyond what its schema can say.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if (0..60).contains(&self.maximum_record_age_in_seconds) {
            let problem = Problem::new("/maximum_record_age_in_seconds", "Lambda takes -1, or 60 and more");
            problems.push(problem.help("use -1 for any age"));
        }
        for (position, pattern) in self.filter_criteria.iter().enumerate().filter(|(_, pattern)| pattern.is_empty()) {
            let message = "an empty pattern fits every record";
            let pointer = format!("/filter_criteria/{position}");
            problems
                .push(Problem::new(pointer, message).help(format!("remove it; `{}` is no filter", pattern.to_json())));
        }
        problems
    }
}
