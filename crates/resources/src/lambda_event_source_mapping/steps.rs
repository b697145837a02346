//! From a change of a mapping to its calls.

use provision_reconciler::{Change, Differences, Idempotency, Step};

use super::call::Call;
use super::spec::MappingSpec;
use crate::tags::{self, TagChanges, Tags};

/// The fields that one call sets, all together.
const CONFIGURATION: &[&str] = &[
    "function_name",
    "enabled",
    "batch_size",
    "maximum_batching_window_in_seconds",
    "parallelization_factor",
    "maximum_retry_attempts",
    "maximum_record_age_in_seconds",
    "bisect_batch_on_function_error",
    "function_response_types",
    "on_failure_destination_arn",
    "filter_criteria",
    "tumbling_window_in_seconds",
];

pub(super) fn steps(change: Change<'_, MappingSpec>) -> Vec<Step<Call>> {
    match change {
        Change::Create { desired } => vec![create(desired)],
        Change::Update { live, desired, differences } => {
            update(live, desired, differences).into_iter().chain(tagging(&live.tags, &desired.tags)).collect()
        }
        Change::Delete { live, .. } => {
            let summary = format!("stop running the function on {}", live.event_source_arn);
            vec![step(60, summary, Call::DeleteEventSourceMapping)]
        }
    }
}

fn step(seconds: u64, summary: impl Into<String>, call: Call) -> Step<Call> {
    Step::new(call.action(), summary, call).usually_seconds(seconds)
}

fn create(desired: &MappingSpec) -> Step<Call> {
    let how = if desired.enabled { "run" } else { "be ready to run" };
    let summary = format!("{how} the function on {}", desired.event_source_arn);
    step(30, summary, Call::CreateEventSourceMapping { mapping: Box::new(desired.clone()) })
        .idempotency(Idempotency::FindFirst)
}

fn update(live: &MappingSpec, desired: &MappingSpec, differences: &Differences) -> Option<Step<Call>> {
    let touched: Vec<&str> = CONFIGURATION.iter().copied().filter(|field| differences.touch(field)).collect();
    if touched.is_empty() {
        return None;
    }
    let clears_destination =
        desired.on_failure_destination_arn.is_empty() && !live.on_failure_destination_arn.is_empty();
    let call = Call::UpdateEventSourceMapping { mapping: Box::new(desired.clone()), clears_destination };
    Some(step(30, format!("change {}", touched.join(", ")), call))
}

fn tagging(live: &Tags, desired: &Tags) -> Vec<Step<Call>> {
    let TagChanges { set, remove } = TagChanges::between(live, desired);
    let mut steps = Vec::new();
    if !set.is_empty() {
        steps.push(step(1, tags::summary("set", set.keys()), Call::TagResource { tags: set }));
    }
    if !remove.is_empty() {
        let summary = tags::summary("remove", remove.iter());
        steps.push(step(1, summary, Call::UntagResource { keys: remove }));
    }
    steps
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use provision_reconciler::{Kind, fields_of};
    use serde_json::{Value, json};

    use super::*;
    use crate::lambda_event_source_mapping::LambdaEventSourceMapping;
    use crate::testing::{create, delete, spec, update};

    fn table(fields: Value) -> Value {
        let mut table = json!({
            "function_name": "f", "event_source_arn": "arn:aws:kinesis:us-east-1:123456789012:stream/events",
        });
        for (field, value) in fields.as_object().into_iter().flatten() {
            table[field] = value.clone();
        }
        table
    }

    #[test]
    fn a_mapping_is_made_by_one_call_which_must_not_be_repeated() {
        insta::assert_snapshot!(create::<LambdaEventSourceMapping>(table(json!({}))), @"lambda:CreateEventSourceMapping: run the function on arn:aws:kinesis:us-east-1:123456789012:stream/events");
        insta::assert_snapshot!(create::<LambdaEventSourceMapping>(table(json!({ "enabled": false }))), @"lambda:CreateEventSourceMapping: be ready to run the function on arn:aws:kinesis:us-east-1:123456789012:stream/events");
        let desired = spec::<LambdaEventSourceMapping>(table(json!({})));
        let steps = LambdaEventSourceMapping::steps(Change::Create { desired: &desired });
        assert_eq!(steps[0].idempotency, Idempotency::FindFirst);
        insta::assert_snapshot!(delete::<LambdaEventSourceMapping>(&desired, false), @"lambda:DeleteEventSourceMapping: stop running the function on arn:aws:kinesis:us-east-1:123456789012:stream/events");
    }

    #[test]
    fn all_fields_are_changed_by_one_call() {
        insta::assert_snapshot!(
            update::<LambdaEventSourceMapping>(table(json!({})), table(json!({
                "enabled": false, "batch_size": 10, "maximum_retry_attempts": 3,
                "filter_criteria": [{ "partitionKey": ["a"] }], "tags": { "a": "b" },
            }))), @r"
        lambda:UpdateEventSourceMapping: change enabled, batch_size, maximum_retry_attempts, filter_criteria
        lambda:TagResource: set the tag a
        ");
        assert_eq!(update::<LambdaEventSourceMapping>(table(json!({})), table(json!({}))), "");
    }

    #[test]
    fn patterns_are_compared_by_meaning_and_in_any_order() {
        let (first, second) = (json!({ "data": { "kind": ["a"] } }), json!({ "partitionKey": ["b"] }));
        let patterns = |list: Value| table(json!({ "filter_criteria": list }));
        let text = second.to_string();
        let (one, other) = (patterns(json!([first, second])), patterns(json!([text, first])));
        assert_eq!(update::<LambdaEventSourceMapping>(one, other), "");
    }

    #[test]
    fn a_destination_is_cleared_only_if_there_is_one() {
        let clears = |live: Value| {
            let (live, desired) =
                (spec::<LambdaEventSourceMapping>(table(live)), spec::<LambdaEventSourceMapping>(table(json!({}))));
            let difference = provision_reconciler::diff::Difference {
                path: "batch_size".to_owned(),
                live: Value::Null,
                desired: Value::Null,
                cause: provision_reconciler::diff::Cause::Config,
                immutable: false,
                severity: provision_config::Severity::Low,
                sensitive: false,
            };
            let differences = Differences(vec![difference]);
            let change = Change::Update { live: &live, desired: &desired, differences: &differences };
            let calls: Vec<Call> = steps(change).into_iter().map(|step| step.call).collect();
            matches!(calls.as_slice(), [Call::UpdateEventSourceMapping { clears_destination: true, .. }])
        };
        assert!(!clears(json!({})));
        assert!(clears(json!({ "on_failure_destination_arn": "arn:aws:sqs:us-east-1:123456789012:q" })));
    }

    /// A field that is added to the spec must get a call.
    #[test]
    fn every_field_belongs_to_a_call() {
        let others = ["event_source_arn", "starting_position", "tags"];
        let handled: BTreeSet<&str> = CONFIGURATION.iter().copied().chain(others).collect();
        let fields = fields_of::<MappingSpec>();
        assert_eq!(fields.names().collect::<BTreeSet<_>>(), handled);
    }
}
