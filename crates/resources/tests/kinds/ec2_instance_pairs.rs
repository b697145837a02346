//! Any instance becomes any other, as far as that can be done in place.

use proptest::prelude::*;
use proptest::sample::select;
use provision_resources::ec2_instance::Ec2Instance;
use serde_json::{Value, json};

use crate::ec2_instance::World;
use crate::pairs;

/// What of an instance can be changed in place. Volumes only grow, so the second has the larger ones.
fn fields(groups: Vec<String>, grown: i32) -> impl Strategy<Value = Value> {
    let switches = prop::array::uniform5(any::<bool>());
    let metadata = (select(vec!["required", "optional"]), 1..=64, any::<bool>(), prop::bool::weighted(0.8));
    let metadata = metadata.prop_map(|(tokens, hops, tags, on)| {
        let of = |on: bool| if on { "enabled" } else { "disabled" };
        json!({
            "http_tokens": tokens, "http_put_response_hop_limit": hops,
            "instance_metadata_tags": of(tags), "http_endpoint": of(on),
        })
    });
    let volume = move || {
        let kind = prop_oneof![
            (3000..5000, 125..500).prop_map(|(iops, rate)| json!({ "iops": iops, "throughput": rate })),
            Just(json!({ "volume_type": "gp2" })),
            (100..500).prop_map(|iops| json!({ "volume_type": "io2", "iops": iops })),
        ];
        (kind, 8..20, any::<bool>()).prop_map(move |(mut volume, size, goes)| {
            volume["volume_size"] = json!(size + grown);
            volume["delete_on_termination"] = json!(goes);
            volume
        })
    };
    let data = prop::collection::btree_map(select(vec!["/dev/sdf", "/dev/sdg"]), volume(), 0..=2);
    let profile = select(vec!["", "one", "two"]);
    let groups = prop::sample::subsequence(groups, 1..=3);
    let tags = prop::collection::btree_map("[a-z]{1,4}", "[A-Za-z0-9 _.:/=+@-]{0,8}", 0..3);
    let other = (select(vec!["t3.micro", "t3.small"]), "[ -~\n]{0,20}", select(vec!["stop", "terminate"]));
    (switches, metadata, volume(), data, profile, groups, tags, other).prop_map(
        |(switches, metadata, root, data, profile, groups, tags, (instance_type, user_data, behavior))| {
            let [monitoring, optimized, protected, check, _] = switches;
            json!({
                "monitoring": monitoring, "ebs_optimized": optimized, "disable_api_termination": protected,
                "source_dest_check": check, "metadata_options": metadata, "root_volume": root, "data_volumes": data,
                "iam_instance_profile": profile, "security_group_ids": groups, "tags": tags,
                "instance_type": instance_type, "user_data": user_data,
                "instance_initiated_shutdown_behavior": behavior,
            })
        },
    )
}

#[tokio::test]
async fn any_instance_becomes_any_other() {
    let world = World::new().await;
    world.profiles(&["one", "two"]).await;
    let pairs = (fields(world.groups.clone(), 0), fields(world.groups.clone(), 20))
        .prop_map(|(first, second)| (world.table(first), world.table(second)));
    pairs::hold::<Ec2Instance>(&world.driver, pairs::generated(pairs, 8)).await;
}
