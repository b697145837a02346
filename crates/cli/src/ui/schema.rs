//! What an environment file may contain, to be read on a terminal.

use provision_config::{Catalog, Field, Fields, KindSchema, Shape};

use serde_json::json;

use crate::ui::Style;
use crate::ui::table::table;
use crate::ui::value::line;

/// How wide a documentation line gets.
const WIDTH: usize = 96;

/// The kinds, with what each is.
pub fn kinds(catalog: &Catalog, style: Style) -> String {
    let rows: Vec<[String; 3]> = catalog
        .kinds
        .values()
        .map(|kind| [kind.name.to_owned(), kind.aws_type.to_owned(), first_sentence(&kind.doc)])
        .collect();
    format!("{}\n`provision schema KIND` shows the fields of one.\n", table(["KIND", "AWS TYPE", ""], &rows, style))
}

/// A kind: what it is, its fields, and what references can name.
pub fn kind(kind: &KindSchema, style: Style) -> String {
    let mut text = format!("{}  {}\n", style.strong(kind.name), style.faint(kind.aws_type));
    paragraph(&mut text, &kind.doc, 0);
    if kind.stateful {
        text.push_str("\nIt holds data: it is protected from deletion unless the file says `protect = false`.\n");
    }
    text.push_str(&format!("\n{}\n", style.strong("Fields")));
    fields(&mut text, &kind.fields, 2, style);
    if !kind.outputs.is_empty() {
        text.push_str(&format!("\n{}\n", style.strong("Outputs")));
        for (name, doc) in &kind.outputs {
            text.push_str(&format!("  {}\n", style.note(&format!("${{{}.NAME.{name}}}", kind.name))));
            paragraph(&mut text, doc, 6);
        }
    }
    text.push_str(&format!("\n{}\n  region, depends_on, for_each, protect\n", style.strong("Every kind also has")));
    text
}

fn fields(text: &mut String, fields: &Fields, indent: usize, style: Style) {
    for (name, field) in &fields.0 {
        let facts = facts(field);
        text.push_str(&format!("{:indent$}{}  {}\n", "", style.note(name), style.faint(&facts)));
        paragraph(text, &field.doc, indent + 4);
        if let Some(inner) = inner(&field.shape) {
            self::fields(text, inner, indent + 4, style);
        }
    }
}

/// `a string, required, replaced if changed`.
fn facts(field: &Field) -> String {
    let mut facts = vec![field.shape.noun()];
    if field.required {
        facts.push("required".to_owned());
    }
    // An empty default says that there is none.
    let default = field.default.as_ref().filter(|default| ![json!(""), json!([]), json!({})].contains(default));
    if let Some(default) = default {
        facts.push(format!("default {}", line(default)));
    }
    if field.immutable {
        facts.push("a change replaces the resource".to_owned());
    }
    if field.sensitive {
        facts.push("sensitive".to_owned());
    }
    facts.join(", ")
}

/// The fields of the table that a field is, or is a list or map of.
fn inner(shape: &Shape) -> Option<&Fields> {
    match shape {
        Shape::Table(fields) => Some(fields),
        Shape::List(item) | Shape::Map(item) | Shape::Set { item, .. } => inner(item),
        Shape::Text(_) | Shape::Integer { .. } | Shape::Boolean | Shape::Document => None,
    }
}

fn paragraph(text: &mut String, words: &str, indent: usize) {
    let mut current = String::new();
    for word in words.split_whitespace() {
        if !current.is_empty() && indent + current.chars().count() + word.chars().count() >= WIDTH {
            text.push_str(&format!("{:indent$}{current}\n", ""));
            current.clear();
        }
        if !current.is_empty() {
            current.push(' ');
        }
        current.push_str(word);
    }
    if !current.is_empty() {
        text.push_str(&format!("{:indent$}{current}\n", ""));
    }
}

fn first_sentence(doc: &str) -> String {
    let first = doc.split("\n\n").next().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    match first.split_once(". ") {
        Some((sentence, _)) => sentence.to_owned(),
        None => first.trim_end_matches('.').to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::json_schema::samples::sample;

    #[test]
    fn a_kind_as_text() {
        insta::assert_snapshot!("schema_kind", kind(&sample(), Style::PLAIN));
    }

    #[test]
    fn the_kinds_as_a_table() {
        let catalog = Catalog { kinds: [("s3_bucket".to_owned(), sample())].into() };
        insta::assert_snapshot!(kinds(&catalog, Style::PLAIN), @r"
        KIND       AWS TYPE
        s3_bucket  AWS::S3::Bucket  A bucket

        `provision schema KIND` shows the fields of one.
        ");
    }
}
