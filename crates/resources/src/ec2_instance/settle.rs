//! Waiting until EC2 is done with a call.

use std::time::Duration;

use aws_sdk_ec2::types::{
    AttachmentStatus, Instance, InstanceMetadataOptionsState, InstanceStateName, VolumeModificationState,
};
use provision_reconciler::{CloudError, ErrorClass, Progress, Scope};

use super::call::{Call, Disk};
use super::{note_outputs, read, run};
use crate::Aws;
use crate::aws::{Clients, Poll, wait_until};
use crate::ec2::filter;

pub(super) const MODIFICATIONS: &str = "ec2:DescribeVolumesModifications";

/// How long EC2 may take from one state to another. A guest that does not shut down is switched off after some minutes.
const DEADLINE: Duration = Duration::from_secs(600);

/// Waits until EC2 is done with a call.
pub(super) async fn settle(aws: &Aws, scope: &Scope, call: &Call, progress: &mut Progress) -> Result<(), CloudError> {
    let clients = aws.region(&scope.region).await;
    let id = progress.id(call.action())?.to_owned();
    let waiting = Waiting { aws, clients: &clients, scope, action: call.action(), id: &id, progress };
    match call {
        Call::RunInstances { .. } => {
            let instance = waiting.until("run", running).await?;
            note_outputs(progress, &instance, scope);
        }
        Call::StartInstances => {
            waiting.until("run", running).await?;
        }
        Call::StopInstances => {
            waiting.until("be stopped", |instance| in_state(instance, &InstanceStateName::Stopped)).await?;
        }
        Call::TerminateInstances => waiting.until_terminated().await?,
        Call::ModifyInstanceMetadataOptions { .. } => {
            waiting.until("take on its metadata options", metadata_options).await?;
        }
        Call::AssociateIamInstanceProfile { name } | Call::ReplaceIamInstanceProfileAssociation { name } => {
            waiting.until("take on its instance profile", |instance| has_profile(instance, name)).await?;
        }
        Call::DisassociateIamInstanceProfile => {
            waiting.until("give up its instance profile", |instance| has_profile(instance, "")).await?;
        }
        Call::ModifyVolume { volume_id, .. } => waiting.until_modified(volume_id).await?,
        Call::CreateVolume { disk, .. } => waiting.until_made(disk).await?,
        Call::AttachVolume { disk } => {
            waiting.until("attach its volume", |instance| attached(instance, &disk.device_name)).await?;
        }
        Call::DetachVolume { volume_id } => {
            waiting.until("detach its volume", |instance| detached(instance, volume_id)).await?;
        }
        Call::ModifyInstanceAttribute { .. }
        | Call::MonitorInstances
        | Call::UnmonitorInstances
        | Call::Tags(_)
        | Call::Note(_) => {}
    }
    Ok(())
}

struct Waiting<'a> {
    aws: &'a Aws,
    clients: &'a Clients,
    scope: &'a Scope,
    action: &'static str,
    id: &'a str,
    progress: &'a Progress,
}

/// What is still to come, if anything.
type Look = Result<(), String>;

