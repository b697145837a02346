"""Where moto's NAT gateways, route tables and VPC endpoints differ from what AWS documents, and what is done about it here.

See moto_s3.py for what GAPS and apply() are.
"""

GAPS = [
    ["EC2 CreateNatGateway, CreateRouteTable, CreateVpcEndpoint", "client tokens are not honoured: the same request twice makes two", "mended"],
    ["EC2 NAT gateways", "are available and deleted at once, and keep their Elastic IP address and interface for ever", "mended"],
    ["EC2 CreateNatGateway without an internet gateway or with an address that is in use", "is accepted, or refused at once instead of failing later", "mended"],
    ["EC2 CreateNatGateway", "a public one needs no address; the private address asked for is lost, and the one it gets is of no subnet", "mended"],
    ["EC2 DescribeNatGateways", "lacks IsPrimary, and ConnectivityType where none was asked for; filters by tags let everything through; an id that does not exist is no error", "mended"],
    ["EC2 DeleteNatGateway of one that does not exist", "answers 500", "mended"],
    ["EC2 CreateRoute", "a second IPv6 or prefix list route to the same destination, and targets that do not exist or are in another VPC, are accepted", "mended"],
    ["EC2 ReplaceRoute", "endpoints, carrier gateways and LocalTarget are lost; a former endpoint stays the target", "mended"],
    ["EC2 DescribeRouteTables", "routes whose target is gone are active and not blackholes", "mended"],
    ["EC2 AssociateRouteTable of a subnet that is associated", "answers the association with the other table", "mended"],
    ["EC2 DeleteRouteTable of the main table", "is accepted", "mended"],
    ["EC2 DeleteSubnet", "the subnet's association stays, and its route table cannot be deleted", "mended"],
    ["EC2 DescribeVpcEndpoints", "cannot be filtered by id; those that were deleted stay", "mended"],
    ["EC2 CreateVpcEndpoint", "the type is not `Gateway` by default, gateway endpoints have private DNS, interface endpoints without groups have none", "mended"],
    ["EC2 DescribeVpcEndpoints", "the DNS names of interface endpoints are none of AWS's", "mended"],
    ["EC2 ModifyVpcEndpoint", "private DNS and ResetPolicy are ignored, routes and interfaces neither added nor removed", "mended"],
    ["EC2 DeleteVpcEndpoints", "an endpoint that does not exist is no error", "mended"],
    ["EC2 CreateVpcEndpoint", "services that do not exist are accepted", "open"],
    ["EC2 EnableVgwRoutePropagation", "not implemented: 500", "open"]
]

# How long what takes AWS a minute takes here, in seconds: long enough to be seen.
TRANSITION = 0.2


def apply():
    mend_nat_gateways()
    mend_routes()
    mend_associations()
    mend_vpc_endpoints()
    # Last, around everything else.
    mend_client_tokens()


def later(finish):
    import threading

    timer = threading.Timer(TRANSITION, finish)
    timer.daemon = True
    timer.start()


def refuse(code, message):
    from moto.ec2.exceptions import EC2ClientError

    raise EC2ClientError(code, message)


def mend_client_tokens():
    from threading import RLock

    from moto.ec2.responses.nat_gateways import NatGateways
    from moto.ec2.responses.route_tables import RouteTables
    from moto.ec2.responses.vpcs import VPCs

    lock = RLock()

    # AWS: the same request with the same token does nothing more; another request with it is refused.
    # https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
    def honour(responses, name, parameters):
        original = getattr(responses, name)

        def once(self):
            token = self._get_param("ClientToken")
            if not token:
                return original(self)
            wanted = repr([self._get_param(parameter) for parameter in parameters])
            with lock:
                tokens = self.ec2_backend.__dict__.setdefault("_client_tokens", {})
                if (name, token) not in tokens:
                    tokens[name, token] = (wanted, original(self))
                before, answer = tokens[name, token]
            if before != wanted:
                refuse("IdempotentParameterMismatch", "The client token has been used with other parameters.")
            return answer

        setattr(responses, name, once)

    honour(NatGateways, "create_nat_gateway", ["SubnetId", "AllocationId", "ConnectivityType", "PrivateIpAddress"])
    honour(RouteTables, "create_route_table", ["VpcId"])
    honour(
        VPCs,
        "create_vpc_endpoint",
        ["VpcId", "ServiceName", "VpcEndpointType", "RouteTableIds", "SubnetIds", "SecurityGroupIds", "PolicyDocument"],
    )


