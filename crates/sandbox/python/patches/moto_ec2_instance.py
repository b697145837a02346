"""Where moto's EC2 instances, volumes and images differ from what AWS documents, and what is done about it here.

See moto_s3.py for what GAPS and apply() are.
"""

GAPS = [
    ["EC2 images", "there are none unless all 1,301 of moto's are loaded, each with a snapshot of the account; here those that SSM's public parameters for Amazon Linux name", "mended"],
    ["EC2 RunInstances with resolve:ssm:PARAMETER", "is no image", "mended"],
    ["EC2 RunInstances ClientToken, CreateVolume ClientToken", "the same request twice makes two", "mended"],
    ["EC2 RunInstances with a block device", "needs a size or a snapshot; IOPS and throughput are lost; the root volume is another one", "mended"],
    ["EC2 RunInstances", "termination protection and the tags of network interfaces are lost", "mended"],
    ["EC2 instances made with a network interface", "their SecurityGroups are empty", "mended"],
    ["EC2 ModifyInstanceAttribute Groups", "the network interface keeps the old groups too", "mended"],
    ["EC2 ModifyInstanceAttribute InstanceInitiatedShutdownBehavior", "not implemented: 500", "mended"],
    ["EC2 ModifyInstanceAttribute UserData", "must be encoded twice", "mended"],
    ["EC2 ModifyInstanceAttribute of type, user data and EBS optimisation", "is done while the instance runs", "mended"],
    ["EC2 ModifyInstanceMetadataOptions", "options that are not given are reset", "mended"],
    ["EC2 MonitorInstances, UnmonitorInstances", "not implemented: 500", "mended"],
    ["EC2 instance profiles", "one that does not exist is answered with IAM's NoSuchEntity, and one without a role is accepted", "mended"],
    ["EC2 ReplaceIamInstanceProfileAssociation", "the instance keeps the old profile", "mended"],
    ["EC2 TerminateInstances", "a second one is answered with an error about a network interface", "mended"],
    ["EC2 public addresses", "one that AWS assigned is told to be the account's", "mended"],
    ["EC2 ModifyVolume", "makes a volume smaller; gp3 has no throughput", "mended"],
    ["IAM CreateInstanceProfile", "the id does not begin with AIPA", "open"],
    ["EC2 instance states", "an instance runs, stops and is terminated at once", "open"],
    ["EC2 instances that are terminated", "still describe their network interface, and never disappear", "open"],
    ["EC2 RunInstances with a key pair that does not exist", "is accepted", "open"],
    ["EC2 volumes with a KMS key that does not exist or cannot be used", "are made", "open"],
    ["EC2 ModifyVolume", "is done at once, and as often as one likes", "open"]
]


def apply():
    mend_images()
    mend_launches()
    mend_tokens()
    mend_disks()
    mend_groups()
    mend_attributes()
    mend_monitoring()
    mend_profiles()
    mend_terminations()
    mend_addresses()
    mend_volumes()


def mend_images():
    """AWS: Amazon's images are in every account and region, and their snapshots are Amazon's."""
    import threading

    from moto.ec2.models import EC2Backend
    from moto.ec2.models.amis import Ami, AmiBackend
    from moto.utilities.utils import load_resource

    original_describe, original_run = AmiBackend.describe_images, EC2Backend.run_instances

    lock = threading.Lock()

    def load(backend):
        with lock:
            if backend.__dict__.get("amazon_images"):
                return
            try:
                images = load_resource(f"ec2/resources/latest_amis/{backend.region_name}.json")
            except FileNotFoundError:
                images = []
            for image in images:
                made = Ami(backend, **{**image, "owner_alias": "amazon"})
                backend.amis[made.id] = made
                # Its snapshot is told with the image, but is no thing of the account.
                backend.snapshots.pop(made.ebs_snapshot.id, None)
            backend.amazon_images = True

    def describe_images(self, *args, **kwargs):
        load(self)
        return original_describe(self, *args, **kwargs)

    # AWS: "resolve:ssm:" and the name of a parameter stand for the image that is the parameter's value.
    def run_instances(self, image_id, *args, **kwargs):
        from moto.ec2.exceptions import EC2ClientError
        from moto.ssm.models import ssm_backends

        if (image_id or "").startswith("resolve:ssm:"):
            name = image_id.removeprefix("resolve:ssm:")
            parameter = ssm_backends[self.account_id][self.region_name].get_parameters([name]).get(name)
            if parameter is None:
                raise EC2ClientError("InvalidParameterValue", f"We cannot find the parameter {name}.")
            image_id = parameter.value
        return original_run(self, image_id, *args, **kwargs)

    AmiBackend.describe_images = describe_images
    EC2Backend.run_instances = run_instances


