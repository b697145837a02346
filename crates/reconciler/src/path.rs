//! The way to a value inside a spec, as differences name it: `logging.prefix`, `tags["Project"]`,
//! `ingress["tcp 443"].description`.

use provision_config::{Fields, Shape};
use serde_json::Value;

/// The value that a path leads to, if there is one.
pub fn value<'a>(fields: &Fields, spec: &'a Value, path: &str) -> Option<&'a Value> {
    let (name, rest) = first(path)?;
    inner(&fields.get(name)?.shape, spec.get(name)?, rest)
}

/// Puts a value where a path leads to; `None` takes away what is there. Whether the way to it is there in `spec`.
pub fn put(fields: &Fields, spec: &mut Value, path: &str, new: Option<&Value>) -> bool {
    let Some((name, rest)) = first(path) else { return false };
    let Some(field) = fields.get(name) else { return false };
    if rest.is_empty() {
        return set(spec, name, new);
    }
    spec.get_mut(name).is_some_and(|value| put_inside(&field.shape, value, rest, new))
}

fn inner<'a>(shape: &Shape, value: &'a Value, rest: &str) -> Option<&'a Value> {
    if rest.is_empty() {
        return Some(value);
    }
    match shape {
        Shape::Table(fields) => self::value(fields, value, rest.strip_prefix('.')?),
        Shape::Map(item) => {
            let (key, rest) = entry(rest)?;
            inner(item, value.get(&key)?, rest)
        }
        Shape::Set { item, key: Some(name) } => {
            let (key, rest) = entry(rest)?;
            inner(item, value.as_array()?.iter().find(|one| name_of(one, name) == key)?, rest)
        }
        _ => None,
    }
}

fn put_inside(shape: &Shape, value: &mut Value, rest: &str, new: Option<&Value>) -> bool {
    match shape {
        Shape::Table(fields) => rest.strip_prefix('.').is_some_and(|rest| put(fields, value, rest, new)),
        Shape::Map(item) => match entry(rest) {
            Some((key, "")) => set(value, &key, new),
            Some((key, rest)) => value.get_mut(&key).is_some_and(|value| put_inside(item, value, rest, new)),
            None => false,
        },
        Shape::Set { item, key: Some(name) } => {
            let (Some((key, rest)), Some(items)) = (entry(rest), value.as_array_mut()) else { return false };
            let place = items.iter().position(|one| name_of(one, name) == key);
            match (place, rest, new) {
                (Some(place), "", Some(new)) => items[place] = new.clone(),
                (Some(place), "", None) => drop(items.remove(place)),
                (None, "", Some(new)) => items.push(new.clone()),
                (None, "", None) => {}
                (Some(place), rest, new) => return put_inside(item, &mut items[place], rest, new),
                (None, ..) => return false,
            }
            true
        }
        _ => false,
    }
}

fn set(table: &mut Value, name: &str, new: Option<&Value>) -> bool {
    let Some(table) = table.as_object_mut() else { return false };
    match new {
        Some(new) => drop(table.insert(name.to_owned(), new.clone())),
        None => drop(table.remove(name)),
    }
    true
}

/// The first name of a path, and the rest.
fn first(path: &str) -> Option<(&str, &str)> {
    let end = path.find(['.', '[']).unwrap_or(path.len());
    (end > 0).then(|| path.split_at(end))
}

/// The key of `["key"]`, and the rest.
fn entry(path: &str) -> Option<(String, &str)> {
    let quoted = path.strip_prefix('[')?;
    let mut texts = serde_json::Deserializer::from_str(quoted).into_iter::<String>();
    let key = texts.next()?.ok()?;
    let rest = quoted[texts.byte_offset()..].strip_prefix(']')?;
    Some((key, rest))
}

/// What tells an item from the others: a text, or a number.
pub(crate) fn name_of(item: &Value, key: &str) -> String {
    let name = item.get(key).unwrap_or(&Value::Null);
    name.as_str().map_or_else(|| name.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeMap;

    use provision_config::Field;
    use provision_config::schema::Text;
    use serde_json::json;

    use super::*;

    fn fields() -> Fields {
        let text = || Shape::Text(Text::default());
        let table = |fields: Vec<(&str, Shape)>| {
            let fields = fields.into_iter().map(|(name, shape)| (name.to_owned(), Field::new(shape, "")));
            Fields(fields.collect::<BTreeMap<_, _>>())
        };
        let rule = Shape::Table(table(vec![("rule", text()), ("note", text())]));
        table(vec![
            ("name", text()),
            ("logging", Shape::Table(table(vec![("prefix", text())]))),
            ("tags", Shape::Map(Box::new(text()))),
            ("ingress", Shape::Set { item: Box::new(rule), key: Some("rule".to_owned()) }),
        ])
    }

    #[test]
    fn every_path_that_a_difference_names_leads_somewhere() {
        let spec = json!({
            "name": "n", "logging": { "prefix": "p" }, "tags": { "a.b[\"c\"]": "t" },
            "ingress": [{ "rule": "tcp 443", "note": "x" }],
        });
        for (path, found) in [
            ("name", json!("n")),
            ("logging.prefix", json!("p")),
            ("tags[\"a.b[\\\"c\\\"]\"]", json!("t")),
            ("ingress[\"tcp 443\"].note", json!("x")),
        ] {
            assert_eq!(value(&fields(), &spec, path), Some(&found), "{path}");
            let mut changed = spec.clone();
            assert!(put(&fields(), &mut changed, path, Some(&json!("new"))));
            assert_eq!(value(&fields(), &changed, path), Some(&json!("new")), "{path}");
            assert!(put(&fields(), &mut changed, path, None));
            assert_eq!(value(&fields(), &changed, path), None, "{path}");
            assert!(put(&fields(), &mut changed, path, Some(&found)));
            assert_eq!(changed, spec);
        }
        let mut changed = spec.clone();
        assert!(put(&fields(), &mut changed, "ingress[\"tcp 80\"]", Some(&json!({ "rule": "tcp 80" }))));
        assert_eq!(changed["ingress"].as_array().map(Vec::len), Some(2));
        for path in ["", "nothing", "name.inner", "tags.a", "tags[a]", "ingress[\"none\"].note", "[\"a\"]"] {
            assert_eq!(value(&fields(), &spec, path), None, "{path}");
            assert!(!put(&fields(), &mut spec.clone(), path, Some(&json!(1))), "{path}");
        }
    }
}
