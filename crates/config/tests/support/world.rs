//! A small catalog with fields of every shape, files in a temporary folder, and a plain renderer.

#![allow(clippy::unwrap_used, dead_code)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use provision_config::schema::Text;
use provision_config::{Catalog, Diagnostics, Environment, Field, Fields, KindSchema, Shape, load};
use serde_json::{Value, json};
use tempfile::TempDir;

/// What every file here begins with unless it is about just that.
pub const HEAD: &str = r#"[environment]
name = "dev"
account = "123456789012"
region = "us-east-1"

[state]
bucket = "acme-state"
lock_table = "acme-lock"
kms_key = "arn:aws:kms:us-east-1:123456789012:key/1"
"#;

/// Files in a temporary folder.
pub struct World {
    folder: TempDir,
    catalog: Catalog,
}

impl World {
    pub fn new(files: &[(&str, &str)]) -> Self {
        let world = Self { folder: TempDir::new().unwrap(), catalog: catalog() };
        for (name, text) in files {
            world.write(name, text.as_bytes());
        }
        world
    }

    /// With the two kinds more whose fields name files and resources.
    pub fn naming(files: &[(&str, &str)]) -> Self {
        Self { catalog: naming_catalog(), ..Self::new(files) }
    }

    pub fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn load(&self, name: &str) -> Result<Environment, Diagnostics> {
        self.load_path(&self.path(name))
    }

    pub fn load_path(&self, path: &Path) -> Result<Environment, Diagnostics> {
        load(path, &self.catalog)
    }

    /// What is wrong, as a person would see it, paths relative to the folder.
    pub fn complaints(&self, name: &str) -> String {
        match self.load(name) {
            Ok(_) => panic!("nothing is wrong"),
            Err(diagnostics) => self.render(&diagnostics),
        }
    }

    pub fn render(&self, diagnostics: &Diagnostics) -> String {
        let folder = format!("{}/", self.folder.path().display());
        render(diagnostics, self.folder.path()).replace(&folder, "")
    }
}

/// What is wrong with one file, laid over [`HEAD`]: its lines begin at 3.
pub fn complaints(body: &str) -> String {
    let world = World::new(&[("dev.toml", body)]);
    world.write("base.toml", HEAD.as_bytes());
    world.write("dev.toml", format!("extends = \"base.toml\"\n{body}").as_bytes());
    world.complaints("dev.toml")
}

/// The environment of one file after [`HEAD`].
pub fn loaded(body: &str) -> Environment {
    let world = World::new(&[("base.toml", HEAD), ("dev.toml", &format!("extends = \"base.toml\"\n{body}"))]);
    world.load("dev.toml").unwrap_or_else(|diagnostics| panic!("{}", world.render(&diagnostics)))
}

fn render(diagnostics: &Diagnostics, folder: &Path) -> String {
    let mut text = String::new();
    for diagnostic in &diagnostics.0 {
        if !text.is_empty() {
            text.push('\n');
        }
        writeln!(text, "{}: {}", diagnostic.code, diagnostic.message).unwrap();
        if let Some(location) = &diagnostic.location {
            let (line, column) = location.line_column();
            let path = location.path.strip_prefix(folder).unwrap();
            let source = location.text.lines().nth(line - 1).unwrap_or_default();
            let on_this_line = source.chars().count() + 1 - column;
            let marked = location.text[location.span.clone()].chars().count().min(on_this_line).max(1);
            let label = diagnostic.label.as_deref().unwrap_or_default();
            writeln!(text, "  {}:{line}:{column}", path.display()).unwrap();
            writeln!(text, "{}", format!("  | {source}").trim_end()).unwrap();
            writeln!(text, "{}", format!("  | {}{} {label}", " ".repeat(column - 1), "^".repeat(marked)).trim_end())
                .unwrap();
        }
        if let Some(help) = &diagnostic.help {
            writeln!(text, "  help: {help}").unwrap();
        }
    }
    text
}

