"""Where moto's Kinesis differs from what AWS documents, and what is done about it here.

- GAPS lists every known difference: [the AWS API, what moto does instead, "mended" or "open"]. It is read by Rust
  too (`provision sandbox status` prints it): write it as JSON, so lists, double quotes, no trailing comma, and
  the closing bracket alone at the start of a line.
- apply() is called once, before the server starts, and mends the "mended" ones by replacing functions in
  moto.kinesis.responses / moto.kinesis.models. Import moto inside of it. Mend only what AWS documents
  differently; one comment each says which AWS behaviour that is.
"""

GAPS = [
    ["Kinesis CreateStream", "drops the tags given with it", "mended"],
    ["Kinesis UpdateShardCount", "takes any number; AWS at most doubles or halves it", "mended"],
    ["Kinesis PutRecord", "does not tell the encryption type", "mended"],
    ["Kinesis ListTagsForStream", "a second page begins with the last tag of the first one", "open"],
    ["Kinesis UpdateStreamMode", "answers 500 for a stream that does not exist", "open"],
    ["Kinesis StartStreamEncryption", "takes a key that does not exist", "open"],
    ["Kinesis DeleteStream", "deletes a stream with consumers without EnforceConsumerDeletion", "open"],
    ["Kinesis stream status", "a stream is ACTIVE at once after every change", "open"]
]


def apply():
    mend_creation()
    mend_put_record()
    mend_shard_count()


def mend_creation():
    """AWS: "Tags will take effect from the CREATING status of the stream"."""
    from moto.kinesis.responses import KinesisResponse

    original = KinesisResponse.create_stream

    def create_stream(self):
        answer = original(self)
        tags = self._get_param("Tags")
        if tags:
            self.kinesis_backend.add_tags_to_stream(None, self._get_param("StreamName"), tags)
        return answer

    KinesisResponse.create_stream = create_stream


def mend_put_record():
    """AWS: the answer tells with what the record is encrypted, NONE or KMS."""
    from moto.core.responses import ActionResult
    from moto.kinesis.responses import KinesisResponse

    original = KinesisResponse.put_record

    def put_record(self):
        answer = original(self)
        stream = self.kinesis_backend.describe_stream(self._get_param("StreamARN"), self._get_param("StreamName"))
        return ActionResult({**answer.result, "EncryptionType": stream.encryption_type})

    KinesisResponse.put_record = put_record


def mend_shard_count():
    """AWS: refused beyond double or half of the open shards."""
    from moto.kinesis.exceptions import InvalidArgumentError
    from moto.kinesis.models import Stream

    original = Stream.update_shard_count

    def update_shard_count(self, target_shard_count):
        count = len([shard for shard in self.shards.values() if shard.is_open])
        provisioned = self.stream_mode.get("StreamMode") != "ON_DEMAND"
        if provisioned and (target_shard_count > 2 * count or 2 * target_shard_count < count):
            way = "up over double" if target_shard_count > count else "down below half"
            raise InvalidArgumentError(
                f"UpdateShardCount cannot scale {way} your current open shard count. "
                f"Current open shard count: {count} Target: {target_shard_count}"
            )
        original(self, target_shard_count)

    Stream.update_shard_count = update_shard_count
