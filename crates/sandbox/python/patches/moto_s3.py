"""Where moto's S3 differs from what AWS documents, and what is done about it here.

- GAPS lists every known difference: [the AWS API, what moto does instead, "mended" or "open"]. It is read by Rust
  too (`provision sandbox status` prints it): write it as JSON, so lists, double quotes, no trailing comma, and
  the closing bracket alone at the start of a line.
- apply() is called once, before the server starts, and mends the "mended" ones by replacing functions in
  moto.s3.responses / moto.s3.models. Import moto inside of it. Mend only what AWS documents
  differently; one comment each says which AWS behaviour that is.
"""

GAPS = [
    ["S3 GetBucketVersioning, GetBucketAccelerateConfiguration, GetBucketNotificationConfiguration", "the XML's root element is not AWS's, so that the SDKs for Rust and Go refuse the answer", "mended"],
    ["S3 GetBucketRequestPayment", "not implemented: answers with the list of the bucket's objects", "open"],
    ["S3 CreateBucket", "tags are lost", "mended"],
    ["S3 CreateBucket", "the new bucket has no default encryption, public access block or object ownership", "mended"],
    ["S3 x-amz-expected-bucket-owner", "is ignored on buckets", "mended"],
    ["S3 requests to a bucket of another region", "are answered as if it were in this one", "mended"],
    ["S3 PutBucketEncryption", "blocked encryption types are lost", "mended"],
    ["S3 PutBucketLifecycleConfiguration", "filters by object size and the noncurrent versions to keep are lost", "mended"],
    ["S3 tags", "spaces at the beginning or end of a value are lost", "open"],
    ["S3 GetObject of a deleted object", "the answer lacks x-amz-delete-marker", "mended"],
    ["S3 PutBucketPolicy", "text that is not JSON is accepted, and then every object call answers 500", "mended"],
    ["S3 PutBucketLogging", "answers 500 if the target's policy has a statement for everybody, or if logging is to end", "mended"],
    ["S3 bucket policies with conditions", "a Deny of requests without HTTPS denies every request; here the local HTTP stands for HTTPS", "mended"],
    ["S3 bucket policies with other conditions", "the statement applies whether or not its condition holds", "open"],
    ["S3 PutBucketReplication", "source selection criteria and delete marker replication are lost; the destination need not be versioned; nothing is replicated, here single objects are, at once", "mended"],
    ["S3 replication of multipart uploads, copies, tags and delete markers", "is not done", "open"],
    ["S3 PutBucketVersioning", "suspends the versioning of a bucket that replicates", "mended"],
    ["S3 PutBucketLogging", "the format of the log objects' names is lost", "mended"],
    ["S3 ListBuckets", "does not tell the buckets' regions", "mended"],
    ["S3 with a KMS key that does not exist", "is accepted", "open"]
]


# The root elements of https://docs.aws.amazon.com/AmazonS3/latest/API/ where they are not the operation's name.
ROOTS = {
    "GetBucketAccelerateConfiguration": "AccelerateConfiguration",
    # moto calls it by its old name while there is none.
    "GetBucketNotification": "NotificationConfiguration",
    "GetBucketNotificationConfiguration": "NotificationConfiguration",
    "GetBucketVersioning": "VersioningConfiguration",
}


def apply():
    mend_xml_roots()
    mend_buckets()
    mend_policies()
    mend_logging()
    mend_delete_markers()
    mend_replication()
    mend_list_buckets()


def mend_xml_roots():
    """AWS: <VersioningConfiguration>; moto: <GetBucketVersioningResponse>, and so on."""
    from moto.core.serialize import S3Serializer

    original = S3Serializer._serialize_body

    def _serialize_body(self, body):
        operation = self.operation_model.name
        wrong = f"{operation}Response"
        if operation in ROOTS and wrong in body:
            body = {ROOTS[operation]: body[wrong]}
        return original(self, body)

    S3Serializer._serialize_body = _serialize_body


def refusal(status, code, message, headers=None):
    body = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return status, {"Content-Type": "application/xml", **(headers or {})}, body


def find_bucket(name):
    """The bucket of this name, whosoever it is."""
    from moto.s3.models import s3_backends

    for backends in s3_backends.values():
        for backend in backends.values():
            if name in backend.buckets:
                return backend.buckets[name]
    return None


def as_list(one_or_several):
    return one_or_several if isinstance(one_or_several, list) else [one_or_several]


