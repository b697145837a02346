"""Becomes the function's role and tries what it is told to, on the pipeline's own resources and on others.

Reads {"environment", "rows": [[action, its, another, parameters]], "simulated": […the same]} from standard input; prints
[[action, whose resource, expected, answer]]. An answer is "allowed", "refused", or the error that came instead.
"""

import base64
import json
import string
import sys

import boto3
from botocore import xform_name
from botocore.exceptions import ClientError

REGION = "us-east-1"

# Where the operation is not named like the action that it takes.
OPERATIONS = {
    "lambda:InvokeFunction": "Invoke",
    "s3:ListAllMyBuckets": "ListBuckets",
    "s3:ListBucket": "ListObjectsV2",
}


def main():
    told = json.load(sys.stdin)
    root = boto3.Session(region_name=REGION)
    names = resources(root, told["environment"])
    role_arn = names["its"]["role_arn"]
    role = assume(root, role_arn)
    answers = []
    for rows, attempt in [
        (told["rows"], lambda action, parameters: attempted(role, action, parameters)),
        (told["simulated"], lambda action, resource: simulated(root, role_arn, action, resource)),
    ]:
        for action, its, another, template in rows:
            for whose, expected in [("its", its), ("another", another)]:
                answer = attempt(action, string.Template(template).substitute(names[whose]))
                answers.append([action, whose, expected, answer])
    print(json.dumps(answers))


def resources(root, environment):
    """The names of the pipeline's resources, and of others in the same account, which are made here."""
    kinesis, dynamodb, s3, secrets = (root.client(name) for name in ["kinesis", "dynamodb", "s3", "secretsmanager"])
    kms, logs, iam = (root.client(name) for name in ["kms", "logs", "iam"])
    account = root.client("sts").get_caller_identity()["Account"]
    prefix = f"acme-{environment}"
    trust = iam.get_role(RoleName=f"{prefix}-processor")["Role"]["AssumeRolePolicyDocument"]

    kinesis.create_stream(StreamName="another", ShardCount=1)
    dynamodb.create_table(
        TableName="another",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    s3.create_bucket(Bucket=f"another-{account}")
    secrets.create_secret(Name="another", SecretString="another")
    logs.create_log_group(logGroupName="another")
    # Trusted like the function's: only its permissions keep the function's role from it.
    iam.create_role(RoleName="another", AssumeRolePolicyDocument=json.dumps(trust))
    key = kms.create_key()["KeyMetadata"]["KeyId"]

    its = {
        "stream": f"{prefix}-events",
        "table": f"{prefix}-records",
        "bucket": f"{prefix}-data-{account}",
        "state_bucket": f"{prefix}-state-{account}",
        "lock_table": f"{prefix}-lock",
        "secret": f"{prefix}-pipeline",
        "group": f"/aws/lambda/{prefix}-processor",
        "role": f"{prefix}-processor",
        "function": f"{prefix}-processor",
        "key": kms.describe_key(KeyId=f"alias/{prefix}-secrets")["KeyMetadata"]["KeyId"],
    }
    another = dict.fromkeys(its, "another") | {"key": key}
    another["bucket"] = another["state_bucket"] = f"another-{account}"
    for names in [its, another]:
        stream = kinesis.describe_stream(StreamName=names["stream"])["StreamDescription"]
        shard = stream["Shards"][0]["ShardId"]
        position = dict(StreamName=names["stream"], ShardId=shard, ShardIteratorType="TRIM_HORIZON")
        names |= {
            "account": account,
            "shard": shard,
            "stream_arn": stream["StreamARN"],
            "role_arn": f"arn:aws:iam::{account}:role/{names['role']}",
            "iterator": kinesis.get_shard_iterator(**position)["ShardIterator"],
            "upload": s3.create_multipart_upload(Bucket=names["bucket"], Key="probe")["UploadId"],
            "ciphertext": base64.b64encode(kms.encrypt(KeyId=names["key"], Plaintext=b"a")["CiphertextBlob"]).decode(),
        }
    return {"its": its, "another": another}


def assume(root, role_arn):
    """The role as the function has it. On AWS only Lambda can; here an account's root may stand for any service."""
    credentials = root.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="probe")["Credentials"]
    session = boto3.Session(
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
        region_name=REGION,
    )

    # As if TLS ended at a proxy in front: the buckets' policies refuse everything else.
    def encrypted(request, **_):
        request.headers["X-Forwarded-Proto"] = "https"

    session.events.register("before-send", encrypted)
    return session


def attempted(role, action, parameters):
    service, operation = action.split(":")
    parameters = json.loads(parameters)
    if "CiphertextBlob" in parameters:
        parameters["CiphertextBlob"] = base64.b64decode(parameters["CiphertextBlob"])
    try:
        getattr(role.client(service), xform_name(OPERATIONS.get(action, operation)))(**parameters)
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
        # Refused for this action, and not for something else that the call also takes.
        denied = code in ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")
        if denied and f"perform: {action} " in message:
            return "refused"
        return f"{code}: {message}"
    return "allowed"


def simulated(root, role_arn, action, resource):
    answer = root.client("iam").simulate_principal_policy(
        PolicySourceArn=role_arn, ActionNames=[action], ResourceArns=[resource]
    )["EvaluationResults"][0]["EvalDecision"]
    return {"allowed": "allowed", "implicitDeny": "refused"}.get(answer, answer)


if __name__ == "__main__":
    main()
