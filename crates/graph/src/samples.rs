//! Graphs to try things on.

#![allow(clippy::unwrap_used)]

use provision_config::Address;

use crate::model::{Graph, Node, Region};

/// A graph from lines such as `s3_bucket.data @dr: kms_key.s3 iam_role.x`. Without `@dr` a resource is in the main region.
pub fn parse(title: &str, lines: &str) -> Graph {
    let address = |text: &str| -> Address { text.parse().unwrap() };
    let nodes = lines.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| {
        let (what, needs) = line.split_once(':').unwrap_or((line, ""));
        let (what, region) = match what.trim().split_once(" @dr") {
            Some((what, _)) => (what, "us-west-2"),
            None => (what.trim(), "us-east-1"),
        };
        Node::new(address(what), region).needs(needs.split_whitespace().map(address))
    });
    let region = |name: &str, role: &str| Region { name: name.to_owned(), role: role.to_owned() };
    let regions = vec![region("us-east-1", "main region"), region("us-west-2", "disaster recovery")];
    Graph::new(title, regions, nodes.collect()).unwrap()
}

/// A little of everything: keys, an arrow that follows from others, `for_each`, both regions.
pub fn small() -> Graph {
    parse(
        "dev",
        "
        ec2_vpc.main
        ec2_subnet.private[\"a\"]: ec2_vpc.main
        ec2_instance.host: ec2_subnet.private[\"a\"] ec2_vpc.main kms_key.ebs
        kms_key.ebs
        kms_key.s3
        kms_key.s3_replica @dr
        s3_bucket.data: kms_key.s3 s3_bucket.data_replica
        s3_bucket.data_replica @dr: kms_key.s3_replica
        ",
    )
}

/// Both halves of a real environment.
pub fn large() -> Graph {
    parse("staging", include_str!("samples/large.txt"))
}
