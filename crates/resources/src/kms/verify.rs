//! Testing a key: a text is encrypted and decrypted. Nothing is made, so nothing is left.

use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use provision_reconciler::verify::Check;
use provision_reconciler::{CloudError, Scope};
use uuid::Uuid;

use crate::Aws;

/// The name of the entry of the encryption context, which CloudTrail shows.
const CONTEXT: &str = "provision-verify";

/// A key, and the client of its region.
pub(crate) type Place<'a> = (&'a Client, &'a str);

/// The result of a round trip as that of a test of this name.
pub(crate) fn round_trip_check(name: &'static str, scope: &Scope, result: Result<bool, CloudError>) -> Check {
    match result {
        Ok(true) => Check::passed(name, "what was encrypted was decrypted to what it was"),
        Ok(false) => Check::failed(name, scope, "what was decrypted is not what was encrypted"),
        Err(error) => Check::failed_call(name, scope, &error),
    }
}

/// Whether the second key (which may be the first) decrypts what the first one encrypts.
pub(crate) async fn round_trip(aws: &Aws, encrypting: Place<'_>, decrypting: Place<'_>) -> Result<bool, CloudError> {
    let text = Uuid::new_v4().to_string();
    let ((kms, key), plaintext) = (encrypting, Blob::new(text.as_str()));
    let request = kms.encrypt().key_id(key).plaintext(plaintext).encryption_context(CONTEXT, &text);
    let encrypted = aws.call("kms:Encrypt", request.send()).await?;
    // The key is named, so that no other one can be used instead.
    let (kms, key) = decrypting;
    let request =
        kms.decrypt().key_id(key).set_ciphertext_blob(encrypted.ciphertext_blob).encryption_context(CONTEXT, &text);
    let decrypted = aws.call("kms:Decrypt", request.send()).await?;
    Ok(decrypted.plaintext().is_some_and(|plaintext| plaintext.as_ref() == text.as_bytes()))
}
