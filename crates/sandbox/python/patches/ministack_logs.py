"""Where MiniStack's CloudWatch Logs differs from what AWS documents, and what is done about it here.

- GAPS lists every known difference: [the AWS API, what MiniStack does instead, "mended" or "open"]. It is read by Rust
  too (`provision sandbox status` prints it): write it as JSON, so lists, double quotes, no trailing comma, and
  the closing bracket alone at the start of a line.
- apply() is called once, before the server starts, and mends the "mended" ones by replacing functions in
  ministack.services.cloudwatch_logs. Import MiniStack inside of it. Mend only what AWS documents
  differently; one comment each says which AWS behaviour that is.
"""

GAPS = [
    ["CloudWatch Logs AssociateKmsKey, DisassociateKmsKey", "not implemented", "mended"],
    ["CloudWatch Logs deletion protection", "is lost, and PutLogGroupDeletionProtection not implemented", "mended"],
    ["CloudWatch Logs DescribeLogGroups", "ignores logGroupIdentifiers and answers all log groups", "mended"],
    ["CloudWatch Logs KMS keys", "one that does not exist, or whose policy does not let the service use it, is accepted", "open"]
]


def apply():
    from ministack.services import cloudwatch_logs

    mend_protection(cloudwatch_logs)
    mend_descriptions(cloudwatch_logs)
    add_operations(cloudwatch_logs)


def mend_protection(logs):
    """AWS: a log group with deletion protection is not deleted."""
    original_create, original_delete = logs._create_log_group, logs._delete_log_group

    def create_log_group(data):
        answer = original_create(data)
        if answer[0] == 200:
            logs._log_groups[data["logGroupName"]]["deletionProtectionEnabled"] = bool(data.get("deletionProtectionEnabled"))
        return answer

    def delete_log_group(data):
        group = logs._log_groups.get(data.get("logGroupName"))
        if group and group.get("deletionProtectionEnabled"):
            message = "The log group has deletion protection enabled."
            return logs.error_response_json("ValidationException", message, 400)
        return original_delete(data)

    logs._create_log_group = create_log_group
    logs._delete_log_group = delete_log_group


def mend_descriptions(logs):
    """AWS: tells of deletion protection; answers those log groups that are asked for by name or ARN."""
    import json

    original = logs._describe_log_groups

    def describe_log_groups(data):
        wanted = data.get("logGroupIdentifiers")
        if wanted:
            names = {logs._log_group_name_from_identifier_arn(one) or one for one in wanted}
            found, token = [], None
            while True:
                page = json.loads(original({"limit": 50, "nextToken": token})[2])
                found.extend(group for group in page["logGroups"] if group["logGroupName"] in names)
                token = page.get("nextToken")
                if not token:
                    break
            answer = {"logGroups": found}
        else:
            status, _, body = told = original(data)
            if status != 200:
                return told
            answer = json.loads(body)
        for group in answer["logGroups"]:
            kept = logs._log_groups[group["logGroupName"]]
            group["deletionProtectionEnabled"] = kept.get("deletionProtectionEnabled", False)
        return logs.json_response(answer)

    logs._describe_log_groups = describe_log_groups


def add_operations(logs):
    import json

    original = logs.handle_request

    def group_of(data):
        identifier = data.get("logGroupName") or data.get("logGroupIdentifier") or data.get("resourceIdentifier") or ""
        name = logs._log_group_name_from_identifier_arn(identifier) or identifier
        group = logs._log_groups.get(name)
        if group is None:
            message = "The specified log group does not exist."
            return None, logs.error_response_json("ResourceNotFoundException", message, 400)
        return group, None

    def setting(name, value):
        def set_it(data):
            group, error = group_of(data)
            if error:
                return error
            group[name] = value(data)
            return logs.json_response({})

        return set_it

    ours = {
        # AWS: log events that come from then on are encrypted with the key.
        "AssociateKmsKey": setting("kmsKeyId", lambda data: data["kmsKeyId"]),
        "DisassociateKmsKey": setting("kmsKeyId", lambda data: None),
        "PutLogGroupDeletionProtection": setting(
            "deletionProtectionEnabled", lambda data: data["deletionProtectionEnabled"]
        ),
    }

    async def handle_request(method, path, headers, body, query_params):
        handler = ours.get(headers.get("x-amz-target", "").split(".")[-1])
        if handler is None:
            return await original(method, path, headers, body, query_params)
        return handler(json.loads(body))

    logs.handle_request = handle_request
