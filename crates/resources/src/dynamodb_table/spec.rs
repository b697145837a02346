//! What the file says of a table.

use std::collections::{BTreeMap, BTreeSet};

use provision_reconciler::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tags::Tags;

/// [`TableSpec::kms_key`] for the key that DynamoDB owns.
pub const AWS_OWNED_KEY: &str = "AWS_OWNED_KEY";
/// AWS's own default, and the longest.
pub(super) const RECOVERY_PERIOD_IN_DAYS: i32 = 35;

/// A DynamoDB table.
///
/// Unset fields make it safe: on demand (`PAY_PER_REQUEST`), with point-in-time recovery and deletion protection. The type
/// of a key attribute is said next to the key; other attributes are not declared.
///
/// ```toml
/// [dynamodb_table.events]
/// table_name = "acme-${environment.name}-events"
/// hash_key = "device"
/// range_key = "at"
/// range_key_type = "N"
/// kms_key = "${kms_key.dynamodb.arn}"
/// global_secondary_indexes = [{ index_name = "by_kind", hash_key = "kind", range_key = "at", range_key_type = "N" }]
/// ```
///
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html>
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableSpec {
    /// The name, unique in its account and region: 3 to 255 letters, digits, `_`, `-`, `.`.
    #[schemars(extend("immutable" = true, "pattern" = "^[a-zA-Z0-9_.-]{3,255}$"))]
    pub table_name: String,
    /// The attribute that is the partition key (KeyType `HASH`).
    #[schemars(length(min = 1, max = 255), extend("immutable" = true))]
    pub hash_key: String,
    /// The type of `hash_key`.
    #[serde(default)]
    #[schemars(extend("immutable" = true))]
    pub hash_key_type: KeyType,
    /// The attribute that is the sort key (KeyType `RANGE`). Empty: the table has none.
    #[serde(default)]
    #[schemars(length(max = 255), extend("immutable" = true))]
    pub range_key: String,
    /// The type of `range_key`.
    #[serde(default)]
    #[schemars(extend("immutable" = true))]
    pub range_key_type: KeyType,
    /// How reads and writes are charged. AWS allows a change to `PAY_PER_REQUEST` four times in 24 hours, and one to
    /// `PROVISIONED` at any time.
    #[serde(default)]
    pub billing_mode: BillingMode,
    /// Read capacity units of a `PROVISIONED` table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub read_capacity: Option<i64>,
    /// Write capacity units of a `PROVISIONED` table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub write_capacity: Option<i64>,
    /// The storage class. AWS allows two changes in 30 days.
    #[serde(default)]
    pub table_class: TableClass,
    /// Indexes with a partition key of their own. Whatever is changed of one except its capacity, it is deleted and built
    /// again: AWS cannot change the keys or the projection of an index.
    #[serde(default)]
    #[schemars(extend("set" = "index_name"))]
    pub global_secondary_indexes: Vec<GlobalSecondaryIndex>,
    /// Indexes with the table's partition key and another sort key; made with the table and never changed.
    #[serde(default)]
    #[schemars(extend("immutable" = true, "set" = "index_name"))]
    pub local_secondary_indexes: Vec<LocalSecondaryIndex>,
    /// What the table's stream of changes carries of a changed item; `DISABLED`: there is no stream. Another view type
    /// makes a new stream with a new ARN.
    #[serde(default)]
    pub stream_view_type: StreamViewType,
    /// The attribute (a number: seconds since 1970) after which items expire. Empty: items do not expire. AWS takes up
    /// to an hour for a change, and takes no other one meanwhile.
    #[serde(default)]
    #[schemars(length(max = 255))]
    pub time_to_live_attribute: String,
    /// The ARN of the KMS key that encrypts the table, or `AWS_OWNED_KEY`: a key that DynamoDB owns, free of charge,
    /// whose use nobody can audit or revoke.
    #[serde(default = "aws_owned_key")]
    #[schemars(extend("pattern" = "^(AWS_OWNED_KEY|arn:[^:]+:kms:[^:]+:[0-9]{12}:key/.+)$"))]
    #[schemars(extend("severity" = "high"))]
    pub kms_key: String,
    /// Whether the table can be restored to any second of the recovery period.
    #[serde(default = "yes")]
    #[schemars(extend("severity" = "high"))]
    pub point_in_time_recovery: bool,
    /// How many days back the table can be restored, with `point_in_time_recovery`.
    #[serde(default = "recovery_period_in_days")]
    #[schemars(range(min = 1, max = 35))]
    #[schemars(extend("severity" = "high"))]
    pub recovery_period_in_days: i32,
    /// Whether AWS refuses to delete the table. The engine's own protection (`protect`) comes on top; a `destroy` that it
    /// allows turns this off first.
    #[serde(default = "yes")]
    #[schemars(extend("severity" = "high"))]
    pub deletion_protection_enabled: bool,
    /// Tags, besides the environment's.
    #[serde(default)]
    #[schemars(extend("severity" = "low"))]
    pub tags: Tags,
}

