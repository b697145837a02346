//! The shared way to AWS: one HTTP client, one set of credentials, a client for each service and region, bounded
//! concurrency for each service, and errors that say what was being done.

mod call;
mod clients;
mod connection;
mod failure;
mod wait;

pub use clients::Clients;
pub use connection::{Connection, Identity};
pub use failure::classify;
pub use wait::{Poll, retry_while, wait_until};

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::SdkConfig;
use tokio::sync::OnceCell;

use call::Limits;

/// AWS, as one run of the engine sees it. Cheap to make: nothing is loaded or connected before the first call.
pub struct Aws {
    connection: Connection,
    shared: OnceCell<SdkConfig>,
    regions: Mutex<HashMap<String, Arc<Clients>>>,
    limits: Limits,
}

impl Aws {
    /// AWS through this connection.
    pub fn new(connection: Connection) -> Self {
        Self { connection, shared: OnceCell::new(), regions: Mutex::default(), limits: Limits::default() }
    }

    /// The clients of a region, made once.
    pub async fn region(&self, region: &str) -> Arc<Clients> {
        let shared = self.shared.get_or_init(|| self.connection.load()).await;
        let mut regions = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(
            regions
                .entry(region.to_owned())
                .or_insert_with(|| Arc::new(Clients::new(shared.clone(), region, &self.connection))),
        )
    }
}
