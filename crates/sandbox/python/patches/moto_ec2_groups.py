"""Where moto's EC2 security groups and flow logs differ from what AWS documents, and what is done about it here.

See moto_s3.py for what GAPS and apply() are.
"""

GAPS = [
    ["EC2 DeleteSecurityGroup of a group that an instance, a network interface or another group's rule uses, or of a VPC's default group", "is accepted", "mended"],
    ["EC2 CreateSecurityGroup", "the VPC need not exist, names that differ in case only are told apart, and those that begin with sg- are accepted", "mended"],
    ["EC2 AuthorizeSecurityGroupIngress and Egress", "of several rules, those before one that is there already are added all the same", "mended"],
    ["EC2 RevokeSecurityGroupIngress and Egress", "of several rules, those before one that is not there are taken away all the same; outgoing IPv6 rules stay unless the VPC has IPv6 addresses", "mended"],
    ["EC2 UpdateSecurityGroupRuleDescriptionsIngress and Egress", "a rule that is not there is passed over; descriptions of rules for groups and prefix lists are not changed", "mended"],
    ["EC2 rules of security groups", "those for groups count as others if described otherwise; descriptions of those for prefix lists are lost; protocols other than TCP, UDP and ICMP answer 500 without ports; 58 is not called icmpv6", "mended"],
    ["EC2 rules for groups of another account", "are refused, as if there were no such group", "open"],
    ["EC2 names and descriptions of security groups and their rules", "characters that AWS does not allow are accepted", "open"],
    ["EC2 rules with host bits in a CIDR block", "are kept as they are", "open"],
    ["EC2 CreateFlowLogs", "client tokens are not honoured", "mended"],
    ["EC2 CreateFlowLogs", "log groups and buckets are looked for in moto itself, and a bucket with a prefix is never found; here none is looked for, since they are in the other emulator: every delivery succeeds", "mended"],
    ["EC2 CreateFlowLogs", "the role need not exist; nothing is recorded", "open"],
    ["EC2 CreateFlowLogs", "destination options are lost", "open"]
]


def apply():
    mend_rules()
    mend_changes_of_rules()
    mend_create_security_group()
    mend_delete_security_group()
    mend_create_flow_logs()
    mend_flow_log_destinations()


# Of these protocols AWS tells ports, or types and codes; any other is let through on all ports.
WITH_PORTS = ("tcp", "udp", "icmp", "icmpv6")


def identity(rule):
    """What AWS tells the rules of a group apart by: all but the description."""
    peer = rule.ip_range.get("CidrIp"), rule.ip_range.get("CidrIpv6"), rule.source_group.get("GroupId"), rule.prefix_list_id
    return rule.ip_protocol, rule.from_port, rule.to_port, *peer


def peer(rule):
    """The part of a rule that has its description."""
    return rule.ip_range or rule.source_group or rule.prefix_list


def mend_rules():
    from moto.ec2.models.security_groups import SecurityGroup, SecurityGroupRule

    original, original_views = SecurityGroupRule.__init__, SecurityGroup._flattened_rules

    def __init__(self, ec2_backend, ip_protocol, group_id, from_port, to_port, *args, **kwargs):
        names = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}
        ip_protocol = names.get(str(ip_protocol).lower(), str(ip_protocol).lower())
        ports = [-1 if port is None else port for port in (from_port, to_port)]
        original(self, ec2_backend, ip_protocol, group_id, *ports, *args, **kwargs)
        if self.ip_protocol not in WITH_PORTS:
            self.from_port = self.to_port = None
        lists = [one for one in (*args, *kwargs.values()) if isinstance(one, dict) and "PrefixListId" in one]
        self.prefix_list = dict(lists[0]) if lists else {}

    # AWS: a description is no part of what a rule is.
    def __eq__(self, other):
        return identity(self) == identity(other)

    def flattened_rules(self, rules):
        views = original_views(self, rules)
        for view in views:
            view.prefix_list_ids = [
                rule.prefix_list
                for rule in rules
                if rule.prefix_list
                and (rule.ip_protocol, rule.from_port, rule.to_port) == (view.ip_protocol, view.from_port, view.to_port)
            ]
        return views

    SecurityGroupRule.__init__ = __init__
    SecurityGroupRule.__eq__ = __eq__
    SecurityGroupRule.description = property(lambda rule: peer(rule).get("Description"))
    SecurityGroup._flattened_rules = flattened_rules