/// The type of a key attribute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum KeyType {
    /// Text.
    #[default]
    S,
    /// Number.
    N,
    /// Binary.
    B,
}

/// How reads and writes are charged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BillingMode {
    /// By the request.
    #[default]
    PayPerRequest,
    /// By the capacity set aside.
    Provisioned,
}

/// The storage class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TableClass {
    /// For tables whose throughput costs more than their storage.
    #[default]
    Standard,
    /// For tables whose storage costs more than their throughput.
    StandardInfrequentAccess,
}

/// What a stream carries of a changed item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StreamViewType {
    /// There is no stream.
    #[default]
    Disabled,
    /// Only its keys.
    KeysOnly,
    /// The item as it is after the change.
    NewImage,
    /// The item as it was before.
    OldImage,
    /// Both.
    NewAndOldImages,
}

/// Which attributes are copied into an index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProjectionType {
    /// All.
    #[default]
    All,
    /// The keys of the table and of the index.
    KeysOnly,
    /// The keys and `non_key_attributes`.
    Include,
}

/// An index with a partition key of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GlobalSecondaryIndex {
    /// The name, unique among the table's indexes.
    #[schemars(extend("pattern" = "^[a-zA-Z0-9_.-]{3,255}$"))]
    pub index_name: String,
    /// The attribute that is the index's partition key.
    #[schemars(length(min = 1, max = 255))]
    pub hash_key: String,
    /// The type of `hash_key`.
    #[serde(default)]
    pub hash_key_type: KeyType,
    /// The attribute that is the index's sort key. Empty: it has none.
    #[serde(default)]
    #[schemars(length(max = 255))]
    pub range_key: String,
    /// The type of `range_key`.
    #[serde(default)]
    pub range_key_type: KeyType,
    /// Which attributes are copied into the index.
    #[serde(default)]
    pub projection_type: ProjectionType,
    /// The attributes copied besides the keys, with `INCLUDE`.
    #[serde(default)]
    #[schemars(extend("set" = true))]
    pub non_key_attributes: BTreeSet<String>,
    /// Read capacity units of the index of a `PROVISIONED` table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub read_capacity: Option<i64>,
    /// Write capacity units of the index of a `PROVISIONED` table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub write_capacity: Option<i64>,
}

/// An index with the table's partition key and another sort key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LocalSecondaryIndex {
    /// The name, unique among the table's indexes.
    #[schemars(extend("pattern" = "^[a-zA-Z0-9_.-]{3,255}$"))]
    pub index_name: String,
    /// The attribute that is the index's sort key.
    #[schemars(length(min = 1, max = 255))]
    pub range_key: String,
    /// The type of `range_key`.
    #[serde(default)]
    pub range_key_type: KeyType,
    /// Which attributes are copied into the index.
    #[serde(default)]
    pub projection_type: ProjectionType,
    /// The attributes copied besides the keys, with `INCLUDE`.
    #[serde(default)]
    #[schemars(extend("set" = true))]
    pub non_key_attributes: BTreeSet<String>,
}

fn aws_owned_key() -> String {
    AWS_OWNED_KEY.to_owned()
}

fn recovery_period_in_days() -> i32 {
    RECOVERY_PERIOD_IN_DAYS
}

fn yes() -> bool {
    true
}

