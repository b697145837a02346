//! The service and the timer, with systemd's own checker.

use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use provision_schedule::{Schedule, Target};

use crate::checkers::system;
use crate::odd;
use crate::samples::{full, plain};
use crate::stub::Stub;
use crate::support::{every_schedule, folder, said, text, write};

fn verify(program: &Path, folder: &Path, name: &str) -> String {
    let mut command = Command::new(program);
    command.args(["verify", "--man=no"]).arg(folder.join(format!("{name}.service")));
    said(command.arg(folder.join(format!("{name}.timer")))).1
}

#[test]
fn systemd_has_nothing_to_complain_about() {
    let Some(program) = system("systemd-analyze") else { return };
    for schedule in every_schedule() {
        let folder = folder();
        // It looks whether the program is there.
        let stub = Stub::at(&folder.path().join("odd place/100%/provision"), 0);
        let schedule = Schedule { program: stub.program().to_str().unwrap().to_owned(), ..schedule };
        write(folder.path(), &schedule.render(Target::Systemd).unwrap());
        assert_eq!(verify(&program, folder.path(), &schedule.name), "");
    }
}

#[test]
fn systemd_complains_about_what_is_broken() {
    let Some(program) = system("systemd-analyze") else { return };
    let folder = folder();
    let stub = Stub::within(folder.path(), 0);
    let schedule = Schedule { program: stub.program().to_str().unwrap().to_owned(), ..plain() };
    for (right, wrong, complaint) in [
        ("Type=oneshot", "Type=oneshott", "Failed to parse service type"),
        ("NoNewPrivileges=", "NoNewPrivilege=", "Unknown key"),
        ("SuccessExitStatus=2", "SuccessExitStatus=two", "Failed to parse"),
        ("OnCalendar=*-*-*", "OnCalendar=daily-", "Failed to parse calendar specification"),
        ("RandomizedDelaySec=300s", "RandomizedDelaySec=soon", "Failed to parse"),
        ("/provision -C", "/nowhere -C", "is not executable"),
        (" drift", " \"drift", "Unbalanced quoting"),
    ] {
        let mut files = schedule.render(Target::Systemd).unwrap();
        assert!(files.iter().any(|file| file.content.contains(right)), "{right}");
        files.iter_mut().for_each(|file| file.content = file.content.replace(right, wrong));
        write(folder.path(), &files);
        let said = verify(&program, folder.path(), &schedule.name);
        assert!(said.contains(complaint), "{wrong}: {said}");
    }
}

#[test]
fn systemd_finds_the_service_hardened() {
    let Some(program) = system("systemd-analyze") else { return };
    // Exposure times ten: 96 without any of the options.
    let exposed = |service: &str, threshold: u32| {
        let folder = folder();
        let path = folder.path().join("x.service");
        std::fs::write(&path, service).unwrap();
        let mut command = Command::new(&program);
        said(command.args(["security", "--offline=true", &format!("--threshold={threshold}")]).arg(path))
    };
    for schedule in [plain(), full()] {
        let service = schedule.render(Target::Systemd).unwrap().remove(0).content;
        let (good, said) = exposed(&service, 29);
        assert!(good, "{said}");
        let without = service.replace("Protect", "X-Protect").replace("SystemCallFilter", "X-SystemCallFilter");
        assert!(!exposed(&without, 29).0);
    }
}

/// The value of a setting, which stands in the file once.
fn setting<'a>(unit: &'a str, name: &str) -> &'a str {
    let values: Vec<&str> = unit.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('=')).collect();
    assert_eq!(values.len(), 1, "{name} in {unit}");
    values[0]
}

/// A command line as systemd takes it apart (systemd.service(5), "Command lines"): words between white space, quotes of
/// either kind, a backslash before a quote or a backslash, `%%` and `$$`.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None, None);
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        let current: &mut String = match (quote, character) {
            (None, ' ') => {
                words.extend(word.take());
                continue;
            }
            _ => word.get_or_insert_default(),
        };
        match (quote, character) {
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), close) if open == close => quote = None,
            (_, '\\') => match characters.next() {
                Some(escaped @ ('"' | '\'' | '\\')) => current.push(escaped),
                other => panic!("\\{other:?} in {line}"),
            },
            (_, doubled @ ('%' | '$')) => {
                assert_eq!(characters.next(), Some(doubled), "{line}");
                current.push(doubled);
            }
            (_, other) => current.push(other),
        }
    }
    assert_eq!(quote, None, "{line}");
    words.extend(word);
    words
}

