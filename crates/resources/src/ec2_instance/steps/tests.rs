use provision_config::Address;
use provision_config::unknown::Reference;
use provision_reconciler::diff::diff;
use provision_reconciler::{Kind, fields_of};
use serde_json::{Value, json};

use super::*;
use crate::ec2_instance::Ec2Instance;
use crate::testing::{self, create, spec, update_from};

fn table(fields: Value) -> Value {
    let mut table = json!({
        "image_id": "ami-0123456789abcdef0", "instance_type": "t3.micro", "subnet_id": "subnet-1",
        "security_group_ids": ["sg-1"], "root_volume": { "volume_size": 8 },
    });
    for (name, value) in fields.as_object().cloned().unwrap_or_default() {
        table[name] = value;
    }
    table
}

/// As reading would give it back.
fn live(fields: Value) -> InstanceSpec {
    let mut live = spec::<Ec2Instance>(table(fields));
    live.root_device_name = Some("/dev/xvda".to_owned());
    live.root_volume.volume_id = Some("vol-root".to_owned());
    for (number, volume) in live.data_volumes.values_mut().enumerate() {
        volume.volume_id = Some(format!("vol-{number}"));
    }
    live
}

fn update(from: Value, to: Value) -> String {
    update_from::<Ec2Instance>(&live(from), table(to))
}

#[test]
fn an_instance_is_made_by_one_call_with_a_token() {
    insta::assert_snapshot!(create::<Ec2Instance>(table(json!({}))), @"ec2:RunInstances: run a t3.micro of ami-0123456789abcdef0");
    let latest = "resolve:ssm:/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2";
    insta::assert_snapshot!(
        create::<Ec2Instance>(table(json!({
            "image_id": latest, "source_dest_check": false, "disable_api_termination": true,
            "data_volumes": { "/dev/sdf": { "volume_size": 10 } },
        }))),
        @r"
    ec2:RunInstances: run a t3.micro of the latest image of /aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2
    ec2:ModifyInstanceAttribute: let traffic through that is neither from nor to the instance
    "
    );
    let desired = spec::<Ec2Instance>(table(json!({})));
    let idempotencies = Ec2Instance::steps(Change::Create { desired: &desired }).into_iter().map(|one| one.idempotency);
    assert_eq!(idempotencies.collect::<Vec<_>>(), [Idempotency::Token]);
}

#[test]
fn each_field_has_its_call() {
    for (from, to, expected) in [
        (json!({}), json!({}), ""),
        (
            json!({ "metadata_options": { "http_tokens": "optional", "http_put_response_hop_limit": 2 } }),
            json!({}),
            "ec2:ModifyInstanceMetadataOptions: require IMDSv2, within 1 hop",
        ),
        (
            json!({}),
            json!({ "metadata_options": {
                "http_tokens": "optional", "http_put_response_hop_limit": 2, "instance_metadata_tags": "enabled",
            }}),
            "ec2:ModifyInstanceMetadataOptions: allow IMDSv1, within 2 hops, show tags",
        ),
        (
            json!({}),
            json!({ "metadata_options": { "http_endpoint": "disabled" } }),
            "ec2:ModifyInstanceMetadataOptions: turn off the metadata service",
        ),
        (
            json!({}),
            json!({ "security_group_ids": ["sg-2", "sg-1"] }),
            "ec2:ModifyInstanceAttribute: set the security groups to sg-1, sg-2",
        ),
        (
            json!({}),
            json!({ "source_dest_check": false }),
            "ec2:ModifyInstanceAttribute: let traffic through that is neither from nor to the instance",
        ),
        (
            json!({ "source_dest_check": false }),
            json!({}),
            "ec2:ModifyInstanceAttribute: drop traffic that is neither from nor to the instance",
        ),
        (
            json!({}),
            json!({ "iam_instance_profile": "a" }),
            "ec2:AssociateIamInstanceProfile: give it the instance profile a",
        ),
        (
            json!({ "iam_instance_profile": "a" }),
            json!({ "iam_instance_profile": "b" }),
            "ec2:ReplaceIamInstanceProfileAssociation: replace the instance profile a by b",
        ),
        (
            json!({ "iam_instance_profile": "a" }),
            json!({}),
            "ec2:DisassociateIamInstanceProfile: take away the instance profile a",
        ),
        (json!({}), json!({ "monitoring": false }), "ec2:UnmonitorInstances: send metrics every five minutes"),
        (json!({ "monitoring": false }), json!({}), "ec2:MonitorInstances: send metrics every minute"),
        (
            json!({ "instance_initiated_shutdown_behavior": "stop" }),
            json!({ "instance_initiated_shutdown_behavior": "terminate" }),
            "ec2:ModifyInstanceAttribute: terminate it when it is shut down from inside",
        ),
        (json!({ "instance_initiated_shutdown_behavior": "terminate" }), json!({}), ""),
        (
            json!({}),
            json!({ "disable_api_termination": true }),
            "ec2:ModifyInstanceAttribute: turn on termination protection",
        ),
        (
            json!({ "disable_api_termination": true }),
            json!({}),
            "ec2:ModifyInstanceAttribute: turn off termination protection",
        ),
        (json!({}), json!({ "tags": { "Name": "host" } }), "ec2:CreateTags: set the tag Name"),
        (json!({ "tags": { "Name": "host" } }), json!({}), "ec2:DeleteTags: remove the tag Name"),
        (json!({ "private_ip_address": "10.0.0.4", "user_data": "a" }), json!({}), ""),
    ] {
        assert_eq!(update(from.clone(), to.clone()), expected, "from {from} to {to}");
    }
}

