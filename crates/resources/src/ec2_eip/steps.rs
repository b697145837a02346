//! From a change of an Elastic IP address to its calls.

use provision_reconciler::{Change, Idempotency, Step};

use super::call::Call;
use super::spec::EipSpec;
use crate::ec2::tag_steps;

pub(super) fn steps(change: Change<'_, EipSpec>) -> Vec<Step<Call>> {
    match change {
        Change::Create { desired } => {
            let call = Call::AllocateAddress {
                network_border_group: desired.network_border_group.clone(),
                public_ipv4_pool: desired.public_ipv4_pool.clone(),
                tags: desired.tags.clone(),
            };
            let allocate = Step::new(call.action(), "allocate a public IPv4 address", call);
            vec![allocate.idempotency(Idempotency::FindFirst)]
        }
        Change::Update { live, desired, .. } => tag_steps(&live.tags, &desired.tags, Call::Tags),
        Change::Delete { live, .. } => {
            let call = Call::ReleaseAddress { network_border_group: live.network_border_group.clone() };
            vec![Step::new(call.action(), "release the public IPv4 address, which is then lost", call)]
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::ec2_eip::Ec2Eip;
    use crate::testing::{create, delete, spec, update};

    #[test]
    fn it_takes_a_call_to_get_one_and_one_to_give_it_back() {
        insta::assert_snapshot!(create::<Ec2Eip>(json!({})), @"ec2:AllocateAddress: allocate a public IPv4 address");
        let live = spec::<Ec2Eip>(json!({}));
        insta::assert_snapshot!(delete::<Ec2Eip>(&live, false), @"ec2:ReleaseAddress: release the public IPv4 address, which is then lost");
    }

    #[test]
    fn only_its_tags_change() {
        let tagged = |name: &str| json!({ "tags": { name: "nat" } });
        insta::assert_snapshot!(update::<Ec2Eip>(tagged("Name"), tagged("Use")), @r"
        ec2:CreateTags: set the tag Use
        ec2:DeleteTags: remove the tag Name
        ");
        assert_eq!(update::<Ec2Eip>(json!({}), json!({})), "");
    }
}
