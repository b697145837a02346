//! The life of a sandbox, with the real emulators, each test in a directory of its own.
#![allow(clippy::unwrap_used)]

use std::os::unix::fs::PermissionsExt;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use std::{fs, thread};

use provision_sandbox::{Error, Lane, Options, Running, Sandbox};
use ureq::Agent;

/// A sandbox that is stopped and removed at the end, also when the test fails.
struct Temporary {
    sandbox: Sandbox,
    _dir: tempfile::TempDir,
}

impl Temporary {
    fn new(lane: Lane) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options = Options { lane, idle: Some(Duration::from_secs(300)), ..Options::from_env().unwrap() };
        Self { sandbox: Sandbox::open(options.in_dir(dir.path())), _dir: dir }
    }

    fn started(&self) -> Running {
        self.sandbox.ensure_started(&|line| eprintln!("{line}")).unwrap_or_else(|error| panic!("{error}"))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = self.sandbox.stop();
    }
}

/// One S3 request to an account: path-style, signed as far as emulators look.
fn s3(running: &Running, account: &str, method: &str, path: &str) -> (u16, String) {
    let access = running.access(account);
    let agent: Agent = Agent::config_builder().proxy(None).http_status_as_error(false).build().into();
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(format!("{}{path}", access.endpoints["*"]))
        .header("authorization", authorization(&access.access_key, "s3"))
        .body(())
        .unwrap();
    let mut answer = agent.run(request).unwrap();
    (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
}

fn authorization(key: &str, service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    )
}

/// The caller that STS sees, and the account that EC2 sees.
fn accounts(running: &Running, account: &str) -> (String, String) {
    let access = running.access(account);
    let ask = |endpoint: &str, service: &str, action: &str| {
        ureq::post(endpoint)
            .header("authorization", authorization(&access.access_key, service))
            .content_type("application/x-www-form-urlencoded")
            .send(action)
            .unwrap()
            .body_mut()
            .read_to_string()
            .unwrap()
    };
    let between = |text: &str, before: &str, after: &str| {
        text.split_once(before)
            .and_then(|(_, rest)| rest.split_once(after))
            .unwrap_or_else(|| panic!("{text}"))
            .0
            .to_owned()
    };
    let sts = ask(&access.endpoints["*"], "sts", "Action=GetCallerIdentity&Version=2011-06-15");
    let ec2 = access.endpoints.get("ec2").unwrap_or(&access.endpoints["*"]);
    let ec2 = ask(ec2, "ec2", "Action=DescribeVpcs&Version=2016-11-15");
    (between(&sts, "<Arn>", "<"), between(&ec2, "<ownerId>", "<"))
}

#[test]
fn the_pair_from_start_to_reset() {
    let temporary = Temporary::new(Lane::Pair);
    let sandbox = &temporary.sandbox;
    assert!(!sandbox.status().unwrap().running);
    assert!(!sandbox.stop().unwrap(), "nothing ran");

    let running = temporary.started();
    assert_eq!(accounts(&running, "711111111111"), ("arn:aws:iam::711111111111:root".into(), "711111111111".into()));
    assert_eq!(s3(&running, "711111111111", "PUT", "/kept-over-a-stop").0, 200);
    assert_eq!(s3(&running, "711111111111", "PUT", "/kept-over-a-stop/key").0, 200);

    // Reused, without a word and without delay.
    let begun = Instant::now();
    let again = sandbox.ensure_started(&|line| panic!("it said: {line}")).unwrap();
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
    assert_eq!(again.environment("711111111111", "us-east-1"), running.environment("711111111111", "us-east-1"));

    assert!(sandbox.stop().unwrap());
    assert!(!sandbox.status().unwrap().running);

    // The ports stay, so that exported variables stay right.
    let restarted = temporary.started();
    assert_eq!(restarted.access("711111111111"), running.access("711111111111"));
    assert_eq!(s3(&restarted, "711111111111", "HEAD", "/kept-over-a-stop/key").0, 200);

    sandbox.reset().unwrap();
    assert_eq!(s3(&restarted, "711111111111", "HEAD", "/kept-over-a-stop").0, 404);

    // And empty it is after the next start, too.
    sandbox.stop().unwrap();
    let restarted = temporary.started();
    assert_eq!(s3(&restarted, "711111111111", "HEAD", "/kept-over-a-stop").0, 404);
}

#[test]
fn reset_while_stopped_empties_too() {
    let temporary = Temporary::new(Lane::Pair);
    assert_eq!(s3(&temporary.started(), "711111111111", "PUT", "/bucket").0, 200);
    temporary.sandbox.stop().unwrap();
    temporary.sandbox.reset().unwrap();
    assert_eq!(s3(&temporary.started(), "711111111111", "HEAD", "/bucket").0, 404);
}

