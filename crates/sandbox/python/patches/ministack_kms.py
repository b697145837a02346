"""Where MiniStack's KMS differs from what AWS documents, and what is done about it here.

- GAPS lists every known difference: [the AWS API, what MiniStack does instead, "mended" or "open"]. It is read by Rust
  too (`provision sandbox status` prints it): write it as JSON, so lists, double quotes, no trailing comma, and
  the closing bracket alone at the start of a line.
- apply() is called once, before the server starts, and mends the "mended" ones by replacing functions in
  ministack.services.kms. Import MiniStack inside of it. Mend only what AWS documents
  differently; one comment each says which AWS behaviour that is.
"""

GAPS = [
    ["KMS CreateKey with an asymmetric key spec", "needs a Python package that the sandbox does not install; here such a key is made without material: all its settings work, using it does not", "mended"],
    ["KMS EnableKeyRotation on an asymmetric key", "is accepted", "mended"],
    ["KMS changes of a key that is disabled or pending deletion", "are accepted", "mended"],
    ["KMS ListKeys", "with a Limit drops the other keys instead of paging", "mended"],
    ["KMS ScheduleKeyDeletion of a replica", "takes it out of its family at once instead of when it is gone, so that its primary stops waiting for it", "mended"],
    ["KMS ReplicateKey", "the replica is never Creating", "open"],
    ["KMS key policies", "malformed ones and principals that do not exist are accepted", "open"]
]

ASYMMETRIC = ("RSA_", "ECC_", "SM2", "ML_DSA_", "ML_KEM_")

# https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
REFUSED_WHILE_PENDING = [
    "_create_alias",
    "_disable_key",
    "_disable_key_rotation",
    "_enable_key",
    "_enable_key_rotation",
    "_schedule_key_deletion",
    "_tag_resource",
    "_untag_resource",
    "_update_alias",
    "_update_key_description",
]
REFUSED_WHILE_DISABLED = ["_disable_key_rotation", "_enable_key_rotation"]


def apply():
    import json

    from ministack.services import kms

    error = kms.error_response_json

    def key_of(data):
        return kms._resolve_key(data.get("TargetKeyId") or data.get("KeyId") or "")

    # AWS: these calls are refused in these states of the key.
    def with_state_check(name):
        original = getattr(kms, name)

        def checked(data):
            key = key_of(data)
            if key:
                if key["KeyState"] in ("PendingDeletion", "PendingReplicaDeletion"):
                    return error("KMSInvalidStateException", f"{key['Arn']} is pending deletion.", 400)
                if key["KeyState"] == "Disabled" and name in REFUSED_WHILE_DISABLED:
                    return error("DisabledException", f"{key['Arn']} is disabled.", 400)
                if name == "_enable_key_rotation" and key["KeySpec"] != "SYMMETRIC_DEFAULT":
                    # AWS: only symmetric encryption keys can be rotated.
                    return error("UnsupportedOperationException", f"{key['Arn']} cannot be rotated.", 400)
            return original(data)

        setattr(kms, name, checked)

    for name in REFUSED_WHILE_PENDING:
        with_state_check(name)

    # AWS: CreateKey makes asymmetric keys. Here without material where there is nothing to make it with.
    original_create = kms._create_key

    def create_key(data):
        spec = data.get("KeySpec", data.get("CustomerMasterKeySpec", "SYMMETRIC_DEFAULT"))
        if kms.HAS_CRYPTO or not spec.startswith(ASYMMETRIC):
            return original_create(data)
        usage = data.get("KeyUsage", "ENCRYPT_DECRYPT")
        answer = original_create({**data, "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT"})
        metadata = json.loads(answer[2]).get("KeyMetadata") if answer[0] == 200 else None
        if not metadata:
            return answer
        key = kms._keys[metadata["KeyId"]]
        key.pop("_symmetric_key", None)
        key.update(KeySpec=spec, KeyUsage=usage, EncryptionAlgorithms=[], SigningAlgorithms=[])
        return kms.json_response({"KeyMetadata": kms._key_metadata(key)})

    kms._create_key = create_key

    # AWS: a replica that is pending deletion belongs to its family until it is gone, and its primary waits for that.
    original_schedule = kms._schedule_key_deletion

    def schedule_key_deletion(data):
        key = key_of(data)
        family = [(member, member["_mrk_regions"], member["KeyState"]) for _region, member in kms._mrk_members(key or {})]
        answer = original_schedule(data)
        for member, regions, state in family:
            member["_mrk_regions"] = regions
            if member is not key:
                member["KeyState"] = state
        return answer

    kms._schedule_key_deletion = schedule_key_deletion

    # AWS: a page of Limit keys, and a Marker for the next one.
    def list_keys(data):
        limit, start = data.get("Limit", 100), int(data.get("Marker") or 0)
        keys = [{"KeyId": key["KeyId"], "KeyArn": key["Arn"]} for key in kms._keys.values()]
        page = {"Keys": keys[start : start + limit], "Truncated": len(keys) > start + limit}
        if page["Truncated"]:
            page["NextMarker"] = str(start + limit)
        return kms.json_response(page)

    kms._list_keys = list_keys
