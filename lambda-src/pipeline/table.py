"""The events' table: one item for each event id.

    id                  S   the event's id (the table's hash key)
    type                S
    occurred_at         S   RFC 3339 in UTC
    payload             S   JSON
    stream, shard       S   where it came from
    sequence            S   number of digits, "-", Kinesis sequence number
    signature           S   HMAC-SHA256 in hexadecimal
    signature_version   S   the version of the secret that it was made with
"""

from aws import AwsError


class Table:
    """Writes events so that doing it again changes nothing."""

    def __init__(self, aws, name):
        self._aws = aws
        self._name = name

    def put(self, event, record, signature, signature_version):
        """Writes an event, unless it is there from this record or a newer one. True if anything changed."""
        item = {
            "id": event.id,
            "type": event.type,
            "occurred_at": event.occurred_at,
            "payload": event.payload,
            "stream": record.stream,
            "shard": record.shard,
            "sequence": record.sequence,
            "signature": signature,
            "signature_version": signature_version,
        }
        try:
            self._aws.call(
                "dynamodb",
                "put_item",
                TableName=self._name,
                Item={name: {"S": value} for name, value in item.items()},
                ConditionExpression="attribute_not_exists(id) OR #sequence < :sequence",
                ExpressionAttributeNames={"#sequence": "sequence"},
                ExpressionAttributeValues={":sequence": {"S": record.sequence}},
            )
        except AwsError as error:
            if error.code == "ConditionalCheckFailedException":
                return False
            raise
        return True
