"""What is kept in S3, under names that the records themselves determine: a second delivery finds it there already.

    raw/<stream>/<shard>/<yyyy>/<mm>/<dd>/<first sequence>-<last sequence>.jsonl.gz     every batch, as it came
    rejected/<stream>/<shard>/<yyyy>/<mm>/<dd>/<sequence>.json                          a record that is no event, and why

The day is that of the (first) record's arrival, in UTC. Encryption is the bucket's own default (SSE-KMS). After a partial
failure the rest of a batch comes again and is kept again, under its own name: readers of `raw/` tell records apart by
their sequence numbers.
"""

import gzip
import json

from aws import AwsError


class Archive:
    """Writes to the bucket, once."""

    def __init__(self, aws, bucket):
        self._aws = aws
        self._bucket = bucket

    def keep_raw(self, records):
        """Keeps records of one shard. True if they were not there yet."""
        first, last = records[0], records[-1]
        lines = "".join(_dump(record.to_json()) + "\n" for record in records)
        # Without a time, equal batches are equal bytes.
        content = gzip.compress(lines.encode("utf-8"), mtime=0)
        key = f"raw/{_folder(first)}/{first.sequence_number}-{last.sequence_number}.jsonl.gz"
        return self._put(key, content, ContentType="application/x-ndjson", ContentEncoding="gzip")

    def keep_rejected(self, record, rejected):
        """Keeps a record that is no event. True if it was not there yet."""
        content = _dump({**record.to_json(), "code": rejected.code, "reason": rejected.reason})
        key = f"rejected/{_folder(record)}/{record.sequence_number}.json"
        return self._put(key, content.encode("utf-8"), ContentType="application/json")

    def _put(self, key, body, **headers):
        try:
            # Only if it is not there: the bucket has versions, and a repeated delivery must not add one.
            self._aws.call("s3", "put_object", Bucket=self._bucket, Key=key, Body=body, IfNoneMatch="*", **headers)
        except AwsError as error:
            if error.code in ("PreconditionFailed", "412"):
                return False
            raise
        return True


def _folder(record):
    return f"{record.stream}/{record.shard}/{record.arrived_at:%Y/%m/%d}"


def _dump(value):
    return json.dumps(value, separators=(",", ":"), sort_keys=True)