def mend_buckets():
    import json

    import xmltodict
    from moto.s3.models import PublicAccessBlock
    from moto.s3.responses import S3Response

    subresources = (
        "accelerate acl analytics cors encryption intelligent-tiering inventory lifecycle logging metrics "
        "notification object-lock ownershipControls policy publicAccessBlock replication requestPayment tagging "
        "versioning website"
    ).split()

    def put(self, request, name, querystring, original):
        # AWS: a bucket policy is a JSON object.
        if "policy" in querystring:
            try:
                policy = json.loads(self.body)
            except ValueError:
                policy = None
            if not isinstance(policy, dict):
                return refusal(400, "MalformedPolicy", "Policies must be valid JSON and the first byte must be '{'")
        bucket = find_bucket(name)
        # AWS: the versioning of a bucket that replicates cannot be suspended.
        if "versioning" in querystring and b">Suspended<" in self.body and getattr(bucket, "replication", None):
            message = "A replication configuration is present on this bucket, so you cannot change the versioning state."
            return refusal(409, "InvalidBucketState", message)
        # AWS: both ends of a replication are versioned.
        if "replication" in querystring and bucket is not None and not bucket.is_versioned:
            message = "Versioning must be 'Enabled' on the bucket to apply a replication configuration"
            return refusal(400, "InvalidRequest", message)
        if "replication" in querystring:
            for rule in as_list(xmltodict.parse(self.body)["ReplicationConfiguration"]["Rule"]):
                destination = find_bucket(rule["Destination"]["Bucket"].split(":::")[-1])
                if destination is not None and not destination.is_versioned:
                    return refusal(400, "InvalidRequest", "Destination bucket must have versioning enabled.")
        if any(one in querystring for one in subresources):
            answer = original(self, request, name, querystring)
            if "replication" in querystring and bucket is not None:
                bucket.replication_as_put = self.body
            if "logging" in querystring and bucket is not None:
                bucket.logging_as_put = self.body
            if "lifecycle" in querystring:
                find_bucket(name).lifecycle_as_put = self.body
            return answer
        existed = find_bucket(name) is not None
        answer = original(self, request, name, querystring)
        bucket = find_bucket(name)
        if existed or bucket is None:
            return answer
        # AWS: new buckets get the tags of the request,
        configuration = xmltodict.parse(self.body).get("CreateBucketConfiguration") if self.body else None
        tags = ((configuration or {}).get("Tags") or {}).get("Tag") or []
        tags = tags if isinstance(tags, list) else [tags]
        if tags:
            self.backend.put_bucket_tagging(name, {tag["Key"]: tag.get("Value") or "" for tag in tags})
        # and are private, encrypted, without ACLs (since April 2023) and without SSE-C (since April 2026).
        bucket.encryption = {
            "Rule": {
                "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
                "BlockedEncryptionTypes": {"EncryptionType": "SSE-C"},
            }
        }
        bucket.public_access_block = PublicAccessBlock("true", "true", "true", "true")
        bucket.ownership_rule = bucket.ownership_rule or "BucketOwnerEnforced"
        return answer

    original_put = S3Response._bucket_response_put

    def _bucket_response_put(self, request, bucket_name, querystring):
        return put(self, request, bucket_name, querystring, original_put)

    S3Response._bucket_response_put = _bucket_response_put

    original_response = S3Response._bucket_response

    def _bucket_response(self, request, full_url):
        name = self.parse_bucket_name_from_url(request, full_url)
        bucket = find_bucket(name) if name else None
        creating = request.method == "PUT" and not any(one in self._get_querystring(request, full_url) for one in subresources)
        if bucket is not None and not creating:
            # AWS: a bucket of another owner than the expected one is refused.
            expected = request.headers.get("x-amz-expected-bucket-owner")
            if expected and expected != bucket.account_id:
                return refusal(403, "AccessDenied", "Access Denied")
            # AWS: a bucket is reached in its own region.
            if bucket.region_name != self.region and request.headers.get("Authorization"):
                message = "The bucket you are attempting to access must be addressed using the specified endpoint."
                headers = {"x-amz-bucket-region": bucket.region_name}
                return refusal(301, "PermanentRedirect", message, headers)
        return original_response(self, request, full_url)

    S3Response._bucket_response = _bucket_response

    # AWS: GetBucketEncryption tells which encryption types are blocked.
    original_serialized = S3Response.serialized

    def get_bucket_encryption(self):
        rule = (self.backend.get_bucket_encryption(self.bucket_name) or {}).get("Rule") or {}
        blocked = (rule.get("BlockedEncryptionTypes") or {}).get("EncryptionType") or []
        blocked = blocked if isinstance(blocked, list) else [blocked]

        def with_blocked(result):
            if blocked:
                configuration = result.result["ServerSideEncryptionConfiguration"]
                configuration["Rules"][0]["BlockedEncryptionTypes"] = {"EncryptionType": blocked}
            return original_serialized(self, result)

        self.serialized = with_blocked
        try:
            return original_encryption(self)
        finally:
            del self.serialized

    original_encryption = S3Response.get_bucket_encryption
    S3Response.get_bucket_encryption = get_bucket_encryption

    # AWS: GetBucketLifecycleConfiguration gives back everything that was put.
    original_lifecycle = S3Response.get_bucket_lifecycle

    def get_bucket_lifecycle(self):
        bucket = self.backend.get_bucket(self.bucket_name)
        text = getattr(bucket, "lifecycle_as_put", None)
        rules = (xmltodict.parse(text).get("LifecycleConfiguration") or {}).get("Rule") if text else None
        rules = rules if isinstance(rules, list) else [rules]
        if not bucket.rules or not all(rule and rule.get("ID") for rule in rules):
            return original_lifecycle(self)
        return 200, {"Content-Type": "application/xml"}, text

    S3Response.get_bucket_lifecycle = get_bucket_lifecycle


