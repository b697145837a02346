//! Where canaries get to: the primary, and every bucket that a rule copies them to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::future::join_all;
use provision_reconciler::CloudError;

use super::Copying;
use crate::Aws;
use crate::aws::Clients;
use crate::s3_bucket::probe::{Probe, region_of};
use crate::s3_bucket::replication::ReplicationRule;

/// The buckets that rules copy to, by name; `None` for one that this account does not have.
pub(super) struct Ends(BTreeMap<String, Result<Option<End>, CloudError>>);

/// One of them.
pub(super) struct End {
    pub region: String,
    pub clients: Arc<Clients>,
}

impl Ends {
    /// Looks for the destinations of these rules.
    pub async fn of(aws: &Aws, here: &Clients, rules: impl Iterator<Item = &ReplicationRule>) -> Self {
        let names: BTreeSet<&str> = rules.map(|rule| rule.destination.name()).collect();
        let looks = names.into_iter().map(|name| async move {
            let end = match region_of(aws, here.s3(), name).await {
                Ok(Some(region)) => Ok(Some(End { clients: aws.region(&region).await, region })),
                Ok(None) => Ok(None),
                Err(error) => Err(error),
            };
            (name.to_owned(), end)
        });
        Self(join_all(looks).await.into_iter().collect())
    }

    /// The bucket of this name.
    pub fn get(&self, name: &str) -> Result<Option<&End>, &CloudError> {
        self.0.get(name).map_or(Ok(None), |end| end.as_ref().map(Option::as_ref))
    }
}

/// Every place that a canary of this name gets to, the primary first; or why it could not be deleted from all of them.
pub(super) fn everywhere<'a>(copying: &'a Copying<'_>, key: &'a str) -> Result<Vec<Probe<'a>>, String> {
    let here = copying.probe(key);
    let mut places = vec![here];
    let live = copying.primary.replication.rules.iter();
    let buckets = destinations(live.chain([copying.rule]), &copying.recovery.scope.account, key, copying.rule)?;
    for bucket in buckets {
        match copying.ends.get(bucket) {
            Ok(Some(end)) => places.push(Probe { s3: end.clients.s3(), bucket, ..here }),
            // Nothing is copied to what is not there.
            Ok(None) => {}
            Err(error) => return Err(format!("it could not be deleted from {bucket} again: {error}")),
        }
    }
    Ok(places)
}

/// The buckets that these rules copy a rule's canary to.
fn destinations<'a>(
    rules: impl Iterator<Item = &'a ReplicationRule>,
    account: &str,
    key: &str,
    of: &ReplicationRule,
) -> Result<BTreeSet<&'a str>, String> {
    let copy = rules.filter(|rule| rule.copies(key, &of.object_tags) || rule.id == of.id);
    copy.map(|ReplicationRule { id, destination, .. }| match destination.account.as_str() {
        other if !other.is_empty() && other != account => {
            Err(format!("the rule {id} would copy it to account {other}, and from there it could not be deleted again"))
        }
        _ => Ok(destination.name()),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(id: &str, prefix: &str) -> ReplicationRule {
        ReplicationRule { prefix: prefix.to_owned(), ..ReplicationRule::named(id, format!("arn:aws:s3:::to-{id}")) }
    }

    fn buckets(rules: &[ReplicationRule]) -> Result<Vec<&str>, String> {
        let key = format!("{}provision-dr-check/1", rules[0].prefix);
        let found = destinations(rules.iter(), "123456789012", &key, &rules[0])?;
        Ok(found.into_iter().collect())
    }

    #[test]
    fn a_canary_gets_wherever_a_rule_copies_it_to() {
        let (all, data, logs) = (rule("all", ""), rule("data", "data/"), rule("logs", "logs/"));
        assert_eq!(buckets(&[data.clone(), all.clone(), logs]), Ok(vec!["to-all", "to-data"]));
        assert_eq!(buckets(&[all.clone(), data.clone()]), Ok(vec!["to-all"]));
        let disabled = ReplicationRule { enabled: false, ..all };
        assert_eq!(buckets(&[data.clone(), disabled]), Ok(vec!["to-data"]));
        // By its tags, of which the canary has those of its own rule.
        let mut tagged = rule("tagged", "");
        tagged.object_tags.insert("class".to_owned(), "gold".to_owned());
        assert_eq!(buckets(&[data.clone(), tagged.clone()]), Ok(vec!["to-data"]));
        assert_eq!(buckets(&[tagged.clone(), tagged]), Ok(vec!["to-tagged"]));
    }

    #[test]
    fn a_canary_that_would_get_into_another_account_is_not_put() {
        let mut away = rule("away", "");
        away.destination.account = "210987654321".to_owned();
        let refused =
            "the rule away would copy it to account 210987654321, and from there it could not be deleted again";
        assert_eq!(buckets(&[rule("data", "data/"), away]), Err(refused.to_owned()));
        let mut ours = rule("ours", "");
        ours.destination.account = "123456789012".to_owned();
        assert_eq!(buckets(&[rule("data", "data/"), ours]), Ok(vec!["to-data", "to-ours"]));
    }
}
