//! The life of an EC2 instance.

use aws_sdk_ec2::types::{AttributeBooleanValue, HttpTokensState, InstanceStateName};
use provision_reconciler::diff::Difference;
use provision_reconciler::{Change, Differences, ErrorClass, Kind, Step, Target};
use provision_resources::aws::Clients;
use provision_resources::ec2_instance::{Call, Ec2Instance};
use serde_json::{Value, json};

use crate::driver::{Driver, Resource};

const NONE: [&str; 0] = [];
const RUN: &str = "ec2:RunInstances";
const ATTRIBUTE: &str = "ec2:ModifyInstanceAttribute";
const TERMINATE: &str = "ec2:TerminateInstances";
const AMAZON_LINUX_2: &str = "resolve:ssm:/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2";
/// What a change that needs a stop takes.
const RESTART: [&str; 5] = ["ec2:CreateTags", "ec2:StopInstances", ATTRIBUTE, "ec2:StartInstances", "ec2:DeleteTags"];

/// What an instance needs to be in.
pub struct World {
    pub driver: Driver,
    region: &'static str,
    subnet: String,
    pub groups: Vec<String>,
}

impl World {
    pub async fn new() -> Self {
        Self::of(Driver::new().await, "us-east-1").await
    }

    async fn of(driver: Driver, region: &'static str) -> Self {
        let clients = driver.aws.region(region).await;
        let ec2 = clients.ec2();
        let vpc = ec2.create_vpc().cidr_block("10.7.0.0/16").send().await.unwrap().vpc.unwrap().vpc_id.unwrap();
        let subnet = ec2.create_subnet().vpc_id(&vpc).cidr_block("10.7.1.0/24").send().await.unwrap().subnet.unwrap();
        let mut groups = Vec::new();
        for name in ["one", "two", "three"] {
            let group = ec2.create_security_group().vpc_id(&vpc).group_name(name).description(name);
            groups.push(group.send().await.unwrap().group_id.unwrap());
        }
        Self { driver, region, subnet: subnet.subnet_id.unwrap(), groups }
    }

    pub fn table(&self, fields: Value) -> Value {
        let mut table = json!({
            "image_id": AMAZON_LINUX_2, "instance_type": "t3.micro", "subnet_id": self.subnet,
            "security_group_ids": [self.groups[0]],
        });
        for (name, value) in fields.as_object().unwrap().clone() {
            table[name] = value;
        }
        table
    }

    fn instance(&self) -> Resource<Ec2Instance> {
        self.driver.in_region(self.region).resource::<Ec2Instance>("host")
    }

    /// The ARN of a key. EC2 asks no other service about it here.
    fn key(&self, number: u8) -> String {
        format!("arn:aws:kms:{}:{}:key/{number}", self.region, self.driver.account)
    }

    /// Instance profiles of these names, with a role.
    pub async fn profiles(&self, names: &[&str]) {
        let clients = self.driver.aws.region(self.region).await;
        let iam = clients.iam();
        let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ec2.amazonaws.com"}}}"#;
        iam.create_role().role_name("host").assume_role_policy_document(trust).send().await.unwrap();
        for name in names {
            iam.create_instance_profile().instance_profile_name(*name).send().await.unwrap();
            iam.add_role_to_instance_profile().instance_profile_name(*name).role_name("host").send().await.unwrap();
        }
    }
}

async fn image(clients: &Clients, image_id: &str) -> String {
    let name = image_id.strip_prefix("resolve:ssm:").unwrap();
    let answer = clients.ssm().get_parameter().name(name).send().await.unwrap();
    answer.parameter.unwrap().value.unwrap()
}

