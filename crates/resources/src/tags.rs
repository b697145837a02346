//! Tags: from and to each SDK's own type, and the change from one set to another.

use std::collections::BTreeMap;

/// Tags by key.
pub type Tags = BTreeMap<String, String>;

/// What to do to turn live tags into the desired ones, for APIs that set and remove single tags.
///
/// Live tags are those of the spec (see [`provision_reconciler::ownership::comparable`]), so the operation's tag and AWS's own
/// are never among those to remove.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagChanges {
    /// New and changed tags.
    pub set: Tags,
    /// The keys of tags that are to go.
    pub remove: Vec<String>,
}

impl TagChanges {
    /// From live to desired.
    pub fn between(live: &Tags, desired: &Tags) -> Self {
        let set = desired.iter().filter(|(key, value)| live.get(*key) != Some(*value));
        let remove = live.keys().filter(|key| !desired.contains_key(*key));
        Self { set: set.map(|(key, value)| (key.clone(), value.clone())).collect(), remove: remove.cloned().collect() }
    }
}

/// The tags of an SDK's answer, `parts` taking the key and the value out of one.
pub fn from_sdk<'a, T: 'a>(tags: &'a [T], parts: impl Fn(&'a T) -> (&'a str, &'a str)) -> Tags {
    tags.iter().map(parts).map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// What a step that sets or removes these tags says: `set the tags Project, Owner`.
pub fn summary<'a>(verb: &str, keys: impl Iterator<Item = &'a String>) -> String {
    let keys: Vec<&str> = keys.map(String::as_str).collect();
    format!("{verb} the {} {}", if keys.len() == 1 { "tag" } else { "tags" }, keys.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_set_what_differs_and_remove_what_is_not_wanted() {
        let tags = |pairs: &[(&str, &str)]| -> Tags {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        let live = tags(&[("same", "1"), ("changed", "1"), ("gone", "1")]);
        let desired = tags(&[("same", "1"), ("changed", "2"), ("new", "1")]);
        let changes = TagChanges::between(&live, &desired);
        assert_eq!(changes.set, tags(&[("changed", "2"), ("new", "1")]));
        assert_eq!(changes.remove, ["gone"]);
        assert_eq!(TagChanges::between(&live, &live), TagChanges::default());
        assert_eq!(summary("set", changes.set.keys()), "set the tags changed, new");
    }
}