#[test]
fn what_can_only_be_changed_while_it_is_stopped_shares_one_stop() {
    insta::assert_snapshot!(update(json!({}), json!({ "instance_type": "t3.small" })), @r"
    ec2:CreateTags: note on the instance that it is to be started again
    ec2:StopInstances: stop the instance: what follows can only be changed while it is stopped
    ec2:ModifyInstanceAttribute: change the type to t3.small
    ec2:StartInstances: start the instance again
    ec2:DeleteTags: take the note off again
    ");
    insta::assert_snapshot!(
        update(
            json!({ "user_data": "a", "disable_api_termination": true }),
            json!({ "instance_type": "t2.micro", "ebs_optimized": false, "user_data": "b", "tags": { "a": "b" } })
        ),
        @r"
    ec2:CreateTags: note on the instance that it is to be started again
    ec2:StopInstances: stop the instance: what follows can only be changed while it is stopped
    ec2:ModifyInstanceAttribute: share the network between EBS and the rest
    ec2:ModifyInstanceAttribute: change the type to t2.micro
    ec2:ModifyInstanceAttribute: replace the user data, which most images run at their first boot only
    ec2:StartInstances: start the instance again
    ec2:DeleteTags: take the note off again
    ec2:ModifyInstanceAttribute: turn off termination protection
    ec2:CreateTags: set the tag a
    "
    );
    insta::assert_snapshot!(
        update(json!({ "instance_type": "t2.micro", "ebs_optimized": false }), json!({ "instance_type": "t3.small" })),
        @r"
    ec2:CreateTags: note on the instance that it is to be started again
    ec2:StopInstances: stop the instance: what follows can only be changed while it is stopped
    ec2:ModifyInstanceAttribute: change the type to t3.small
    ec2:ModifyInstanceAttribute: give EBS network capacity of its own
    ec2:StartInstances: start the instance again
    ec2:DeleteTags: take the note off again
    "
    );
}

#[test]
fn an_instance_that_somebody_stopped_stays_stopped_and_one_that_we_stopped_does_not() {
    let stopped = |tags: Value| InstanceSpec { stopped: true, ..live(json!({ "tags": tags })) };
    let larger = || table(json!({ "instance_type": "t3.small" }));
    insta::assert_snapshot!(
        update_from::<Ec2Instance>(&stopped(json!({})), larger()),
        @"ec2:ModifyInstanceAttribute: change the type to t3.small"
    );
    let marked = || json!({ RESTART: "true" });
    insta::assert_snapshot!(update_from::<Ec2Instance>(&stopped(marked()), larger()), @r"
    ec2:ModifyInstanceAttribute: change the type to t3.small
    ec2:StartInstances: start the instance again
    ec2:DeleteTags: remove the tag provision:restart
    ");
    insta::assert_snapshot!(update_from::<Ec2Instance>(&stopped(marked()), table(json!({}))), @r"
    ec2:StartInstances: start the instance again
    ec2:DeleteTags: remove the tag provision:restart
    ");
    // Interrupted before the stop, and after the start.
    let running = || live(json!({ "tags": marked() }));
    insta::assert_snapshot!(update_from::<Ec2Instance>(&running(), larger()), @r"
    ec2:StopInstances: stop the instance: what follows can only be changed while it is stopped
    ec2:ModifyInstanceAttribute: change the type to t3.small
    ec2:StartInstances: start the instance again
    ec2:DeleteTags: remove the tag provision:restart
    ");
    insta::assert_snapshot!(
        update_from::<Ec2Instance>(&running(), table(json!({}))),
        @"ec2:DeleteTags: remove the tag provision:restart"
    );
}

#[test]
fn a_volume_is_changed_in_one_call() {
    let root = |volume: Value| json!({ "root_volume": volume });
    for (from, to, expected) in [
        (json!({ "volume_size": 8 }), json!({}), ""),
        (
            json!({ "volume_size": 8 }),
            json!({ "volume_size": 16 }),
            "ec2:ModifyVolume: change the root volume to 16 GiB",
        ),
        (
            json!({ "volume_size": 16 }),
            json!({ "volume_size": 8 }),
            "ec2:ModifyVolume: change the root volume to 8 GiB, which AWS refuses: it has 16, and a volume only grows",
        ),
        (
            json!({ "volume_size": 8 }),
            json!({ "volume_size": 9, "iops": 4000, "throughput": 250 }),
            "ec2:ModifyVolume: change the root volume to 9 GiB, 4000 IOPS, 250 MiB/s",
        ),
        (
            json!({ "volume_size": 8, "volume_type": "gp2" }),
            json!({ "volume_size": 8 }),
            "ec2:ModifyVolume: change the root volume to type gp3, 3000 IOPS, 125 MiB/s",
        ),
        (
            json!({ "volume_size": 8 }),
            json!({ "volume_size": 8, "volume_type": "io2", "iops": 3000 }),
            "ec2:ModifyVolume: change the root volume to type io2, 3000 IOPS",
        ),
        (
            json!({ "volume_size": 8 }),
            json!({ "volume_size": 8, "volume_type": "gp2" }),
            "ec2:ModifyVolume: change the root volume to type gp2",
        ),
        (
            json!({ "volume_size": 8 }),
            json!({ "volume_size": 8, "delete_on_termination": false }),
            "ec2:ModifyInstanceAttribute: keep the volume of /dev/xvda when the instance is terminated",
        ),
    ] {
        assert_eq!(update(root(from.clone()), root(to.clone())), expected, "from {from} to {to}");
    }
}

#[test]
fn data_volumes_come_and_go_without_a_loss() {
    let disks = |disks: Value| json!({ "data_volumes": disks });
    insta::assert_snapshot!(
        update(
            disks(json!({ "/dev/sdf": { "volume_size": 10 }, "/dev/sdg": { "volume_size": 10 } })),
            disks(json!({
                "/dev/sdg": { "volume_size": 20, "delete_on_termination": false },
                "/dev/sdh": { "volume_size": 30, "kms_key": "arn:aws:kms:us-east-1:123456789012:key/1" },
                "/dev/sdi": { "volume_size": 40, "delete_on_termination": false },
            }))
        ),
        @r"
    ec2:DetachVolume: detach vol-0 from /dev/sdf; the volume and its data are kept
    ec2:ModifyVolume: change the volume of /dev/sdg to 20 GiB
    ec2:ModifyInstanceAttribute: keep the volume of /dev/sdg when the instance is terminated
    ec2:CreateVolume: make a volume of 30 GiB for /dev/sdh, encrypted with arn:aws:kms:us-east-1:123456789012:key/1
    ec2:AttachVolume: attach it as /dev/sdh
    ec2:ModifyInstanceAttribute: delete the volume of /dev/sdh together with the instance
    ec2:CreateVolume: make a volume of 40 GiB for /dev/sdi, encrypted
    ec2:AttachVolume: attach it as /dev/sdi
    "
    );
}

#[test]
fn another_image_place_address_or_key_is_another_instance() {
    let value = |spec: &InstanceSpec| serde_json::to_value(spec).unwrap_or_default();
    let immutable = |from: Value, to: Value| -> Vec<String> {
        let (from, to) = (live(from), spec::<Ec2Instance>(table(to)));
        let differences = diff(&fields_of::<InstanceSpec>(), &value(&from), &value(&to), Some(&value(&from)));
        differences.into_iter().filter(|one| one.immutable).map(|one| one.path).collect()
    };
    let (one, other) = ("arn:aws:kms:us-east-1:123456789012:key/1", "arn:aws:kms:us-east-1:123456789012:key/2");
    for (from, to, expected) in [
        (json!({}), json!({ "image_id": "ami-00000000000000000" }), "image_id"),
        (json!({}), json!({ "subnet_id": "subnet-2" }), "subnet_id"),
        (
            json!({ "private_ip_address": "10.0.0.4" }),
            json!({ "private_ip_address": "10.0.0.5" }),
            "private_ip_address",
        ),
        (json!({}), json!({ "associate_public_ip_address": true }), "associate_public_ip_address"),
        (json!({}), json!({ "key_name": "mine" }), "key_name"),
        (
            json!({ "root_volume": { "kms_key": one } }),
            json!({ "root_volume": { "kms_key": other } }),
            "root_volume.kms_key",
        ),
        (json!({}), json!({ "root_volume": { "encrypted": false } }), "root_volume.encrypted"),
        (
            json!({ "data_volumes": { "/dev/sdf": { "volume_size": 1, "kms_key": one } } }),
            json!({ "data_volumes": { "/dev/sdf": { "volume_size": 1, "kms_key": other } } }),
            "data_volumes[\"/dev/sdf\"].kms_key",
        ),
    ] {
        assert_eq!(immutable(from.clone(), to.clone()), [expected], "from {from} to {to}");
    }
    let changes = json!({
        "instance_type": "t3.small", "security_group_ids": ["sg-2"], "monitoring": false, "ebs_optimized": false,
        "iam_instance_profile": "a", "disable_api_termination": true, "source_dest_check": false,
        "metadata_options": { "http_tokens": "optional" }, "root_volume": { "volume_size": 9, "volume_type": "gp2" },
        "data_volumes": { "/dev/sdf": { "volume_size": 1, "kms_key": one } }, "tags": { "a": "b" },
    });
    assert_eq!(immutable(json!({}), changes), [""; 0]);
}

#[test]
fn a_protected_instance_is_released_before_it_is_terminated() {
    let delete = |fields: Value| testing::delete::<Ec2Instance>(&live(fields), false);
    insta::assert_snapshot!(delete(json!({})), @"ec2:TerminateInstances: terminate the instance, and delete its volumes with it");
    insta::assert_snapshot!(
        delete(json!({
            "disable_api_termination": true,
            "data_volumes": { "/dev/sdf": { "volume_size": 10, "delete_on_termination": false } },
        })),
        @r"
    ec2:ModifyInstanceAttribute: turn off termination protection
    ec2:TerminateInstances: terminate the instance, and delete 1 of its volumes with it; 1 kept
    "
    );
    insta::assert_snapshot!(
        delete(json!({ "root_volume": { "delete_on_termination": false } })),
        @"ec2:TerminateInstances: terminate the instance; its volumes are kept"
    );
}

#[test]
fn what_is_not_known_yet_stands_in_the_calls() {
    let mark = Reference { address: Address::new("kms_key", "ebs"), output: "arn".to_owned() }.mark();
    let disks = json!({ "data_volumes": { "/dev/sdf": { "volume_size": 1, "kms_key": mark } } });
    insta::assert_snapshot!(update(json!({}), disks), @r"
    ec2:CreateVolume: make a volume of 1 GiB for /dev/sdf, encrypted with its key
    ec2:AttachVolume: attach it as /dev/sdf
    ec2:ModifyInstanceAttribute: delete the volume of /dev/sdf together with the instance
    ");
    let steps = Ec2Instance::steps(Change::Create {
        desired: &spec::<Ec2Instance>(table(json!({ "subnet_id": mark, "security_group_ids": [mark] }))),
    });
    let call = serde_json::to_value(&steps[0].call).unwrap_or_default();
    assert!(unknown::contains_unknown(&call), "{call}");
}