#[tokio::test]
async fn an_instance_with_defaults_is_hardened() {
    let world = World::new().await;
    let mut host = world.instance();
    assert_eq!(host.apply(world.table(json!({}))).await, [RUN]);
    assert_eq!(host.apply(world.table(json!({}))).await, NONE, "a second apply does nothing");

    let clients = world.driver.aws.region("us-east-1").await;
    let live = host.read(Some(&host.spec(world.table(json!({}))))).await.unwrap().unwrap();
    let outputs = &live.outputs;
    assert_eq!(outputs.instance_id, live.id);
    let arn = format!("arn:aws:ec2:us-east-1:{}:instance/{}", world.driver.account, live.id);
    assert_eq!((outputs.arn.as_str(), outputs.newer_image_id.as_str()), (arn.as_str(), ""));
    assert_eq!(outputs.running_image_id, image(&clients, AMAZON_LINUX_2).await);
    assert!(outputs.private_ip.starts_with("10.7.1."), "{}", outputs.private_ip);
    assert!(outputs.network_interface_id.starts_with("eni-") && outputs.availability_zone.starts_with("us-east-1"));

    // As AWS describes it, not as we read it.
    let answer = clients.ec2().describe_instances().instance_ids(&live.id).send().await.unwrap();
    let instance = answer.reservations()[0].instances()[0].clone();
    let options = instance.metadata_options().unwrap();
    assert_eq!(options.http_tokens(), Some(&HttpTokensState::Required));
    assert_eq!(options.http_put_response_hop_limit(), Some(1));
    assert_eq!((instance.public_ip_address(), instance.key_name()), (None, None));
    assert_eq!((instance.ebs_optimized(), instance.iam_instance_profile()), (Some(true), None));
    let volumes = clients.ec2().describe_volumes().send().await.unwrap();
    assert_eq!(volumes.volumes().len(), 1);
    assert_eq!(volumes.volumes()[0].encrypted(), Some(true));
    assert_eq!(volumes.volumes()[0].attachments()[0].device(), instance.root_device_name());

    // Everything that came with it says whose it is.
    let interface = clients.ec2().describe_network_interfaces().send().await.unwrap();
    for tags in [volumes.volumes()[0].tags(), interface.network_interfaces()[0].tag_set(), instance.tags()] {
        let address = tags.iter().find(|tag| tag.key() == Some("provision:address")).and_then(|tag| tag.value());
        assert_eq!(address, Some("ec2_instance.host"));
    }

    assert_eq!(host.delete(false).await, [TERMINATE]);
    assert!(clients.ec2().describe_volumes().send().await.unwrap().volumes().is_empty());
    assert!(clients.ec2().describe_network_interfaces().send().await.unwrap().network_interfaces().is_empty());
}

#[tokio::test]
async fn an_instance_is_made_with_everything_at_once_in_another_region() {
    let world = World::of(Driver::new().await, "eu-west-1").await;
    world.profiles(&["host"]).await;
    let mut host = world.instance();
    let everything = world.table(json!({
        "security_group_ids": [world.groups[1], world.groups[2]],
        "private_ip_address": "10.7.1.77",
        "associate_public_ip_address": true,
        "key_name": "mine",
        "iam_instance_profile": "host",
        "user_data": "#!/bin/sh\necho ‘hello’\n",
        "metadata_options": {
            "http_tokens": "optional", "http_put_response_hop_limit": 2, "instance_metadata_tags": "enabled",
        },
        "monitoring": false,
        "ebs_optimized": false,
        "disable_api_termination": true,
        "instance_initiated_shutdown_behavior": "terminate",
        "source_dest_check": false,
        "root_volume": { "volume_size": 20, "iops": 4000, "throughput": 250, "kms_key": world.key(1) },
        "data_volumes": {
            "/dev/sdf": { "volume_size": 10, "kms_key": world.key(2), "delete_on_termination": false },
            "/dev/sdg": { "volume_size": 30, "volume_type": "io2", "iops": 500 },
            "/dev/sdh": { "volume_size": 40, "volume_type": "gp2", "encrypted": false },
        },
        "tags": { "Name": "host", "Empty": "" },
    }));
    assert_eq!(host.apply(everything.clone()).await, [RUN, ATTRIBUTE]);
    assert_eq!(host.apply(everything).await, NONE);
    assert_eq!(host.delete(false).await, [ATTRIBUTE, TERMINATE], "its protection is turned off first");
    let clients = world.driver.aws.region("eu-west-1").await;
    let kept = clients.ec2().describe_volumes().send().await.unwrap();
    assert_eq!(kept.volumes().iter().map(|volume| volume.size.unwrap()).collect::<Vec<_>>(), [10]);
}