def mend_tokens():
    """AWS: the same token and parameters answer with what was made first; the same token with others is refused."""
    import json
    import threading

    from moto.ec2.exceptions import EC2ClientError
    from moto.ec2.responses.elastic_block_store import ElasticBlockStore
    from moto.ec2.responses.instances import InstanceResponse

    lock = threading.RLock()

    def once(original):
        def call(self):
            token = self._get_param("ClientToken")
            if not token or self._get_param("DryRun", False):
                return original(self)
            asked = json.dumps(self.params, sort_keys=True, default=str)
            with lock:
                known = self.ec2_backend.__dict__.setdefault("client_tokens", {})
                key = (original.__name__, token)
                if key not in known:
                    known[key] = (asked, original(self))
                before, answer = known[key]
            if before != asked:
                message = "The client token has already been used with different parameters."
                raise EC2ClientError("IdempotentParameterMismatch", message)
            return answer

        return call

    InstanceResponse.run_instances = once(InstanceResponse.run_instances)
    ElasticBlockStore.create_volume = once(ElasticBlockStore.create_volume)


def mend_launches():
    """AWS: an instance has the termination protection, and its network interface the tags, that it is made with."""
    from moto.ec2.responses.instances import InstanceResponse

    original = InstanceResponse.run_instances

    def run_instances(self):
        answer = original(self)
        tags = self._parse_tag_specification().get("network-interface", {})
        for instance in answer.result.instances:
            instance.disable_api_termination = bool(self._get_param("DisableApiTermination", False))
            for interface in instance.nics.values():
                interface.add_tags(tags)
        return answer

    InstanceResponse.run_instances = run_instances


def mend_disks():
    """AWS: what is not said of a block device is the image's, and every image has a root device."""
    from moto.ec2.models import EC2Backend
    from moto.ec2.models.instances import Instance
    from moto.ec2.responses.instances import InstanceResponse

    original = EC2Backend.run_instances

    def parse(self):
        return self._get_param("BlockDeviceMappings", [])

    def attach(backend, instance, device, disk, tags):
        volume = backend.create_volume(
            size=disk.get("VolumeSize"),
            zone_name=instance.placement.zone,
            snapshot_id=disk.get("SnapshotId"),
            encrypted=bool(disk.get("Encrypted", False)),
            kms_key_id=disk.get("KmsKeyId"),
            volume_type=disk.get("VolumeType"),
            iops=disk.get("Iops"),
            throughput=disk.get("Throughput"),
        )
        volume.add_tags(tags)
        backend.attach_volume(volume.id, instance.id, device, bool(disk.get("DeleteOnTermination", True)))

    def run_instances(self, image_id, count, user_data, security_group_names, **kwargs):
        mappings = kwargs.pop("block_device_mappings", None)
        if mappings is None:
            return original(self, image_id, count, user_data, security_group_names, **kwargs)
        tags = (kwargs.get("tags") or {}).get("volume", {})
        kwargs["block_device_mappings"] = []
        reservation = original(self, image_id, count, user_data, security_group_names, **kwargs)
        for instance in reservation.instances:
            disks = {one["DeviceName"]: one.get("Ebs", {}) for one in mappings if "NoDevice" not in one}
            root = disks.pop(instance.root_device_name, {})
            image = next(iter(self.describe_images(filters={"image-id": [instance.image_id]})), None)
            size = image.block_device_mappings[0]["Ebs"]["VolumeSize"] if image else 8
            attach(self, instance, instance.root_device_name, {"VolumeSize": size, **root}, tags)
            for device, disk in disks.items():
                attach(self, instance, device, disk, tags)
        return reservation

    def setup_defaults(self):
        size = 8
        volume = self.ec2_backend.create_volume(size=size, zone_name=self._placement.zone)
        self.ec2_backend.attach_volume(volume.id, self.id, self.root_device_name, True)

    InstanceResponse._parse_block_device_mapping = parse
    EC2Backend.run_instances = run_instances
    Instance.setup_defaults = setup_defaults


