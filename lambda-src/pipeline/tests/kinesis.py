"""Events of Kinesis, as Lambda delivers them."""

import base64
import json

STREAM_ARN = "arn:aws:kinesis:us-east-1:123456789012:stream/events"
SHARD = "shardId-000000000000"
FIRST = 49590338271490256608559692538361571095921575989136588898
VALID = {"id": "order-1", "type": "order.placed", "occurred_at": "2026-03-01T12:00:00Z", "payload": {"total": 12.5}}


def record(data, number=0, shard=SHARD, partition_key="person@example.com"):
    """A record with bytes, a text or a value of JSON."""
    if not isinstance(data, (bytes, str)):
        data = json.dumps(data)
    if isinstance(data, str):
        data = data.encode("utf-8")
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": partition_key,
            "sequenceNumber": str(FIRST + number),
            "data": base64.b64encode(data).decode("ascii"),
            "approximateArrivalTimestamp": 1772366400.125 + number,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard}:{FIRST + number}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::123456789012:role/pipeline",
        "awsRegion": "us-east-1",
        "eventSourceARN": STREAM_ARN,
    }


def valid(number=0, **changes):
    """A valid record."""
    return record({**VALID, "id": f"order-{number}", **changes}, number)
