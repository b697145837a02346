//! Making the calls that change an instance.

use std::time::Duration;

use aws_sdk_ec2::types::{IamInstanceProfileSpecification, InstanceStateName, Tag, Volume as Described, VolumeType};
use futures::future::try_join;
use provision_reconciler::{CloudError, ErrorClass, Notes, Progress, Scope, ownership};

use super::call::{Call, Disk, VolumeChange};
use super::spec::InstanceSpec;
use super::{image, note_outputs, read, request};
use crate::Aws;
use crate::aws::{Clients, retry_while};
use crate::ec2::{self, client_token, filter, from_sdk_tags, owned_by, patiently, run_tags, run_tags_of_all, unnamed};
use crate::tags::Tags;
use crate::values::to_aws;

pub(super) const ASSOCIATIONS: &str = "ec2:DescribeIamInstanceProfileAssociations";

/// How long EC2 may take to know an instance profile that was just made, or given a role.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/troubleshoot-iam-role.html>
const PROFILE_PROPAGATION: Duration = Duration::from_secs(120);

/// How long a stop or a start that is under way may keep other changes from being made.
const TRANSITION: Duration = Duration::from_secs(180);

/// The tag of a volume that was made for an instance that was there already: its device.
const DEVICE: &str = "provision:device";

/// Makes one call.
pub(super) async fn run(aws: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
    let clients = aws.region(&scope.region).await;
    if let Call::RunInstances { instance } = &call {
        return create(aws, &clients, scope, instance, progress).await;
    }
    let caller = Caller {
        aws,
        clients: &clients,
        scope,
        action: call.action(),
        id: progress.id(call.action())?.to_owned(),
        notes: progress.notes.clone(),
    };
    caller.change(&call).await.map_err(explain)
}

async fn create(
    aws: &Aws,
    clients: &Clients,
    scope: &Scope,
    instance: &InstanceSpec,
    progress: &mut Progress,
) -> Result<(), CloudError> {
    let action = "ec2:RunInstances";
    let image = image::find(aws, clients, &instance.image_id).await?;
    if instance.data_volumes.contains_key(&image.root_device_name) {
        let message = format!("{} is the root device of {}", image.root_device_name, image.id);
        return Err(CloudError::new(action, ErrorClass::Refused, message).with_hint(
            "give the data volume another device, such as /dev/sdf; the root volume's settings are `root_volume`",
        ));
    }
    let request = request::run_instances(clients.ec2(), instance, &image, scope);
    let answer = known_profile(&progress.notes, || aws.call(action, request.clone().send())).await.map_err(explain)?;
    let made = answer.instances().first().ok_or_else(|| unnamed(action))?;
    progress.id = Some(made.instance_id().ok_or_else(|| unnamed(action))?.to_owned());
    note_outputs(progress, made, scope);
    Ok(())
}

/// Makes a call again while EC2 does not know an instance profile yet: for longer than anything else that may be too new.
async fn known_profile<T, F: Future<Output = Result<T, CloudError>>>(
    notes: &Notes,
    call: impl Fn() -> F,
) -> Result<T, CloudError> {
    retry_while(PROFILE_PROPAGATION, notes, is_unknown_profile, || patiently(notes, |_| false, &call)).await
}

/// Whether a call was refused for an instance profile that EC2 does not know: of one that was just made, or has just been given its
/// role, it soon will.
fn is_unknown_profile(error: &CloudError) -> bool {
    let says = |text: &str| error.message.to_lowercase().contains(text);
    error.code.as_deref() == Some("InvalidParameterValue")
        && (says("iaminstanceprofile") || says("iam instance profile"))
}

/// One call on an instance that is there.
struct Caller<'a> {
    aws: &'a Aws,
    clients: &'a Clients,
    scope: &'a Scope,
    action: &'static str,
    id: String,
    notes: Notes,
}

