"""Where moto's VPCs, subnets, internet gateways and Elastic IP addresses differ from what AWS documents, and what is done about it here.

See moto_s3.py for what GAPS and apply() are.
"""

GAPS = [
    ["EC2 CreateVpc", "the default security group lets nothing in from itself", "mended"],
    ["EC2 CreateVpc, CreateSubnet", "a block with bits beyond its prefix is kept as it is", "open"],
    ["EC2 ModifyVpcAttribute", "DNS hostnames can be turned on without DNS support", "mended"],
    ["EC2 DeleteVpc of a VPC that has gateways, endpoints, security groups, network ACLs or network interfaces", "is accepted", "mended"],
    ["EC2 DeleteVpc", "the network ACL that came with the VPC stays", "mended"],
    ["EC2 CreateSubnet", "the first subnet of an availability zone is its default one, and gives public addresses", "mended"],
    ["EC2 CreateSubnet", "availability zones of other regions are accepted", "mended"],
    ["EC2 ModifySubnetAttribute", "PrivateDnsHostnameTypeOnLaunch is lost", "mended"],
    ["EC2 DeleteSubnet of a subnet that has network interfaces", "is accepted", "mended"],
    ["EC2 AttachInternetGateway to a VPC that has another", "is accepted", "mended"],
    ["EC2 DetachInternetGateway from a VPC in which something has a public address", "is accepted", "mended"],
    ["EC2 AllocateAddress, DescribeAddresses", "network border group and pool are lost", "mended"],
    ["EC2 ReleaseAddress of an address in use", "is accepted", "mended"],
    ["EC2 VPCs, subnets, internet gateways, addresses", "no quotas", "open"]
]


def apply():
    mend_vpcs()
    mend_subnets()
    mend_internet_gateways()
    mend_addresses()


def interfaces(backend, is_among):
    """The network interfaces that are there: those of an instance go with it, which moto only does if it is told."""

    def is_there(eni):
        return not eni.instance or eni.instance._state.name != "terminated"

    return [eni for eni in list(backend.enis.values()) if is_there(eni) and is_among(eni)]


def refuse_while_used(what, used):
    from moto.ec2.exceptions import DependencyViolationError

    if used:
        raise DependencyViolationError(f"{what} has dependencies and cannot be deleted.")


def mend_vpcs():
    from moto.ec2.exceptions import EC2ClientError
    from moto.ec2.models import EC2Backend
    from moto.ec2.models.security_groups import SecurityGroupRule

    original_create = EC2Backend.create_vpc

    # AWS: the default security group of a VPC "allows inbound traffic from all resources that are assigned to the security group".
    def create_vpc(self, *args, **kwargs):
        vpc = original_create(self, *args, **kwargs)
        group = self.get_default_security_group(vpc.id)
        itself = {"GroupId": group.id, "UserId": self.account_id, "OwnerId": self.account_id}
        rule = SecurityGroupRule(self, "-1", group.id, None, None, None, itself, is_egress=False)
        group.ingress_rules.append(rule)
        return vpc

    original_modify = EC2Backend.modify_vpc_attribute

    # AWS: "You can only enable DNS hostnames if you've enabled DNS support."
    def modify_vpc_attribute(self, vpc_id, attr_name, attr_value):
        if attr_name == "enable_dns_hostnames" and attr_value and not self.get_vpc(vpc_id).enable_dns_support:
            raise EC2ClientError("InvalidParameterValue", "DNS hostnames can only be enabled if DNS support is enabled.")
        return original_modify(self, vpc_id, attr_name, attr_value)

    original_delete = EC2Backend.delete_vpc

    # AWS: "you must detach or delete all gateways and resources that are associated with the VPC before you can delete it",
    # which takes what was made with it along: the main route table, the default network ACL and security group.
    def delete_vpc(self, vpc_id):
        self.get_vpc(vpc_id)
        acls = [acl for acl in self.network_acls.values() if acl.vpc_id == vpc_id]
        used = [
            *(gateway for gateway in self.internet_gateways.values() if gateway.vpc and gateway.vpc.id == vpc_id),
            *(gateway for gateway in self.egress_only_internet_gateways.values() if gateway.vpc_id == vpc_id),
            *(one for one in self.vpc_end_points.values() if one.vpc_id == vpc_id and one.state != "deleted"),
            *(group for group in self.groups[vpc_id].values() if not group.is_default),
            *(acl for acl in acls if str(acl.default).lower() != "true"),
            *interfaces(self, lambda eni: eni.vpc_id == vpc_id),
        ]
        refuse_while_used(f"The vpc '{vpc_id}'", used)
        vpc = original_delete(self, vpc_id)
        for acl in acls:
            self.network_acls.pop(acl.id, None)
        return vpc

    EC2Backend.create_vpc = create_vpc
    EC2Backend.modify_vpc_attribute = modify_vpc_attribute
    EC2Backend.delete_vpc = delete_vpc


