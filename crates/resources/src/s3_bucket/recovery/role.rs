//! What S3 copies with: whether the role may do all that it takes.

use futures::future::try_join_all;
use provision_reconciler::recovery::Aspect;
use provision_reconciler::{CloudError, Kind, Target};

use super::{Copying, apply, failed};
use crate::IamRole;
use crate::document::Document;
use crate::iam::allows::{lacking, trusts};
use crate::iam_managed_policy;
use crate::iam_role::RoleSpec;
use crate::s3_bucket::grant::{REPLICATE_FROM, REPLICATE_TO, granted};
use crate::s3_bucket::spec::Spec;

const NAME: &str = "role of the copying";
const SERVICE: &str = "s3.amazonaws.com";

pub(super) async fn aspects(copying: &Copying<'_>, replica: &Spec) -> Vec<Aspect> {
    let arn = copying.recovery.spec.replication.role.as_str();
    let Some(name) = arn.rsplit('/').next().filter(|_| arn.contains(":role/")) else {
        return vec![Aspect::untested(NAME, arn, "it is not known by its ARN")];
    };
    let role = match role(copying, name).await {
        Ok(Some(role)) => role,
        Ok(None) => {
            let message = format!("the role {name} that S3 copies with is gone");
            let aspect = Aspect::good(NAME, arn, "no such role");
            return vec![aspect.finding("role-missing", message, apply(copying))];
        }
        Err(error) => return failed(NAME, arn, &error),
    };
    let policies = match policies(copying, &role).await {
        Ok(policies) => policies,
        Err(error) => return failed(NAME, arn, &error),
    };
    vec![judge(copying, replica, name, &role, &policies)]
}

async fn role(copying: &Copying<'_>, name: &str) -> Result<Option<RoleSpec>, CloudError> {
    let target = Target { scope: copying.recovery.scope.clone(), id: name.to_owned(), desired: None };
    match IamRole::read(copying.aws, &[target]).await.pop() {
        Some(live) => Ok(live?.map(|live| live.spec)),
        None => Ok(None),
    }
}

/// All that it is allowed by; and the boundary, if there is one, as the last.
async fn policies(copying: &Copying<'_>, role: &RoleSpec) -> Result<(Vec<Document>, Option<Document>), CloudError> {
    let boundary = Some(role.permissions_boundary.as_str()).filter(|arn| !arn.is_empty());
    let managed = role.managed_policy_arns.iter().map(String::as_str).chain(boundary);
    let read = managed.map(|arn| iam_managed_policy::document_of(copying.aws, copying.here.iam(), arn));
    let mut managed = try_join_all(read).await?;
    let boundary = boundary.and_then(|_| managed.pop()).flatten();
    let policies = role.inline_policies.values().cloned().chain(managed.into_iter().flatten());
    Ok((policies.collect(), boundary))
}

fn judge(
    copying: &Copying<'_>,
    replica: &Spec,
    name: &str,
    role: &RoleSpec,
    (policies, boundary): &(Vec<Document>, Option<Document>),
) -> Aspect {
    let aspect = |found: &str| Aspect::good(NAME, format!("{name} may read here and write there"), found);
    if !trusts(&role.assume_role_policy, SERVICE) {
        let message = format!("the role {name} does not trust {SERVICE}: S3 cannot assume it");
        return aspect("is not trusted to S3").finding("role-trust", message, apply(copying));
    }
    // What the copies are encrypted with counts, whatever else is.
    let there = Spec { kms_key: Some(copying.rule.destination.kms_key.clone()), ..replica.clone() };
    let from = granted(&copying.recovery.spec, &copying.recovery.scope, REPLICATE_FROM);
    let to = granted(&there, &copying.scope, REPLICATE_TO);
    let (Ok(from), Ok(to)) = (from, to) else {
        return Aspect::untested(NAME, name, "it is not known what it takes");
    };
    let needed: Vec<_> = from.into_iter().chain(to).collect();
    let all: Vec<&Document> = policies.iter().collect();
    let mut lacks = lacking(&all, &needed);
    if let Some(boundary) = boundary {
        lacks.extend(lacking(&[boundary], &needed));
        lacks.sort();
        lacks.dedup();
    }
    if lacks.is_empty() {
        return aspect("it may");
    }
    let lacks: Vec<String> = lacks.into_iter().map(|one| format!("{} on {}", one.action, one.resource)).collect();
    let message = format!("the role {name} may not {}", lacks.join(", nor "));
    let hint = format!("{}; what was not copied meanwhile, S3 Batch Replication copies", apply(copying));
    aspect("it may not do all of it").finding("role-action", message, hint)
}
