//! A local AWS that enforces IAM.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use provision_sandbox::Access;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::emulator::{Account, fresh_id};

/// How long it may take to start. A second is usual.
const START_PATIENCE: Duration = Duration::from_secs(60);

/// How long it may take to stop before it is made to.
const STOP_PATIENCE: Duration = Duration::from_secs(5);

/// A MiniStack with all services, IAM among them, and `AUTH=true`: every call is allowed or refused by the policies
/// of who makes it. It ends when it is dropped.
///
/// Access keys that are an account's id are its root's, and may do everything. Its known wrong answers:
/// - EC2's resource ARNs and `aws:RequestTag`/`aws:ResourceTag` conditions always deny.
/// - `log-group:NAME:*` is not matched by calls of Logs (`iam:SimulatePrincipalPolicy` does match it).
/// - `kinesis:GetRecords` without a stream's ARN is denied to whoever may not read all streams.
/// - Its services use KMS keys without asking whether the caller may.
#[derive(Debug)]
pub struct Enforcing {
    process: Child,
    url: String,
    folder: TempDir,
}

impl Enforcing {
    /// Starts it on a free port, from the sandbox's own program in the folder `programs`.
    pub(crate) fn start(python: &Path, programs: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("failed to create a folder: {error}"));
        let at = |name: &str| folder.path().join(name);
        // Should the test be killed, it ends by itself.
        let config = json!({ "instance": "enforcing", "port": null, "ready": at("ready"), "idle_seconds": 120 });
        let started = fs::write(at("config.json"), config.to_string()).and_then(|()| {
            let log = File::create(at("log"))?;
            Command::new(python)
                .arg(programs.join("ministack_server.py"))
                .arg(at("config.json"))
                .current_dir(folder.path())
                .env_clear()
                .envs(["PATH", "HOME", "TMPDIR", "LANG"].iter().filter_map(|name| Some((*name, env::var_os(name)?))))
                .envs([("AUTH", "true"), ("PERSIST_STATE", "0"), ("S3_PERSIST", "0"), ("LOG_LEVEL", "WARNING")])
                .envs([("IOT_MTLS_ENABLED", "0"), ("SFTP_ENABLED", "0"), ("PYTHONDONTWRITEBYTECODE", "1")])
                .stdin(Stdio::null())
                .stdout(log.try_clone()?)
                .stderr(log)
                .spawn()
        });
        let process = started.unwrap_or_else(|error| panic!("failed to start {}: {error}", python.display()));
        let mut this = Self { process, url: String::new(), folder };
        let begun = Instant::now();
        loop {
            let ready = fs::read(this.folder.path().join("ready")).ok();
            if let Some(ready) = ready.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok()) {
                this.url = format!("http://127.0.0.1:{}", ready["port"]);
                return this;
            }
            let ended = this.process.try_wait().is_ok_and(|status| status.is_some());
            if ended || begun.elapsed() > START_PATIENCE {
                let log = fs::read_to_string(this.folder.path().join("log")).unwrap_or_default();
                panic!("MiniStack did not start (ended: {ended}):\n{log}");
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// A fresh account, entered as its root.
    pub fn account(&self) -> Account {
        let id = fresh_id();
        let access = Access {
            endpoints: BTreeMap::from([("*".to_owned(), self.url.clone())]),
            access_key: id.clone(),
            secret_key: "sandbox".to_owned(),
            session_token: None,
        };
        Account::new(id, access)
    }
}

impl Drop for Enforcing {
    fn drop(&mut self) {
        // Asked first: it ends the functions' processes that it started.
        let _ = kill_process(Pid::from_child(&self.process), Signal::TERM);
        let begun = Instant::now();
        while begun.elapsed() < STOP_PATIENCE {
            if self.process.try_wait().is_ok_and(|status| status.is_some()) {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
