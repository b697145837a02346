"""What somebody may do to dev by hand: each a function under the name by which the test knows it.

Called with the account and the names of what is to be done.
"""

import io
import json
import sys
import zipfile

import boto3

CHANGES = {}


def change(name):
    def remember(function):
        CHANGES[name] = function

    return remember


def client(service, region="us-east-1"):
    return boto3.client(service, region_name=region)


ACCOUNT, NAMES = sys.argv[1], sys.argv[2:]
dynamodb, ec2, iam, kinesis = client("dynamodb"), client("ec2"), client("iam"), client("kinesis")
kms, function, logs, s3, secrets = client("kms"), client("lambda"), client("logs"), client("s3"), client("secretsmanager")
# The other region.
dr = {service: client(service, "us-west-2") for service in ("dynamodb", "kms", "s3")}


def bucket(name):
    return f"acme-dev-{name}-{ACCOUNT}"


def key(name, kms=kms):
    return kms.describe_key(KeyId=f"alias/acme-dev-{name}")["KeyMetadata"]["KeyId"]


def named(name):
    return [{"Name": "tag:Name", "Values": [f"acme-dev{name}"]}]


def vpc():
    return ec2.describe_vpcs(Filters=named(""))["Vpcs"][0]["VpcId"]


def subnet(name):
    return ec2.describe_subnets(Filters=named(f"-{name}"))["Subnets"][0]["SubnetId"]


def table(name):
    return ec2.describe_route_tables(Filters=named(f"-{name}"))["RouteTables"][0]


def group(name):
    return ec2.describe_security_groups(Filters=named(f"-{name}"))["SecurityGroups"][0]


def instance():
    return ec2.describe_instances(Filters=named("-worker"))["Reservations"][0]["Instances"][0]["InstanceId"]


def policy(**statement):
    statement = {"Effect": "Allow", **statement}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def tag(resource, name, value):
    ec2.create_tags(Resources=[resource], Tags=[{"Key": name, "Value": value}])


@change("public access unblocked")
def _():
    s3.delete_public_access_block(Bucket=bucket("data"))


@change("default encryption with S3's own key")
def _():
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    s3.put_bucket_encryption(Bucket=bucket("reports"), ServerSideEncryptionConfiguration={"Rules": [rule]})


@change("versioning suspended")
def _():
    # Of a replica: S3 refuses to suspend that of a bucket that is replicated.
    dr["s3"].put_bucket_versioning(Bucket=bucket("data-dr"), VersioningConfiguration={"Status": "Suspended"})


@change("lifecycle deleted")
def _():
    dr["s3"].delete_bucket_lifecycle(Bucket=bucket("reports-dr"))


@change("access logging off")
def _():
    s3.put_bucket_logging(Bucket=bucket("state"), BucketLoggingStatus={})


@change("replication rule disabled")
def _():
    rules = s3.get_bucket_replication(Bucket=bucket("access-logs"))["ReplicationConfiguration"]
    rules["Rules"][0]["Status"] = "Disabled"
    s3.put_bucket_replication(Bucket=bucket("access-logs"), ReplicationConfiguration=rules)


@change("bucket policy deleted")
def _():
    dr["s3"].delete_bucket_policy(Bucket=bucket("state-dr"))


@change("bucket tagged")
def _():
    tags = s3.get_bucket_tagging(Bucket=bucket("access-logs"))["TagSet"]
    tags.append({"Key": "Owner", "Value": "somebody"})
    s3.put_bucket_tagging(Bucket=bucket("access-logs"), Tagging={"TagSet": tags})


@change("rotation off")
def _():
    kms.disable_key_rotation(KeyId=key("s3"))


