//! One emulator as a daemon.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use ureq::Agent;

use crate::instance::Server;
use crate::process::{end, is_ours, tail, wait_until};
use crate::{Emulator, Error, Options, install, programs};

/// How long an emulator may take to answer for the first time. A second is usual; a busy machine with a cold disk needs more.
const START_PATIENCE: Duration = Duration::from_secs(90);

/// How long an emulator may take to stop: it writes down what it holds.
const STOP_PATIENCE: Duration = Duration::from_secs(20);

/// What `daemon.py` reads.
#[derive(Serialize)]
struct Config<'a> {
    instance: &'a str,
    /// The port of the last time.
    port: Option<u16>,
    /// The file that says which port was bound.
    ready: &'a Path,
    idle_seconds: Option<f64>,
    /// The sandbox's own file, which names every emulator of it.
    sandbox: &'a Path,
}

/// What `daemon.py` writes.
#[derive(Deserialize)]
struct Ready {
    pid: u32,
    port: u16,
}

/// The sandbox's own file: what runs, and where.
pub(crate) fn file(dir: &Path) -> PathBuf {
    dir.join("sandbox.json")
}

/// The log of an emulator.
pub(crate) fn log(dir: &Path, emulator: Emulator) -> PathBuf {
    dir.join(format!("{}.log", emulator.name()))
}

/// Starts an emulator, which is installed, and waits until it answers.
pub(crate) fn start(options: &Options, emulator: Emulator, port: Option<u16>) -> Result<Server, Error> {
    let token = uuid::Uuid::new_v4().to_string();
    let run = options.dir.join("run");
    fs::create_dir_all(&run).map_err(Error::file("create", &run))?;
    let (config, ready) = (run.join(format!("{token}.json")), run.join(format!("{token}.ready")));
    let idle_seconds = options.idle.map(|idle| idle.as_secs_f64());
    let contents = Config { instance: &token, port, ready: &ready, idle_seconds, sandbox: &file(&options.dir) };
    let contents = serde_json::to_vec(&contents).unwrap_or_default();
    fs::write(&config, contents).map_err(Error::file("write", &config))?;

    let log = log(&options.dir, emulator);
    let mut child = spawn(options, emulator, &config, &log)?;
    let pid = pid_file(&options.dir, &token);
    fs::write(&pid, child.id().to_string()).map_err(Error::file("write", &pid))?;
    let mut exited = None;
    wait_until(START_PATIENCE, || {
        exited = child.try_wait().ok().flatten();
        exited.is_some() || ready.exists()
    });
    let said = fs::read(&ready).ok().and_then(|bytes| serde_json::from_slice::<Ready>(&bytes).ok());
    // They have served their purpose, whatever comes; one that stays behind does no harm.
    let _ = fs::remove_file(&config);
    let _ = fs::remove_file(&ready);

    let server = said.map(|said| Server {
        emulator,
        version: programs::version(emulator).to_owned(),
        build: programs::build(emulator),
        token: token.clone(),
        pid: said.pid,
        port: said.port,
    });
    let reason = match (server, exited) {
        (Some(server), None) if wait_until(START_PATIENCE, || answers(&server)) => return Ok(server),
        (_, Some(status)) => format!("it ended at once ({status})"),
        _ => format!("it did not answer within {} s", START_PATIENCE.as_secs()),
    };
    end(child.id(), &token, Duration::from_secs(2));
    let _ = child.try_wait();
    let _ = fs::remove_file(&pid);
    let said = tail(&fs::read_to_string(&log).unwrap_or_default(), 8);
    Err(Error::Start { emulator, reason: format!("{reason}: {said}"), log })
}