#[tokio::test]
async fn every_mutable_field_is_changed_and_changed_back() {
    let world = World::new().await;
    world.profiles(&["one", "two"]).await;
    let mut host = world.instance();
    host.apply(world.table(json!({ "user_data": "one", "root_volume": { "volume_size": 8 } }))).await;
    let id = host.id.clone();
    let first = json!({ "user_data": "one" });
    let apply = |mut fields: Value| {
        fields["user_data"] = fields.get("user_data").cloned().unwrap_or(first["user_data"].clone());
        world.table(fields)
    };
    for (fields, actions) in [
        (json!({ "instance_type": "t3.small" }), RESTART.to_vec()),
        (json!({ "instance_type": "t3.small", "ebs_optimized": false }), RESTART.to_vec()),
        (json!({ "instance_type": "t3.small", "ebs_optimized": false, "user_data": "two" }), RESTART.to_vec()),
        (
            json!({}),
            vec![
                "ec2:CreateTags",
                "ec2:StopInstances",
                ATTRIBUTE,
                ATTRIBUTE,
                ATTRIBUTE,
                "ec2:StartInstances",
                "ec2:DeleteTags",
            ],
        ),
        (json!({ "security_group_ids": [world.groups[1], world.groups[2]] }), vec![ATTRIBUTE]),
        (json!({ "iam_instance_profile": "one" }), vec![ATTRIBUTE, "ec2:AssociateIamInstanceProfile"]),
        (json!({ "iam_instance_profile": "two" }), vec!["ec2:ReplaceIamInstanceProfileAssociation"]),
        (json!({}), vec!["ec2:DisassociateIamInstanceProfile"]),
        (
            json!({ "metadata_options": { "http_tokens": "optional", "http_put_response_hop_limit": 3 } }),
            vec!["ec2:ModifyInstanceMetadataOptions"],
        ),
        (json!({ "metadata_options": { "http_endpoint": "disabled" } }), vec!["ec2:ModifyInstanceMetadataOptions"]),
        (json!({}), vec!["ec2:ModifyInstanceMetadataOptions"]),
        (json!({ "monitoring": false }), vec!["ec2:UnmonitorInstances"]),
        (json!({ "disable_api_termination": true }), vec![ATTRIBUTE, "ec2:MonitorInstances"]),
        (json!({ "source_dest_check": false }), vec![ATTRIBUTE, ATTRIBUTE]),
        (json!({ "instance_initiated_shutdown_behavior": "terminate" }), vec![ATTRIBUTE, ATTRIBUTE]),
        (json!({ "instance_initiated_shutdown_behavior": "stop" }), vec![ATTRIBUTE]),
        (json!({ "root_volume": { "volume_size": 12, "iops": 3500, "throughput": 200 } }), vec!["ec2:ModifyVolume"]),
        (
            json!({ "root_volume": { "volume_type": "gp2", "delete_on_termination": false } }),
            vec!["ec2:ModifyVolume", ATTRIBUTE],
        ),
        (json!({}), vec!["ec2:ModifyVolume", ATTRIBUTE]),
        (json!({ "tags": { "Name": "host" } }), vec!["ec2:CreateTags"]),
        (json!({ "tags": { "Name": "other" } }), vec!["ec2:CreateTags"]),
        (json!({}), vec!["ec2:DeleteTags"]),
    ] {
        assert_eq!(host.apply(apply(fields.clone())).await, actions, "{fields}");
        assert_eq!(host.apply(apply(fields.clone())).await, NONE, "again: {fields}");
        let live = host.read(None).await.unwrap().unwrap();
        assert!(!live.spec.stopped, "it runs again after {fields}");
    }
    assert_eq!(host.id, id, "it is the same instance all the time");
}

/// What it takes to make it what the table says.
async fn steps_to(host: &Resource<Ec2Instance>, table: Value) -> Vec<Step<Call>> {
    let desired = host.spec(table);
    let live = host.read(Some(&desired)).await.unwrap().unwrap();
    let differences = Differences(host.differences(&live, &desired));
    Ec2Instance::steps(Change::Update { live: &live.spec, desired: &desired, differences: &differences })
}

/// The id of the volume of `/dev/sdf`.
async fn disk(host: &Resource<Ec2Instance>) -> String {
    let live = host.read(None).await.unwrap().unwrap();
    live.spec.data_volumes["/dev/sdf"].volume_id.clone().unwrap()
}

