//! What the file says of an instance.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use provision_config::unknown;
use provision_reconciler::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::image;
use super::volume::Volume;
use crate::tags::Tags;

/// The most bytes that user data may have. <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html>
const MOST_USER_DATA: usize = 16 * 1024;

/// An EC2 instance, hardened unless the file says otherwise: IMDSv2 only and one hop away, encrypted volumes, no public address, no SSH
/// key, detailed monitoring.
///
/// Its volumes hold data, so it is not deleted or replaced unless the person says so too (`--delete-data`).
///
/// A field whose change needs a stopped instance (`instance_type`, `ebs_optimized`, `user_data`) makes the plan stop and start it. An
/// instance that somebody stopped stays stopped.
///
/// ```toml
/// [ec2_instance.host]
/// image_id = "resolve:ssm:/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2"
/// instance_type = "t3.small"
/// subnet_id = "${ec2_subnet.private_a.subnet_id}"
/// security_group_ids = ["${ec2_security_group.host.group_id}"]
/// iam_instance_profile = "${iam_instance_profile.host.instance_profile_name}"
/// disable_api_termination = true
/// root_volume = { volume_size = 16, kms_key = "${kms_key.ebs.arn}" }
/// tags = { Name = "acme-${environment.name}-host" }
///
/// [ec2_instance.host.data_volumes."/dev/sdf"]
/// volume_size = 100
/// kms_key = "${kms_key.ebs.arn}"
/// ```
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html>
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InstanceSpec {
    /// The image (AMI): its id, or EC2's own way to name the latest one of a kind, `resolve:ssm:` and an SSM parameter.
    /// `resolve:ssm:/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2` is the latest Amazon Linux 2. Once the instance runs, a
    /// newer image is no difference; the output `newer_image_id` names it. Another id or parameter replaces the instance.
    #[schemars(extend("immutable" = true, "pattern" = r"^(ami-[0-9a-f]{8,17}|resolve:ssm:\S{1,2048})$"))]
    pub image_id: String,
    /// Whether a newer image of the SSM parameter replaces the instance.
    #[serde(default)]
    pub replace_on_new_image: bool,
    /// The type: `t3.micro`, … A change stops and starts the instance.
    #[schemars(extend("pattern" = r"^[a-z0-9-]+\.[a-z0-9-]+$"))]
    pub instance_type: String,
    /// The subnet.
    #[schemars(extend("immutable" = true))]
    pub subnet_id: String,
    /// The security groups, of the subnet's VPC: at least one.
    #[schemars(extend("severity" = "high"))]
    pub security_group_ids: BTreeSet<String>,
    /// The private IPv4 address. Unset: AWS chooses one of the subnet's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("immutable" = true, "pattern" = r"^[0-9]{1,3}(\.[0-9]{1,3}){3}$"))]
    pub private_ip_address: Option<String>,
    /// Whether it has a public IPv4 address, another one after each stop, whatever the subnet's own default is.
    #[serde(default)]
    #[schemars(extend("immutable" = true))]
    #[schemars(extend("severity" = "high"))]
    pub associate_public_ip_address: bool,
    /// The name of the key pair for SSH. Empty: none; Session Manager needs none.
    #[serde(default)]
    #[schemars(extend("immutable" = true))]
    #[schemars(extend("severity" = "high"))]
    pub key_name: String,
    /// The name of the instance profile, whose role programs on the instance act as. Empty: none.
    #[serde(default)]
    #[schemars(extend("pattern" = "^[a-zA-Z0-9_+=,.@-]{0,128}$"))]
    #[schemars(extend("severity" = "high"))]
    pub iam_instance_profile: String,
    /// What runs at the first boot: a script, or cloud-init's own form; up to 16 KB. A change stops and starts the instance, but most images
    /// run it no second time. Whoever may describe the instance can read it: no secrets here. Unset: not managed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("severity" = "high"))]
    pub user_data: Option<String>,
    /// The file to take `user_data` from, relative to the file that says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "path"))]
    #[schemars(extend("severity" = "high"))]
    pub user_data_file: Option<String>,
    /// The instance metadata service (IMDS).
    #[serde(default)]
    #[schemars(extend("severity" = "high"))]
    pub metadata_options: MetadataOptions,
    /// Whether CloudWatch gets metrics every minute instead of every five.
    #[serde(default = "yes")]
    pub monitoring: bool,
    /// Whether EBS has network capacity of its own. Some older types (`t2.micro`) cannot. A change stops and starts the instance.
    #[serde(default = "yes")]
    pub ebs_optimized: bool,
    /// Whether AWS refuses to terminate it. A deletion by this program, which `lifecycle.protect` is for, turns it off first.
    #[serde(default)]
    #[schemars(extend("severity" = "high"))]
    pub disable_api_termination: bool,
    /// What a shutdown from inside does. Unset: not managed; EC2 begins with `stop`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_initiated_shutdown_behavior: Option<ShutdownBehavior>,
    /// Whether traffic that is neither from nor to the instance is dropped. A NAT or a firewall needs `false`.
    #[serde(default = "yes")]
    #[schemars(extend("severity" = "high"))]
    pub source_dest_check: bool,
    /// The volume that it boots from.
    #[serde(default)]
    pub root_volume: Volume,
    /// The other EBS volumes, by device name (`/dev/sdf`), all of them. One that is taken out of here is detached; it and its data are
    /// kept.
    #[serde(default)]
    pub data_volumes: BTreeMap<String, Volume>,
    /// The tags. The volumes and the network interface get them too when they are made; a later change is the instance's alone.
    #[serde(default)]
    #[schemars(extend("severity" = "low"))]
    pub tags: Tags,
    /// Whether it is stopped, or about to be. Only ever read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schemars(skip)]
    pub stopped: bool,
    /// What the device of the root volume is called. Only ever read: it is the image's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    pub root_device_name: Option<String>,
    /// The Availability Zone, which follows from the subnet. Only ever read.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(skip)]
    pub availability_zone: String,
}

