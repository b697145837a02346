//! Names of places in a page: the same from run to run, and safe in `id` and `href` whatever they are made of.

use std::collections::BTreeSet;

use provision_reconciler::drift::{Finding, What};
use sha2::{Digest, Sha256};

/// The names that a page has given already: none may stand in it twice.
#[derive(Debug, Default)]
pub struct Anchors(BTreeSet<String>);

impl Anchors {
    /// The name of a place: what it is made of, and a number if that is taken.
    pub fn name(&mut self, parts: &[&str]) -> String {
        let name = parts.iter().map(|part| slug(part)).collect::<Vec<_>>().join("-");
        let mut unique = name.clone();
        let mut next = 2_usize;
        while !self.0.insert(unique.clone()) {
            unique = format!("{name}-{next}");
            next += 1;
        }
        unique
    }
}

/// What tells a finding from the others of its environment. An orphan has the address of what it may stand beside, so its ARN tells
/// it.
pub fn of_finding(finding: &Finding) -> String {
    match &finding.what {
        What::Orphan { orphan, .. } => format!("{}-orphan-{}", slug(&finding.address.to_string()), digest(&orphan.arn)),
        What::Changed(_) | What::Deleted { .. } | What::Unfinished { .. } => slug(&finding.address.to_string()),
    }
}

/// A text with nothing in it but letters, digits, `_`, `.` and `-`. One that was more has a digest of what it was.
fn slug(text: &str) -> String {
    const LONGEST: usize = 80;
    let keep = |next: char| next.is_ascii_alphanumeric() || matches!(next, '_' | '.' | '-');
    if !text.is_empty() && text.len() <= LONGEST && text.chars().all(keep) {
        return text.to_owned();
    }
    let kept: String = text.chars().take(LONGEST).map(|next| if keep(next) { next } else { '-' }).collect();
    format!("{}-{}", kept.trim_matches('-'), digest(text))
}

fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_and_each_is_its_own() {
        let mut anchors = Anchors::default();
        assert_eq!(anchors.name(&["finding", "dev", "s3_bucket.data"]), "finding-dev-s3_bucket.data");
        assert_eq!(anchors.name(&["finding", "dev", "s3_bucket.data"]), "finding-dev-s3_bucket.data-2");
        let (eu, hostile) = (anchors.name(&["s3_bucket.data[\"eu\"]"]), anchors.name(&["\"><script>"]));
        assert_eq!(eu, "s3_bucket.data--eu-80abb176");
        assert!(hostile.chars().all(|next| next.is_ascii_alphanumeric() || next == '-'), "{hostile}");
    }
}
