//! The pipeline, with the Groovy that is part of Jenkins, and run.
//!
//! Jenkins' own linter is a part of a running Jenkins, which no package registry has. So Groovy reads the file, and
//! `declarative.groovy` compares it with the documented shape and carries it out.

use std::fs;
use std::path::Path;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use provision_schedule::{Every, Schedule, Target};

use crate::checkers::{groovy, python};
use crate::odd;
use crate::samples::{full, plain};
use crate::stub::{Stub, search};
use crate::support::{content, every_schedule, folder, said};

/// What came of each of some pipelines in a folder, line by line; `None` if there is no Groovy. (Java starts slowly: so
/// they are given all at once.)
fn run_all(pipelines: &[String], folder: &Path) -> Option<Vec<Vec<String>>> {
    let mut groovy = groovy()?;
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/checks/declarative.groovy");
    groovy.args(["-Dfile.encoding=UTF-8", "-Dsun.jnu.encoding=UTF-8", "-c", "UTF-8", program]);
    for (number, pipeline) in pipelines.iter().enumerate() {
        let file = folder.join(format!("{number}.Jenkinsfile"));
        fs::write(&file, pipeline).unwrap();
        groovy.arg(file);
    }
    // Java takes arguments apart and puts them together in the locale's encoding.
    groovy.env("LC_ALL", "C.UTF-8").env("PATH", search(folder)).current_dir(folder);
    let (good, said) = said(&mut groovy);
    assert!(good, "{said}");
    let said = format!("\n{said}");
    let parts = said.split("\nfile ").skip(1);
    let parts: Vec<Vec<String>> = parts.map(|part| part.lines().map(str::to_owned).collect()).collect();
    assert_eq!(parts.len(), pipelines.len(), "{said}");
    Some(parts)
}

/// What came of one.
fn run(pipeline: &str, folder: &Path) -> Option<Vec<String>> {
    Some(run_all(&[pipeline.to_owned()], folder)?.remove(0))
}

/// Without the installation, which is not there.
fn installed(schedule: Schedule) -> Schedule {
    Schedule { install: "echo installed > installed".to_owned(), ..schedule }
}

fn has(lines: &[String], line: &str) -> bool {
    lines.iter().any(|one| one == line)
}

#[test]
fn what_is_found_and_what_fails_come_out_differently() {
    let failed = "error Drift check failed: whether AWS is as it was last applied is not known (exit code ";
    let expected = [
        (0, "SUCCESS", String::new(), "tests 2, failed 0"),
        (2, "UNSTABLE", "unstable Drift found: AWS is not as it was last applied".to_owned(), "tests 2, failed 1"),
        (1, "FAILURE", format!("{failed}1)"), "tests 2, failed 1"),
        (3, "FAILURE", format!("{failed}3)"), "tests none"),
        (143, "FAILURE", format!("{failed}143)"), "tests none"),
    ];
    let folder = folder();
    let (mut stubs, mut pipelines) = (Vec::new(), Vec::new());
    for (code, ..) in &expected {
        stubs.push(Stub::at(&folder.path().join(format!("{code}/provision")), *code));
        let install = format!("cp {code}/provision .\necho installed {code}");
        pipelines.push(content(&Schedule { install, ..plain() }, Target::Jenkins));
    }
    let Some(all) = run_all(&pipelines, folder.path()) else { return };
    for (((code, result, message, tests), stub), lines) in expected.iter().zip(stubs).zip(all) {
        assert!(has(&lines, &format!("result {result}")), "{lines:#?}");
        assert!(message.is_empty() || has(&lines, message), "{lines:#?}");
        assert_eq!(lines.iter().any(|line| line.starts_with("unstable ")), *code == 2);
        assert_eq!(lines.iter().any(|line| line.starts_with("error ")), ![0, 2].contains(code));
        assert!(has(&lines, "stage Install provision") && has(&lines, &format!("log installed {code}")), "{lines:#?}");
        // Without a report there is none of the build before either, which ran in the same folder.
        let archived = if *tests == "tests none" { "archived nothing" } else { "archived provision-drift.html" };
        assert!(has(&lines, tests) && has(&lines, archived), "{lines:#?}");
        assert!(has(&lines, "cron H H/6 * * *"), "{lines:#?}");
        let path = |ending: &str| folder.path().join(format!("provision-drift.{ending}")).to_str().unwrap().to_owned();
        assert_eq!(stub.call(), ["drift", "--all", "--notify", "--out", &path("html"), "--out", &path("xml")]);
        assert_eq!(stub.variables(), "/us-east-1");
    }
}

