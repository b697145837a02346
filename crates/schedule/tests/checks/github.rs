//! The workflow, with GitHub's schema, actionlint and ShellCheck.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use proptest::prelude::*;
use provision_schedule::{Schedule, Target};
use serde_json::Value;

use crate::checkers::{actionlint, python};
use crate::odd;
use crate::samples::{full, plain};
use crate::stub::{SAYS, SUMMARY, Stub, search};
use crate::support::{content, every_schedule, folder, said, text, write, yaml};

#[test]
fn githubs_schema_has_nothing_to_complain_about() {
    let folder = folder();
    let mut command = python("check-jsonschema");
    command.args(["--builtin-schema", "vendor.github-workflows"]);
    for (number, schedule) in every_schedule().into_iter().enumerate() {
        command.args(write(&folder.path().join(number.to_string()), &schedule.render(Target::Github).unwrap()));
    }
    let (good, complaints) = said(&mut command);
    assert!(good, "{complaints}");
    for (right, wrong) in
        [("runs-on:", "run-on:"), ("id-token: write", "id-token: yes"), ("  workflow_dispatch:", "  dispatch:")]
    {
        let workflow = content(&plain(), Target::Github);
        assert!(workflow.contains(right));
        let path = folder.path().join("broken.yml");
        fs::write(&path, workflow.replace(right, wrong)).unwrap();
        let mut command = python("check-jsonschema");
        let (good, complaints) = said(command.args(["--builtin-schema", "vendor.github-workflows"]).arg(&path));
        assert!(!good && complaints.contains("validation errors"), "{wrong}: {complaints}");
    }
}

#[test]
fn actionlint_has_nothing_to_complain_about() {
    let Some(mut command) = actionlint() else { return };
    let lint = |workflow: &str| {
        let folder = folder();
        fs::write(folder.path().join("workflow.yml"), workflow).unwrap();
        let mut command = actionlint().unwrap();
        said(command.current_dir(folder.path()).env("NO_COLOR", "1").arg("workflow.yml"))
    };
    let folder = folder();
    for (number, schedule) in every_schedule().into_iter().enumerate() {
        let path = folder.path().join(format!("{number}.yml"));
        fs::write(path, content(&schedule, Target::Github)).unwrap();
        command.arg(format!("{number}.yml"));
    }
    let (good, complaints) = said(command.current_dir(folder.path()).env("NO_COLOR", "1"));
    assert!(good, "{complaints}");
    for (right, wrong, complaint) in [
        ("steps.check.outputs.code", "steps.chck.outputs.code", "chck"),
        ("cron: '19 ", "cron: '60 ", "invalid CRON format"),
        ("runs-on: ubuntu-latest", "runs-on: ubuntu-oldest", "unknown"),
        ("role-to-assume:", "role-to-take:", "role-to-take"),
        ("vars.AWS_ROLE_ARN", "vars.AWS_ROLE_ARN }", "unexpected"),
    ] {
        let workflow = content(&plain(), Target::Github);
        assert!(workflow.contains(right), "{right}");
        let (good, complaints) = lint(&workflow.replace(right, wrong));
        assert!(!good && complaints.contains(complaint), "{wrong}: {complaints}");
    }
}

fn steps(workflow: &str) -> Vec<Value> {
    let documents = yaml(workflow);
    documents[0]["jobs"]["check"]["steps"].as_array().unwrap().clone()
}

fn step<'a>(steps: &'a [Value], name: &str) -> &'a Value {
    steps.iter().find(|step| step["name"] == name).unwrap_or_else(|| panic!("no {name:?} in {steps:#?}"))
}

/// The script of a step after GitHub has put in its expressions: there must be none but that whose value is `${{`.
fn script(step: &Value) -> String {
    let text = step["run"].as_str().unwrap();
    let literal = text.replace("${{ '${{' }}", "\0");
    assert!(!literal.contains("${{"), "{text}");
    literal.replace('\0', "${{")
}

/// Runs a step as GitHub does: `bash -e FILE`, or what it makes of `shell: bash`.
fn run(step: &Value, folder: &Path) -> Output {
    let file = folder.join("step.sh");
    fs::write(&file, script(step)).unwrap();
    let mut bash = Command::new("bash");
    if step["shell"] == "bash" {
        bash.args(["--noprofile", "--norc", "-eo", "pipefail"]);
    } else {
        bash.arg("-e");
    }
    for variable in ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"] {
        fs::write(folder.join(variable), "").unwrap();
        bash.env(variable, folder.join(variable));
    }
    bash.env("RUNNER_TEMP", folder).env("PATH", search(folder)).current_dir(folder).arg(file).output().unwrap()
}