@change("key policy opened")
def _():
    document = json.loads(kms.get_key_policy(KeyId=key("dynamodb"), PolicyName="default")["Policy"])
    document["Statement"].append(
        {"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}
    )
    kms.put_key_policy(KeyId=key("dynamodb"), PolicyName="default", Policy=json.dumps(document))


@change("key disabled")
def _():
    kms.disable_key(KeyId=key("volumes"))


@change("key described otherwise")
def _():
    kms.update_key_description(KeyId=key("kinesis"), Description="something else")


@change("replica key disabled")
def _():
    dr["kms"].disable_key(KeyId=key("s3", dr["kms"]))


@change("table tagged otherwise")
def _():
    arn = dynamodb.describe_table(TableName="acme-dev-records")["Table"]["TableArn"]
    dynamodb.tag_resource(ResourceArn=arn, Tags=[{"Key": "Project", "Value": "other"}])


@change("point-in-time recovery off")
def _():
    off = {"PointInTimeRecoveryEnabled": False}
    dynamodb.update_continuous_backups(TableName="acme-dev-records", PointInTimeRecoverySpecification=off)


@change("table deleted")
def _():
    dr["dynamodb"].update_table(TableName="acme-dev-lock", DeletionProtectionEnabled=False)
    dr["dynamodb"].delete_table(TableName="acme-dev-lock")


@change("retention of the stream shortened")
def _():
    kinesis.decrease_stream_retention_period(StreamName="acme-dev-events", RetentionPeriodHours=24)


@change("encryption of the stream off")
def _():
    kinesis.stop_stream_encryption(
        StreamName="acme-dev-events", EncryptionType="KMS", KeyId="alias/acme-dev-kinesis"
    )


@change("retention of logs shortened")
def _():
    logs.put_retention_policy(logGroupName="/aws/vpc/acme-dev", retentionInDays=30)


@change("function given more memory")
def _():
    function.update_function_configuration(FunctionName="acme-dev-processor", MemorySize=1024)


@change("function's code replaced")
def _():
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("handler.py", "def handler(event, context): return {}")
    function.update_function_code(FunctionName="acme-dev-processor", ZipFile=package.getvalue())


@change("mapping slowed down")
def _():
    [mapping] = function.list_event_source_mappings(FunctionName="acme-dev-processor")["EventSourceMappings"]
    function.update_event_source_mapping(UUID=mapping["UUID"], BatchSize=7)


@change("secret described otherwise")
def _():
    secrets.update_secret(SecretId="acme-dev-pipeline", Description="something else")


@change("role's policy widened")
def _():
    everything = policy(Action="*", Resource="*")
    iam.put_role_policy(RoleName="acme-dev-processor", PolicyName="more", PolicyDocument=everything)


@change("administrator's policy attached")
def _():
    administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
    iam.attach_role_policy(RoleName="acme-dev-worker", PolicyArn=administrator)


@change("role trusts everybody")
def _():
    everybody = policy(Action="sts:AssumeRole", Principal={"AWS": "*"})
    iam.update_assume_role_policy(RoleName="acme-dev-auditor", PolicyDocument=everybody)


@change("role deleted")
def _():
    for name in iam.list_role_policies(RoleName="acme-dev-flow-logs")["PolicyNames"]:
        iam.delete_role_policy(RoleName="acme-dev-flow-logs", PolicyName=name)
    iam.delete_role(RoleName="acme-dev-flow-logs")


@change("profile emptied")
def _():
    iam.remove_role_from_instance_profile(InstanceProfileName="acme-dev-worker", RoleName="acme-dev-worker")


@change("managed policy widened")
def _():
    arn = f"arn:aws:iam::{ACCOUNT}:policy/acme-dev-readers"
    everything = policy(Action="s3:*", Resource="*")
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=everything, SetAsDefault=True)


@change("metadata without a token")
def _():
    ec2.modify_instance_metadata_options(InstanceId=instance(), HttpTokens="optional")


@change("monitoring off")
def _():
    ec2.unmonitor_instances(InstanceIds=[instance()])


@change("port opened to the world")
def _():
    world = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=group("worker")["GroupId"], IpPermissions=[world])


@change("rule revoked")
def _():
    endpoints = group("endpoints")
    ec2.revoke_security_group_ingress(
        GroupId=endpoints["GroupId"], IpPermissions=endpoints["IpPermissions"]
    )


@change("route deleted")
def _():
    ec2.delete_route(RouteTableId=table("private-a")["RouteTableId"], DestinationCidrBlock="0.0.0.0/0")


@change("subnet taken from its route table")
def _():
    [association] = table("private-b")["Associations"]
    ec2.disassociate_route_table(AssociationId=association["RouteTableAssociationId"])


@change("public addresses by default")
def _():
    ec2.modify_subnet_attribute(SubnetId=subnet("private-a"), MapPublicIpOnLaunch={"Value": True})


@change("names in the VPC off")
def _():
    ec2.modify_vpc_attribute(VpcId=vpc(), EnableDnsHostnames={"Value": False})


@change("flow log deleted")
def _():
    ec2.delete_flow_logs(FlowLogIds=[log["FlowLogId"] for log in ec2.describe_flow_logs()["FlowLogs"]])


@change("endpoint's policy narrowed")
def _():
    service = [{"Name": "service-name", "Values": ["com.amazonaws.us-east-1.s3"]}]
    [endpoint] = ec2.describe_vpc_endpoints(Filters=service)["VpcEndpoints"]
    reading = policy(Principal="*", Action="s3:GetObject", Resource="*")
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint["VpcEndpointId"], PolicyDocument=reading)


@change("internet gateway renamed")
def _():
    [gateway] = ec2.describe_internet_gateways(Filters=named(""))["InternetGateways"]
    tag(gateway["InternetGatewayId"], "Name", "other")


@change("address tagged otherwise")
def _():
    tag(ec2.describe_addresses()["Addresses"][0]["AllocationId"], "Project", "other")


@change("NAT gateway tagged")
def _():
    tag(ec2.describe_nat_gateways()["NatGateways"][0]["NatGatewayId"], "Extra", "x")


for name in NAMES or CHANGES:
    CHANGES[name]()
print(json.dumps(list(NAMES or CHANGES)))
