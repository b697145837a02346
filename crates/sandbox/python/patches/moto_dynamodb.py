"""Where moto's DynamoDB differs from what AWS documents, and what is done about it here.

- GAPS lists every known difference: [the AWS API, what moto does instead, "mended" or "open"]. It is read by Rust
  too (`provision sandbox status` prints it): write it as JSON, so lists, double quotes, no trailing comma, and
  the closing bracket alone at the start of a line.
- apply() is called once, before the server starts, and mends the "mended" ones by replacing functions in
  moto.dynamodb.responses / moto.dynamodb.models. Import moto inside of it. Mend only what AWS documents
  differently; one comment each says which AWS behaviour that is.
"""

GAPS = [
    ["DynamoDB UpdateTable SSESpecification", "not looked at", "mended"],
    ["DynamoDB CreateTable, UpdateTable TableClass", "not looked at", "mended"],
    ["DynamoDB UpdateTable StreamSpecification", "a stream that was turned off cannot be turned on again, and writes to the table answer 500; ResourceInUseException instead of ValidationException where there is nothing to change", "mended"],
    ["DynamoDB UpdateTable GlobalSecondaryIndexUpdates", "an index that exists already, or does not exist, is answered with 500", "mended"],
    ["DynamoDB DescribeTable", "no TableId", "mended"],
    ["DynamoDB UpdateTable AttributeDefinitions", "replace those of the table, and stay when their index is deleted", "open"],
    ["DynamoDB UpdateTable BillingMode", "a table goes over to PROVISIONED without capacities, and keeps its capacities with PAY_PER_REQUEST", "open"],
    ["DynamoDB DescribeTimeToLive", "ResourceNotFound instead of ResourceNotFoundException", "open"],
    ["DynamoDB UpdateTable", "takes several changes in one call that AWS takes only one by one", "open"],
    ["DynamoDB CreateTable, UpdateTable SSESpecification", "take a key that does not exist", "open"],
    ["DynamoDB UpdateTimeToLive", "takes a second change within an hour", "open"],
    ["DynamoDB table status", "a table and its indexes are ACTIVE at once after every change", "open"]
]


def apply():
    mend_descriptions()
    mend_changes()
    mend_streams()
    mend_indexes()


def mend_descriptions():
    """AWS: a table has an id, and a class once one was set."""
    import uuid

    from moto.dynamodb.models.table import Table

    original = Table.describe

    def describe(self, base_key="TableDescription"):
        described = original(self, base_key)
        described[base_key]["TableId"] = self.__dict__.setdefault("table_id", str(uuid.uuid4()))
        table_class = self.__dict__.get("table_class")
        if table_class:
            described[base_key]["TableClassSummary"] = {"TableClass": table_class}
        return described

    Table.describe = describe


def mend_changes():
    """AWS: CreateTable takes TableClass; UpdateTable takes SSESpecification and TableClass."""
    from moto.dynamodb.responses import DynamoHandler, DynamoResult

    original_create = DynamoHandler.create_table
    original_update = DynamoHandler.update_table

    def changed(self, answer):
        table = self.dynamodb_backend.get_table(self.body["TableName"])
        table_class = self.body.get("TableClass")
        if table_class:
            table.table_class = table_class
        return DynamoResult(table.describe()) if table_class else answer

    def create_table(self):
        return changed(self, original_create(self))

    def update_table(self):
        answer = original_update(self)
        encryption = self.body.get("SSESpecification")
        if encryption is not None:
            table = self.dynamodb_backend.get_table(self.body["TableName"])
            if encryption.get("Enabled") and "KMSMasterKeyId" not in encryption:
                key = table._get_default_encryption_key(table.account_id, table.region_name)
                encryption = {**encryption, "KMSMasterKeyId": key}
            table.sse_specification = encryption
            answer = DynamoResult(table.describe())
        return changed(self, answer)

    DynamoHandler.create_table = create_table
    DynamoHandler.update_table = update_table


def mend_streams():
    """AWS: a stream that is off takes no records, and another one can be turned on in its place. "You receive a
    ValidationException if you try to enable a stream on a table that already has a stream, or if you try to disable a
    stream on a table that doesn't have a stream."""
    from moto.dynamodb.exceptions import MockValidationException
    from moto.dynamodb.models import DynamoDBBackend
    from moto.dynamodb.models.table import StreamShard

    original_add = StreamShard.add

    def is_on(table):
        return bool((table.stream_specification or {}).get("StreamEnabled"))

    def add(self, old, new):
        if is_on(self.table):
            original_add(self, old, new)

    def update_table_streams(self, table, stream_specification):
        if is_on(table) == bool(stream_specification.get("StreamEnabled")):
            state = "already has an enabled stream" if is_on(table) else "has no stream to disable"
            raise MockValidationException(f"Table {state}: TableName: {table.name}")
        table.set_stream_specification(stream_specification)

    StreamShard.add = add
    DynamoDBBackend.update_table_streams = update_table_streams


def mend_indexes():
    """AWS: ResourceNotFoundException for an index that is not there, ValidationException for one that is."""
    from moto.core.exceptions import JsonRESTError
    from moto.dynamodb.exceptions import MockValidationException
    from moto.dynamodb.models import DynamoDBBackend

    original = DynamoDBBackend.update_table_global_indexes

    def update_table_global_indexes(self, table, global_index_updates):
        names = {index.name for index in table.global_indexes}
        for update in global_index_updates:
            missing = update.get("Delete") or update.get("Update")
            if missing and missing["IndexName"] not in names:
                raise JsonRESTError("ResourceNotFoundException", f"Requested resource not found: Index: {missing['IndexName']}")
            if update.get("Create") and update["Create"]["IndexName"] in names:
                raise MockValidationException(f"Attempting to create a duplicate index: {update['Create']['IndexName']}")
        original(self, table, global_index_updates)

    DynamoDBBackend.update_table_global_indexes = update_table_global_indexes
