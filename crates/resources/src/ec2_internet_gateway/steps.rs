//! From a change of an internet gateway to its calls.

use provision_reconciler::{Change, Idempotency, Step};

use super::call::Call;
use super::spec::InternetGatewaySpec;
use crate::ec2::tag_steps;

pub(super) fn steps(change: Change<'_, InternetGatewaySpec>) -> Vec<Step<Call>> {
    match change {
        Change::Create { desired } => {
            let call = Call::CreateInternetGateway { tags: desired.tags.clone() };
            let create = Step::new(call.action(), "create the internet gateway", call);
            let mut steps = vec![create.idempotency(Idempotency::FindFirst)];
            steps.extend(desired.attached.then(|| attach(desired)));
            steps
        }
        Change::Update { live, desired, .. } => {
            let mut steps = match (live.attached, desired.attached) {
                (false, true) => vec![attach(desired)],
                (true, false) => vec![detach(live)],
                _ => Vec::new(),
            };
            steps.extend(tag_steps(&live.tags, &desired.tags, Call::Tags));
            steps
        }
        Change::Delete { live, .. } => {
            let call = Call::DeleteInternetGateway;
            let delete = Step::new(call.action(), "delete the internet gateway", call);
            live.attached.then(|| detach(live)).into_iter().chain([delete]).collect()
        }
    }
}

fn attach(spec: &InternetGatewaySpec) -> Step<Call> {
    let call = Call::AttachInternetGateway { vpc_id: spec.vpc_id.clone() };
    Step::new(call.action(), format!("attach it to the VPC {}", spec.vpc_id), call)
}

fn detach(spec: &InternetGatewaySpec) -> Step<Call> {
    let call = Call::DetachInternetGateway { vpc_id: spec.vpc_id.clone() };
    Step::new(call.action(), format!("detach it from the VPC {}", spec.vpc_id), call)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::ec2_internet_gateway::Ec2InternetGateway as Gateway;
    use crate::testing::{create, delete, spec, update};

    fn attached() -> Value {
        json!({ "vpc_id": "vpc-1" })
    }

    fn detached() -> Value {
        json!({ "vpc_id": "vpc-1", "attached": false })
    }

    #[test]
    fn it_is_made_and_attached_and_detached_before_it_goes() {
        insta::assert_snapshot!(create::<Gateway>(attached()), @r"
        ec2:CreateInternetGateway: create the internet gateway
        ec2:AttachInternetGateway: attach it to the VPC vpc-1
        ");
        insta::assert_snapshot!(delete::<Gateway>(&spec::<Gateway>(attached()), false), @r"
        ec2:DetachInternetGateway: detach it from the VPC vpc-1
        ec2:DeleteInternetGateway: delete the internet gateway
        ");
        insta::assert_snapshot!(create::<Gateway>(detached()), @"ec2:CreateInternetGateway: create the internet gateway");
        insta::assert_snapshot!(delete::<Gateway>(&spec::<Gateway>(detached()), false), @"ec2:DeleteInternetGateway: delete the internet gateway");
    }

    #[test]
    fn each_field_has_its_call() {
        let tagged = json!({ "vpc_id": "vpc-1", "tags": { "Name": "main" } });
        for (name, from, to, expected) in [
            ("nothing", attached(), attached(), ""),
            ("attach", detached(), attached(), "ec2:AttachInternetGateway: attach it to the VPC vpc-1"),
            ("detach", attached(), detached(), "ec2:DetachInternetGateway: detach it from the VPC vpc-1"),
            ("tags", attached(), tagged, "ec2:CreateTags: set the tag Name"),
        ] {
            assert_eq!(update::<Gateway>(from, to), expected, "{name}");
        }
    }
}
