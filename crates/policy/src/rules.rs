//! The rules. Their ids in other tools are those of the published rule sets.

mod document;
mod dynamodb;
mod ec2_instance;
mod ec2_network;
mod ec2_security_group;
mod iam;
mod kinesis;
mod kms;
mod lambda;
mod logs;
mod look;
mod s3;
mod secretsmanager;

use crate::Rule;

/// The rules of each service.
const ALL: &[&[Rule]] = &[
    dynamodb::RULES,
    ec2_instance::RULES,
    ec2_network::RULES,
    ec2_security_group::RULES,
    iam::RULES,
    kinesis::RULES,
    kms::RULES,
    lambda::RULES,
    logs::RULES,
    s3::RULES,
    secretsmanager::RULES,
];

/// Every rule.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    ALL.iter().copied().flatten()
}