def mend_nat_gateways():
    from moto.core.responses import ActionResult
    from moto.ec2.models.nat_gateways import NatGateway, NatGatewayBackend
    from moto.ec2.responses.nat_gateways import NatGateways
    from moto.ec2.utils import add_tag_specification, generic_filter

    # AWS: the order is taken, and what is wrong with it is found out while it is carried out.
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NatGateway.html
    def failure(backend, subnet, address):
        if not any(gateway.vpc and gateway.vpc.id == subnet.vpc_id for gateway in backend.internet_gateways.values()):
            return "Gateway.NotAttached", f"Network {subnet.vpc_id} has no Internet gateway attached"
        if address.association_id:
            allocation = address.allocation_id
            return "Resource.AlreadyAssociated", f"Elastic IP address [{allocation}] is already associated"
        return None

    def create_nat_gateway(self):
        backend = self.ec2_backend
        connectivity = self._get_param("ConnectivityType") or "public"
        allocation = self._get_param("AllocationId")
        if connectivity == "public" and not allocation:
            refuse("MissingParameter", "The request must contain the parameter AllocationId")
        if connectivity == "private" and allocation:
            refuse("InvalidParameter", "AllocationId cannot be specified for a private NAT gateway")
        subnet = backend.get_subnet(self._get_param("SubnetId"))
        failed = None
        if allocation:
            failed = failure(backend, subnet, backend.address_by_allocation([allocation])[0])
        tags = add_tag_specification(self._get_param("TagSpecifications", []))
        gateway = backend.create_nat_gateway(subnet.id, None if failed else allocation, tags, connectivity)
        address = gateway.address_set[0]
        address["isPrimary"] = True
        address["allocationId"] = allocation
        if failed:
            backend.enis.pop(gateway._eni.id, None)
        else:
            move_into(subnet, gateway, self._get_param("PrivateIpAddress"))
        gateway.state = "pending"

        def finish():
            if gateway.state == "pending":
                gateway.state = "failed" if failed else "available"
                gateway.failure_code, gateway.failure_message = failed or (None, None)

        later(finish)
        return ActionResult({"NatGateway": gateway})

    def move_into(subnet, gateway, private_ip):
        eni = gateway._eni
        if private_ip:
            subnet.request_ip(private_ip, eni)
        else:
            private_ip = subnet.get_available_subnet_ip(eni)
        gateway.private_ip = eni.private_ip_address = private_ip
        gateway.address_set[0]["privateIp"] = private_ip

    # AWS: its interface and its address are free once it is deleted; it is shown for another hour.
    def delete_nat_gateway(self, nat_gateway_id):
        gateway = self.nat_gateways.get(nat_gateway_id)
        if gateway is None or gateway.state == "deleted":
            refuse("NatGatewayNotFound", f"The Nat Gateway {nat_gateway_id} was not found")
        gateway.state = "deleting"

        def finish():
            for address in self.addresses:
                if address.eni is not None and address.eni.id == gateway._eni.id:
                    address.eni = address.association_id = None
            self.enis.pop(gateway._eni.id, None)
            gateway.state = "deleted"

        later(finish)
        return gateway

    def describe_nat_gateways(self, filters, nat_gateway_ids):
        for gateway_id in nat_gateway_ids or []:
            if gateway_id not in self.nat_gateways:
                refuse("NatGatewayNotFound", f"The Nat Gateway {gateway_id} was not found")
        gateways = [gateway for gateway in self.nat_gateways.values() if not nat_gateway_ids or gateway.id in nat_gateway_ids]
        return generic_filter(filters, gateways)

    NatGateway.nat_gateway_id = property(lambda self: self.id)
    NatGateways.create_nat_gateway = create_nat_gateway
    NatGatewayBackend.delete_nat_gateway = delete_nat_gateway
    NatGatewayBackend.describe_nat_gateways = describe_nat_gateways


