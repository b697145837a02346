//! Waiting until what a call began is finished.

use std::time::Duration;

use provision_reconciler::{CloudError, Progress, Scope};

use super::call::Call;
use super::read;
use crate::Aws;
use crate::aws::{Poll, wait_until};

const DEADLINE: Duration = Duration::from_secs(10 * 60);

/// Waits, reading only.
pub(super) async fn settle(cloud: &Aws, scope: &Scope, call: &Call, progress: &mut Progress) -> Result<(), CloudError> {
    let wanted = match call {
        Call::CreateEventSourceMapping { mapping } | Call::UpdateEventSourceMapping { mapping, .. } => {
            Some(if mapping.enabled { "Enabled" } else { "Disabled" })
        }
        Call::DeleteEventSourceMapping => None,
        // Done at once.
        Call::TagResource { .. } | Call::UntagResource { .. } => return Ok(()),
    };
    let uuid = progress.id(call.action())?.to_owned();
    let what = match wanted {
        Some(state) => format!("the event source mapping {uuid} to become {state}"),
        None => format!("the event source mapping {uuid} to be gone"),
    };
    let clients = cloud.region(&scope.region).await;
    let client = clients.lambda();
    let notes = progress.notes.clone();
    wait_until(read::GET, &what, DEADLINE, &notes, || async {
        let mapping = read::get(cloud, client, &uuid).await?;
        let state = mapping.as_ref().map(|mapping| mapping.state().unwrap_or_default());
        Ok(match (state, wanted) {
            (None, None) => Poll::Ready(()),
            // Just created, and not to be seen everywhere yet.
            (None, Some(_)) => Poll::Pending("not to be seen".to_owned()),
            (Some(state), Some(wanted)) if state == wanted => Poll::Ready(()),
            (Some(state), _) => Poll::Pending(state.to_owned()),
        })
    })
    .await
}
