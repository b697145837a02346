//! The crontab, with cron's own parser.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use proptest::prelude::*;
use provision_schedule::{Schedule, Target};

use crate::checkers::{python, system};
use crate::odd;
use crate::samples::plain;
use crate::stub::{Stub, search};
use crate::support::{content, every_schedule, folder, said, text};

/// What Debian's cron says of a file, without installing it.
fn check(program: &Path, content: &str) -> (bool, String) {
    let folder = folder();
    let path = folder.path().join("crontab");
    fs::write(&path, content).unwrap();
    said(Command::new(program).arg("-n").arg(path))
}

#[test]
fn cron_has_nothing_to_complain_about() {
    let Some(program) = system("crontab") else { return };
    for schedule in every_schedule() {
        let (good, said) = check(&program, &content(&schedule, Target::Crontab));
        assert!(good, "{said}");
    }
    let crontab = content(&plain(), Target::Crontab);
    let (good, said) = check(&program, &crontab.replace("19 0,6,12,18 ", "60 0,6,12,18 "));
    assert!(!good && said.contains("bad minute"), "{said}");
    let (good, said) = check(&program, &crontab.replace("drift --all", &"x".repeat(900)));
    assert!(!good && said.contains("command too long"), "{said}");
}

/// The command of a file's only line that is no comment, as cron hands it to the shell: `\%` is `%`, and nothing may be
/// a bare one. (Whether a backslash before something else stays is where crons differ; so there may be only such as
/// stay everywhere.)
fn command(crontab: &str) -> String {
    let lines: Vec<&str> = crontab.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(lines.len(), 1, "{crontab}");
    let command = lines[0].splitn(6, ' ').nth(5).unwrap();
    let plain = command.replace("\\%", "\0");
    assert!(!plain.contains('%') && !plain.contains("\\\\"), "{command}");
    plain.replace('\0', "%")
}

/// Runs it as cron does: with a search path of its own, to which stand-ins are added.
fn run(crontab: &str, folder: &Path) -> Output {
    let logger = folder.join("logger");
    fs::write(&logger, format!("#!/bin/sh\nprintf '%s|' \"$@\" >> '{}'\n", folder.join("log").display())).unwrap();
    fs::set_permissions(&logger, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let mut shell = Command::new("/bin/sh");
    shell.env_clear().env("PATH", search(folder)).env("HOME", folder);
    shell.args(["-c", &command(crontab)]).current_dir(folder).output().unwrap()
}

fn at(stub: &Stub, schedule: Schedule) -> Schedule {
    Schedule { program: stub.program().to_str().unwrap().to_owned(), ..schedule }
}

#[test]
fn what_is_found_and_what_fails_come_out_differently() {
    for (code, level, line) in [
        (0, "", ""),
        (2, "warning", "Drift found"),
        (1, "err", "Drift check failed (exit code 1)"),
        (3, "err", "Drift check failed (exit code 3)"),
        (143, "err", "Drift check failed (exit code 143)"),
    ] {
        let folder = folder();
        let stub = Stub::within(folder.path(), code);
        let output = run(&content(&at(&stub, plain()), Target::Crontab), folder.path());
        assert_eq!(stub.call(), ["-C", "/srv/provision", "drift", "--all", "--notify"]);
        assert_eq!(stub.variables(), "/us-east-1");
        assert_eq!(output.status.code(), Some(i32::from(code)));
        let (said, log) = (text(&output), fs::read_to_string(folder.path().join("log")).unwrap_or_default());
        if code == 0 {
            assert_eq!((said.as_str(), log.as_str()), ("", ""));
        } else {
            assert_eq!(said.lines().next(), Some(line));
            assert!(said.contains("s3_bucket.data") && said.contains("it was read"), "{said}");
            assert_eq!(log, format!("-t|provision-drift|-p|user.{level}|{line}|"));
        }
    }
}

#[test]
fn a_check_that_is_stuck_has_failed() {
    let folder = folder();
    let stub = Stub::within(folder.path(), 0);
    fs::write(stub.program(), "#!/bin/sh\nexec sleep 60\n").unwrap();
    let crontab = content(&at(&stub, plain()), Target::Crontab);
    assert!(crontab.contains("timeout -k 10 900 "), "{crontab}");
    let output = run(&crontab.replace("-k 10 900 ", "-k 10 0.2 "), folder.path());
    assert_eq!((output.status.code(), text(&output).as_str()), (Some(124), "Drift check failed (exit code 124)\n\n"));
}

#[test]
fn whom_to_tell_is_read_from_the_file_if_there_is_one() {
    let folder = folder();
    let stub = Stub::within(folder.path(), 0);
    let file = folder.path().join("notify.env");
    fs::write(&file, "# two\nPROVISION_NOTIFY='https://a.example/$x?%20\nhttps://b.example/'\n").unwrap();
    let crontab = content(&at(&stub, plain()), Target::Crontab);
    let crontab = crontab.replace("/etc/provision/notify.env", file.to_str().unwrap());
    assert_eq!(text(&run(&crontab, folder.path())), "");
    assert_eq!(stub.variables(), "https://a.example/$x?%20\nhttps://b.example//us-east-1");
}

#[test]
fn shellcheck_has_nothing_to_complain_about() {
    let shellcheck = |text: &str| {
        let folder = folder();
        let path = folder.path().join("command");
        fs::write(&path, text).unwrap();
        // SC1091: the file with the targets is not there to be followed.
        said(python("shellcheck").args(["--shell=sh", "--norc", "--exclude=SC1091"]).arg(path))
    };
    for schedule in every_schedule() {
        let text = command(&content(&schedule, Target::Crontab));
        // SC2016: a `$` between apostrophes is meant.
        let (good, said) = shellcheck(&format!("# shellcheck disable=SC2016\n{text}\n"));
        assert!(good, "{said}");
    }
    let (good, said) = shellcheck("echo $x\n");
    assert!(!good && said.contains("SC2086"), "{said}");
}

proptest! {
    #![proptest_config(odd::cases(64))]

    #[test]
    fn odd_texts_survive(schedule in odd::schedule(false), program in odd::text(false)) {
        let folder = folder();
        let stub = Stub::at(&folder.path().join(format!("x{program}x")), 2);
        let schedule = at(&stub, schedule);
        match schedule.render(Target::Crontab) {
            Err(problems) => prop_assert!(problems.to_string().contains("some crons cut"), "{}", problems),
            Ok(files) => {
                let output = run(&files[0].content, folder.path());
                prop_assert_eq!(output.status.code(), Some(2), "{}", text(&output));
                prop_assert_eq!(stub.call(), odd::arguments(&schedule, &schedule.directory));
                if let Some(program) = system("crontab") {
                    let (good, said) = check(&program, &files[0].content);
                    prop_assert!(good, "{}", said);
                }
            }
        }
    }
}
