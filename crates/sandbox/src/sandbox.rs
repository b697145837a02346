//! Starting, stopping, looking at and emptying the local AWS.

use std::path::PathBuf;
use std::{fs, io, thread};

use crate::instance::{Instance, Server};
use crate::process::{Lock, is_ours, memory};
use crate::{Emulator, Error, Options, Running, ServerStatus, Status, gaps, install, programs, server};

/// The local AWS of one directory. Opening it touches nothing.
#[derive(Clone, Debug)]
pub struct Sandbox {
    options: Options,
}

impl Sandbox {
    /// The sandbox of these options.
    pub fn open(options: Options) -> Self {
        Self { options }
    }

    /// How it was opened.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The Python that runs an emulator, with the packages that it is installed with (moto's has boto3).
    pub fn python(&self, emulator: Emulator) -> PathBuf {
        install::interpreter(&self.options.installs, emulator)
    }

    /// Makes it run: installs what is missing, starts what does not answer, reuses what does (a few milliseconds).
    /// Any number of processes may call this at once; `progress` is given a line for each thing that takes time.
    ///
    /// # Errors
    /// If Python or the network is missing, or an emulator does not start; [`Error::hint`] says what to do.
    pub fn ensure_started(&self, progress: &(dyn Fn(&str) + Sync)) -> Result<Running, Error> {
        // The usual case needs no lock: what the file names is recognised by the token that it answers.
        if let Some(running) = self.running()? {
            return Ok(running);
        }
        install::ensure(&self.options, self.options.lane.emulators(), progress)?;
        let _lock = self.lock(progress)?;
        let before = self.instance()?;
        let living = self.living(before.as_ref());
        let running = before.as_ref().map(|instance| instance.lane).filter(|_| !living.is_empty());
        if let Some(running) = running.filter(|running| *running != self.options.lane) {
            return Err(Error::OtherLane { dir: self.options.dir.clone(), running, asked: self.options.lane });
        }
        let current = living.into_iter().filter(|server| server.build == programs::build(server.emulator)).collect();
        self.start_missing(before, current, progress)
    }

