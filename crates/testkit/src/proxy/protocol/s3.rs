//! S3, whose REST protocol is told by method, path, query and headers.

mod operations;

use operations::{Level, OPERATIONS};

use super::{Operation, Request, decode};

pub(super) fn recognise(request: &Request<'_>) -> Option<Operation> {
    let (bucket, key) = match request.path().split_once('/') {
        Some((bucket, key)) => (bucket, key),
        None => (request.path(), ""),
    };
    let level = match (bucket.is_empty(), key.is_empty()) {
        (true, _) => Level::Service,
        (false, true) => Level::Bucket,
        (false, false) => Level::Object,
    };
    let (_, _, marks, name, permission) = OPERATIONS.iter().find(|(method, at, marks, ..)| {
        *method == request.method() && *at == level && marks.split('&').all(|mark| has(request, mark))
    })?;
    if marks.is_empty() && request.method() != "GET" && names_a_subresource(request) {
        // One that came after the table was written; it is certainly not CreateBucket or PutObject.
        return None;
    }
    let permission = match (*name, *permission) {
        // A version of an object is guarded by a permission of its own.
        ("DeleteObject", _) if request.parameter("versionId").is_some() => "DeleteObjectVersion",
        ("GetObject" | "HeadObject", _) if request.parameter("versionId").is_some() => "GetObjectVersion",
        ("DeleteObjects", _) if contains(request.body, b"<VersionId>") => "DeleteObjectVersion",
        (name, "") => name,
        (_, permission) => permission,
    };
    let resource = match level {
        Level::Service => None,
        Level::Bucket => Some(decode(bucket)),
        Level::Object => Some(format!("{}/{}", decode(bucket), decode(key))),
    };
    Some(Operation {
        name: (*name).to_owned(),
        permission: Some(permission.to_owned()),
        resource,
        ..Operation::default()
    })
}

fn has(request: &Request<'_>, mark: &str) -> bool {
    match mark.strip_prefix('@') {
        Some(header) => request.header(header).is_some(),
        None => mark.is_empty() || request.parameter(mark).is_some(),
    }
}

/// A parameter without a value names a part of the bucket or object.
fn names_a_subresource(request: &Request<'_>) -> bool {
    request.query.iter().any(|(_, value)| value.is_empty())
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{signed, told};

    fn call(method: &str, uri: &str) -> String {
        told(method, uri, &[("authorization", &signed("s3"))], "")
    }

    #[test]
    fn buckets() {
        assert_eq!(call("GET", "/?x-id=ListBuckets"), "ListBuckets s3:ListAllMyBuckets");
        assert_eq!(call("PUT", "/b"), "CreateBucket! s3:CreateBucket b");
        assert_eq!(call("PUT", "/b/"), "CreateBucket! s3:CreateBucket b");
        assert_eq!(call("HEAD", "/b"), "HeadBucket s3:ListBucket b");
        assert_eq!(call("DELETE", "/b"), "DeleteBucket! s3:DeleteBucket b");
        assert_eq!(call("GET", "/b?list-type=2&prefix=a"), "ListObjectsV2 s3:ListBucket b");
        assert_eq!(call("GET", "/b?versions"), "ListObjectVersions s3:ListBucketVersions b");
        assert_eq!(call("GET", "/b?location"), "GetBucketLocation s3:GetBucketLocation b");
    }

    #[test]
    fn the_configuration_of_buckets() {
        for (parameter, name, permission) in [
            ("versioning", "BucketVersioning", "BucketVersioning"),
            ("encryption", "BucketEncryption", "EncryptionConfiguration"),
            ("publicAccessBlock", "PublicAccessBlock", "BucketPublicAccessBlock"),
            ("ownershipControls", "BucketOwnershipControls", "BucketOwnershipControls"),
            ("policy", "BucketPolicy", "BucketPolicy"),
            ("logging", "BucketLogging", "BucketLogging"),
            ("lifecycle", "BucketLifecycleConfiguration", "LifecycleConfiguration"),
            ("tagging", "BucketTagging", "BucketTagging"),
            ("replication", "BucketReplication", "ReplicationConfiguration"),
            ("notification", "BucketNotificationConfiguration", "BucketNotification"),
            ("object-lock", "ObjectLockConfiguration", "BucketObjectLockConfiguration"),
        ] {
            assert_eq!(call("GET", &format!("/b?{parameter}")), format!("Get{name} s3:Get{permission} b"));
            assert_eq!(call("PUT", &format!("/b?{parameter}=")), format!("Put{name}! s3:Put{permission} b"));
        }
        assert_eq!(call("DELETE", "/b?lifecycle"), "DeleteBucketLifecycle! s3:PutLifecycleConfiguration b");
        assert_eq!(call("DELETE", "/b?policy"), "DeleteBucketPolicy! s3:DeleteBucketPolicy b");
        assert_eq!(call("DELETE", "/b?tagging"), "DeleteBucketTagging! s3:PutBucketTagging b");
        assert_eq!(call("GET", "/b?metrics"), "ListBucketMetricsConfigurations s3:GetMetricsConfiguration b");
        assert_eq!(call("GET", "/b?metrics&id=1"), "GetBucketMetricsConfiguration s3:GetMetricsConfiguration b");
    }

    #[test]
    fn a_part_that_nobody_knows_is_not_taken_for_the_whole() {
        assert_eq!(call("PUT", "/b?newest"), "Unknown! s3:Unknown PUT /b");
        assert_eq!(call("DELETE", "/b/k?newest="), "Unknown! s3:Unknown DELETE /b/k");
    }

    #[test]
    fn objects() {
        assert_eq!(call("PUT", "/b/a%20b/c?x-id=PutObject"), "PutObject! s3:PutObject b/a b/c");
        assert_eq!(call("GET", "/b/k"), "GetObject s3:GetObject b/k");
        assert_eq!(call("GET", "/b/k?versionId=1"), "GetObject s3:GetObjectVersion b/k");
        assert_eq!(call("HEAD", "/b/k"), "HeadObject s3:GetObject b/k");
        assert_eq!(call("DELETE", "/b/k"), "DeleteObject! s3:DeleteObject b/k");
        assert_eq!(call("DELETE", "/b/k?versionId=1"), "DeleteObject! s3:DeleteObjectVersion b/k");
        assert_eq!(call("POST", "/b/k?uploads"), "CreateMultipartUpload! s3:PutObject b/k");
        assert_eq!(call("PUT", "/b/k?partNumber=1&uploadId=u"), "UploadPart! s3:PutObject b/k");
        assert_eq!(call("POST", "/b/k?uploadId=u"), "CompleteMultipartUpload! s3:PutObject b/k");
        let copy = [("authorization", signed("s3")), ("x-amz-copy-source", "b/other".to_owned())];
        let copy = copy.each_ref().map(|(name, value)| (*name, value.as_str()));
        assert_eq!(told("PUT", "/b/k", &copy, ""), "CopyObject! s3:PutObject b/k");
    }

    #[test]
    fn deleting_many_versions_needs_another_permission() {
        let signature = signed("s3");
        let delete = |body| told("POST", "/b?delete", &[("authorization", &signature)], body);
        assert_eq!(delete("<Delete><Object><Key>k</Key></Object></Delete>"), "DeleteObjects! s3:DeleteObject b");
        assert_eq!(
            delete("<Delete><Object><Key>k</Key><VersionId>1</VersionId></Object></Delete>"),
            "DeleteObjects! s3:DeleteObjectVersion b"
        );
    }
}