/// The commands to the runner in a log, as it reads them: none between `::stop-commands::TOKEN` and `::TOKEN::`.
fn runner_commands(log: &str) -> Vec<String> {
    let (mut commands, mut stopped) = (Vec::new(), None);
    for line in log.lines().map(str::trim_start) {
        match (&stopped, line.strip_prefix("::stop-commands::")) {
            (None, Some(token)) => stopped = Some(format!("::{token}::")),
            (Some(end), _) if line == end => stopped = None,
            (None, None) if line.starts_with("::") => commands.push(line.to_owned()),
            _ => {}
        }
    }
    assert_eq!(stopped, None, "{log}");
    commands
}

#[test]
fn what_is_found_and_what_fails_come_out_differently() {
    let steps = steps(&content(&plain(), Target::Github));
    let names: Vec<&str> = steps.iter().map(|step| step["name"].as_str().unwrap()).collect();
    let expected = ["Check out", "Install provision", "Sign in to AWS", "Check", "Keep the report", "Drift found"];
    assert_eq!(names, expected);
    for (code, exit, annotation) in [
        (0, 0, None),
        (2, 0, Some("::warning title=Drift found::")),
        (1, 1, Some("::error title=Drift check failed::")),
        (3, 3, Some("::error title=Drift check failed::")),
        (143, 143, Some("::error title=Drift check failed::")),
    ] {
        let folder = folder();
        let stub = Stub::within(folder.path(), code);
        let output = run(step(&steps, "Check"), folder.path());
        let path = |ending: &str| folder.path().join(format!("provision-drift.{ending}")).to_str().unwrap().to_owned();
        assert_eq!(stub.call(), ["drift", "--all", "--notify", "--out", &path("html"), "--out", &path("md")]);
        assert_eq!(output.status.code(), Some(exit), "{}", text(&output));
        assert_eq!(fs::read_to_string(folder.path().join("GITHUB_OUTPUT")).unwrap(), format!("code={code}\n"));
        // What the program printed is shown as it is, and is a command to nobody.
        let log = String::from_utf8(output.stdout.clone()).unwrap();
        assert!(log.contains(SAYS), "{log}");
        let commands = runner_commands(&log);
        assert_eq!(commands.len(), usize::from(annotation.is_some()), "{commands:?}");
        assert!(annotation.is_none_or(|annotation| commands[0].starts_with(annotation)), "{commands:?}");
        // The program's own summary; or, if it did not get that far, what became of it.
        let reported = code <= 2;
        assert_eq!(Path::new(&path("html")).exists(), reported);
        let summary = summary(folder.path());
        assert_eq!(summary.ends_with(SUMMARY), reported, "{summary}");
        assert_eq!(summary.starts_with("### Drift check failed: "), ![0, 2].contains(&code), "{summary}");
    }
    // The last step runs only for 2, and then fails; whatever became of the report in between.
    let last = step(&steps, "Drift found");
    assert_eq!(last["if"], "${{ !cancelled() && steps.check.outputs.code == '2' }}");
    let folder = folder();
    let output = run(last, folder.path());
    assert_eq!((output.status.code(), runner_commands(&text(&output)).len()), (Some(2), 0));
    let keep = step(&steps, "Keep the report");
    assert_eq!((&keep["if"], &keep["with"]["if-no-files-found"]), (&"${{ !cancelled() }}".into(), &"ignore".into()));
    assert_eq!(keep["with"]["path"], "${{ runner.temp }}/provision-drift.html");
}

/// What a step put into the run's summary.
fn summary(folder: &Path) -> String {
    fs::read_to_string(folder.join("GITHUB_STEP_SUMMARY")).unwrap()
}

#[test]
fn without_a_summary_of_the_program_what_it_printed_is_shown() {
    let steps = steps(&content(&plain(), Target::Github));
    for (code, title) in [
        (0, "### No drift: AWS is as it was last applied"),
        (2, "### Drift found: AWS is not as it was last applied"),
        (1, "### Drift check failed: whether AWS is as it was last applied is not known (exit code 1)"),
    ] {
        // It writes none, or an empty one: then as it would be if the disk was full.
        for writes in ["", ": > \"$RUNNER_TEMP/provision-drift.md\"\n"] {
            let folder = folder();
            let stub = Stub::within(folder.path(), code);
            fs::write(stub.program(), format!("#!/bin/sh\n{writes}printf '%s' '{SAYS}'\nexit {code}\n")).unwrap();
            run(step(&steps, "Check"), folder.path());
            let expected = format!("{title}\n\n    s3_bucket.data: ``` # <b>\n    ::set-output name=code::0\n");
            assert_eq!(summary(folder.path()), expected);
        }
    }
}