impl Caller<'_> {
    async fn change(&self, call: &Call) -> Result<(), CloudError> {
        let Self { aws, clients, action, id, notes, .. } = self;
        let ec2 = clients.ec2();
        match call {
            // Made by `create`.
            Call::RunInstances { .. } => Ok(()),
            Call::ModifyInstanceAttribute { attribute } => {
                let request = request::modify_attribute(ec2, id, attribute);
                self.between_states(|| aws.call(action, request.clone().send())).await.map(drop)
            }
            Call::ModifyInstanceMetadataOptions { options } => {
                let request = request::modify_metadata_options(ec2, id, options);
                patiently(notes, |_| false, || aws.call(action, request.clone().send())).await.map(drop)
            }
            Call::MonitorInstances => {
                let request = ec2.monitor_instances().instance_ids(id);
                patiently(notes, |_| false, || aws.call(action, request.clone().send())).await.map(drop)
            }
            Call::UnmonitorInstances => {
                let request = ec2.unmonitor_instances().instance_ids(id);
                patiently(notes, |_| false, || aws.call(action, request.clone().send())).await.map(drop)
            }
            Call::AssociateIamInstanceProfile { .. }
            | Call::ReplaceIamInstanceProfileAssociation { .. }
            | Call::DisassociateIamInstanceProfile => self.associate(call).await,
            Call::ModifyVolume { volume_id, change } => self.modify_volume(volume_id, change).await,
            Call::CreateVolume { disk, tags } => self.create_volume(disk, tags).await,
            Call::AttachVolume { disk } => self.attach_volume(disk).await,
            Call::DetachVolume { volume_id } => {
                let request = ec2.detach_volume().volume_id(volume_id).instance_id(id);
                match patiently(notes, |_| false, || aws.call(action, request.clone().send())).await {
                    // It is attached no more: AWS says that the volume is in the wrong state, and is right.
                    Err(error) if error.code.as_deref() == Some("IncorrectState") => Ok(()),
                    answer => answer.map(drop),
                }
            }
            Call::StopInstances => {
                let request = ec2.stop_instances().instance_ids(id);
                self.between_states(|| aws.call(action, request.clone().send())).await.map(drop)
            }
            Call::StartInstances => {
                let request = ec2.start_instances().instance_ids(id);
                self.between_states(|| aws.call(action, request.clone().send())).await.map(drop)
            }
            Call::Tags(tags) => run_tags_of_all(aws, clients, &self.with_parts().await?, tags, notes).await,
            Call::Note(tags) => run_tags(aws, clients, id, tags, notes).await,
            Call::TerminateInstances => {
                let request = ec2.terminate_instances().instance_ids(id);
                match aws.call(action, request.send()).await {
                    Err(error) if error.class == ErrorClass::NotFound => Ok(()),
                    answer => answer.map(drop),
                }
            }
        }
    }

    /// Makes a call again while the instance is on its way from one state to another.
    async fn between_states<T, F: Future<Output = Result<T, CloudError>>>(
        &self,
        call: impl FnMut() -> F,
    ) -> Result<T, CloudError> {
        retry_while(TRANSITION, &self.notes, ec2::is_too_new, call).await.map_err(ec2::explain)
    }

    /// An instance has at most one profile, by way of an association, which has an id of its own.
    async fn associate(&self, call: &Call) -> Result<(), CloudError> {
        let Self { aws, clients, action, id, notes, .. } = self;
        let ec2 = clients.ec2();
        let profile = |name: &String| IamInstanceProfileSpecification::builder().name(name).build();
        match call {
            Call::AssociateIamInstanceProfile { name } => {
                let request = ec2.associate_iam_instance_profile().instance_id(id).iam_instance_profile(profile(name));
                known_profile(notes, || aws.call(action, request.clone().send())).await.map(drop)
            }
            Call::ReplaceIamInstanceProfileAssociation { name } => {
                let association = self.association().await?.ok_or_else(|| {
                    CloudError::new(*action, ErrorClass::Refused, format!("{id} has no instance profile any more"))
                        .with_hint("run the same command again: it sees what is there now")
                })?;
                let request = ec2.replace_iam_instance_profile_association().association_id(association);
                let request = request.iam_instance_profile(profile(name));
                known_profile(notes, || aws.call(action, request.clone().send())).await.map(drop)
            }
            _ => {
                let Some(association) = self.association().await? else { return Ok(()) };
                let request = ec2.disassociate_iam_instance_profile().association_id(association);
                patiently(notes, |_| false, || aws.call(action, request.clone().send())).await.map(drop)
            }
        }
    }

    /// The id of the association with the instance's profile.
    async fn association(&self) -> Result<Option<String>, CloudError> {
        let request = self.clients.ec2().describe_iam_instance_profile_associations();
        let request = request.filters(filter("instance-id", [&self.id]));
        let request = request.filters(filter("state", ["associating", "associated"]));
        let answer = self.aws.call(ASSOCIATIONS, request.send()).await?;
        Ok(answer.iam_instance_profile_associations().first().and_then(|one| one.association_id.clone()))
    }

    async fn modify_volume(&self, volume_id: &str, change: &VolumeChange) -> Result<(), CloudError> {
        let VolumeChange { size, volume_type, iops, throughput } = change;
        let request = self
            .clients
            .ec2()
            .modify_volume()
            .volume_id(volume_id)
            .set_size(*size)
            .set_volume_type(volume_type.as_deref().map(VolumeType::from))
            .set_iops(*iops)
            .set_throughput(*throughput);
        patiently(&self.notes, |_| false, || self.aws.call(self.action, request.clone().send())).await.map(drop)
    }

    /// The ids of the instance and of its volumes and interfaces that are ours: `RunInstances` gave them the same tags.
    async fn with_parts(&self) -> Result<Vec<String>, CloudError> {
        let of_it = || filter("attachment.instance-id", [self.id.as_str()]);
        let volumes = read::volumes(self.aws, self.clients, of_it());
        let interfaces = read::interfaces(self.aws, self.clients, of_it());
        let (volumes, interfaces) = try_join(volumes, interfaces).await?;
        let is_ours = |tags: &[Tag]| {
            let Scope { environment, address, .. } = self.scope;
            ownership::is_ours(&from_sdk_tags(tags), environment, address)
        };
        let volumes = volumes.into_iter().filter(|volume| is_ours(volume.tags())).filter_map(|volume| volume.volume_id);
        let interfaces = interfaces.into_iter().filter(|interface| is_ours(interface.tag_set()));
        let interfaces = interfaces.filter_map(|interface| interface.network_interface_id);
        Ok(std::iter::once(self.id.clone()).chain(volumes).chain(interfaces).collect())
    }

    /// Makes the volume, unless there is one that an interrupted run made, or that was kept when it was taken out of the file.
    async fn create_volume(&self, disk: &Disk, tags: &Tags) -> Result<(), CloudError> {
        let device_name = &disk.device_name;
        if free_volume(self.aws, self.clients, self.scope, disk).await?.is_some() {
            self.notes.say(&format!("there is such a volume for {device_name}, which is free; taking it"));
            return Ok(());
        }
        let mut tags = tags.clone();
        tags.insert(DEVICE.to_owned(), device_name.clone());
        // An instance has several volumes, and their requests must not be taken for each other's.
        let token = format!("{}{}", client_token(self.scope), device_name.replace('/', "-"));
        let request = request::create_volume(self.clients.ec2(), disk, token, &tags, self.scope);
        patiently(&self.notes, |_| false, || self.aws.call(self.action, request.clone().send())).await.map(drop)
    }

    async fn attach_volume(&self, disk: &Disk) -> Result<(), CloudError> {
        let device_name = &disk.device_name;
        let free = free_volume(self.aws, self.clients, self.scope, disk).await?;
        let volume_id = free.and_then(|volume| volume.volume_id).ok_or_else(|| {
            CloudError::new(self.action, ErrorClass::Refused, format!("the volume for {device_name} is not there"))
                .with_hint("run the same command again: it makes what is missing")
        })?;
        let request = self.clients.ec2().attach_volume();
        let request = request.instance_id(&self.id).volume_id(volume_id).device(device_name);
        self.between_states(|| self.aws.call(self.action, request.clone().send())).await.map(drop)
    }
}

