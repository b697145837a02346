"""Where moto's Lambda differs from what AWS documents, and what is done about it here.

See moto_s3.py for what GAPS and apply() are.
"""

GAPS = [
    ["Lambda CreateFunction, UpdateFunctionConfiguration", "logging configuration and dead letters are lost", "mended"],
    ["Lambda UpdateFunctionConfiguration", "tracing, KMS key and ephemeral storage are not changed", "mended"],
    ["Lambda UpdateFunctionCode", "the architecture is not changed", "mended"],
    ["Lambda GetFunction", "a reserved concurrency of 0 is not told", "mended"],
    ["Lambda AddPermission", "takes a second statement of the same id", "mended"],
    ["Lambda AddPermission", "an account's id, a role or a user stays a text instead of becoming a principal of AWS", "mended"],
    ["Lambda AddPermission", "of a source's ARN and a source's account with an organization only one condition is kept", "mended"],
    ["Lambda CreateEventSourceMapping", "takes a second mapping of the same source to the same function", "mended"],
    ["Lambda Invoke and event source mappings", "nothing runs without Docker; the answer is made up", "open"],
    ["Lambda State", "Active at once, LastUpdateStatus Successful at once", "open"],
    ["Lambda UpdateFunctionConfiguration", "takes a role that does not exist", "open"],
    ["Lambda with a role that Lambda is not trusted to assume", "is accepted", "open"],
    ["Lambda VpcConfig", "any subnet and group is accepted; VpcId is always the same", "open"],
    ["Lambda RevisionId", "is not told, and ignored in updates", "open"],
    ["Lambda ListEventSourceMappings by function", "finds only mappings that name the function in the same way", "open"],
    ["Lambda DeleteEventSourceMapping", "of one that does not exist answers 404 without an error code", "open"]
]


def apply():
    mend_configuration()
    mend_permissions()
    mend_mappings()


def mend_configuration():
    from moto.awslambda.models import LambdaFunction

    original_init = LambdaFunction.__init__
    original_get = LambdaFunction.get_configuration
    original_code = LambdaFunction.get_code
    original_update = LambdaFunction.update_configuration
    original_upload = LambdaFunction.update_function_code

    # AWS: without a configuration, text to /aws/lambda/NAME; with JSON, both levels are INFO unless they are given.
    def logging(function, given):
        config = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{function.function_name}", **(given or {})}
        if config["LogFormat"] == "JSON":
            config = {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO", **config}
        return config

    def __init__(self, account_id, spec, region, version=1):
        original_init(self, account_id, spec, region, version)
        self.logging_config = logging(self, spec.get("LoggingConfig"))
        self.dead_letter_config = spec.get("DeadLetterConfig")

    def get_configuration(self, on_create=False):
        config = original_get(self, on_create)
        config["LoggingConfig"] = self.logging_config
        if (self.dead_letter_config or {}).get("TargetArn"):
            config["DeadLetterConfig"] = self.dead_letter_config
        return config

    # AWS: 0 is a reservation too.
    def get_code(self):
        answer = original_code(self)
        if self.reserved_concurrency is not None:
            answer["Concurrency"] = {"ReservedConcurrentExecutions": self.reserved_concurrency}
        return answer

    def update_configuration(self, config_updates):
        original_update(self, config_updates)
        if "TracingConfig" in config_updates:
            self.tracing_config = config_updates["TracingConfig"]
        if "KMSKeyArn" in config_updates:
            self.kms_key_arn = config_updates["KMSKeyArn"]
        if "EphemeralStorage" in config_updates:
            self.ephemeral_storage = config_updates["EphemeralStorage"]["Size"]
        if "LoggingConfig" in config_updates:
            self.logging_config = logging(self, config_updates["LoggingConfig"])
        if "DeadLetterConfig" in config_updates:
            self.dead_letter_config = config_updates["DeadLetterConfig"]
        return self.get_configuration()

    def update_function_code(self, updated_spec):
        if "Architectures" in updated_spec:
            self.architectures = updated_spec["Architectures"]
        return original_upload(self, updated_spec)

    LambdaFunction.__init__ = __init__
    LambdaFunction.get_configuration = get_configuration
    LambdaFunction.get_code = get_code
    LambdaFunction.update_configuration = update_configuration
    LambdaFunction.update_function_code = update_function_code


def mend_permissions():
    import json

    from moto.awslambda.exceptions import LambdaClientError
    from moto.awslambda.policy import Policy

    class Conflict(LambdaClientError):
        code = 409

    original_add, original_principal = Policy.add_statement, Policy.principal_formatter

    # AWS: "The statement id (…) provided already exists."
    def add_statement(self, raw, qualifier=None):
        sid = json.loads(raw).get("StatementId")
        if any(statement.get("Sid") == sid for statement in self.statements):
            message = (
                f"The statement id ({sid}) provided already exists. "
                "Please provide a new statement id, or remove the existing statement."
            )
            raise Conflict("ResourceConflictException", message)
        return original_add(self, raw, qualifier)

    # AWS: a statement for an account names its root; whoever is no service is a principal of AWS.
    def principal_formatter(self, obj):
        if isinstance(obj, str) and len(obj) == 12 and obj.isdigit():
            obj = f"arn:aws:iam::{obj}:root"
        if isinstance(obj, str) and obj.startswith("arn:"):
            return {"AWS": obj}
        return original_principal(self, obj)

    # AWS: all conditions hold together; those on texts are keys of one StringEquals.
    def condition_merge(self, obj):
        merged = {}
        for part in (obj.pop("Condition", {}), obj.pop("SourceArn", {}), obj.pop("SourceAccount", {})):
            for operator, keys in part.items():
                merged.setdefault(operator, {}).update(keys)
        if merged:
            obj["Condition"] = merged

    Policy.add_statement = add_statement
    Policy.principal_formatter = principal_formatter
    Policy.condition_merge = condition_merge


def mend_mappings():
    from moto.awslambda.exceptions import LambdaClientError
    from moto.awslambda.models import LambdaBackend

    class Conflict(LambdaClientError):
        code = 409

    original = LambdaBackend.create_event_source_mapping

    # AWS: one mapping of a source to a function.
    def create_event_source_mapping(self, spec):
        function = self._lambdas.get_function_by_name_or_arn_with_qualifier(spec.get("FunctionName", ""))
        source = spec.get("EventSourceArn")
        for mapping in self._event_source_mappings.values():
            if (mapping.function_arn, mapping.event_source_arn) == (function.function_arn, source):
                message = (
                    f'An event source mapping with Kinesis arn (" {source} ") and function (" {function.function_name} ") already '
                    f"exists. Please update or delete the existing mapping with UUID {mapping.uuid}"
                )
                raise Conflict("ResourceConflictException", message)
        return original(self, spec)

    LambdaBackend.create_event_source_mapping = create_event_source_mapping
