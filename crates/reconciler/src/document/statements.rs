//! Policies in the file's own form: `statements` with `actions`, `resources`, `principals` and `conditions`.
//!
//! They become AWS's JSON before anything else looks at them, so that everything after sees one form. Whoever prefers AWS's
//! own (`Statement`, `Action`, …), as a table or as text, writes that; it is passed on as it is.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html>

use std::borrow::Cow;

use provision_config::{Fields, Shape, suggestion, unknown};
use serde_json::{Map, Value};

use crate::kind::Problem;

/// The version that has policy variables; what every new policy should say.
const VERSION: &str = "2012-10-17";
const VERSIONS: [&str; 2] = [VERSION, super::OLD_VERSION];
const EFFECTS: [&str; 2] = ["Allow", "Deny"];
const ANYBODY: &str = "*";

/// The fields of a document, of a statement and of its principals: in the file, and in AWS's JSON.
const DOCUMENT: [(&str, &str); 3] = [("statements", "Statement"), ("version", "Version"), ("id", "Id")];
const STATEMENT: [(&str, &str); 9] = [
    ("sid", "Sid"),
    ("effect", "Effect"),
    ("actions", "Action"),
    ("not_actions", "NotAction"),
    ("resources", "Resource"),
    ("not_resources", "NotResource"),
    ("principals", "Principal"),
    ("not_principals", "NotPrincipal"),
    ("conditions", "Condition"),
];
const PRINCIPALS: [(&str, &str); 4] =
    [("aws", "AWS"), ("service", "Service"), ("federated", "Federated"), ("canonical_user", "CanonicalUser")];

/// The condition operators, without `ForAnyValue:`, `ForAllValues:` and `IfExists`.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>
const OPERATORS: [&str; 27] = [
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
    "BinaryEquals",
    "Bool",
    "DateEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateNotEquals",
    "IpAddress",
    "NotIpAddress",
    "Null",
    "NumericEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericNotEquals",
    "StringEquals",
    "StringEqualsIgnoreCase",
    "StringLike",
    "StringNotEquals",
    "StringNotEqualsIgnoreCase",
    "StringNotLike",
];

/// A document as AWS wants it: the file's own form translated, any other as it is.
///
/// # Errors
/// Everything that is wrong with the file's form, each with its place in the document.
pub fn to_aws(document: &Value) -> Result<Cow<'_, Value>, Vec<Problem>> {
    translate(document, &Way::default())
}

/// What is wrong with the documents of a spec, wherever in it they are.
pub fn problems(fields: &Fields, spec: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    in_table(fields, spec, &Way::default(), &mut problems);
    problems
}

fn in_table(fields: &Fields, table: &Value, way: &Way, problems: &mut Vec<Problem>) {
    for (name, field) in &fields.0 {
        if let Some(value) = table.get(name) {
            in_value(&field.shape, value, &way.field(name), problems);
        }
    }
}

fn in_value(shape: &Shape, value: &Value, way: &Way, problems: &mut Vec<Problem>) {
    match (shape, value) {
        (Shape::Document, _) => problems.extend(translate(value, way).err().unwrap_or_default()),
        (Shape::List(item) | Shape::Set { item, .. }, Value::Array(items)) => {
            items.iter().enumerate().for_each(|(index, value)| in_value(item, value, &way.item(index), problems));
        }
        (Shape::Map(item), Value::Object(entries)) => {
            entries.iter().for_each(|(name, value)| in_value(item, value, &way.field(name), problems));
        }
        (Shape::Table(fields), _) => in_table(fields, value, way, problems),
        _ => {}
    }
}

fn translate<'v>(document: &'v Value, way: &Way) -> Result<Cow<'v, Value>, Vec<Problem>> {
    let Some(fields) = document.as_object().filter(|fields| is_of_the_file(fields)) else {
        return Ok(Cow::Borrowed(document));
    };
    let mut reader = Reader::default();
    let translated = reader.document(fields, way);
    if reader.problems.is_empty() { Ok(Cow::Owned(translated)) } else { Err(reader.problems) }
}

/// AWS writes `Statement`; whatever else is like it is meant to be ours.
fn is_of_the_file(fields: &Map<String, Value>) -> bool {
    let is_ours = |name: &String| name != "Statement" && matches!(&*name.to_lowercase(), "statement" | "statements");
    fields.keys().any(is_ours)
}

/// The way to a value.
#[derive(Clone, Debug, Default)]
struct Way {
    /// As a JSON pointer: `/policy/statements/0/actions`.
    pointer: String,
    /// As a person writes it: `policy.statements[0].actions`.
    name: String,
}

