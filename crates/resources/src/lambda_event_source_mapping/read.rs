//! From AWS's answers to the file's form.

use aws_sdk_lambda::Client;
use aws_sdk_lambda::operation::get_event_source_mapping::GetEventSourceMappingOutput;
use futures::future::{join, join_all};
use provision_config::unknown;
use provision_reconciler::{CloudError, ErrorClass, Live, Scope, Target, ownership};

use super::spec::{MappingSpec, StartingPosition};
use super::{LambdaEventSourceMapping, MappingOutputs};
use crate::Aws;
use crate::document::Document;
use crate::lambda::{self, found};
use crate::tags::Tags;
use crate::values::from_aws;

pub(super) const GET: &str = "lambda:GetEventSourceMapping";
/// The state of a mapping that is about to go.
pub(super) const DELETING: &str = "Deleting";

type Read = Result<Option<Live<LambdaEventSourceMapping>>, CloudError>;

/// Reads all targets at once.
pub(super) async fn read(cloud: &Aws, targets: &[Target<MappingSpec>]) -> Vec<Read> {
    join_all(targets.iter().map(|target| read_one(cloud, target))).await
}

/// Two calls, neither of which needs the other's answer: a mapping's ARN follows from its id.
async fn read_one(cloud: &Aws, target: &Target<MappingSpec>) -> Read {
    let clients = cloud.region(&target.scope.region).await;
    let client = clients.lambda();
    let arn = arn(&target.scope, &target.id);
    let (mapping, tags) = join(get(cloud, client, &target.id), lambda::tags(cloud, client, arn.clone())).await;
    // For a mapping that does not exist the other call fails too.
    let Some(mapping) = mapping? else { return Ok(None) };
    if mapping.state() == Some(DELETING) {
        return Ok(None);
    }
    let tags = tags?;
    let mut spec = spec(&mapping)?;
    let desired = target.desired.as_ref().map(|desired| desired.function_name.as_str());
    spec.function_name = function_name(&spec.function_name, desired, &target.scope);
    spec.tags = ownership::comparable(tags.clone());
    let outputs = MappingOutputs { arn, uuid: target.id.clone() };
    Ok(Some(Live { id: target.id.clone(), spec, outputs, tags }))
}

/// A mapping's ARN.
pub(super) fn arn(scope: &Scope, uuid: &str) -> String {
    scope.arn("lambda", &format!("event-source-mapping:{uuid}"))
}

/// The mapping; `None` if there is none.
pub(super) async fn get(
    cloud: &Aws,
    client: &Client,
    uuid: &str,
) -> Result<Option<GetEventSourceMappingOutput>, CloudError> {
    found(cloud.call(GET, client.get_event_source_mapping().uuid(uuid).send()).await)
}

/// The function as the file names it. Lambda tells its ARN; a file may give its name. (What is not known yet is an ARN: names
/// are known.)
fn function_name(arn: &str, desired: Option<&str>, scope: &Scope) -> String {
    let by_name = desired.is_some_and(|desired| !desired.starts_with("arn:") && !unknown::is_unknown(desired));
    let name = arn.strip_prefix(&scope.arn("lambda", "function:")).filter(|_| by_name);
    name.unwrap_or(arn).to_owned()
}

/// The mapping in the file's form, with the function's ARN and without tags.
fn spec(mapping: &GetEventSourceMappingOutput) -> Result<MappingSpec, CloudError> {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let position = mapping.starting_position();
    let types = mapping.function_response_types().iter().map(|one| from_aws(GET, one.as_str()));
    let on_failure = mapping.destination_config().and_then(|config| config.on_failure());
    Ok(MappingSpec {
        function_name: text(mapping.function_arn()),
        event_source_arn: text(mapping.event_source_arn()),
        starting_position: position
            .map_or(Ok(StartingPosition::TrimHorizon), |position| from_aws(GET, position.as_str()))?,
        enabled: !matches!(mapping.state(), Some("Disabled" | "Disabling")),
        batch_size: mapping.batch_size().unwrap_or_default(),
        maximum_batching_window_in_seconds: mapping.maximum_batching_window_in_seconds().unwrap_or_default(),
        parallelization_factor: mapping.parallelization_factor().unwrap_or(1),
        maximum_retry_attempts: mapping.maximum_retry_attempts().unwrap_or(-1),
        maximum_record_age_in_seconds: mapping.maximum_record_age_in_seconds().unwrap_or(-1),
        bisect_batch_on_function_error: mapping.bisect_batch_on_function_error().unwrap_or_default(),
        function_response_types: types.collect::<Result<_, _>>()?,
        on_failure_destination_arn: text(on_failure.and_then(|on_failure| on_failure.destination())),
        filter_criteria: filter_criteria(mapping)?,
        tumbling_window_in_seconds: mapping.tumbling_window_in_seconds().unwrap_or_default(),
        tags: Tags::new(),
    })
}

/// The patterns. Without permission for their key Lambda answers all the same, and they would be taken to be gone.
fn filter_criteria(mapping: &GetEventSourceMappingOutput) -> Result<Vec<Document>, CloudError> {
    if let Some(error) = mapping.filter_criteria_error() {
        let message = error.message().unwrap_or("Lambda could not decrypt the filter criteria");
        let failed = CloudError::new(GET, ErrorClass::Denied, message);
        return Err(CloudError { code: error.error_code().map(str::to_owned), ..failed }
            .with_hint("allow `kms:Decrypt` on the mapping's key to the caller"));
    }
    let filters = mapping.filter_criteria().map(|criteria| criteria.filters()).unwrap_or_default();
    Ok(filters.iter().filter_map(|filter| filter.pattern()).filter_map(Document::parse).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::scope;

    #[test]
    fn a_function_is_named_as_the_file_names_it() {
        let scope = scope::<LambdaEventSourceMapping>("events");
        let arn = scope.arn("lambda", "function:f");
        let mark = format!("{}lambda_function.f.arn{}", unknown::OPEN, unknown::CLOSE);
        assert_eq!(function_name(&arn, Some("f"), &scope), "f");
        assert_eq!(function_name(&arn, Some("other"), &scope), "f");
        assert_eq!(function_name(&format!("{arn}:live"), Some("f:live"), &scope), "f:live");
        for desired in [Some(arn.as_str()), Some(mark.as_str()), None] {
            assert_eq!(function_name(&arn, desired, &scope), arn, "{desired:?}");
        }
        let theirs = "arn:aws:lambda:us-east-1:210987654321:function:f";
        assert_eq!(function_name(theirs, Some("f"), &scope), theirs, "another account's is another function");
    }
}
