//! From the file's form to EC2's requests.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::operation::create_volume::builders::CreateVolumeFluentBuilder;
use aws_sdk_ec2::operation::modify_instance_attribute::builders::ModifyInstanceAttributeFluentBuilder;
use aws_sdk_ec2::operation::modify_instance_metadata_options::builders::ModifyInstanceMetadataOptionsFluentBuilder;
use aws_sdk_ec2::operation::run_instances::builders::RunInstancesFluentBuilder;
use aws_sdk_ec2::primitives::Blob;
use aws_sdk_ec2::types::{
    AttributeBooleanValue, AttributeValue, BlockDeviceMapping, EbsBlockDevice, EbsInstanceBlockDeviceSpecification,
    HttpTokensState, IamInstanceProfileSpecification, InstanceBlockDeviceMappingSpecification,
    InstanceMetadataEndpointState, InstanceMetadataOptionsRequest, InstanceMetadataTagsState,
    InstanceNetworkInterfaceSpecification, InstanceType, ResourceType, RunInstancesMonitoringEnabled,
    SecureBlobAttributeValue, VolumeType,
};
use aws_smithy_types::base64;
use provision_reconciler::Scope;

use super::call::{Attribute, Disk};
use super::image::Image;
use super::spec::{InstanceSpec, MetadataOptions, Switch};
use super::volume::Volume;
use crate::ec2::{client_token, tag_specification};
use crate::tags::Tags;
use crate::values::to_aws;

/// What is tagged in the call that makes it.
const MADE: [ResourceType; 3] = [ResourceType::Instance, ResourceType::Volume, ResourceType::NetworkInterface];

/// The one call that makes an instance. The token makes a second one of the same operation answer with the first one's instance.
pub(super) fn run_instances(
    client: &Client,
    instance: &InstanceSpec,
    image: &Image,
    scope: &Scope,
) -> RunInstancesFluentBuilder {
    // A public address can be refused only here, not on the instance as such.
    let interface = InstanceNetworkInterfaceSpecification::builder()
        .device_index(0)
        .subnet_id(&instance.subnet_id)
        .set_groups(Some(instance.security_group_ids.iter().cloned().collect()))
        .set_private_ip_address(instance.private_ip_address.clone())
        .associate_public_ip_address(instance.associate_public_ip_address)
        .delete_on_termination(true);
    let disks = std::iter::once((image.root_device_name.as_str(), &instance.root_volume))
        .chain(instance.data_volumes.iter().map(|(device, volume)| (device.as_str(), volume)))
        .map(|(name, volume)| BlockDeviceMapping::builder().device_name(name).ebs(device(volume)).build());
    let profile = IamInstanceProfileSpecification::builder().name(&instance.iam_instance_profile).build();
    let behavior = instance.instance_initiated_shutdown_behavior;
    client
        .run_instances()
        .client_token(client_token(scope))
        .min_count(1)
        .max_count(1)
        .image_id(&image.id)
        .instance_type(InstanceType::from(instance.instance_type.as_str()))
        .network_interfaces(interface.build())
        .set_key_name((!instance.key_name.is_empty()).then(|| instance.key_name.clone()))
        .set_iam_instance_profile((!instance.iam_instance_profile.is_empty()).then_some(profile))
        .set_user_data(instance.user_data.as_ref().map(base64::encode))
        .metadata_options(launch_options(&instance.metadata_options))
        .monitoring(RunInstancesMonitoringEnabled::builder().enabled(instance.monitoring).build())
        .ebs_optimized(instance.ebs_optimized)
        .disable_api_termination(instance.disable_api_termination)
        .set_instance_initiated_shutdown_behavior(behavior.map(|behavior| to_aws(&behavior).as_str().into()))
        .set_block_device_mappings(Some(disks.collect()))
        .set_tag_specifications(Some(
            MADE.into_iter().map(|made| tag_specification(made, &instance.tags, scope)).collect(),
        ))
}

fn device(volume: &Volume) -> EbsBlockDevice {
    EbsBlockDevice::builder()
        .set_volume_size(volume.volume_size)
        .volume_type(volume_type(volume))
        .set_iops(volume.iops)
        .set_throughput(volume.throughput)
        .encrypted(volume.encrypted)
        .set_kms_key_id(volume.kms_key.clone())
        .delete_on_termination(volume.delete_on_termination)
        .build()
}

