//! Both halves in one: the network, the instance, the audit trail and the other region, besides the data stack.

use std::collections::BTreeMap;

use provision_testkit::inventory::{Item, inventory};
use serde_json::{Value, json};

use crate::boto::python;
use crate::drift::findings;
use crate::world::World;

fn shown(items: &[Item]) -> String {
    items.iter().map(|item| format!("{} {} {} {}\n", item.region, item.sort, item.id, item.state)).collect()
}

#[test]
fn staging_stands_up_whole_and_goes_whole() {
    let world = World::new();
    let applied = world.json(&["apply", "staging", "--yes"], 0);
    let said = world.run(&["apply", "staging", "--yes"]).expect_exit(0);
    assert!(said.stdout.contains("No changes"), "{}", said.stdout);

    // Every resource is there once, under its own address, in the two regions and in no other.
    let there = inventory(&world.account, &[]);
    let mut addresses: BTreeMap<&str, usize> = BTreeMap::new();
    for item in there.iter().filter(|item| !item.is_part()) {
        match item.address() {
            Some(address) => *addresses.entry(address).or_default() += 1,
            // boto3 lists mappings without their tags.
            None => assert_eq!(item.sort, "mapping", "{item:?}"),
        }
    }
    assert!(addresses.values().all(|count| *count == 1), "{addresses:?}");
    let plan = world.json(&["plan", "staging"], 0);
    assert_eq!(plan["counts"]["unchanged"], addresses.len() + 1, "{}", shown(&there));
    assert!(addresses.len() >= 50, "{}", addresses.len());
    assert!(
        there.iter().all(|item| ["", "us-east-1", "us-west-2"].contains(&item.region.as_str())),
        "{}",
        shown(&there)
    );
    assert!(applied["calls"].as_u64().unwrap() > 100, "{applied}");

    world.run(&["destroy", "staging", "--yes", "--delete-data", "--empty-buckets"]).expect_exit(0);
    let left: Vec<Item> =
        inventory(&world.account, &[]).into_iter().filter(|item| !item.is_pending_deletion()).collect();
    assert!(left.is_empty(), "{}", shown(&left));
}

#[test]
fn every_environment_keeps_every_rule() {
    World::new().run(&["policy", "check", "dev", "staging", "prod"]).expect_exit(0);
}

/// A meddler by hand: what it does, at what address, the paths that `drift` names, and the calls that mend it.
struct Meddler {
    code: &'static str,
    address: &'static str,
    paths: &'static [&'static str],
    mends: &'static [&'static str],
}

const MEDDLERS: &[Meddler] = &[
    Meddler {
        code: "client('ec2').authorize_security_group_ingress(GroupId=group('worker'), IpPermissions=[dict(\
               IpProtocol='tcp', FromPort=22, ToPort=22, IpRanges=[dict(CidrIp='0.0.0.0/0')])])",
        address: "ec2_security_group.worker",
        paths: &["ingress"],
        mends: &["ec2:RevokeSecurityGroupIngress"],
    },
    Meddler {
        code: "client('ec2').delete_route(RouteTableId=table('private-a'), DestinationCidrBlock='0.0.0.0/0')",
        address: "ec2_route_table.private[\"a\"]",
        paths: &["routes"],
        mends: &["ec2:CreateRoute"],
    },
    Meddler {
        code: "client('ec2').delete_flow_logs(FlowLogIds=[log['FlowLogId'] for log in client('ec2').describe_flow_logs()['FlowLogs']])",
        address: "ec2_flow_log.main",
        paths: &[],
        mends: &["ec2:CreateFlowLogs"],
    },
    Meddler {
        code: "client('ec2').modify_instance_metadata_options(InstanceId=instance(), HttpTokens='optional')",
        address: "ec2_instance.worker",
        paths: &["metadata_options.http_tokens"],
        mends: &["ec2:ModifyInstanceMetadataOptions"],
    },
    Meddler {
        code: "rules = client('s3').get_bucket_replication(Bucket=bucket('reports'))['ReplicationConfiguration']\n\
               rules['Rules'][0]['Status'] = 'Disabled'\n\
               client('s3').put_bucket_replication(Bucket=bucket('reports'), ReplicationConfiguration=rules)",
        address: "s3_bucket.reports",
        paths: &["replication.rules[\"dr\"].enabled"],
        mends: &["s3:PutReplicationConfiguration"],
    },
    Meddler {
        code: "client('s3', 'us-west-2').put_bucket_versioning(Bucket=bucket('reports-dr'), VersioningConfiguration={'Status': 'Suspended'})",
        address: "s3_bucket.reports_replica",
        paths: &["versioning"],
        mends: &["s3:PutBucketVersioning"],
    },
    Meddler {
        code: "client('logs').put_retention_policy(logGroupName='/aws/vpc/acme-dev', retentionInDays=30)",
        address: "logs_log_group.flow",
        paths: &["retention_in_days"],
        mends: &["logs:PutRetentionPolicy"],
    },
];

const EYES: &str = "
ec2 = client('ec2')
named = lambda name: [dict(Name='tag:Name', Values=['acme-dev-' + name])]
group = lambda name: ec2.describe_security_groups(Filters=named(name))['SecurityGroups'][0]['GroupId']
table = lambda name: ec2.describe_route_tables(Filters=named(name))['RouteTables'][0]['RouteTableId']
instance = lambda: ec2.describe_instances(Filters=named('worker'))['Reservations'][0]['Instances'][0]['InstanceId']
bucket = lambda name: 'acme-dev-' + name + '-ACCOUNT'
";

#[test]
fn what_is_done_by_hand_is_named_and_mended_alone() {
    let world = World::applied();
    let eyes = EYES.replace("ACCOUNT", &world.account.id);
    for Meddler { code, address, paths, mends } in MEDDLERS {
        python(&world.account, &format!("{eyes}{code}"));
        let drift = world.json(&["drift", "dev"], 2);
        let drifted = findings(&drift);
        assert_eq!(drifted.len(), 1, "{drift:#}");
        assert_eq!(drifted[0]["address"], *address, "{drift:#}");
        let named = drifted[0]["differences"].as_array().unwrap().iter().map(|field| field["path"].clone());
        let named: Vec<Value> = named.collect();
        assert!(
            named.len() == paths.len()
                && named.iter().zip(*paths).all(|(named, path)| named.as_str().unwrap().starts_with(path)),
            "{address}: {drift:#}"
        );
        world.proxy().clear();
        world.run(&["apply", "dev", "--yes"]).expect_exit(0);
        let calls: Vec<String> = world.changes().into_iter().map(|call| call.action).collect();
        assert_eq!(json!(calls), json!(mends), "{address}");
        world.run(&["drift", "dev"]).expect_exit(0);
    }
}
