"""Where moto's IAM differs from what AWS documents, and what is done about it here.

See moto_s3.py for what GAPS and apply() are.
"""

GAPS = [
    ["IAM GetPolicyVersion", "the document is not URL-encoded", "mended"],
    ["IAM ListPolicyVersions", "documents are listed too", "mended"],
    ["IAM DeletePolicy of a policy that is attached, bounds something or has other versions than the default", "is accepted", "mended"],
    ["IAM AttachRolePolicy of a policy that is attached already", "is counted again as an attachment", "mended"],
    ["IAM CreateRole", "a malformed trust policy is accepted", "open"],
    ["IAM UpdateAssumeRolePolicy", "trust policies of version 2008-10-17 are refused", "open"],
    ["IAM trust policies", "principals that do not exist are accepted", "open"],
    ["IAM names of roles and policies, keys of roles' tags", "upper and lower case are told apart", "open"],
    ["IAM quotas", "only the number of versions of a policy is limited", "open"],
    ["IAM SimulatePrincipalPolicy, SimulateCustomPolicy", "not implemented: 500", "open"],
    ["IAM roles", "what they are not allowed is not refused to whom takes them on", "open"]
]


def apply():
    mend_policy_documents()
    mend_delete_policy()
    mend_attachments()


def mend_policy_documents():
    from moto.core.serialize import never_return, url_encode
    from moto.iam.responses import IamResponse

    # AWS: "The policy document returned in this structure is URL-encoded compliant with RFC 3986", and a list of versions
    # does not have them.
    IamResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER.update(
        {
            "GetPolicyVersionResponse.PolicyVersion.Document": url_encode,
            "ListPolicyVersionsResponse.Versions.PolicyVersion.Document": never_return,
        }
    )


def mend_delete_policy():
    from moto.iam.exceptions import DeleteConflictException
    from moto.iam.models import IAMBackend

    original = IAMBackend.delete_policy

    # AWS: "Before you can delete a managed policy, you must first detach the policy from all users, groups, and roles
    # that it is attached to. In addition, you must delete all the policy's versions."
    def delete_policy(self, policy_arn):
        policy = self.get_policy(policy_arn)
        roles, users, groups = (list(entities.values()) for entities in (self.roles, self.users, self.groups))
        attached = any(policy_arn in bearer.managed_policies for bearer in [*roles, *users, *groups])
        bounding = any(role.permissions_boundary_arn == policy_arn for role in roles)
        if attached or bounding:
            raise DeleteConflictException("Cannot delete a policy attached to entities.")
        if len(policy.versions) > 1:
            raise DeleteConflictException(
                "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. "
                "The default version is deleted with the policy."
            )
        return original(self, policy_arn)

    IAMBackend.delete_policy = delete_policy


def mend_attachments():
    from moto.iam.models import ManagedPolicy

    original = ManagedPolicy.attach_to

    # AWS: to attach what is attached is no error, and changes nothing.
    def attach_to(self, bearer):
        if self.arn not in bearer.managed_policies:
            original(self, bearer)

    ManagedPolicy.attach_to = attach_to
