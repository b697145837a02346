//! Whether a replica keeps what its primary keeps, and as ready to be read.
//!
//! A copy is as old as what it is a copy of, so days mean the same at both ends.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-and-other-bucket-config.html>

use std::collections::BTreeMap;

use provision_reconciler::recovery::Aspect;

use crate::s3_bucket::lifecycle::LifecycleRule;
use crate::s3_bucket::replication::ReplicationRule;

/// What must be restored before it can be read, which takes hours.
pub(super) const ARCHIVES: [&str; 2] = ["DEEP_ARCHIVE", "GLACIER"];

/// Judges the rules of a replica by those of its primary, for what this rule copies.
pub(super) fn judge(copied: &ReplicationRule, primary: &[LifecycleRule], replica: &[LifecycleRule]) -> Aspect {
    let aspect = Aspect::good("lifecycle", rules_in_words(primary), rules_in_words(replica));
    let of_copies: Vec<(Filter<'_>, &LifecycleRule)> =
        enabled(replica).filter_map(|rule| Some((Filter::of(rule).and(copied)?, rule))).collect();
    for sort in &EXPIRIES {
        if let Some((there, when)) = sort.uncovered(&of_copies, primary) {
            let message = format!(
                "{}{} expire {} in the replica, and stay in the primary",
                sort.what,
                there.objects(),
                when.in_words()
            );
            let hint = "give the replica lifecycle rules that keep as long as the primary's, and apply";
            return aspect.finding("replica-expires", message, hint);
        }
    }
    match ARCHIVING.uncovered(&of_copies, primary) {
        Some((there, when)) => aspect.note(format!(
            "in the replica {} are archived {}, in the primary they are not: a restore that takes hours comes before reading them",
            there.objects(),
            when.in_words()
        )),
        None => aspect,
    }
}

/// Something that may become of objects.
struct Sort {
    /// Of what, in front of the words for the objects.
    what: &'static str,
    /// When a rule does it.
    when: fn(&LifecycleRule) -> Vec<When<'_>>,
}

const EXPIRIES: [Sort; 2] = [
    Sort { what: "", when: |rule| When::new(rule.expiration_days, &rule.expiration_date, 0).into_iter().collect() },
    Sort {
        what: "earlier versions of ",
        when: |rule| {
            let kept = rule.newer_noncurrent_versions;
            When::new(rule.noncurrent_version_expiration_days, "", kept).into_iter().collect()
        },
    },
];

/// Of current versions alone: earlier ones do not serve.
const ARCHIVING: Sort = Sort {
    what: "",
    when: |rule| {
        let archiving = rule.transitions.iter().filter(|to| ARCHIVES.contains(&to.storage_class.as_str()));
        // Zero days are at once, other than for an expiry.
        archiving.map(|to| When { days: to.date.is_empty().then_some(to.days), date: &to.date, kept: 0 }).collect()
    },
};

impl Sort {
    /// What becomes of copies and of no original, or of originals later.
    fn uncovered<'a>(
        &self,
        of_copies: &[(Filter<'a>, &'a LifecycleRule)],
        primary: &[LifecycleRule],
    ) -> Option<(Filter<'a>, When<'a>)> {
        let all =
            of_copies.iter().flat_map(|(filter, rule)| (self.when)(rule).into_iter().map(move |when| (filter, when)));
        let is_covered = |filter: &Filter<'_>, when: &When<'_>| {
            enabled(primary).any(|rule| {
                Filter::of(rule).is_as_wide_as(filter) && (self.when)(rule).iter().any(|one| one.is_as_soon_as(when))
            })
        };
        all.filter(|(filter, when)| !is_covered(filter, when)).map(|(filter, when)| (filter.clone(), when)).next()
    }
}

fn enabled(rules: &[LifecycleRule]) -> impl Iterator<Item = &LifecycleRule> {
    rules.iter().filter(|rule| rule.enabled)
}

/// When something becomes of an object.
#[derive(Clone, Copy)]
struct When<'a> {
    /// After how many days; or, if there are none, on which day.
    days: Option<i32>,
    date: &'a str,
    /// How many of the earlier versions stay all the same.
    kept: i32,
}

impl<'a> When<'a> {
    /// `None` if it never does.
    fn new(days: i32, date: &'a str, kept: i32) -> Option<Self> {
        (days > 0 || !date.is_empty()).then_some(Self { days: (days > 0).then_some(days), date, kept })
    }

    /// Whether nothing is left by then. A day and a number of days cannot be compared: what is written on the eve of that day is
    /// younger.
    fn is_as_soon_as(&self, other: &Self) -> bool {
        let by_then = match (self.days, other.days) {
            (Some(days), Some(others)) => days <= others,
            (None, None) => self.date <= other.date,
            _ => false,
        };
        by_then && self.kept <= other.kept
    }

