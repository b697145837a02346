//! Reading keys as they are.

use provision_reconciler::{CloudError, Live, Target};

use super::KmsKey;
use super::spec::Spec;
use crate::Aws;
use crate::kms::{self, Found, Wanted};
use crate::values::from_aws;

/// Reads one key.
pub(super) async fn read(aws: &Aws, target: &Target<Spec>) -> Result<Option<Live<KmsKey>>, CloudError> {
    let wanted = target.desired.as_ref().map(|desired| Wanted {
        alias: desired.alias.as_deref(),
        pending_window_in_days: desired.pending_window_in_days,
    });
    let rotates = target.desired.as_ref().is_none_or(Spec::can_rotate);
    let found = kms::read(aws, &target.scope, &target.id, wanted, rotates).await?;
    found.map(|found| live(target, found)).transpose()
}

fn live(target: &Target<Spec>, found: Found) -> Result<Live<KmsKey>, CloudError> {
    const ACTION: &str = "kms:DescribeKey";
    let Found { key, settings, rotation: (enable_key_rotation, period), tags, outputs } = found;
    let ours = Spec::default();
    let desired = target.desired.as_ref().unwrap_or(&ours);
    let spec = Spec {
        description: settings.description,
        alias: settings.alias,
        key_usage: from_aws(ACTION, key.key_usage.as_ref().map_or("ENCRYPT_DECRYPT", |usage| usage.as_str()))?,
        key_spec: from_aws(ACTION, key.key_spec.as_ref().map_or("SYMMETRIC_DEFAULT", |spec| spec.as_str()))?,
        policy: settings.policy,
        // Their statements are in the policy, which is what is compared.
        services: desired.services.clone(),
        enable_key_rotation,
        // AWS tells no period while rotation is off.
        rotation_period_in_days: match period {
            Some(days) if enable_key_rotation => days,
            _ => desired.rotation_period_in_days,
        },
        multi_region: key.multi_region.unwrap_or_default(),
        enabled: settings.enabled,
        pending_window_in_days: settings.pending_window_in_days,
        deletion: settings.deletion,
        tags: settings.tags,
    };
    Ok(Live { id: key.key_id, spec, outputs, tags })
}