impl TableSpec {
    /// The attributes that the keys of the table and of these indexes name, each with its type: what AWS wants declared,
    /// no more and no less.
    pub(super) fn key_attributes<'a>(
        &'a self,
        indexes: impl IntoIterator<Item = &'a GlobalSecondaryIndex>,
    ) -> BTreeMap<String, KeyType> {
        self.keys(indexes).into_iter().map(|(_, name, kind)| (name.to_owned(), kind)).collect()
    }

    /// Every key: the field that names it (as a JSON pointer), the attribute and its type.
    fn keys<'a>(
        &'a self,
        indexes: impl IntoIterator<Item = &'a GlobalSecondaryIndex>,
    ) -> Vec<(String, &'a str, KeyType)> {
        let mut keys = vec![
            ("/hash_key".to_owned(), self.hash_key.as_str(), self.hash_key_type),
            ("/range_key".to_owned(), self.range_key.as_str(), self.range_key_type),
        ];
        for (position, index) in self.local_secondary_indexes.iter().enumerate() {
            let field = format!("/local_secondary_indexes/{position}/range_key");
            keys.push((field, &index.range_key, index.range_key_type));
        }
        for (position, index) in indexes.into_iter().enumerate() {
            let field = format!("/global_secondary_indexes/{position}");
            keys.push((format!("{field}/hash_key"), &index.hash_key, index.hash_key_type));
            keys.push((format!("{field}/range_key"), &index.range_key, index.range_key_type));
        }
        keys.retain(|(_, name, _)| !name.is_empty());
        keys
    }

    /// What is wrong with it beyond what its schema can say.
    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        self.check_keys(&mut problems);
        self.check_capacities(&mut problems);
        self.check_indexes(&mut problems);
        problems
    }

    fn check_keys(&self, problems: &mut Vec<Problem>) {
        if self.range_key == self.hash_key {
            problems.push(Problem::new("/range_key", "the sort key is the same attribute as the partition key"));
        }
        let table = [("/range_key".to_owned(), &self.range_key, self.range_key_type)];
        let indexes = self.global_secondary_indexes.iter().enumerate().map(|(position, index)| {
            (format!("/global_secondary_indexes/{position}/range_key"), &index.range_key, index.range_key_type)
        });
        for (field, name, kind) in table.into_iter().chain(indexes) {
            if name.is_empty() && kind != KeyType::default() {
                let problem = Problem::new(format!("{field}_type"), "the type of a sort key that there is not");
                problems.push(problem.help("set `range_key` too, or remove `range_key_type`"));
            }
        }
        let mut types: BTreeMap<&str, KeyType> = BTreeMap::new();
        for (field, name, kind) in self.keys(&self.global_secondary_indexes) {
            let first = *types.entry(name).or_insert(kind);
            if first != kind {
                let message =
                    format!("attribute `{name}` is of type {kind:?} here and of type {first:?} in another key");
                let help = "an attribute has one type in all keys of a table: set the `…_type` next to each key alike";
                problems.push(Problem::new(format!("{field}_type"), message).help(help));
            }
        }
    }

    fn check_capacities(&self, problems: &mut Vec<Problem>) {
        let table = [("read_capacity", self.read_capacity), ("write_capacity", self.write_capacity)];
        let table = table.map(|(field, units)| (format!("/{field}"), units));
        let indexes = self.global_secondary_indexes.iter().enumerate().flat_map(|(position, index)| {
            [("read_capacity", index.read_capacity), ("write_capacity", index.write_capacity)]
                .map(|(field, units)| (format!("/global_secondary_indexes/{position}/{field}"), units))
        });
        problems.extend(table.into_iter().chain(indexes).filter_map(|(field, units)| {
            match (self.billing_mode, units) {
                (BillingMode::Provisioned, None) => Some(
                    Problem::new(
                        field,
                        "a `PROVISIONED` table needs a capacity, and so does each of its global indexes",
                    )
                    .help("set `read_capacity` and `write_capacity`, or `billing_mode = \"PAY_PER_REQUEST\"`"),
                ),
                (BillingMode::PayPerRequest, Some(_)) => Some(
                    Problem::new(field, "capacity is for `PROVISIONED` tables")
                        .help("remove it, or set `billing_mode = \"PROVISIONED\"`"),
                ),
                _ => None,
            }
        }));
    }

    fn check_indexes(&self, problems: &mut Vec<Problem>) {
        if self.range_key.is_empty() && !self.local_secondary_indexes.is_empty() {
            let message = "a table with local secondary indexes needs a sort key";
            problems.push(Problem::new("/local_secondary_indexes", message).help("set `range_key`"));
        }
        let locals = self.local_secondary_indexes.iter().enumerate().map(|(position, index)| {
            let field = format!("/local_secondary_indexes/{position}");
            (field, &index.index_name, index.projection_type, &index.non_key_attributes)
        });
        let globals = self.global_secondary_indexes.iter().enumerate().map(|(position, index)| {
            let field = format!("/global_secondary_indexes/{position}");
            (field, &index.index_name, index.projection_type, &index.non_key_attributes)
        });
        let mut names = BTreeSet::new();
        for (field, name, projection, attributes) in locals.chain(globals) {
            if !names.insert(name) {
                let message = format!("the table has two indexes `{name}`");
                problems.push(Problem::new(format!("{field}/index_name"), message));
            }
            let pointer = format!("{field}/non_key_attributes");
            match (projection, attributes.is_empty()) {
                (ProjectionType::Include, true) => problems.push(
                    Problem::new(pointer, "`INCLUDE` needs the attributes to include")
                        .help("set `non_key_attributes`, or another `projection_type`"),
                ),
                (ProjectionType::All | ProjectionType::KeysOnly, false) => problems.push(
                    Problem::new(pointer, "`non_key_attributes` are for `projection_type = \"INCLUDE\"`")
                        .help("remove them, or set `projection_type = \"INCLUDE\"`"),
                ),
                _ => {}
            }
        }
    }
}

impl GlobalSecondaryIndex {
    /// Whether AWS can turn this index into the other without building it again: all but the capacity is the same.
    pub(super) fn is_built_like(&self, other: &Self) -> bool {
        let built = |index: &Self| Self { read_capacity: None, write_capacity: None, ..index.clone() };
        built(self) == built(other)
    }
}
