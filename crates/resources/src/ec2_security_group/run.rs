//! Making the calls.

use std::time::Duration;

use aws_sdk_ec2::types::ResourceType;
use provision_reconciler::{CloudError, ErrorClass, Notes, Progress, Scope, ownership};

use super::call::Call;
use super::convert::{from_permissions, to_permissions};
use super::rule::{Direction, Rule};
use super::{SecurityGroupOutputs, find, read, uses};
use crate::Aws;
use crate::aws::{Clients, retry_while};
use crate::ec2::{self, explain, filter, from_sdk_tags, patiently, tag_specification, until_free, until_seen};

/// How long a deletion is repeated before it is asked what is in the way: what is deleted together lets go of each other.
const TOGETHER: Duration = Duration::from_secs(10);
/// How long network interfaces may take to be gone: those of an endpoint or a function are deleted minutes after it.
const INTERFACES: Duration = Duration::from_secs(10 * 60);
/// How long a read may lag a change of rules.
const LAG: Duration = Duration::from_secs(30);

/// Makes one call.
pub(super) async fn run(aws: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
    let clients = aws.region(&scope.region).await;
    if let Call::CreateSecurityGroup { .. } = &call {
        return create(aws, &clients, scope, &call, progress).await;
    }
    let id = progress.id(call.action())?.to_owned();
    let group = Group { aws, clients: &clients, scope, id: &id, notes: &progress.notes };
    match &call {
        // Made above.
        Call::CreateSecurityGroup { .. } => Ok(()),
        Call::RevokeDefaultEgress => group.revoke_default_egress(&call).await,
        Call::Authorize { direction, rules } => group.authorize(&call, *direction, rules).await,
        Call::Revoke { direction, rules, unless } => {
            let is_wanted = |rule: &Rule| unless.iter().any(|other| other.rule == rule.rule);
            let rules: Vec<Rule> = rules.iter().filter(|rule| !is_wanted(rule)).cloned().collect();
            group.revoke(&call, *direction, &rules).await
        }
        Call::Describe { rules, .. } => group.send(&call, rules).await,
        Call::Tags(tags) => ec2::run_tags(aws, &clients, &id, tags, &progress.notes).await,
        Call::DeleteSecurityGroup => group.delete(&call).await,
    }
}

/// A name is unique in its VPC: that it is taken may say that an attempt without an answer made the group.
async fn create(
    aws: &Aws,
    clients: &Clients,
    scope: &Scope,
    call: &Call,
    progress: &mut Progress,
) -> Result<(), CloudError> {
    let action = call.action();
    let Call::CreateSecurityGroup { group_name, description, vpc_id, tags } = call else { return Ok(()) };
    let request = clients
        .ec2()
        .create_security_group()
        .group_name(group_name)
        .description(description)
        .vpc_id(vpc_id)
        .tag_specifications(tag_specification(ResourceType::SecurityGroup, tags, scope));
    let notes = &progress.notes;
    let id = match patiently(notes, |_| false, || aws.call(action, request.clone().send())).await {
        Ok(made) => made.group_id.ok_or_else(|| ec2::unnamed(action))?,
        Err(error) if error.class == ErrorClass::AlreadyExists => {
            let look = || find::named(aws, clients, vpc_id, group_name);
            let there = until_seen(action, &format!("the security group {group_name}"), notes, look).await?;
            let id = there.group_id().unwrap_or_default().to_owned();
            let tags = from_sdk_tags(there.tags());
            let ours = tags.get(ownership::OPERATION) == Some(&scope.operation)
                && ownership::is_ours(&tags, &scope.environment, &scope.address);
            if !ours {
                return Err(error.with_hint(format!("choose another `group_name`, or delete {id}, or import it")));
            }
            id
        }
        Err(error) => return Err(error),
    };
    let outputs = SecurityGroupOutputs::new(scope, &id);
    progress.output("group_id", outputs.group_id);
    progress.output("arn", outputs.arn);
    progress.id = Some(id);
    Ok(())
}

/// A group, and the way to it.
struct Group<'a> {
    aws: &'a Aws,
    clients: &'a Clients,
    scope: &'a Scope,
    id: &'a str,
    notes: &'a Notes,
}