def mend_changes_of_rules():
    """AWS: a request adds, takes away or describes all of its rules or none."""
    from moto.core.responses import ActionResult
    from moto.ec2.exceptions import (
        InvalidPermissionDuplicateError,
        InvalidPermissionNotFoundError,
        InvalidSecurityGroupNotFoundError,
    )
    from moto.ec2.responses.security_groups import SecurityGroups

    def requested(response, is_egress):
        """The group of a request, and the rules in it."""
        backend, rules, group = response.ec2_backend, [], None
        for one in response._process_rules_from_querystring():
            group = backend.get_security_group_by_name_or_id(one["group_name_or_id"])
            if group is None:
                raise InvalidSecurityGroupNotFoundError(one["group_name_or_id"])
            sources = backend._add_source_group(one["source_groups"], None)
            rules += backend._iterate_security_rules(
                one["ip_protocol"],
                group.group_id,
                one["from_port"],
                one["to_port"],
                one["ip_ranges"],
                sources,
                one["prefix_list_ids"],
                is_egress=is_egress,
            )
        return group, rules

    def mend(way):
        is_egress, field = way == "egress", f"{way}_rules"
        authorize = f"authorize_security_group_{way}"
        revoke, original_revoke = f"revoke_security_group_{way}", getattr(SecurityGroups, f"revoke_security_group_{way}")
        describe = f"update_security_group_rule_descriptions_{way}"

        def authorize_rules(self):
            self.error_on_dryrun()
            group, rules = requested(self, is_egress)
            there = list(getattr(group, field))
            known = [identity(rule) for rule in there]
            for rule in rules:
                if identity(rule) in known:
                    raise InvalidPermissionDuplicateError()
                known.append(identity(rule))
            added = []
            try:
                for one in self._process_rules_from_querystring():
                    added += getattr(self.ec2_backend, authorize)(**one)[0]
            except Exception:
                setattr(group, field, there)
                raise
            return ActionResult({"Return": True, "SecurityGroupRules": added})

        def revoke_rules(self):
            if self._get_param("SecurityGroupRuleIds", []):
                return original_revoke(self)
            self.error_on_dryrun()
            group, rules = requested(self, is_egress)
            there = getattr(group, field)
            if any(rule not in there for rule in rules):
                raise InvalidPermissionNotFoundError()
            setattr(group, field, [rule for rule in there if rule not in rules])
            return ActionResult({"Return": True})

        def describe_rules(self):
            group, rules = requested(self, is_egress)
            there = getattr(group, field)
            if any(rule not in there for rule in rules):
                raise InvalidPermissionNotFoundError()
            for rule in rules:
                described = peer(there[there.index(rule)])
                described.pop("Description", None)
                if rule.description is not None:
                    described["Description"] = rule.description
            return ActionResult({"Return": True})

        setattr(SecurityGroups, authorize, authorize_rules)
        setattr(SecurityGroups, revoke, revoke_rules)
        setattr(SecurityGroups, describe, describe_rules)

    mend("ingress")
    mend("egress")


def mend_create_security_group():
    from moto.ec2.exceptions import InvalidParameterValueError, InvalidSecurityGroupDuplicateError
    from moto.ec2.responses.security_groups import SecurityGroups

    original = SecurityGroups.create_security_group

    # AWS: names are case-insensitive, unique in their VPC, and cannot start with "sg-".
    def create_security_group(self):
        name, vpc_id = self._get_param("GroupName") or "", self._get_param("VpcId")
        if vpc_id:
            self.ec2_backend.get_vpc(vpc_id)
            if any(group.name.lower() == name.lower() for group in self.ec2_backend.groups[vpc_id].values()):
                raise InvalidSecurityGroupDuplicateError(name)
        if name.lower().startswith("sg-"):
            raise InvalidParameterValueError(name)
        return original(self)

    SecurityGroups.create_security_group = create_security_group


