"""The pipeline's Lambda function: Kinesis records become items in DynamoDB, with the raw batches kept in S3.

Lambda calls `handler` with a batch of records of one shard and expects the list of those that are to come again
(`ReportBatchItemFailures`, https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html).
Invoked directly with `{"check": true}`, it answers whether it is configured, and touches nothing.
"""

import os
import platform

from aws import Aws
from batch import Pipeline
from log import Log
from settings import Settings

# Read when the function starts, so that a wrong configuration fails at once and says so, not at the first record.
SETTINGS = Settings.from_environment(os.environ)
LOG = Log(SETTINGS.log_level)
PIPELINE = Pipeline(SETTINGS, Aws(), LOG)


def handler(event, context):
    """Answers one invocation."""
    if isinstance(event, dict) and event.get("check") is True:
        return {
            "ok": True,
            "table": SETTINGS.table_name,
            "bucket": SETTINGS.bucket_name,
            "python": platform.python_version(),
        }
    records = event.get("Records") if isinstance(event, dict) else None
    if not isinstance(records, list):
        raise ValueError('expected an event of Kinesis with "Records", or {"check": true}')
    log = LOG.bind(request_id=getattr(context, "aws_request_id", None))
    return PIPELINE.process(records, getattr(context, "get_remaining_time_in_millis", None), log)
