"""Where MiniStack's Lambda differs from what AWS documents, and what is done about it here.

See ministack_kinesis.py for what GAPS and apply() are. Functions run on MiniStack's own Python, with its botocore, and reach this
MiniStack by AWS_ENDPOINT_URL, with their account's credentials, all of which it sets by itself.
"""

GAPS = [
    ["Lambda GetPolicy", "a function without permissions has an empty policy instead of none", "mended"],
    ["Lambda AddPermission", "an account's id is kept instead of becoming its root's ARN", "mended"],
    ["Lambda CreateEventSourceMapping", "takes a second mapping of the same source to the same function", "mended"],
    ["Lambda CreateEventSourceMapping, UpdateEventSourceMapping", "drop the tumbling window", "mended"],
    ["Lambda CreateEventSourceMapping", "an unset batch size of a stream is 10, on AWS 100", "mended"],
    ["Lambda event source mappings of Kinesis", "records that the function reports as failed (batchItemFailures) are dropped", "mended"],
    ["Lambda event source mappings of Kinesis", "a batch that fails is tried again for ever: retry limits, record age, splitting and destinations do nothing", "open"],
    ["Lambda event source mappings", "batching windows, tumbling windows and parallelization do nothing; every change takes effect at once", "open"],
    ["Lambda Python runtimes", "every one runs on MiniStack's own Python (3.10 or later), whatever its version", "open"],
    ["Lambda State", "Pending during an update; on AWS the function stays Active", "open"],
    ["Lambda with a role that does not exist or may not be assumed", "is accepted", "open"],
    ["Lambda in subnets and security groups that do not exist", "is accepted", "open"],
    ["Lambda KMS keys, tracing, dead letters of a missing queue", "are kept, and otherwise without effect", "open"],
    ["Lambda AddPermission", "a principal that does not exist is accepted", "open"],
    ["Lambda UpdateFunctionCode with DryRun", "changes the code", "open"],
    ["Lambda log levels", "do not filter anything; platform lines are text in any format", "open"]
]


def apply():
    from ministack.services import lambda_svc

    mend_permissions(lambda_svc)
    mend_mappings(lambda_svc)
    mend_failures(lambda_svc)


def mend_permissions(svc):
    original_get, original_add = svc._get_policy, svc._add_permission

    # AWS: ResourceNotFoundException if there is no policy.
    def _get_policy(func_name, *args, **kwargs):
        function = svc._functions.get(func_name)
        if function and not function["policy"]["Statement"]:
            return svc.error_response_json("ResourceNotFoundException", "The resource you requested does not exist.", 404)
        return original_get(func_name, *args, **kwargs)

    # AWS: a statement for an account names its root.
    def _add_permission(func_name, data, *args, **kwargs):
        principal = data.get("Principal", "")
        if len(principal) == 12 and principal.isdigit():
            data = {**data, "Principal": f"arn:aws:iam::{principal}:root"}
        return original_add(func_name, data, *args, **kwargs)

    svc._get_policy = _get_policy
    svc._add_permission = _add_permission


def mend_mappings(svc):
    import json

    original_create, original_update = svc._create_esm, svc._update_esm

    def _create_esm(data):
        name, qualifier, missing = svc._resolve_existing_esm_function(data.get("FunctionName", ""))
        source = data.get("EventSourceArn", "")
        # AWS: one mapping of a source to a function.
        for mapping in [] if missing else list(svc._esms.values()):
            if (mapping["FunctionName"], mapping.get("Qualifier"), mapping["EventSourceArn"]) == (name, qualifier, source):
                service = {"kinesis": "Kinesis", "dynamodb": "DynamoDB"}.get(source.split(":")[2], "SQS")
                message = (
                    f'An event source mapping with {service} arn (" {source} ") and function (" {name} ") already exists. '
                    f"Please update or delete the existing mapping with UUID {mapping['UUID']}"
                )
                return svc.error_response_json("ResourceConflictException", message, 409)
        # AWS: "Amazon Kinesis – Default 100."
        if ":sqs:" not in source:
            data = {"BatchSize": 100, **data}
        return with_window(original_create(data), data)

    def _update_esm(esm_id, data):
        return with_window(original_update(esm_id, data), data)

    def with_window(answer, data):
        status, headers, body = answer
        if status not in (200, 202) or "TumblingWindowInSeconds" not in data:
            return answer
        mapping = svc._esms[json.loads(body)["UUID"]]
        mapping["TumblingWindowInSeconds"] = data["TumblingWindowInSeconds"]
        return svc.json_response(svc._esm_response(mapping), status)

    svc._create_esm = _create_esm
    svc._update_esm = _update_esm


def mend_failures(svc):
    """AWS: with ReportBatchItemFailures, Lambda goes on from the first of the records that the function names.

    https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
    """
    import threading

    polling = threading.local()
    original_poll, original_execute = svc._poll_kinesis, svc._execute_function

    def _poll_kinesis():
        polling.checkpoints = []
        try:
            return original_poll()
        finally:
            # Only now: it moves past the whole batch after the function has answered.
            for positions, shard, position in polling.checkpoints:
                positions[shard] = position
            polling.checkpoints = None

    def _execute_function(function, event):
        result = original_execute(function, event)
        if getattr(polling, "checkpoints", None) is None or result.get("error"):
            return result
        records = event.get("Records") or []
        mapping = mapping_of(function, records)
        failed = failures(result.get("body"))
        if mapping is None or not failed or "ReportBatchItemFailures" not in (mapping.get("FunctionResponseTypes") or []):
            return result
        numbers = [record["kinesis"]["sequenceNumber"] for record in records]
        # AWS: an identifier that is not of the batch makes all of it fail.
        first = min((numbers.index(number) if number in numbers else 0 for number in failed), default=0)
        if first == 0:
            body = {"errorType": "BatchItemFailures", "errorMessage": "the first record failed"}
            return {**result, "error": True, "body": body}
        positions = svc._kinesis_positions[mapping["UUID"]]
        shard = records[0]["eventID"].split(":")[0]
        position = position_of(mapping, shard, numbers[first])
        if position is not None:
            polling.checkpoints.append((positions, shard, position))
        return result

    def mapping_of(function, records):
        config = function.get("config") or function
        source = records[0].get("eventSourceARN") if records else None
        return next(
            (
                mapping
                for mapping in svc._esms.values()
                if mapping["EventSourceArn"] == source and mapping["FunctionName"] == config.get("FunctionName")
            ),
            None,
        )

    def failures(body):
        listed = body.get("batchItemFailures") if isinstance(body, dict) else None
        return [one.get("itemIdentifier") for one in listed or []]

    def position_of(mapping, shard, number):
        from ministack.services import kinesis

        name = mapping["EventSourceArn"].split("/", 1)[1]
        records = kinesis._streams[name]["shards"][shard]["records"]
        return next((index for index, record in enumerate(records) if record["SequenceNumber"] == number), None)

    svc._poll_kinesis = _poll_kinesis
    svc._execute_function = _execute_function
