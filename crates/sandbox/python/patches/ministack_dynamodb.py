"""Where MiniStack's DynamoDB differs from what AWS documents, and what is done about it here.

- GAPS lists every known difference: [the AWS API, what MiniStack does instead, "mended" or "open"]. It is read by Rust
  too (`provision sandbox status` prints it): write it as JSON, so lists, double quotes, no trailing comma, and
  the closing bracket alone at the start of a line.
- apply() is called once, before the server starts, and mends the "mended" ones by replacing functions in
  ministack.services.dynamodb. Import MiniStack inside of it. Mend only what AWS documents
  differently; one comment each says which AWS behaviour that is.
"""

GAPS = [
    ["DynamoDB UpdateContinuousBackups", "drops RecoveryPeriodInDays", "mended"],
    ["DynamoDB UpdateTable StreamSpecification", "a stream that is on can be turned on again, and one that is off turned off; AWS refuses both", "mended"],
    ["DynamoDB UpdateTable", "takes several changes in one call that AWS takes only one by one", "open"],
    ["DynamoDB CreateTable, UpdateTable SSESpecification", "take a key that does not exist", "open"],
    ["DynamoDB UpdateTimeToLive", "takes a second change within an hour", "open"],
    ["DynamoDB table status", "a table and its indexes are ACTIVE at once after every change", "open"]
]

# AWS's default, and the longest.
RECOVERY_PERIOD_IN_DAYS = 35


def apply():
    from ministack.services import dynamodb

    mend_recovery_period(dynamodb)
    mend_streams(dynamodb)


def mend_recovery_period(dynamodb):
    """AWS: RecoveryPeriodInDays is kept and told while point-in-time recovery is on. Kept here in the place of `True`."""
    import json

    original_update = dynamodb._update_continuous_backups
    original_describe = dynamodb._describe_continuous_backups

    def told(name, answer):
        status, headers, body = answer
        days = dynamodb._pitr_settings.get(name, False)
        if status != 200 or not days:
            return answer
        answer = json.loads(body)
        recovery = answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        recovery["RecoveryPeriodInDays"] = RECOVERY_PERIOD_IN_DAYS if days is True else days
        return dynamodb.json_response(answer)

    def _update_continuous_backups(data):
        name = dynamodb._normalize_table_name(data.get("TableName"))
        before = dynamodb._pitr_settings.get(name, False)
        answer = original_update(data)
        if answer[0] == 200 and dynamodb._pitr_settings.get(name):
            days = data["PointInTimeRecoverySpecification"].get("RecoveryPeriodInDays")
            dynamodb._pitr_settings[name] = days or before or RECOVERY_PERIOD_IN_DAYS
        return told(name, answer)

    def _describe_continuous_backups(data):
        name = dynamodb._normalize_table_name(data.get("TableName"))
        return told(name, original_describe(data))

    dynamodb._update_continuous_backups = _update_continuous_backups
    dynamodb._describe_continuous_backups = _describe_continuous_backups


def mend_streams(dynamodb):
    """AWS: "You receive a ValidationException if you try to enable a stream on a table that already has a stream, or if
    you try to disable a stream on a table that doesn't have a stream."""
    original = dynamodb._update_table

    def _update_table(data):
        name = dynamodb._normalize_table_name(data.get("TableName"))
        table, wanted = dynamodb._tables.get(name), data.get("StreamSpecification")
        if table is not None and wanted is not None:
            on = bool((table.get("StreamSpecification") or {}).get("StreamEnabled"))
            if on == bool(wanted.get("StreamEnabled")):
                state = "already has an enabled stream" if on else "has no stream to disable"
                message = f"Table {state}: TableName: {name}"
                return dynamodb.error_response_json("ValidationException", message, 400)
        return original(data)

    dynamodb._update_table = _update_table
