//! What keeps a security group from being deleted.

use std::collections::BTreeSet;
use std::fmt;

use futures::future::join3;
use provision_reconciler::CloudError;

use super::read;
use crate::Aws;
use crate::aws::Clients;
use crate::ec2::filter;

/// What uses a group, as far as that can be seen.
pub(super) struct Users {
    /// Other groups with a rule that refers to it.
    pub groups: BTreeSet<String>,
    /// Network interfaces in it, with what they are for.
    pub interfaces: BTreeSet<String>,
}

/// Asks AWS. What may not be asked is left out: this is only for telling the person.
pub(super) async fn of(aws: &Aws, clients: &Clients, id: &str) -> Users {
    let groups = |field: &str| read::describe(aws, clients, vec![filter(field, [id])]);
    let interfaces = clients.ec2().describe_network_interfaces().filters(filter("group-id", [id]));
    let interfaces =
        aws.call("ec2:DescribeNetworkInterfaces", interfaces.into_paginator().items().send().try_collect());
    let (ingress, egress, interfaces): (_, _, Result<Vec<_>, _>) =
        join3(groups("ip-permission.group-id"), groups("egress.ip-permission.group-id"), interfaces).await;
    let groups = [ingress, egress].into_iter().flatten().flatten().filter_map(|group| group.group_id);
    let interfaces = interfaces.unwrap_or_default().into_iter().filter_map(|interface| {
        let id = interface.network_interface_id?;
        let purpose = interface.description.filter(|description| !description.is_empty());
        Some(purpose.map_or_else(|| id.clone(), |purpose| format!("{id} ({purpose})")))
    });
    Users { groups: groups.filter(|group| group != id).collect(), interfaces: interfaces.collect() }
}

impl Users {
    /// A refusal to delete, with what to do about it.
    pub(super) fn explain(&self, error: CloudError) -> CloudError {
        let hint = if !self.groups.is_empty() {
            let groups = list(&self.groups);
            format!(
                "rules of {groups} refer to it: take them away first; to replace it, change its `group_name` too, so that the new \
                 one is made before they let go of this one"
            )
        } else if !self.interfaces.is_empty() {
            format!("delete {}, or put them into another group, then try again", list(&self.interfaces))
        } else {
            return error;
        };
        error.with_hint(hint)
    }
}

impl fmt::Display for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.groups.is_empty(), self.interfaces.is_empty()) {
            (true, true) => write!(f, "what uses it cannot be seen"),
            (true, false) => write!(f, "{} use it", list(&self.interfaces)),
            (false, _) => write!(f, "rules of {} refer to it", list(&self.groups)),
        }
    }
}

fn list(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}