def mend_routes():
    from moto.core.responses import EmptyResult
    from moto.ec2.exceptions import InvalidParameterValueErrorReplaceRoute, RouteAlreadyExistsError
    from moto.ec2.models.route_tables import Route, RouteBackend
    from moto.ec2.responses.route_tables import RouteTables
    from moto.ec2.utils import generate_route_id

    original_create = RouteBackend.create_route

    # AWS: a destination has one route, whatever kind of destination it is; targets must exist.
    def create_route(self, route_table_id, destination_cidr_block=None, *args, **others):
        names = ["destination_ipv6_cidr_block", "destination_prefix_list_id", "local"]
        others.update(zip(names, args))
        others = {name: value for name, value in others.items() if value is not None}
        table = self.get_route_table(route_table_id)
        six, prefix_list = others.get("destination_ipv6_cidr_block"), others.get("destination_prefix_list_id")
        if generate_route_id(table.id, destination_cidr_block, six, prefix_list) in table._routes:
            raise RouteAlreadyExistsError(destination_cidr_block or six or prefix_list)
        check_targets(self, table, others)
        return original_create(self, route_table_id, destination_cidr_block, **others)

    def check_targets(backend, table, others):
        nat = others.get("nat_gateway_id")
        if nat and (nat not in backend.nat_gateways or backend.nat_gateways[nat].state in ("deleted", "failed")):
            refuse("InvalidNatGatewayID.NotFound", f"The natGateway ID '{nat}' does not exist")
        transit = others.get("transit_gateway_id")
        if transit and transit not in backend.transit_gateways:
            refuse("InvalidTransitGatewayID.NotFound", f"The transitGateway ID '{transit}' does not exist.")
        prefix_list = others.get("destination_prefix_list_id")
        if prefix_list and prefix_list not in backend.managed_prefix_lists:
            refuse("InvalidPrefixListID.NotFound", f"The prefix list ID '{prefix_list}' does not exist")
        gateway = others.get("gateway_id") or ""
        if gateway.startswith("igw-"):
            vpc = backend.get_internet_gateway(gateway).vpc
            if vpc is None or vpc.id != table.vpc_id:
                message = f"route table {table.id} and network gateway {gateway} belong to different networks"
                refuse("InvalidParameterValue", message)

    # AWS: "Replaces an existing route within a route table in a VPC. Specify either a destination ... and exactly one of the
    # resources from the parameter list, or reset the local route to its default target."
    def replace_route(self):
        backend = self.ec2_backend
        table = backend.get_route_table(self._get_param("RouteTableId"))
        four, six, prefix_list = (
            self._get_param(name)
            for name in ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
        )
        route_id = generate_route_id(table.id, four, six, prefix_list)
        old = table._routes.pop(route_id, None)
        if old is None:
            raise InvalidParameterValueErrorReplaceRoute(four or six or prefix_list)
        target = {name: self._get_param(parameter) for name, parameter in TARGETS.items()}
        if self._get_bool_param("LocalTarget"):
            target = {"local": True}
        try:
            new = backend.create_route(table.id, four, six, prefix_list, **target)
        except Exception:
            table._routes[route_id] = old
            raise
        new._of_the_table = old.origin == "CreateRouteTable"
        return EmptyResult()

    TARGETS = {
        "gateway_id": "GatewayId",
        "instance_id": "InstanceId",
        "interface_id": "NetworkInterfaceId",
        "vpc_peering_connection_id": "VpcPeeringConnectionId",
        "nat_gateway_id": "NatGatewayId",
        "egress_only_igw_id": "EgressOnlyInternetGatewayId",
        "transit_gateway_id": "TransitGatewayId",
        "carrier_gateway_id": "CarrierGatewayId",
        "vpc_endpoint_id": "VpcEndpointId",
    }

    # AWS: "The blackhole state indicates that the route's target isn't available (for example, the specified gateway isn't
    # attached to the VPC, or the specified NAT instance has been terminated)."
    def state(self):
        backend = self.route_table.ec2_backend
        gone = self.nat_gateway is not None and self.nat_gateway.state in ("deleting", "deleted", "failed")
        if self.gateway is not None and self.gateway.id.startswith("igw-"):
            gone = gone or self.gateway.id not in backend.internet_gateways or self.gateway.vpc is None
        if self.interface is not None:
            gone = gone or self.interface.id not in backend.enis
        if self.transit_gateway is not None:
            gone = gone or self.transit_gateway.id not in backend.transit_gateways
        return "blackhole" if gone else "active"

    # AWS: a local route stays the table's own, wherever it leads.
    def origin(self):
        return "CreateRouteTable" if self.local or getattr(self, "_of_the_table", False) else "CreateRoute"

    RouteBackend.create_route = create_route
    RouteTables.replace_route = replace_route
    Route.state = property(state)
    Route.origin = property(origin)


