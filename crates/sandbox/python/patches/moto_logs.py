"""Where moto's CloudWatch Logs differs from what AWS documents, and what is done about it here.

- GAPS lists every known difference: [the AWS API, what moto does instead, "mended" or "open"]. It is read by Rust
  too (`provision sandbox status` prints it): write it as JSON, so lists, double quotes, no trailing comma, and
  the closing bracket alone at the start of a line.
- apply() is called once, before the server starts, and mends the "mended" ones by replacing functions in
  moto.logs.responses / moto.logs.models. Import moto inside of it. Mend only what AWS documents
  differently; one comment each says which AWS behaviour that is.
"""

GAPS = [
    ["CloudWatch Logs AssociateKmsKey, DisassociateKmsKey", "not implemented", "mended"],
    ["CloudWatch Logs log group class", "is lost", "mended"],
    ["CloudWatch Logs deletion protection", "is lost, and PutLogGroupDeletionProtection not implemented", "mended"],
    ["CloudWatch Logs DescribeLogGroups", "ignores logGroupIdentifiers and answers all log groups", "mended"],
    ["CloudWatch Logs tags", "outlive their log group: one of the same name has them again", "mended"],
    ["CloudWatch Logs KMS keys", "one that does not exist, or whose policy does not let the service use it, is accepted", "open"]
]


def apply():
    mend_settings()
    mend_descriptions()
    add_operations()


def mend_settings():
    """AWS: class and deletion protection are settings of a log group; one that is protected is not deleted."""
    from moto.core.exceptions import JsonRESTError
    from moto.logs.models import LogGroup
    from moto.logs.responses import LogsResponse

    original_create, original_delete = LogsResponse.create_log_group, LogsResponse.delete_log_group
    original_describe = LogGroup.to_describe_dict

    def create_log_group(self):
        answer = original_create(self)
        group = self.logs_backend.groups[self._get_param("logGroupName")]
        group.log_group_class = self._get_param("logGroupClass") or "STANDARD"
        group.deletion_protection_enabled = bool(self._get_param("deletionProtectionEnabled"))
        return answer

    def delete_log_group(self):
        group = self.logs_backend.groups.get(self._get_param("logGroupName"))
        if getattr(group, "deletion_protection_enabled", False):
            raise JsonRESTError("ValidationException", "The log group has deletion protection enabled.")
        answer = original_delete(self)
        # AWS: tags go with what they are on.
        self.logs_backend.tagger.delete_all_tags_for_resource(group.arn)
        return answer

    def to_describe_dict(self):
        return {
            **original_describe(self),
            "logGroupClass": getattr(self, "log_group_class", "STANDARD"),
            "deletionProtectionEnabled": getattr(self, "deletion_protection_enabled", False),
        }

    LogsResponse.create_log_group = create_log_group
    LogsResponse.delete_log_group = delete_log_group
    LogGroup.to_describe_dict = to_describe_dict


def name_of(identifier):
    """The name in an ARN, which may end in `:*`."""
    _, arn, name = identifier.partition(":log-group:")
    return name.removesuffix(":*") if arn else identifier


def mend_descriptions():
    """AWS: answers those log groups that are asked for by name or ARN."""
    import json

    from moto.logs.responses import LogsResponse

    original = LogsResponse.describe_log_groups

    def describe_log_groups(self):
        wanted = self._get_param("logGroupIdentifiers")
        if not wanted:
            return original(self)
        groups = self.logs_backend.groups
        names = sorted({name_of(identifier) for identifier in wanted} & set(groups))
        return json.dumps({"logGroups": [groups[name].to_describe_dict() for name in names]})

    LogsResponse.describe_log_groups = describe_log_groups


def add_operations():
    from moto.logs.exceptions import ResourceNotFoundException
    from moto.logs.responses import LogsResponse

    def group_of(response):
        named = ("logGroupName", "logGroupIdentifier", "resourceIdentifier")
        identifier = next((value for value in map(response._get_param, named) if value), "")
        group = response.logs_backend.groups.get(name_of(identifier))
        if group is None:
            raise ResourceNotFoundException()
        return group

    # AWS: log events that come from then on are encrypted with the key.
    def associate_kms_key(self):
        group_of(self).kms_key_id = self._get_param("kmsKeyId")
        return ""

    def disassociate_kms_key(self):
        group_of(self).kms_key_id = None
        return ""

    def put_log_group_deletion_protection(self):
        group_of(self).deletion_protection_enabled = self._get_param("deletionProtectionEnabled")
        return ""

    LogsResponse.associate_kms_key = associate_kms_key
    LogsResponse.disassociate_kms_key = disassociate_kms_key
    LogsResponse.put_log_group_deletion_protection = put_log_group_deletion_protection