    /// Starts, under the lock, what of the lane is not among `living`.
    fn start_missing(
        &self,
        before: Option<Instance>,
        living: Vec<Server>,
        progress: &(dyn Fn(&str) + Sync),
    ) -> Result<Running, Error> {
        let is_missing = |emulator: &&Emulator| living.iter().all(|server| server.emulator != **emulator);
        let missing: Vec<_> = self.options.lane.emulators().iter().filter(is_missing).collect();
        let before = match before {
            // Somebody else started it while we waited for the lock.
            Some(instance) if missing.is_empty() => return Ok(Running { instance }),
            Some(instance) => instance.servers,
            None => Vec::new(),
        };
        // Whatever else was started here is ended: it hangs, is outdated, or (mostly) has long gone.
        for server in before.iter().filter(|server| !living.contains(server) && is_ours(server.pid, &server.token)) {
            let current = server.build == programs::build(server.emulator);
            let why = if current { "it does not answer" } else { "another version of this program started it" };
            progress(&format!("stopping {} {}: {why}", server.emulator.title(), server.version));
        }
        server::stop_all_but(&self.options.dir, &living)?;
        let names: Vec<_> = missing.iter().map(|emulator| title(**emulator)).collect();
        progress(&format!("starting {}", names.join(" and ")));
        programs::write(&self.options.dir.join("python"))?;
        let started: Vec<_> = thread::scope(|scope| {
            let starting: Vec<_> = missing
                .iter()
                .map(|emulator| {
                    let port = before.iter().find(|server| server.emulator == **emulator).map(|server| server.port);
                    scope.spawn(move || server::start(&self.options, **emulator, port))
                })
                .collect();
            let joined = starting.into_iter().map(|thread| thread.join());
            joined.map(|result| result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
        });
        // What did start is written down even if the other one did not: it is found again, and can be stopped.
        let (started, failed): (Vec<_>, Vec<_>) = started.into_iter().partition(Result::is_ok);
        let servers = living.into_iter().chain(started.into_iter().flatten()).collect();
        let instance = Instance { lane: self.options.lane, started: jiff::Timestamp::now(), servers };
        instance.write(&self.file())?;
        failed.into_iter().try_for_each(|failure| failure.map(drop))?;
        Ok(Running { instance })
    }

    /// What runs, if all of it answers and is of this version and lane.
    ///
    /// # Errors
    /// If the sandbox's file cannot be read.
    pub fn running(&self) -> Result<Option<Running>, Error> {
        let Some(instance) = self.instance()? else { return Ok(None) };
        let lane = self.options.lane;
        let whole = instance.lane == lane
            && lane.emulators().iter().all(|emulator| {
                instance
                    .server(*emulator)
                    .is_some_and(|server| server.build == programs::build(*emulator) && server::answers(server))
            });
        Ok(whole.then_some(Running { instance }))
    }

    /// Stops it and waits until it has stopped. True if anything was running. What MiniStack held is there again at the
    /// next start; what moto held is not.
    ///
    /// # Errors
    /// If an emulator does not stop.
    pub fn stop(&self) -> Result<bool, Error> {
        if !self.options.dir.exists() {
            return Ok(false);
        }
        let _lock = self.lock(&|_| {})?;
        let living = !self.living(self.instance()?.as_ref()).is_empty();
        server::stop_all_but(&self.options.dir, &[])?;
        // The file stays: it knows the ports, so that exported variables are right again after the next start.
        Ok(living)
    }

    /// What there is.
    ///
    /// # Errors
    /// If the sandbox's file cannot be read.
    pub fn status(&self) -> Result<Status, Error> {
        let instance = self.instance()?;
        let living = self.living(instance.as_ref());
        let lane = instance.as_ref().filter(|_| !living.is_empty()).map_or(self.options.lane, |instance| instance.lane);
        let servers: Vec<_> = lane.emulators().iter().map(|emulator| self.server_status(*emulator, &living)).collect();
        Ok(Status {
            lane,
            dir: self.options.dir.clone(),
            running: servers.iter().all(|server| server.pid.is_some()),
            started: instance.filter(|_| !living.is_empty()).map(|instance| instance.started),
            servers,
            gaps: gaps(lane),
        })
    }

    fn server_status(&self, emulator: Emulator, living: &[Server]) -> ServerStatus {
        let server = living.iter().find(|server| server.emulator == emulator);
        ServerStatus {
            emulator,
            version: server.map_or_else(|| programs::version(emulator).to_owned(), |server| server.version.clone()),
            installed: install::complete(&self.options.installs, emulator),
            pid: server.map(|server| server.pid),
            url: server.map(|server| format!("http://127.0.0.1:{}", server.port)),
            memory: server.and_then(|server| memory(server.pid)),
            log: server::log(&self.options.dir, emulator),
            persists: emulator.persists() && self.options.persist,
        }
    }

    /// Empties it: every account, every resource. What runs goes on running.
    ///
    /// # Errors
    /// If an emulator refuses, or a file cannot be removed.
    pub fn reset(&self) -> Result<(), Error> {
        if !self.options.dir.exists() {
            return Ok(());
        }
        let _lock = self.lock(&|_| {})?;
        let living = self.living(self.instance()?.as_ref());
        living.iter().try_for_each(server::reset)?;
        if living.iter().all(|server| server.emulator != Emulator::Ministack) {
            let data = self.options.dir.join("data");
            match fs::remove_dir_all(&data) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(Error::file("remove", data)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn file(&self) -> PathBuf {
        server::file(&self.options.dir)
    }

    fn instance(&self) -> Result<Option<Instance>, Error> {
        Instance::read(&self.file())
    }

    /// Those of an instance that answer.
    fn living(&self, instance: Option<&Instance>) -> Vec<Server> {
        let servers = instance.map(|instance| instance.servers.as_slice()).unwrap_or_default();
        servers.iter().filter(|server| server::answers(server)).cloned().collect()
    }

    fn lock(&self, progress: &(dyn Fn(&str) + Sync)) -> Result<Lock, Error> {
        fs::create_dir_all(&self.options.dir).map_err(Error::file("create", &self.options.dir))?;
        Lock::acquire(&self.options.dir.join("lock"), || {
            progress("waiting for another process that is starting or stopping the sandbox");
        })
    }
}

fn title(emulator: Emulator) -> String {
    format!("{} {}", emulator.title(), programs::version(emulator))
}