#[tokio::test]
async fn data_volumes_come_grow_go_and_come_back() {
    let world = World::new().await;
    let mut host = world.instance();
    let disks = |disks: Value| world.table(json!({ "data_volumes": disks }));
    let large = || json!({ "volume_size": 10, "kms_key": world.key(1) });
    host.apply(disks(json!({}))).await;
    let add = ["ec2:CreateVolume", "ec2:AttachVolume", ATTRIBUTE];
    assert_eq!(host.apply(disks(json!({ "/dev/sdf": large() }))).await, add);
    let first = disk(&host).await;
    let larger = json!({ "volume_size": 20, "kms_key": world.key(1), "delete_on_termination": false });
    assert_eq!(host.apply(disks(json!({ "/dev/sdf": larger.clone() }))).await, ["ec2:ModifyVolume", ATTRIBUTE]);

    // Taken out of the file it is kept, and found again when it comes back as it was.
    assert_eq!(host.apply(disks(json!({}))).await, ["ec2:DetachVolume"]);
    let clients = world.driver.aws.region("us-east-1").await;
    let kept = clients.ec2().describe_volumes().volume_ids(&first).send().await.unwrap();
    assert_eq!(kept.volumes()[0].state().map(|state| state.as_str()), Some("available"));
    assert_eq!(host.apply(disks(json!({ "/dev/sdf": larger }))).await, ["ec2:CreateVolume", "ec2:AttachVolume"]);
    assert_eq!(disk(&host).await, first);
    host.apply(disks(json!({}))).await;
    // But not as another one, which a later run makes.
    host.scope.operation = "op-2".to_owned();
    let steps = steps_to(&host, disks(json!({ "/dev/sdf": large() }))).await;
    assert_eq!(host.run(steps).await.unwrap(), add);
    assert_ne!(disk(&host).await, first);
    host.scope.operation = "op-1".to_owned();

    // What is attached by hand is drift, and is detached, not deleted.
    let zone = host.read(None).await.unwrap().unwrap().outputs.availability_zone;
    let stranger =
        clients.ec2().create_volume().size(1).availability_zone(zone).send().await.unwrap().volume_id.unwrap();
    let attach = clients.ec2().attach_volume().volume_id(&stranger).instance_id(host.id.clone().unwrap());
    attach.device("/dev/sdz").send().await.unwrap();
    assert_eq!(host.apply(disks(json!({ "/dev/sdf": large() }))).await, ["ec2:DetachVolume"]);
    clients.ec2().describe_volumes().volume_ids(&stranger).send().await.unwrap();
}

#[tokio::test]
async fn a_newer_image_is_told_and_replaces_only_where_that_is_asked_for() {
    let world = World::new().await;
    let clients = world.driver.aws.region("us-east-1").await;
    let (old, new) = (
        image(&clients, AMAZON_LINUX_2).await,
        image(&clients, "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64").await,
    );
    let publish = |id: String| {
        let put = clients.ssm().put_parameter().name("/golden").overwrite(true);
        let put = put.r#type(aws_sdk_ssm::types::ParameterType::String).value(id).send();
        async { put.await.unwrap() }
    };
    publish(old.clone()).await;
    let golden =
        |replace: bool| world.table(json!({ "image_id": "resolve:ssm:/golden", "replace_on_new_image": replace }));
    let mut host = world.instance();
    host.apply(golden(false)).await;
    publish(new.clone()).await;

    let desired = host.spec(golden(false));
    let live = host.read(Some(&desired)).await.unwrap().unwrap();
    assert_eq!(host.differences(&live, &desired), []);
    assert_eq!((&live.outputs.running_image_id, &live.outputs.newer_image_id), (&old, &new));
    let remark = format!("there is a newer image, {new}; it runs {old}, and `replace_on_new_image = true` replaces it");
    assert_eq!(Ec2Instance::remarks(&live), [remark]);

    let paths = |table: Value| {
        let (host, desired) = (&host, host.spec(table));
        async move {
            let live = host.read(Some(&desired)).await.unwrap().unwrap();
            let told = |one: Difference| format!("{}{}", one.path, if one.immutable { " replaces" } else { "" });
            host.differences(&live, &desired).into_iter().map(told).collect::<Vec<_>>()
        }
    };
    let (image_id, tag) = ("image_id replaces", "tags[\"provision:image\"]");
    assert_eq!(paths(golden(true)).await, [image_id]);
    // A version of the parameter is another parameter, but the first leads to the image that runs.
    assert_eq!(paths(world.table(json!({ "image_id": "resolve:ssm:/golden:1" }))).await, [tag]);
    assert_eq!(paths(world.table(json!({ "image_id": "resolve:ssm:/golden:2" }))).await, [image_id, tag]);
    assert_eq!(paths(world.table(json!({ "image_id": old }))).await, [tag]);
    assert_eq!(paths(world.table(json!({ "image_id": new }))).await, [image_id, tag]);

    let desired = host.spec(world.table(json!({ "image_id": "resolve:ssm:/nothing" })));
    let error = host.read(Some(&desired)).await.unwrap_err();
    insta::assert_snapshot!(error, @"ssm:GetParameters failed: there is no parameter /nothing in this region");
    clients.ssm().delete_parameter().name("/golden").send().await.unwrap();
    let desired = host.spec(golden(false));
    let live = host.read(Some(&desired)).await.unwrap().unwrap();
    assert_eq!(host.differences(&live, &desired), [], "a parameter that was retired is no reason to replace anything");
}

