//! The manifest, with Kubernetes' own schemas.

use std::fs;
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use provision_schedule::{Schedule, Target};
use serde_json::{Value, json};

use crate::checkers::python;
use crate::odd;
use crate::samples::{full, plain};
use crate::stub::Stub;
use crate::support::{content, every_schedule, folder, said, yaml};

/// The oldest version it is said to be for, and the newest one whose schema is known.
const VERSIONS: [&str; 2] = ["1.31", "1.37"];

#[test]
fn kubernetes_schema_has_nothing_to_complain_about() {
    let folder = folder();
    let all: Vec<String> = every_schedule().iter().map(|schedule| content(schedule, Target::Kubernetes)).collect();
    let path = folder.path().join("all.yaml");
    fs::write(&path, all.join("---\n")).unwrap();
    let validate = |path: &Path, version: &str| {
        said(python("kubernetes-validate").args(["--strict", "--kubernetes-version", version]).arg(path))
    };
    for version in VERSIONS {
        let (good, complaints) = validate(&path, version);
        assert!(good, "{complaints}");
        assert_eq!(complaints.matches("passed").count(), 2 * all.len(), "{complaints}");
        for (right, wrong) in [
            ("concurrencyPolicy:", "concurrentPolicy:"),
            ("restartPolicy: Never", "restartPolicy: 1"),
            ("backoffLimit: 0", "backoffLimit: none"),
            ("  schedule: ", "  schedul: "),
            ("operator: In\n", ""),
        ] {
            let broken = folder.path().join("broken.yaml");
            let manifest = content(&plain(), Target::Kubernetes);
            assert!(manifest.contains(right), "{right}");
            fs::write(&broken, manifest.replace(right, wrong)).unwrap();
            let (good, complaints) = validate(&broken, version);
            assert!(!good, "{wrong}: {complaints}");
        }
    }
}

fn cron_job(schedule: &Schedule) -> Value {
    let documents = yaml(&content(schedule, Target::Kubernetes));
    assert_eq!(documents.len(), 2);
    assert_eq!(documents[0]["metadata"]["name"], documents[1]["metadata"]["name"]);
    documents[1].clone()
}

fn container(cron_job: &Value) -> Value {
    cron_job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0].clone()
}

/// What Kubernetes makes of a command or an argument ("Define a command and arguments for a container"): `$$` is `$`,
/// `$(NAME)` the value of a variable of the container. As none is meant, one that is found here is a mistake.
fn expand(text: &str) -> String {
    let doubled = text.replace("$$", "\0");
    assert!(!doubled.contains("$("), "{text}");
    doubled.replace('\0', "$")
}

/// Command and arguments, as the container gets them.
fn words(container: &Value) -> Vec<String> {
    let parts = [&container["command"], &container["args"]];
    let texts = parts.into_iter().flat_map(|part| part.as_array().unwrap());
    texts.map(|text| expand(text.as_str().unwrap_or_else(|| panic!("{text} is no text")))).collect()
}

#[test]
fn what_is_found_and_what_fails_come_out_differently() {
    for (code, reason) in [
        (0, None),
        (2, Some("PodFailurePolicy")),
        (1, Some("BackoffLimitExceeded")),
        (143, Some("BackoffLimitExceeded")),
    ] {
        let folder = folder();
        let stub = Stub::within(folder.path(), code);
        let job = cron_job(&Schedule { program: stub.program().to_str().unwrap().to_owned(), ..plain() });
        let words = words(&container(&job));
        let status = Command::new(&words[0]).args(&words[1..]).output().unwrap().status.code().unwrap();
        assert_eq!(stub.call(), ["-C", "/srv/provision", "drift", "--all", "--notify"]);
        // "Pod failure policy": the first rule that a failed pod matches; then the limit of tries.
        let spec = &job["spec"]["jobTemplate"]["spec"];
        let rules = spec["podFailurePolicy"]["rules"].as_array().unwrap();
        let rule = rules.iter().find(|rule| {
            let codes = &rule["onExitCodes"];
            codes["operator"] == "In"
                && codes["containerName"] == container(&job)["name"]
                && codes["values"].as_array().unwrap().contains(&json!(status))
        });
        let told = match (status, rule) {
            (0, _) => None,
            (_, Some(rule)) if rule["action"] == "FailJob" => Some("PodFailurePolicy"),
            _ if spec["backoffLimit"] == 0 => Some("BackoffLimitExceeded"),
            _ => Some("another try"),
        };
        assert_eq!(told, reason);
        // A pod failure policy is only taken with this.
        assert_eq!(spec["template"]["spec"]["restartPolicy"], "Never");
    }
}

#[test]
fn it_runs_with_as_little_as_can_be() {
    for schedule in [plain(), full()] {
        let job = cron_job(&schedule);
        let pod = &job["spec"]["jobTemplate"]["spec"]["template"]["spec"];
        assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
        assert_eq!(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
        let context = &container(&job)["securityContext"];
        assert_eq!(
            *context,
            json!({
                "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": { "drop": ["ALL"] }
            })
        );
        assert_eq!(pod["volumes"][0]["name"], container(&job)["volumeMounts"][0]["name"]);
        assert_eq!(job["spec"]["concurrencyPolicy"], "Forbid");
    }
}

#[test]
fn the_role_and_the_targets_come_from_the_cluster_unless_they_are_given() {
    let account = |schedule: &Schedule| yaml(&content(schedule, Target::Kubernetes))[0].clone();
    assert_eq!(account(&plain())["metadata"]["annotations"], Value::Null);
    let role = json!({ "eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/ops/drift" });
    assert_eq!(account(&full())["metadata"]["annotations"], role);
    let variable = |schedule: &Schedule| {
        let variables = container(&cron_job(schedule))["env"].as_array().unwrap().clone();
        variables.into_iter().find(|variable| variable["name"] == "PROVISION_NOTIFY")
    };
    let secret = json!({ "name": "provision-notify", "key": "PROVISION_NOTIFY", "optional": true });
    assert_eq!(variable(&plain()).unwrap()["valueFrom"]["secretKeyRef"], secret);
    assert_eq!(variable(&full()), None);
}

#[test]
fn an_image_that_was_built_here_is_not_looked_for_elsewhere() {
    let pull = |image: &str| {
        let schedule = Schedule { image: image.to_owned(), ..plain() };
        container(&cron_job(&schedule))["imagePullPolicy"].clone()
    };
    assert_eq!(pull("provision:latest"), "IfNotPresent");
    assert_eq!(pull("registry.example.com/provision:latest"), Value::Null);
}

proptest! {
    #![proptest_config(odd::cases(64))]

    #[test]
    fn odd_texts_survive(schedule in odd::schedule(true), program in odd::text(true)) {
        let folder = folder();
        let stub = Stub::at(&folder.path().join(format!("x{program}x")), 0);
        let schedule = Schedule { program: stub.program().to_str().unwrap().to_owned(), ..schedule };
        let words = words(&container(&cron_job(&schedule)));
        prop_assert!(Command::new(&words[0]).args(&words[1..]).output().unwrap().status.success());
        prop_assert_eq!(stub.call(), odd::arguments(&schedule, &schedule.directory));
    }
}
