//! Whether every reader of YAML reads the same.

use std::fs;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use provision_schedule::{Schedule, Target};
use serde_json::Value;

use crate::checkers::python;
use crate::odd;
use crate::support::{content, every_schedule, folder, text, yaml};

/// Prints what two readers make of each file: PyYAML, which reads YAML 1.1 as Kubernetes' does, and ruamel.yaml, which
/// reads 1.2.
const READ: &str = "
import json, sys, yaml
from ruamel.yaml import YAML
for path in sys.argv[1:]:
    text = open(path, encoding='utf-8').read()
    print(json.dumps([list(yaml.safe_load_all(text)), list(YAML(typ='safe', pure=True).load_all(text))]))
";

#[test]
fn every_reader_reads_the_same() {
    let mut random = TestRunner::deterministic();
    let odd = (0..60).map(|_| {
        let schedule = odd::schedule(true).new_tree(&mut random).unwrap().current();
        let install = odd::text(true).new_tree(&mut random).unwrap().current();
        Schedule { install: format!("x{install}\n\n\t# {install}\n  end"), ..schedule }
    });
    let schedules = every_schedule().into_iter().chain(odd);
    let texts: Vec<String> = schedules
        .flat_map(|schedule| [Target::Github, Target::Kubernetes].map(|target| content(&schedule, target)))
        .collect();
    let folder = folder();
    let mut command = python("python");
    command.args(["-c", READ]);
    for (number, text) in texts.iter().enumerate() {
        let path = folder.path().join(number.to_string());
        fs::write(&path, text).unwrap();
        command.arg(path);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let read = String::from_utf8(output.stdout).unwrap();
    assert_eq!(read.lines().count(), texts.len());
    for (text, line) in texts.iter().zip(read.lines()) {
        let [old, new] = serde_json::from_str::<[Vec<Value>; 2]>(line).unwrap();
        let ours = yaml(text);
        assert_eq!(new, ours, "{text}");
        // YAML 1.1 takes the key `on` of a workflow for a truth value; GitHub, which wants it so, does not.
        let old = old.into_iter().map(|mut document| {
            if let Some(on) = document.as_object_mut().and_then(|document| document.remove("true")) {
                document["on"] = on;
            }
            document
        });
        assert_eq!(old.collect::<Vec<_>>(), ours, "{text}");
    }
}
