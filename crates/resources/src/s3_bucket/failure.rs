//! What S3's refusals mean for a bucket, and what to do about them.

use provision_reconciler::{CloudError, ErrorClass, Scope};

/// The codes with which S3 says that a setting of an existing bucket is not set.
const NOT_SET: [&str; 7] = [
    "NoSuchBucketPolicy",
    "NoSuchLifecycleConfiguration",
    "NoSuchPublicAccessBlockConfiguration",
    "NoSuchTagSet",
    "OwnershipControlsNotFoundError",
    "ReplicationConfigurationNotFoundError",
    "ServerSideEncryptionConfigurationNotFoundError",
];

/// The action whose refusals are about other resources too.
const REPLICATION: &str = "s3:PutReplicationConfiguration";

/// Whether the bucket is there but has no such setting.
pub(super) fn is_not_set(error: &CloudError) -> bool {
    error.code.as_deref().is_some_and(|code| NOT_SET.contains(&code))
}

/// Whether the bucket is not there.
pub(super) fn is_no_bucket(error: &CloudError) -> bool {
    error.class == ErrorClass::NotFound && !is_not_set(error)
}

/// What passes by itself: another change of the bucket under way (or its deletion under the same name), a bucket that is too
/// new to be known everywhere, a principal or a role that IAM does not know everywhere yet, and what was set a moment ago on
/// the bucket that this one replicates to or logs into.
pub(super) fn is_passing(error: &CloudError) -> bool {
    match error.code.as_deref() {
        Some("MalformedPolicy") => error.message.to_ascii_lowercase().contains("principal"),
        Some("InvalidTargetBucketForLogging") => true,
        _ if replicating(error).is_some() => true,
        _ => error.class == ErrorClass::Busy || is_no_bucket(error),
    }
}

/// What keeps the bucket from replicating.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Obstacle {
    /// One of the two buckets is not versioned.
    Versioning,
    /// S3 cannot assume the role.
    Role,
}

/// What keeps the bucket from replicating, if S3 says so. It has no codes of its own for that. That the caller may not hand over
/// the role is another matter, which does not pass.
fn replicating(error: &CloudError) -> Option<Obstacle> {
    let message = error.message.to_ascii_lowercase();
    let code = error.code.as_deref();
    if error.action != REPLICATION || message.contains("passrole") || message.contains("not authorized to perform") {
        return None;
    }
    match code {
        Some("InvalidRequest" | "InvalidArgument") if message.contains("versioning") => Some(Obstacle::Versioning),
        Some("InvalidRequest" | "InvalidArgument" | "AccessDenied") if message.contains("role") => Some(Obstacle::Role),
        _ => None,
    }
}

/// The error with what to do next, in terms of the bucket.
pub(super) fn explain(mut error: CloudError, bucket: &str, scope: &Scope) -> CloudError {
    let hint = match error.code.as_deref() {
        Some("BucketAlreadyExists") => {
            "another account has a bucket of this name, and names are shared by all accounts; choose another name"
                .to_owned()
        }
        Some("BucketAlreadyOwnedByYou") => {
            format!(
                "this account has a bucket {bucket} already; `provision import {} {bucket}` takes it over",
                scope.address
            )
        }
        Some("BucketNotEmpty") => {
            "the bucket still holds objects or versions; delete them, or add `--empty-buckets` to have them deleted"
                .to_owned()
        }
        Some("PermanentRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException") => {
            error.class = ErrorClass::Refused;
            format!("the bucket {bucket} lives in another region than {}; set its `region`", scope.region)
        }
        Some("MalformedPolicy") if error.message.to_ascii_lowercase().contains("principal") => {
            "a principal of the bucket policy does not exist; make it depend on the role, or correct the ARN".to_owned()
        }
        Some("InvalidTargetBucketForLogging") => {
            "the bucket that the logs go to must be in this account and region, and have `receives_access_logs = true`"
                .to_owned()
        }
        _ if replicating(&error) == Some(Obstacle::Versioning) => {
            "both buckets must be versioned; the next apply turns it on where `versioning` is unset".to_owned()
        }
        _ if replicating(&error) == Some(Obstacle::Role) => {
            "the role must exist, and its trust policy must let s3.amazonaws.com assume it".to_owned()
        }
        _ if error.action == REPLICATION && error.message.contains("iam:PassRole") => {
            "allow `iam:PassRole` on the replication role to the caller".to_owned()
        }
        // S3 answers the same whether we may not or the bucket is not ours.
        _ if error.class == ErrorClass::Denied => format!(
            "either the bucket {bucket} belongs to another account than {}, then choose another name; or allow `{}` to the caller",
            scope.account, error.action
        ),
        // A redirect without a code.
        None if error.message.contains("HTTP 301") => {
            error.class = ErrorClass::Refused;
            format!("the bucket {bucket} lives in another region than {}; set its `region`", scope.region)
        }
        _ => return error,
    };
    error.with_hint(hint)
}

#[cfg(test)]
mod tests {
    use provision_config::Address;

    use super::*;

    fn explained(code: &str, class: ErrorClass) -> String {
        let scope = Scope {
            environment: "staging".to_owned(),
            address: Address::new("s3_bucket", "data"),
            partition: "aws".to_owned(),
            account: "123456789012".to_owned(),
            region: "us-east-1".to_owned(),
            operation: String::new(),
        };
        let error = CloudError { code: Some(code.to_owned()), ..CloudError::new("s3:CreateBucket", class, "no") };
        explain(error, "acme-data", &scope).hint.unwrap_or_default()
    }

    #[test]
    fn refusals_say_what_to_do() {
        insta::assert_snapshot!(explained("AccessDenied", ErrorClass::Denied), @"either the bucket acme-data belongs to another account than 123456789012, then choose another name; or allow `s3:CreateBucket` to the caller");
        insta::assert_snapshot!(explained("BucketAlreadyExists", ErrorClass::AlreadyExists), @"another account has a bucket of this name, and names are shared by all accounts; choose another name");
        insta::assert_snapshot!(explained("BucketAlreadyOwnedByYou", ErrorClass::AlreadyExists), @"this account has a bucket acme-data already; `provision import s3_bucket.data acme-data` takes it over");
        insta::assert_snapshot!(explained("BucketNotEmpty", ErrorClass::Refused), @"the bucket still holds objects or versions; delete them, or add `--empty-buckets` to have them deleted");
        insta::assert_snapshot!(explained("PermanentRedirect", ErrorClass::Refused), @"the bucket acme-data lives in another region than us-east-1; set its `region`");
    }

    #[test]
    fn a_missing_setting_is_not_a_missing_bucket() {
        let error = |code: &str| CloudError {
            code: Some(code.to_owned()),
            ..CloudError::new("s3:GetBucketPolicy", ErrorClass::NotFound, "no")
        };
        assert!(is_no_bucket(&error("NoSuchBucket")) && !is_not_set(&error("NoSuchBucket")));
        assert!(is_not_set(&error("NoSuchBucketPolicy")) && !is_no_bucket(&error("NoSuchBucketPolicy")));
    }
}
