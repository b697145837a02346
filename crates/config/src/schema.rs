//! What kinds of resource there are and what their fields look like.
//!
//! The kinds themselves live elsewhere; this is the plain description that checking, diffing, documentation and the
//! JSON schema all share.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Every kind that an environment file may use, by name.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// The kinds by name.
    pub kinds: BTreeMap<String, KindSchema>,
}

/// One kind of resource.
#[derive(Clone, Debug)]
pub struct KindSchema {
    /// The name used in files, as in `s3_bucket`.
    pub name: &'static str,
    /// The CloudFormation type it follows, as in `AWS::S3::Bucket`.
    pub aws_type: &'static str,
    /// What it is, in Markdown.
    pub doc: String,
    /// What can be set.
    pub fields: Fields,
    /// What `${…}` can name besides the fields, with what it means.
    pub outputs: BTreeMap<String, String>,
    /// Whether deleting one destroys data: such a resource is protected unless the file says `protect = false`.
    pub stateful: bool,
}

/// The fields of a kind or of a table inside it, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields(pub BTreeMap<String, Field>);

/// One field.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// What values it takes.
    pub shape: Shape,
    /// Whether it must be set.
    pub required: bool,
    /// What it is when unset. `None`: not managed, and never compared.
    pub default: Option<Value>,
    /// AWS cannot change it in place: a change replaces the resource.
    pub immutable: bool,
    /// Never printed and never stored.
    pub sensitive: bool,
    /// How grave it is if somebody changes it behind our back. `None`: as grave as what is around it.
    pub severity: Option<Severity>,
    /// What it means, in Markdown.
    pub doc: String,
}

/// How grave it is that something is not as it should be, the least first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It says something, and does nothing: a tag, a description.
    Low,
    /// Something behaves otherwise.
    #[default]
    Medium,
    /// It decides who gets at something, whether it can be read by others, or whether it survives.
    High,
}

impl Severity {
    /// All of them, the gravest first.
    pub const ALL: [Self; 3] = [Self::High, Self::Medium, Self::Low];

    /// Its name, as files and machine forms write it: `high`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Field {
    /// A field of this shape that need not be set and has no attributes.
    pub fn new(shape: Shape, doc: impl Into<String>) -> Self {
        Self {
            shape,
            required: false,
            default: None,
            immutable: false,
            sensitive: false,
            severity: None,
            doc: doc.into(),
        }
    }
}

/// What values a field takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A text. May contain an unknown.
    Text(Text),
    /// A whole number within bounds, both included.
    Integer {
        /// The least.
        min: Option<i64>,
        /// The greatest.
        max: Option<i64>,
    },
    /// `true` or `false`.
    Boolean,
    /// A list in which order counts.
    List(Box<Shape>),
    /// A list in which order does not count.
    Set {
        /// What each item is.
        item: Box<Shape>,
        /// For tables: the field that tells the items apart (`index_name`), so that a change of one is shown as such.
        key: Option<String>,
    },
    /// A table with any keys.
    Map(Box<Shape>),
    /// A table with these fields.
    Table(Fields),
    /// A JSON document (a policy), given as a table, as JSON text or as `{ file = "policies/bucket.json" }`; compared
    /// by meaning.
    ///
    /// The file's path starts from the folder of the layer that names it, like a text of the form `path` (see
    /// [`Text::format`]). `${…}` in the file's strings and keys is resolved as if they stood in the layer, so what AWS
    /// is to fill in must be written `$${aws:username}` there too. A resolved spec has the file's content, never its
    /// name.
    Document,
}

/// What texts a field takes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Text {
    /// If not empty, one of these.
    pub one_of: Vec<String>,
    /// A regular expression that the whole text must match; not applied where a part is unknown.
    pub pattern: Option<String>,
    /// A well-known form: `account`, `address`, `arn`, `cidr`, `path`, `region`. Other forms are not checked.
    ///
    /// - `address`: the address of a resource of the environment, as in `s3_bucket.data`, or `s3_bucket.data["eu"]` for
    ///   one entry of a `for_each`. It must be known before anything exists. It is only a name: unlike a reference, it makes
    ///   that resource neither come first nor stay until this one is gone. What is made of it may (see the reconciler's grants).
    /// - `path`: an existing file or folder. A relative path starts from the folder of the layer in which the field
    ///   itself stands, even if the value comes from somewhere else by a reference (`${vars.x}`, or another resource's
    ///   path, which such a reference brings as it is written there); `~` is not expanded. The resolved spec has it
    ///   joined with that folder, `.` and `..` taken away without looking at links: absolute if it is written so or the
    ///   environment's file was named so, else relative to the working directory. A schema's default is left as it is.
    pub format: Option<String>,
    /// The least number of characters.
    pub min_length: Option<u64>,
    /// The greatest number of characters.
    pub max_length: Option<u64>,
}

impl Fields {
    /// The field of that name.
    pub fn get(&self, name: &str) -> Option<&Field> {
        self.0.get(name)
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl Shape {
    /// What a person would call it: `a whole number`, `a list of strings`.
    pub fn noun(&self) -> String {
        match self {
            Self::Text(text) if !text.one_of.is_empty() => {
                let values: Vec<String> = text.one_of.iter().map(|value| format!("`{value}`")).collect();
                format!("one of {}", values.join(", "))
            }
            Self::Text(Text { format: Some(format), .. }) => match format.as_str() {
                "account" => "a 12-digit account id".to_owned(),
                "address" => "the address of a resource".to_owned(),
                "arn" => "an ARN".to_owned(),
                "cidr" => "a CIDR block such as `10.0.0.0/16`".to_owned(),
                other => format!("a {other}"),
            },
            Self::Text(_) => "a string".to_owned(),
            Self::Integer { min: Some(min), max: Some(max) } => format!("a whole number from {min} to {max}"),
            Self::Integer { min: Some(min), max: None } => format!("a whole number of at least {min}"),
            Self::Integer { min: None, max: Some(max) } => format!("a whole number of at most {max}"),
            Self::Integer { min: None, max: None } => "a whole number".to_owned(),
            Self::Boolean => "`true` or `false`".to_owned(),
            Self::List(_) | Self::Set { .. } => "a list".to_owned(),
            Self::Map(_) | Self::Table(_) => "a table".to_owned(),
            Self::Document => "a policy document, as a table or as JSON text".to_owned(),
        }
    }
}
