//! A cloud in memory, with kinds of its own: what the engine is tried against, thousands of times a second.
//!
//! It does what emulators do not and AWS does: pending states, reads that lag writes, lost answers, throttling, objects
//! that are busy or in use, and crashes at any call. Time is tokio's, so that tests pause it. Everything random comes
//! from a seed.
//!
//! The kinds stand for the sorts there are on AWS: [`Key`] (AWS chooses the id and there is no client token), [`Bucket`] (named,
//! every setting has its own call), [`Table`] (named, slow, busy while it changes), [`Note`] (no name, depends on others,
//! in use while it has children), [`Role`] (named, granted access to others), [`Group`]
//! (in use by notes; replaced by one that is made first).

mod bucket;
mod call;
mod fault;
mod group;
mod key;
mod nature;
mod note;
mod object;
mod role;
mod table;
mod world;

pub use bucket::Bucket;
pub use call::Call;
pub use fault::{Chaos, Crash, Fault};
pub use group::Group;
pub use key::Key;
pub use nature::Nature;
pub use note::Note;
pub use object::Object;
pub use role::Role;
pub use table::Table;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use provision_reconciler::{CloudError, Registry};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use fault::Faults;
use world::World;

/// A cloud in memory. See the [module](self).
pub struct MemoryCloud {
    world: Mutex<World>,
    faults: Mutex<Faults>,
    calls: Mutex<Vec<Made>>,
    start: Instant,
    crashed: watch::Sender<bool>,
}

/// A call that reached the cloud, whether or not it was carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The IAM action.
    pub action: String,
    /// The address (by the ownership tags) or id of what it was made on; for batched reads, how many.
    pub subject: String,
    /// Whether it changes something.
    pub mutating: bool,
    /// Since the cloud began.
    pub at: Duration,
}

impl MemoryCloud {
    /// An empty cloud without faults or latency.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            world: Mutex::default(),
            faults: Mutex::default(),
            calls: Mutex::default(),
            start: Instant::now(),
            crashed: watch::Sender::new(false),
        })
    }

    /// The kinds of this cloud.
    pub fn registry(self: &Arc<Self>) -> Registry {
        Registry::default()
            .with::<Bucket>(self)
            .with::<Group>(self)
            .with::<Key>(self)
            .with::<Note>(self)
            .with::<Role>(self)
            .with::<Table>(self)
    }

    /// Every call since the last [`MemoryCloud::forget_calls`].
    pub fn calls(&self) -> Vec<Made> {
        lock(&self.calls).clone()
    }

    /// The mutating calls among them.
    pub fn mutations(&self) -> Vec<Made> {
        lock(&self.calls).iter().filter(|made| made.mutating).cloned().collect()
    }

    /// Begins the list of calls anew.
    pub fn forget_calls(&self) {
        lock(&self.calls).clear();
    }

    /// Lets the next call of this action go wrong.
    pub fn fault(&self, action: &str, fault: Fault) {
        lock(&self.faults).scripted.push((action.to_owned(), fault));
    }

    /// Lets calls go wrong at random; `None`: no more.
    pub fn chaos(&self, chaos: Option<Chaos>) {
        let mut faults = lock(&self.faults);
        faults.scripted.clear();
        faults.chaos = chaos.map(fault::Dice::new);
    }

    /// How long each call takes from now on, half of it before it takes effect.
    pub fn latency(&self, latency: Duration) {
        lock(&self.faults).latency = latency;
    }

    /// How long reads do not see what was created, from now on.
    pub fn lag(&self, lag: Duration) {
        lock(&self.world).nature.lag = lag;
    }

    /// How long a table takes to become active after each change, from now on.
    pub fn slowness(&self, slowness: Duration) {
        lock(&self.world).nature.pending.insert("memory_table", slowness);
    }

    /// How the cloud takes its time from now on.
    pub fn nature(&self, nature: Nature) {
        lock(&self.world).nature = nature;
    }

    /// The caller's process dies at a call: it is never answered, nor is any after it.
    pub fn crash(&self, crash: Crash) {
        lock(&self.faults).crash = Some(crash);
    }

    /// Returns once the caller's process has died; whatever it was doing must be dropped then.
    pub async fn crashed(&self) {
        let mut receiver = self.crashed.subscribe();
        if receiver.wait_for(|crashed| *crashed).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Another process begins. Whether the last one died.
    pub fn restart(&self) -> bool {
        lock(&self.faults).crash = None;
        self.crashed.send_replace(false)
    }

    /// Everything there is, by kind and id.
    pub fn objects(&self) -> Vec<Object> {
        lock(&self.world).objects()
    }

    /// Changes an object behind the engine's back: the one that carries this address in its tags, or this id.
    ///
    /// # Panics
    /// If there is none.
    pub fn tamper(&self, subject: &str, change: impl FnOnce(&mut Object)) {
        let mut world = lock(&self.world);
        match world.find_mut(subject) {
            Some(object) => change(object),
            None => panic!("there is no {subject} to tamper with"),
        }
    }

    /// Deletes an object behind the engine's back.
    pub fn vanish(&self, subject: &str) {
        lock(&self.world).vanish(subject);
    }

    /// Puts an object there that the engine did not make.
    pub fn plant(&self, object: Object) {
        lock(&self.world).plant(object);
    }

    fn patience(&self) -> Duration {
        lock(&self.world).nature.patience
    }

    /// A call: noted, delayed, and carried out unless a fault says otherwise.
    async fn call<T>(
        &self,
        action: &str,
        subject: &str,
        mutating: bool,
        effect: impl FnOnce(&mut World) -> Result<T, CloudError>,
    ) -> Result<T, CloudError> {
        let made = Made { action: action.to_owned(), subject: subject.to_owned(), mutating, at: self.start.elapsed() };
        if *self.crashed.borrow() {
            std::future::pending::<()>().await;
        }
        let (fault, latency) = lock(&self.faults).next(action, mutating);
        if fault != Some(Fault::CrashBefore) {
            lock(&self.calls).push(made);
        }
        if !latency.is_zero() {
            sleep(latency / 2).await;
        }
        let result = match fault {
            Some(Fault::CrashBefore) => self.die().await,
            Some(fault) => match fault.before_effect(action) {
                Some(error) => Err(error),
                None => {
                    let result = effect(&mut lock(&self.world));
                    if fault == Fault::CrashAfter {
                        self.die().await
                    }
                    // A request that was refused left nothing behind; losing that answer is a loss all the same.
                    match result {
                        _ if fault == Fault::LostAnswer => Err(fault::ambiguous(action)),
                        result => result,
                    }
                }
            },
            None => effect(&mut lock(&self.world)),
        };
        if !latency.is_zero() {
            sleep(latency / 2).await;
        }
        result
    }

    async fn die<T>(&self) -> T {
        self.crashed.send_replace(true);
        std::future::pending().await
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
