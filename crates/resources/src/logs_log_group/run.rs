//! Making the calls.

use std::time::{Duration, Instant};

use aws_sdk_cloudwatchlogs::Client;
use provision_reconciler::{CloudError, ErrorClass, Progress, Scope, ownership};

use super::call::{Call, Operation};
use super::{Outputs, arn};
use crate::Aws;
use crate::aws::retry_while;
use crate::values::to_aws;

/// How long another change of the same log group may be under way.
const BUSY: Duration = Duration::from_secs(60);
/// How long a new KMS key, or its policy, may take to be known everywhere.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/accessing-kms.html#programming-eventual-consistency>
const KEY_PROPAGATION: Duration = Duration::from_secs(30);

pub(super) async fn run(aws: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
    let clients = aws.region(&scope.region).await;
    let client = clients.cloudwatch_logs();
    let Call { log_group_name, operation } = call;
    let start = Instant::now();
    let result = retry_while(
        BUSY,
        &progress.notes,
        |error| passes(error, &operation, start.elapsed()),
        || change(aws, client, scope, &log_group_name, &operation),
    )
    .await;
    match result {
        // Deleted meanwhile, or by an attempt whose answer was lost.
        Err(error) if operation == Operation::DeleteLogGroup && error.class == ErrorClass::NotFound => {}
        Err(error) => return Err(explain(error, &operation)),
        Ok(()) => {}
    }
    if let Operation::CreateLogGroup { .. } = operation {
        let Outputs { arn, arn_all } = Outputs::new(scope, &log_group_name);
        progress.output("arn", arn);
        progress.output("arn_all", arn_all);
        progress.id = Some(log_group_name);
    }
    Ok(())
}

async fn change(
    aws: &Aws,
    client: &Client,
    scope: &Scope,
    name: &str,
    operation: &Operation,
) -> Result<(), CloudError> {
    let action = operation.action();
    match operation {
        Operation::CreateLogGroup { kms_key, log_group_class, deletion_protection_enabled, tags } => {
            let request = client
                .create_log_group()
                .log_group_name(name)
                .set_kms_key_id((!kms_key.is_empty()).then(|| kms_key.clone()))
                .log_group_class(to_aws(log_group_class).as_str().into())
                .deletion_protection_enabled(*deletion_protection_enabled)
                .set_tags(Some(ownership::tags_for_create(tags, scope).into_iter().collect()));
            aws.call(action, request.send()).await.map(drop)
        }
        Operation::PutRetentionPolicy { retention_in_days } => {
            let request = client.put_retention_policy().log_group_name(name).retention_in_days(*retention_in_days);
            aws.call(action, request.send()).await.map(drop)
        }
        Operation::DeleteRetentionPolicy => {
            aws.call(action, client.delete_retention_policy().log_group_name(name).send()).await.map(drop)
        }
        Operation::AssociateKmsKey { kms_key } => {
            let request = client.associate_kms_key().log_group_name(name).kms_key_id(kms_key);
            aws.call(action, request.send()).await.map(drop)
        }
        Operation::DisassociateKmsKey => {
            aws.call(action, client.disassociate_kms_key().log_group_name(name).send()).await.map(drop)
        }
        Operation::PutLogGroupDeletionProtection { enabled } => {
            let request = client.put_log_group_deletion_protection().log_group_identifier(name);
            aws.call(action, request.deletion_protection_enabled(*enabled).send()).await.map(drop)
        }
        Operation::TagResource { tags } => {
            let request = client.tag_resource().resource_arn(arn(scope, name));
            aws.call(action, request.set_tags(Some(tags.clone().into_iter().collect())).send()).await.map(drop)
        }
        Operation::UntagResource { keys } => {
            let request = client.untag_resource().resource_arn(arn(scope, name));
            aws.call(action, request.set_tag_keys(Some(keys.clone())).send()).await.map(drop)
        }
        Operation::DeleteLogGroup => {
            aws.call(action, client.delete_log_group().log_group_name(name).send()).await.map(drop)
        }
    }
}

/// Whether an error passes by itself, seen after so long.
fn passes(error: &CloudError, operation: &Operation, elapsed: Duration) -> bool {
    match error.code.as_deref().unwrap_or_default() {
        // `LimitExceededException` is a quota here, which waiting does not mend.
        "OperationAbortedException" | "ServiceUnavailableException" => true,
        // CloudWatch Logs tries the key at once: `The specified KMS key does not exist or is not allowed to be used`.
        "InvalidParameterException" | "AccessDeniedException" | "ResourceNotFoundException" => {
            names_key(operation) && is_about_key(error) && elapsed < KEY_PROPAGATION
        }
        _ => false,
    }
}

fn names_key(operation: &Operation) -> bool {
    match operation {
        Operation::CreateLogGroup { kms_key, .. } => !kms_key.is_empty(),
        operation => matches!(operation, Operation::AssociateKmsKey { .. }),
    }
}

fn is_about_key(error: &CloudError) -> bool {
    error.message.to_lowercase().contains("kms")
}

fn explain(error: CloudError, operation: &Operation) -> CloudError {
    let hint = match error.code.as_deref().unwrap_or_default() {
        "InvalidParameterException" | "AccessDeniedException" if names_key(operation) && is_about_key(&error) => {
            "the key's policy must let the service logs.REGION.amazonaws.com use it for this log group: \
             set `services = [\"logs\"]` on the key"
        }
        "LimitExceededException" => "raise the quota of log groups in Service Quotas",
        _ => return error,
    };
    error.with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_passes_by_itself_is_tried_again() {
        let error = |code: &str, message: &str| CloudError {
            code: Some(code.to_owned()),
            ..CloudError::new("logs:AssociateKmsKey", ErrorClass::Refused, message)
        };
        let key = Operation::AssociateKmsKey { kms_key: "arn".to_owned() };
        let refused =
            error("InvalidParameterException", "The specified KMS key does not exist or is not allowed to be used");
        assert!(passes(&refused, &key, Duration::ZERO));
        assert!(!passes(&refused, &key, KEY_PROPAGATION));
        assert!(!passes(&refused, &Operation::DeleteRetentionPolicy, Duration::ZERO));
        assert!(!passes(&error("InvalidParameterException", "no such class"), &key, Duration::ZERO));
        assert!(passes(&error("OperationAbortedException", ""), &Operation::DeleteLogGroup, Duration::ZERO));
        assert!(!passes(&error("LimitExceededException", ""), &key, Duration::ZERO));
        assert!(explain(refused, &key).hint.is_some_and(|hint| hint.contains("services")));
    }
}
