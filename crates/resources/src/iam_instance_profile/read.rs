//! Reading instance profiles as they are.

use aws_sdk_iam::Client;
use aws_sdk_iam::types::InstanceProfile;
use provision_reconciler::{CloudError, Live, Target, ownership};

use super::spec::InstanceProfileSpec;
use super::{IamInstanceProfile, InstanceProfileOutputs};
use crate::Aws;
use crate::iam::{self, found};

pub(super) const PROFILE: &str = "iam:GetInstanceProfile";

/// Reads one profile.
pub(super) async fn read(
    aws: &Aws,
    target: &Target<InstanceProfileSpec>,
) -> Result<Option<Live<IamInstanceProfile>>, CloudError> {
    let clients = aws.region(&target.scope.region).await;
    let Some(profile) = describe(aws, clients.iam(), &target.id).await? else { return Ok(None) };
    let tags = iam::from_sdk_tags(profile.tags());
    let spec = InstanceProfileSpec {
        instance_profile_name: profile.instance_profile_name.clone(),
        path: profile.path.clone(),
        role: profile.roles().first().map(|role| role.role_name.clone()).unwrap_or_default(),
        tags: ownership::comparable(tags.clone()),
    };
    Ok(Some(Live { id: profile.instance_profile_name.clone(), spec, outputs: outputs(&profile), tags }))
}

/// A profile as IAM has it.
pub(super) async fn describe(aws: &Aws, iam: &Client, name: &str) -> Result<Option<InstanceProfile>, CloudError> {
    let request = iam.get_instance_profile().instance_profile_name(name);
    Ok(found(aws.call(PROFILE, request.send()).await)?.and_then(|answer| answer.instance_profile))
}

pub(super) fn outputs(profile: &InstanceProfile) -> InstanceProfileOutputs {
    InstanceProfileOutputs { arn: profile.arn.clone(), instance_profile_id: profile.instance_profile_id.clone() }
}
