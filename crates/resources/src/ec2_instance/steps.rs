//! From a change of an instance to its calls.

use provision_config::unknown;
use provision_reconciler::{Change, Differences, Idempotency, Step};

use super::RESTART;
use super::call::{Attribute, Call, Disk, VolumeChange};
use super::spec::{HttpTokens, InstanceSpec, MetadataOptions, ShutdownBehavior, Switch};
use super::volume::Volume;
use crate::ec2::{TagCall, tag_steps};
use crate::tags::Tags;
use crate::values::to_aws;

pub(super) fn steps(change: Change<'_, InstanceSpec>) -> Vec<Step<Call>> {
    match change {
        Change::Create { desired } => create(desired),
        Change::Update { live, desired, differences } => {
            Update { live, desired, differences, steps: Vec::new() }.steps()
        }
        Change::Delete { live, .. } => delete(live),
    }
}

/// A step of a call; the action is the call's.
fn step(summary: impl Into<String>, call: Call) -> Step<Call> {
    Step::new(call.action(), summary, call)
}

fn set(summary: impl Into<String>, attribute: Attribute) -> Step<Call> {
    step(summary, Call::ModifyInstanceAttribute { attribute })
}

fn create(desired: &InstanceSpec) -> Vec<Step<Call>> {
    let InstanceSpec { instance_type, image_id, .. } = desired;
    let image = image_id
        .strip_prefix("resolve:ssm:")
        .map_or_else(|| image_id.clone(), |parameter| format!("the latest image of {parameter}"));
    let run = Call::RunInstances { instance: Box::new(desired.clone()) };
    let run = step(format!("run a {instance_type} of {image}"), run);
    let mut steps = vec![run.idempotency(Idempotency::Token).usually_seconds(40)];
    // The one thing that it cannot be made with.
    if !desired.source_dest_check {
        steps.push(source_dest_check(false));
    }
    steps
}

fn delete(live: &InstanceSpec) -> Vec<Step<Call>> {
    let mut steps = Vec::new();
    if live.disable_api_termination {
        steps.push(protection(false));
    }
    let volumes = || std::iter::once(&live.root_volume).chain(live.data_volumes.values());
    let kept = volumes().filter(|volume| !volume.delete_on_termination).count();
    let summary = match (kept, volumes().count() - kept) {
        (0, _) => "terminate the instance, and delete its volumes with it".to_owned(),
        (_, 0) => "terminate the instance; its volumes are kept".to_owned(),
        (kept, gone) => format!("terminate the instance, and delete {gone} of its volumes with it; {kept} kept"),
    };
    steps.push(step(summary, Call::TerminateInstances).usually_seconds(60));
    steps
}

fn protection(enabled: bool) -> Step<Call> {
    let summary = if enabled { "turn on termination protection" } else { "turn off termination protection" };
    set(summary, Attribute::DisableApiTermination(enabled))
}

fn source_dest_check(check: bool) -> Step<Call> {
    let summary = match check {
        true => "drop traffic that is neither from nor to the instance",
        false => "let traffic through that is neither from nor to the instance",
    };
    set(summary, Attribute::SourceDestCheck(check))
}

struct Update<'a> {
    live: &'a InstanceSpec,
    desired: &'a InstanceSpec,
    differences: &'a Differences,
    steps: Vec<Step<Call>>,
}

