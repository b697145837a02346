//! From a change of an endpoint to its calls.

use std::collections::BTreeSet;

use provision_reconciler::{Change, Differences, Idempotency, Step};

use super::call::{Call, Modification};
use super::spec::{EndpointType, VpcEndpointSpec};
use crate::ec2::tag_steps;

/// The fields that one call changes, all together.
const CONFIGURATION: &[&str] =
    &["route_table_ids", "subnet_ids", "security_group_ids", "private_dns_enabled", "policy_document"];

pub(super) fn steps(change: Change<'_, VpcEndpointSpec>) -> Vec<Step<Call>> {
    match change {
        Change::Create { desired } => vec![create(desired)],
        Change::Update { live, desired, differences } => {
            let tags = tag_steps(&live.tags, &desired.tags, Call::Tags);
            tags.into_iter().chain(modify(live, desired, differences)).collect()
        }
        Change::Delete { live, .. } => {
            let summary = format!("delete the endpoint for {}", live.service_name);
            vec![step(live, summary, Call::DeleteVpcEndpoints)]
        }
    }
}

/// Interfaces take a while to come and to go; routes do not.
fn step(spec: &VpcEndpointSpec, summary: String, call: Call) -> Step<Call> {
    let seconds = if spec.endpoint_type() == EndpointType::Gateway { 5 } else { 60 };
    Step::new(call.action(), summary, call).usually_seconds(seconds)
}

fn create(desired: &VpcEndpointSpec) -> Step<Call> {
    let kind = match desired.endpoint_type() {
        EndpointType::Gateway => "gateway endpoint",
        EndpointType::Interface => "interface endpoint",
        EndpointType::GatewayLoadBalancer => "Gateway Load Balancer endpoint",
    };
    let call = Call::CreateVpcEndpoint { spec: Box::new(desired.clone()) };
    step(desired, format!("create the {kind} for {}", desired.service_name), call).idempotency(Idempotency::Token)
}

fn modify(live: &VpcEndpointSpec, desired: &VpcEndpointSpec, differences: &Differences) -> Option<Step<Call>> {
    let touched: Vec<&str> = CONFIGURATION.iter().copied().filter(|field| differences.touch(field)).collect();
    if touched.is_empty() {
        return None;
    }
    let minus = |one: &BTreeSet<String>, other: &BTreeSet<String>| one.difference(other).cloned().collect();
    let policy_differs = differences.touch("policy_document");
    let modification = Modification {
        add_route_table_ids: minus(&desired.route_table_ids, &live.route_table_ids),
        remove_route_table_ids: minus(&live.route_table_ids, &desired.route_table_ids),
        add_subnet_ids: minus(&desired.subnet_ids, &live.subnet_ids),
        remove_subnet_ids: minus(&live.subnet_ids, &desired.subnet_ids),
        add_security_group_ids: minus(&desired.security_group_ids, &live.security_group_ids),
        remove_security_group_ids: minus(&live.security_group_ids, &desired.security_group_ids),
        private_dns_enabled: desired.private_dns_enabled.filter(|_| differences.touch("private_dns_enabled")),
        policy_document: desired.own_policy().filter(|_| policy_differs).cloned(),
        reset_policy: policy_differs && desired.own_policy().is_none(),
    };
    let call = Call::ModifyVpcEndpoint { modification: Box::new(modification) };
    Some(step(desired, format!("change {}", touched.join(", ")), call))
}

#[cfg(test)]
mod tests {
    use provision_config::unknown::{CLOSE, OPEN};
    use provision_reconciler::diff::diff;
    use provision_reconciler::{Kind, fields_of};
    use serde_json::{Value, json};

    use super::*;
    use crate::ec2_vpc_endpoint::Ec2VpcEndpoint;
    use crate::testing::{create, delete, spec, update};

    fn s3(fields: Value) -> Value {
        with(json!({ "vpc_id": "vpc-1", "service_name": "com.amazonaws.us-east-1.s3" }), fields)
    }