def mend_subnets():
    from moto.ec2.exceptions import InvalidAvailabilityZoneError
    from moto.ec2.models import EC2Backend
    from moto.ec2.responses.subnets import Subnets

    original_create = EC2Backend.create_subnet

    # AWS: "Nondefault subnets have the IPv4 public addressing attribute set to false, and default subnets have this attribute set
    # to true"; and a subnet is in a zone of its region.
    def create_subnet(self, vpc_id, cidr_block, ipv6_cidr_block=None, availability_zone=None, *args, **kwargs):
        zones = [zone.name for zone in self.describe_availability_zones()]
        if availability_zone and zones and availability_zone not in zones:
            raise InvalidAvailabilityZoneError(availability_zone, ", ".join(zones))
        subnet = original_create(self, vpc_id, cidr_block, ipv6_cidr_block, availability_zone, *args, **kwargs)
        subnet.default_for_az = subnet.map_public_ip_on_launch = False
        return subnet

    original_default = EC2Backend.create_default_subnet

    def create_default_subnet(self, availability_zone):
        subnet = original_default(self, availability_zone)
        subnet.default_for_az = subnet.map_public_ip_on_launch = True
        return subnet

    original_modify = Subnets.modify_subnet_attribute

    def modify_subnet_attribute(self):
        hostnames = self._get_param("PrivateDnsHostnameTypeOnLaunch")
        if hostnames is not None:
            subnet = self.ec2_backend.get_subnet(self._get_param("SubnetId"))
            subnet.private_dns_name_options_on_launch["HostnameType"] = hostnames
        return original_modify(self)

    original_delete = EC2Backend.delete_subnet

    # AWS: "You must terminate all running instances in the subnet before you can delete the subnet", and whatever else has a
    # network interface there.
    def delete_subnet(self, subnet_id):
        self.get_subnet(subnet_id)
        refuse_while_used(f"The subnet '{subnet_id}'", interfaces(self, lambda eni: eni.subnet.id == subnet_id))
        return original_delete(self, subnet_id)

    EC2Backend.create_subnet = create_subnet
    EC2Backend.create_default_subnet = create_default_subnet
    EC2Backend.delete_subnet = delete_subnet
    Subnets.modify_subnet_attribute = modify_subnet_attribute


def mend_internet_gateways():
    from moto.ec2.exceptions import DependencyViolationError, EC2ClientError
    from moto.ec2.models import EC2Backend

    original_attach = EC2Backend.attach_internet_gateway

    # AWS: a VPC has one internet gateway.
    def attach_internet_gateway(self, internet_gateway_id, vpc_id):
        gateway = self.get_internet_gateway(internet_gateway_id)
        others = (other for other in self.internet_gateways.values() if other is not gateway)
        if not gateway.vpc and any(other.vpc and other.vpc.id == vpc_id for other in others):
            message = f"Network {vpc_id} already has an internet gateway attached"
            raise EC2ClientError("InvalidParameterValue", message)
        return original_attach(self, internet_gateway_id, vpc_id)

    original_detach = EC2Backend.detach_internet_gateway

    # AWS: "The VPC must not contain any running instances with Elastic IP addresses or public IPv4 addresses."
    def detach_internet_gateway(self, internet_gateway_id, vpc_id):
        if interfaces(self, lambda eni: eni.vpc_id == vpc_id and eni.public_ip):
            raise DependencyViolationError(
                f"Network {vpc_id} has some mapped public address(es). "
                "Please unmap those public address(es) before detaching the gateway."
            )
        return original_detach(self, internet_gateway_id, vpc_id)

    EC2Backend.attach_internet_gateway = attach_internet_gateway
    EC2Backend.detach_internet_gateway = detach_internet_gateway


def mend_addresses():
    from moto.ec2.exceptions import EC2ClientError
    from moto.ec2.models import EC2Backend
    from moto.ec2.models.elastic_ip_addresses import ElasticAddress
    from moto.ec2.responses.elastic_ip_addresses import ElasticIPAddresses

    # AWS: an address is advertised from the region and of Amazon's pool unless said otherwise, and tells both.
    ElasticAddress.network_border_group = property(
        lambda self: self.__dict__.get("border_group") or self.ec2_backend.region_name
    )
    ElasticAddress.public_ipv4_pool = property(lambda self: self.__dict__.get("pool") or "amazon")

    original_allocate = ElasticIPAddresses.allocate_address

    def allocate_address(self):
        answer = original_allocate(self)
        [address] = self.ec2_backend.address_by_allocation([answer.result["AllocationId"]])
        address.border_group = self._get_param("NetworkBorderGroup")
        address.pool = self._get_param("PublicIpv4Pool")
        answer.result["NetworkBorderGroup"] = address.network_border_group
        answer.result["PublicIpv4Pool"] = address.public_ipv4_pool
        return answer

    original_release = EC2Backend.release_address

    # AWS: "you must disassociate the Elastic IP address before you can release it. Otherwise, Amazon EC2 returns an error
    # (InvalidIPAddress.InUse)." Of one that a NAT gateway has, it says that nobody may touch it.
    def release_address(self, address=None, allocation_id=None):
        [eip] = self.address_by_ip([address]) if address else self.address_by_allocation([allocation_id])
        if eip.eni is not None and interfaces(self, lambda eni: eni.id == eip.eni.id):
            if any(gateway._eni is eip.eni for gateway in self.nat_gateways.values()):
                message = "You do not have permission to access the specified resource."
                raise EC2ClientError("AuthFailure", message)
            raise EC2ClientError("InvalidIPAddress.InUse", f"The address '{eip.public_ip}' is in use.")
        return original_release(self, address, allocation_id)

    ElasticIPAddresses.allocate_address = allocate_address
    EC2Backend.release_address = release_address
