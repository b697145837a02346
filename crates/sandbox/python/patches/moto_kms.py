"""Where moto's KMS differs from what AWS documents, and what is done about it here.

- GAPS lists every known difference: [the AWS API, what moto does instead, "mended" or "open"]. It is read by Rust
  too (`provision sandbox status` prints it): write it as JSON, so lists, double quotes, no trailing comma, and
  the closing bracket alone at the start of a line.
- apply() is called once, before the server starts, and mends the "mended" ones by replacing functions in
  moto.kms.responses / moto.kms.models. Import moto inside of it. Mend only what AWS documents
  differently; one comment each says which AWS behaviour that is.
"""

GAPS = [
    ["KMS EnableKeyRotation, GetKeyRotationStatus", "the rotation period is lost", "mended"],
    ["KMS EnableKeyRotation on an asymmetric or HMAC key", "is accepted", "mended"],
    ["KMS changes of a key that is disabled or pending deletion", "are accepted", "mended"],
    ["KMS DescribeKey of a key whose policy has a single statement outside of a list", "answers 500", "mended"],
    ["KMS Encrypt, Decrypt, GenerateDataKey with a key that is disabled or pending deletion", "is accepted", "mended"],
    ["KMS ReplicateKey", "description, tags and policy of the replica are lost, and it shares aliases and grants with the key; the key cannot be named by its ARN; a second replica in the same region, and one of a key that is not a multi-region primary, are accepted", "mended"],
    ["KMS Decrypt with a multi-region key", "is denied: its id is cut off in the ciphertext", "mended"],
    ["KMS ScheduleKeyDeletion of a key with replicas", "does not wait for them", "mended"],
    ["KMS ReplicateKey", "the replica is never Creating", "open"],
    ["KMS key policies", "malformed ones and principals that do not exist are accepted", "open"]
]

# https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
REFUSED_WHILE_PENDING = [
    "create_alias",
    "decrypt",
    "disable_key",
    "disable_key_rotation",
    "enable_key",
    "enable_key_rotation",
    "encrypt",
    "generate_data_key",
    "schedule_key_deletion",
    "tag_resource",
    "untag_resource",
    "update_alias",
    "update_key_description",
]
REFUSED_WHILE_DISABLED = ["decrypt", "disable_key_rotation", "enable_key_rotation", "encrypt", "generate_data_key"]


def apply():
    import json

    from moto.core.exceptions import JsonRESTError
    from moto.kms import policy_validator
    from moto.kms.models import KmsBackend
    from moto.kms.responses import KmsResponse

    def key_of(response):
        backend = response.kms_backend
        named = response._get_param("TargetKeyId") or response._get_param("KeyId") or ""
        return backend.keys.get(backend.any_id_to_key_id(named))

    # AWS: these calls are refused in these states of the key.
    def with_state_check(name):
        original = getattr(KmsResponse, name)

        def checked(self):
            key = key_of(self)
            if key is not None:
                if key.key_state in ("PendingDeletion", "PendingReplicaDeletion"):
                    raise JsonRESTError("KMSInvalidStateException", f"{key.arn} is pending deletion.")
                if key.key_state == "Disabled" and name in REFUSED_WHILE_DISABLED:
                    raise JsonRESTError("DisabledException", f"{key.arn} is disabled.")
            return original(self)

        setattr(KmsResponse, name, checked)

    # AWS: only symmetric encryption keys can be rotated; the period is 365 days unless given, and is told while rotation is on.
    original_enable = KmsResponse.enable_key_rotation

    def enable_key_rotation(self):
        key = key_of(self)
        if key is not None and key.key_spec != "SYMMETRIC_DEFAULT":
            raise JsonRESTError("UnsupportedOperationException", f"{key.arn} cannot be rotated.")
        answer = original_enable(self)
        if key is not None:
            period = self._get_param("RotationPeriodInDays")
            key.rotation_period_in_days = int(period) if period else 365
        return answer

    original_status = KmsResponse.get_key_rotation_status

    def get_key_rotation_status(self):
        status = json.loads(original_status(self))
        key = key_of(self)
        if status["KeyRotationEnabled"]:
            status["RotationPeriodInDays"] = getattr(key, "rotation_period_in_days", 365)
        status["KeyId"] = key.arn
        return json.dumps(status)

    KmsResponse.enable_key_rotation = enable_key_rotation
    KmsResponse.get_key_rotation_status = get_key_rotation_status
    for name in REFUSED_WHILE_PENDING:
        with_state_check(name)

    mend_replicas(key_of)
    mend_ciphertexts()

    # AWS: `Statement` is one statement or a list of them.
    original_check = policy_validator.check_statement

    def validate_policy(key, action):
        try:
            statements = json.loads(key.policy).get("Statement", [])
        except (ValueError, AttributeError, TypeError):
            return
        for statement in statements if isinstance(statements, list) else [statements]:
            applies = original_check(statement, key.arn, action)
            if applies and statement.get("Effect", "").lower() == "deny":
                raise policy_validator.AccessDeniedException(
                    message=f"Action {action} is now allowed by the given key policy"
                )

    policy_validator.validate_policy = validate_policy
    import moto.kms.responses

    moto.kms.responses.validate_policy = validate_policy


