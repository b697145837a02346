//! Testing a replica: that it encrypts and decrypts by itself, and decrypts what its primary encrypted, which is what it is for.
//! Nothing is made, so nothing is left.

use provision_reconciler::CloudError;
use provision_reconciler::verify::{Check, Verification};

use super::spec::{Spec, region};
use crate::Aws;
use crate::kms;

const ROUND_TRIP: &str = "encrypt and decrypt";
const FROM_PRIMARY: &str = "decrypt what the primary encrypted";

/// Tests a replica.
pub(super) async fn verify(aws: &Aws, verification: &Verification<Spec>) -> Vec<Check> {
    let Verification { scope, spec, id, .. } = verification;
    if !spec.enabled {
        return [ROUND_TRIP, FROM_PRIMARY].map(|name| Check::skipped(name, "`enabled` is false")).into();
    }
    let (here, there) = futures::join!(aws.region(&scope.region), aws.region(region(&spec.primary_key_arn)));
    let (replica, primary) = ((here.kms(), id.as_str()), (there.kms(), spec.primary_key_arn.as_str()));
    let (own, others) = futures::join!(kms::round_trip(aws, replica, replica), kms::round_trip(aws, primary, replica));
    [(ROUND_TRIP, own), (FROM_PRIMARY, others)]
        .map(|(name, result)| match result {
            Err(error) if is_for_other_uses(&error) => Check::skipped(name, "it is not a key for encrypting"),
            result => kms::round_trip_check(name, scope, result),
        })
        .into()
}

/// Whether the key signs or makes HMACs instead.
fn is_for_other_uses(error: &CloudError) -> bool {
    error.code.as_deref() == Some("InvalidKeyUsageException")
}
