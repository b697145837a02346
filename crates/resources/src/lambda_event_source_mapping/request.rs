//! From the file's form to the SDK's requests.

use aws_sdk_lambda::Client;
use aws_sdk_lambda::operation::create_event_source_mapping::builders::CreateEventSourceMappingFluentBuilder;
use aws_sdk_lambda::operation::update_event_source_mapping::builders::UpdateEventSourceMappingFluentBuilder;
use aws_sdk_lambda::types::{
    DestinationConfig, Filter, FilterCriteria, FunctionResponseType as SdkFunctionResponseType, OnFailure,
};

use super::spec::MappingSpec;
use crate::lambda::to_sdk;
use crate::tags::Tags;
use crate::values::to_aws;

/// Sets what creating and updating both take. Their builders have no type in common.
macro_rules! configured {
    ($request:expr, $spec:expr) => {
        $request
            .function_name(&$spec.function_name)
            .enabled($spec.enabled)
            .batch_size($spec.batch_size)
            .maximum_batching_window_in_seconds($spec.maximum_batching_window_in_seconds)
            .parallelization_factor($spec.parallelization_factor)
            .maximum_retry_attempts($spec.maximum_retry_attempts)
            .maximum_record_age_in_seconds($spec.maximum_record_age_in_seconds)
            .bisect_batch_on_function_error($spec.bisect_batch_on_function_error)
            .set_function_response_types(Some(response_types($spec)))
            .tumbling_window_in_seconds($spec.tumbling_window_in_seconds)
    };
}

/// A `CreateEventSourceMapping`. What is not wanted is left out.
pub(super) fn create(client: &Client, spec: &MappingSpec, tags: &Tags) -> CreateEventSourceMappingFluentBuilder {
    configured!(client.create_event_source_mapping(), spec)
        .event_source_arn(&spec.event_source_arn)
        .starting_position(to_aws(&spec.starting_position).as_str().into())
        .set_filter_criteria((!spec.filter_criteria.is_empty()).then(|| filter_criteria(spec)))
        .set_destination_config(destination(spec))
        .set_tags(Some(to_sdk(tags)))
}

/// An `UpdateEventSourceMapping` of everything. What is not wanted is said to be empty: what is left out stays. Only a destination that
/// is not there must be left out, for Lambda wants each to have an ARN.
pub(super) fn update(
    client: &Client,
    uuid: &str,
    spec: &MappingSpec,
    clears_destination: bool,
) -> UpdateEventSourceMappingFluentBuilder {
    let cleared = clears_destination.then(|| DestinationConfig::builder().build());
    configured!(client.update_event_source_mapping(), spec)
        .uuid(uuid)
        .filter_criteria(filter_criteria(spec))
        .set_destination_config(destination(spec).or(cleared))
}

fn destination(spec: &MappingSpec) -> Option<DestinationConfig> {
    let arn = Some(&spec.on_failure_destination_arn).filter(|arn| !arn.is_empty())?;
    Some(DestinationConfig::builder().on_failure(OnFailure::builder().destination(arn).build()).build())
}

fn filter_criteria(spec: &MappingSpec) -> FilterCriteria {
    let filters = spec.filter_criteria.iter().map(|pattern| Filter::builder().pattern(pattern.to_json()).build());
    let filters: Vec<Filter> = filters.collect();
    FilterCriteria::builder().set_filters((!filters.is_empty()).then_some(filters)).build()
}

fn response_types(spec: &MappingSpec) -> Vec<SdkFunctionResponseType> {
    spec.function_response_types.iter().map(|one| to_aws(one).as_str().into()).collect()
}
