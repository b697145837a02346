"""Where moto as a whole, and its STS, differ from what AWS documents, and what is done about it here.

See moto_s3.py for what GAPS and apply() are.
"""

GAPS = [
    ["STS account of an access key", "an access key that moto did not make belongs to account 123456789012; here a 12-digit access key id is the account, as on MiniStack", "mended"],
    ["STS GetCallerIdentity", "the caller is arn:aws:sts::ACCOUNT:user/moto, which is no ARN of AWS", "mended"],
    ["every API", "all is forgotten when moto stops", "open"],
    ["CloudFormation, API Gateway, Cognito", "moto's packages for them are not installed: 500", "open"],
    ["an operation that is not implemented", "answers 500 with an HTML page instead of an AWS error", "open"],
    ["every API", "no throttling, no eventual consistency, and nearly no state transitions: what is made is there at once", "open"],
    ["client tokens", "not honoured: the same request twice makes two", "open"]
]


def apply():
    mend_accounts()
    mend_caller_identity()


def is_account(access_key):
    return len(access_key) == 12 and access_key.isdigit()


def mend_accounts():
    import re

    from moto.core.responses import BaseResponse
    from moto.iam import models

    # moto sees only access keys of 20 characters.
    BaseResponse.access_key_regex = re.compile(
        r"AWS.*(?<![A-Z0-9])(?P<access_key>[A-Z0-9]{20}|[0-9]{12})(?![A-Z0-9])[:/]"
    )

    original = models.get_account_id_from

    # AWS: the account is that of the credentials. Nobody made any for this one, so the id names the account.
    def get_account_id_from(access_key):
        return access_key if is_account(access_key) else original(access_key)

    models.get_account_id_from = get_account_id_from


def mend_caller_identity():
    from moto.sts.models import STSBackend

    original = STSBackend.get_caller_identity

    # AWS: who has an account's own credentials is its root user, whose user id is the account.
    def get_caller_identity(self, access_key_id, region):
        if is_account(access_key_id):
            return access_key_id, f"arn:{self.partition}:iam::{access_key_id}:root", access_key_id
        return original(self, access_key_id, region)

    STSBackend.get_caller_identity = get_caller_identity