#[test]
fn what_another_run_left_is_not_taken_for_this_ones() {
    let steps = steps(&content(&plain(), Target::Github));
    let folder = folder();
    // 143: it did not get as far as to write anything.
    Stub::within(folder.path(), 143);
    let old = ["html", "md", "txt"].map(|ending| folder.path().join(format!("provision-drift.{ending}")));
    old.iter().for_each(|path| fs::write(path, "## Of another run\n").unwrap());
    let output = run(step(&steps, "Check"), folder.path());
    assert_eq!(output.status.code(), Some(143));
    assert!(!old[0].exists() && !old[1].exists());
    let said = format!("{}{}", text(&output), summary(folder.path()));
    assert!(said.contains("### Drift check failed") && !said.contains("another run"), "{said}");
}

#[test]
fn a_long_report_is_cut_for_the_summary() {
    let steps = steps(&content(&plain(), Target::Github));
    let folder = folder();
    let stub = Stub::within(folder.path(), 2);
    fs::write(stub.program(), "#!/bin/sh\nyes 'a long line of drift' | head -c 3000000\nexit 2\n").unwrap();
    let output = run(step(&steps, "Check"), folder.path());
    assert_eq!(output.status.code(), Some(0));
    let summary = summary(folder.path());
    assert!((500_000..1024 * 1024).contains(&summary.len()), "{}", summary.len());
}

#[test]
fn secrets_and_roles_come_from_github_unless_they_are_given() {
    let of = |schedule: &Schedule| steps(&content(schedule, Target::Github));
    let (plain, full) = (of(&plain()), of(&full()));
    assert_eq!(step(&plain, "Check")["env"]["PROVISION_NOTIFY"], "${{ secrets.PROVISION_NOTIFY }}");
    assert_eq!(step(&full, "Check")["env"], Value::Null);
    assert_eq!(step(&plain, "Sign in to AWS")["with"]["role-to-assume"], "${{ vars.AWS_ROLE_ARN }}");
    assert_eq!(step(&full, "Sign in to AWS")["with"]["role-to-assume"], "arn:aws:iam::123456789012:role/ops/drift");
    assert_eq!(step(&full, "Sign in to AWS")["with"]["aws-region"], "eu-central-1");
}

#[test]
fn the_program_is_installed_as_it_was_said() {
    for install in ["touch 'a b' # ${{ '${{' }}", "if true; then\n\ttouch \"a b\"\n\nfi\n", "  touch 'a b'"] {
        let schedule = Schedule { install: install.to_owned(), ..plain() };
        if install.starts_with(' ') {
            assert_eq!(schedule.render(Target::Github).unwrap_err().0[0].field, "install");
            continue;
        }
        let steps = steps(&content(&schedule, Target::Github));
        assert_eq!(step(&steps, "Install provision")["run"].as_str().unwrap().trim_end(), install.trim_end());
        let folder = folder();
        assert!(run(step(&steps, "Install provision"), folder.path()).status.success());
        assert!(folder.path().join("a b").exists());
    }
    let without = steps(&content(&Schedule { install: String::new(), ..plain() }, Target::Github));
    assert_eq!(without.len(), 5);
}

#[test]
fn shellcheck_has_nothing_to_complain_about() {
    let shellcheck = |script: &str| {
        let folder = folder();
        let path = folder.path().join("step");
        fs::write(&path, script).unwrap();
        // SC2016: a `$` between apostrophes is meant.
        said(python("shellcheck").args(["--shell=bash", "--norc", "--exclude=SC2016"]).arg(path))
    };
    for schedule in every_schedule() {
        let steps = steps(&content(&schedule, Target::Github));
        for step in steps.iter().filter(|step| step["run"].is_string() && step["name"] != "Install provision") {
            let (good, said) = shellcheck(&script(step));
            assert!(good, "{said}");
        }
    }
    assert!(!shellcheck("rm $x\n").0);
}

proptest! {
    #![proptest_config(odd::cases(64))]

    #[test]
    fn odd_texts_survive(schedule in odd::schedule(true)) {
        let steps = steps(&content(&schedule, Target::Github));
        let folder = folder();
        let stub = Stub::within(folder.path(), 2);
        let output = run(step(&steps, "Check"), folder.path());
        prop_assert_eq!(output.status.code(), Some(0), "{}", text(&output));
        let mut expected = odd::arguments(&schedule, &schedule.folder);
        for name in ["provision-drift.html", "provision-drift.md"] {
            expected.extend(["--out".to_owned(), folder.path().join(name).to_str().unwrap().to_owned()]);
        }
        prop_assert_eq!(stub.call(), expected);
    }
}
