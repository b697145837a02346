//! The files of schedulers, and the command that stands in one of them, run as cron would.

use std::fs;
use std::process::Command;

use crate::boto::python;
use crate::world::World;

#[test]
fn the_files_of_every_scheduler_are_written() {
    let world = World::new();
    // The service has a /tmp of its own, and would not see this one's.
    let elsewhere = |target: &str| if target == "systemd" { vec!["--project", "/srv/acme"] } else { Vec::new() };
    for (target, names) in [
        ("systemd", &["provision-drift.service", "provision-drift.timer"][..]),
        ("crontab", &["provision-drift.crontab"]),
        ("github", &[".github/workflows/provision-drift.yml"]),
        ("jenkins", &["provision-drift.Jenkinsfile"]),
        ("kubernetes", &["provision-drift.yaml"]),
    ] {
        let write = |arguments: &[&str]| {
            world.run(&[&["schedule", target, "--out", target], arguments, &elsewhere(target)].concat())
        };
        let said = write(&["--all"]).expect_exit(0);
        for name in names {
            let text = fs::read_to_string(world.folder().join(target).join(name)).unwrap();
            assert!(text.contains("--all") && said.stdout.contains(name), "{text}\n{}", said.stdout);
        }
        // The same again says the same, and what says something else is not written over.
        write(&["--all"]).expect_exit(0);
        let said = write(&["dev"]).expect_exit(3);
        assert!(said.stderr.contains("--force"), "{}", said.stderr);
        write(&["dev", "--force"]).expect_exit(0);
    }
    assert!(world.proxy().calls().is_empty());
}

#[cfg(unix)]
#[test]
fn files_that_say_whom_to_tell_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    let mode = |arguments: &[&str]| {
        let write = ["schedule", "github", "dev", "--out", ".", "--force"];
        world.run(&[&write, arguments].concat()).expect_exit(0);
        let file = world.folder().join(".github/workflows/provision-drift.yml");
        fs::metadata(file).unwrap().permissions().mode() & 0o777
    };
    assert_ne!(mode(&[]), 0o600);
    // Also where it is written over one that everybody may read.
    assert_eq!(mode(&["--notify", "https://hooks.example.com/secret"]), 0o600);
}

#[test]
fn what_cannot_be_scheduled_is_refused_with_a_remedy() {
    let world = World::new();
    for (arguments, expected) in [
        (&["crontab", "dev", "--every", "7m"][..], "say `--every 5m`"),
        (&["crontab", "dev", "--at", "05:30"], "say `--every 1d`"),
        (&["systemd", "dev", "--agent", "linux"], "--agent says nothing to systemd"),
        (&["systemd", "nowhere"], "there is no environment `nowhere`"),
        (&["github", "dev", "--role-arn", "drift"], "is not the ARN of a role"),
    ] {
        let said = world.run(&[&["schedule"], arguments].concat()).expect_exit(3);
        assert!(said.stderr.contains(expected), "{}", said.stderr);
    }
}

#[test]
fn the_command_of_the_crontab_runs() {
    let world = World::applied();
    let text = world.run(&["schedule", "crontab", "dev", "--every", "5m"]).expect_exit(0).stdout;
    let line = text.lines().find(|line| !line.starts_with('#')).unwrap();
    // Cron takes the five fields, and unescapes the percent signs.
    let command = line.splitn(6, ' ').nth(5).unwrap().replace("\\%", "%");
    let run = |targets: &str| {
        let as_cron = world.command::<&str>(&[]);
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", &command]).env_clear().env("PATH", "/usr/bin:/bin").current_dir("/");
        shell.envs(as_cron.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = shell.env("PROVISION_NOTIFY", targets).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(run("command:true"), (Some(0), String::new()));
    // Without anybody to tell it looks all the same.
    assert_eq!(run("").0, Some(0));
    python(
        &world.account,
        "kms = client('kms')\n\
         kms.disable_key_rotation(KeyId=kms.describe_key(KeyId='alias/acme-dev-s3')['KeyMetadata']['KeyId'])",
    );
    let (exit, said) = run("command:true");
    assert_eq!(exit, Some(2), "{said}");
    assert!(said.starts_with("Drift found\n") && said.contains("enable_key_rotation"), "{said}");
}
