//! Testing a key: a text is encrypted and decrypted. Nothing is made, so nothing is left.

use provision_reconciler::verify::{Check, Verification};

use super::spec::Spec;
use crate::Aws;
use crate::kms::{self, KeySpec, KeyUsage};

const ROUND_TRIP: &str = "encrypt and decrypt";

/// Tests a key.
pub(super) async fn verify(aws: &Aws, verification: &Verification<Spec>) -> Vec<Check> {
    let spec = &verification.spec;
    vec![if !spec.enabled {
        Check::skipped(ROUND_TRIP, "`enabled` is false")
    } else if spec.key_usage != KeyUsage::EncryptDecrypt || spec.key_spec != KeySpec::SymmetricDefault {
        Check::skipped(ROUND_TRIP, "it is not a symmetric key for encrypting")
    } else {
        let clients = aws.region(&verification.scope.region).await;
        let place = (clients.kms(), verification.id.as_str());
        kms::round_trip_check(ROUND_TRIP, &verification.scope, kms::round_trip(aws, place, place).await)
    }]
}