#[test]
fn the_reports_of_an_earlier_build_are_not_taken_for_this_ones() {
    let folder = folder();
    let stub = Stub::within(folder.path(), 0);
    fs::write(stub.program(), "#!/bin/sh\nexit 1\n").unwrap();
    fs::write(folder.path().join("provision-drift.html"), "<html>").unwrap();
    fs::write(folder.path().join("provision-drift.xml"), "<testsuite><testcase/></testsuite>").unwrap();
    let Some(lines) = run(&content(&installed(plain()), Target::Jenkins), folder.path()) else { return };
    assert!(has(&lines, "archived nothing") && has(&lines, "tests none"), "{lines:#?}");
    assert!(has(&lines, "result FAILURE"), "{lines:#?}");
}

#[test]
fn a_failed_test_makes_a_good_build_unstable_and_no_bad_one_better() {
    let folder = folder();
    let (mut pipelines, broken) = (Vec::new(), "<testsuite><testcase><failure/></testcase></testsuite>");
    for (code, junit) in [(0, broken), (1, broken), (0, "<testsuite/>"), (0, "<testsuite>"), (0, "")] {
        let script = format!("#!/bin/sh\nprintf '%s' '{junit}' > \"$WORKSPACE/provision-drift.xml\"\nexit {code}\n");
        let install = format!("printf '%s' '{}' > provision\nchmod +x provision", script.replace('\'', "'\"'\"'"));
        pipelines.push(content(&Schedule { install, ..plain() }, Target::Jenkins));
    }
    // A report that is not there is a mistake, unless it is said to be none.
    let missing = content(&Schedule { install: "rm -f provision".to_owned(), ..plain() }, Target::Jenkins);
    pipelines.push(missing.replace("allowEmptyResults: true", "allowEmptyResults: false"));
    let Some(all) = run_all(&pipelines, folder.path()) else { return };
    let expected = [
        ("tests 1, failed 1", "result UNSTABLE"),
        ("tests 1, failed 1", "result FAILURE"),
        ("tests none", "result SUCCESS"),
        ("tests 1, failed 1", "result UNSTABLE"),
        ("tests 1, failed 1", "result UNSTABLE"),
        ("error no test reports found", "result FAILURE"),
    ];
    for ((tests, result), lines) in expected.iter().zip(all) {
        assert!(has(&lines, tests) && has(&lines, result), "{lines:#?}");
    }
}

#[test]
fn a_check_that_is_stuck_has_failed() {
    let folder = folder();
    let stub = Stub::within(folder.path(), 0);
    fs::write(stub.program(), "#!/bin/sh\nexec sleep 60\n").unwrap();
    let pipeline = content(&installed(plain()), Target::Jenkins);
    assert!(pipeline.contains("timeout -k 10 900 provision"));
    let Some(lines) = run(&pipeline.replace("-k 10 900 ", "-k 10 0.2 "), folder.path()) else { return };
    assert!(has(&lines, "result FAILURE") && lines.iter().any(|line| line.ends_with("(exit code 124)")), "{lines:#?}");
}

#[test]
fn an_installation_that_fails_fails_the_build_and_checks_nothing() {
    let folder = folder();
    let stub = Stub::within(folder.path(), 0);
    let schedule = Schedule { install: "echo one\nfalse\necho three".to_owned(), ..plain() };
    let Some(lines) = run(&content(&schedule, Target::Jenkins), folder.path()) else { return };
    assert!(has(&lines, "skipped Look for drift") && has(&lines, "result FAILURE"), "{lines:#?}");
    assert!(has(&lines, "log one") && !has(&lines, "log three"), "{lines:#?}");
    assert!(stub.calls().is_empty());
}

#[test]
fn credentials_are_those_that_were_named() {
    let folder = folder();
    let stub = Stub::within(folder.path(), 0);
    let schedule = Schedule { notify: Vec::new(), ..installed(full()) };
    let Some(lines) = run(&content(&schedule, Target::Jenkins), folder.path()) else { return };
    assert!(has(&lines, "result SUCCESS"), "{lines:#?}");
    assert!(has(&lines, "credentials drift-hooks") && has(&lines, "credentials drift-aws"), "{lines:#?}");
    assert!(has(&lines, "label linux && docker") && has(&lines, "cron TZ=Etc/UTC 30 3 * * *"), "{lines:#?}");
    assert_eq!(stub.variables(), "secret of drift-hooks/eu-central-1");
}

#[test]
fn every_pipeline_has_the_documented_shape() {
    let schedules = every_schedule().into_iter().map(|schedule| {
        // `cargo install` is not for here; that an installation is written as it was said is tested below.
        let schedule = if schedule.install.is_empty() { schedule } else { installed(schedule) };
        Schedule { notify_credentials: full().notify_credentials, ..schedule }
    });
    let pipelines: Vec<String> = schedules.map(|schedule| content(&schedule, Target::Jenkins)).collect();
    let folder = folder();
    let stub = Stub::within(folder.path(), 0);
    let Some(all) = run_all(&pipelines, folder.path()) else { return };
    assert!(all.iter().all(|lines| has(lines, "result SUCCESS")), "{all:#?}");
    assert_eq!(stub.calls().len(), pipelines.len());
    for (period, minutes) in Every::ACCEPTED {
        let expected = match minutes {
            60 => "cron H * * * *".to_owned(),
            1440 => "cron H H * * *".to_owned(),
            minutes if minutes < 60 => format!("cron H/{minutes} * * * *"),
            minutes => format!("cron H H/{} * * *", minutes / 60),
        };
        assert!(all.iter().any(|lines| has(lines, &expected)), "{period}: {all:#?}");
    }
}