impl Waiting<'_> {
    /// Waits until the instance is as it should be; `what` follows `instance i-… to`.
    async fn until(&self, what: &str, look: impl Fn(&Instance) -> Look) -> Result<Instance, CloudError> {
        let what = format!("instance {} to {what}", self.id);
        let (look, what) = (&look, what.as_str());
        wait_until(self.action, what, DEADLINE, &self.progress.notes, || async move {
            let Some(instance) = read::describe_one(self.aws, self.clients, self.id).await? else {
                // Reads lag the creation.
                return Ok(Poll::Pending("not there yet".to_owned()));
            };
            if run::is_gone(read::state(&instance)) {
                return Err(self.lost(&instance));
            }
            Ok(match look(&instance) {
                Ok(()) => Poll::Ready(instance),
                Err(state) => Poll::Pending(state),
            })
        })
        .await
    }

    /// Why an instance ended instead of running: EC2 tells it with the instance, not with the call.
    fn lost(&self, instance: &Instance) -> CloudError {
        let reason = instance.state_reason();
        let message = reason.and_then(|reason| reason.message()).unwrap_or("EC2 gives no reason");
        let error =
            CloudError::new(self.action, ErrorClass::Refused, format!("the instance was terminated: {message}"));
        let code = reason.and_then(|reason| reason.code()).unwrap_or_default();
        error.with_hint(match code {
            "Client.InternalError" | "Client.InvalidKMSKey" | "Client.InvalidKMSKey.InvalidState" => {
                "the key of a volume cannot be used: see that it is enabled and that its policy lets the caller use and grant it"
            }
            "Client.VolumeLimitExceeded" => "raise the quota for EBS in Service Quotas, or use smaller volumes",
            "Server.InsufficientInstanceCapacity" => {
                "AWS has none of this type left in the zone; try again later, or choose another type or zone"
            }
            _ => "run the same command again: it makes another one",
        })
    }

    async fn until_terminated(&self) -> Result<(), CloudError> {
        let what = format!("instance {} to be terminated", self.id);
        wait_until(self.action, &what, DEADLINE, &self.progress.notes, || async {
            let instance = read::describe_one(self.aws, self.clients, self.id).await?;
            Ok(match instance.as_ref().map(read::state) {
                None | Some(Some(InstanceStateName::Terminated)) => Poll::Ready(()),
                Some(state) => Poll::Pending(state.map_or("unknown", InstanceStateName::as_str).to_owned()),
            })
        })
        .await
    }

    /// A volume can be used as it is to be once AWS is `optimizing` it, which may take hours.
    async fn until_modified(&self, volume_id: &str) -> Result<(), CloudError> {
        let what = format!("volume {volume_id} to be changed");
        let request = self.clients.ec2().describe_volumes_modifications().filters(filter("volume-id", [volume_id]));
        wait_until(self.action, &what, DEADLINE, &self.progress.notes, || async {
            let answer = self.aws.call(MODIFICATIONS, request.clone().send()).await?;
            let modification = answer.volumes_modifications().last();
            match modification.and_then(|modification| modification.modification_state()) {
                Some(VolumeModificationState::Optimizing | VolumeModificationState::Completed) => Ok(Poll::Ready(())),
                Some(VolumeModificationState::Failed) => {
                    let message = modification.and_then(|one| one.status_message()).unwrap_or("AWS gives no reason");
                    Err(CloudError::new(self.action, ErrorClass::Refused, format!("the change failed: {message}"))
                        .with_hint("see the volume in the AWS console"))
                }
                state => Ok(Poll::Pending(state.map_or("not there yet", VolumeModificationState::as_str).to_owned())),
            }
        })
        .await
    }

    async fn until_made(&self, disk: &Disk) -> Result<(), CloudError> {
        let what = format!("the volume for {} to be available", disk.device_name);
        wait_until(self.action, &what, DEADLINE, &self.progress.notes, || async {
            let free = run::free_volume(self.aws, self.clients, self.scope, disk).await?;
            Ok(free.map_or_else(|| Poll::Pending("creating".to_owned()), |_| Poll::Ready(())))
        })
        .await
    }
}

fn in_state(instance: &Instance, wanted: &InstanceStateName) -> Look {
    match read::state(instance) {
        Some(state) if state == wanted => Ok(()),
        state => Err(state.map_or("unknown", InstanceStateName::as_str).to_owned()),
    }
}

/// It runs, and its volumes are attached.
fn running(instance: &Instance) -> Look {
    in_state(instance, &InstanceStateName::Running)?;
    let attaching = instance.block_device_mappings().iter().any(|mapping| {
        mapping.ebs().and_then(|ebs| ebs.status()).is_some_and(|status| *status == AttachmentStatus::Attaching)
    });
    if attaching { Err("attaching its volumes".to_owned()) } else { Ok(()) }
}

fn metadata_options(instance: &Instance) -> Look {
    match instance.metadata_options().and_then(|options| options.state()) {
        Some(InstanceMetadataOptionsState::Pending) => Err("pending".to_owned()),
        _ => Ok(()),
    }
}

fn has_profile(instance: &Instance, name: &str) -> Look {
    match read::profile(instance) {
        profile if profile == name => Ok(()),
        "" => Err("without one".to_owned()),
        other => Err(format!("with {other}")),
    }
}

fn attached(instance: &Instance, device_name: &str) -> Look {
    let mapping = instance.block_device_mappings().iter().find(|mapping| mapping.device_name() == Some(device_name));
    match mapping.and_then(|mapping| mapping.ebs()).and_then(|ebs| ebs.status()) {
        Some(AttachmentStatus::Attached) => Ok(()),
        status => Err(status.map_or("not attached", AttachmentStatus::as_str).to_owned()),
    }
}

fn detached(instance: &Instance, volume_id: &str) -> Look {
    let ebs = instance.block_device_mappings().iter().filter_map(|mapping| mapping.ebs());
    match ebs.into_iter().find(|ebs| ebs.volume_id() == Some(volume_id)) {
        Some(_) => Err("attached; it may have to be unmounted inside the instance first".to_owned()),
        None => Ok(()),
    }
}
