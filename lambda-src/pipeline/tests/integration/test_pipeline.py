"""The whole function against a local AWS: AWS_ENDPOINT_URL says where, and nothing else is touched."""

import gzip
import json
import os
import sys
import unittest
import uuid
from types import SimpleNamespace
from urllib.parse import urlsplit

from aws import Aws
from tests.kinesis import FIRST, SHARD, VALID, record, valid

CONTEXT = SimpleNamespace(aws_request_id="request-1", get_remaining_time_in_millis=lambda: 30_000)
DAY = f"events/{SHARD}/2026/03/01"


class PipelineOnAws(unittest.TestCase):
    def setUp(self):
        endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
        if urlsplit(endpoint).hostname not in ("127.0.0.1", "localhost"):
            self.fail("AWS_ENDPOINT_URL names no local AWS: this test makes resources")
        self.aws = Aws()
        self.name = f"pipeline-{uuid.uuid4()}"
        key = self.aws.call("kms", "create_key")["KeyMetadata"]["Arn"]
        self.key = key
        self.aws.call("s3", "create_bucket", Bucket=self.name)
        self.aws.call("s3", "put_bucket_versioning", Bucket=self.name, VersioningConfiguration={"Status": "Enabled"})
        default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
        rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]}
        self.aws.call("s3", "put_bucket_encryption", Bucket=self.name, ServerSideEncryptionConfiguration=rules)
        self.aws.call(
            "dynamodb",
            "create_table",
            TableName=self.name,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        secret = self.aws.call("secretsmanager", "create_secret", Name=self.name, SecretString="a key of many characters")
        self.handler = self.start(secret["ARN"])

    def start(self, secret_arn):
        """Starts the function afresh, as for a new environment of Lambda."""
        variables = {"TABLE_NAME": self.name, "BUCKET_NAME": self.name, "SECRET_ARN": secret_arn, "LOG_LEVEL": "ERROR"}
        os.environ.update(variables)
        for name in variables:
            self.addCleanup(os.environ.pop, name, None)
        sys.modules.pop("handler", None)
        import handler

        return handler.handler

    def items(self):
        """The table, by id."""
        found = self.aws.call("dynamodb", "scan", TableName=self.name, ConsistentRead=True)["Items"]
        return {item["id"]["S"]: {name: value["S"] for name, value in item.items()} for item in found}

    def versions(self):
        """All versions of all objects."""
        found = self.aws.call("s3", "list_object_versions", Bucket=self.name).get("Versions", [])
        return sorted((version["Key"], version["VersionId"]) for version in found)

    def read(self, key):
        return self.aws.call("s3", "get_object", Bucket=self.name, Key=key)

    def test_a_batch_with_poison_twice(self):
        batch = {"Records": [valid(0), record(b"{poison", 1), valid(2, payload={"text": "äöü", "deep": [[{}]]})]}
        self.assertEqual(self.handler(batch, CONTEXT), {"batchItemFailures": []})

        items, versions = self.items(), self.versions()
        self.assertEqual(sorted(items), ["order-0", "order-2"])
        self.assertEqual(items["order-2"]["payload"], '{"deep":[[{}]],"text":"äöü"}')
        self.assertEqual(items["order-2"]["sequence"], f"056-{FIRST + 2}")
        raw, rejected = f"raw/{DAY}/{FIRST}-{FIRST + 2}.jsonl.gz", f"rejected/{DAY}/{FIRST + 1}.json"
        self.assertEqual([key for key, _ in versions], [raw, rejected])
        lines = gzip.decompress(self.read(raw)["Body"].read()).splitlines()
        self.assertEqual([json.loads(line)["sequence_number"] for line in lines], [str(FIRST + n) for n in range(3)])
        self.assertEqual(json.loads(self.read(rejected)["Body"].read())["code"], "not_json")

        # The same batch again, once to the same environment and once to a new one.
        self.assertEqual(self.handler(batch, CONTEXT), {"batchItemFailures": []})
        restarted = self.start(os.environ["SECRET_ARN"])
        self.assertEqual(restarted(batch, CONTEXT), {"batchItemFailures": []})
        self.assertEqual(self.items(), items)
        self.assertEqual(self.versions(), versions)

    def test_objects_are_encrypted_by_the_buckets_own_key(self):
        self.handler({"Records": [valid(0)]}, CONTEXT)
        ((key, _),) = self.versions()
        head = self.aws.call("s3", "head_object", Bucket=self.name, Key=key)
        self.assertEqual((head["ServerSideEncryption"], head["SSEKMSKeyId"]), ("aws:kms", self.key))

    def test_a_newer_record_replaces_and_an_older_one_does_not(self):
        for number, total in ((5, 5), (3, 3), (7, 7), (6, 6)):
            self.handler({"Records": [record({**VALID, "payload": {"total": total}}, number)]}, CONTEXT)
        self.assertEqual(self.items()["order-1"]["payload"], '{"total":7}')

    def test_without_a_table_records_come_again_and_are_still_kept(self):
        self.aws.call("dynamodb", "delete_table", TableName=self.name)
        answer = self.handler({"Records": [record("poison", 0), valid(1), valid(2)]}, CONTEXT)
        failures = [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]
        self.assertEqual(failures, [str(FIRST + 1), str(FIRST + 2)])
        keys = [key for key, _ in self.versions()]
        self.assertEqual(keys, [f"raw/{DAY}/{FIRST}-{FIRST + 2}.jsonl.gz", f"rejected/{DAY}/{FIRST}.json"])

    def test_a_secret_that_is_gone(self):
        self.aws.call("secretsmanager", "delete_secret", SecretId=self.name, ForceDeleteWithoutRecovery=True)
        answer = self.handler({"Records": [valid(0)]}, CONTEXT)
        self.assertEqual(answer, {"batchItemFailures": [{"itemIdentifier": str(FIRST)}]})
        self.assertEqual(self.items(), {})


if __name__ == "__main__":
    unittest.main()
