//! Reading roles as they are.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::Client;
use aws_sdk_iam::types::Role;
use futures::future::{join4, try_join_all};
use provision_reconciler::{CloudError, ErrorClass, Live, Target, ownership};

use super::spec::RoleSpec;
use super::{IamRole, RoleOutputs};
use crate::Aws;
use crate::document::Document;
use crate::iam::{self, found};

pub(super) const ROLE: &str = "iam:GetRole";
pub(super) const INLINE: &str = "iam:ListRolePolicies";
pub(super) const INLINE_POLICY: &str = "iam:GetRolePolicy";
pub(super) const ATTACHED: &str = "iam:ListAttachedRolePolicies";
pub(super) const INSTANCE_PROFILES: &str = "iam:ListInstanceProfilesForRole";

/// Reads one role: four calls at once, then one for each of its inline policies.
pub(super) async fn read(aws: &Aws, target: &Target<RoleSpec>) -> Result<Option<Live<IamRole>>, CloudError> {
    let clients = aws.region(&target.scope.region).await;
    let reader = Reader { aws, iam: clients.iam(), name: &target.id };
    let inline_policies = async {
        match reader.inline_policies().await? {
            Some(names) => reader.documents(names).await.map(Some),
            None => Ok(None),
        }
    };
    let (role, inline_policies, attached, instance_profiles) =
        join4(reader.role(), inline_policies, reader.attached(), reader.instance_profiles()).await;
    let Some(role) = role? else { return Ok(None) };
    // Deleted between two calls, if one of them does not find it any more.
    let (Some(inline_policies), Some(attached), Some(instance_profiles)) =
        (inline_policies?, attached?, instance_profiles?)
    else {
        return Ok(None);
    };
    let tags = iam::from_sdk_tags(role.tags());
    let desired = target.desired.as_ref();
    let spec = RoleSpec {
        role_name: role.role_name.clone(),
        path: role.path.clone(),
        description: role.description.clone().unwrap_or_default(),
        assume_role_policy: iam::document(ROLE, role.assume_role_policy_document().unwrap_or_default())?,
        max_session_duration: role.max_session_duration.unwrap_or(3600),
        permissions_boundary: boundary(&role),
        managed_policy_arns: attached,
        inline_policies,
        // What they come to is read as an inline policy.
        grants: desired.map(|desired| desired.grants.clone()).unwrap_or_default(),
        tags: ownership::comparable(tags.clone()),
        instance_profiles,
    };
    Ok(Some(Live { id: role.role_name.clone(), spec, outputs: outputs(&role), tags }))
}

pub(super) fn outputs(role: &Role) -> RoleOutputs {
    RoleOutputs { arn: role.arn.clone(), role_id: role.role_id.clone() }
}

fn boundary(role: &Role) -> String {
    let boundary = role.permissions_boundary();
    boundary.and_then(|boundary| boundary.permissions_boundary_arn()).unwrap_or_default().to_owned()
}

struct Reader<'a> {
    aws: &'a Aws,
    iam: &'a Client,
    name: &'a str,
}

impl Reader<'_> {
    async fn role(&self) -> Result<Option<Role>, CloudError> {
        let request = self.iam.get_role().role_name(self.name);
        Ok(found(self.aws.call(ROLE, request.send()).await)?.and_then(|answer| answer.role))
    }

    /// The names of the inline policies.
    async fn inline_policies(&self) -> Result<Option<Vec<String>>, CloudError> {
        let request = self.iam.list_role_policies().role_name(self.name);
        found(self.aws.call(INLINE, request.into_paginator().items().send().try_collect()).await)
    }

    async fn documents(&self, names: Vec<String>) -> Result<BTreeMap<String, Document>, CloudError> {
        let documents = names.into_iter().map(|name| async move {
            let request = self.iam.get_role_policy().role_name(self.name).policy_name(&name);
            match self.aws.call(INLINE_POLICY, request.send()).await {
                Ok(answer) => Ok(Some((name, iam::document(INLINE_POLICY, &answer.policy_document)?))),
                // Deleted since it was listed.
                Err(error) if error.class == ErrorClass::NotFound => Ok(None),
                Err(error) => Err(error),
            }
        });
        Ok(try_join_all(documents).await?.into_iter().flatten().collect())
    }

    /// The ARNs of the managed policies.
    async fn attached(&self) -> Result<Option<BTreeSet<String>>, CloudError> {
        let request = self.iam.list_attached_role_policies().role_name(self.name);
        let answer = self.aws.call(ATTACHED, request.into_paginator().items().send().try_collect()).await;
        let policies: Option<Vec<_>> = found(answer)?;
        Ok(policies.map(|policies| policies.into_iter().filter_map(|policy| policy.policy_arn).collect()))
    }

    /// The names of the instance profiles that it is in.
    async fn instance_profiles(&self) -> Result<Option<BTreeSet<String>>, CloudError> {
        let request = self.iam.list_instance_profiles_for_role().role_name(self.name);
        let answer = self.aws.call(INSTANCE_PROFILES, request.into_paginator().items().send().try_collect()).await;
        let profiles: Option<Vec<_>> = found(answer)?;
        Ok(profiles.map(|profiles| profiles.into_iter().map(|profile| profile.instance_profile_name).collect()))
    }
}
