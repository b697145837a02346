//! From EC2's answers to the file's form.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use aws_sdk_ec2::types::{
    AttachmentStatus, Filter, Instance, InstanceAttributeName, InstanceBlockDeviceMapping, InstanceNetworkInterface,
    InstanceStateName, MonitoringState, NetworkInterface, Volume as Described,
};
use aws_smithy_types::base64;
use futures::future::{join_all, join4, try_join3};
use provision_reconciler::{CloudError, ErrorClass, Live, Scope, Target, ownership};
use tokio::time::sleep;

use super::image::{self, Latest, Standing};
use super::spec::{HttpTokens, InstanceSpec, MetadataOptions, ShutdownBehavior, Switch};
use super::volume::Volume;
use super::{Ec2Instance, outputs};
use crate::Aws;
use crate::aws::Clients;
use crate::ec2::{answers, described, filter, from_sdk_tags, ids, owned_by};
use crate::values::from_aws;

pub(super) const INSTANCES: &str = "ec2:DescribeInstances";
pub(super) const ATTRIBUTE: &str = "ec2:DescribeInstanceAttribute";
pub(super) const VOLUMES: &str = "ec2:DescribeVolumes";
pub(super) const INTERFACES: &str = "ec2:DescribeNetworkInterfaces";

type Read = Result<Option<Live<Ec2Instance>>, CloudError>;

/// The states of an instance that is there, or will be.
const STANDING: [InstanceStateName; 4] =
    [InstanceStateName::Pending, InstanceStateName::Running, InstanceStateName::Stopping, InstanceStateName::Stopped];

/// How long to wait before what changed between the calls of one reading is read again.
const AGAIN: [Duration; 3] = [Duration::from_millis(300), Duration::from_secs(1), Duration::from_secs(3)];

/// Reads all targets. An instance that is launched or terminated meanwhile may be described without its volumes: then again.
pub(super) async fn read(aws: &Aws, targets: &[Target<InstanceSpec>]) -> Vec<Read> {
    for pause in AGAIN {
        let answers = read_once(aws, targets).await;
        if !answers.iter().any(is_torn) {
            return answers;
        }
        sleep(pause).await;
    }
    read_once(aws, targets).await
}

/// Whether the calls of a reading do not agree.
fn is_torn(answer: &Read) -> bool {
    answer.as_ref().is_err_and(|error| error.action == VOLUMES && error.class == ErrorClass::Busy)
}

/// Reads all targets at once: one call for the instances, one for their volumes, one for each ten of the images' parameters, and,
/// since EC2 describes these attributes of one instance at a time, one to three for each instance.
async fn read_once(aws: &Aws, targets: &[Target<InstanceSpec>]) -> Vec<Read> {
    let Some(first) = targets.first() else { return Vec::new() };
    let clients = aws.region(&first.scope.region).await;
    let (clients, ids) = (&*clients, ids(targets));
    let (instances, volumes, latest, attributes) = join4(
        described("instance-id", &ids, |filter| describe(aws, clients, vec![filter])),
        described("attachment.instance-id", &ids, |filter| volumes(aws, clients, filter)),
        image::latest(aws, clients, targets),
        join_all(targets.iter().map(|target| attributes(aws, clients, target))),
    )
    .await;
    let attributes: HashMap<_, _> = targets.iter().map(|target| &target.scope.address).zip(attributes).collect();
    let look = |target: &Target<InstanceSpec>, instance: &Instance| {
        if !is_standing(instance) {
            return Ok(None);
        }
        let (volumes, latest) = (volumes.as_ref().map_err(Clone::clone)?, latest.as_ref().map_err(Clone::clone)?);
        match attributes.get(&target.scope.address) {
            Some(Ok(Some(attributes))) => live(target, instance, volumes, latest, attributes).map(Some),
            Some(Err(error)) => Err(error.clone()),
            // Terminated since.
            Some(Ok(None)) | None => Ok(None),
        }
    };
    answers(targets, instances, |instance| instance.instance_id(), look)
}

