//! What a person probably meant.

use strsim::damerau_levenshtein;

/// The candidate that is most like a name, if any is like enough to be suggested.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = normal(name);
    let scored = candidates.into_iter().filter_map(|candidate| {
        let other = normal(candidate);
        let distance = damerau_levenshtein(&wanted, &other);
        let allowed = wanted.chars().count().max(other.chars().count()).div_ceil(3).min(4);
        // `bucket` for `s3_bucket`: a part of the name, whole.
        let is_part =
            wanted.len() > 2 && (other.ends_with(&format!("_{wanted}")) || other.starts_with(&format!("{wanted}_")));
        (distance <= allowed && distance < wanted.chars().count().max(1) || is_part).then_some((distance, candidate))
    });
    scored.min().map(|(_, candidate)| candidate)
}

/// `did you mean …?`, or else the candidates themselves if they are few, or else nothing.
pub fn suggestion<'a>(name: &str, what: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    match nearest(name, candidates.iter().copied()) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => list(what, &candidates),
    }
}

/// `the fields are …`, if they are few enough to be read.
pub(crate) fn list(what: &str, candidates: &[&str]) -> String {
    match candidates {
        [] => String::new(),
        [one] => format!("{what}: `{one}`"),
        several if several.len() <= 24 => {
            let quoted: Vec<String> = several.iter().map(|one| format!("`{one}`")).collect();
            format!("{what}: {}", quoted.join(", "))
        }
        several => format!("{what}: {} of them; `provision schema` lists them", several.len()),
    }
}

/// Case and the choice of separator are the commonest slips, so they do not count.
fn normal(name: &str) -> String {
    name.to_lowercase().replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_slips_and_parts_and_nothing_far_fetched() {
        let kinds = ["dynamodb_table", "ec2_vpc", "kms_key", "s3_bucket"];
        for (name, expected) in [
            ("s3_buket", Some("s3_bucket")),
            ("bucket", Some("s3_bucket")),
            ("vpc", Some("ec2_vpc")),
            ("dynamo_table", Some("dynamodb_table")),
            ("KMS-Key", Some("kms_key")),
            ("lambda_function", None),
            ("x", None),
        ] {
            assert_eq!(nearest(name, kinds), expected, "{name}");
        }
        assert_eq!(nearest("id", ["arn"]), None);
    }
}
