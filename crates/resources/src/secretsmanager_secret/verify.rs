//! Testing a secret: its value is read, and forgotten at once. The only place where it ever is, of a secret and of its copies.

use aws_sdk_secretsmanager::Client;
use provision_reconciler::CloudError;
use provision_reconciler::verify::{Check, Verification};
use zeroize::Zeroize;

use super::spec::Spec;
use crate::Aws;

const READ: &str = "read the value";

/// Tests a secret.
pub(super) async fn verify(aws: &Aws, verification: &Verification<Spec>) -> Vec<Check> {
    let clients = aws.region(&verification.scope.region).await;
    let scope = &verification.scope;
    vec![match value(aws, clients.secrets_manager(), &verification.id).await {
        Ok(Value { present: true, version }) => Check::passed(READ, format!("there is one, version {version}")),
        Ok(Value { present: false, version }) => {
            Check::failed(READ, scope, format!("the value of version {version} is empty"))
        }
        Err(error) => Check::failed_call(READ, scope, &error),
    }]
}

/// What may be told of a secret's value.
pub(super) struct Value {
    /// Whether it is not empty.
    pub present: bool,
    version: String,
}

/// Reads a secret's value, and forgets it at once.
pub(super) async fn value(aws: &Aws, client: &Client, id: &str) -> Result<Value, CloudError> {
    let request = client.get_secret_value().secret_id(id);
    let mut answer = aws.call("secretsmanager:GetSecretValue", request.send()).await?;
    let mut present = false;
    if let Some(mut text) = answer.secret_string.take() {
        present = !text.is_empty();
        text.zeroize();
    }
    if let Some(binary) = answer.secret_binary.take() {
        let mut bytes = binary.into_inner();
        present |= !bytes.is_empty();
        bytes.zeroize();
    }
    Ok(Value { present, version: answer.version_id.unwrap_or_default() })
}
