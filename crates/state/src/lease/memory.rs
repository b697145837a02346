//! Locks in memory, with the semantics that DynamoDB has: for tests.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use provision_reconciler::{CloudError, ErrorClass};
use tokio::time::sleep;

use super::LockItem;
use super::table::{Condition, LockTable, TableError};

/// A table of locks in memory. Clones share the same items, each clone being one client with a network of its own: one
/// may be cut off while the others go on. Time is tokio's, so that a test may pause it.
#[derive(Clone, Debug, Default)]
pub struct MemoryTable {
    shared: Arc<Mutex<Shared>>,
    network: Arc<Mutex<Network>>,
}

#[derive(Debug, Default)]
struct Shared {
    missing: bool,
    items: HashMap<String, LockItem>,
    writes: Vec<LockItem>,
}

#[derive(Debug, Default)]
struct Network {
    latency: Duration,
    down: bool,
    denied: bool,
    lost: u32,
    repeated: u32,
    late: VecDeque<Duration>,
}

impl MemoryTable {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// No table, until [`MemoryTable::create`].
    pub fn missing() -> Self {
        let table = Self::default();
        table.shared().missing = true;
        table
    }

    /// Makes the table.
    pub fn create(&self) {
        self.shared().missing = false;
    }

    /// Loses the table, and makes it anew: nothing is in it.
    pub fn lose(&self) {
        self.shared().items.clear();
    }

    /// Another client of the same table, with a network of its own.
    pub fn client(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), network: Arc::default() }
    }

    /// Lets each of this client's calls take so long, half of it on the way there.
    pub fn set_latency(&self, latency: Duration) {
        self.network().latency = latency;
    }

    /// Lets this client's calls go unanswered for ever, and do nothing.
    pub fn set_down(&self, down: bool) {
        self.network().down = down;
    }

    /// Lets this client's calls be denied.
    pub fn set_denied(&self, denied: bool) {
        self.network().denied = denied;
    }

    /// Lets this client's next `writes` be carried out, if their condition holds, but answers them with a 500.
    pub fn lose_next_answers(&self, writes: u32) {
        self.network().lost = writes;
    }

    /// Lets this client's next `writes` each be made twice, and answers as the second is answered: what an SDK's own
    /// retry of a lost answer comes to.
    pub fn repeat_next(&self, writes: u32) {
        self.network().repeated = writes;
    }

    /// Lets one more of this client's next writes arrive only after so long, and go unanswered.
    pub fn delay_next(&self, delay: Duration) {
        self.network().late.push_back(delay);
    }

    /// Every write that was carried out, in order.
    pub fn writes(&self) -> Vec<LockItem> {
        self.shared().writes.clone()
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn network(&self) -> MutexGuard<'_, Network> {
        self.network.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn travel(&self, action: &str) -> Result<(), TableError> {
        let (latency, down, denied) = {
            let network = self.network();
            (network.latency, network.down, network.denied)
        };
        if down {
            std::future::pending::<()>().await;
        }
        sleep(latency / 2).await;
        if denied {
            return Err(TableError::Call(CloudError::new(action, ErrorClass::Denied, "as the test asked for")));
        }
        Ok(())
    }
}

impl Shared {
    fn put(&mut self, item: &LockItem, condition: Condition) -> Result<(), TableError> {
        if self.missing {
            return Err(TableError::NoTable);
        }
        if Condition::unchanged(self.items.get(&item.id)) != condition {
            let error = CloudError::new("dynamodb:PutItem", ErrorClass::Refused, "the conditional request failed");
            return Err(TableError::Condition(error));
        }
        self.items.insert(item.id.clone(), item.clone());
        self.writes.push(item.clone());
        Ok(())
    }
}

#[async_trait]
impl LockTable for MemoryTable {
    fn name(&self) -> &str {
        "memory"
    }

    async fn get(&self, id: &str) -> Result<Option<LockItem>, TableError> {
        self.travel("dynamodb:GetItem").await?;
        let answer = {
            let shared = self.shared();
            if shared.missing { Err(TableError::NoTable) } else { Ok(shared.items.get(id).cloned()) }
        };
        self.travel("dynamodb:GetItem").await?;
        answer
    }

    async fn put(&self, item: &LockItem, condition: Condition) -> Result<(), TableError> {
        self.travel("dynamodb:PutItem").await?;
        let late = self.network().late.pop_front();
        if let Some(delay) = late {
            let (table, item) = (self.clone(), item.clone());
            tokio::spawn(async move {
                sleep(delay).await;
                table.shared().put(&item, condition)
            });
            std::future::pending::<()>().await;
        }
        let (lost, repeated) = {
            let mut network = self.network();
            let faults = (network.lost > 0, network.repeated > 0);
            network.lost = network.lost.saturating_sub(1);
            network.repeated = network.repeated.saturating_sub(1);
            faults
        };
        let mut answer = self.shared().put(item, condition);
        if repeated {
            answer = self.shared().put(item, condition);
        }
        self.travel("dynamodb:PutItem").await?;
        if lost {
            let error = CloudError::new("dynamodb:PutItem", ErrorClass::Ambiguous, "HTTP 500, as the test asked for");
            return Err(TableError::Call(error));
        }
        answer
    }
}