    fn in_words(&self) -> String {
        let kept = if self.kept > 0 { format!(" but for the newest {}", self.kept) } else { String::new() };
        match self.days {
            Some(days) => format!("after {days} d{kept}"),
            None => format!("on {}{kept}", self.date),
        }
    }
}

/// Which objects a rule is about.
#[derive(Clone, Debug)]
struct Filter<'a> {
    prefix: &'a str,
    tags: BTreeMap<&'a str, &'a str>,
    greater_than: i64,
    /// 0 for all.
    less_than: i64,
}

impl<'a> Filter<'a> {
    fn of(rule: &'a LifecycleRule) -> Self {
        Self {
            prefix: &rule.prefix,
            tags: pairs(&rule.object_tags),
            greater_than: rule.object_size_greater_than,
            less_than: rule.object_size_less_than,
        }
    }

    /// What of it this rule copies; `None` if nothing.
    fn and(mut self, copied: &'a ReplicationRule) -> Option<Self> {
        if copied.prefix.starts_with(self.prefix) {
            self.prefix = &copied.prefix;
        } else if !self.prefix.starts_with(&copied.prefix) {
            return None;
        }
        for (name, value) in pairs(&copied.object_tags) {
            if self.tags.insert(name, value).is_some_and(|other| other != value) {
                return None;
            }
        }
        Some(self)
    }

    /// Whether it is about all of the objects that the other is about.
    fn is_as_wide_as(&self, other: &Filter<'_>) -> bool {
        other.prefix.starts_with(self.prefix)
            && self.tags.iter().all(|(name, value)| other.tags.get(name) == Some(value))
            && self.greater_than <= other.greater_than
            && (self.less_than == 0 || (1..=self.less_than).contains(&other.less_than))
    }