def mend_policies():
    """AWS: a statement applies only if its condition holds, and requests here stand for ones that come through HTTPS."""
    import copy
    import json

    from moto.iam.access_control import PermissionResult
    from moto.s3.models import FakeBucket

    original = FakeBucket.get_permission

    def get_permission(self, action, resource):
        if not self.policy:
            return original(self, action, resource)
        policy = json.loads(self.policy)
        statements = policy.get("Statement", [])
        statements = statements if isinstance(statements, list) else [statements]
        policy["Statement"] = [statement for statement in statements if not is_for_http_only(statement)]
        if not policy["Statement"]:
            return PermissionResult.NEUTRAL
        # Other requests read the bucket meanwhile.
        bucket = copy.copy(self)
        bucket.policy = json.dumps(policy).encode()
        return original(bucket, action, resource)

    FakeBucket.get_permission = get_permission


def is_for_http_only(statement):
    bools = statement.get("Condition", {}).get("Bool", {})
    values = [value for key, value in bools.items() if key.lower() == "aws:securetransport"]
    return bool(values) and str(values[0][0] if isinstance(values[0], list) else values[0]).lower() == "false"


def mend_logging():
    """AWS: the target's policy may have any statements, and an empty BucketLoggingStatus ends the logging."""
    import copy
    import json

    import xmltodict
    from moto.s3.models import FakeBucket
    from moto.s3.responses import S3Response

    original_permissions = FakeBucket._log_permissions_enabled_policy

    def _log_permissions_enabled_policy(target_bucket, target_prefix):
        if target_bucket.policy:
            policy = json.loads(target_bucket.policy)
            statements = policy.get("Statement", [])
            statements = statements if isinstance(statements, list) else [statements]
            policy["Statement"] = [one for one in statements if isinstance(one.get("Principal"), dict)]
            target_bucket = copy.copy(target_bucket)
            target_bucket.policy = json.dumps(policy).encode()
        return original_permissions(target_bucket=target_bucket, target_prefix=target_prefix)

    FakeBucket._log_permissions_enabled_policy = staticmethod(_log_permissions_enabled_policy)

    original_body = S3Response._logging_from_body

    def _logging_from_body(self):
        status = xmltodict.parse(self.body).get("BucketLoggingStatus")
        return original_body(self) if status and status.get("LoggingEnabled") else {}

    S3Response._logging_from_body = _logging_from_body


    # AWS: GetBucketLogging gives back everything that was put.
    original_get = S3Response.get_bucket_logging

    def get_bucket_logging(self):
        bucket = self.backend.get_bucket(self.bucket_name)
        text = getattr(bucket, "logging_as_put", None)
        if not bucket.logging or text is None:
            return original_get(self)
        return 200, {"Content-Type": "application/xml"}, text

    S3Response.get_bucket_logging = get_bucket_logging


