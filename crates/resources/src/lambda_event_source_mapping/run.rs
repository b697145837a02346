//! Making the calls.

use std::time::{Duration, Instant};

use aws_sdk_lambda::Client;
use provision_reconciler::{CloudError, ErrorClass, Progress, Scope, ownership};

use super::call::Call;
use super::spec::MappingSpec;
use super::{read, request};
use crate::Aws;
use crate::aws::{Clients, retry_while};
use crate::lambda::{self, BUSY};

/// Makes one call.
pub(super) async fn run(cloud: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
    let clients = cloud.region(&scope.region).await;
    if let Call::CreateEventSourceMapping { mapping } = &call {
        let uuid = create(cloud, &clients, scope, mapping, progress).await?;
        progress.output("arn", read::arn(scope, &uuid));
        progress.output("uuid", uuid.clone());
        progress.id = Some(uuid);
        return Ok(());
    }
    let (uuid, notes) = (progress.id(call.action())?.to_owned(), progress.notes.clone());
    let start = Instant::now();
    let passes = |error: &CloudError| lambda::passes(error, start.elapsed());
    let made = retry_while(BUSY, &notes, passes, || change(cloud, clients.lambda(), scope, &uuid, &call)).await;
    match (made, &call) {
        // Gone already, as an earlier attempt whose answer was lost may have seen to.
        (Err(error), Call::DeleteEventSourceMapping) if error.class == ErrorClass::NotFound => Ok(()),
        (made, _) => made.map_err(lambda::explain),
    }
}

/// Lambda refuses a second mapping of the same source to the same function, naming the first; which may be the one that an attempt
/// without an answer made.
async fn create(
    cloud: &Aws,
    clients: &Clients,
    scope: &Scope,
    spec: &MappingSpec,
    progress: &Progress,
) -> Result<String, CloudError> {
    let action = "lambda:CreateEventSourceMapping";
    let tags = ownership::tags_for_create(&spec.tags, scope);
    let request = request::create(clients.once().lambda(), spec, &tags);
    let passes = |error: &CloudError| lambda::passes(error, Duration::ZERO);
    match cloud.create(action, &progress.notes, passes, || request.clone().send()).await {
        Ok(mapping) => mapping.uuid.ok_or_else(|| {
            CloudError::new(action, ErrorClass::Ambiguous, "the answer does not name the mapping that was made")
        }),
        Err(error) if lambda::is_taken(&error) => {
            let Some(uuid) = named(&error.message) else { return Err(error) };
            let live = lambda::tags(cloud, clients.lambda(), read::arn(scope, uuid)).await?;
            let ours = live.get(ownership::OPERATION) == Some(&scope.operation)
                && ownership::is_ours(&live, &scope.environment, &scope.address);
            if ours {
                return Ok(uuid.to_owned());
            }
            let hint = format!("import {uuid}, or delete it");
            Err(CloudError { class: ErrorClass::AlreadyExists, ..error }.with_hint(hint))
        }
        Err(error) => Err(lambda::explain(error)),
    }
}

/// The id in `… already exists. Please update or delete the existing mapping with UUID …`.
fn named(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("UUID ")?;
    rest.split(|next: char| !next.is_ascii_hexdigit() && next != '-').next().filter(|uuid| uuid.len() == 36)
}

/// Every call but the creation.
async fn change(cloud: &Aws, client: &Client, scope: &Scope, uuid: &str, call: &Call) -> Result<(), CloudError> {
    let action = call.action();
    match call {
        Call::CreateEventSourceMapping { .. } => {
            Err(CloudError::new(action, ErrorClass::Refused, "a creation is not a change; this is a bug in the engine"))
        }
        Call::UpdateEventSourceMapping { mapping, clears_destination } => {
            let request = request::update(client, uuid, mapping, *clears_destination);
            cloud.call(action, request.send()).await.map(drop)
        }
        Call::TagResource { tags } => {
            let request = client.tag_resource().resource(read::arn(scope, uuid));
            cloud.call(action, request.set_tags(Some(lambda::to_sdk(tags))).send()).await.map(drop)
        }
        Call::UntagResource { keys } => {
            let request = client.untag_resource().resource(read::arn(scope, uuid));
            cloud.call(action, request.set_tag_keys(Some(keys.clone())).send()).await.map(drop)
        }
        Call::DeleteEventSourceMapping => {
            cloud.call(action, client.delete_event_source_mapping().uuid(uuid).send()).await.map(drop)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_mapping_that_is_there() {
        let message = "An event source mapping with Kinesis arn (\" arn:… \") and function (\" f \") already exists. \
                       Please update or delete the existing mapping with UUID 14e0db71-ea90-4a5c-9dd9-2c40a1a8f3f5";
        assert_eq!(named(message), Some("14e0db71-ea90-4a5c-9dd9-2c40a1a8f3f5"));
        assert_eq!(named("already exists"), None);
    }
}