/// The id of the instance that carries this address's tags.
pub(super) async fn find(aws: &Aws, scope: &Scope) -> Result<Option<String>, CloudError> {
    let clients = aws.region(&scope.region).await;
    let mut filters = owned_by(scope);
    filters.push(filter("instance-state-name", STANDING.iter().map(InstanceStateName::as_str)));
    let found = describe(aws, &clients, filters).await?;
    Ok(found.into_iter().find_map(|instance| instance.instance_id))
}

/// The instances that the filters let through.
pub(super) async fn describe(aws: &Aws, clients: &Clients, filters: Vec<Filter>) -> Result<Vec<Instance>, CloudError> {
    let request = clients.ec2().describe_instances().set_filters(Some(filters));
    let pages = request.into_paginator().items().send().try_collect();
    let reservations: Vec<_> = aws.call(INSTANCES, pages).await?;
    Ok(reservations.into_iter().flat_map(|reservation| reservation.instances.unwrap_or_default()).collect())
}

/// One instance, in whatever state it is.
pub(super) async fn describe_one(aws: &Aws, clients: &Clients, id: &str) -> Result<Option<Instance>, CloudError> {
    Ok(describe(aws, clients, vec![filter("instance-id", [id])]).await?.pop())
}

/// The volumes that the filter lets through.
pub(super) async fn volumes(aws: &Aws, clients: &Clients, filter: Filter) -> Result<Vec<Described>, CloudError> {
    let pages = clients.ec2().describe_volumes().filters(filter).into_paginator().items().send().try_collect();
    aws.call(VOLUMES, pages).await
}

/// The network interfaces that the filter lets through.
pub(super) async fn interfaces(
    aws: &Aws,
    clients: &Clients,
    filter: Filter,
) -> Result<Vec<NetworkInterface>, CloudError> {
    let request = clients.ec2().describe_network_interfaces().filters(filter);
    aws.call(INTERFACES, request.into_paginator().items().send().try_collect()).await
}

/// Whether an instance is there: one that was terminated can be described for an hour yet.
fn is_standing(instance: &Instance) -> bool {
    state(instance).is_some_and(|state| STANDING.contains(state))
}

/// The state of an instance.
pub(super) fn state(instance: &Instance) -> Option<&InstanceStateName> {
    instance.state().and_then(|state| state.name())
}

/// The primary network interface, which is made with the instance.
pub(super) fn interface(instance: &Instance) -> Option<&InstanceNetworkInterface> {
    let index = |interface: &&InstanceNetworkInterface| interface.attachment().and_then(|place| place.device_index());
    instance.network_interfaces().iter().find(|interface| index(interface) == Some(0))
}

/// The Availability Zone.
pub(super) fn zone(instance: &Instance) -> &str {
    instance.placement().and_then(|placement| placement.availability_zone()).unwrap_or_default()
}

/// The name of the instance profile; empty for none.
pub(super) fn profile(instance: &Instance) -> &str {
    let arn = instance.iam_instance_profile().and_then(|profile| profile.arn()).unwrap_or_default();
    arn.rsplit('/').next().unwrap_or_default()
}

/// What EC2 describes of one instance at a time.
struct Attributes {
    disable_api_termination: bool,
    user_data: Option<String>,
    shutdown_behavior: Option<ShutdownBehavior>,
}

