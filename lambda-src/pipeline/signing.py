"""Signing events with the secret, so that a reader of the table can tell what came through the pipeline.

The secret is a text of at least 16 characters, or a JSON object whose `signing_key` is one. The signature is the
HMAC-SHA256 of the JSON array of id, type, occurred_at, payload and sequence (compact, ASCII).
"""

import hashlib
import hmac
import json
import time

from aws import AwsError

# For how long a value is used before Secrets Manager is asked again. A rotation is noticed after this at the latest.
FRESH_SECONDS = 300
# For how long a known value is still used while Secrets Manager does not answer.
STALE_SECONDS = 3600
# How long to wait after a failure, so that an outage there does not slow down every batch here.
RETRY_SECONDS = 30

SHORTEST = 16


class SecretError(Exception):
    """The secret's value is of no use. Never quotes it."""


class Signer:
    """Knows the secret, and when to ask for it again."""

    def __init__(self, aws, secret_arn, log, clock=time.monotonic):
        self._aws = aws
        self._secret_arn = secret_arn
        self._log = log
        self._clock = clock
        self._key = None
        self._version = None
        self._fetched_at = None
        self._ask_at = None

    def refresh(self):
        """Sees that there is a key that is fresh enough. Raises AwsError or SecretError if there is none."""
        now = self._clock()
        if self._key is not None and now < self._ask_at:
            return
        try:
            key, version = self._fetch()
        except (AwsError, SecretError) as error:
            if self._key is None or now - self._fetched_at > STALE_SECONDS:
                self._key = None
                raise
            self._ask_at = now + RETRY_SECONDS
            fields = error.fields() if isinstance(error, AwsError) else {"code": str(error)}
            self._log.warning("secret not refreshed", age_seconds=round(now - self._fetched_at), **fields)
            return
        self._key, self._version = key, version
        self._fetched_at, self._ask_at = now, now + FRESH_SECONDS

    def sign(self, event, record):
        """The signature of an event, and the version of the secret that it was made with."""
        self.refresh()
        parts = [event.id, event.type, event.occurred_at, event.payload, record.sequence]
        text = json.dumps(parts, separators=(",", ":")).encode("ascii")
        return hmac.new(self._key, text, hashlib.sha256).hexdigest(), self._version

    def _fetch(self):
        answer = self._aws.call("secretsmanager", "get_secret_value", SecretId=self._secret_arn)
        return _key(answer.get("SecretString")), answer.get("VersionId", "")


def _key(text):
    if not isinstance(text, str):
        raise SecretError("the secret is binary; it must be a text")
    try:
        value = json.loads(text)
    except (RecursionError, ValueError):
        value = None
    if isinstance(value, dict):
        text = value.get("signing_key")
        if not isinstance(text, str):
            raise SecretError("the secret is a JSON object without a text `signing_key`")
    if len(text) < SHORTEST:
        raise SecretError(f"the secret's key is shorter than {SHORTEST} characters")
    return text.encode("utf-8")
