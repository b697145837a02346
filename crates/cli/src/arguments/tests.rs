#![allow(clippy::unwrap_used)]

use clap::CommandFactory;

use super::*;

/// The long help of a command and of every command under it.
fn help(command: &mut clap::Command, path: &str) -> String {
    let mut text = format!("──── {path} --help\n\n{}\n\n", command.render_long_help());
    for under in command.get_subcommands_mut().filter(|command| command.get_name() != "help") {
        let path = format!("{path} {}", under.get_name());
        text.push_str(&help(under, &path));
    }
    text
}

#[test]
fn help_of_every_command() {
    let mut command = Arguments::command().term_width(100);
    command.build();
    insta::assert_snapshot!("help", help(&mut command, "provision"));
}

#[test]
fn the_definition_is_consistent() {
    Arguments::command().debug_assert();
}

#[test]
fn global_options_stand_anywhere() {
    let arguments =
        Arguments::try_parse_from(["provision", "plan", "dev", "--sandbox", "--json", "-vv", "-C", "x"]).unwrap();
    assert!(arguments.global.sandbox && arguments.global.json);
    assert_eq!((arguments.global.verbose, arguments.global.directory), (2, Some("x".into())));
}

#[test]
fn durations_are_said_as_a_person_says_them() {
    let parse = |text: &str| {
        let arguments = Arguments::try_parse_from(["provision", "apply", "dev", "--lock-timeout", text]).ok()?;
        let Command::Apply(arguments) = arguments.command else { return None };
        Some(arguments.lock_timeout)
    };
    assert_eq!(parse("90s"), Some(Duration::from_secs(90)));
    assert_eq!(parse("1m 30s"), Some(Duration::from_secs(90)));
    assert_eq!(parse("0s"), Some(Duration::ZERO));
    assert_eq!(parse("soon"), None);
}

#[test]
fn what_contradicts_itself_is_refused() {
    for line in [
        "provision apply dev --plan p.json --delete-data",
        "provision output dev --raw",
        "provision output dev s3_bucket.data.arn --raw --json",
        "provision state",
        "provision frobnicate",
    ] {
        assert!(Arguments::try_parse_from(line.split(' ')).is_err(), "{line}");
    }
}