impl Update<'_> {
    /// What protects the instance first, what interrupts it last.
    fn steps(mut self) -> Vec<Step<Call>> {
        let (live, desired, differences) = (self.live, self.desired, self.differences);
        if differences.touch("disable_api_termination") && desired.disable_api_termination {
            self.steps.push(protection(true));
        }
        if differences.touch("metadata_options") {
            let options = desired.metadata_options.clone();
            let step = step(metadata(&options), Call::ModifyInstanceMetadataOptions { options });
            self.steps.push(step.usually_seconds(5));
        }
        if differences.touch("security_group_ids") {
            let groups = desired.security_group_ids.clone();
            let names: Vec<&str> = groups.iter().map(String::as_str).collect();
            let summary = format!("set the security groups to {}", names.join(", "));
            self.steps.push(set(summary, Attribute::Groups(groups)));
        }
        if differences.touch("source_dest_check") {
            self.steps.push(source_dest_check(desired.source_dest_check));
        }
        if differences.touch("iam_instance_profile") {
            self.steps.push(profile(&live.iam_instance_profile, &desired.iam_instance_profile));
        }
        if differences.touch("monitoring") {
            self.steps.push(match desired.monitoring {
                true => step("send metrics every minute", Call::MonitorInstances),
                false => step("send metrics every five minutes", Call::UnmonitorInstances),
            });
        }
        if let Some(behavior) = desired.instance_initiated_shutdown_behavior
            && differences.touch("instance_initiated_shutdown_behavior")
        {
            self.steps.push(shutdown(behavior));
        }
        self.root_volume();
        self.data_volumes();
        self.while_stopped();
        if differences.touch("disable_api_termination") && !desired.disable_api_termination {
            self.steps.push(protection(false));
        }
        self.steps.extend(tag_steps(&live.tags, &desired.tags, Call::Tags));
        self.steps
    }

    fn root_volume(&mut self) {
        let (live, desired) = (&self.live.root_volume, &self.desired.root_volume);
        self.steps.extend(modify("the root volume", live, desired));
        if live.delete_on_termination != desired.delete_on_termination
            && let Some(device_name) = &self.live.root_device_name
        {
            self.steps.push(delete_on_termination(device_name, desired.delete_on_termination));
        }
    }

    /// What comes is made and attached; what goes is detached and kept, for a deletion would destroy data.
    fn data_volumes(&mut self) {
        let (live, desired) = (&self.live.data_volumes, &self.desired.data_volumes);
        for (device_name, volume) in live {
            let Some(wanted) = desired.get(device_name) else {
                if let Some(volume_id) = volume.volume_id.clone() {
                    let summary = format!("detach {volume_id} from {device_name}; the volume and its data are kept");
                    self.steps.push(step(summary, Call::DetachVolume { volume_id }).usually_seconds(10));
                }
                continue;
            };
            self.steps.extend(modify(&format!("the volume of {device_name}"), volume, wanted));
            if volume.delete_on_termination != wanted.delete_on_termination {
                self.steps.push(delete_on_termination(device_name, wanted.delete_on_termination));
            }
        }
        for (device_name, volume) in desired.iter().filter(|(device_name, _)| !live.contains_key(*device_name)) {
            let (device_name, zone) = (device_name.clone(), self.live.availability_zone.clone());
            let disk = Disk { device_name, zone, volume: volume.clone() };
            self.steps.extend(add(disk, &self.desired.tags));
        }
    }

    /// The changes that need a stopped instance, in one stop. It is marked before, so that it is started again whatever comes
    /// between; one that somebody had stopped stays stopped.
    fn while_stopped(&mut self) {
        let (live, changes) = (self.live, self.stopped_changes());
        let is_marked = live.tags.contains_key(RESTART);
        let stop = !changes.is_empty() && !live.stopped;
        if stop {
            if !is_marked {
                let tags = Tags::from([(RESTART.to_owned(), "true".to_owned())]);
                let summary = "note on the instance that it is to be started again";
                self.steps.push(step(summary, Call::Note(TagCall::CreateTags { tags })));
            }
            let summary = "stop the instance: what follows can only be changed while it is stopped";
            self.steps.push(step(summary, Call::StopInstances).usually_seconds(40));
        }
        self.steps.extend(changes);
        if stop || (is_marked && live.stopped) {
            self.steps.push(step("start the instance again", Call::StartInstances).usually_seconds(30));
        }
        // One that live has goes with the other tags.
        if stop && !is_marked {
            let keys = vec![RESTART.to_owned()];
            self.steps.push(step("take the note off again", Call::Tags(TagCall::DeleteTags { keys })));
        }
    }

    /// A type that cannot be EBS-optimised takes no instance that is, so that goes first; and comes last.
    fn stopped_changes(&self) -> Vec<Step<Call>> {
        let Self { desired, differences, .. } = self;
        let mut steps = Vec::new();
        let optimize = differences.touch("ebs_optimized").then_some(desired.ebs_optimized);
        if optimize == Some(false) {
            steps.push(set("share the network between EBS and the rest", Attribute::EbsOptimized(false)));
        }
        if differences.touch("instance_type") {
            let name = desired.instance_type.clone();
            steps.push(set(format!("change the type to {name}"), Attribute::InstanceType(name)));
        }
        if optimize == Some(true) {
            steps.push(set("give EBS network capacity of its own", Attribute::EbsOptimized(true)));
        }
        if let Some(data) = desired.user_data.clone()
            && differences.touch("user_data")
        {
            let summary = "replace the user data, which most images run at their first boot only";
            steps.push(set(summary, Attribute::UserData(data)));
        }
        steps
    }
}

