import json
import os
import subprocess
import sys
import unittest

from settings import ConfigurationError, Settings

GOOD = {
    "TABLE_NAME": "acme-dev-records",
    "BUCKET_NAME": "acme-dev-data-123456789012",
    "SECRET_ARN": "arn:aws:secretsmanager:us-east-1:123456789012:secret:signing-AbCdEf",
}


def invoke(event, environment):
    """Starts the function as Lambda does, in a process of its own, without a way to AWS."""
    script = "import json, sys, handler; print(json.dumps(handler.handler(json.loads(sys.argv[1]), None)))"
    return subprocess.run(
        [sys.executable, "-c", script, json.dumps(event)],
        env={"PATH": os.environ.get("PATH", ""), "PYTHONDONTWRITEBYTECODE": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


class Configuration(unittest.TestCase):
    def test_the_defaults(self):
        settings = Settings.from_environment(GOOD)
        self.assertEqual((settings.table_name, settings.log_level), ("acme-dev-records", "INFO"))

    def test_everything_that_is_wrong_is_said_at_once(self):
        wrong = {"BUCKET_NAME": "Bucket", "SECRET_ARN": "signing", "LOG_LEVEL": "loud"}
        with self.assertRaises(ConfigurationError) as caught:
            Settings.from_environment(wrong)
        self.assertEqual(
            str(caught.exception),
            "the function's environment variables are wrong: "
            "TABLE_NAME is not set; it must be the name of a DynamoDB table; "
            "BUCKET_NAME is 'Bucket', which is not the name of an S3 bucket; "
            "SECRET_ARN is 'signing', which is not the ARN of a secret in Secrets Manager; "
            "LOG_LEVEL is 'loud', which is not one of DEBUG, INFO, WARNING, ERROR",
        )


class Handler(unittest.TestCase):
    def test_a_check_is_answered_from_the_configuration(self):
        result = invoke({"check": True}, GOOD)
        self.assertEqual(result.returncode, 0, result.stderr)
        answer = json.loads(result.stdout)
        self.assertEqual((answer["ok"], answer["table"], answer["bucket"]), (True, GOOD["TABLE_NAME"], GOOD["BUCKET_NAME"]))

    def test_a_wrong_configuration_fails_the_start(self):
        result = invoke({"check": True}, {})
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("ConfigurationError: the function's environment variables are wrong: TABLE_NAME", result.stderr)

    def test_anything_else_is_refused(self):
        for event in ({}, [], {"check": False}, {"Records": {}}):
            result = invoke(event, GOOD)
            self.assertIn("ValueError: expected an event of Kinesis", result.stderr, event)

    def test_an_empty_batch_is_answered(self):
        result = invoke({"Records": []}, GOOD)
        self.assertEqual(json.loads(result.stdout.splitlines()[-1]), {"batchItemFailures": []})
        self.assertEqual(json.loads(result.stdout.splitlines()[0])["message"], "batch")


if __name__ == "__main__":
    unittest.main()
