//! The log on stderr: for finding out what happened, not for the person's everyday use.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::EnvFilter;

use crate::arguments::GlobalArguments;

/// The variable that chooses what is logged, in `tracing`'s syntax.
const VARIABLE: &str = "PROVISION_LOG";

/// Starts the log, if `-v` or `PROVISION_LOG` asks for one.
pub fn start(global: &GlobalArguments) {
    let chosen = std::env::var(VARIABLE).ok().filter(|filter| !filter.is_empty());
    let filter = match (chosen, global.verbose) {
        (Some(filter), _) => filter,
        (None, 0) => return,
        (None, 1) => "info".into(),
        (None, 2) => {
            "info,provision=debug,provision_reconciler=debug,provision_resources=debug,provision_state=debug".into()
        }
        (None, _) => "debug,hyper=info,rustls=info".into(),
    };
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(stderr)
        .with_ansi(!global.no_color && std::env::var_os("NO_COLOR").is_none() && stderr().is_terminal());
    // There is no log yet that could be in the way.
    let _ = subscriber.try_init();
}
