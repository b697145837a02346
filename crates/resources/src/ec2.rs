//! What the EC2 kinds share.
//!
//! EC2 chooses every id, so a resource is found again only by its tags, which it is given in the call that makes it. Its reads
//! lag its writes: what was made a moment ago may be unknown (`Invalid*.NotFound`) where the next call arrives.
//!
//! <https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>

use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;

use aws_sdk_ec2::types::{Filter, ResourceType, Tag, TagSpecification};
use futures::future::try_join_all;
use provision_reconciler::{CloudError, ErrorClass, Kind, Live, Notes, Scope, Step, Target, ownership};
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

use crate::Aws;
use crate::aws::{Clients, Poll, retry_while, wait_until};
use crate::tags::{self, TagChanges, Tags};

/// The most values that one filter may have.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Filter.html>
const FILTER_VALUES: usize = 200;
/// How long what was just made may take to be known everywhere in EC2.
const PROPAGATION: Duration = Duration::from_secs(30);

/// The tags that a call makes a resource with.
pub(crate) fn tag_specification(resource: ResourceType, tags: &Tags, scope: &Scope) -> TagSpecification {
    let tags = to_sdk_tags(&ownership::tags_for_create(tags, scope));
    TagSpecification::builder().resource_type(resource).set_tags(Some(tags)).build()
}

/// The tags of an answer, all of them.
pub(crate) fn from_sdk_tags(tags: &[Tag]) -> Tags {
    tags::from_sdk(tags, |tag| (tag.key().unwrap_or_default(), tag.value().unwrap_or_default()))
}