impl Way {
    fn field(&self, name: &str) -> Self {
        let dot = if self.name.is_empty() { "" } else { "." };
        let escaped = name.replace('~', "~0").replace('/', "~1");
        Self { pointer: format!("{}/{escaped}", self.pointer), name: format!("{}{dot}{name}", self.name) }
    }

    fn item(&self, index: usize) -> Self {
        Self { pointer: format!("{}/{index}", self.pointer), name: format!("{}[{index}]", self.name) }
    }
}

/// Reads the file's form, noting everything that is wrong with it.
#[derive(Default)]
struct Reader {
    problems: Vec<Problem>,
}

impl Reader {
    fn document(&mut self, fields: &Map<String, Value>, way: &Way) -> Value {
        let mut document = Map::from_iter([("Version".to_owned(), VERSION.into())]);
        for (name, value, aws, way) in self.known(fields, &DOCUMENT, way) {
            let value = match name {
                "statements" => self.statements(value, &way),
                "version" => self.one_of(value, &VERSIONS, &way),
                _ => self.text(value, &way),
            };
            document.insert(aws.to_owned(), value);
        }
        Value::Object(document)
    }

    fn statements(&mut self, value: &Value, way: &Way) -> Value {
        let items = match value {
            Value::Object(_) => return Value::Array(vec![self.statement(value, way)]),
            Value::Array(items) if items.is_empty() => {
                let help = "a policy has at least one statement; leave the field out if there is to be no policy";
                self.add(way, format!("`{}` is empty", way.name), help);
                return Value::Null;
            }
            Value::Array(items) => items,
            other => return self.expected("a list of statements", other, way),
        };
        let statements: Vec<Value> =
            items.iter().enumerate().map(|(index, item)| self.statement(item, &way.item(index))).collect();
        self.distinct_sids(&statements, way);
        Value::Array(statements)
    }

    fn distinct_sids(&mut self, statements: &[Value], way: &Way) {
        let sid = |statement: &Value| statement.get("Sid").and_then(Value::as_str).map(str::to_owned);
        let sids: Vec<Option<String>> = statements.iter().map(sid).collect();
        for (index, sid) in sids.iter().enumerate() {
            if let Some(sid) = sid
                && sids[..index].contains(&Some(sid.clone()))
            {
                let way = way.item(index).field("sid");
                self.add(&way, format!("`{}`: an earlier statement is called `{sid}` too", way.name), "");
            }
        }
    }

    fn statement(&mut self, value: &Value, way: &Way) -> Value {
        let Some(fields) = value.as_object() else {
            return self.expected("a statement, which is a table,", value, way);
        };
        let mut statement = Map::from_iter([("Effect".to_owned(), "Allow".into())]);
        let before = self.problems.len();
        let known = self.known(fields, &STATEMENT, way);
        // A field that is only misspelt is not missing as well.
        let is_misspelt = self.problems.len() > before;
        for (name, value, aws, way) in known {
            let value = match name {
                "sid" => self.text(value, &way),
                "effect" => self.one_of(value, &EFFECTS, &way),
                "principals" | "not_principals" => self.principals(value, &way),
                "conditions" => self.conditions(value, &way),
                _ => self.texts(value, &way),
            };
            statement.insert(aws.to_owned(), value);
        }
        for name in ["actions", "resources", "principals"] {
            let not = format!("not_{name}");
            if fields.contains_key(name) && fields.contains_key(&not) {
                let way = way.field(&not);
                self.add(&way, format!("`{}` excludes `{name}`", way.name), "keep one of them");
            }
        }
        if !is_misspelt && !["actions", "not_actions"].iter().any(|name| fields.contains_key(*name)) {
            let message = format!("the required field `{}` is missing", way.field("actions").name);
            self.add(way, message, "say what is allowed or denied: `actions`, or `not_actions` for all but these");
        }
        Value::Object(statement)
    }

    /// `"*"`, or by what they are.
    fn principals(&mut self, value: &Value, way: &Way) -> Value {
        match value {
            Value::String(text) if text == ANYBODY => ANYBODY.into(),
            Value::Object(fields) if !fields.is_empty() => {
                let known = self.known(fields, &PRINCIPALS, way);
                let known = known.into_iter().map(|(_, value, aws, way)| (aws.to_owned(), self.texts(value, &way)));
                Value::Object(known.collect())
            }
            other => self.expected(
                "`\"*\"`, or a table as in `{ service = [\"lambda.amazonaws.com\"], aws = [\"123456789012\"] }`,",
                other,
                way,
            ),
        }
    }

