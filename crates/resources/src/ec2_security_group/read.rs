//! From AWS's answer to the file's form: one call tells all groups with their rules and tags.

use aws_sdk_ec2::types::{Filter, SecurityGroup};
use provision_reconciler::{CloudError, Live, Target, ownership};

use super::convert::from_permissions;
use super::rule::{Direction, Rule};
use super::spec::SecurityGroupSpec;
use super::{Ec2SecurityGroup, SecurityGroupOutputs};
use crate::Aws;
use crate::aws::Clients;
use crate::ec2::{answers, filter, from_sdk_tags, ids};

pub(super) const DESCRIBE: &str = "ec2:DescribeSecurityGroups";

type Read = Result<Option<Live<Ec2SecurityGroup>>, CloudError>;

/// Reads all targets at once.
pub(super) async fn read(aws: &Aws, targets: &[Target<SecurityGroupSpec>]) -> Vec<Read> {
    let Some(first) = targets.first() else { return Vec::new() };
    let clients = aws.region(&first.scope.region).await;
    let found = describe(aws, &clients, vec![filter("group-id", ids(targets))]).await;
    answers(targets, found, |group| group.group_id(), |target, group| Ok(Some(live(target, group))))
}

/// The groups that the filters let through.
pub(super) async fn describe(
    aws: &Aws,
    clients: &Clients,
    filters: Vec<Filter>,
) -> Result<Vec<SecurityGroup>, CloudError> {
    let request = clients.ec2().describe_security_groups().set_filters(Some(filters));
    aws.call(DESCRIBE, request.into_paginator().items().send().try_collect()).await
}

fn live(target: &Target<SecurityGroupSpec>, group: &SecurityGroup) -> Live<Ec2SecurityGroup> {
    let tags = from_sdk_tags(group.tags());
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let rules = |direction| {
        let permissions = match direction {
            Direction::Ingress => group.ip_permissions(),
            Direction::Egress => group.ip_permissions_egress(),
        };
        let desired = target.desired.as_ref().map(|desired| desired.rules(direction)).unwrap_or_default();
        let rules = from_permissions(permissions, direction, &target.scope, &target.id);
        rules.into_iter().map(|rule| as_in_file(rule, desired, direction, &target.id)).collect()
    };
    let spec = SecurityGroupSpec {
        group_name: text(group.group_name()),
        description: text(group.description()),
        vpc_id: text(group.vpc_id()),
        ingress: rules(Direction::Ingress),
        egress: rules(Direction::Egress),
        tags: ownership::comparable(tags.clone()),
    };
    Live { id: target.id.clone(), spec, outputs: SecurityGroupOutputs::new(&target.scope, &target.id), tags }
}

/// A rule about the group itself, named by its id if the file does so.
fn as_in_file(rule: Rule, desired: &[Rule], direction: Direction, group: &str) -> Rule {
    if !rule.itself {
        return rule;
    }
    let by_id = Rule { itself: false, referenced_group_id: Some(group.to_owned()), ..rule.clone() }.complete(direction);
    if desired.iter().any(|desired| desired.rule == by_id.rule) { by_id } else { rule }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_about_the_group_itself_is_as_the_file_has_it() {
        let tcp = Rule {
            ip_protocol: "tcp".to_owned(),
            from_port: Some(1),
            to_port: Some(2),
            description: "a".to_owned(),
            ..Rule::default()
        };
        let itself = Rule { itself: true, ..tcp.clone() }.complete(Direction::Egress);
        let by_id = Rule { referenced_group_id: Some("sg-1".to_owned()), ..tcp }.complete(Direction::Egress);
        let described = Rule { description: "b".to_owned(), ..by_id.clone() };
        let as_in_file = |desired: &[Rule]| as_in_file(itself.clone(), desired, Direction::Egress, "sg-1");
        assert_eq!(as_in_file(&[]), itself);
        assert_eq!(as_in_file(std::slice::from_ref(&itself)), itself);
        assert_eq!(as_in_file(&[described]), by_id);
    }
}
