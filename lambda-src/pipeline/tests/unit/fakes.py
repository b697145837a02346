"""An AWS in memory, as far as the function uses it."""

from aws import AwsError


class FakeAws:
    """Holds objects and items, answers conditions as S3 and DynamoDB do, and fails where it is told to."""

    def __init__(self, secret="a key of many characters"):
        self.objects = {}
        self.items = {}
        self.secret = secret
        self.version = "v1"
        self.calls = []
        self._failures = []

    def fail(self, operation, code, status=400, when=lambda parameters: True, times=1):
        """The next calls of an operation fail."""
        self._failures.append([operation, code, status, when, times])

    def call(self, service, operation, **parameters):
        self.calls.append(operation)
        for failure in self._failures:
            name, code, status, when, times = failure
            if name == operation and times > 0 and when(parameters):
                failure[4] -= 1
                raise AwsError(f"{service}:{operation}", code, status)
        return getattr(self, "_" + operation)(**parameters)

    def _put_object(self, Bucket, Key, Body, IfNoneMatch, **headers):
        assert IfNoneMatch == "*", "an unconditional write would add a version"
        if Key in self.objects:
            raise AwsError("s3:PutObject", "PreconditionFailed", 412)
        self.objects[Key] = Body

    def _put_item(self, TableName, Item, ConditionExpression, ExpressionAttributeNames, ExpressionAttributeValues):
        assert ConditionExpression == "attribute_not_exists(id) OR #sequence < :sequence"
        assert ExpressionAttributeNames == {"#sequence": "sequence"}
        before = self.items.get(Item["id"]["S"])
        if before and not before["sequence"]["S"] < ExpressionAttributeValues[":sequence"]["S"]:
            raise AwsError("dynamodb:PutItem", "ConditionalCheckFailedException", 400)
        self.items[Item["id"]["S"]] = Item

    def _get_secret_value(self, SecretId):
        return {"SecretString": self.secret, "VersionId": self.version}
