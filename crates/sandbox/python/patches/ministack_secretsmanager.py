"""Where MiniStack's Secrets Manager differs from what AWS documents, and what is done about it here.

- GAPS lists every known difference: [the AWS API, what MiniStack does instead, "mended" or "open"]. It is read by Rust
  too (`provision sandbox status` prints it): write it as JSON, so lists, double quotes, no trailing comma, and
  the closing bracket alone at the start of a line.
- apply() is called once, before the server starts, and mends the "mended" ones by replacing functions in
  ministack.services.secretsmanager. Import MiniStack inside of it. Mend only what AWS documents
  differently; one comment each says which AWS behaviour that is.
"""

GAPS = [
    ["Secrets Manager CreateSecret", "ignores ClientRequestToken and AddReplicaRegions, and makes a version of a secret without a value", "mended"],
    ["Secrets Manager PutSecretValue", "overwrites the version if the ClientRequestToken is one that there is", "mended"],
    ["Secrets Manager CancelRotateSecret", "not implemented", "mended"],
    ["Secrets Manager RemoveRegionsFromReplication", "not implemented", "mended"],
    ["Secrets Manager DeleteSecret", "deletes a secret that has replicas", "mended"],
    ["Secrets Manager RotateSecret", "neither looks for the function nor invokes it; the value stays", "open"],
    ["Secrets Manager versions without a stage", "are gone at once", "open"],
    ["Secrets Manager with a KMS key that does not exist", "is accepted", "open"],
    ["Secrets Manager resource policies", "malformed ones, public ones and principals that do not exist are accepted", "open"],
    ["Secrets Manager replicas", "are InSync at once", "open"]
]


def apply():
    from ministack.services import secretsmanager

    mend_creation(secretsmanager)
    mend_tokens(secretsmanager)
    mend_deletion(secretsmanager)
    add_operations(secretsmanager)


def mend_creation(secretsmanager):
    """AWS: the token becomes the id of the first version, which only a secret with a value has; the same request again does nothing."""
    import json

    original = secretsmanager._create_secret

    def create_secret(data):
        name, token = data.get("Name"), data.get("ClientRequestToken")
        there = secretsmanager._secrets.get(name)
        value = (data.get("SecretString"), data.get("SecretBinary"))
        if there and there.get("DeletedDate"):
            message = "You can't create this secret because a secret with this name is already scheduled for deletion."
            return secretsmanager.error_response_json("InvalidRequestException", message, 400)
        if there and token in there["Versions"]:
            version = there["Versions"][token]
            if (version["SecretString"], version["SecretBinary"]) == value:
                return secretsmanager.json_response({"ARN": there["ARN"], "Name": name, "VersionId": token})
        answer = original(data)
        if answer[0] != 200:
            return answer
        told = json.loads(answer[2])
        secret = secretsmanager._secrets[name]
        version = secret["Versions"].pop(told.pop("VersionId"))
        if value != (None, None):
            told["VersionId"] = token or secretsmanager.new_uuid()
            secret["Versions"][told["VersionId"]] = version
        if data.get("AddReplicaRegions"):
            replicated = secretsmanager._replicate_secret_to_regions({**data, "SecretId": name})
            if replicated[0] != 200:
                del secretsmanager._secrets[name]
                return replicated
            told["ReplicationStatus"] = secret["ReplicationStatus"]
        return secretsmanager.json_response(told)

    secretsmanager._create_secret = create_secret


def mend_tokens(secretsmanager):
    """AWS: a version cannot be changed. The same value again is ignored, also where the version is not the current one."""
    original = secretsmanager._put_secret_value

    def put_secret_value(data):
        token = data.get("ClientRequestToken")
        _, secret = secretsmanager._resolve(data.get("SecretId"))
        version = (secret or {}).get("Versions", {}).get(token)
        if version is None or "AWSPENDING" in version["Stages"] or secret.get("DeletedDate"):
            return original(data)
        if (version["SecretString"], version["SecretBinary"]) != (data.get("SecretString"), data.get("SecretBinary")):
            message = (
                f"You can't use ClientRequestToken {token} because that value is already in use "
                f"for a version of secret {secret['ARN']}."
            )
            return secretsmanager.error_response_json("ResourceExistsException", message, 400)
        stages = list(version["Stages"])
        told = {"ARN": secret["ARN"], "Name": secret["Name"], "VersionId": token, "VersionStages": stages}
        return secretsmanager.json_response(told)

    secretsmanager._put_secret_value = put_secret_value


def mend_deletion(secretsmanager):
    """AWS: the replicas must be removed first."""
    original = secretsmanager._delete_secret

    def delete_secret(data):
        _, secret = secretsmanager._resolve(data.get("SecretId"))
        regions = [status["Region"] for status in (secret or {}).get("ReplicationStatus", [])]
        if regions:
            message = f"You can't delete secret {secret['Name']} that still has replica regions [{','.join(regions)}]"
            return secretsmanager.error_response_json("InvalidParameterException", message, 400)
        return original(data)

    secretsmanager._delete_secret = delete_secret


def add_operations(secretsmanager):
    import json

    original = secretsmanager.handle_request

    def changeable(data):
        _, secret = secretsmanager._resolve(data.get("SecretId"))
        if not secret:
            message = "Secrets Manager can't find the specified secret."
            return None, secretsmanager.error_response_json("ResourceNotFoundException", message, 400)
        if secret.get("DeletedDate"):
            message = "You can't perform this operation on the secret because it was marked for deletion."
            return None, secretsmanager.error_response_json("InvalidRequestException", message, 400)
        return secret, None

    # AWS: turns off rotation; the function and the schedule are still told.
    def cancel_rotate_secret(data):
        secret, error = changeable(data)
        if error:
            return error
        secret["RotationEnabled"] = False
        return secretsmanager.json_response({"ARN": secret["ARN"], "Name": secret["Name"]})

    # AWS: deletes the replicas in these regions.
    def remove_regions(data):
        secret, error = changeable(data)
        if error:
            return error
        gone = data.get("RemoveReplicaRegions", [])
        statuses = secret.get("ReplicationStatus", [])
        secretsmanager._delete_replicas({**secret, "ReplicationStatus": [one for one in statuses if one["Region"] in gone]})
        secret["ReplicationStatus"] = [one for one in statuses if one["Region"] not in gone]
        return secretsmanager.json_response({"ARN": secret["ARN"], "ReplicationStatus": secret["ReplicationStatus"]})

    ours = {"CancelRotateSecret": cancel_rotate_secret, "RemoveRegionsFromReplication": remove_regions}

    async def handle_request(method, path, headers, body, query_params):
        handler = ours.get(headers.get("x-amz-target", "").split(".")[-1])
        if handler is None:
            return await original(method, path, headers, body, query_params)
        return handler(json.loads(body))

    secretsmanager.handle_request = handle_request