/// The calls of one reading are made at once: of an instance that is terminated, or launched, at that moment one may know and another not.
#[tokio::test]
async fn what_changes_during_a_reading_is_read_again() {
    let world = World::new().await;
    let mut host = world.instance();
    host.apply(world.table(json!({}))).await;
    let desired = host.spec(world.table(json!({})));
    let clients = world.driver.aws.region("us-east-1").await;
    let ec2 = clients.ec2();
    let id = host.read(Some(&desired)).await.unwrap().unwrap().id;
    let described = ec2.describe_instances().instance_ids(&id).send().await.unwrap();
    let mapping = described.reservations()[0].instances()[0].block_device_mappings()[0].clone();
    let (device, volume) = (mapping.device_name().unwrap(), mapping.ebs().unwrap().volume_id().unwrap());
    ec2.detach_volume().volume_id(volume).instance_id(&id).device(device).send().await.unwrap();
    let error = host.read(Some(&desired)).await.unwrap_err();
    assert_eq!((error.class, error.action.as_str()), (ErrorClass::Busy, "ec2:DescribeVolumes"), "{error}");
    let back = async {
        tokio::time::sleep(std::time::Duration::from_millis(600)).await;
        ec2.attach_volume().volume_id(volume).instance_id(&id).device(device).send().await.unwrap();
    };
    let (read, ()) = tokio::join!(host.read(Some(&desired)), back);
    assert!(read.unwrap().is_some());
}

#[tokio::test]
async fn what_is_done_by_hand_is_drift_and_is_undone() {
    let world = World::new().await;
    let mut host = world.instance();
    let table = || world.table(json!({ "disable_api_termination": true }));
    host.apply(table()).await;
    let id = host.id.clone().unwrap();
    let clients = world.driver.aws.region("us-east-1").await;
    let ec2 = clients.ec2();

    let options = ec2.modify_instance_metadata_options().instance_id(&id);
    options.http_tokens(HttpTokensState::Optional).send().await.unwrap();
    assert_eq!(host.apply(table()).await, ["ec2:ModifyInstanceMetadataOptions"]);

    let off = AttributeBooleanValue::builder().value(false).build();
    ec2.modify_instance_attribute().instance_id(&id).disable_api_termination(off).send().await.unwrap();
    assert_eq!(host.apply(table()).await, [ATTRIBUTE]);
    let error = ec2.terminate_instances().instance_ids(&id).send().await.unwrap_err().into_service_error();
    assert_eq!(error.meta().code(), Some("OperationNotPermitted"));

    ec2.modify_instance_attribute().instance_id(&id).groups(&world.groups[2]).send().await.unwrap();
    assert_eq!(host.apply(table()).await, [ATTRIBUTE]);

    ec2.unmonitor_instances().instance_ids(&id).send().await.unwrap();
    assert_eq!(host.apply(table()).await, ["ec2:MonitorInstances"]);

    // Stopping one is no drift, and what changes then does not start it.
    ec2.stop_instances().instance_ids(&id).send().await.unwrap();
    assert_eq!(host.apply(table()).await, NONE);
    let small = world.table(json!({ "disable_api_termination": true, "instance_type": "t3.small" }));
    assert_eq!(host.apply(small.clone()).await, [ATTRIBUTE]);
    assert!(host.read(None).await.unwrap().unwrap().spec.stopped);
    assert_eq!(host.apply(small).await, NONE);
}

/// Whatever interrupts a change between the stop and the start, the next run starts the instance.
#[tokio::test]
async fn an_interrupted_restart_is_completed() {
    let world = World::new().await;
    for done in 1..RESTART.len() {
        let mut host = world.driver.resource::<Ec2Instance>(&format!("host_{done}"));
        host.apply(world.table(json!({}))).await;
        let larger = world.table(json!({ "instance_type": "t3.small" }));
        let mut steps = steps_to(&host, larger.clone()).await;
        assert_eq!(steps.iter().map(|step| step.action).collect::<Vec<_>>(), RESTART);
        steps.truncate(done);
        host.run(steps).await.unwrap();
        assert_ne!(host.apply(larger.clone()).await, NONE);
        let live = host.read(None).await.unwrap().unwrap();
        assert!(!live.spec.stopped && live.spec.instance_type == "t3.small", "after {done} steps");
        assert_eq!(host.apply(larger).await, NONE);
    }
}