fn to_sdk_tags(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

/// A filter that lets through whatever has one of these values.
pub(crate) fn filter(name: &str, values: impl IntoIterator<Item = impl Into<String>>) -> Filter {
    Filter::builder().name(name).set_values(Some(values.into_iter().map(Into::into).collect())).build()
}

/// The filters for what carries this address's tags.
pub(crate) fn owned_by(scope: &Scope) -> Vec<Filter> {
    let tags = ownership::tags(&scope.environment, &scope.address);
    tags.into_iter().map(|(key, value)| filter(&format!("tag:{key}"), [value])).collect()
}

/// The ids to read, each once.
pub(crate) fn ids<S>(targets: &[Target<S>]) -> Vec<String> {
    let mut ids: Vec<String> = targets.iter().map(|target| target.id.clone()).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// What some of the ids name, as many of them at a time as one filter takes: `describe` makes one call.
pub(crate) async fn described<T, F: Future<Output = Result<Vec<T>, CloudError>>>(
    filtered: &str,
    ids: &[String],
    describe: impl Fn(Filter) -> F,
) -> Result<Vec<T>, CloudError> {
    let batches = ids.chunks(FILTER_VALUES).map(|batch| describe(filter(filtered, batch)));
    Ok(try_join_all(batches).await?.into_iter().flatten().collect())
}

/// The client token of a creation: the same for each attempt of one operation, and another in the next operation, which may
/// have to make the resource anew while EC2 still remembers the old token.
pub(crate) fn client_token(scope: &Scope) -> String {
    let mut hash = Context::new(&SHA256);
    for part in [&scope.environment, &scope.operation, &scope.address.to_string(), &scope.region] {
        hash.update(&part.len().to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finish().as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// One answer for each target out of what one call described.
pub(crate) fn answers<K: Kind, T>(
    targets: &[Target<K::Spec>],
    found: Result<Vec<T>, CloudError>,
    id: impl Fn(&T) -> Option<&str>,
    live: impl Fn(&Target<K::Spec>, &T) -> Result<Option<Live<K>>, CloudError>,
) -> Vec<Result<Option<Live<K>>, CloudError>> {
    match found {
        Ok(found) => {
            let found: HashMap<&str, &T> = found.iter().filter_map(|one| Some((id(one)?, one))).collect();
            targets
                .iter()
                .map(|target| found.get(target.id.as_str()).map_or(Ok(None), |one| live(target, one)))
                .collect()
        }
        Err(error) => targets.iter().map(|_| Err(error.clone())).collect(),
    }
}

/// Changes of the tags of any EC2 resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TagCall {
    /// `CreateTags`: adds tags, and overwrites those that are there.
    CreateTags {
        /// New and changed tags.
        tags: Tags,
    },
    /// `DeleteTags`.
    DeleteTags {
        /// The keys of the tags that are to go.
        keys: Vec<String>,
    },
}

impl TagCall {
    /// The IAM action.
    pub(crate) fn action(&self) -> &'static str {
        match self {
            Self::CreateTags { .. } => "ec2:CreateTags",
            Self::DeleteTags { .. } => "ec2:DeleteTags",
        }
    }
}

/// The steps from live tags to the desired ones, each made a call of the kind by `call`.
pub(crate) fn tag_steps<C>(live: &Tags, desired: &Tags, call: impl Fn(TagCall) -> C) -> Vec<Step<C>> {
    let TagChanges { set, remove } = TagChanges::between(live, desired);
    let mut steps = Vec::new();
    let mut add = |summary: String, tags: TagCall| steps.push(Step::new(tags.action(), summary, call(tags)));
    if !set.is_empty() {
        add(tags::summary("set", set.keys()), TagCall::CreateTags { tags: set });
    }
    if !remove.is_empty() {
        add(tags::summary("remove", remove.iter()), TagCall::DeleteTags { keys: remove });
    }
    steps
}

/// Changes the tags of a resource.
pub(crate) async fn run_tags(
    aws: &Aws,
    clients: &Clients,
    id: &str,
    call: &TagCall,
    notes: &Notes,
) -> Result<(), CloudError> {
    run_tags_of_all(aws, clients, &[id.to_owned()], call, notes).await
}

/// Changes the tags of resources that have the same, in one call.
pub(crate) async fn run_tags_of_all(
    aws: &Aws,
    clients: &Clients,
    ids: &[String],
    call: &TagCall,
    notes: &Notes,
) -> Result<(), CloudError> {
    patiently(
        notes,
        |_| false,
        || async {
            match call {
                TagCall::CreateTags { tags } => {
                    let request =
                        clients.ec2().create_tags().set_resources(Some(ids.to_vec())).set_tags(Some(to_sdk_tags(tags)));
                    aws.call(call.action(), request.send()).await.map(drop)
                }
                TagCall::DeleteTags { keys } => {
                    // Without a value the tag goes whatever its value is.
                    let tags = keys.iter().map(|key| Tag::builder().key(key).build()).collect();
                    let request = clients.ec2().delete_tags().set_resources(Some(ids.to_vec())).set_tags(Some(tags));
                    aws.call(call.action(), request.send()).await.map(drop)
                }
            }
        },
    )
    .await
}

/// Whether what a call refers to is not known yet, or not in its final state yet.
pub(crate) fn is_too_new(error: &CloudError) -> bool {
    error.class == ErrorClass::NotFound
        || matches!(error.code.as_deref(), Some("IncorrectState" | "IncorrectInstanceState" | "InvalidState"))
}

/// Makes a call again while something that it refers to is too new, or while it fails in a way that `passes` names.
///
/// # Errors
/// The call's own error, with a hint.
pub(crate) async fn patiently<T, F: Future<Output = Result<T, CloudError>>>(
    notes: &Notes,
    passes: impl Fn(&CloudError) -> bool,
    call: impl FnMut() -> F,
) -> Result<T, CloudError> {
    let passes = |error: &CloudError| is_too_new(error) || error.class == ErrorClass::Busy || passes(error);
    retry_while(PROPAGATION, notes, passes, call).await.map_err(explain)
}

/// Makes a deleting call again while something still uses what is to go: a network interface outlives its function, its
/// gateway and its instance by minutes. That there is no such thing (any more) is what was wanted.
///
/// # Errors
/// The call's own error, with a hint.
pub(crate) async fn until_free<T, F: Future<Output = Result<T, CloudError>>>(
    deadline: Duration,
    notes: &Notes,
    call: impl FnMut() -> F,
) -> Result<(), CloudError> {
    match retry_while(deadline, notes, is_in_use, call).await {
        Err(error) if error.class == ErrorClass::NotFound => Ok(()),
        answer => answer.map(drop).map_err(explain),
    }
}

/// Whether a deletion was refused because something still uses what is to go.
pub(crate) fn is_in_use(error: &CloudError) -> bool {
    error.class == ErrorClass::Busy || error.code.as_deref().is_some_and(|code| code.ends_with(".InUse"))
}

/// Waits until a resource that was just made is seen by a read: `look` answers what it sees, if it sees anything.
///
/// # Errors
/// What `look` reports, or that it was not seen in time.
pub(crate) async fn until_seen<T, F: Future<Output = Result<Option<T>, CloudError>>>(
    action: &str,
    what: &str,
    notes: &Notes,
    look: impl Fn() -> F,
) -> Result<T, CloudError> {
    let what = format!("{what} to be seen");
    wait_until(action, &what, PROPAGATION, notes, || async {
        match look().await {
            Ok(Some(seen)) => Ok(Poll::Ready(seen)),
            Ok(None) => Ok(Poll::Pending("not there yet".to_owned())),
            Err(error) if error.class == ErrorClass::NotFound => Ok(Poll::Pending("not there yet".to_owned())),
            Err(error) => Err(error),
        }
    })
    .await
}

/// What a creating answer lacks, which it never should.
pub(crate) fn unnamed(action: &str) -> CloudError {
    CloudError::new(action, ErrorClass::Ambiguous, "the answer does not name what was made")
}

/// An error with what to do about it, where EC2's message does not say.
pub(crate) fn explain(error: CloudError) -> CloudError {
    let hint = match error.code.as_deref() {
        Some("DependencyViolation") => {
            "something that this environment does not manage still uses it; see its network interfaces in the AWS console"
        }
        Some(code) if code.ends_with("LimitExceeded") => "raise the quota in Service Quotas, or use fewer",
        Some(code) if code.ends_with(".NotFound") || code.ends_with("NotFound") => {
            "what it refers to does not exist in this region; correct the id, or let this depend on what makes it"
        }
        Some(code) if code.ends_with(".Malformed") => "correct the id in the file",
        _ => return error,
    };
    error.with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::S3Bucket;
    use crate::testing::scope;

    fn error(code: &str, class: ErrorClass) -> CloudError {
        CloudError { code: Some(code.to_owned()), ..CloudError::new("ec2:DeleteSubnet", class, "no") }
    }

    #[test]
    fn a_token_is_the_same_within_an_operation_only() {
        let one = Scope { operation: "one".to_owned(), ..scope::<S3Bucket>("a") };
        let other = Scope { operation: "two".to_owned(), ..one.clone() };
        assert_eq!(client_token(&one), client_token(&one.clone()));
        assert_ne!(client_token(&one), client_token(&other));
        assert_eq!(client_token(&one).len(), 32);
    }

    #[test]
    fn tags_change_in_at_most_two_calls() {
        let tags = |pairs: &[(&str, &str)]| -> Tags {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        let steps = tag_steps(&tags(&[("a", "1"), ("b", "1")]), &tags(&[("b", "2"), ("c", "1")]), |call| call);
        let said: Vec<_> = steps.iter().map(|step| format!("{} {}", step.action, step.summary)).collect();
        assert_eq!(said, ["ec2:CreateTags set the tags b, c", "ec2:DeleteTags remove the tag a"]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_in_use_is_deleted_once_it_is_free() {
        let start = tokio::time::Instant::now();
        let busy = || async {
            if start.elapsed() < Duration::from_secs(90) {
                Err(error("DependencyViolation", ErrorClass::Busy))
            } else {
                Err::<(), _>(error("InvalidSubnetID.NotFound", ErrorClass::NotFound))
            }
        };
        assert!(until_free(Duration::from_secs(300), &Notes::default(), busy).await.is_ok());
        let never = || async { Err::<(), _>(error("InvalidIPAddress.InUse", ErrorClass::Refused)) };
        assert!(until_free(Duration::from_secs(60), &Notes::default(), never).await.is_err());
        let refused = || async { Err::<(), _>(error("OperationNotPermitted", ErrorClass::Refused)) };
        let before = tokio::time::Instant::now();
        assert!(until_free(Duration::from_secs(60), &Notes::default(), refused).await.is_err());
        assert_eq!(before.elapsed(), Duration::ZERO, "only what passes is waited for");
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_resource_is_waited_for_until_it_is_seen() {
        let start = tokio::time::Instant::now();
        let look = || async {
            match start.elapsed().as_secs() {
                0 => Err(error("InvalidVpcID.NotFound", ErrorClass::NotFound)),
                1..5 => Ok(None),
                _ => Ok(Some(7)),
            }
        };
        let seen = until_seen("ec2:CreateVpc", "the VPC vpc-1", &Notes::default(), look).await;
        assert_eq!(seen.ok(), Some(7));
    }
}