    fn conditions(&mut self, value: &Value, way: &Way) -> Value {
        let noun = "a table as in `{ StringEquals = { \"aws:SourceAccount\" = [\"123456789012\"] } }`,";
        let Some(operators) = value.as_object() else { return self.expected(noun, value, way) };
        let mut conditions = Map::new();
        for (operator, keys) in operators {
            let way = way.field(operator);
            if !is_operator(operator) {
                let message = format!("there is no condition operator `{}`", way.name);
                self.add(&way, message, &suggestion(bare_operator(operator), "the operators are", OPERATORS));
                continue;
            }
            let Some(keys) = keys.as_object() else {
                conditions.insert(operator.clone(), self.expected("a table of condition keys", keys, &way));
                continue;
            };
            let keys = keys.iter().map(|(key, values)| (key.clone(), self.values(values, &way.field(key))));
            conditions.insert(operator.clone(), Value::Object(keys.collect()));
        }
        Value::Object(conditions)
    }

    /// The values of a condition key, of which AWS makes texts.
    fn values(&mut self, value: &Value, way: &Way) -> Value {
        let text = |value: &Value| match value {
            Value::Bool(_) | Value::Number(_) => value.to_string().into(),
            other => other.clone(),
        };
        match value {
            Value::Array(items) => self.texts(&items.iter().map(text).collect(), way),
            other => self.texts(&text(other), way),
        }
    }

    /// A list of texts; one text is a list of one.
    fn texts(&mut self, value: &Value, way: &Way) -> Value {
        let items = match value {
            Value::String(_) => return Value::Array(vec![self.text(value, way)]),
            Value::Array(items) if items.is_empty() => {
                self.add(way, format!("`{}` is empty", way.name), "name at least one, or leave it out");
                return Value::Null;
            }
            Value::Array(items) => items,
            other => return self.expected("a list of strings", other, way),
        };
        let texts = items.iter().enumerate().map(|(index, item)| self.text(item, &way.item(index)));
        Value::Array(texts.collect())
    }

    fn text(&mut self, value: &Value, way: &Way) -> Value {
        if value.is_string() { value.clone() } else { self.expected("a string", value, way) }
    }

    fn one_of(&mut self, value: &Value, allowed: &[&str], way: &Way) -> Value {
        let is_allowed = |text: &str| allowed.contains(&text) || unknown::is_unknown(text);
        if value.as_str().is_some_and(is_allowed) {
            return value.clone();
        }
        let values: Vec<String> = allowed.iter().map(|value| format!("`{value}`")).collect();
        self.expected(&values.join(" or "), value, way)
    }

    /// The fields of a table that are none are reported; the others come with AWS's name for them and the way to them.
    fn known<'v>(
        &mut self,
        fields: &'v Map<String, Value>,
        names: &[(&'static str, &'static str)],
        way: &Way,
    ) -> Vec<(&'static str, &'v Value, &'static str, Way)> {
        let mut known = Vec::new();
        for (name, value) in fields {
            let way = way.field(name);
            match names.iter().find(|(ours, _)| ours == name) {
                Some((ours, aws)) => known.push((*ours, value, *aws, way)),
                None => {
                    // Who writes AWS's own name knows what is meant.
                    let help = match names.iter().find(|(_, aws)| same_word(aws, name)) {
                        Some((ours, _)) => format!("did you mean `{ours}`?"),
                        None => suggestion(name, "the fields are", names.iter().map(|(ours, _)| *ours)),
                    };
                    self.add(&way, format!("there is no field `{}`", way.name), &help);
                }
            }
        }
        known
    }

    fn expected(&mut self, noun: &str, found: &Value, way: &Way) -> Value {
        let separator = if noun.ends_with(',') { "" } else { "," };
        let found = match found {
            Value::String(text) => format!("\"{text}\""),
            Value::Array(_) => "a list".to_owned(),
            Value::Object(fields) if fields.is_empty() => "an empty table".to_owned(),
            Value::Object(_) => "a table".to_owned(),
            other => format!("`{other}`"),
        };
        self.add(way, format!("`{}`: expected {noun}{separator} found {found}", way.name), "");
        Value::Null
    }

    fn add(&mut self, way: &Way, message: String, help: &str) {
        let problem = Problem::new(way.pointer.clone(), message);
        self.problems.push(if help.is_empty() { problem } else { problem.help(help) });
    }
}

/// Case and the choice of separator do not make another word.
fn same_word(one: &str, other: &str) -> bool {
    let normal = |word: &str| word.to_lowercase().replace(['_', '-'], "");
    normal(one) == normal(other)
}

fn is_operator(operator: &str) -> bool {
    OPERATORS.contains(&bare_operator(operator))
}

fn bare_operator(operator: &str) -> &str {
    let quantified = ["ForAnyValue:", "ForAllValues:"].iter().find_map(|prefix| operator.strip_prefix(prefix));
    let operator = quantified.unwrap_or(operator);
    operator.strip_suffix("IfExists").unwrap_or(operator)
}

#[cfg(test)]
mod tests;
