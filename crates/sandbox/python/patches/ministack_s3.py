"""Where MiniStack's S3 differs from what AWS documents, and what is done about it here.

- GAPS lists every known difference: [the AWS API, what MiniStack does instead, "mended" or "open"]. It is read by Rust
  too (`provision sandbox status` prints it): write it as JSON, so lists, double quotes, no trailing comma, and
  the closing bracket alone at the start of a line.
- apply() is called once, before the server starts, and mends the "mended" ones by replacing functions in
  ministack.services.s3. Import MiniStack inside of it. Mend only what AWS documents
  differently; one comment each says which AWS behaviour that is.
"""

GAPS = [
    ["S3 with a KMS key that does not exist", "is accepted", "open"],
    ["S3 replication with a KMS key for the replicas", "the replicas are encrypted with the source's key, and objects under a KMS key are copied by rules without one too", "mended"],
    ["S3 PutBucketVersioning", "suspends the versioning of a bucket that replicates", "mended"],
    ["S3 PutBucketLogging", "accepts targets that are not there or do not let S3 write logs", "mended"],
    ["S3 access logs", "are never written", "open"],
    ["S3 replication", "is done at once, with the first of the rules that match, and does not ask what the role may do", "open"],
    ["S3 409 OperationAborted", "is never answered: a bucket can be made again right after its deletion", "open"]
]


def apply():
    mend_replication()
    mend_versioning()
    mend_logging()


def mend_replication():
    """AWS: an object under a KMS key is copied only by a rule that selects such objects, and its replica is encrypted with the
    rule's key. https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-config-for-kms-objects.html"""
    from ministack.services import s3

    algorithm, key_id = "x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id"
    original = s3._maybe_replicate

    def maybe_replicate(bucket_name, key, obj, data, tags=None):
        headers = obj.get("preserved_headers", {})
        if headers.get(algorithm) != "aws:kms":
            return original(bucket_name, key, obj, data, tags)
        rule, _role = s3._replication_rule_for(bucket_name, key, tags)
        criteria = (rule or {}).get("SourceSelectionCriteria", {}).get("SseKmsEncryptedObjects", {})
        if criteria.get("Status") != "Enabled":
            return None
        # The replica is a deep copy of the object, taken inside.
        source_key = headers.get(key_id)
        headers[key_id] = rule["Destination"]["EncryptionConfiguration"]["ReplicaKmsKeyID"]
        try:
            return original(bucket_name, key, obj, data, tags)
        finally:
            headers[key_id] = source_key

    s3._maybe_replicate = maybe_replicate


def mend_versioning():
    """AWS: the versioning of a bucket that replicates cannot be suspended."""
    from ministack.services import s3

    original = s3._put_bucket_versioning

    def put_bucket_versioning(name, body):
        if s3._bucket_replication.get(name) and b">Suspended<" in body:
            message = (
                "A replication configuration is present on this bucket, so you cannot change the versioning state. "
                "To change the versioning state, first delete the replication configuration."
            )
            return s3._error("InvalidBucketState", message, 409, f"/{name}")
        return original(name, body)

    s3._put_bucket_versioning = put_bucket_versioning


def mend_logging():
    """AWS: the bucket that logs go to must be there and let S3 write them (by its policy, where ACLs are off); an empty status ends
    the logging."""
    import json
    from xml.etree import ElementTree

    from ministack.services import s3

    original = s3._put_bucket_logging

    def lets_logs_in(target):
        try:
            statements = json.loads(s3._bucket_policies.get(target) or "{}").get("Statement", [])
        except ValueError:
            return False
        for statement in statements if isinstance(statements, list) else [statements]:
            principal = statement.get("Principal")
            services = principal.get("Service", []) if isinstance(principal, dict) else []
            if statement.get("Effect") == "Allow" and "logging.s3.amazonaws.com" in services:
                return True
        return False

    def put_bucket_logging(name, body):
        target = next((one.text for one in ElementTree.fromstring(body).iter() if one.tag.endswith("TargetBucket")), None)
        if target is not None and not (target in s3._buckets and lets_logs_in(target)):
            message = "The target bucket for logging does not exist, is not owned by you, or does not have the appropriate grants for the log-delivery group."
            return s3._error("InvalidTargetBucketForLogging", message, 400, f"/{name}")
        return original(name, body)

    s3._put_bucket_logging = put_bucket_logging