def mend_delete_security_group():
    from moto.ec2.exceptions import DependencyViolationError, EC2ClientError
    from moto.ec2.responses.security_groups import SecurityGroups

    original = SecurityGroups.delete_security_group

    def is_used(backend, group_id):
        others = [group for groups in backend.groups.values() for group in groups.values() if group.id != group_id]
        rules = [rule for group in others for rule in [*group.ingress_rules, *group.egress_rules]]
        interfaces = [group for interface in backend.enis.values() for group in interface.group_set]
        instances = [
            group
            for reservation in backend.reservations.values()
            for instance in reservation.instances
            if instance.state != "terminated"
            for group in instance.security_groups or []
        ]
        endpoints = [
            group
            for endpoint in backend.vpc_end_points.values()
            if endpoint.state != "deleted"
            for group in endpoint.security_group_ids or []
        ]
        groups = [getattr(group, "id", group) for group in [*interfaces, *instances, *endpoints]]
        return group_id in groups or any(rule.source_group.get("GroupId") == group_id for rule in rules)

    # AWS: "If you attempt to delete a security group that is associated with an instance or network interface, is
    # referenced by another security group in the same VPC, or has a VPC association, the operation fails with
    # DependencyViolation." Nobody can delete a VPC's default group.
    def delete_security_group(self):
        group_id = self._get_param("GroupId")
        group = self.ec2_backend.get_security_group_from_id(group_id) if group_id else None
        if group is not None and not self._get_param("DryRun", False):
            if group.is_default:
                message = f'the specified group: "{group_id}" name: "default" cannot be deleted by a user'
                raise EC2ClientError("CannotDelete", message)
            if is_used(self.ec2_backend, group_id):
                raise DependencyViolationError(f"resource {group_id} has a dependent object")
        return original(self)

    SecurityGroups.delete_security_group = delete_security_group


def mend_create_flow_logs():
    from moto.ec2.exceptions import EC2ClientError
    from moto.ec2.responses.flow_logs import FlowLogs

    original = FlowLogs.create_flow_logs

    # AWS: a request with the token of an earlier one answers as that did, and is refused if it asks for something else.
    def create_flow_logs(self):
        token = self._get_param("ClientToken")
        if not token:
            return original(self)
        asked = repr(sorted((key, repr(value)) for key, value in self._get_params().items()))
        answers = vars(self.ec2_backend).setdefault("flow_log_tokens", {})
        if token not in answers:
            answer = original(self)
            answers[token] = (asked, answer)
        before, answer = answers[token]
        if asked != before:
            message = "The request uses the same client token as a previous, but non-identical request."
            raise EC2ClientError("IdempotentParameterMismatch", message)
        return answer

    FlowLogs.create_flow_logs = create_flow_logs


def mend_flow_log_destinations():
    """Log groups and buckets are MiniStack's, where moto cannot look for them."""
    from moto.ec2.models.flow_logs import FlowLogsBackend

    original = FlowLogsBackend.create_flow_logs

    def create_flow_logs(self, log_destination_type, **request):
        log_destination_type = log_destination_type or "cloud-watch-logs"
        self._validate_request(
            request["log_group_name"],
            request["log_destination"],
            log_destination_type,
            request["max_aggregation_interval"] or 600,
            request["deliver_logs_permission_arn"],
        )
        # A type that moto does not know has no destination to look for.
        made, unsuccessful = original(self, log_destination_type=log_destination_type.upper(), **request)
        for flow_log in made:
            flow_log.log_destination_type = log_destination_type
        return made, unsuccessful

    FlowLogsBackend.create_flow_logs = create_flow_logs