def mend_associations():
    from moto.ec2.exceptions import DependencyViolationError
    from moto.ec2.models.route_tables import RouteBackend
    from moto.ec2.models.subnets import SubnetBackend
    from moto.ec2.responses.route_tables import RouteTables

    original_associate = RouteBackend.associate_route_table

    # AWS: Resource.AlreadyAssociated; only ReplaceRouteTableAssociation takes a subnet over.
    def associate_route_table(self, route_table_id, gateway_id=None, subnet_id=None):
        target = gateway_id or subnet_id
        if any(target in table._associations.values() for table in self.route_tables.values()):
            message = f"the specified association for route table {route_table_id} conflicts with an existing association"
            refuse("Resource.AlreadyAssociated", message)
        return original_associate(self, route_table_id, gateway_id, subnet_id)

    original_delete_table = RouteTables.delete_route_table

    # AWS: "You must disassociate the route table from any subnets before you can delete it. You can't delete the main route
    # table." Its VPC takes it along.
    def delete_route_table(self):
        table = self.ec2_backend.get_route_table(self._get_param("RouteTableId"))
        if table.main_association_id is not None:
            raise DependencyViolationError(f"The routeTable '{table.id}' has dependencies and cannot be deleted.")
        return original_delete_table(self)

    original_delete_subnet = SubnetBackend.delete_subnet

    # AWS: an association goes with its subnet.
    def delete_subnet(self, subnet_id):
        deleted = original_delete_subnet(self, subnet_id)
        for table in self.route_tables.values():
            for association, target in list(table._associations.items()):
                if target == subnet_id:
                    del table._associations[association]
        return deleted

    RouteBackend.associate_route_table = associate_route_table
    RouteTables.delete_route_table = delete_route_table
    SubnetBackend.delete_subnet = delete_subnet