/// The attributes that cannot be seen otherwise; the optional ones only where the file manages them.
async fn attributes(
    aws: &Aws,
    clients: &Clients,
    target: &Target<InstanceSpec>,
) -> Result<Option<Attributes>, CloudError> {
    let attribute = |wanted: bool, name: InstanceAttributeName| async move {
        if !wanted {
            return Ok(None);
        }
        let request = clients.ec2().describe_instance_attribute().instance_id(&target.id).attribute(name);
        aws.call(ATTRIBUTE, request.send()).await.map(Some)
    };
    let desired = target.desired.as_ref();
    let has_user_data = desired.is_some_and(|desired| desired.user_data.is_some());
    let has_behavior = desired.is_some_and(|desired| desired.instance_initiated_shutdown_behavior.is_some());
    let answers = try_join3(
        attribute(true, InstanceAttributeName::DisableApiTermination),
        attribute(has_user_data, InstanceAttributeName::UserData),
        attribute(has_behavior, InstanceAttributeName::InstanceInitiatedShutdownBehavior),
    );
    let (protection, user_data, behavior) = match answers.await {
        Ok(answers) => answers,
        Err(error) if error.class == ErrorClass::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let user_data = user_data.map(|answer| answer.user_data.and_then(|data| data.value).unwrap_or_default());
    let behavior = behavior.and_then(|answer| answer.instance_initiated_shutdown_behavior?.value);
    Ok(Some(Attributes {
        disable_api_termination: protection
            .and_then(|answer| answer.disable_api_termination?.value)
            .unwrap_or_default(),
        user_data: user_data.map(|data| decoded(&data)),
        shutdown_behavior: behavior.map(|behavior| from_aws(ATTRIBUTE, &behavior)).transpose()?,
    }))
}

/// User data as the text that it is. What is no text (compressed, say) differs from any.
fn decoded(data: &str) -> String {
    let bytes = base64::decode(data).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn live(
    target: &Target<InstanceSpec>,
    instance: &Instance,
    volumes: &[Described],
    latest: &Latest,
    attributes: &Attributes,
) -> Result<Live<Ec2Instance>, CloudError> {
    let desired = target.desired.as_ref();
    let tags = from_sdk_tags(instance.tags());
    let running = instance.image_id().unwrap_or_default();
    let Standing { image_id, newer } =
        image::standing(running, tags.get(image::TAG).map(String::as_str), desired, latest)?;
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let stopped = matches!(state(instance), Some(InstanceStateName::Stopping | InstanceStateName::Stopped));
    let (root_volume, data_volumes) = disks(instance, volumes, desired)?;
    let spec = InstanceSpec {
        image_id,
        replace_on_new_image: desired.is_some_and(|desired| desired.replace_on_new_image),
        instance_type: text(instance.instance_type().map(|name| name.as_str())),
        subnet_id: text(instance.subnet_id()),
        // Those of the interface, which are what filters; those of the instance are a copy.
        security_group_ids: interface(instance)
            .map(|interface| interface.groups())
            .unwrap_or_default()
            .iter()
            .filter_map(|group| group.group_id.clone())
            .collect(),
        private_ip_address: instance.private_ip_address().map(str::to_owned),
        associate_public_ip_address: has_public_address(instance, desired, stopped),
        key_name: text(instance.key_name()),
        iam_instance_profile: profile(instance).to_owned(),
        user_data: attributes.user_data.clone(),
        user_data_file: None,
        metadata_options: metadata_options(instance, desired)?,
        monitoring: matches!(
            instance.monitoring().and_then(|monitoring| monitoring.state()),
            Some(MonitoringState::Enabled | MonitoringState::Pending)
        ),
        ebs_optimized: instance.ebs_optimized().unwrap_or_default(),
        disable_api_termination: attributes.disable_api_termination,
        instance_initiated_shutdown_behavior: attributes.shutdown_behavior,
        source_dest_check: instance.source_dest_check().unwrap_or(true),
        root_volume,
        data_volumes,
        tags: ownership::comparable(tags.clone()),
        stopped,
        root_device_name: instance.root_device_name().map(str::to_owned),
        availability_zone: zone(instance).to_owned(),
    };
    Ok(Live { id: target.id.clone(), spec, outputs: outputs(instance, &target.scope, newer), tags })
}

/// Whether it was made with a public address. One of a stopped instance is not there, and an Elastic IP stands in for it.
fn has_public_address(instance: &Instance, desired: Option<&InstanceSpec>, stopped: bool) -> bool {
    let wanted = desired.is_some_and(|desired| desired.associate_public_ip_address);
    match interface(instance).and_then(|interface| interface.association()) {
        Some(association) => wanted || association.ip_owner_id() == Some("amazon"),
        None => wanted && stopped,
    }
}

fn metadata_options(instance: &Instance, desired: Option<&InstanceSpec>) -> Result<MetadataOptions, CloudError> {
    let Some(options) = instance.metadata_options() else { return Ok(MetadataOptions::default()) };
    let text = |text: Option<&str>, unsaid: &str| text.unwrap_or(unsaid).to_owned();
    let switch = |text: String| from_aws::<Switch>(INSTANCES, &text);
    let live = MetadataOptions {
        http_tokens: from_aws::<HttpTokens>(
            INSTANCES,
            &text(options.http_tokens().map(|one| one.as_str()), "optional"),
        )?,
        http_put_response_hop_limit: options.http_put_response_hop_limit().unwrap_or(1),
        http_endpoint: switch(text(options.http_endpoint().map(|one| one.as_str()), "enabled"))?,
        instance_metadata_tags: switch(text(options.instance_metadata_tags().map(|one| one.as_str()), "disabled"))?,
    };
    // Without the service the rest of it means nothing, and cannot be set.
    Ok(match desired.map(|desired| &desired.metadata_options) {
        Some(desired) if live.http_endpoint == Switch::Disabled && desired.http_endpoint == Switch::Disabled => {
            desired.clone()
        }
        _ => live,
    })
}

/// The root volume, and the others by device.
fn disks(
    instance: &Instance,
    volumes: &[Described],
    desired: Option<&InstanceSpec>,
) -> Result<(Volume, BTreeMap<String, Volume>), CloudError> {
    let volumes: HashMap<&str, &Described> =
        volumes.iter().filter_map(|volume| Some((volume.volume_id()?, volume))).collect();
    let mut root = None;
    let mut data = BTreeMap::new();
    for mapping in instance.block_device_mappings() {
        let (Some(device), Some(described)) =
            (mapping.device_name(), volume_of(mapping).and_then(|id| volumes.get(id)))
        else {
            continue;
        };
        let is_root = instance.root_device_name() == Some(device);
        let wanted = desired.and_then(|desired| match is_root {
            true => Some(&desired.root_volume),
            false => desired.data_volumes.get(device),
        });
        let volume = disk(mapping, described, wanted)?;
        match is_root {
            true => root = Some(volume),
            false => {
                data.insert(device.to_owned(), volume);
            }
        }
    }
    let root = root.ok_or_else(|| {
        let id = instance.instance_id().unwrap_or_default();
        CloudError::new(VOLUMES, ErrorClass::Busy, format!("the root volume of {id} is not there"))
            .with_hint("see the instance's storage in the AWS console; if it was made a moment ago, try again")
    })?;
    Ok((root, data))
}

/// The volume of a device, unless it is on its way out.
fn volume_of(mapping: &InstanceBlockDeviceMapping) -> Option<&str> {
    let ebs = mapping.ebs()?;
    let leaves = matches!(ebs.status(), Some(AttachmentStatus::Detaching | AttachmentStatus::Detached));
    ebs.volume_id().filter(|_| !leaves)
}

fn disk(
    mapping: &InstanceBlockDeviceMapping,
    volume: &Described,
    desired: Option<&Volume>,
) -> Result<Volume, CloudError> {
    let volume_type = volume.volume_type().map(|name| name.as_str()).unwrap_or("standard");
    let volume_type: super::VolumeType = from_aws(VOLUMES, volume_type)?;
    // The account's default key has an ARN too.
    let is_default_key = desired.is_some_and(|desired| desired.kms_key.is_none());
    Ok(Volume {
        volume_size: volume.size(),
        volume_type,
        // Of the other types AWS tells what follows from the size.
        iops: volume.iops().filter(|_| volume_type.has_iops()),
        throughput: volume.throughput().filter(|_| volume_type.has_throughput()),
        encrypted: volume.encrypted().unwrap_or_default(),
        kms_key: volume.kms_key_id().filter(|_| !is_default_key).map(str::to_owned),
        delete_on_termination: mapping.ebs().and_then(|ebs| ebs.delete_on_termination()).unwrap_or_default(),
        volume_id: volume.volume_id().map(str::to_owned),
    })
}
