use provision_config::Address;
use provision_config::unknown::Reference;
use provision_reconciler::{Kind, fields_of};
use serde_json::{Value, json};

use super::*;
use crate::ec2_instance::{Ec2Instance, VolumeType};
use crate::testing::{scope, spec};

fn table(fields: Value) -> Value {
    let mut table = json!({
        "image_id": "ami-0123456789abcdef0", "instance_type": "t3.micro", "subnet_id": "subnet-1",
        "security_group_ids": ["sg-1"],
    });
    for (name, value) in fields.as_object().cloned().unwrap_or_default() {
        table[name] = value;
    }
    table
}

fn problems(fields: Value) -> Vec<String> {
    let spec: InstanceSpec = serde_json::from_value(table(fields)).unwrap_or_else(|error| panic!("{error}"));
    let problems = Ec2Instance::check(&spec);
    problems.into_iter().map(|problem| format!("{}: {}", problem.pointer, problem.message)).collect()
}

#[test]
fn what_is_unset_is_secure() {
    let spec = spec::<Ec2Instance>(table(json!({})));
    assert_eq!(spec.metadata_options.http_tokens, HttpTokens::Required);
    assert_eq!(spec.metadata_options.http_put_response_hop_limit, 1);
    assert_eq!(
        (spec.metadata_options.http_endpoint, spec.metadata_options.instance_metadata_tags),
        (Switch::Enabled, Switch::Disabled)
    );
    assert!(spec.monitoring && spec.ebs_optimized && spec.source_dest_check);
    assert!(!spec.associate_public_ip_address && !spec.replace_on_new_image && spec.key_name.is_empty());
    let Volume { volume_type, iops, throughput, encrypted, delete_on_termination, .. } = spec.root_volume;
    assert_eq!((volume_type, iops, throughput), (VolumeType::Gp3, Some(3000), Some(125)));
    assert!(encrypted && delete_on_termination);
    assert_eq!(spec.tags[image::TAG], "ami-0123456789abcdef0");
}

#[test]
fn what_is_only_ever_read_is_no_field_of_the_file() {
    let fields = fields_of::<InstanceSpec>();
    for name in ["stopped", "root_device_name"] {
        assert!(fields.get(name).is_none(), "{name}");
    }
    assert!(fields.get("image_id").is_some());
}

#[test]
fn what_the_schema_cannot_say_is_checked() {
    assert_eq!(problems(json!({})), [""; 0]);
    assert_eq!(
        problems(json!({
            "security_group_ids": [],
            "replace_on_new_image": true,
            "user_data": "a",
            "user_data_file": "b",
            "root_volume": { "volume_type": "io2" },
            "data_volumes": {
                "/dev/sdf": { "volume_size": 1, "volume_type": "gp2", "iops": 3000, "throughput": 200 },
                "disk": { "encrypted": false, "kms_key": "arn:aws:kms:us-east-1:1:key/1" },
            },
        })),
        [
            "/security_group_ids: the instance has no security group",
            "/replace_on_new_image: an image that is named by its id has no newer one",
            "/user_data_file: `user_data` and `user_data_file` are both there",
            "/root_volume: a volume of type io2 needs `iops`",
            "/data_volumes/~1dev~1sdf/iops: the IOPS of type gp2 cannot be set",
            "/data_volumes/~1dev~1sdf/throughput: the throughput of type gp2 cannot be set",
            "/data_volumes/disk: `disk` is no name of a device",
            "/data_volumes/disk: the volume has no size",
            "/data_volumes/disk/kms_key: a volume that is not encrypted has no key",
        ]
    );
    assert_eq!(
        problems(json!({ "user_data": "x".repeat(16385) })),
        ["/user_data: the user data has 16385 bytes, and EC2 takes 16384"]
    );
}

#[test]
fn what_is_not_known_yet_is_no_problem() {
    let mark = Reference { address: Address::new("ec2_subnet", "a"), output: "subnet_id".to_owned() }.mark();
    let unknown = json!({
        "image_id": mark, "replace_on_new_image": true, "subnet_id": mark, "security_group_ids": [mark],
        "iam_instance_profile": mark, "user_data": mark, "private_ip_address": mark, "key_name": mark,
        "root_volume": { "kms_key": mark }, "data_volumes": { "/dev/sdf": { "volume_size": 1, "kms_key": mark } },
    });
    assert_eq!(problems(unknown.clone()), [""; 0]);
    assert_eq!(spec::<Ec2Instance>(table(unknown)).tags[image::TAG], mark);
}

#[test]
fn user_data_comes_from_a_file() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("boot.sh");
    fs::write(&path, "#!/bin/sh\n")?;
    let of = |path: &std::path::Path| -> Result<_, Box<dyn std::error::Error>> {
        let spec: InstanceSpec = serde_json::from_value(table(json!({ "user_data_file": path })))?;
        Ok((Ec2Instance::check(&spec), Ec2Instance::complete(spec, &scope::<Ec2Instance>("host"))))
    };
    let (problems, completed) = of(&path)?;
    assert_eq!(problems, []);
    let completed = completed.map_err(|problem| problem.message)?;
    assert_eq!((completed.user_data.as_deref(), completed.user_data_file), (Some("#!/bin/sh\n"), None));

    let (problems, completed) = of(&folder.path().join("nowhere"))?;
    assert_eq!(problems.len(), 1);
    assert_eq!(completed.err(), problems.into_iter().next());
    Ok(())
}