def mend_groups():
    """AWS: the groups of an instance are those of its primary network interface."""
    from moto.ec2.models.instances import Instance, InstanceBackend

    original_prepare, original_modify = Instance.prep_nics, InstanceBackend.modify_instance_security_groups

    def prep_nics(self, *args, **kwargs):
        original_prepare(self, *args, **kwargs)
        if 0 in self.nics:
            self.security_groups = list(self.nics[0]._group_set)

    def modify_instance_security_groups(self, instance_id, new_group_id_list):
        from moto.ec2.exceptions import InvalidSecurityGroupNotFoundError

        for group in new_group_id_list:
            if self.get_security_group_from_id(group) is None:
                raise InvalidSecurityGroupNotFoundError(group)
        instance = original_modify(self, instance_id, new_group_id_list)
        if 0 in instance.nics:
            instance.nics[0]._group_set = list(instance.security_groups)
        return instance

    Instance.prep_nics = prep_nics
    InstanceBackend.modify_instance_security_groups = modify_instance_security_groups


def mend_attributes():
    from moto.core.responses import EmptyResult
    from moto.core.types import Base64EncodedString
    from moto.ec2.exceptions import EC2ClientError
    from moto.ec2.models.instances import InstanceBackend
    from moto.ec2.responses.instances import InstanceResponse

    original_modify = InstanceResponse.modify_instance_attribute
    original_options = InstanceBackend.modify_instance_metadata_options

    def modify_instance_attribute(self):
        instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
        # AWS: these change only while the instance is stopped.
        if instance.state != "stopped" and any(
            self._get_param(f"{name}.Value") is not None for name in ("InstanceType", "UserData", "EbsOptimized")
        ):
            raise EC2ClientError(
                "IncorrectInstanceState", f"The instance '{instance.id}' is not in the 'stopped' state."
            )
        # AWS: a blob, which the SDKs encode; what moto has here is decoded already.
        data = self._get_param("UserData.Value")
        if isinstance(data, bytes):
            self.error_on_dryrun()
            instance.user_data = Base64EncodedString.from_raw_bytes(data)
            return EmptyResult()
        behavior = self._get_param("InstanceInitiatedShutdownBehavior.Value")
        if behavior is not None:
            self.error_on_dryrun()
            instance.instance_initiated_shutdown_behavior = behavior
            return EmptyResult()
        return original_modify(self)

    # AWS: what is not given stays.
    def modify_instance_metadata_options(self, instance_id, **given):
        before = self.get_instance(instance_id).metadata_options
        now = {
            "http_tokens": before.http_tokens,
            "hop_limit": before.http_put_response_hop_limit,
            "http_endpoint": before.http_endpoint,
            "http_protocol": before.http_protocol_ipv6,
            "metadata_tags": before.instance_metadata_tags,
        }
        now.update({name: value for name, value in given.items() if value is not None})
        return original_options(self, instance_id, **now)

    InstanceResponse.modify_instance_attribute = modify_instance_attribute
    InstanceBackend.modify_instance_metadata_options = modify_instance_metadata_options