/// A volume that was made for this device and is attached to nothing: the youngest that is as it should be.
pub(super) async fn free_volume(
    aws: &Aws,
    clients: &Clients,
    scope: &Scope,
    disk: &Disk,
) -> Result<Option<Described>, CloudError> {
    let Disk { device_name, zone, volume } = disk;
    let request = clients.ec2().describe_volumes().set_filters(Some(owned_by(scope)));
    let request = request.filters(filter(&format!("tag:{DEVICE}"), [device_name]));
    let request = request.filters(filter("status", ["available"]));
    let found: Vec<Described> = aws.call(read::VOLUMES, request.into_paginator().items().send().try_collect()).await?;
    let volume_type = to_aws(&volume.volume_type);
    let fits = |found: &Described| {
        found.availability_zone() == Some(zone)
            && found.size() == volume.volume_size
            && found.volume_type().map(VolumeType::as_str) == Some(&volume_type)
            && found.encrypted().unwrap_or_default() == volume.encrypted
            && volume.kms_key.as_deref().is_none_or(|key| found.kms_key_id() == Some(key))
            && (!volume.volume_type.has_iops() || found.iops() == volume.iops)
            && (!volume.volume_type.has_throughput() || found.throughput() == volume.throughput)
    };
    Ok(found.into_iter().filter(fits).max_by_key(|volume| volume.create_time.map(|time| time.secs())))
}

