"""The way to AWS: one client for each service, made when it is first needed and kept between invocations.

botocore is used as it is, without boto3 on top: both are part of Lambda's runtime, and the clients are the same. It is
imported late, so that everything else runs on any Python, without packages.
"""

import os

# Errors that go away by themselves, beside everything with a status of 5xx.
# https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
_TRANSIENT = {
    "ConditionalRequestConflict",
    "LimitExceededException",
    "OperationAborted",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestTimeout",
    "RequestTimeoutException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
}


class AwsError(Exception):
    """A call that failed, after the SDK's own retries. Without AWS's message, which may quote what was sent."""

    def __init__(self, action, code, status=None, request_id=None):
        super().__init__(f"{action} failed: {code}")
        self.action = action
        self.code = code
        self.request_id = request_id
        # Without an answer (a timeout, a connection that broke) there is no status.
        self.transient = code in _TRANSIENT or status is None or status >= 500

    def fields(self):
        """For a log line."""
        return {
            "action": self.action,
            "code": self.code,
            "aws_request_id": self.request_id,
            "transient": self.transient,
        }


class Aws:
    """Calls AWS, in the region and at the endpoint that the environment names."""

    def __init__(self):
        self._clients = {}

    def call(self, service, operation, **parameters):
        """Calls an operation, named as in the SDK: `call("s3", "put_object", Bucket=…)`."""
        from botocore.exceptions import BotoCoreError, ClientError

        action = f"{service}:{''.join(part.title() for part in operation.split('_'))}"
        try:
            return getattr(self.client(service), operation)(**parameters)
        except ClientError as error:
            metadata = error.response.get("ResponseMetadata", {})
            code = error.response.get("Error", {}).get("Code", "Unknown")
            raise AwsError(action, code, metadata.get("HTTPStatusCode", 400), metadata.get("RequestId")) from None
        except BotoCoreError as error:
            raise AwsError(action, type(error).__name__) from None

    def client(self, service):
        """The client of a service."""
        if service not in self._clients:
            from botocore.config import Config
            from botocore.session import get_session

            # A custom endpoint has no host name for each bucket.
            local = "AWS_ENDPOINT_URL" in os.environ or "AWS_ENDPOINT_URL_S3" in os.environ
            config = Config(
                connect_timeout=3,
                read_timeout=10,
                retries={"mode": "standard", "total_max_attempts": 3},
                s3={"addressing_style": "path"} if local else None,
            )
            self._clients[service] = get_session().create_client(service, config=config)
        return self._clients[service]