#[test]
fn the_moto_lane_has_accounts_and_the_roots_of_aws() {
    let temporary = Temporary::new(Lane::Moto);
    let running = temporary.started();
    assert_eq!(running.access("711111111111").endpoints.keys().collect::<Vec<_>>(), ["*"]);
    assert_eq!(accounts(&running, "711111111111"), ("arn:aws:iam::711111111111:root".into(), "711111111111".into()));
    assert_eq!(s3(&running, "711111111111", "PUT", "/roots").0, 200);
    for (query, root) in [
        ("versioning", "<VersioningConfiguration"),
        ("accelerate", "<AccelerateConfiguration"),
        ("notification", "<NotificationConfiguration"),
        ("location", "<LocationConstraint"),
    ] {
        let (status, body) = s3(&running, "711111111111", "GET", &format!("/roots?{query}"));
        assert!(status == 200 && body.contains(root), "{query}: {status} {body}");
    }

    let other = Sandbox::open(Options { lane: Lane::Pair, ..temporary.sandbox.options().clone() });
    let error = other.ensure_started(&|_| {}).unwrap_err();
    assert!(matches!(error, Error::OtherLane { running: Lane::Moto, asked: Lane::Pair, .. }), "{error}");

    temporary.sandbox.reset().unwrap();
    assert_eq!(s3(&running, "711111111111", "HEAD", "/roots").0, 404);
}

#[test]
fn many_at_once_start_one() {
    let temporary = Temporary::new(Lane::Moto);
    let said = Mutex::new(Vec::new());
    let accesses: Vec<_> = thread::scope(|scope| {
        let starting: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let running = temporary.sandbox.ensure_started(&|line| said.lock().unwrap().push(line.to_owned()));
                    running.unwrap().access("711111111111")
                })
            })
            .collect();
        starting.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(accesses.iter().all(|access| *access == accesses[0]), "{accesses:?}");
    let starts = said.into_inner().unwrap().into_iter().filter(|line| line.starts_with("starting moto")).count();
    assert_eq!(starts, 1);
}

#[test]
fn a_stale_file_is_recognised() {
    let temporary = Temporary::new(Lane::Moto);
    let first = temporary.started().access("711111111111");
    let pid = temporary.sandbox.status().unwrap().servers[0].pid.unwrap();
    let kill = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap();
    assert!(kill.success());

    // Its process id has been given to somebody else since: this test.
    let file = temporary.sandbox.options().dir.join("sandbox.json");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace(&format!("\"pid\": {pid}"), &format!("\"pid\": {}", std::process::id()))).unwrap();
    assert!(!temporary.sandbox.status().unwrap().running);

    let running = temporary.started();
    assert_eq!(running.access("711111111111"), first, "the port is free again");
    assert_ne!(temporary.sandbox.status().unwrap().servers[0].pid, Some(pid));

    // A file that nobody can read, as after a kill while it was not yet written: what runs is found and ended.
    fs::write(&file, "{ not json").unwrap();
    assert!(!temporary.sandbox.status().unwrap().running);
    assert_ne!(temporary.started().access("711111111111"), first, "nothing says which port it had");
    assert!(ureq::get(&first.endpoints["*"]).call().is_err(), "the one that lost its file still runs");
}

#[test]
fn an_idle_one_stops_by_itself() {
    let mut temporary = Temporary::new(Lane::Moto);
    let options = Options { idle: Some(Duration::from_secs(1)), ..temporary.sandbox.options().clone() };
    temporary.sandbox = Sandbox::open(options);
    temporary.started();
    let begun = Instant::now();
    // Being looked at does not keep it alive.
    while temporary.sandbox.status().unwrap().running {
        assert!(begun.elapsed() < Duration::from_secs(30), "it still runs");
        thread::sleep(Duration::from_millis(100));
    }
    assert!(begun.elapsed() > Duration::from_millis(500), "it stopped too early");
}

/// As on Debian without the package python3-venv.
#[test]
fn without_ensurepip_the_error_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let python = dir.path().join("python3");
    let script = "#!/bin/sh\n[ \"$1\" = -c ] && echo 3 11 && exit\necho 'ensurepip is not available' >&2; exit 1\n";
    fs::write(&python, script).unwrap();
    fs::set_permissions(&python, fs::Permissions::from_mode(0o755)).unwrap();
    let options =
        Options { path: dir.path().into(), installs: dir.path().join("installed"), ..Options::from_env().unwrap() };
    let options = Options { lane: Lane::Moto, ..options.in_dir(dir.path().join("sandbox")) };
    let error = Sandbox::open(options).ensure_started(&|_| {}).unwrap_err();
    assert_eq!(error.to_string(), "failed to make a virtual environment for moto: ensurepip is not available");
    assert!(error.hint().contains("apt install python3-venv"));
}

#[test]
fn without_python_the_error_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let options =
        Options { path: dir.path().into(), installs: dir.path().join("installed"), ..Options::from_env().unwrap() };
    let error = Sandbox::open(options.in_dir(dir.path().join("sandbox"))).ensure_started(&|_| {}).unwrap_err();
    assert_eq!(error.to_string(), "failed to find Python 3.10 or newer: there is no python3 on PATH");
    assert!(error.hint().contains("apt install python3 python3-venv"));
}
