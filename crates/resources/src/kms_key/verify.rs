//! Testing a key: a text is encrypted and decrypted. Nothing is made, so nothing is left.

use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use provision_reconciler::CloudError;
use provision_reconciler::verify::{Check, Verification};
use uuid::Uuid;

use super::spec::{KeySpec, KeyUsage, Spec};
use crate::Aws;

const ROUND_TRIP: &str = "encrypt and decrypt";

/// The name of the entry of the encryption context, which CloudTrail shows.
const CONTEXT: &str = "provision-verify";

/// Tests a key.
pub(super) async fn verify(aws: &Aws, verification: &Verification<Spec>) -> Vec<Check> {
    let spec = &verification.spec;
    vec![if !spec.enabled {
        Check::skipped(ROUND_TRIP, "`enabled` is false")
    } else if spec.key_usage != KeyUsage::EncryptDecrypt || spec.key_spec != KeySpec::SymmetricDefault {
        Check::skipped(ROUND_TRIP, "it is not a symmetric key for encrypting")
    } else {
        let clients = aws.region(&verification.scope.region).await;
        match round_trip(aws, clients.kms(), &verification.id).await {
            Ok(true) => Check::passed(ROUND_TRIP, "what was encrypted was decrypted to what it was"),
            Ok(false) => Check::failed(ROUND_TRIP, &verification.scope, "what was decrypted is not what was encrypted"),
            Err(error) => Check::failed_call(ROUND_TRIP, &verification.scope, &error),
        }
    }]
}

async fn round_trip(aws: &Aws, kms: &Client, key: &str) -> Result<bool, CloudError> {
    let text = Uuid::new_v4().to_string();
    let request = kms.encrypt().key_id(key).plaintext(Blob::new(text.as_str())).encryption_context(CONTEXT, &text);
    let encrypted = aws.call("kms:Encrypt", request.send()).await?;
    // The key is named, so that no other one can be used instead.
    let request =
        kms.decrypt().key_id(key).set_ciphertext_blob(encrypted.ciphertext_blob).encryption_context(CONTEXT, &text);
    let decrypted = aws.call("kms:Decrypt", request.send()).await?;
    Ok(decrypted.plaintext().is_some_and(|plaintext| plaintext.as_ref() == text.as_bytes()))
}