    /// `under tmp/, tagged class=scratch`; empty for all objects.
    fn in_words(&self) -> String {
        let tags: Vec<String> = self.tags.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let parts = [
            (!self.prefix.is_empty()).then(|| format!("under {}", self.prefix)),
            (!tags.is_empty()).then(|| format!("tagged {}", tags.join(", "))),
            (self.greater_than > 0).then(|| format!("of more than {} bytes", self.greater_than)),
            (self.less_than > 0).then(|| format!("of less than {} bytes", self.less_than)),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// The objects that it is about.
    fn objects(&self) -> String {
        match self.in_words() {
            all if all.is_empty() => "all objects".to_owned(),
            some => format!("objects {some}"),
        }
    }
}

fn pairs(tags: &BTreeMap<String, String>) -> BTreeMap<&str, &str> {
    tags.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn rules_in_words(rules: &[LifecycleRule]) -> String {
    if rules.is_empty() {
        return "none".to_owned();
    }
    rules.iter().map(rule_in_words).collect::<Vec<_>>().join("; ")
}

/// `tmp (under tmp/): expire after 7 d`.
fn rule_in_words(rule: &LifecycleRule) -> String {
    let about = match Filter::of(rule).in_words() {
        all if all.is_empty() => all,
        some => format!(" ({some})"),
    };
    let sorts = [(&EXPIRIES[0], "expire"), (&EXPIRIES[1], "versions expire"), (&ARCHIVING, "archived")];
    let becomes = sorts
        .into_iter()
        .flat_map(|(sort, what)| (sort.when)(rule).into_iter().map(move |when| format!("{what} {}", when.in_words())));
    let parts: Vec<String> = (!rule.enabled).then(|| "disabled".to_owned()).into_iter().chain(becomes).collect();
    let colon = if parts.is_empty() { "" } else { ": " };
    format!("{}{about}{colon}{}", rule.id, parts.join(", "))
}

#[cfg(test)]
mod tests {
    use provision_reconciler::recovery::Verdict;
    use serde_json::{Value, json};

    use super::*;

    fn rules(rules: Value) -> Vec<LifecycleRule> {
        serde_json::from_value(rules).unwrap_or_else(|error| panic!("{error}"))
    }

    /// What is thought of it.
    fn judged_of(copied: &ReplicationRule, primary: Value, replica: Value) -> String {
        match judge(copied, &rules(primary), &rules(replica)).verdict {
            Verdict::Good => String::new(),
            Verdict::Note(note) => format!("note: {note}"),
            Verdict::Finding(finding) => finding.message,
            Verdict::Untested(why) => panic!("{why}"),
        }
    }

    fn judged(primary: Value, replica: Value) -> String {
        judged_of(&ReplicationRule::named("dr", "arn:aws:s3:::replica"), primary, replica)
    }

    #[test]
    fn a_replica_keeps_for_as_long_as_its_primary_what_the_primary_keeps() {
        let of_tmp = || json!([{ "id": "tmp", "prefix": "tmp/", "expiration_days": 7 }]);
        let of_all = |days: i32| json!([{ "id": "all", "expiration_days": days }]);
        assert_eq!(judged(of_tmp(), of_tmp()), "");
        assert_eq!(judged(of_tmp(), json!([])), "");
        assert_eq!(
            judged(of_tmp(), of_all(30)),
            "all objects expire after 30 d in the replica, and stay in the primary"
        );
        assert_eq!(judged(of_all(7), of_tmp()), "", "a wider rule of the primary covers it");
        assert_eq!(judged(of_all(30), of_all(90)), "");
        assert_ne!(judged(of_all(30), of_all(7)), "");
    }

    #[test]
    fn a_rule_covers_only_what_its_whole_filter_covers() {
        let one = |filter: Value| {
            let mut rule = json!({ "id": "one", "expiration_days": 7 });
            rule.as_object_mut()
                .into_iter()
                .for_each(|rule| rule.extend(filter.as_object().cloned().unwrap_or_default()));
            json!([rule])
        };
        let everything = || one(json!({}));
        for filter in [
            json!({ "object_tags": { "class": "scratch" } }),
            json!({ "object_size_greater_than": 1000 }),
            json!({ "object_size_less_than": 1000 }),
            json!({ "enabled": false }),
        ] {
            assert_ne!(judged(one(filter.clone()), everything()), "", "{filter}");
            assert_eq!(judged(everything(), one(filter.clone())), "", "{filter}");
            assert_eq!(judged(one(filter.clone()), one(filter)), "");
        }
        let sizes = |less: i64| one(json!({ "object_size_less_than": less }));
        assert_eq!(judged(sizes(1000), sizes(500)), "");
        assert_ne!(judged(sizes(500), sizes(1000)), "");
    }

    #[test]
    fn days_dates_and_versions_that_stay_are_all_compared() {
        let date = |date: &str| json!([{ "id": "one", "expiration_date": date }]);
        assert_eq!(judged(date("2030-01-31"), date("2030-01-31")), "");
        assert_eq!(
            judged(date("2031-01-31"), date("2030-01-31")),
            "all objects expire on 2030-01-31 in the replica, and stay in the primary"
        );
        assert_ne!(judged(json!([{ "id": "one", "expiration_days": 7 }]), date("2030-01-31")), "");
        let versions = |days: i32, kept: i32| json!([{ "id": "one", "noncurrent_version_expiration_days": days, "newer_noncurrent_versions": kept }]);
        assert_eq!(judged(versions(30, 3), versions(30, 5)), "");
        assert_eq!(
            judged(versions(30, 5), versions(30, 3)),
            "earlier versions of all objects expire after 30 d but for the newest 3 in the replica, and stay in the primary"
        );
    }

    #[test]
    fn what_is_not_copied_may_expire() {
        let mut copied = ReplicationRule::named("dr", "arn:aws:s3:::replica");
        copied.prefix = "data/".to_owned();
        let replica = |prefix: &str| json!([{ "id": "one", "prefix": prefix, "expiration_days": 7 }]);
        assert_eq!(judged_of(&copied, json!([]), replica("logs/")), "");
        assert_ne!(judged_of(&copied, json!([]), replica("data/old/")), "");
        // The primary need not let go of more than what is copied.
        assert_eq!(judged_of(&copied, replica("data/"), replica("")), "");
    }

    #[test]
    fn an_archive_of_the_replica_alone_is_told() {
        let to = |class: &str| json!([{ "id": "one", "prefix": "a/", "transitions": [{ "days": 0, "storage_class": class }] }]);
        assert_eq!(
            judged(json!([]), to("DEEP_ARCHIVE")),
            "note: in the replica objects under a/ are archived after 0 d, in the primary they are not: a restore that takes \
             hours comes before reading them"
        );
        assert_eq!(judged(to("GLACIER"), to("DEEP_ARCHIVE")), "");
        assert_eq!(judged(json!([]), to("GLACIER_IR")), "", "that is read at once");
    }

    #[test]
    fn rules_say_what_they_are_about() {
        let said = rules_in_words(&rules(json!([
            { "id": "tmp", "prefix": "tmp/", "expiration_days": 7 },
            { "id": "all", "enabled": false, "noncurrent_version_expiration_days": 30 },
            { "id": "uploads", "abort_incomplete_multipart_upload_days": 7 },
        ])));
        assert_eq!(said, "tmp (under tmp/): expire after 7 d; all: disabled, versions expire after 30 d; uploads");
    }
}
