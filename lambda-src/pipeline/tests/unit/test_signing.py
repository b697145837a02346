import hashlib
import hmac
import io
import unittest

from aws import AwsError
from events import parse
from log import Log
from records import Record
from signing import FRESH_SECONDS, RETRY_SECONDS, STALE_SECONDS, SecretError, Signer
from tests.kinesis import FIRST, valid
from tests.unit.fakes import FakeAws


class Signing(unittest.TestCase):
    def setUp(self):
        self.aws = FakeAws()
        self.now = 1000.0
        self.output = io.StringIO()
        self.signer = Signer(self.aws, "arn", Log("DEBUG", self.output), clock=lambda: self.now)
        self.record = Record.from_event(valid(0))
        self.event = parse(self.record.data)

    def sign(self):
        return self.signer.sign(self.event, self.record)

    def test_the_signature_is_what_its_description_says(self):
        text = (
            '["order-0","order.placed","2026-03-01T12:00:00.000000Z",'
            + '"{\\"total\\":12.5}","056-%d"]' % FIRST
        )
        expected = hmac.new(self.aws.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        self.assertEqual(self.sign(), (expected, "v1"))

    def test_a_json_secret_names_its_key(self):
        plain, _ = self.sign()
        self.aws.secret = '{"signing_key": "a key of many characters", "other": 1}'
        self.now += FRESH_SECONDS
        self.assertEqual(self.sign()[0], plain)

    def test_it_is_asked_for_once_in_a_while_and_a_rotation_is_noticed(self):
        first = self.sign()
        self.aws.secret, self.aws.version = "another key of many characters", "v2"
        self.now += FRESH_SECONDS - 1
        self.assertEqual(self.sign(), first)
        self.assertEqual(self.aws.calls, ["get_secret_value"])
        self.now += 1
        self.assertEqual(self.sign()[1], "v2")
        self.assertNotEqual(self.sign()[0], first[0])
        self.assertEqual(len(self.aws.calls), 2)

    def test_an_outage_is_bridged_with_the_known_value(self):
        first = self.sign()
        self.aws.fail("get_secret_value", "InternalServiceError", 500, times=1000)
        self.now += FRESH_SECONDS
        self.assertEqual(self.sign(), first)
        self.assertEqual(self.sign(), first)
        self.assertEqual(len(self.aws.calls), 2, "asked again at once")
        self.assertIn("secret not refreshed", self.output.getvalue())
        self.now += RETRY_SECONDS
        self.assertEqual(self.sign(), first)
        self.assertEqual(len(self.aws.calls), 3)
        self.now += STALE_SECONDS
        with self.assertRaises(AwsError):
            self.sign()

    def test_a_first_failure_is_not_remembered(self):
        self.aws.fail("get_secret_value", "ThrottlingException")
        with self.assertRaises(AwsError):
            self.sign()
        self.assertEqual(self.sign()[1], "v1")

    def test_values_of_no_use(self):
        for secret in ("short", "", None, '{"password": "a key of many characters"}', '{"signing_key": 1}'):
            with self.subTest(secret=secret):
                self.aws.secret = secret
                with self.assertRaises(SecretError) as caught:
                    self.sign()
                self.assertNotIn("many characters", str(caught.exception))


if __name__ == "__main__":
    unittest.main()
