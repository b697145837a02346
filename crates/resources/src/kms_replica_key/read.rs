//! Reading replicas as they are.

use provision_reconciler::{CloudError, Live, Target};

use super::KmsReplicaKey;
use super::spec::Spec;
use crate::Aws;
use crate::kms::{self, Found, Wanted};

/// Reads one replica. Its rotation is that of the primary.
pub(super) async fn read(aws: &Aws, target: &Target<Spec>) -> Result<Option<Live<KmsReplicaKey>>, CloudError> {
    let wanted = target.desired.as_ref().map(|desired| Wanted {
        alias: desired.alias.as_deref(),
        pending_window_in_days: desired.pending_window_in_days,
    });
    let found = kms::read(aws, &target.scope, &target.id, wanted, false).await?;
    Ok(found.map(|found| live(target, found)))
}

fn live(target: &Target<Spec>, found: Found) -> Live<KmsReplicaKey> {
    let Found { key, settings, tags, outputs, .. } = found;
    // A key that has become a primary is its own; one that never was multi-region has none.
    let primary = key.multi_region_configuration().and_then(|family| family.primary_key()).and_then(|key| key.arn());
    let spec = Spec {
        primary_key_arn: primary.unwrap_or_default().to_owned(),
        alias: settings.alias,
        description: settings.description,
        enabled: settings.enabled,
        // Their statements are in the policy, which is what is compared.
        services: target.desired.as_ref().map(|desired| desired.services.clone()).unwrap_or_default(),
        policy: settings.policy,
        pending_window_in_days: settings.pending_window_in_days,
        deletion: settings.deletion,
        tags: settings.tags,
    };
    Live { id: key.key_id, spec, outputs, tags }
}