def mend_vpc_endpoints():
    import json

    from moto.core.responses import ActionResult
    from moto.ec2.exceptions import InvalidRouteError
    from moto.ec2.models import vpcs
    from moto.ec2.models.vpcs import VPCBackend, VPCEndPoint
    from moto.ec2.responses.vpcs import VPCs
    from moto.ec2.utils import random_resource_id

    # AWS: vpce-ID-RANDOM.SERVICE.REGION.vpce.amazonaws.com
    # https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html#interface-endpoint-dns-hostnames
    def create_dns_entries(service_name, vpc_endpoint_id):
        region_and_service = service_name.split(".", 3)[2:]
        parts = [f"{vpc_endpoint_id}-{random_resource_id(8)}", *reversed(region_and_service), "vpce.amazonaws.com"]
        name = ".".join(parts)
        return {"dns_name": name, "hosted_zone_id": random_resource_id(13).upper()}

    vpcs.create_dns_entries = create_dns_entries

    original_create = VPCBackend.create_vpc_endpoint

    # AWS: `Gateway` is the default; private DNS is for interface endpoints, whose default security group is the VPC's.
    def create_vpc_endpoint(self, vpc_id, service_name, endpoint_type, *args, **others):
        endpoint_type = endpoint_type or "Gateway"
        vpc = self.get_vpc(vpc_id)
        check_references(self, others.get("route_table_ids"), others.get("subnet_ids"), others.get("security_group_ids"))
        interface = endpoint_type == "Interface"
        if interface and not others.get("security_group_ids"):
            others["security_group_ids"] = [self.get_security_group_from_name("default", vpc_id=vpc_id).id]
        others["private_dns_enabled"] = interface and others.get("private_dns_enabled") is not False
        if others["private_dns_enabled"]:
            check_private_dns(vpc)
        endpoint = original_create(self, vpc_id, service_name, endpoint_type, *args, **others)
        if interface:
            endpoint.state = "pending"

            def finish():
                if endpoint.state == "pending":
                    endpoint.state = "available"

            later(finish)
        return endpoint

    def check_references(backend, route_tables, subnets, groups):
        for route_table in route_tables or []:
            backend.get_route_table(route_table)
        for subnet in subnets or []:
            backend.get_subnet(subnet)
        for group in groups or []:
            if backend.get_security_group_from_id(group) is None:
                refuse("InvalidSecurityGroupId.NotFound", f"The Security Group '{group}' does not exist")

    # AWS: "To use a private hosted zone, you must set the following VPC attributes to true: enableDnsHostnames and
    # enableDnsSupport."
    def check_private_dns(vpc):
        settings = [vpc.enable_dns_support, vpc.enable_dns_hostnames]
        if not all(str(setting).lower() == "true" for setting in settings):
            refuse(
                "InvalidParameter",
                "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true "
                f"in the VPC {vpc.id}",
            )

    # AWS: route tables get and lose the endpoint's route, subnets its interface.
    def modify_vpc_endpoint(self):
        backend = self.ec2_backend
        endpoint = backend.describe_vpc_endpoints([self._get_param("VpcEndpointId")])[0]
        add, remove = (
            [self._get_param(f"{verb}{kind}Ids", []) for kind in ("RouteTable", "Subnet", "SecurityGroup")]
            for verb in ("Add", "Remove")
        )
        check_references(backend, *add)
        private_dns = self._get_bool_param("PrivateDnsEnabled")
        if private_dns:
            check_private_dns(backend.get_vpc(endpoint.vpc_id))
        policy = self._get_param("PolicyDocument")
        if self._get_bool_param("ResetPolicy"):
            policy = json.dumps(VPCEndPoint.DEFAULT_POLICY)
        for route_table in add[0]:
            if route_table not in endpoint.route_table_ids:
                backend.create_route(
                    route_table,
                    None,
                    gateway_id=endpoint.id,
                    destination_prefix_list_id=endpoint.destination_prefix_list_id,
                )
        for route_table in remove[0]:
            remove_route(backend, endpoint, route_table)
        for subnet in add[1]:
            if subnet not in endpoint.subnet_ids:
                eni = backend.create_network_interface(
                    subnet, backend.get_subnet(subnet).get_available_subnet_ip(endpoint)
                )
                endpoint.network_interface_ids.append(eni.id)
        for eni_id in list(endpoint.network_interface_ids):
            if eni_id in backend.enis and backend.enis[eni_id].subnet.id in remove[1]:
                backend.enis.pop(eni_id)
                endpoint.network_interface_ids.remove(eni_id)
        endpoint.modify(policy, add[1], remove[1], add[0], remove[0], add[2], remove[2])
        if private_dns is not None:
            endpoint.private_dns_enabled = private_dns
        return ActionResult({"Return": True})

    def remove_route(backend, endpoint, route_table):
        if route_table in backend.route_tables:
            try:
                backend.delete_route(route_table, None, None, endpoint.destination_prefix_list_id)
            except InvalidRouteError:
                pass

    # AWS: "unsuccessful" names the endpoints that were not deleted. The others are there until their interfaces are gone.
    def delete_vpc_endpoints(self):
        backend = self.ec2_backend
        unsuccessful = []
        for endpoint_id in self._get_param("VpcEndpointIds", []):
            endpoint = backend.vpc_end_points.get(endpoint_id)
            if endpoint is None:
                message = f"The Vpc Endpoint Id '{endpoint_id}' does not exist"
                error = {"Code": "InvalidVpcEndpoint.NotFound", "Message": message}
                unsuccessful.append({"ResourceId": endpoint_id, "Error": error})
                continue
            for route_table in endpoint.route_table_ids:
                remove_route(backend, endpoint, route_table)
            endpoint.state = "deleting"
            later(lambda endpoint=endpoint: finish_deletion(backend, endpoint))
        return ActionResult({"Unsuccessful": unsuccessful})

    def finish_deletion(backend, endpoint):
        for eni_id in endpoint.network_interface_ids:
            backend.enis.pop(eni_id, None)
        backend.vpc_end_points.pop(endpoint.id, None)

    VPCEndPoint.vpc_endpoint_id = property(lambda self: self.id)
    VPCBackend.create_vpc_endpoint = create_vpc_endpoint
    VPCs.modify_vpc_endpoint = modify_vpc_endpoint
    VPCs.delete_vpc_endpoints = delete_vpc_endpoints