fn spawn(options: &Options, emulator: Emulator, config: &Path, log: &Path) -> Result<Child, Error> {
    let output = File::create(log).map_err(Error::file("write", log))?;
    let errors = output.try_clone().map_err(Error::file("write", log))?;
    let data = options.dir.join("data");
    let persist = if options.persist { "1" } else { "0" };
    let mut command = Command::new(install::interpreter(&options.installs, emulator));
    command
        .arg(options.dir.join("python").join(format!("{}_server.py", emulator.name())))
        // The token in this file's name is how the process is told from others.
        .arg(config)
        .current_dir(&options.dir)
        // Neither the caller's AWS credentials nor its Python settings have any business in a daemon.
        .env_clear()
        .env("PATH", &options.path)
        .envs(["HOME", "TMPDIR", "LANG"].iter().filter_map(|name| Some((*name, std::env::var_os(name)?))))
        .env("PYTHONUNBUFFERED", "1")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors);
    match emulator {
        Emulator::Ministack => command
            .env("PERSIST_STATE", persist)
            .env("STATE_DIR", data.join("state"))
            .env("S3_PERSIST", persist)
            .env("S3_DATA_DIR", data.join("s3"))
            .env("MINISTACK_ACCOUNT_ID", crate::DEFAULT_ACCOUNT)
            .env("LOG_LEVEL", "WARNING")
            // They listen on ports of their own, which two sandboxes cannot both have.
            .env("IOT_MTLS_ENABLED", "0")
            .env("SFTP_ENABLED", "0"),
        Emulator::Moto => command
            .env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
            .env("MOTO_ENABLE_AMI_VALIDATION", "1")
            .env("MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION", "1")
            // Else every account begins with 1,301 snapshots.
            .env("MOTO_EC2_LOAD_DEFAULT_AMIS", "false"),
    };
    command.spawn().map_err(|error| Error::Start { emulator, reason: error.to_string(), log: log.to_owned() })
}

/// Whether this very process is alive and answers.
pub(crate) fn answers(server: &Server) -> bool {
    let url = format!("http://127.0.0.1:{}/_provision/instance", server.port);
    // A process that is ours is given time: ending it because many tests at once keep it busy would fail them all.
    is_ours(server.pid, &server.token)
        && agent(Duration::from_secs(10))
            .get(&url)
            .call()
            .and_then(|mut answer| answer.body_mut().read_to_string())
            .is_ok_and(|token| token == server.token)
}

/// Makes a running emulator forget everything.
pub(crate) fn reset(server: &Server) -> Result<(), Error> {
    let path = match server.emulator {
        Emulator::Ministack => "_ministack/reset",
        Emulator::Moto => "moto-api/reset",
    };
    agent(Duration::from_secs(60))
        .post(format!("http://127.0.0.1:{}/{path}", server.port))
        .send_empty()
        .map(drop)
        .map_err(|error| Error::Reset { emulator: server.emulator, reason: error.to_string() })
}

/// Stops every emulator of this directory but those to keep, all at once, and waits until they have stopped. Those that
/// the sandbox's file does not know are found too: whoever started them may have been killed before it wrote the file,
/// and two emulators would overwrite each other's data.
pub(crate) fn stop_all_but(dir: &Path, keep: &[Server]) -> Result<(), Error> {
    // Nobody else starts one meanwhile: the caller has the lock.
    let mut files = BTreeMap::<String, Vec<PathBuf>>::new();
    for entry in fs::read_dir(dir.join("run")).into_iter().flatten().flatten() {
        let path = entry.path();
        let token = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if keep.iter().all(|server| server.token != token) {
            files.entry(token).or_default().push(path);
        }
    }
    thread::scope(|scope| {
        let stopping: Vec<_> =
            files.iter().map(|(token, files)| scope.spawn(move || stop_one(dir, token, files))).collect();
        let joined: Vec<_> = stopping.into_iter().map(|thread| thread.join()).collect();
        joined.into_iter().try_for_each(|result| result.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

/// Stops what was started with a token, and removes its files.
fn stop_one(dir: &Path, token: &str, files: &[PathBuf]) -> Result<(), Error> {
    let pid = fs::read_to_string(pid_file(dir, token)).ok().and_then(|text| text.trim().parse().ok());
    if let Some(pid) = pid.filter(|pid| !end(*pid, token, STOP_PATIENCE)) {
        return Err(Error::Stop { pid, seconds: STOP_PATIENCE.as_secs() });
    }
    files.iter().try_for_each(|file| fs::remove_file(file).map_err(Error::file("remove", file)))
}

/// The file that says which process was started with a token.
fn pid_file(dir: &Path, token: &str) -> PathBuf {
    dir.join("run").join(format!("{token}.pid"))
}

/// A client that no proxy variable leads away from this machine.
fn agent(timeout: Duration) -> Agent {
    Agent::config_builder().proxy(None).timeout_global(Some(timeout)).build().into()
}
