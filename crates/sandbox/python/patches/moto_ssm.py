"""Where moto's SSM differs from what AWS documents, and what is done about it here.

See moto_s3.py for what GAPS and apply() are.
"""

GAPS = [
    ["SSM GetParameters of a version or a label", "the answer lacks the selector", "mended"],
    ["SSM PutParameter of the data type aws:ec2:image", "any text is accepted", "open"],
    ["SSM public parameters", "only those of Amazon Linux, ECS, regions and services, as they were when moto was released", "open"]
]


def apply():
    mend_selectors()


def mend_selectors():
    """AWS: a parameter that was asked for by its version or label says so: name /a, selector :3."""
    from moto.ssm.responses import SimpleSystemManagerResponse

    original = SimpleSystemManagerResponse.get_parameters

    def get_parameters(self):
        answer = original(self)
        names = self._get_param("Names") or []
        for parameter in answer.result["Parameters"]:
            for name in names:
                plain, _, selector = name.rpartition(":")
                if selector and plain == parameter["Name"]:
                    parameter.setdefault("Selector", f":{selector}")
        return answer

    SimpleSystemManagerResponse.get_parameters = get_parameters
