//! From a word (`read`, `write`, …) to the policy statements that this access takes: exact actions on exact ARNs, and on
//! those of the key that the resource is encrypted with.

use provision_config::unknown;
use provision_reconciler::{Problem, Scope};
use serde_json::{Value, json};

/// What a word means for a kind.
pub struct Access {
    /// The word.
    pub word: &'static str,
    /// The actions on the resource, by what part of it they are on.
    pub actions: &'static [(Part, &'static [&'static str])],
    /// The actions on the key that it is encrypted with.
    pub key: &'static [&'static str],
}

/// What part of a resource an action is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The resource itself.
    Itself,
    /// Everything in it: the objects of a bucket, the indexes of a table.
    Inside,
}

/// A resource that access is granted to.
pub struct Granted<'a> {
    /// The resource's ARN.
    pub arn: String,
    /// What its ARN is followed by for what is in it: `/*`, `/index/*`.
    pub inside: &'static str,
    /// The ARN of its key, if it is a customer managed one.
    pub key: Option<&'a str>,
    /// The service through which the key is used, as in `s3`.
    pub service: &'static str,
}

/// Narrows what a word grants. By default: to all of the resource, and to its key through its service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Within {
    /// What the ARN is followed by for what is in it, instead of [`Granted::inside`].
    pub inside: Vec<String>,
    /// A condition key of the use of the key, and the patterns of which its value must match one.
    pub key_context: Option<(&'static str, Vec<String>)>,
}

/// A `kms_key` field's value, if it names a customer managed key, by its ARN or by one that is not known yet.
pub fn customer_key(kms_key: &str) -> Option<&str> {
    (kms_key.starts_with("arn:") || unknown::is_unknown(kms_key)).then_some(kms_key)
}

/// The statements that give this access; `read-write` is `read` and `write` together.
///
/// # Errors
/// If the kind knows no such word, naming those that it knows.
pub fn statements(known: &[Access], word: &str, granted: &Granted<'_>, scope: &Scope) -> Result<Vec<Value>, Problem> {
    statements_within(known, word, granted, scope, &Within::default())
}

/// The same, narrowed.
///
/// # Errors
/// As [`statements`].
pub fn statements_within(
    known: &[Access],
    word: &str,
    granted: &Granted<'_>,
    scope: &Scope,
    within: &Within,
) -> Result<Vec<Value>, Problem> {
    let meant: Vec<&Access> = match word {
        "read-write" => known.iter().filter(|access| ["read", "write"].contains(&access.word)).collect(),
        word => known.iter().filter(|access| access.word == word).collect(),
    };
    if meant.is_empty() {
        let mut words: Vec<String> = known.iter().map(|access| format!("`{}`", access.word)).collect();
        if ["read", "write"].iter().all(|word| known.iter().any(|access| access.word == *word)) {
            words.push("`read-write`".to_owned());
        }
        return Err(Problem::new("", format!("there is no access `{word}` to {}", scope.address))
            .help(format!("it can be granted {}", words.join(", "))));
    }
    let inside = match &within.inside[..] {
        [] => json!(format!("{}{}", granted.arn, granted.inside)),
        [one] => json!(format!("{}{one}", granted.arn)),
        several => several.iter().map(|one| format!("{}{one}", granted.arn)).collect(),
    };
    let mut statements = Vec::new();
    for (part, resource) in [(Part::Itself, json!(granted.arn)), (Part::Inside, inside)] {
        let actions = collected(
            meant.iter().flat_map(|access| access.actions).filter(|(of, _)| *of == part).map(|(_, actions)| *actions),
        );
        if !actions.is_empty() {
            statements.push(json!({ "Effect": "Allow", "Action": actions, "Resource": resource }));
        }
    }
    let actions = collected(meant.iter().map(|access| access.key));
    if let Some(key) = granted.key.filter(|_| !actions.is_empty()) {
        let via = format!("{}.{}.amazonaws.com", granted.service, scope.region);
        let mut condition = json!({ "StringEquals": { "kms:ViaService": via } });
        if let Some((context, patterns)) = &within.key_context {
            condition["StringLike"] = json!({ *context: patterns });
        }
        statements.push(json!({ "Effect": "Allow", "Action": actions, "Resource": key, "Condition": condition }));
    }
    Ok(statements)
}

fn collected<'a>(actions: impl Iterator<Item = &'a [&'static str]>) -> Vec<&'static str> {
    let mut actions: Vec<&str> = actions.flatten().copied().collect();
    actions.sort_unstable();
    actions.dedup();
    actions
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::S3Bucket;
    use crate::testing::scope;

    const KNOWN: &[Access] = &[
        Access {
            word: "read",
            actions: &[(Part::Inside, &["s3:GetObject"]), (Part::Itself, &["s3:ListBucket"])],
            key: &["kms:Decrypt"],
        },
        Access {
            word: "write",
            actions: &[(Part::Inside, &["s3:PutObject"])],
            key: &["kms:Decrypt", "kms:GenerateDataKey"],
        },
    ];

    fn granted(key: Option<&str>) -> Granted<'_> {
        Granted { arn: "arn:aws:s3:::data".to_owned(), inside: "/*", key, service: "s3" }
    }

    #[test]
    fn words_become_exact_actions_on_exact_arns() {
        let all = statements(KNOWN, "read-write", &granted(Some("arn:key")), &scope::<S3Bucket>("data")).ok();
        assert_eq!(
            all,
            Some(vec![
                json!({ "Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": "arn:aws:s3:::data" }),
                json!({ "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::data/*" }),
                json!({
                    "Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": "arn:key",
                    "Condition": { "StringEquals": { "kms:ViaService": "s3.us-east-1.amazonaws.com" } },
                }),
            ])
        );
        let write = statements(KNOWN, "write", &granted(None), &scope::<S3Bucket>("data")).ok();
        assert_eq!(write.map(|write| write.len()), Some(1), "without a key there is no statement for it");
    }

    #[test]
    fn a_word_can_be_narrowed() {
        let within = Within {
            inside: vec!["/a*".to_owned(), "/b*".to_owned()],
            key_context: Some(("kms:EncryptionContext:aws:s3:arn", vec!["arn:aws:s3:::data/*".to_owned()])),
        };
        let granted = granted(Some("arn:key"));
        let read = statements_within(KNOWN, "read", &granted, &scope::<S3Bucket>("data"), &within).unwrap_or_default();
        assert_eq!(read[1]["Resource"], json!(["arn:aws:s3:::data/a*", "arn:aws:s3:::data/b*"]));
        assert_eq!(
            read[2]["Condition"],
            json!({
                "StringEquals": { "kms:ViaService": "s3.us-east-1.amazonaws.com" },
                "StringLike": { "kms:EncryptionContext:aws:s3:arn": ["arn:aws:s3:::data/*"] },
            })
        );
    }

    #[test]
    fn an_unknown_word_names_the_known_ones() {
        let problem = statements(KNOWN, "admin", &granted(None), &scope::<S3Bucket>("data")).err();
        assert_eq!(
            problem.and_then(|problem| problem.help).as_deref(),
            Some("it can be granted `read`, `write`, `read-write`")
        );
    }
}