/// An error with what to do about it, where EC2's message does not say.
fn explain(error: CloudError) -> CloudError {
    let hint = match error.code.as_deref() {
        _ if is_unknown_profile(&error) => {
            "the instance profile does not exist or holds no role; correct its name, or let this depend on what makes it"
        }
        Some("InsufficientInstanceCapacity") => {
            "AWS has none of this type left in the zone; try again later, or choose another type, or a subnet of another zone"
        }
        Some("InvalidParameterValue") if error.message.contains("smaller") => {
            "a volume only grows: put the size back, or replace the instance"
        }
        Some("Unsupported" | "UnsupportedOperation") => {
            "the type or one of its options is not to be had there; see `aws ec2 describe-instance-type-offerings`"
        }
        Some("VolumeModificationRateExceeded" | "IncorrectModificationState") => {
            "AWS changes a volume once in some hours; run the same command again later"
        }
        Some("OperationNotPermitted") => {
            "somebody turned on termination or stop protection; run the same command again: it sees what is there now"
        }
        _ => return error,
    };
    error.with_hint(hint)
}

/// Whether the instance is there no more, or going.
pub(super) fn is_gone(state: Option<&InstanceStateName>) -> bool {
    matches!(state, None | Some(InstanceStateName::ShuttingDown | InstanceStateName::Terminated))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: &str, message: &str) -> CloudError {
        CloudError { code: Some(code.to_owned()), ..CloudError::new("ec2:RunInstances", ErrorClass::Refused, message) }
    }

    #[test]
    fn only_an_unknown_profile_is_waited_for() {
        for (code, message, expected) in [
            (
                "InvalidParameterValue",
                "Value (host) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name",
                true,
            ),
            ("InvalidParameterValue", "Invalid IAM Instance Profile ARN", true),
            ("InvalidParameterValue", "Invalid value for instanceType", false),
            ("UnauthorizedOperation", "iamInstanceProfile", false),
        ] {
            assert_eq!(is_unknown_profile(&error(code, message)), expected, "{message}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_profile_is_waited_for_longer_than_anything_else() {
        let notes = Notes::default();
        let profile =
            "Value (host) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name";
        let start = tokio::time::Instant::now();
        let late = || async {
            match start.elapsed().as_secs() {
                0..80 => Err(error("InvalidParameterValue", profile)),
                _ => Ok(7),
            }
        };
        assert_eq!(known_profile(&notes, late).await.ok(), Some(7));
        let start = tokio::time::Instant::now();
        let never = || async { Err::<(), _>(error("InvalidParameterValue", profile)) };
        let given_up = known_profile(&notes, never).await.map_err(explain).err();
        let hint = given_up.and_then(|error| error.hint).unwrap_or_default();
        assert!(hint.contains("holds no role"), "{hint}");
        assert!(start.elapsed() >= PROFILE_PROPAGATION && start.elapsed() < PROFILE_PROPAGATION * 2);
    }
}