impl Group<'_> {
    /// Whether AWS's rules are there depends on the VPC (one for IPv6 only where it has such addresses), and AWS takes away
    /// none if one is not there. So it is asked first, which also waits until the new group is seen.
    async fn revoke_default_egress(&self, call: &Call) -> Result<(), CloudError> {
        let look = || self.rules(Direction::Egress);
        let there = until_seen(call.action(), &format!("the security group {}", self.id), self.notes, look).await?;
        let mut rules: Vec<Rule> =
            there.into_iter().filter(|rule| rule.ip_protocol == "-1" && rule.is_open()).collect();
        if rules.is_empty() {
            // Gone already, or not seen yet: that is not to be relied on.
            let everywhere = Some("0.0.0.0/0".to_owned());
            let all = Rule { ip_protocol: "-1".to_owned(), cidr_ipv4: everywhere, ..Rule::default() };
            rules.push(all.complete(Direction::Egress));
        }
        self.revoke(call, Direction::Egress, &rules).await
    }

    async fn authorize(&self, call: &Call, direction: Direction, rules: &[Rule]) -> Result<(), CloudError> {
        self.change(call, direction, rules, "InvalidPermission.Duplicate", false).await
    }

    async fn revoke(&self, call: &Call, direction: Direction, rules: &[Rule]) -> Result<(), CloudError> {
        self.change(call, direction, rules, "InvalidPermission.NotFound", true).await
    }

    /// Adds or takes away rules. AWS does so with all or none: if one is there already (or is not there any more), which it
    /// answers by `refusal`, only the others remain to be asked for. `needs` is whether a rule must be there for that.
    async fn change(
        &self,
        call: &Call,
        direction: Direction,
        rules: &[Rule],
        refusal: &str,
        needs: bool,
    ) -> Result<(), CloudError> {
        let is_refusal = |error: &CloudError| error.code.as_deref() == Some(refusal);
        match self.send(call, rules).await {
            Err(error) if is_refusal(&error) => {}
            answer => return answer,
        }
        retry_while(LAG, self.notes, is_refusal, || async {
            let there = self.rules(direction).await?.unwrap_or_default();
            let is_there = |rule: &Rule| there.iter().any(|other| other.rule == rule.rule);
            let left: Vec<Rule> = rules.iter().filter(|rule| is_there(rule) == needs).cloned().collect();
            self.send(call, &left).await
        })
        .await
        .map_err(explain)
    }

    /// The rules of one direction; `None` if the group is not seen.
    async fn rules(&self, direction: Direction) -> Result<Option<Vec<Rule>>, CloudError> {
        let groups = read::describe(self.aws, self.clients, vec![filter("group-id", [self.id])]).await?;
        let permissions = groups.into_iter().next().map(|group| match direction {
            Direction::Ingress => group.ip_permissions.unwrap_or_default(),
            Direction::Egress => group.ip_permissions_egress.unwrap_or_default(),
        });
        Ok(permissions.map(|permissions| from_permissions(&permissions, direction, self.scope, self.id)))
    }

    /// Makes a call about rules, if there are any; again while the group, or one that is referred to, is too new.
    async fn send(&self, call: &Call, rules: &[Rule]) -> Result<(), CloudError> {
        if rules.is_empty() {
            return Ok(());
        }
        let answer = patiently(
            self.notes,
            |_| false,
            || async {
                match self.send_once(call, rules).await {
                    // Of a rule, not of what it refers to: that does not pass by itself.
                    Err(error) if error.code.as_deref() == Some("InvalidPermission.NotFound") => Ok(Err(error)),
                    Err(error) => Err(error),
                    Ok(()) => Ok(Ok(())),
                }
            },
        );
        answer.await?
    }

    async fn send_once(&self, call: &Call, rules: &[Rule]) -> Result<(), CloudError> {
        let (aws, ec2, action) = (self.aws, self.clients.ec2(), call.action());
        let is_described = !matches!(call, Call::Revoke { .. } | Call::RevokeDefaultEgress);
        let permissions = Some(to_permissions(rules, self.id, is_described));
        // The requests have no type in common.
        macro_rules! send {
            ($request:expr) => {
                aws.call(action, $request.group_id(self.id).set_ip_permissions(permissions).send()).await.map(drop)
            };
        }
        match call {
            Call::Authorize { direction: Direction::Ingress, .. } => send!(ec2.authorize_security_group_ingress()),
            Call::Authorize { direction: Direction::Egress, .. } => send!(ec2.authorize_security_group_egress()),
            Call::Revoke { direction: Direction::Ingress, .. } => send!(ec2.revoke_security_group_ingress()),
            Call::Revoke { direction: Direction::Egress, .. } | Call::RevokeDefaultEgress => {
                send!(ec2.revoke_security_group_egress())
            }
            Call::Describe { direction: Direction::Ingress, .. } => {
                send!(ec2.update_security_group_rule_descriptions_ingress())
            }
            Call::Describe { direction: Direction::Egress, .. } => {
                send!(ec2.update_security_group_rule_descriptions_egress())
            }
            Call::CreateSecurityGroup { .. } | Call::Tags(_) | Call::DeleteSecurityGroup => {
                Err(CloudError::new(action, ErrorClass::Refused, "not about rules; this is a bug in the engine"))
            }
        }
    }

    /// Network interfaces go by themselves, rules of other groups do not.
    async fn delete(&self, call: &Call) -> Result<(), CloudError> {
        let request = self.clients.ec2().delete_security_group().group_id(self.id);
        let delete = || self.aws.call(call.action(), request.clone().send());
        match until_free(TOGETHER, self.notes, delete).await {
            Err(error) if ec2::is_in_use(&error) => {
                let users = uses::of(self.aws, self.clients, self.id).await;
                if !users.groups.is_empty() {
                    return Err(users.explain(error));
                }
                self.notes.say(&format!("waiting for {} to be free: {users}", self.id));
            }
            answer => return answer,
        }
        match until_free(INTERFACES, self.notes, delete).await {
            Err(error) if ec2::is_in_use(&error) => Err(uses::of(self.aws, self.clients, self.id).await.explain(error)),
            answer => answer,
        }
    }
}
