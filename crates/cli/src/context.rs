//! What every command is given beside its own arguments.

use std::collections::HashMap;
use std::sync::Arc;

use provision_resources::{Aws, Connection};
use tokio::sync::Mutex;

use crate::arguments::GlobalArguments;
use crate::failure::Failure;
use crate::ui::Printer;

/// What every command is given beside its own arguments.
pub struct Context {
    /// The options that go for every command.
    pub global: GlobalArguments,
    /// The way to the person.
    pub printer: Printer,
    clouds: Arc<Mutex<HashMap<Option<String>, Arc<Aws>>>>,
}

impl Context {
    /// The context of a run with these options.
    pub fn new(global: GlobalArguments) -> Self {
        let printer = Printer::new(&global);
        Self { global, printer, clouds: Arc::default() }
    }

    /// The same, but what is done prints no result: another part of the command does.
    #[must_use]
    pub fn without_result(&self) -> Self {
        let (global, clouds) = (self.global.clone(), Arc::clone(&self.clouds));
        Self { global, printer: self.printer.without_result(), clouds }
    }

    /// Whether plans and the like are to be shown in full.
    pub fn verbose(&self) -> bool {
        self.global.verbose > 0
    }

    /// AWS as it is reached by this name (an account of the sandbox; `None`: with the person's credentials), connected to once.
    ///
    /// # Errors
    /// What `connect` reports.
    pub async fn cloud(
        &self,
        name: Option<&str>,
        connect: impl AsyncFnOnce() -> Result<Connection, Failure>,
    ) -> Result<Arc<Aws>, Failure> {
        let mut clouds = self.clouds.lock().await;
        let name = name.map(str::to_owned);
        if let Some(cloud) = clouds.get(&name) {
            return Ok(Arc::clone(cloud));
        }
        let cloud = Arc::new(Aws::new(connect().await?));
        clouds.insert(name, Arc::clone(&cloud));
        Ok(cloud)
    }
}
