//! From a change of a NAT gateway to its calls.

use provision_reconciler::{Change, Idempotency, Step};

use super::call::Call;
use super::spec::{ConnectivityType, NatGatewaySpec};
use crate::ec2::tag_steps;

pub(super) fn steps(change: Change<'_, NatGatewaySpec>) -> Vec<Step<Call>> {
    match change {
        Change::Create { desired } => vec![create(desired)],
        Change::Update { live, desired, .. } => tag_steps(&live.tags, &desired.tags, Call::Tags),
        Change::Delete { live, .. } => {
            let summary = format!("delete the NAT gateway in {}", live.subnet_id);
            let call = Call::DeleteNatGateway;
            vec![Step::new(call.action(), summary, call).usually_seconds(60)]
        }
    }
}

fn create(desired: &NatGatewaySpec) -> Step<Call> {
    let what = match desired.connectivity_type {
        ConnectivityType::Public => "NAT gateway",
        ConnectivityType::Private => "private NAT gateway",
    };
    let call = Call::CreateNatGateway { spec: desired.clone() };
    Step::new(call.action(), format!("create the {what} in {}", desired.subnet_id), call)
        .idempotency(Idempotency::Token)
        .usually_seconds(110)
}

#[cfg(test)]
mod tests {
    use provision_reconciler::{Kind, fields_of};
    use serde_json::{Value, json};

    use super::*;
    use crate::ec2_nat_gateway::Ec2NatGateway;
    use crate::testing::{create, delete, spec, update};

    fn table(fields: Value) -> Value {
        let mut table = json!({ "subnet_id": "subnet-1", "allocation_id": "eipalloc-1" });
        for (field, value) in fields.as_object().into_iter().flatten() {
            table[field] = value.clone();
        }
        table
    }

    #[test]
    fn it_is_made_and_deleted_by_one_call_each() {
        insta::assert_snapshot!(create::<Ec2NatGateway>(table(json!({}))), @"ec2:CreateNatGateway: create the NAT gateway in subnet-1");
        insta::assert_snapshot!(create::<Ec2NatGateway>(json!({ "subnet_id": "subnet-1", "connectivity_type": "private" })), @"ec2:CreateNatGateway: create the private NAT gateway in subnet-1");
        let live = spec::<Ec2NatGateway>(table(json!({})));
        insta::assert_snapshot!(delete::<Ec2NatGateway>(&live, false), @"ec2:DeleteNatGateway: delete the NAT gateway in subnet-1");
        let made = Ec2NatGateway::steps(Change::Create { desired: &live });
        assert_eq!(made[0].idempotency, Idempotency::Token, "EC2 knows the second attempt by its client token");
    }

    #[test]
    fn only_tags_change_in_place() {
        insta::assert_snapshot!(update::<Ec2NatGateway>(table(json!({ "tags": { "a": "1" } })), table(json!({ "tags": { "b": "1" } }))), @r"
        ec2:CreateTags: set the tag b
        ec2:DeleteTags: remove the tag a
        ");
        let fields = fields_of::<NatGatewaySpec>();
        let mutable: Vec<&String> =
            fields.0.iter().filter(|(_, field)| !field.immutable).map(|(name, _)| name).collect();
        assert_eq!(mutable, ["tags"]);
    }

    #[test]
    fn an_elastic_ip_goes_with_a_public_one_only() {
        let problems = |table: Value| -> Vec<String> {
            spec::<Ec2NatGateway>(table).problems().into_iter().map(|problem| problem.message).collect()
        };
        assert_eq!(problems(table(json!({}))), [""; 0]);
        assert_eq!(problems(json!({ "subnet_id": "s", "connectivity_type": "private" })), [""; 0]);
        assert_eq!(problems(json!({ "subnet_id": "s" })), ["a public NAT gateway needs an Elastic IP address"]);
        assert_eq!(
            problems(table(json!({ "connectivity_type": "private" }))),
            ["a private NAT gateway cannot have an Elastic IP address"]
        );
    }
}