#[test]
fn what_is_broken_is_noticed() {
    let pipeline = content(&installed(plain()), Target::Jenkins);
    let broken = [
        ("    agent any\n", "", "pipeline has no agent"),
        ("agent any", "agent some", "agent some"),
        ("            steps {", "            step {", "step may not stand in stage"),
        ("disableConcurrentBuilds()", "disableConcurrency()", "disableConcurrency may not stand in options"),
        ("script {", "if (true) {", "only calls may stand in steps"),
        ("AWS_REGION = ", "AWS_REGION: ", "environment is NAME = 'value' only"),
        ("H H/6 * * *", "H H/36 * * *", "problem Assertion failed"),
        ("H H/6 * * *", "H H/6 * *", "problem Assertion failed"),
        ("unit: 'MINUTES'", "unit: 'MINUTE'", "problem java.lang.IllegalArgumentException"),
        ("returnStatus: true", "returnState: true", "unknown argument returnState"),
        ("allowEmptyArchive: true", "allowEmpty: true", "unknown argument allowEmpty"),
        ("junit testResults:", "junit results:", "unknown argument results"),
        ("junit testResults:", "xunit testResults:", "xunit may not stand in always"),
        ("allowEmptyResults: true", "allowEmpty: true", "unknown argument allowEmpty"),
        ("allowEmptyResults: true", "allowEmptyResults: 'true'", "allowEmptyResults is a String"),
        ("testResults: 'provision-drift.xml', ", "", "junit needs testResults"),
        ("unstable(", "unsteady(", "problem groovy.lang.MissingMethodException"),
        ("'''\n                        PATH", "''\n                        PATH", "expecting ')', found 'PATH'"),
        ("options {", "options ", "unexpected token"),
    ];
    let pipelines = broken.map(|(right, wrong, _)| {
        assert!(pipeline.contains(right), "{right}");
        pipeline.replacen(right, wrong, 1)
    });
    let folder = folder();
    Stub::within(folder.path(), 2);
    let Some(all) = run_all(&pipelines, folder.path()) else { return };
    for ((_, wrong, complaint), lines) in broken.iter().zip(all) {
        assert!(lines.iter().any(|line| line.contains(complaint)), "{wrong}: {lines:#?}");
        assert!(!lines.iter().any(|line| line.starts_with("result ")), "{wrong}: {lines:#?}");
    }
}

#[test]
fn odd_texts_survive() {
    let mut random = TestRunner::deterministic();
    let mut one = || odd::text(true).new_tree(&mut random).unwrap().current();
    let schedules: Vec<Schedule> = (0..4)
        .map(|number| Schedule {
            notify: (0..100).map(|_| format!("command:{}", one())).collect(),
            folder: format!("x{}", one().replace("..", ".")),
            install: format!("printf '%s' '{}' > installed{number}", one().replace('\'', "\n\\\t")),
            ..plain()
        })
        .collect();
    let pipelines: Vec<String> = schedules.iter().map(|schedule| content(schedule, Target::Jenkins)).collect();
    let folder = folder();
    let stub = Stub::within(folder.path(), 0);
    let Some(all) = run_all(&pipelines, folder.path()) else { return };
    assert!(all.iter().all(|lines| has(lines, "result SUCCESS")), "{all:#?}");
    for ((number, schedule), call) in schedules.iter().enumerate().zip(stub.calls()) {
        assert_eq!(call[..2], ["-C".to_owned(), schedule.folder.clone()]);
        let targets: Vec<String> = call.iter().filter(|word| word.starts_with("command:")).cloned().collect();
        assert_eq!(targets, schedule.notify);
        let file = format!("installed{number}");
        let installed = fs::read_to_string(folder.path().join(&file)).unwrap();
        assert_eq!(format!("printf '%s' '{installed}' > {file}"), schedule.install);
    }
}

#[test]
fn shellcheck_has_nothing_to_complain_about() {
    // What Jenkins runs is what Groovy makes of the string: here, taken from the file between its quotes.
    for schedule in [plain(), Schedule { notify: Vec::new(), ..full() }] {
        let pipeline = content(&schedule, Target::Jenkins);
        let script = pipeline.split("'''").nth(1).unwrap().replace("\\'", "'").replace("\\\\", "\\");
        let folder = folder();
        let path = folder.path().join("step");
        fs::write(&path, script).unwrap();
        let (good, said) = said(python("shellcheck").args(["--shell=sh", "--norc"]).arg(path));
        assert!(good, "{said}");
    }
}
