//! The tags that say whose a resource is.
//!
//! They are put on in the very call that creates the resource, so that AWS is the second copy of the state: whatever
//! happens to a run or to its state object, what it made can be found again.

use std::collections::BTreeMap;

use provision_config::Address;

use crate::scope::Scope;

/// The environment that owns the resource.
pub const ENVIRONMENT: &str = "provision:environment";
/// The resource's address in that environment.
pub const ADDRESS: &str = "provision:address";
/// The operation that created it. Tells a crashed run's creations apart; never compared.
pub const OPERATION: &str = "provision:operation";

/// The tags of a resource: those that the spec asks for and the two that tell whose it is.
///
/// AWS allows no brackets or quotes in tag values of every service, so a `for_each` address is written `kind.name/key`.
pub fn tags(environment: &str, address: &Address) -> BTreeMap<String, String> {
    BTreeMap::from([(ENVIRONMENT.to_owned(), environment.to_owned()), (ADDRESS.to_owned(), address_tag(address))])
}

/// The tags to create a resource with: the spec's (which include whose it is) and the operation's id.
pub fn tags_for_create(spec_tags: &BTreeMap<String, String>, scope: &Scope) -> BTreeMap<String, String> {
    let mut tags = spec_tags.clone();
    tags.extend(self::tags(&scope.environment, &scope.address));
    tags.insert(OPERATION.to_owned(), scope.operation.clone());
    tags
}

/// The live tags that are compared with the spec's: not the operation's, nor those that AWS itself sets (`aws:`).
pub fn comparable(tags: impl IntoIterator<Item = (String, String)>) -> BTreeMap<String, String> {
    tags.into_iter().filter(|(key, _)| key != OPERATION && !key.starts_with("aws:")).collect()
}

/// Whether these live tags say that the resource is this address of this environment.
pub fn is_ours(tags: &BTreeMap<String, String>, environment: &str, address: &Address) -> bool {
    tags.get(ENVIRONMENT).is_some_and(|owner| owner == environment)
        && tags.get(ADDRESS).is_some_and(|tag| *tag == address_tag(address))
}

/// Whether these live tags say that another environment has claimed the resource.
pub fn is_theirs(tags: &BTreeMap<String, String>, environment: &str) -> bool {
    tags.get(ENVIRONMENT).is_some_and(|owner| owner != environment)
}

/// The address that a tag names, if it is one that [`tags`] writes.
pub fn address(tag: &str) -> Option<Address> {
    match tag.split_once('/') {
        Some((address, key)) => Some(address.parse::<Address>().ok()?.with_key(key)),
        None => tag.parse().ok(),
    }
}

fn address_tag(address: &Address) -> String {
    match &address.key {
        Some(key) => format!("{}.{}/{key}", address.kind, address.name),
        None => address.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::Account;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn ours_is_what_names_this_address_of_this_environment() {
        let address = Address::new("s3_bucket", "data").with_key("eu");
        let ours = tags("dev", &address);
        assert_eq!(ours, map(&[(ENVIRONMENT, "dev"), (ADDRESS, "s3_bucket.data/eu")]));
        assert!(is_ours(&ours, "dev", &address));
        assert!(!is_ours(&ours, "prod", &address));
        assert!(!is_ours(&ours, "dev", &Address::new("s3_bucket", "data")));
        assert!(!is_ours(&map(&[(ENVIRONMENT, "dev")]), "dev", &address));
        assert!(!is_ours(&BTreeMap::new(), "dev", &address));
        assert!(is_theirs(&ours, "prod") && !is_theirs(&ours, "dev") && !is_theirs(&BTreeMap::new(), "dev"));
    }

    #[test]
    fn the_tag_of_an_address_leads_back_to_it() {
        for known in [Address::new("s3_bucket", "data"), Address::new("s3_bucket", "data").with_key("eu/1")] {
            assert_eq!(address(&tags("dev", &known)[ADDRESS]), Some(known));
        }
        assert_eq!(address("somebody's own"), None);
    }

    #[test]
    fn what_is_created_also_carries_its_operation_which_is_not_compared() {
        let account = Account { partition: "aws".to_owned(), id: "123456789012".to_owned() };
        let scope = Scope {
            operation: "op".to_owned(),
            ..account.scope("dev", &Address::new("s3_bucket", "data"), "us-east-1")
        };
        let created = tags_for_create(&map(&[("Project", "x"), (ENVIRONMENT, "forged")]), &scope);
        assert_eq!(created[ENVIRONMENT], "dev");
        assert_eq!(created[OPERATION], "op");
        let mut live = created;
        live.insert("aws:cloudformation:stack-name".to_owned(), "theirs".to_owned());
        let compared = comparable(live);
        assert_eq!(compared.keys().collect::<Vec<_>>(), ["Project", ADDRESS, ENVIRONMENT]);
    }
}
