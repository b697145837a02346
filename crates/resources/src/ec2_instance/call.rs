//! The mutating calls on an instance, as data.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::spec::{InstanceSpec, MetadataOptions, ShutdownBehavior};
use super::volume::Volume;
use crate::ec2::TagCall;
use crate::tags::Tags;

/// One call with everything that it needs besides the instance's id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// `RunInstances`: makes one instance, with its volumes and its network interface.
    RunInstances {
        /// The instance.
        instance: Box<InstanceSpec>,
    },
    /// `ModifyInstanceAttribute`, which takes one attribute.
    ModifyInstanceAttribute {
        /// The attribute.
        attribute: Attribute,
    },
    /// `ModifyInstanceMetadataOptions`.
    ModifyInstanceMetadataOptions {
        /// All of them.
        options: MetadataOptions,
    },
    /// `MonitorInstances`.
    MonitorInstances,
    /// `UnmonitorInstances`.
    UnmonitorInstances,
    /// `AssociateIamInstanceProfile`.
    AssociateIamInstanceProfile {
        /// The profile's name.
        name: String,
    },
    /// `ReplaceIamInstanceProfileAssociation`.
    ReplaceIamInstanceProfileAssociation {
        /// The name of the new profile.
        name: String,
    },
    /// `DisassociateIamInstanceProfile`.
    DisassociateIamInstanceProfile,
    /// `ModifyVolume`.
    ModifyVolume {
        /// Which volume.
        volume_id: String,
        /// What is to change of it.
        change: VolumeChange,
    },
    /// `CreateVolume`.
    CreateVolume {
        /// The volume, and what it is for.
        disk: Disk,
        /// The instance's tags.
        tags: Tags,
    },
    /// `AttachVolume`: the volume that was made for a device.
    AttachVolume {
        /// What it was made as.
        disk: Disk,
    },
    /// `DetachVolume`.
    DetachVolume {
        /// Which volume.
        volume_id: String,
    },
    /// `StopInstances`.
    StopInstances,
    /// `StartInstances`.
    StartInstances,
    /// `CreateTags` or `DeleteTags`, of the instance and of what was made along with it.
    Tags(TagCall),
    /// `CreateTags`, of the instance alone.
    Note(TagCall),
    /// `TerminateInstances`.
    TerminateInstances,
}

/// A volume for an instance that is there already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disk {
    /// The device that it is for.
    pub device_name: String,
    /// The instance's Availability Zone.
    pub zone: String,
    /// The volume.
    pub volume: Volume,
}

/// What one `ModifyInstanceAttribute` sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attribute {
    /// The type; the instance must be stopped.
    InstanceType(String),
    /// Network capacity for EBS alone; the instance must be stopped.
    EbsOptimized(bool),
    /// The user data, as text; the instance must be stopped.
    UserData(String),
    /// Termination protection.
    DisableApiTermination(bool),
    /// What a shutdown from inside does.
    InstanceInitiatedShutdownBehavior(ShutdownBehavior),
    /// Whether foreign traffic is dropped.
    SourceDestCheck(bool),
    /// The ids of all its security groups.
    Groups(BTreeSet<String>),
    /// Whether a volume goes with the instance.
    DeleteOnTermination {
        /// The volume's device.
        device_name: String,
        /// Whether it does.
        delete: bool,
    },
}

/// What one `ModifyVolume` changes; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VolumeChange {
    /// The new size in GiB.
    pub size: Option<i32>,
    /// The new type, in AWS's spelling.
    pub volume_type: Option<String>,
    /// The new IOPS.
    pub iops: Option<i32>,
    /// The new throughput in MiB per second.
    pub throughput: Option<i32>,
}

impl Call {
    /// The IAM action of the call.
    pub(super) fn action(&self) -> &'static str {
        match self {
            Self::RunInstances { .. } => "ec2:RunInstances",
            Self::ModifyInstanceAttribute { .. } => "ec2:ModifyInstanceAttribute",
            Self::ModifyInstanceMetadataOptions { .. } => "ec2:ModifyInstanceMetadataOptions",
            Self::MonitorInstances => "ec2:MonitorInstances",
            Self::UnmonitorInstances => "ec2:UnmonitorInstances",
            Self::AssociateIamInstanceProfile { .. } => "ec2:AssociateIamInstanceProfile",
            Self::ReplaceIamInstanceProfileAssociation { .. } => "ec2:ReplaceIamInstanceProfileAssociation",
            Self::DisassociateIamInstanceProfile => "ec2:DisassociateIamInstanceProfile",
            Self::ModifyVolume { .. } => "ec2:ModifyVolume",
            Self::CreateVolume { .. } => "ec2:CreateVolume",
            Self::AttachVolume { .. } => "ec2:AttachVolume",
            Self::DetachVolume { .. } => "ec2:DetachVolume",
            Self::StopInstances => "ec2:StopInstances",
            Self::StartInstances => "ec2:StartInstances",
            Self::Tags(tags) | Self::Note(tags) => tags.action(),
            Self::TerminateInstances => "ec2:TerminateInstances",
        }
    }
}
