#![allow(clippy::unwrap_used)]

use crate::samples::{full, plain};
use crate::{Schedule, Target, Times, Which};

fn text(schedule: &Schedule, target: Target) -> String {
    let files = schedule.render(target).unwrap();
    let texts = files.iter().map(|file| format!("=== {}\n=== {}\n{}", file.name, file.what_to_do, file.content));
    texts.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_files_without_options() {
    for target in Target::ALL {
        insta::assert_snapshot!(format!("plain_{}", target.name()), text(&plain(), target));
    }
}

#[test]
fn the_files_with_every_option() {
    for target in Target::ALL {
        insta::assert_snapshot!(format!("full_{}", target.name()), text(&full(), target));
    }
}

fn problems(schedule: &Schedule, target: Target) -> String {
    schedule.render(target).map(|files| format!("{files:?}")).unwrap_err().to_string()
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let schedule = Schedule {
        which: Which::Named(vec!["dev".to_owned(), "a b".to_owned(), "$(x)".to_owned(), "9".to_owned(), String::new()]),
        name: "Drift".to_owned(),
        program: "provision".to_owned(),
        directory: "/srv/a\nb".to_owned(),
        folder: "../infra".to_owned(),
        notify: vec!["https://a\u{202e}".to_owned(), " ".to_owned(), "--all".to_owned()],
        region: "eu central".to_owned(),
        role_arn: Some("arn:aws:iam::1234:role/x".to_owned()),
        user: Some("a b".to_owned()),
        image: "-x y".to_owned(),
        install: " a\u{7}".to_owned(),
        runs_on: "${{ x }}".to_owned(),
        agent: Some("a\r".to_owned()),
        notify_credentials: Some("a'b".to_owned()),
        aws_credentials: Some(String::new()),
        ..plain()
    };
    for target in Target::ALL {
        insta::assert_snapshot!(format!("problems_{}", target.name()), problems(&schedule, target));
    }
}

#[test]
fn each_scheduler_has_limits_of_its_own() {
    let with = |program: &str, directory: &str| Schedule {
        program: program.to_owned(),
        directory: directory.to_owned(),
        ..plain()
    };
    let odd = with("/opt/it's/$x/provision", "/srv/a\\b");
    insta::assert_snapshot!(problems(&odd, Target::Systemd), @r#"program: systemd takes no program whose path contains a quote, \ or $, as "/opt/it's/$x/provision""#);
    insta::assert_snapshot!(problems(&odd, Target::Crontab), @r#"directory: crons differ in how they read \, which is in "/srv/a\\b""#);
    assert_eq!(odd.problems(Target::Kubernetes), []);
    let hidden = with("/tmp/provision", "/var/tmp");
    insta::assert_snapshot!(problems(&hidden, Target::Systemd), @r#"
    program: the service has a /tmp of its own and does not see "/tmp/provision"
    directory: the service has a /tmp of its own and does not see "/var/tmp"
    "#);
    assert_eq!(with("/tmpfs/provision", "/tmp").problems(Target::Crontab), []);
    insta::assert_snapshot!(problems(&with("/opt/provision/", "srv"), Target::Kubernetes), @r#"
    program: "/opt/provision/" is a folder
    directory: "srv" must be absolute: a scheduler starts in a folder of its own
    "#);
    let many = Schedule { which: Which::Named((0..100).map(|number| format!("dev_{number}")).collect()), ..plain() };
    insta::assert_snapshot!(problems(&many, Target::Crontab), @"which: the command would have 1114 bytes, and some crons cut one after 998: name fewer environments, or give the targets in PROVISION_NOTIFY");
    assert_eq!(many.problems(Target::Systemd), []);
    let none = Schedule { which: Which::Named(Vec::new()), ..plain() };
    insta::assert_snapshot!(problems(&none, Target::Github), @"which: no environment is named");
}

#[test]
fn what_a_target_does_not_use_is_not_looked_at() {
    let schedule =
        Schedule { program: "provision".to_owned(), image: String::new(), user: Some("a b".to_owned()), ..plain() };
    assert_eq!(schedule.problems(Target::Github), []);
    let schedule =
        Schedule { folder: "/srv".to_owned(), role_arn: Some("x".to_owned()), install: " ".to_owned(), ..plain() };
    assert_eq!(schedule.problems(Target::Systemd), []);
    assert_eq!(schedule.problems(Target::Crontab), []);
}

#[test]
fn the_same_schedule_is_the_same_text() {
    for target in Target::ALL {
        assert_eq!(text(&full(), target), text(&full(), target));
    }
    // What is watched changes the time; where it runs does not.
    let times = |schedule: &Schedule| Times::of(schedule).cron();
    let elsewhere = Schedule { directory: "/home/me/acme".to_owned(), program: "/bin/provision".to_owned(), ..plain() };
    assert_eq!(times(&elsewhere), times(&plain()));
    let other = Schedule { which: Which::Named(vec!["dev".to_owned()]), ..plain() };
    assert_ne!(times(&other), times(&plain()));
}

#[test]
fn what_to_do_is_one_line() {
    for target in Target::ALL {
        for file in plain().render(target).unwrap().into_iter().chain(full().render(target).unwrap()) {
            assert!(!file.what_to_do.contains('\n') && !file.what_to_do.contains("  "), "{}", file.what_to_do);
            assert!(file.content.ends_with('\n') && !file.content.ends_with("\n\n"));
            assert!(
                !file.content.contains("TODO") && file.content.lines().all(|line| line.trim_end() == line),
                "{}",
                file.content
            );
        }
    }
}

#[test]
fn the_variable_is_read_because_it_is_asked_for() {
    let end = |schedule: &Schedule| schedule.arguments(None).split_off(1).join(" ");
    assert_eq!(end(&plain()), "--all --notify");
    let named = Schedule { which: Which::Named(vec!["dev".to_owned(), "staging".to_owned()]), ..plain() };
    assert_eq!(end(&named), "dev staging --notify");
    // Targets that are named are all there is.
    let told = Schedule { notify: vec!["https://a.example/".to_owned(), "command:b".to_owned()], ..named.clone() };
    assert_eq!(end(&told), "dev staging --notify https://a.example/ --notify command:b");
    // It is not what is done.
    assert_eq!(named.title(), "provision drift dev staging");
    assert_eq!(told.title(), named.title());
    assert_eq!(plain().title(), "provision drift --all");
}
