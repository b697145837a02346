//! `provision.sandbox/1`: the local AWS on this machine.

use std::collections::BTreeMap;

use provision_sandbox::{Gap, Status};
use serde::Serialize;

/// The local AWS.
#[derive(Debug, Serialize)]
pub struct SandboxStatus {
    format: &'static str,
    /// `pair` or `moto`.
    lane: String,
    /// Where its data and logs are.
    directory: String,
    /// Whether all of it answers.
    running: bool,
    /// When it was started.
    started: Option<jiff::Timestamp>,
    /// Its emulators.
    servers: Vec<Server>,
    /// Its known differences from AWS.
    gaps: Vec<KnownGap>,
    /// The variables with which other programs use it; empty if it does not run.
    environment: BTreeMap<String, String>,
}

/// An emulator.
#[derive(Debug, Serialize)]
struct Server {
    emulator: &'static str,
    version: String,
    installed: bool,
    pid: Option<u32>,
    url: Option<String>,
    /// Resident memory in bytes.
    memory: Option<u64>,
    log: String,
    /// Whether what it holds survives a stop.
    persists: bool,
}

/// A known difference from AWS.
#[derive(Debug, Serialize)]
struct KnownGap {
    emulator: &'static str,
    api: String,
    behaviour: String,
    /// Whether it is mended, so that it behaves as AWS does.
    mended: bool,
}

impl SandboxStatus {
    /// The machine form of a status, and of the variables of a running sandbox.
    pub fn new(status: &Status, environment: &[(String, String)]) -> Self {
        let servers = status.servers.iter().map(|server| Server {
            emulator: server.emulator.name(),
            version: server.version.clone(),
            installed: server.installed,
            pid: server.pid,
            url: server.url.clone(),
            memory: server.memory,
            log: server.log.display().to_string(),
            persists: server.persists,
        });
        Self {
            format: "provision.sandbox/1",
            lane: status.lane.to_string(),
            directory: status.dir.display().to_string(),
            running: status.running,
            started: status.started,
            servers: servers.collect(),
            gaps: status.gaps.iter().map(KnownGap::new).collect(),
            environment: environment.iter().cloned().collect(),
        }
    }
}

impl KnownGap {
    fn new(gap: &Gap) -> Self {
        Self {
            emulator: gap.emulator.name(),
            api: gap.api.clone(),
            behaviour: gap.behaviour.clone(),
            mended: gap.mended,
        }
    }
}