/// A command line as systemd itself took it apart, but for `$$`, which it undoes when it runs it.
fn words_by_systemd(program: &Path, folder: &Path, name: &str) -> Vec<String> {
    let mut command = Command::new(program);
    command.env("SYSTEMD_LOG_LEVEL", "debug").args(["verify", "--man=no"]).arg(folder.join(format!("{name}.service")));
    let output = command.output().unwrap();
    let dump = String::from_utf8(output.stdout).unwrap();
    // What is dumped of a unit are lines "Command Line: …" in a shell's quotes, the one of ExecStart= first.
    let line = dump.lines().find_map(|line| line.trim_start().strip_prefix("Command Line: ")).unwrap();
    let output = Command::new("sh").args(["-c", &format!("printf '%s\\0' {line}")]).output().unwrap();
    let words = String::from_utf8(output.stdout).unwrap();
    words.split_terminator('\0').map(|word| word.replace("$$", "$")).collect()
}

proptest! {
    #![proptest_config(odd::cases(48))]

    #[test]
    fn odd_texts_survive(schedule in odd::schedule(true), program in odd::text(false)) {
        let folder = folder();
        let program = program.replace(['"', '\'', '$'], "q");
        let stub = Stub::at(&folder.path().join(format!("x{program}x")), 0);
        let schedule = Schedule { program: stub.program().to_str().unwrap().to_owned(), ..schedule };
        let files = schedule.render(Target::Systemd).unwrap();
        let words = words(setting(&files[0].content, "ExecStart"));
        prop_assert_eq!(&words[0], &schedule.program);
        prop_assert_eq!(&words[1..], odd::arguments(&schedule, &schedule.directory));
        prop_assert!(Command::new(&words[0]).args(&words[1..]).output().unwrap().status.success());
        prop_assert_eq!(stub.call(), odd::arguments(&schedule, &schedule.directory));
        if let Some(program) = system("systemd-analyze") {
            write(folder.path(), &files);
            prop_assert_eq!(verify(&program, folder.path(), &schedule.name), "");
            prop_assert_eq!(words_by_systemd(&program, folder.path(), &schedule.name), words);
        }
    }
}

#[test]
fn what_is_found_and_what_fails_come_out_differently() {
    for (code, result, level) in
        [(0, "success", ""), (2, "success", "<4>"), (1, "exit-code", "<3>"), (3, "exit-code", "<3>")]
    {
        let folder = folder();
        let stub = Stub::within(folder.path(), code);
        let schedule = Schedule { program: stub.program().to_str().unwrap().to_owned(), ..plain() };
        let service = schedule.render(Target::Systemd).unwrap().remove(0).content;
        let start = words(setting(&service, "ExecStart"));
        let status = Command::new(&start[0]).args(&start[1..]).output().unwrap().status.code().unwrap();
        assert_eq!(stub.call(), ["-C", "/srv/provision", "drift", "--all", "--notify"]);
        // Which codes are a success to systemd, its own rule and the file's.
        let successes = format!("0 {}", setting(&service, "SuccessExitStatus"));
        let is_success = successes.split(' ').any(|success| success == status.to_string());
        assert_eq!(is_success, result == "success");
        let post = words(setting(&service, "ExecStopPost"));
        let mut command = Command::new(&post[0]);
        command.args(&post[1..]).env("SERVICE_RESULT", result).env("EXIT_STATUS", status.to_string());
        let said = text(&command.output().unwrap());
        assert_eq!(said.get(..3).unwrap_or(""), level, "{said}");
        assert_eq!(said.contains(&format!("({result}, {status})")), !is_success, "{said}");
    }
}

#[test]
fn a_check_that_is_stuck_has_failed() {
    let service = plain().render(Target::Systemd).unwrap().remove(0).content;
    let post = words(setting(&service, "ExecStopPost"));
    let mut command = Command::new(&post[0]);
    command.args(&post[1..]).env("SERVICE_RESULT", "timeout").env("EXIT_STATUS", "TERM");
    let said = text(&command.output().unwrap());
    assert!(said.starts_with("<3>Drift check failed") && said.contains("(timeout, TERM)"), "{said}");
}
