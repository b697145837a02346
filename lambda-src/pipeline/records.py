"""Kinesis records, as Lambda hands them over."""

from dataclasses import dataclass
from datetime import datetime, timezone


@dataclass(frozen=True)
class Record:
    """A record of a stream, not yet looked into."""

    stream: str
    shard: str
    sequence_number: str
    partition_key: str
    arrived_at: datetime
    data: str
    """Base64, as it came."""

    @classmethod
    def from_event(cls, record):
        """Reads one of an event's `Records`.

        What is wrong here is wrong with the trigger, not with the data, so it fails the invocation.
        https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
        """
        try:
            kinesis = record["kinesis"]
            shard, _, _ = record["eventID"].partition(":")
            return cls(
                stream=record["eventSourceARN"].rpartition("/")[2],
                shard=shard,
                sequence_number=kinesis["sequenceNumber"],
                partition_key=kinesis["partitionKey"],
                arrived_at=datetime.fromtimestamp(kinesis["approximateArrivalTimestamp"], timezone.utc),
                data=kinesis["data"],
            )
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"expected a record of Kinesis: {type(error).__name__}: {error}") from None

    @property
    def sequence(self):
        """The sequence number as a text that sorts as the number does: with its number of digits before it.

        It has up to 129 digits, so DynamoDB's numbers (38 digits) cannot hold it. It grows within a shard, and also from
        a shard to those that it is split or merged into.
        """
        return f"{len(self.sequence_number):03d}-{self.sequence_number}"

    def to_json(self):
        """All that there is to know about it."""
        return {
            "arrived_at": self.arrived_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "data": self.data,
            "partition_key": self.partition_key,
            "sequence_number": self.sequence_number,
            "shard": self.shard,
            "stream": self.stream,
        }