#[tokio::test]
async fn the_same_creation_twice_makes_one_instance_which_is_found_by_its_tags() {
    let world = World::new().await;
    let mut host = world.instance();
    assert_eq!(Ec2Instance::find(&world.driver.aws, &host.scope).await.unwrap(), None);
    let desired = host.spec(world.table(json!({})));
    let steps = || Ec2Instance::steps(Change::Create { desired: &desired });
    host.run(steps()).await.unwrap();
    let id = host.id.take();
    host.run(steps()).await.unwrap();
    assert_eq!(host.id, id);
    assert_eq!(Ec2Instance::find(&world.driver.aws, &host.scope).await.unwrap(), id);
    let other = world.driver.scope::<Ec2Instance>("other");
    assert_eq!(Ec2Instance::find(&world.driver.aws, &other).await.unwrap(), None);

    host.delete(false).await;
    assert_eq!(Ec2Instance::find(&world.driver.aws, &host.scope).await.unwrap(), None, "terminated is not there");
    // What is gone already is no error.
    host.id = id;
    let call = || serde_json::from_value(json!("terminate_instances")).unwrap();
    let step = Step::new(TERMINATE, "", call());
    host.run(vec![step]).await.unwrap();
}

#[tokio::test]
async fn many_instances_are_read_at_once_and_strangers_are_not_there() {
    let world = World::new().await;
    let mut targets = Vec::new();
    for (name, size) in [("one", 8), ("two", 9)] {
        let mut host = world.driver.resource::<Ec2Instance>(name);
        host.apply(world.table(json!({ "root_volume": { "volume_size": size } }))).await;
        targets.push(Target { scope: host.scope.clone(), id: host.id.clone().unwrap(), desired: None });
    }
    let scope = world.driver.scope::<Ec2Instance>("never");
    targets.insert(1, Target { scope, id: "i-0123456789abcdef0".to_owned(), desired: None });
    let answers = Ec2Instance::read(&world.driver.aws, &targets).await;
    let sizes =
        answers.into_iter().map(|answer| answer.unwrap().map(|live| live.spec.root_volume.volume_size.unwrap()));
    assert_eq!(sizes.collect::<Vec<_>>(), [Some(8), None, Some(9)]);
}

#[tokio::test]
async fn an_image_that_does_not_exist_is_refused_with_what_to_do() {
    let world = World::new().await;
    let mut host = world.instance();
    for (image_id, message) in [
        ("ami-0123456789abcdef0", "there is no image ami-0123456789abcdef0 in this region that this account may use"),
        ("resolve:ssm:/nothing", "there is no parameter /nothing in this region"),
    ] {
        let desired = host.spec(world.table(json!({ "image_id": image_id })));
        let error = host.run(Ec2Instance::steps(Change::Create { desired: &desired })).await.unwrap_err();
        assert_eq!((error.class, error.message.as_str()), (ErrorClass::Refused, message));
        assert!(error.hint.is_some());
    }
    let root = world.table(json!({ "data_volumes": { "/dev/xvda": { "volume_size": 8 } } }));
    let desired = host.spec(root);
    let error = host.run(Ec2Instance::steps(Change::Create { desired: &desired })).await.unwrap_err();
    assert!(error.message.starts_with("/dev/xvda is the root device of ami-"), "{}", error.message);
}

/// The state that a stopped instance is in, as AWS tells it.
#[tokio::test]
async fn an_instance_is_stopped_while_its_type_changes() {
    let world = World::new().await;
    let mut host = world.instance();
    host.apply(world.table(json!({}))).await;
    let stop: Call = serde_json::from_value(json!("stop_instances")).unwrap();
    host.run(vec![Step::new("ec2:StopInstances", "", stop)]).await.unwrap();
    let clients = world.driver.aws.region("us-east-1").await;
    let answer = clients.ec2().describe_instances().instance_ids(host.id.clone().unwrap()).send().await.unwrap();
    let state = answer.reservations()[0].instances()[0].state().and_then(|state| state.name().cloned());
    assert_eq!(state, Some(InstanceStateName::Stopped));
}
