//! What the file says of an instance profile.

use provision_reconciler::Scope;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::iam;
use crate::tags::Tags;

/// An instance profile: what gives an EC2 instance its role.
///
/// ```toml
/// [iam_instance_profile.host]
/// instance_profile_name = "acme-${environment.name}-host"
/// role = "${iam_role.host.role_name}"
/// ```
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateInstanceProfile.html>
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InstanceProfileSpec {
    /// The name, unique in its account, in upper and lower case alike: up to 128 letters, digits and `+=,.@_-`.
    #[schemars(extend("immutable" = true, "pattern" = "^[a-zA-Z0-9_+=,.@-]{1,128}$"))]
    pub instance_profile_name: String,
    /// The path, which groups profiles and is part of the ARN: it begins and ends with `/`.
    #[serde(default = "root")]
    #[schemars(length(max = 512), extend("immutable" = true, "pattern" = "^/([!-~]*/)?$"))]
    pub path: String,
    /// The name of the role. EC2 (`ec2.amazonaws.com`) must be trusted to assume it. Empty: none, and instances get no credentials.
    /// Programs on running instances get a new role's credentials within the hour.
    #[serde(default)]
    #[schemars(extend("pattern" = "^[a-zA-Z0-9_+=,.@-]{0,64}$"))]
    #[schemars(extend("severity" = "high"))]
    pub role: String,
    /// The tags. IAM does not tell upper from lower case in their keys.
    #[serde(default)]
    #[schemars(extend("severity" = "low"))]
    pub tags: Tags,
}

fn root() -> String {
    "/".to_owned()
}

impl InstanceProfileSpec {
    /// What the profile's ARN is or will be.
    pub(super) fn arn(&self, scope: &Scope) -> String {
        iam::arn(scope, &format!("instance-profile{}{}", self.path, self.instance_profile_name))
    }
}