/// The instance metadata service (IMDS), from which programs on the instance get the role's credentials.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-options.html>
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MetadataOptions {
    /// `required`: only with a session token (IMDSv2), so that a program that can be made to fetch an address gives no credentials
    /// away.
    #[serde(default)]
    pub http_tokens: HttpTokens,
    /// How many network hops an answer may go: 1 reaches the instance itself, 2 also its containers.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 64))]
    pub http_put_response_hop_limit: i32,
    /// Whether there is a metadata service at all. The other fields mean nothing without.
    #[serde(default = "enabled")]
    pub http_endpoint: Switch,
    /// Whether the instance's tags can be read from it.
    #[serde(default = "disabled")]
    pub instance_metadata_tags: Switch,
}

/// Whether the metadata service asks for a session token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum HttpTokens {
    /// Only IMDSv2.
    #[default]
    Required,
    /// IMDSv1 too.
    Optional,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Switch {
    /// On.
    Enabled,
    /// Off.
    Disabled,
}

/// What a shutdown from inside does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ShutdownBehavior {
    /// It is stopped.
    Stop,
    /// It is deleted, with the volumes that say so.
    Terminate,
}

impl Default for MetadataOptions {
    fn default() -> Self {
        Self {
            http_tokens: HttpTokens::Required,
            http_put_response_hop_limit: one(),
            http_endpoint: enabled(),
            instance_metadata_tags: disabled(),
        }
    }
}

fn yes() -> bool {
    true
}

fn one() -> i32 {
    1
}

fn enabled() -> Switch {
    Switch::Enabled
}

fn disabled() -> Switch {
    Switch::Disabled
}

impl InstanceSpec {
    /// What the schema cannot say.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.security_group_ids.is_empty() {
            let problem = Problem::new("/security_group_ids", "the instance has no security group");
            problems.push(problem.help("name at least one, as in `[\"${ec2_security_group.NAME.group_id}\"]`"));
        }
        if self.replace_on_new_image
            && image::parameter(&self.image_id).is_none()
            && !unknown::is_unknown(&self.image_id)
        {
            let problem = Problem::new("/replace_on_new_image", "an image that is named by its id has no newer one");
            problems.push(problem.help("name an SSM parameter in `image_id`, as in `resolve:ssm:/aws/service/…`"));
        }
        if self.user_data.is_some() && self.user_data_file.is_some() {
            let problem = Problem::new("/user_data_file", "`user_data` and `user_data_file` are both there");
            problems.push(problem.help("leave one of them out"));
        } else if let Err(problem) = self.user_data() {
            problems.push(problem);
        }
        problems.extend(self.root_volume.problems("/root_volume"));
        for (device_name, volume) in &self.data_volumes {
            let pointer = format!("/data_volumes/{}", device_name.replace('~', "~0").replace('/', "~1"));
            let is_device = device_name.strip_prefix("/dev/").unwrap_or(device_name);
            if !["sd", "xvd"].iter().any(|prefix| is_device.starts_with(prefix)) {
                let problem = Problem::new(&pointer, format!("`{device_name}` is no name of a device"));
                problems.push(problem.help("EC2 recommends `/dev/sdf` to `/dev/sdp`"));
            }
            if volume.volume_size.is_none() {
                let problem = Problem::new(&pointer, "the volume has no size");
                problems.push(problem.help("say how many GiB, as in `volume_size = 100`"));
            }
            problems.extend(volume.problems(&pointer));
        }
        problems
    }

    /// With what the file only points to, and with AWS's own defaults of the volumes.
    pub(super) fn complete(mut self) -> Result<Self, Problem> {
        self.user_data = self.user_data()?;
        self.user_data_file = None;
        self.root_volume.complete();
        self.data_volumes.values_mut().for_each(Volume::complete);
        self.tags.insert(image::TAG.to_owned(), self.image_id.clone());
        Ok(self)
    }

    fn user_data(&self) -> Result<Option<String>, Problem> {
        let (pointer, text) = match (&self.user_data_file, &self.user_data) {
            (Some(file), _) => {
                let text = fs::read_to_string(file).map_err(|error| {
                    let problem = Problem::new("/user_data_file", format!("failed to read {file}: {error}"));
                    problem.help("the file is looked for beside the one that names it")
                })?;
                ("/user_data_file", Some(text))
            }
            (None, text) => ("/user_data", text.clone()),
        };
        match text {
            Some(text) if text.len() > MOST_USER_DATA => {
                let message = format!("the user data has {} bytes, and EC2 takes {MOST_USER_DATA}", text.len());
                Err(Problem::new(pointer, message).help("let a short script fetch the rest, from S3 for example"))
            }
            text => Ok(text),
        }
    }
}

#[cfg(test)]
mod tests;