/// A few kinds with fields of every shape.
pub fn catalog() -> Catalog {
    let kinds = [
        kind(
            "kms_key",
            &["arn", "key_id"],
            true,
            [
                ("description", text()),
                ("rotation_days", with_default(field(Shape::Integer { min: Some(90), max: Some(2560) }), json!(365))),
                ("policy", field(Shape::Document)),
                ("tags", field(Shape::Map(Box::new(plain())))),
            ],
        ),
        kind(
            "s3_bucket",
            &["arn", "domain_name"],
            true,
            [
                (
                    "bucket",
                    required(documented(
                        field(Shape::Text(Text {
                            pattern: Some("[a-z0-9][a-z0-9.-]*[a-z0-9]".to_owned()),
                            min_length: Some(3),
                            max_length: Some(63),
                            ..Text::default()
                        })),
                        "The name, unique in all of AWS: lower-case letters, digits, dots and hyphens. More follows.",
                    )),
                ),
                ("versioning", with_default(field(Shape::Boolean), json!(true))),
                (
                    "kms_key",
                    field(Shape::Text(Text {
                        pattern: Some("AES256|arn:[a-z-]+:kms:.+".to_owned()),
                        ..Text::default()
                    })),
                ),
                ("policy", field(Shape::Document)),
                (
                    "logging",
                    field(Shape::Table(fields([
                        ("bucket", required(text())),
                        ("prefix", with_default(text(), json!("logs/"))),
                    ]))),
                ),
                (
                    "lifecycle",
                    field(Shape::List(Box::new(Shape::Table(fields([
                        ("id", required(text())),
                        ("days", required(field(Shape::Integer { min: Some(1), max: None }))),
                        ("enabled", with_default(field(Shape::Boolean), json!(true))),
                    ]))))),
                ),
                ("tags", field(Shape::Map(Box::new(plain())))),
            ],
        ),
        kind(
            "dynamodb_table",
            &["arn", "stream_arn"],
            true,
            [
                ("table_name", required(text())),
                (
                    "billing_mode",
                    with_default(
                        field(Shape::Text(Text {
                            one_of: vec!["PAY_PER_REQUEST".to_owned(), "PROVISIONED".to_owned()],
                            ..Text::default()
                        })),
                        json!("PAY_PER_REQUEST"),
                    ),
                ),
                (
                    "indexes",
                    field(Shape::Set {
                        item: Box::new(Shape::Table(fields([
                            ("index_name", required(text())),
                            ("hash_key", required(text())),
                        ]))),
                        key: Some("index_name".to_owned()),
                    }),
                ),
                ("regions", field(Shape::Set { item: Box::new(plain()), key: None })),
                ("stream_arn", text()),
                ("tags", field(Shape::Map(Box::new(plain())))),
            ],
        ),
        kind(
            "kinesis_stream",
            &["arn"],
            true,
            [
                ("name", required(text())),
                ("shards", field(Shape::Integer { min: Some(1), max: Some(500) })),
                (
                    "encryption",
                    with_default(
                        field(Shape::Table(fields([
                            ("algorithm", with_default(text(), json!("KMS"))),
                            ("key", field(Shape::Text(Text { format: Some("arn".to_owned()), ..Text::default() }))),
                        ]))),
                        json!({ "key": null }),
                    ),
                ),
            ],
        ),
        kind(
            "ec2_vpc",
            &["vpc_id"],
            false,
            [
                (
                    "cidr_block",
                    required(field(Shape::Text(Text { format: Some("cidr".to_owned()), ..Text::default() }))),
                ),
                (
                    "secret",
                    Field { sensitive: true, ..field(Shape::Text(Text { min_length: Some(8), ..Text::default() })) },
                ),
            ],
        ),
    ];
    Catalog { kinds: kinds.into_iter().map(|kind| (kind.name.to_owned(), kind)).collect() }
}

/// The same and two more, whose fields name files and resources.
pub fn naming_catalog() -> Catalog {
    let mut catalog = catalog();
    let formatted = |format: &str| field(Shape::Text(Text { format: Some(format.to_owned()), ..Text::default() }));
    let document = || Box::new(Shape::Document);
    let kinds = [
        kind(
            "iam_role",
            &["arn"],
            false,
            [
                ("role_name", required(text())),
                ("trust", field(Shape::Document)),
                ("policies", field(Shape::Map(document()))),
                ("documents", field(Shape::List(document()))),
                (
                    "grants",
                    field(Shape::Set {
                        item: Box::new(Shape::Table(fields([
                            ("to", required(formatted("address"))),
                            ("access", with_default(text(), json!("read"))),
                        ]))),
                        key: Some("to".to_owned()),
                    }),
                ),
            ],
        ),
        kind(
            "lambda_function",
            &["arn"],
            false,
            [
                ("code", field(Shape::Table(fields([("folder", required(formatted("path")))])))),
                ("layers", field(Shape::List(Box::new(formatted("path").shape)))),
                ("role", formatted("address")),
                ("description", text()),
            ],
        ),
    ];
    catalog.kinds.extend(kinds.into_iter().map(|kind| (kind.name.to_owned(), kind)));
    catalog
}

fn kind<const N: usize>(name: &'static str, outputs: &[&str], stateful: bool, own: [(&str, Field); N]) -> KindSchema {
    KindSchema {
        name,
        aws_type: "AWS::Test::Kind",
        doc: String::new(),
        fields: fields(own),
        outputs: outputs.iter().map(|name| ((*name).to_owned(), String::new())).collect(),
        stateful,
    }
}

fn fields<const N: usize>(fields: [(&str, Field); N]) -> Fields {
    Fields(fields.into_iter().map(|(name, field)| (name.to_owned(), field)).collect::<BTreeMap<_, _>>())
}

fn field(shape: Shape) -> Field {
    Field::new(shape, "")
}

fn plain() -> Shape {
    Shape::Text(Text::default())
}

fn text() -> Field {
    field(plain())
}

fn required(field: Field) -> Field {
    Field { required: true, ..field }
}

fn with_default(field: Field, default: Value) -> Field {
    Field { default: Some(default), ..field }
}

fn documented(field: Field, doc: &str) -> Field {
    Field { doc: doc.to_owned(), ..field }
}
