"""The function's configuration: environment variables, and nothing else."""

import re
from dataclasses import dataclass

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
_TABLE = re.compile(r"[a-zA-Z0-9_.-]{3,255}")
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_SECRET = re.compile(r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:.+")


class ConfigurationError(Exception):
    """What is wrong with the environment variables, all of it."""


@dataclass(frozen=True)
class Settings:
    """What the function needs to know."""

    table_name: str
    bucket_name: str
    secret_arn: str
    log_level: str

    @classmethod
    def from_environment(cls, environment):
        """Reads TABLE_NAME, BUCKET_NAME, SECRET_ARN and LOG_LEVEL (default: INFO)."""
        problems = []

        def read(name, pattern, what):
            value = environment.get(name, "")
            if not value:
                problems.append(f"{name} is not set; it must be {what}")
            elif not pattern.fullmatch(value):
                problems.append(f"{name} is {value!r}, which is not {what}")
            return value

        table_name = read("TABLE_NAME", _TABLE, "the name of a DynamoDB table")
        bucket_name = read("BUCKET_NAME", _BUCKET, "the name of an S3 bucket")
        secret_arn = read("SECRET_ARN", _SECRET, "the ARN of a secret in Secrets Manager")
        log_level = environment.get("LOG_LEVEL", "") or "INFO"
        if log_level not in LEVELS:
            problems.append(f"LOG_LEVEL is {log_level!r}, which is not one of {', '.join(LEVELS)}")
        if problems:
            raise ConfigurationError("the function's environment variables are wrong: " + "; ".join(problems))
        return cls(table_name, bucket_name, secret_arn, log_level)
