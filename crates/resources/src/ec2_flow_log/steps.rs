//! From a change of a flow log to its calls.

use provision_reconciler::{Change, Idempotency, Step};

use super::call::Call;
use super::spec::FlowLogSpec;
use crate::ec2::tag_steps;

pub(super) fn steps(change: Change<'_, FlowLogSpec>) -> Vec<Step<Call>> {
    match change {
        Change::Create { desired } => {
            let destination = desired.log_group_name.as_ref().or(desired.log_destination.as_ref());
            let destination = destination.map(String::as_str).unwrap_or_default();
            let summary = format!("record the traffic of {} in {destination}", desired.resource_id);
            let step = step(summary, Call::CreateFlowLogs { flow_log: Box::new(desired.clone()) });
            vec![step.usually_seconds(2).idempotency(Idempotency::Token)]
        }
        // Nothing else can be changed.
        Change::Update { live, desired, .. } => tag_steps(&live.tags, &desired.tags, Call::Tags),
        Change::Delete { live, .. } => {
            vec![step(format!("no longer record the traffic of {}", live.resource_id), Call::DeleteFlowLogs)]
        }
    }
}

fn step(summary: String, call: Call) -> Step<Call> {
    Step::new(call.action(), summary, call)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use provision_reconciler::fields_of;
    use serde_json::{Value, json};

    use super::*;
    use crate::ec2_flow_log::Ec2FlowLog;
    use crate::testing::{create, delete, spec, update};

    fn table(tags: Value) -> Value {
        json!({
            "resource_id": "vpc-0123456789abcdef0", "log_group_name": "/flow",
            "deliver_logs_permission_arn": "arn:aws:iam::123456789012:role/flow", "tags": tags,
        })
    }

    #[test]
    fn a_flow_log_is_made_tagged_and_deleted_by_one_call_each() {
        insta::assert_snapshot!(create::<Ec2FlowLog>(table(json!({}))), @"ec2:CreateFlowLogs: record the traffic of vpc-0123456789abcdef0 in /flow");
        insta::assert_snapshot!(update::<Ec2FlowLog>(table(json!({ "a": "1", "b": "1" })), table(json!({ "b": "2" }))), @r"
        ec2:CreateTags: set the tag b
        ec2:DeleteTags: remove the tag a
        ");
        insta::assert_snapshot!(delete::<Ec2FlowLog>(&spec::<Ec2FlowLog>(table(json!({}))), false), @"ec2:DeleteFlowLogs: no longer record the traffic of vpc-0123456789abcdef0");
        let steps = steps(Change::Create { desired: &spec::<Ec2FlowLog>(table(json!({}))) });
        assert_eq!(steps[0].idempotency, Idempotency::Token);
    }

    /// A field that is added to the spec must replace the flow log, or get a call.
    #[test]
    fn every_field_but_the_tags_replaces_the_flow_log() {
        let fields = fields_of::<FlowLogSpec>();
        let mutable: BTreeSet<&str> =
            fields.0.iter().filter(|(_, field)| !field.immutable).map(|(name, _)| name.as_str()).collect();
        assert_eq!(mutable, BTreeSet::from(["tags"]));
    }
}
