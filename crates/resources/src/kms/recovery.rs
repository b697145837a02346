//! Whether a key can be used, and a replica in the place of its primary.

use aws_sdk_kms::types::{KeyMetadata, KeyState};
use provision_reconciler::recovery::Aspect;
use provision_reconciler::{CloudError, ErrorClass};

use super::Place;
use super::verify::round_trip;
use crate::Aws;

/// A key's state as an aspect: whether what it encrypted can be read.
///
/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html>
pub(crate) fn usable(name: &str, key: &str, found: &KeyMetadata, environment: &str) -> Aspect {
    let state = found.key_state().cloned().unwrap_or(KeyState::from("unknown"));
    let aspect = Aspect::good(name, "Enabled", state.as_str());
    let lost = "what is encrypted with it cannot be read";
    match state {
        KeyState::Enabled => aspect,
        KeyState::Disabled => aspect.finding(
            "replica-key-disabled",
            format!("the key {key} is disabled: {lost}"),
            format!("`provision apply {environment}` enables it, if the file says so; else `aws kms enable-key`"),
        ),
        KeyState::PendingDeletion | KeyState::PendingReplicaDeletion => aspect.finding(
            "replica-key-pending-deletion",
            format!("the key {key} is to be deleted{}: {lost}, and after that never again", when(found)),
            format!("`provision apply {environment}` cancels the deletion, if the file still has it; else `aws kms cancel-key-deletion`"),
        ),
        other => aspect.finding(
            "replica-key-unusable",
            format!("the key {key} is {other}: {lost}"),
            "see the key in the AWS console".to_owned(),
        ),
    }
}

fn when(key: &KeyMetadata) -> String {
    let date = key.deletion_date().and_then(|date| jiff::Timestamp::from_second(date.secs()).ok());
    date.map_or_else(String::new, |date| format!(" on {}", date.strftime("%Y-%m-%d")))
}

/// What [`decrypts`] looks at.
pub(crate) const DECRYPTS: &str = "decrypts what the primary encrypts";
/// How it should decrypt it.
pub(crate) const AS_IT_WAS: &str = "as it was";

/// Whether the replica decrypts what the primary encrypts.
pub(crate) async fn decrypts(aws: &Aws, primary: Place<'_>, replica: Place<'_>) -> Aspect {
    let hint = |error: &CloudError| {
        let denied = "its key policy must let you use it there as here; `provision drift` says whether it was changed";
        let other = error.hint.clone().unwrap_or_else(|| "see the error, and check again".to_owned());
        if error.class == ErrorClass::Denied { denied.to_owned() } else { other }
    };
    match round_trip(aws, primary, replica).await {
        Ok(true) => Aspect::good(DECRYPTS, AS_IT_WAS, AS_IT_WAS),
        Ok(false) => Aspect::good(DECRYPTS, AS_IT_WAS, "something else").finding(
            "replica-key-other",
            "what it decrypts is not what the primary encrypted",
            "see whether it is a replica of this key at all",
        ),
        // The primary itself is another matter: of a region that is lost, nobody asks.
        Err(error) if error.action == "kms:Encrypt" => {
            Aspect::untested(DECRYPTS, AS_IT_WAS, format!("the primary does not encrypt: {error}"))
        }
        Err(error) => {
            let aspect = Aspect::good(DECRYPTS, AS_IT_WAS, "it does not");
            aspect.finding("replica-key-undecryptable", format!("it does not decrypt: {error}"), hint(&error))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn code(state: KeyState) -> Option<&'static str> {
        let key = KeyMetadata::builder().key_id("k").key_state(state).build().unwrap();
        usable("key", "k", &key, "dev").as_finding().map(|finding| finding.code)
    }

    #[test]
    fn only_an_enabled_key_can_be_used() {
        assert_eq!(code(KeyState::Enabled), None);
        assert_eq!(code(KeyState::Disabled), Some("replica-key-disabled"));
        assert_eq!(code(KeyState::PendingDeletion), Some("replica-key-pending-deletion"));
        assert_eq!(code(KeyState::Unavailable), Some("replica-key-unusable"));
    }
}