fn metadata(options: &MetadataOptions) -> String {
    if options.http_endpoint == Switch::Disabled {
        return "turn off the metadata service".to_owned();
    }
    let tokens = match options.http_tokens {
        HttpTokens::Required => "require IMDSv2",
        HttpTokens::Optional => "allow IMDSv1",
    };
    let tags = match options.instance_metadata_tags {
        Switch::Enabled => ", show tags",
        Switch::Disabled => "",
    };
    let hops = options.http_put_response_hop_limit;
    format!("{tokens}, within {hops} {}{tags}", if hops == 1 { "hop" } else { "hops" })
}

fn profile(live: &str, desired: &str) -> Step<Call> {
    let name = desired.to_owned();
    let step = match (live, desired) {
        (_, "") => step(format!("take away the instance profile {live}"), Call::DisassociateIamInstanceProfile),
        ("", _) => step(format!("give it the instance profile {name}"), Call::AssociateIamInstanceProfile { name }),
        _ => {
            let summary = format!("replace the instance profile {live} by {name}");
            step(summary, Call::ReplaceIamInstanceProfileAssociation { name })
        }
    };
    step.usually_seconds(5)
}

fn shutdown(behavior: ShutdownBehavior) -> Step<Call> {
    let summary = match behavior {
        ShutdownBehavior::Stop => "stop it when it is shut down from inside",
        ShutdownBehavior::Terminate => "terminate it when it is shut down from inside",
    };
    set(summary, Attribute::InstanceInitiatedShutdownBehavior(behavior))
}

fn delete_on_termination(device_name: &str, delete: bool) -> Step<Call> {
    let summary = match delete {
        true => format!("delete the volume of {device_name} together with the instance"),
        false => format!("keep the volume of {device_name} when the instance is terminated"),
    };
    set(summary, Attribute::DeleteOnTermination { device_name: device_name.to_owned(), delete })
}

/// What can be changed of a volume that is there, in one call: AWS takes another only after hours.
fn modify(what: &str, live: &Volume, desired: &Volume) -> Option<Step<Call>> {
    let size = desired.volume_size.filter(|size| live.volume_size != Some(*size));
    let retyped = live.volume_type != desired.volume_type;
    // A new type keeps none of the old one's, and may not have them: then what is here is the old one's.
    let kind = desired.volume_type;
    let iops = desired.iops.filter(|iops| kind.has_iops() && (retyped || live.iops != Some(*iops)));
    let throughput = desired.throughput;
    let throughput = throughput.filter(|rate| kind.has_throughput() && (retyped || live.throughput != Some(*rate)));
    let volume_type = retyped.then(|| to_aws(&desired.volume_type));
    let parts = [
        size.map(|size| match live.volume_size {
            Some(old) if old > size => format!("{size} GiB, which AWS refuses: it has {old}, and a volume only grows"),
            _ => format!("{size} GiB"),
        }),
        volume_type.as_ref().map(|name| format!("type {name}")),
        iops.map(|iops| format!("{iops} IOPS")),
        throughput.map(|throughput| format!("{throughput} MiB/s")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() {
        return None;
    }
    let volume_id = live.volume_id.clone()?;
    let change = VolumeChange { size, volume_type, iops, throughput };
    let summary = format!("change {what} to {}", parts.join(", "));
    Some(step(summary, Call::ModifyVolume { volume_id, change }).usually_seconds(20))
}

fn add(disk: Disk, tags: &Tags) -> Vec<Step<Call>> {
    let Disk { device_name, volume, .. } = &disk;
    let size = volume.volume_size.unwrap_or_default();
    let key = match (&volume.kms_key, volume.encrypted) {
        (Some(key), _) if unknown::is_unknown(key) => ", encrypted with its key".to_owned(),
        (Some(key), _) => format!(", encrypted with {key}"),
        (None, true) => ", encrypted".to_owned(),
        (None, false) => ", not encrypted".to_owned(),
    };
    let summary = format!("make a volume of {size} GiB for {device_name}{key}");
    // Made for a device, it is looked for before another one is.
    let mut steps = vec![
        step(summary, Call::CreateVolume { disk: disk.clone(), tags: tags.clone() })
            .idempotency(Idempotency::Token)
            .usually_seconds(10),
        step(format!("attach it as {device_name}"), Call::AttachVolume { disk: disk.clone() }).usually_seconds(10),
    ];
    // Of a volume that is attached, AWS says that it stays.
    if volume.delete_on_termination {
        steps.push(delete_on_termination(device_name, true));
    }
    steps
}

#[cfg(test)]
mod tests;