def mend_monitoring():
    from moto.core.responses import ActionResult
    from moto.ec2.responses.monitoring import Monitoring

    # AWS: answers with the state that monitoring goes through; moto's instances are there at once.
    def switch(self, state, passing):
        self.error_on_dryrun()
        instances = self.ec2_backend.get_multi_instances_by_id(self._get_param("InstanceIds", []))
        for instance in instances:
            instance.monitoring_state = state
        told = [{"InstanceId": instance.id, "Monitoring": {"State": passing}} for instance in instances]
        return ActionResult({"InstanceMonitorings": told})

    Monitoring.monitor_instances = lambda self: switch(self, "enabled", "pending")
    Monitoring.unmonitor_instances = lambda self: switch(self, "disabled", "disabling")


def mend_profiles():
    from moto.ec2 import utils
    from moto.ec2.exceptions import EC2ClientError
    from moto.ec2.models import iam_instance_profile as models
    from moto.ec2.responses import instances as responses
    from moto.iam.exceptions import NotFoundException

    original = utils.filter_iam_instance_profiles

    # AWS: an unknown profile is an invalid value of EC2's own parameter, and one without a role cannot be used.
    def filter_iam_instance_profiles(account_id, partition, iam_instance_profile_arn, iam_instance_profile_name):
        part, value = "arn", iam_instance_profile_arn
        if iam_instance_profile_name:
            part, value = "name", iam_instance_profile_name
        try:
            profile = original(account_id, partition, iam_instance_profile_arn, iam_instance_profile_name)
        except NotFoundException:
            profile = None
        if profile is None:
            message = (
                f"Value ({value}) for parameter iamInstanceProfile.{part} is invalid. "
                f"Invalid IAM Instance Profile {'ARN' if part == 'arn' else 'name'}"
            )
            raise EC2ClientError("InvalidParameterValue", message)
        if not profile.roles:
            message = f'IAM Instance Profile "{profile.arn}" has no associated IAM Roles'
            raise EC2ClientError("InvalidParameterValue", message)
        return profile

    models.filter_iam_instance_profiles = filter_iam_instance_profiles
    responses.filter_iam_instance_profiles = filter_iam_instance_profiles

    backend = models.IamInstanceProfileAssociationBackend
    original_replace = backend.replace_iam_instance_profile_association

    # AWS: the instance has the new profile.
    def replace_iam_instance_profile_association(self, *args, **kwargs):
        association = original_replace(self, *args, **kwargs)
        profile = {"Arn": association.iam_instance_profile.arn, "Id": association.association_id}
        self.modify_instance_attribute(association.instance_id, "iam_instance_profile", profile)
        return association

    backend.replace_iam_instance_profile_association = replace_iam_instance_profile_association


def mend_terminations():
    import copy

    from moto.ec2.models.instances import Instance

    original = Instance.terminate

    # AWS: terminating twice does no harm.
    def terminate(self):
        if self.state == "terminated":
            return copy.copy(self._state)
        return original(self)

    Instance.terminate = terminate


def mend_addresses():
    from moto.ec2.models.elastic_network_interfaces import NetworkInterface

    original = NetworkInterface.association.fget

    # AWS: an address that is no Elastic IP belongs to Amazon.
    def association(self):
        told = original(self)
        if told and "allocationId" not in told:
            told["ipOwnerId"] = "amazon"
        return told

    NetworkInterface.association = property(association)


def mend_volumes():
    from moto.ec2.exceptions import EC2ClientError
    from moto.ec2.models.elastic_block_store import Volume

    original_init, original_modify = Volume.__init__, Volume.modify

    # AWS: gp3 has 125 MiB/s unless another throughput is asked for.
    def __init__(self, *args, **kwargs):
        original_init(self, *args, **kwargs)
        if self.volume_type == "gp3" and not self.throughput:
            self.throughput = 125

    # AWS: a volume only grows.
    def modify(self, target_size=None, *args, **kwargs):
        if target_size and target_size < self.size:
            raise EC2ClientError("InvalidParameterValue", "New size cannot be smaller than existing size")
        return original_modify(self, target_size, *args, **kwargs)

    Volume.__init__ = __init__
    Volume.modify = modify
