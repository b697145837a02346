//! A recording reverse proxy: it stands between a client and an emulator, knows which AWS call each request is, and
//! can delay, answer or lose it.

mod call;
mod cut;
mod fault;
mod forward;
mod gate;
mod protocol;
mod record;

pub use call::Call;
pub use fault::{Fault, Moment, Victim};
pub use gate::Gate;

use std::net::TcpListener;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use provision_sandbox::Access;
use tokio::runtime;
use tokio::sync::oneshot;

use record::Record;

/// A reverse proxy on a port of 127.0.0.1, on a thread of its own, until it is dropped.
///
/// ```no_run
/// use provision_testkit::emulator::Emulator;
/// use provision_testkit::proxy::{Fault, Proxy};
///
/// let account = Emulator::shared().account();
/// let (proxy, access) = Proxy::in_front_of(&account.access);
/// proxy.with(|call| (call.action == "kms:CreateKey").then_some(Fault::DropAnswer));
/// // … run something with `access` …
/// let made: Vec<_> = proxy.mutating_calls().into_iter().map(|call| call.action).collect();
/// assert_eq!(made, ["kms:CreateKey"]);
/// ```
#[derive(Debug)]
pub struct Proxy {
    /// Its addresses, one for each upstream.
    urls: Vec<String>,
    record: Arc<Record>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Proxy {
    /// A proxy in front of one address, such as `http://127.0.0.1:4566`.
    ///
    /// # Panics
    /// If no port can be opened, or the address is none.
    pub fn start(upstream: &str) -> Self {
        Self::in_front_of_all(&[upstream])
    }

    /// A proxy in front of every endpoint of an access, and the access through it. The calls to all endpoints are in one
    /// record.
    ///
    /// # Panics
    /// If no port can be opened.
    pub fn in_front_of(access: &Access) -> (Self, Access) {
        let mut upstreams: Vec<&str> = access.endpoints.values().map(String::as_str).collect();
        upstreams.sort_unstable();
        upstreams.dedup();
        let proxy = Self::in_front_of_all(&upstreams);
        let mut through = access.clone();
        for url in through.endpoints.values_mut() {
            if let Some(place) = upstreams.iter().position(|upstream| upstream == url) {
                url.clone_from(&proxy.urls[place]);
            }
        }
        (proxy, through)
    }

    fn in_front_of_all(upstreams: &[&str]) -> Self {
        let record = Arc::new(Record::default());
        let (mut urls, mut doors) = (Vec::new(), Vec::new());
        for upstream in upstreams {
            let authority = upstream
                .strip_prefix("http://")
                .and_then(|rest| rest.trim_end_matches('/').parse().ok())
                .unwrap_or_else(|| panic!("{upstream} is not an address like http://127.0.0.1:4566"));
            let open = TcpListener::bind("127.0.0.1:0").and_then(|listener| {
                listener.set_nonblocking(true)?;
                urls.push(format!("http://{}", listener.local_addr()?));
                Ok(listener)
            });
            doors
                .push((open.unwrap_or_else(|error| panic!("failed to open a port for the proxy: {error}")), authority));
        }
        let (stop, stopped) = oneshot::channel();
        let shared = Arc::clone(&record);
        let thread = thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.unwrap_or_else(|error| panic!("failed to start the proxy's runtime: {error}"));
            runtime.block_on(async {
                for (listener, upstream) in doors {
                    tokio::spawn(forward::serve(listener, upstream, Arc::clone(&shared)));
                }
                // An error means that the proxy was dropped without a word, which says the same.
                let _ = stopped.await;
            });
        });
        Self { urls, record, stop: Some(stop), thread: Some(thread) }
    }

    /// Its address; the first one, if it is in front of several.
    pub fn url(&self) -> &str {
        &self.urls[0]
    }

    /// Every call so far, in the order in which they arrived. Those that are still under way have no status yet.
    pub fn calls(&self) -> Vec<Call> {
        self.record.calls()
    }

    /// The mutating ones among [`Self::calls`].
    pub fn mutating_calls(&self) -> Vec<Call> {
        self.calls().into_iter().filter(|call| call.mutating).collect()
    }

    /// Forgets the calls so far. The rules stay.
    pub fn clear(&self) {
        self.record.clear();
    }

    /// Forgets the rules. The calls so far stay.
    pub fn forget_rules(&self) -> &Self {
        self.record.forget_rules();
        self
    }

    /// Adds a rule. Each call is shown to the rules in their order before it is handed on (its status is not known yet);
    /// the first that wants something is obeyed.
    pub fn with(&self, rule: impl Fn(&Call) -> Option<Fault> + Send + Sync + 'static) -> &Self {
        self.record.add_rule(rule);
        self
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
