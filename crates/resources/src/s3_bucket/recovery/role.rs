//! What S3 copies with: whether the role may do all that it takes.

use futures::future::try_join_all;
use provision_reconciler::recovery::Aspect;
use provision_reconciler::{CloudError, Kind, Target};
use serde_json::Value;

use super::{Copying, apply};
use crate::IamRole;
use crate::document::Document;
use crate::iam::allows::{Lacking, about, lacking, trusts};
use crate::iam_managed_policy;
use crate::iam_role::RoleSpec;
use crate::s3_bucket::grant::{REPLICATE_FROM, REPLICATE_TO, granted_to_copy};
use crate::s3_bucket::replication::ReplicationRule;
use crate::s3_bucket::spec::Spec;

const NAME: &str = "role of the copying";
const SERVICE: &str = "s3.amazonaws.com";

/// The role and all that tells what it may do.
pub(super) struct Role {
    name: String,
    spec: RoleSpec,
    /// Its own policies, and of those of the two buckets what is about it.
    policies: Vec<Document>,
    /// Beyond what this allows nothing else counts.
    boundary: Option<Document>,
}

/// Reads the role; or tells why nothing can be said of it.
pub(super) async fn read(copying: &Copying<'_>, replica: &Spec) -> Result<Role, Aspect> {
    let arn = copying.recovery.spec.replication.role.as_str();
    let Some(name) = arn.rsplit('/').next().filter(|_| arn.contains(":role/")) else {
        return Err(Aspect::untested(NAME, arn, "it is not known by its ARN"));
    };
    let failed = |error: CloudError| Aspect::failed(NAME, arn, &error);
    let Some(spec) = role(copying, name).await.map_err(failed)? else {
        let message = format!("the role {name} that S3 copies with is gone");
        return Err(Aspect::good(NAME, arn, "no such role").finding("role-missing", message, apply(copying)));
    };
    let (mut policies, boundary) = policies(copying, &spec).await.map_err(failed)?;
    policies.extend([&copying.primary.policy, &replica.policy].map(|policy| about(policy, arn)));
    Ok(Role { name: name.to_owned(), spec, policies, boundary })
}

async fn role(copying: &Copying<'_>, name: &str) -> Result<Option<RoleSpec>, CloudError> {
    let target = Target { scope: copying.recovery.scope.clone(), id: name.to_owned(), desired: None };
    match IamRole::read(copying.aws, &[target]).await.pop() {
        Some(live) => Ok(live?.map(|live| live.spec)),
        None => Ok(None),
    }
}

/// All that it is allowed by; and the boundary, if there is one.
async fn policies(copying: &Copying<'_>, role: &RoleSpec) -> Result<(Vec<Document>, Option<Document>), CloudError> {
    let boundary = Some(role.permissions_boundary.as_str()).filter(|arn| !arn.is_empty());
    let managed = role.managed_policy_arns.iter().map(String::as_str).chain(boundary);
    let read = managed.map(|arn| iam_managed_policy::document_of(copying.aws, copying.here.iam(), arn));
    let mut managed = try_join_all(read).await?;
    let boundary = boundary.and_then(|_| managed.pop()).flatten();
    let policies = role.inline_policies.values().cloned().chain(managed.into_iter().flatten());
    Ok((policies.collect(), boundary))
}

/// Whether the role may do what copying takes. `is_copied` tells whether S3 has just copied an object that can be read there.
pub(super) fn judge(copying: &Copying<'_>, replica: &Spec, role: &Role, is_copied: bool) -> Aspect {
    let name = &role.name;
    let aspect = |found: &str| Aspect::good(NAME, format!("{name} may read here and write there"), found);
    if !trusts(&role.spec.assume_role_policy, SERVICE) {
        let message = format!("the role {name} does not trust {SERVICE}: S3 cannot assume it");
        return aspect("is not trusted to S3").finding("role-trust", message, apply(copying));
    }
    // What the copies are encrypted with counts, whatever else is.
    let there = Spec { kms_key: Some(copying.rule.destination.kms_key.clone()), ..replica.clone() };
    let from = granted_to_copy(&copying.recovery.spec, &copying.recovery.scope, REPLICATE_FROM, copying.rule);
    let to = granted_to_copy(&there, &copying.scope, REPLICATE_TO, copying.rule);
    let (Ok(from), Ok(to)) = (from, to) else {
        return Aspect::untested(NAME, name.as_str(), "it is not known what it takes");
    };
    let mut lacks = role.lacks(&to);
    lacks.retain(|one| takes(copying.rule, &one.action));
    lacks.extend(role.lacks(&from));
    if lacks.is_empty() {
        return aspect("it may");
    }
    let aspect = aspect("it may not do all of it");
    let message = format!("the role {name} {}", in_words(&lacks));
    // The policy of a key may allow it by itself, and is not read. What S3 has just copied, it has decrypted and encrypted.
    if is_copied && lacks.iter().all(|one| one.action.starts_with("kms:")) {
        return aspect.note(format!("{message} by the policies of its own; an object has been copied all the same"));
    }
    let hint = format!("{}; what was not copied meanwhile, S3 Batch Replication copies", apply(copying));
    aspect.finding("role-action", message, hint)
}

/// Whether copying by this rule takes an action at the destination. What is granted is more: what S3 may ask for to use a bucket
/// key, and what later changes of the rule take.
fn takes(rule: &ReplicationRule, action: &str) -> bool {
    match action {
        "s3:ReplicateDelete" => rule.delete_marker_replication,
        "kms:Decrypt" | "kms:GenerateDataKey" => false,
        _ => true,
    }
}

impl Role {
    /// What of these statements it may not do.
    fn lacks(&self, needed: &[Value]) -> Vec<Lacking> {
        let mut lacks = lacking(&self.policies.iter().collect::<Vec<_>>(), needed);
        if let Some(boundary) = &self.boundary {
            lacks.extend(lacking(&[boundary], needed));
            lacks.sort();
            lacks.dedup();
        }
        lacks
    }
}

/// `may not s3:ReplicateObject on arn:aws:s3:::b/*, nor …`.
fn in_words(lacks: &[Lacking]) -> String {
    let lacks: Vec<String> = lacks.iter().map(|one| format!("{} on {}", one.action, one.resource)).collect();
    format!("may not {}", lacks.join(", nor "))
}