def mend_replicas(key_of):
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_ReplicateKey.html"""
    import copy
    import json

    from moto.core.exceptions import JsonRESTError
    from moto.core.utils import unix_time
    from moto.kms.models import kms_backends
    from moto.kms.responses import KmsResponse

    def members(key):
        family = key.multi_region_configuration
        regions = [family["PrimaryKey"]["Region"], *(one["Region"] for one in family["ReplicaKeys"])]
        found = [kms_backends[key.account_id][region].keys.get(key.id) for region in regions]
        return [one for one in found if one is not None]

    # AWS: a replica shares the id and the key material, and nothing else.
    original_replicate = KmsResponse.replicate_key

    def replicate_key(self):
        key, region = key_of(self), self._get_param("ReplicaRegion")
        if key is None:
            return original_replicate(self)
        if not key.multi_region or key.multi_region_configuration["MultiRegionKeyType"] != "PRIMARY":
            raise JsonRESTError("UnsupportedOperationException", f"{key.arn} is not a multi-Region primary key.")
        family = copy.deepcopy(key.multi_region_configuration)
        if any(member.region == region for member in members(key)):
            raise JsonRESTError("AlreadyExistsException", f"{key.id} already exists in {region}.")
        # By its id: moto does not know it by its ARN here.
        self.kms_backend.replicate_key(key.id, region)
        backend = kms_backends[key.account_id][region]
        replica = backend.keys[key.id]
        replica.description = self._get_param("Description") or ""
        replica.policy = self._get_param("Policy") or replica.generate_default_policy()
        replica.creation_date = unix_time()
        replica.key_state, replica.enabled, replica.deletion_date = "Enabled", True, None
        replica.aliases, replica.grants, replica.rotations = {}, {}, []
        tags = self._get_param("Tags") or []
        backend.tagger.tag_resource(replica.id, tags)
        family["ReplicaKeys"].append({"Arn": replica.arn, "Region": region})
        for member in [key, replica, *members(key)]:
            kind = "PRIMARY" if member is key else "REPLICA"
            member.multi_region_configuration = {**copy.deepcopy(family), "MultiRegionKeyType": kind}
        metadata = replica.to_dict()["KeyMetadata"]
        return json.dumps({"ReplicaKeyMetadata": metadata, "ReplicaPolicy": replica.policy, "ReplicaTags": tags})

    KmsResponse.replicate_key = replicate_key

    # AWS: a primary is deleted once its replicas are, until when it is PendingReplicaDeletion.
    original_schedule = KmsResponse.schedule_key_deletion

    def schedule_key_deletion(self):
        key = key_of(self)
        answer = json.loads(original_schedule(self))
        if key is not None:
            if key.multi_region and len(members(key)) > 1 and key.multi_region_configuration["MultiRegionKeyType"] == "PRIMARY":
                key.key_state = "PendingReplicaDeletion"
            answer["KeyState"] = key.key_state
        return json.dumps(answer)

    KmsResponse.schedule_key_deletion = schedule_key_deletion


def mend_ciphertexts():
    """AWS: a multi-region key decrypts what it encrypted. Its id is longer than that of others: mrk- and 36 characters."""
    from moto.kms import utils

    utils.KEY_ID_LEN = 40
    utils.HEADER_LEN = utils.KEY_ID_LEN + utils.IV_LEN + utils.TAG_LEN
    utils.CIPHERTEXT_HEADER_FORMAT = f">{utils.KEY_ID_LEN}s{utils.IV_LEN}s{utils.TAG_LEN}s"

    original = utils._deserialize_ciphertext_blob

    def _deserialize_ciphertext_blob(ciphertext_blob):
        ciphertext = original(ciphertext_blob)
        return ciphertext._replace(key_id=ciphertext.key_id.rstrip("\0"))

    utils._deserialize_ciphertext_blob = _deserialize_ciphertext_blob
