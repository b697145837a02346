"""Lists everything that an account has, service by service and region by region, through boto3: other eyes than the engine's own.

Reads one request per line, {"environment": {…AWS_ variables…}, "regions": ["us-east-1"] or null for all}, and answers each with one line:
{"items": [{"service", "type", "id", "region", "state", "tags"}, …]}, or with {"error": text}. What AWS makes by itself (default VPCs and what they consist of, AWS's own
keys and aliases, service roles) is left out; a VPC's own main route table, network ACL and default group belong to the VPC.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

# Parsing the service models is what takes long; every session shares one loader.
LOADER = botocore.session.get_session().get_component("data_loader")
CONFIG = Config(s3={"addressing_style": "path"}, max_pool_connections=32, retries={"max_attempts": 3})


class Account:
    """The clients of some endpoints. Making them takes longer than asking, so they stay, and enter one account after another."""

    known = {}

    @classmethod
    def entered(cls, environment):
        endpoints = {name: url for name, url in environment.items() if name.startswith("AWS_ENDPOINT_URL")}
        key = tuple(sorted(endpoints.items()))
        if key not in cls.known:
            # Endpoints come and go with their emulators.
            cls.known = {key: cls(endpoints)}
        account = cls.known[key]
        credentials = account.session.get_credentials()
        credentials.access_key = environment["AWS_ACCESS_KEY_ID"]
        credentials.secret_key = environment["AWS_SECRET_ACCESS_KEY"]
        credentials.token = environment.get("AWS_SESSION_TOKEN")
        return account

    def __init__(self, endpoints):
        core = botocore.session.get_session()
        core.register_component("data_loader", LOADER)
        self.session = boto3.Session(aws_access_key_id="-", aws_secret_access_key="-", botocore_session=core)
        self.endpoints = endpoints
        self.clients = {}

    def client(self, service, region):
        if (service, region) not in self.clients:
            name = "AWS_ENDPOINT_URL_" + service.upper().replace("-", "_").replace(" ", "_")
            url = self.endpoints.get(name) or self.endpoints["AWS_ENDPOINT_URL"]
            self.clients[service, region] = self.session.client(service, region_name=region, endpoint_url=url, config=CONFIG)
        return self.clients[service, region]


def pairs(tags, key="Key", value="Value"):
    return {tag[key]: tag[value] for tag in tags or []}


def paginated(client, operation, items, **arguments):
    if client.can_paginate(operation):
        for page in client.get_paginator(operation).paginate(**arguments):
            yield from page.get(items) or []
    else:
        yield from getattr(client, operation)(**arguments).get(items) or []


def kms(client):
    for key in paginated(client, "list_keys", "Keys"):
        described = client.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        if described.get("KeyManager") == "AWS" or (described.get("Description") or "").startswith("Default key that protects"):
            continue
        tags = pairs(client.list_resource_tags(KeyId=key["KeyId"])["Tags"], "TagKey", "TagValue")
        yield "key", described["KeyId"], described["KeyState"], tags
    for alias in paginated(client, "list_aliases", "Aliases"):
        if not alias["AliasName"].startswith("alias/aws/") and alias.get("TargetKeyId"):
            state = client.describe_key(KeyId=alias["TargetKeyId"])["KeyMetadata"]["KeyState"]
            yield "alias", alias["AliasName"], state, {}


def s3(client):
    for bucket in client.list_buckets()["Buckets"]:
        try:
            tags = pairs(client.get_bucket_tagging(Bucket=bucket["Name"])["TagSet"])
        except ClientError:
            tags = {}
        yield "bucket", bucket["Name"], "", tags


def dynamodb(client):
    for name in paginated(client, "list_tables", "TableNames"):
        table = client.describe_table(TableName=name)["Table"]
        tags = pairs(client.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"])
        yield "table", name, table["TableStatus"], tags


def kinesis(client):
    for name in paginated(client, "list_streams", "StreamNames"):
        yield "stream", name, "", pairs(client.list_tags_for_stream(StreamName=name)["Tags"])


def secretsmanager(client):
    for secret in paginated(client, "list_secrets", "SecretList", IncludePlannedDeletion=True):
        is_replica = secret.get("PrimaryRegion", client.meta.region_name) != client.meta.region_name
        sort = "secret-replica" if is_replica else "secret"
        yield sort, secret["Name"], "deleted" if secret.get("DeletedDate") else "", pairs(secret.get("Tags"))


def lambda_(client):
    for function in paginated(client, "list_functions", "Functions"):
        tags = client.list_tags(Resource=function["FunctionArn"])["Tags"]
        yield "function", function["FunctionName"], "", tags
    for mapping in paginated(client, "list_event_source_mappings", "EventSourceMappings"):
        yield "mapping", mapping["UUID"], mapping.get("State", ""), {}


def logs(client):
    for group in paginated(client, "describe_log_groups", "logGroups"):
        name = group["logGroupName"]
        yield "log-group", name, "", client.list_tags_log_group(logGroupName=name)["tags"]


def iam(client):
    for role in paginated(client, "list_roles", "Roles"):
        if not role["Path"].startswith("/aws-service-role/"):
            yield "role", role["RoleName"], "", pairs(client.list_role_tags(RoleName=role["RoleName"])["Tags"])
    for policy in paginated(client, "list_policies", "Policies", Scope="Local"):
        yield "policy", policy["Arn"], "", pairs(client.list_policy_tags(PolicyArn=policy["Arn"])["Tags"])
    for profile in paginated(client, "list_instance_profiles", "InstanceProfiles"):
        tags = client.get_instance_profile(InstanceProfileName=profile["InstanceProfileName"])["InstanceProfile"].get("Tags")
        yield "instance-profile", profile["InstanceProfileName"], "", pairs(tags)


def ec2(client):
    default = {vpc["VpcId"] for vpc in paginated(client, "describe_vpcs", "Vpcs") if vpc.get("IsDefault")}

    def ours(operation, items, kind, id_, state=lambda item: "", skip=lambda item: False):
        for item in paginated(client, operation, items):
            if item.get("VpcId") not in default and not skip(item):
                yield kind, item[id_], state(item), pairs(item.get("Tags"))

    gone = {"deleted", "terminated"}
    main = lambda table: any(association.get("Main") for association in table["Associations"])
    yield from ours("describe_vpcs", "Vpcs", "vpc", "VpcId")
    yield from ours("describe_subnets", "Subnets", "subnet", "SubnetId")
    attached = lambda gateway: any(attachment["VpcId"] in default for attachment in gateway["Attachments"])
    yield from ours("describe_internet_gateways", "InternetGateways", "internet-gateway", "InternetGatewayId", skip=attached)
    yield from ours(
        "describe_nat_gateways", "NatGateways", "nat-gateway", "NatGatewayId", lambda item: item["State"], lambda item: item["State"] in gone
    )
    yield from ours("describe_addresses", "Addresses", "address", "AllocationId")
    yield from ours("describe_route_tables", "RouteTables", "route-table", "RouteTableId", skip=main)
    named_default = lambda group: group["GroupName"] == "default"
    yield from ours("describe_security_groups", "SecurityGroups", "security-group", "GroupId", skip=named_default)
    ended = lambda endpoint: endpoint["State"].lower() in gone
    yield from ours("describe_vpc_endpoints", "VpcEndpoints", "vpc-endpoint", "VpcEndpointId", skip=ended)
    yield from ours("describe_flow_logs", "FlowLogs", "flow-log", "FlowLogId")
    yield from ours("describe_volumes", "Volumes", "volume", "VolumeId", lambda volume: volume["State"])
    yield from ours("describe_network_interfaces", "NetworkInterfaces", "network-interface", "NetworkInterfaceId")
    for reservation in paginated(client, "describe_instances", "Reservations"):
        for instance in reservation["Instances"]:
            if instance["State"]["Name"] not in gone:
                yield "instance", instance["InstanceId"], instance["State"]["Name"], pairs(instance.get("Tags"))


REGIONAL = {
    "dynamodb": dynamodb,
    "ec2": ec2,
    "kinesis": kinesis,
    "kms": kms,
    "lambda": lambda_,
    "logs": logs,
    "secretsmanager": secretsmanager,
}
# Of these, one region answers for all.
GLOBAL = {"iam": iam, "s3": s3}


def inventory(request):
    account = Account.entered(request["environment"])
    home = "us-east-1"
    regions = request.get("regions") or [
        region["RegionName"] for region in account.client("ec2", home).describe_regions()["Regions"]
    ]
    places = [(service, home, "") for service in GLOBAL]
    places += [(service, region, region) for service in REGIONAL for region in regions]
    # Sessions are not made for several threads at once; clients are.
    clients = {(service, region): account.client(service, region) for service, region, _ in places}

    def listed(place):
        service, region, shown = place
        found = {**GLOBAL, **REGIONAL}[service](clients[service, region])
        return [
            {"service": service, "type": kind, "id": id_, "region": shown, "state": state, "tags": tags}
            for kind, id_, state, tags in found
        ]

    with ThreadPoolExecutor(16) as pool:
        return [item for items in pool.map(listed, places) for item in items]


for line in sys.stdin:
    try:
        answer = {"items": inventory(json.loads(line))}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer, default=str), flush=True)