def mend_replication():
    """AWS: GetBucketReplication gives back everything that was put, and what is put into the bucket is copied.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html"""
    import xmltodict
    from moto.s3.models import FakeKey, s3_backends
    from moto.s3.responses import S3Response

    original_get = S3Response.get_bucket_replication

    def get_bucket_replication(self):
        bucket = self.backend.get_bucket(self.bucket_name)
        if not getattr(bucket, "replication", None):
            return original_get(self)
        return 200, {"Content-Type": "application/xml"}, bucket.replication_as_put

    S3Response.get_bucket_replication = get_bucket_replication

    def covers(rule, key, tags):
        condition = rule.get("Filter") or {}
        condition = condition.get("And") or condition
        wanted = as_list(condition.get("Tag") or [])
        prefix = condition.get("Prefix") or rule.get("Prefix") or ""
        criteria = (rule.get("SourceSelectionCriteria") or {}).get("SseKmsEncryptedObjects") or {}
        return (
            rule["Status"] == "Enabled"
            and key.name.startswith(prefix)
            and all(tags.get(tag["Key"]) == (tag.get("Value") or "") for tag in wanted)
            and (key.encryption != "aws:kms" or criteria.get("Status") == "Enabled")
        )

    def replicate(bucket, key, tags):
        for rule in as_list(xmltodict.parse(bucket.replication_as_put)["ReplicationConfiguration"]["Rule"]):
            if not covers(rule, key, tags):
                continue
            to = rule["Destination"]
            destination = find_bucket(to["Bucket"].split(":::")[-1])
            if destination is None or not destination.is_versioned:
                key.replication_status = "FAILED"
                continue
            replica_key = (to.get("EncryptionConfiguration") or {}).get("ReplicaKmsKeyID")
            copy = s3_backends[destination.account_id][destination.partition].put_object(
                destination.name,
                key.name,
                key.value,
                storage=to.get("StorageClass") or key.storage_class,
                encryption=key.encryption,
                kms_key_id=replica_key if key.encryption == "aws:kms" else None,
            )
            copy.set_metadata(key.metadata)
            copy.replication_status = "REPLICA"
            key.replication_status = getattr(key, "replication_status", "COMPLETED")

    original_put = S3Response.put_object

    def put_object(self):
        answer = original_put(self)
        bucket = self.backend.get_bucket(self.bucket_name)
        if getattr(bucket, "replication", None) and bucket.is_versioned:
            key = self.backend.get_object(self.bucket_name, self.parse_key_name())
            if key is not None:
                replicate(bucket, key, self.backend.tagger.get_tag_dict_for_resource(key.arn))
        return answer

    S3Response.put_object = put_object

    original_response = FakeKey.response_dict.fget

    def response_dict(self):
        headers = original_response(self)
        if hasattr(self, "replication_status"):
            headers["x-amz-replication-status"] = self.replication_status
        return headers

    FakeKey.response_dict = property(response_dict)


def mend_list_buckets():
    """AWS: ListBuckets tells each bucket's region."""
    from moto.s3.responses import S3Response

    original = S3Response.all_buckets
    original_serialized = S3Response.serialized

    def all_buckets(self):
        def with_regions(result):
            for one in result.result["Buckets"]:
                bucket = find_bucket(one["Name"])
                if bucket is not None:
                    one["BucketRegion"] = bucket.region_name
            return original_serialized(self, result)

        self.serialized = with_regions
        try:
            return original(self)
        finally:
            del self.serialized

    S3Response.all_buckets = all_buckets


def mend_delete_markers():
    """AWS: GetObject of an object whose current version is a delete marker answers 404 with x-amz-delete-marker."""
    from moto.core.responses import ActionResult
    from moto.s3.exceptions import MissingKey
    from moto.s3.models import FakeDeleteMarker
    from moto.s3.responses import S3Response

    original = S3Response.get_object

    def get_object(self):
        try:
            return original(self)
        except MissingKey as error:
            key = self.backend.get_object(self.bucket_name, self.parse_key_name(), return_delete_marker=True)
            if not isinstance(key, FakeDeleteMarker):
                raise
            status, headers, body = self.serialized(ActionResult(error))
            return status, {**headers, "x-amz-delete-marker": "true", "x-amz-version-id": key.version_id}, body

    S3Response.get_object = get_object
