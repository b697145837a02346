import base64
import gzip
import io
import json
import unittest

from batch import Pipeline
from log import Log
from settings import Settings
from tests.kinesis import FIRST, SHARD, STREAM_ARN, VALID, record, valid
from tests.unit.fakes import FakeAws

SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:signing-AbCdEf"
DAY = f"events/{SHARD}/2026/03/01"


class Batch(unittest.TestCase):
    def setUp(self):
        self.aws = FakeAws()
        self.output = io.StringIO()
        self.log = Log("DEBUG", self.output)
        self.pipeline = Pipeline(Settings("events", "bucket", SECRET, "DEBUG"), self.aws, self.log)

    def process(self, *records, remaining=None):
        """The numbers of those that are to come again."""
        answer = self.pipeline.process(list(records), remaining, self.log)
        self.assertEqual(list(answer), ["batchItemFailures"])
        return [int(failure["itemIdentifier"]) - FIRST for failure in answer["batchItemFailures"]]

    def lines(self):
        return [json.loads(line) for line in self.output.getvalue().splitlines()]

    def test_events_become_items_and_the_batch_is_kept(self):
        self.assertEqual(self.process(valid(0), valid(1)), [])
        self.assertEqual(sorted(self.aws.items), ["order-0", "order-1"])
        item = {name: value["S"] for name, value in self.aws.items["order-1"].items()}
        signature = item.pop("signature")
        self.assertRegex(signature, "^[0-9a-f]{64}$")
        self.assertEqual(
            item,
            {
                "id": "order-1",
                "type": "order.placed",
                "occurred_at": "2026-03-01T12:00:00.000000Z",
                "payload": '{"total":12.5}',
                "stream": "events",
                "shard": SHARD,
                "sequence": f"056-{FIRST + 1}",
                "signature_version": "v1",
            },
        )
        (key,) = self.aws.objects
        self.assertEqual(key, f"raw/{DAY}/{FIRST}-{FIRST + 1}.jsonl.gz")
        kept = [json.loads(line) for line in gzip.decompress(self.aws.objects[key]).splitlines()]
        self.assertEqual([line["sequence_number"] for line in kept], [str(FIRST), str(FIRST + 1)])
        self.assertEqual(kept[0]["arrived_at"], "2026-03-01T12:00:00.125Z")
        self.assertEqual(json.loads(base64.b64decode(kept[1]["data"])), {**VALID, "id": "order-1"})

    def test_what_verifies_the_stream_is_passed_over(self):
        verification = record({"provision_verify": "0190"}, 1, partition_key="provision-verify")
        self.assertEqual(self.process(verification), [])
        self.assertEqual((self.aws.items, self.aws.objects), ({}, {}))
        summary = self.lines()[-1]
        self.assertEqual((summary["received"], summary["verifications"], summary["rejected"]), (1, 1, 0))
        self.assertEqual(summary["stream"], "events")
        # In between others it changes nothing for them, failures included.
        self.aws.fail("put_item", "InternalServerError", 500, when=lambda p: p["Item"]["id"]["S"] == "order-2")
        self.assertEqual(self.process(valid(0), verification, valid(2), valid(3)), [2, 3])
        self.assertEqual(list(self.aws.items), ["order-0"])
        (kept,) = self.aws.objects.values()
        self.assertEqual(len(gzip.decompress(kept).splitlines()), 3)

    def test_nothing_else_passes_for_a_verification(self):
        for data, partition_key in [
            ({"provision_verify": "0190"}, "person@example.com"),
            ({"provision_verify": "0190", "id": "order-1"}, "provision-verify"),
            ({}, "provision-verify"),
            ("provision_verify", "provision-verify"),
            (b"\xff", "provision-verify"),
        ]:
            self.process(record(data, partition_key=partition_key))
            summary = self.lines()[-1]
            self.assertEqual((summary["verifications"], summary["rejected"]), (0, 1), data)
        # An event is one, whatever its partition key.
        self.process(record(VALID, 7, partition_key="provision-verify"))
        self.assertEqual(list(self.aws.items), ["order-1"])

    def test_a_second_delivery_changes_nothing(self):
        batch = [valid(0), record("poison", 1), valid(2)]
        self.process(*batch)
        before = dict(self.aws.items), dict(self.aws.objects)
        self.aws.version = "v2"
        self.assertEqual(self.process(*batch), [])
        self.assertEqual((self.aws.items, self.aws.objects), before)
        summary = self.lines()[-1]
        self.assertEqual((summary["written"], summary["unchanged"], summary["rejected"]), (0, 2, 1))

    def test_a_newer_record_replaces_an_older_one_but_not_the_other_way_round(self):
        new, old = record({**VALID, "payload": {"n": 2}}, 9), record({**VALID, "payload": {"n": 1}}, 3)
        self.process(new)
        self.process(old)
        self.assertEqual(self.aws.items["order-1"]["payload"]["S"], '{"n":2}')
        self.process(record({**VALID, "payload": {"n": 3}}, 10))
        self.assertEqual(self.aws.items["order-1"]["payload"]["S"], '{"n":3}')

    def test_sequence_numbers_are_compared_as_numbers(self):
        # As texts, 9… would be greater than 1….
        shorter, longer = valid(0), valid(0, payload={"n": 2})
        shorter["kinesis"]["sequenceNumber"], longer["kinesis"]["sequenceNumber"] = "9" * 55, "1" * 56
        self.process(shorter)
        self.process(longer)
        self.assertEqual(self.aws.items["order-0"]["payload"]["S"], '{"n":2}')

    def test_poison_is_kept_aside_and_does_not_block_the_rest(self):
        self.assertEqual(self.process(valid(0), record(b"\xff", 1), valid(2)), [])
        self.assertEqual(sorted(self.aws.items), ["order-0", "order-2"])
        rejected = json.loads(self.aws.objects[f"rejected/{DAY}/{FIRST + 1}.json"])
        self.assertEqual((rejected["code"], rejected["reason"]), ("not_utf8", "the record is not UTF-8"))
        self.assertEqual(base64.b64decode(rejected["data"]), b"\xff")

    def test_a_failure_reports_that_record_and_all_after_it(self):
        throttled = lambda parameters: parameters["Item"]["id"]["S"] == "order-1"
        self.aws.fail("put_item", "ProvisionedThroughputExceededException", when=throttled)
        batch = [valid(0), valid(1), record("poison", 2), valid(3)]
        self.assertEqual(self.process(*batch), [1, 2, 3])
        self.assertEqual(sorted(self.aws.items), ["order-0"])
        # Lambda delivers the rest again.
        self.assertEqual(self.process(*batch[1:]), [])
        self.assertEqual(sorted(self.aws.items), ["order-0", "order-1", "order-3"])
        self.assertIn(f"raw/{DAY}/{FIRST + 1}-{FIRST + 3}.jsonl.gz", self.aws.objects)

    def test_nothing_is_decided_about_a_batch_that_was_not_kept(self):
        self.aws.fail("put_object", "SlowDown", 503)
        self.assertEqual(self.process(valid(0), record("poison", 1)), [0, 1])
        self.assertEqual((self.aws.items, self.aws.objects), ({}, {}))
        self.assertEqual(self.process(valid(0), record("poison", 1)), [])

    def test_poison_that_cannot_be_kept_aside_comes_again(self):
        self.aws.fail("put_object", "InternalError", 500, when=lambda it: it["Key"].startswith("rejected/"))
        self.assertEqual(self.process(valid(0), record("poison", 1), valid(2)), [1, 2])

    def test_a_missing_permission_drops_no_data(self):
        self.aws.fail("put_item", "AccessDeniedException", 400)
        self.assertEqual(self.process(valid(0)), [0])
        (line,) = [line for line in self.lines() if line["level"] == "ERROR"]
        self.assertEqual((line["code"], line["transient"]), ("AccessDeniedException", False))

    def test_without_the_secret_events_come_again_but_poison_does_not(self):
        self.aws.fail("get_secret_value", "InternalServiceError", 500)
        self.assertEqual(self.process(record("poison", 0), valid(1)), [1])
        self.aws.secret = "short"
        self.assertEqual(self.process(valid(1)), [1])
        self.assertNotIn('"short"', self.output.getvalue())

    def test_what_there_is_no_time_for_is_handed_back(self):
        left = iter([30_000, 2_001, 1_999])
        self.assertEqual(self.process(valid(0), valid(1), valid(2), valid(3), remaining=lambda: next(left)), [2, 3])
        self.assertEqual(sorted(self.aws.items), ["order-0", "order-1"])

    def test_shards_are_kept_apart(self):
        other = valid(1)
        other["eventID"] = f"shardId-000000000001:{FIRST + 1}"
        self.process(valid(0), other)
        self.assertEqual(len(self.aws.objects), 2)

    def test_an_empty_batch(self):
        self.assertEqual(self.process(), [])
        self.assertEqual(self.aws.calls, [])

    def test_what_is_no_record_of_kinesis_fails_the_invocation(self):
        for event in ({}, {"eventSource": "aws:sqs", "body": "x"}, None, {"eventID": "a:1", "kinesis": {}}):
            with self.assertRaisesRegex(ValueError, "expected a record of Kinesis"):
                self.process(event)

    def test_logs_are_json_and_hold_no_data(self):
        self.process(valid(0, payload={"card": "4111-1111"}), record({**VALID, "id": "4111 1111"}, 1))
        lines = self.lines()
        self.assertEqual([line["message"] for line in lines], ["record written", "record rejected", "batch"])
        summary = lines[-1]
        self.assertEqual((summary["received"], summary["written"], summary["rejected"], summary["failed"]), (2, 1, 1, 0))
        for metric in summary["_aws"]["CloudWatchMetrics"][0]["Metrics"]:
            self.assertIsInstance(summary[metric["Name"]], int)
        output = self.output.getvalue()
        for data in ("4111", "person@example.com", self.aws.secret):
            self.assertNotIn(data, output)
        self.assertEqual(summary["stream"], STREAM_ARN.rpartition("/")[2])


if __name__ == "__main__":
    unittest.main()
