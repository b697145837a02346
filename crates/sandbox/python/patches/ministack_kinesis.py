"""Where MiniStack's Kinesis differs from what AWS documents, and what is done about it here.

- GAPS lists every known difference: [the AWS API, what MiniStack does instead, "mended" or "open"]. It is read by Rust
  too (`provision sandbox status` prints it): write it as JSON, so lists, double quotes, no trailing comma, and
  the closing bracket alone at the start of a line.
- apply() is called once, before the server starts, and mends the "mended" ones by replacing functions in
  ministack.services.kinesis. Import MiniStack inside of it. Mend only what AWS documents
  differently; one comment each says which AWS behaviour that is.
"""

GAPS = [
    ["Kinesis CreateStream", "drops the tags given with it", "mended"],
    ["Kinesis CreateStream", "a stream on demand begins with 1 shard, on AWS with 4", "mended"],
    ["Kinesis DescribeStream, DescribeStreamSummary", "do not tell the shard-level metrics that were turned on", "mended"],
    ["Kinesis UpdateStreamMode", "not implemented", "mended"],
    ["Kinesis UpdateShardCount", "takes any number, also for a stream on demand; AWS at most doubles or halves it", "mended"],
    ["Kinesis UpdateShardCount", "the stream's records are gone, and the new shards have the ids of the old ones", "open"],
    ["Kinesis StartStreamEncryption", "takes a key that does not exist", "open"],
    ["Kinesis DeleteStream", "deletes a stream with consumers without EnforceConsumerDeletion", "open"],
    ["Kinesis stream status", "a stream is ACTIVE at once after every change", "open"]
]


METRICS = [
    "IncomingBytes",
    "IncomingRecords",
    "IteratorAgeMilliseconds",
    "OutgoingBytes",
    "OutgoingRecords",
    "ReadProvisionedThroughputExceeded",
    "WriteProvisionedThroughputExceeded",
]


def apply():
    from ministack.services import kinesis

    mend_creation(kinesis)
    mend_metrics(kinesis)
    mend_stream_mode(kinesis)
    mend_shard_count(kinesis)


def mend_creation(kinesis):
    original = kinesis._create_stream

    def _create_stream(data):
        # AWS: a stream on demand begins with four shards, and ShardCount is for provisioned ones.
        if data.get("StreamModeDetails", {}).get("StreamMode") == "ON_DEMAND":
            data = {**data, "ShardCount": 4}
        answer = original(data)
        # AWS: "Tags will take effect from the CREATING status of the stream".
        if answer[0] == 200 and data.get("Tags"):
            kinesis._streams[data["StreamName"]]["tags"].update(data["Tags"])
        return answer

    kinesis._create_stream = _create_stream


def mend_metrics(kinesis):
    """AWS: EnhancedMonitoring tells which shard-level metrics are on; ALL stands for each of them."""
    import json

    originals = {"summary": kinesis._describe_stream_summary, "whole": kinesis._describe_stream}
    original_enable = kinesis._enable_enhanced_monitoring
    original_disable = kinesis._disable_enhanced_monitoring

    def describe(original, member):
        def described(data):
            status, headers, body = original(data)
            _, stream = kinesis._resolve_stream(data)
            if status != 200 or stream is None:
                return status, headers, body
            answer = json.loads(body)
            answer[member]["EnhancedMonitoring"] = [{"ShardLevelMetrics": sorted(stream.get("ShardLevelMetrics", []))}]
            return kinesis.json_response(answer)

        return described

    def each(original):
        def changed(data):
            metrics = data.get("ShardLevelMetrics", [])
            return original({**data, "ShardLevelMetrics": METRICS if "ALL" in metrics else metrics})

        return changed

    kinesis._describe_stream_summary = describe(originals["summary"], "StreamDescriptionSummary")
    kinesis._describe_stream = describe(originals["whole"], "StreamDescription")
    kinesis._enable_enhanced_monitoring = each(original_enable)
    kinesis._disable_enhanced_monitoring = each(original_disable)


def mend_stream_mode(kinesis):
    """AWS: UpdateStreamMode changes the mode of the stream with that ARN."""
    import json

    original = kinesis.handle_request

    def update_stream_mode(data):
        stream = kinesis._resolve_stream_by_arn(data.get("StreamARN"))
        if stream is None:
            message = f"Stream {data.get('StreamARN')} not found"
            return kinesis.error_response_json("ResourceNotFoundException", message, 400)
        stream["StreamModeDetails"] = {"StreamMode": data["StreamModeDetails"]["StreamMode"]}
        return kinesis.json_response({})

    async def handle_request(method, path, headers, body, query_params):
        cbor = "cbor" in headers.get("content-type", "")
        if cbor or not headers.get("x-amz-target", "").endswith(".UpdateStreamMode"):
            return await original(method, path, headers, body, query_params)
        return update_stream_mode(json.loads(body))

    kinesis.handle_request = handle_request


def mend_shard_count(kinesis):
    """AWS: refused for streams on demand, and beyond double or half of the open shards."""
    original = kinesis._update_shard_count

    def _update_shard_count(data):
        name, stream = kinesis._resolve_stream(data)
        if stream is not None:
            if stream["StreamModeDetails"]["StreamMode"] == "ON_DEMAND":
                message = f"Request is invalid. Stream {name} is in On-Demand mode."
                return kinesis.error_response_json("ValidationException", message, 400)
            count, target = len(stream["shards"]), int(data.get("TargetShardCount", 0))
            if target > 2 * count or 2 * target < count:
                way = "up over double" if target > count else "down below half"
                message = (
                    f"UpdateShardCount cannot scale {way} your current open shard count. "
                    f"Current open shard count: {count} Target: {target}"
                )
                return kinesis.error_response_json("InvalidArgumentException", message, 400)
        return original(data)

    kinesis._update_shard_count = _update_shard_count