    fn kms(fields: Value) -> Value {
        let table = json!({
            "vpc_id": "vpc-1", "service_name": "com.amazonaws.us-east-1.kms",
            "subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"],
        });
        with(table, fields)
    }

    fn with(mut table: Value, fields: Value) -> Value {
        for (field, value) in fields.as_object().into_iter().flatten() {
            table[field] = value.clone();
        }
        table
    }

    fn only_ours() -> Value {
        json!({ "statements": [{ "actions": ["s3:*"], "resources": ["*"], "principals": "*" }] })
    }

    fn modification(live: Value, desired: Value) -> Modification {
        let (live, desired) = (spec::<Ec2VpcEndpoint>(live), spec::<Ec2VpcEndpoint>(desired));
        let value = |spec: &VpcEndpointSpec| serde_json::to_value(spec).unwrap_or_default();
        let differences = diff(&fields_of::<VpcEndpointSpec>(), &value(&live), &value(&desired), None);
        let change = Change::Update { live: &live, desired: &desired, differences: &Differences(differences) };
        match steps(change).remove(0).call {
            Call::ModifyVpcEndpoint { modification } => *modification,
            call => panic!("{call:?}"),
        }
    }

    fn set(items: &[&str]) -> BTreeSet<String> {
        items.iter().map(|item| (*item).to_owned()).collect()
    }

    #[test]
    fn an_endpoint_is_made_and_deleted_by_one_call_each() {
        insta::assert_snapshot!(create::<Ec2VpcEndpoint>(s3(json!({ "route_table_ids": ["rtb-1"] }))), @"ec2:CreateVpcEndpoint: create the gateway endpoint for com.amazonaws.us-east-1.s3");
        insta::assert_snapshot!(create::<Ec2VpcEndpoint>(kms(json!({}))), @"ec2:CreateVpcEndpoint: create the interface endpoint for com.amazonaws.us-east-1.kms");
        let live = spec::<Ec2VpcEndpoint>(s3(json!({})));
        insta::assert_snapshot!(delete::<Ec2VpcEndpoint>(&live, false), @"ec2:DeleteVpcEndpoints: delete the endpoint for com.amazonaws.us-east-1.s3");
        let made = Ec2VpcEndpoint::steps(Change::Create { desired: &live });
        assert_eq!(made[0].idempotency, Idempotency::Token, "EC2 knows the second attempt by its client token");
    }

    #[test]
    fn all_that_can_change_is_changed_by_one_call() {
        let changed = json!({
            "subnet_ids": ["subnet-2"], "security_group_ids": ["sg-1", "sg-2"], "private_dns_enabled": false,
            "policy_document": only_ours(), "tags": { "a": "1" },
        });
        insta::assert_snapshot!(update::<Ec2VpcEndpoint>(kms(json!({})), kms(changed.clone())), @r"
        ec2:CreateTags: set the tag a
        ec2:ModifyVpcEndpoint: change subnet_ids, security_group_ids, private_dns_enabled, policy_document
        ");
        assert_eq!(update::<Ec2VpcEndpoint>(kms(changed.clone()), kms(changed.clone())), "");
        let untagged = kms(with(changed, json!({ "tags": {} })));
        let made = modification(kms(json!({})), untagged);
        assert_eq!(made.add_subnet_ids, set(&["subnet-2"]));
        assert_eq!(made.remove_subnet_ids, set(&["subnet-1"]));
        assert_eq!(made.add_security_group_ids, set(&["sg-2"]));
        assert_eq!(made.remove_security_group_ids, set(&[]));
        assert_eq!(made.private_dns_enabled, Some(false));
        assert!(made.policy_document.is_some() && !made.reset_policy);
    }

    #[test]
    fn a_policy_that_the_file_no_longer_has_is_aws_own_again() {
        let made = modification(s3(json!({ "policy_document": only_ours() })), s3(json!({})));
        assert_eq!(made, Modification { reset_policy: true, ..Modification::default() });
        let open = json!({ "Version": "2008-10-17", "Statement": {
            "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*",
        }});
        assert_eq!(update::<Ec2VpcEndpoint>(s3(json!({})), s3(json!({ "policy_document": open }))), "");
    }

    #[test]
    fn route_tables_need_not_be_known_yet() {
        let mark = format!("{OPEN}ec2_route_table.a.route_table_id{CLOSE}");
        let made = modification(s3(json!({ "route_table_ids": ["rtb-1"] })), s3(json!({ "route_table_ids": [mark] })));
        assert_eq!((made.add_route_table_ids, made.remove_route_table_ids), (set(&[&mark]), set(&["rtb-1"])));
    }

    /// A field that is added to the spec must get a call.
    #[test]
    fn every_field_belongs_to_a_call() {
        let fields = fields_of::<VpcEndpointSpec>();
        let others = ["vpc_id", "service_name", "vpc_endpoint_type", "tags"];
        let handled: BTreeSet<&str> = CONFIGURATION.iter().copied().chain(others).collect();
        assert_eq!(fields.names().collect::<BTreeSet<_>>(), handled);
    }
}
