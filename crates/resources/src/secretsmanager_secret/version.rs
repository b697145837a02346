//! Ids of versions, which Secrets Manager lets the caller choose: the `ClientRequestToken` of the call that stores a value
//! becomes the id of its version, and makes the call idempotent.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html>

use std::num::NonZeroU32;

use provision_reconciler::Scope;
use ring::digest::{SHA256, digest};
use ring::pbkdf2;
use uuid::{Builder, Uuid, Variant, Version};

/// Whoever may describe a secret sees the ids of its versions. The hash is made slow, so that even a weak password cannot be
/// found by trying many.
const ITERATIONS: NonZeroU32 = NonZeroU32::new(100_000).unwrap();

/// The id of the version of this address that has this value: always the same one for the same value, and one that tells
/// nothing of it. A UUID of version 8: PBKDF2 with HMAC-SHA256, salted with account, environment and address.
pub(super) fn of(value: &str, scope: &Scope) -> String {
    let salt = parts(["value", &scope.account, &scope.environment, &scope.address.to_string()]);
    let mut hash = [0; 16];
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, ITERATIONS, salt.as_bytes(), value.as_bytes(), &mut hash);
    uuid(hash)
}

/// The id of a version whose value nobody has before it is stored: the same one for the same operation, so that what was stored
/// is not stored again if the answer is lost.
pub(super) fn once(purpose: &str, scope: &Scope) -> String {
    let text = parts([purpose, &scope.environment, &scope.address.to_string(), &scope.operation]);
    let digest = digest(&SHA256, text.as_bytes());
    let mut hash = [0; 16];
    hash.copy_from_slice(&digest.as_ref()[..16]);
    uuid(hash)
}

/// No two lists of parts give the same text: none contains a NUL.
fn parts(parts: [&str; 4]) -> String {
    format!("provision\0{}", parts.join("\0"))
}

fn uuid(hash: [u8; 16]) -> String {
    let uuid: Uuid = Builder::from_bytes(hash).with_variant(Variant::RFC4122).with_version(Version::Custom).into_uuid();
    uuid.to_string()
}

#[cfg(test)]
mod tests {
    use provision_config::Address;

    use super::*;
    use crate::secretsmanager_secret::SecretsmanagerSecret;
    use crate::testing::scope;

    #[test]
    fn the_id_follows_from_value_and_place_alone() {
        let here = scope::<SecretsmanagerSecret>("db");
        let id = of("hunter2", &here);
        // Never to change: every secret in AWS would seem to have another value.
        insta::assert_snapshot!(id, @"e817f1d7-0f7e-8774-b5c6-7a893cd778f9");
        assert_eq!(Uuid::parse_str(&id).ok().and_then(|uuid| uuid.get_version()), Some(Version::Custom));
        assert_eq!(of("hunter2", &Scope { operation: "op-2".to_owned(), ..here.clone() }), id);
        let elsewhere = [
            Scope { environment: "prod".to_owned(), ..here.clone() },
            Scope { account: "210987654321".to_owned(), ..here.clone() },
            Scope { address: Address::new("secretsmanager_secret", "api"), ..here.clone() },
        ];
        for other in elsewhere {
            assert_ne!(of("hunter2", &other), id);
        }
        assert_ne!(of("hunter3", &here), id);
    }

    #[test]
    fn an_operation_has_one_id_for_each_purpose() {
        let first = scope::<SecretsmanagerSecret>("db");
        let second = Scope { operation: "op-2".to_owned(), ..first.clone() };
        assert_eq!(once("generate", &first), once("generate", &first));
        assert_ne!(once("generate", &first), once("generate", &second));
        assert_ne!(once("generate", &first), once("rotate", &first));
    }
}
