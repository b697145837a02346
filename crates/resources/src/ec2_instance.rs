//! `ec2_instance`: AWS::EC2::Instance.
//!
//! EC2 chooses the id, so an instance is found again by its tags. What it is made with (volumes, network interface) goes into the one
//! call that makes it, which carries a client token: repeated, it makes no second instance.
//!
//! Some attributes change only while it is stopped. It is marked before it is stopped for that ([`RESTART`]), so that whatever
//! interrupts the change, the next run knows to start it again.

mod call;
mod image;
mod read;
mod request;
mod run;
mod settle;
mod spec;
mod steps;
mod volume;

use aws_sdk_ec2::types::Instance;
use provision_reconciler::{Change, CloudError, Kind, Live, Problem, Progress, Scope, Step, Target};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use call::{Attribute, Call, Disk, VolumeChange};
pub use spec::{HttpTokens, InstanceSpec, MetadataOptions, ShutdownBehavior, Switch};
pub use volume::{Volume, VolumeType};

use crate::Aws;

/// The kind `ec2_instance`.
#[derive(Clone, Copy, Debug)]
pub struct Ec2Instance;

/// The tag of an instance that is stopped for a change and is to be started again.
const RESTART: &str = "provision:restart";

/// What references can name besides the fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InstanceOutputs {
    /// The instance's id, `i-…`.
    pub instance_id: String,
    /// The instance's ARN.
    pub arn: String,
    /// The private IPv4 address.
    pub private_ip: String,
    /// The host name of that address inside the VPC.
    pub private_dns_name: String,
    /// The Availability Zone, which follows from the subnet.
    pub availability_zone: String,
    /// The id of the network interface, `eni-…`.
    pub network_interface_id: String,
    /// The id of the image that it was made of, `ami-…`.
    pub running_image_id: String,
    /// If `image_id` names an SSM parameter that leads to a newer image by now, that image's id; else empty.
    pub newer_image_id: String,
}

impl Kind for Ec2Instance {
    const NAME: &'static str = "ec2_instance";
    const AWS_TYPE: &'static str = "AWS::EC2::Instance";
    const ARN: &'static str = "arn:${Partition}:ec2:${Region}:${Account}:instance/${InstanceId}";
    const STATEFUL: bool = true;
    const READS: &'static [&'static str] = &[
        read::INSTANCES,
        read::ATTRIBUTE,
        read::VOLUMES,
        settle::MODIFICATIONS,
        run::ASSOCIATIONS,
        image::IMAGES,
        image::PARAMETERS,
    ];

    type Cloud = Aws;
    type Spec = InstanceSpec;
    type Outputs = InstanceOutputs;
    type Call = Call;

    fn check(spec: &InstanceSpec) -> Vec<Problem> {
        spec.problems()
    }

    fn complete(spec: InstanceSpec, _scope: &Scope) -> Result<InstanceSpec, Problem> {
        spec.complete()
    }

    fn identity(_spec: &InstanceSpec, _scope: &Scope) -> Option<String> {
        None
    }

    async fn read(cloud: &Aws, targets: &[Target<InstanceSpec>]) -> Vec<Result<Option<Live<Self>>, CloudError>> {
        read::read(cloud, targets).await
    }

    async fn find(cloud: &Aws, scope: &Scope) -> Result<Option<String>, CloudError> {
        read::find(cloud, scope).await
    }

    fn steps(change: Change<'_, InstanceSpec>) -> Vec<Step<Call>> {
        steps::steps(change)
    }

    fn remarks(live: &Live<Self>) -> Vec<String> {
        let InstanceOutputs { running_image_id, newer_image_id, .. } = &live.outputs;
        if newer_image_id.is_empty() || live.spec.replace_on_new_image {
            return Vec::new();
        }
        vec![format!(
            "there is a newer image, {newer_image_id}; it runs {running_image_id}, and `replace_on_new_image = true` replaces it"
        )]
    }

    async fn run(cloud: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
        run::run(cloud, scope, call, progress).await
    }

    async fn settle(cloud: &Aws, scope: &Scope, call: &Call, progress: &mut Progress) -> Result<(), CloudError> {
        settle::settle(cloud, scope, call, progress).await
    }
}

/// What a description of the instance tells of its outputs; `newer` is the id of a newer image, if there is one.
fn outputs(instance: &Instance, scope: &Scope, newer: String) -> InstanceOutputs {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let id = text(instance.instance_id());
    InstanceOutputs {
        arn: scope.arn("ec2", &format!("instance/{id}")),
        instance_id: id,
        private_ip: text(instance.private_ip_address()),
        private_dns_name: text(instance.private_dns_name()),
        availability_zone: read::zone(instance).to_owned(),
        network_interface_id: text(read::interface(instance).and_then(|interface| interface.network_interface_id())),
        running_image_id: text(instance.image_id()),
        newer_image_id: newer,
    }
}

/// Sets the outputs of a new instance, which is of the newest image.
fn note_outputs(progress: &mut Progress, instance: &Instance, scope: &Scope) {
    let InstanceOutputs {
        instance_id,
        arn,
        private_ip,
        private_dns_name,
        availability_zone,
        network_interface_id,
        running_image_id,
        newer_image_id,
    } = outputs(instance, scope, String::new());
    progress.output("instance_id", instance_id);
    progress.output("arn", arn);
    progress.output("private_ip", private_ip);
    progress.output("private_dns_name", private_dns_name);
    progress.output("availability_zone", availability_zone);
    progress.output("network_interface_id", network_interface_id);
    progress.output("running_image_id", running_image_id);
    progress.output("newer_image_id", newer_image_id);
}
