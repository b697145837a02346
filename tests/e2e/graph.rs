//! `provision graph`: from the file alone, without network, credentials or emulator.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use provision_testkit::project::said;

use crate::world::project;

/// Runs the binary in a folder, with nothing to reach AWS by, and expects this exit code; what it said on stdout and stderr.
fn run(folder: &Path, arguments: &[&str], exit: i32) -> (String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_provision"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).env_clear();
    // Were anything sent, it would be refused here.
    command.env("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    let said = said(command.output().unwrap()).expect_exit(exit);
    (said.stdout, said.stderr)
}

#[test]
fn every_environment_is_drawn_in_every_form() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["dev", "staging", "prod"] {
        let file = project().join("environments").join(format!("{name}.toml"));
        let file = file.to_str().unwrap();
        let (mermaid, said) = run(folder.path(), &["graph", file], 0);
        assert!(mermaid.starts_with(&format!("%% {name}\nflowchart LR\n")), "{mermaid}");
        assert_eq!(said, "");
        assert_eq!(run(folder.path(), &["graph", file], 0).0, mermaid, "the same again");

        let (drawn, said) = run(folder.path(), &["graph", file, "--out", "graph.svg"], 0);
        assert_eq!(drawn, "");
        assert!(said.contains("graph.svg"), "{said}");
        let svg = fs::read_to_string(folder.path().join("graph.svg")).unwrap();

        let (document, _) = run(folder.path(), &["graph", file, "--json", "--out", "graph.gv", "--all"], 0);
        let dot = fs::read_to_string(folder.path().join("graph.gv")).unwrap();
        let document: Value = serde_json::from_str(&document).unwrap();
        assert_eq!(document["format"], "provision.graph/1");
        let nodes = document["nodes"].as_array().unwrap();
        let edges = document["edges"].as_array().unwrap();
        assert!(nodes.len() >= 16 && edges.len() >= 10, "{} {}", nodes.len(), edges.len());
        for node in nodes {
            let address = node["address"].as_str().unwrap();
            let escaped = address.replace('"', "&quot;");
            assert!(svg.contains(&format!("<title>{escaped} (")), "{address} is in the picture");
            assert!(dot.contains(&format!("\"{}\" [", address.replace('"', "\\\""))), "{address} is in DOT");
        }
        let exists = |address: &Value| nodes.iter().any(|node| node["address"] == *address);
        assert!(edges.iter().all(|edge| exists(&edge["from"]) && exists(&edge["to"])));
        assert_eq!(dot.matches(" -> ").count(), edges.len(), "--all draws every dependency");
    }
}

#[test]
fn the_picture_in_the_readme_is_of_today() {
    let folder = tempfile::tempdir().unwrap();
    let file = project().join("environments/staging.toml");
    run(folder.path(), &["graph", file.to_str().unwrap(), "--out", "graph.svg"], 0);
    let drawn = fs::read_to_string(folder.path().join("graph.svg")).unwrap();
    let shown = fs::read_to_string(project().join("docs/graph.svg")).unwrap();
    assert!(drawn == shown, "draw it again: provision graph staging --out docs/graph.svg");
}

#[test]
fn what_cannot_be_drawn_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let environments = project().join("environments");
    let dev = environments.join("dev.toml");
    let dev = dev.to_str().unwrap();

    let (_, unknown) = run(&project(), &["graph", "devv"], 3);
    assert!(unknown.contains("dev"), "{unknown}");

    fs::write(folder.path().join("broken.toml"), "[environment]\nname = broken\n").unwrap();
    let (_, malformed) = run(folder.path(), &["graph", "broken.toml"], 3);
    assert!(malformed.contains("broken.toml:2"), "{malformed}");

    let (_, unclear) = run(folder.path(), &["graph", dev, "--out", "graph.png"], 3);
    assert!(unclear.contains(".svg"), "the hint names what is possible: {unclear}");
    run(folder.path(), &["graph", dev, "--format", "svg", "--out", "graph.png"], 0);

    let (_, both) = run(folder.path(), &["graph", dev, "--format", "dot", "--json"], 3);
    assert!(both.contains("--out"), "{both}");
    run(folder.path(), &["graph", dev, "--format", "png"], 3);

    let (_, nowhere) = run(folder.path(), &["graph", dev, "--out", "nowhere/graph.svg"], 1);
    assert!(nowhere.contains("failed to write nowhere/graph.svg"), "{nowhere}");
}