fn volume_type(volume: &Volume) -> VolumeType {
    VolumeType::from(to_aws(&volume.volume_type).as_str())
}

/// The options as EC2 takes them: the others are refused where the service is off.
fn launch_options(options: &MetadataOptions) -> InstanceMetadataOptionsRequest {
    let request = InstanceMetadataOptionsRequest::builder().http_endpoint(endpoint(options));
    match options.http_endpoint {
        Switch::Disabled => request.build(),
        Switch::Enabled => request
            .http_tokens(HttpTokensState::from(to_aws(&options.http_tokens).as_str()))
            .http_put_response_hop_limit(options.http_put_response_hop_limit)
            .instance_metadata_tags(InstanceMetadataTagsState::from(to_aws(&options.instance_metadata_tags).as_str()))
            .build(),
    }
}

/// The same for an instance that is there.
pub(super) fn modify_metadata_options(
    client: &Client,
    id: &str,
    options: &MetadataOptions,
) -> ModifyInstanceMetadataOptionsFluentBuilder {
    let request = client.modify_instance_metadata_options().instance_id(id).http_endpoint(endpoint(options));
    match options.http_endpoint {
        Switch::Disabled => request,
        Switch::Enabled => request
            .http_tokens(HttpTokensState::from(to_aws(&options.http_tokens).as_str()))
            .http_put_response_hop_limit(options.http_put_response_hop_limit)
            .instance_metadata_tags(InstanceMetadataTagsState::from(to_aws(&options.instance_metadata_tags).as_str())),
    }
}

fn endpoint(options: &MetadataOptions) -> InstanceMetadataEndpointState {
    InstanceMetadataEndpointState::from(to_aws(&options.http_endpoint).as_str())
}

/// Sets one attribute.
pub(super) fn modify_attribute(
    client: &Client,
    id: &str,
    attribute: &Attribute,
) -> ModifyInstanceAttributeFluentBuilder {
    let request = client.modify_instance_attribute().instance_id(id);
    let flag = |value: bool| AttributeBooleanValue::builder().value(value).build();
    let text = |value: &str| AttributeValue::builder().value(value).build();
    match attribute {
        Attribute::InstanceType(name) => request.instance_type(text(name)),
        Attribute::EbsOptimized(optimized) => request.ebs_optimized(flag(*optimized)),
        // The SDK encodes it.
        Attribute::UserData(data) => {
            request.user_data(SecureBlobAttributeValue::builder().value(Blob::new(data.as_bytes())).build())
        }
        Attribute::DisableApiTermination(disabled) => request.disable_api_termination(flag(*disabled)),
        Attribute::InstanceInitiatedShutdownBehavior(behavior) => {
            request.instance_initiated_shutdown_behavior(text(&to_aws(behavior)))
        }
        Attribute::SourceDestCheck(check) => request.source_dest_check(flag(*check)),
        Attribute::Groups(groups) => request.set_groups(Some(groups.iter().cloned().collect())),
        Attribute::DeleteOnTermination { device_name, delete } => {
            let ebs = EbsInstanceBlockDeviceSpecification::builder().delete_on_termination(*delete).build();
            let mapping = InstanceBlockDeviceMappingSpecification::builder().device_name(device_name).ebs(ebs).build();
            request.block_device_mappings(mapping)
        }
    }
}

/// Makes a volume where its instance is.
pub(super) fn create_volume(
    client: &Client,
    disk: &Disk,
    token: String,
    tags: &Tags,
    scope: &Scope,
) -> CreateVolumeFluentBuilder {
    let Disk { volume, zone, .. } = disk;
    client
        .create_volume()
        .client_token(token)
        .availability_zone(zone)
        .set_size(volume.volume_size)
        .volume_type(volume_type(volume))
        .set_iops(volume.iops)
        .set_throughput(volume.throughput)
        .encrypted(volume.encrypted)
        .set_kms_key_id(volume.kms_key.clone())
        .tag_specifications(tag_specification(ResourceType::Volume, tags, scope))
}
