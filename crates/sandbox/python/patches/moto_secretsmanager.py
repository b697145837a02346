"""Where moto's Secrets Manager differs from what AWS documents, and what is done about it here.

- GAPS lists every known difference: [the AWS API, what moto does instead, "mended" or "open"]. It is read by Rust
  too (`provision sandbox status` prints it): write it as JSON, so lists, double quotes, no trailing comma, and
  the closing bracket alone at the start of a line.
- apply() is called once, before the server starts, and mends the "mended" ones by replacing functions in
  moto.secretsmanager.responses / moto.secretsmanager.models. Import moto inside of it. Mend only what AWS documents
  differently; one comment each says which AWS behaviour that is.
"""

GAPS = [
    ["Secrets Manager UpdateSecret", "cannot empty a description", "mended"],
    ["Secrets Manager RotateSecret", "loses schedule and duration, and needs Docker to invoke the function; here it neither looks for the function nor invokes it, and the value stays", "mended"],
    ["Secrets Manager UpdateSecretVersionStage", "GetSecretValue goes on giving the value that was current before", "mended"],
    ["Secrets Manager replicas", "lose their KMS key", "mended"],
    ["Secrets Manager DescribeSecret", "also tells versions without a stage", "open"],
    ["Secrets Manager with a KMS key that does not exist", "is accepted", "open"],
    ["Secrets Manager resource policies", "malformed ones, public ones and principals that do not exist are accepted", "open"],
    ["Secrets Manager replicas", "are InSync at once", "open"]
]


def apply():
    mend_description()
    mend_rotation()
    mend_stages()
    mend_replicas()


def mend_description():
    """AWS: an empty description is one; other calls leave it as it is."""
    from moto.secretsmanager.models import SecretsManagerBackend

    original = SecretsManagerBackend.update_secret

    def update_secret(self, secret_id, secret_string=None, secret_binary=None, client_request_token=None, kms_key_id=None, description=None):
        answer = original(self, secret_id, secret_string, secret_binary, client_request_token, kms_key_id, description)
        if description is not None:
            self.secrets[secret_id].description = description
        return answer

    SecretsManagerBackend.update_secret = update_secret


def mend_rotation():
    """AWS: all rotation rules are kept, and told while rotation is on. A rotation leaves a new current version behind."""
    import time

    from moto.moto_api._internal import mock_random
    from moto.secretsmanager.exceptions import InvalidRequestException, SecretNotFoundException
    from moto.secretsmanager.models import FakeSecret, SecretsManagerBackend

    original_to_dict = FakeSecret.to_dict

    def rotate_secret(
        self, secret_id, client_request_token=None, rotation_lambda_arn=None, rotation_rules=None, rotate_immediately=True
    ):
        if not self._is_valid_identifier(secret_id):
            raise SecretNotFoundException()
        secret = self.secrets[secret_id]
        if secret.is_deleted():
            raise InvalidRequestException(
                "You can't perform this operation on the secret because it was marked for deletion."
            )
        secret.rotation_requested = secret.rotation_enabled = True
        secret.rotation_lambda_arn = rotation_lambda_arn or secret.rotation_lambda_arn
        secret.rotation_rules = rotation_rules or getattr(secret, "rotation_rules", {})
        current = secret.versions.get(secret.default_version_id)
        if rotate_immediately and current is not None:
            version_id = client_request_token or str(mock_random.uuid4())
            version = {**current, "version_id": version_id, "createdate": int(time.time()), "version_stages": ["AWSCURRENT"]}
            secret.reset_default_version(version, version_id)
        secret.last_rotation_date = int(time.time())
        return secret.to_short_dict()

    def to_dict(self):
        told = original_to_dict(self)
        if self.rotation_requested:
            told["RotationRules"] = getattr(self, "rotation_rules", {})
        return told

    SecretsManagerBackend.rotate_secret = rotate_secret
    FakeSecret.to_dict = to_dict


def mend_stages():
    """AWS: the current version is the one that AWSCURRENT is attached to."""
    from moto.secretsmanager.models import SecretsManagerBackend

    original = SecretsManagerBackend.update_secret_version_stage

    def update_secret_version_stage(self, secret_id, version_stage, remove_from_version_id, move_to_version_id):
        answer = original(self, secret_id, version_stage, remove_from_version_id, move_to_version_id)
        if version_stage == "AWSCURRENT" and move_to_version_id:
            self.secrets[secret_id].set_default_version_id(move_to_version_id)
        return answer

    SecretsManagerBackend.update_secret_version_stage = update_secret_version_stage


def mend_replicas():
    """AWS: a replica is encrypted with the key that is named for it."""
    from moto.secretsmanager.models import FakeSecret

    original = FakeSecret.create_replicas

    def create_replicas(self, replica_regions, force_overwrite):
        replicas = original(self, replica_regions, force_overwrite)
        for replica, asked in zip(replicas, replica_regions or []):
            replica.config["KmsKeyId"] = asked.get("KmsKeyId") or replica.config["KmsKeyId"]
        return replicas

    FakeSecret.create_replicas = create_replicas
