"""Where moto's Resource Groups Tagging API differs from what AWS documents, and what is done about it here.

See moto_s3.py for what GAPS and apply() are.
"""

GAPS = [
    ["Tagging GetResources", "does not know Kinesis, elastic IPs, VPC endpoints, event source mappings, policies and instance profiles", "mended"],
    ["Tagging GetResources", "the ARNs of flow logs say flow-logs instead of vpc-flow-log", "mended"],
    ["Tagging GetResources", "tells of buckets in every region", "mended"],
    ["Tagging GetResources", "what was deleted is gone from it at once", "open"],
    ["Tagging GetResources", "what was tagged is in it at once", "open"]
]

# Where AWS tells of what is global.
GLOBAL_REGION = "us-east-1"


def apply():
    from moto.core.resource_tagging import TaggedResource, make_tag_matcher, match_resource_type
    from moto.resourcegroupstaggingapi.models import ResourceGroupsTaggingAPIBackend

    original = ResourceGroupsTaggingAPIBackend._get_resources_generator

    def right(backend, resource):
        """The resource with the ARN that AWS gives it; None if it is not of this region."""
        if resource.resource_type == "s3:bucket":
            from moto.s3.models import s3_backends

            name = resource.arn.rsplit(":", 1)[-1]
            bucket = s3_backends[backend.account_id][backend.partition].buckets.get(name)
            return resource if bucket is not None and bucket.region_name == backend.region_name else None
        if resource.resource_type == "ec2:flow-logs":
            arn = resource.arn.replace(":flow-logs/", ":vpc-flow-log/")
            return TaggedResource(arn=arn, tags=resource.tags, resource_type="ec2:vpc-flow-log")
        return resource

    def _get_resources_generator(self, tag_filters=None, resource_type_filters=None, resource_arn_list=None):
        for resource in original(self, tag_filters, resource_type_filters, resource_arn_list):
            mended = right(self, resource)
            if mended is not None:
                yield mended
        if resource_arn_list:
            return
        matches = make_tag_matcher(tag_filters)
        for resource in missing(self, TaggedResource):
            if resource.tags and matches(resource.tags) and match_resource_type(
                resource.resource_type, resource_type_filters
            ):
                yield resource

    ResourceGroupsTaggingAPIBackend._get_resources_generator = _get_resources_generator


def missing(backend, tagged):
    """What moto has and does not tell of."""
    from moto.awslambda.models import lambda_backends
    from moto.ec2.models import ec2_backends
    from moto.iam.models import iam_backends
    from moto.kinesis.models import kinesis_backends

    account, region, partition = backend.account_id, backend.region_name, backend.partition

    def own(backends, key=region):
        # A service that the account has not used has nothing.
        return backends[account][key] if account in backends else None

    ec2 = own(ec2_backends)
    if ec2 is not None:
        prefix = f"arn:{partition}:ec2:{region}:{account}"
        for address in ec2.addresses:
            tags = dict(ec2.tags.get(address.allocation_id, {}))
            yield tagged(f"{prefix}:elastic-ip/{address.allocation_id}", tags, "ec2:elastic-ip")
        for endpoint in ec2.vpc_end_points.values():
            yield tagged(f"{prefix}:vpc-endpoint/{endpoint.id}", dict(ec2.tags.get(endpoint.id, {})), "ec2:vpc-endpoint")
    kinesis = own(kinesis_backends)
    for stream in kinesis.streams.values() if kinesis is not None else []:
        yield tagged(stream.arn, dict(stream.tags), "kinesis:stream")
    functions = own(lambda_backends)
    for mapping in functions._event_source_mappings.values() if functions is not None else []:
        arn = f"arn:{partition}:lambda:{region}:{account}:event-source-mapping:{mapping.uuid}"
        yield tagged(arn, dict(getattr(mapping, "tags", None) or {}), "lambda:event-source-mapping")
    iam = own(iam_backends, partition) if region == GLOBAL_REGION else None
    if iam is not None:
        for profile in iam.instance_profiles.values():
            yield tagged(profile.arn, flat(profile.tags), "iam:instance-profile")
        for policy in iam.managed_policies.values():
            yield tagged(policy.arn, flat(policy.tags), "iam:policy")


def flat(tags):
    """Tags as moto's IAM keeps them, by key or as a list."""
    if isinstance(tags, dict):
        return {key: tag["Value"] if isinstance(tag, dict) else tag for key, tag in tags.items()}
    return {tag["Key"]: tag["Value"] for tag in tags or []}
