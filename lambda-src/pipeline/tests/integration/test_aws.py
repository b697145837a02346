"""How failures of the SDK are told, with answers as AWS gives them."""

import os
import unittest

from botocore.stub import Stubber

from aws import Aws, AwsError


class Calls(unittest.TestCase):
    def setUp(self):
        # Nothing is sent; the SDK only wants to have some.
        for name, value in {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}.items():
            if name not in os.environ:
                os.environ[name] = value
                self.addCleanup(os.environ.pop, name)
        self.aws = Aws()

    def failure(self, service, operation, code, status, parameters):
        client = self.aws.client(service)
        with Stubber(client) as stubber:
            stubber.add_client_error(operation, code, "the message quotes s3cret", http_status_code=status)
            with self.assertRaises(AwsError) as caught:
                self.aws.call(service, operation, **parameters)
        return caught.exception

    def test_action_code_and_whether_it_goes_away(self):
        item = {"TableName": "table", "Item": {"id": {"S": "x"}}}
        for code, status, transient in [
            ("ProvisionedThroughputExceededException", 400, True),
            ("ThrottlingException", 400, True),
            ("InternalServerError", 500, True),
            ("ConditionalCheckFailedException", 400, False),
            ("AccessDeniedException", 400, False),
        ]:
            error = self.failure("dynamodb", "put_item", code, status, item)
            self.assertEqual((error.action, error.code, error.transient), ("dynamodb:PutItem", code, transient))
            self.assertNotIn("s3cret", str(error) + repr(error.fields()))
        self.assertTrue(self.failure("s3", "put_object", "SlowDown", 503, {"Bucket": "bucket", "Key": "k"}).transient)

    def test_no_answer_at_all(self):
        # A port that nobody listens on. Set before the client is made, which is when it is read.
        os.environ["AWS_ENDPOINT_URL_SECRETS_MANAGER"] = "http://127.0.0.1:9"
        self.addCleanup(os.environ.pop, "AWS_ENDPOINT_URL_SECRETS_MANAGER")
        with self.assertRaises(AwsError) as caught:
            self.aws.call("secretsmanager", "get_secret_value", SecretId="x")
        error = caught.exception
        self.assertEqual((error.action, error.code), ("secretsmanager:GetSecretValue", "EndpointConnectionError"))
        self.assertTrue(error.transient)


if __name__ == "__main__":
    unittest.main()
