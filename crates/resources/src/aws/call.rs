//! Making one call: bounded concurrency, and an error that says what was being done.

use std::collections::HashMap;
use std::error::Error;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use provision_reconciler::{CloudError, ErrorClass, Notes};
use tokio::sync::Semaphore;

use super::{Aws, failure, retry_while};

/// How long a creating call is repeated while AWS throttles it or does not know yet what it refers to.
const CREATE_DEADLINE: Duration = Duration::from_secs(60);

/// The most calls of one service that are under way at once. AWS throttles per service, account and kind of call: control
/// planes allow few changes a second, but many reads, and all reads of a plan are to fit into one round trip. Kinesis allows
/// few of either, and CloudWatch Logs few reads.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/throttling.html>,
/// <https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html>
fn concurrency(service: &str, reads: bool) -> usize {
    match (service, reads) {
        ("kinesis", true) => 10,
        ("kinesis", false) => 5,
        // One global control plane for all regions, and it throttles early: no more than three environments of ours need at once.
        ("iam", true) => 80,
        ("logs", true) => 10,
        // Ten for each bucket, and its limits are those of each bucket.
        ("s3", true) => 200,
        (_, true) => 100,
        (_, false) => 10,
    }
}

/// A semaphore for the reads and one for the changes of each service.
#[derive(Default)]
pub(super) struct Limits(Mutex<HashMap<(String, bool), Arc<Semaphore>>>);

impl Limits {
    fn of(&self, action: &str) -> Arc<Semaphore> {
        let (service, operation) = action.split_once(':').unwrap_or((action, ""));
        let reads = ["Describe", "Get", "Head", "List"].iter().any(|verb| operation.starts_with(verb));
        let mut limits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = limits
            .entry((service.to_owned(), reads))
            .or_insert_with(|| Arc::new(Semaphore::new(concurrency(service, reads))));
        Arc::clone(limit)
    }
}

impl Aws {
    /// Makes a call, once the service has room for it. `action` is the IAM action, `kms:CreateKey`.
    ///
    /// # Errors
    /// Whatever the SDK reports after its own retries, told apart by [`provision_reconciler::ErrorClass`].
    pub async fn call<T, E>(
        &self,
        action: &'static str,
        request: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, CloudError>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let limit = self.limits.of(action);
        // The semaphores are never closed, so there is always a permit to wait for.
        let _permit = limit.acquire().await.ok();
        tracing::debug!(action, "call");
        request.await.map_err(|error| {
            let error = failure::from_sdk(action, error);
            tracing::debug!(action, code = error.code, message = error.message, "failed");
            error
        })
    }

    /// Makes a call whose repetition would make a second resource ([`provision_reconciler::Idempotency::FindFirst`]): it is repeated only after an
    /// answer that says that nothing was done (throttling), and after those refusals that `passes` names. `request` must go
    /// through [`Clients::once`](super::Clients::once), so that the SDK does not repeat it either.
    ///
    /// # Errors
    /// As [`Aws::call`]. [`provision_reconciler::ErrorClass::Ambiguous`]: look for the resource before trying again.
    pub async fn create<T, E, F>(
        &self,
        action: &'static str,
        notes: &Notes,
        passes: impl Fn(&CloudError) -> bool,
        mut request: impl FnMut() -> F,
    ) -> Result<T, CloudError>
    where
        E: ProvideErrorMetadata + Error + 'static,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let again = |error: &CloudError| match error.class {
            ErrorClass::Throttled => true,
            ErrorClass::Ambiguous => false,
            _ => passes(error),
        };
        retry_while(CREATE_DEADLINE, notes, again, || self.call(action, request())).await
    }
}
