//! Whether a replica would serve in the place of its primary.

use futures::future::join;
use provision_reconciler::recovery::{Aspect, Party, Recovery, Replica};

use super::spec::{Spec, region};
use crate::Aws;
use crate::kms;

pub(super) async fn replicas(aws: &Aws, recovery: &Recovery<Spec>) -> Vec<Replica> {
    const STATE: &str = "state";
    let Recovery { scope, id, spec, .. } = recovery;
    let home = region(&spec.primary_key_arn);
    let (here, there) = join(aws.region(&scope.region), aws.region(home)).await;
    let primary = Party::new(spec.primary_key_arn.rsplit('/').next().unwrap_or_default(), home);
    let replica = Party::new(id.clone(), scope.region.clone());
    let aspects = match kms::described(aws, here.kms(), id).await {
        Ok(Some(found)) => {
            let declared = spec.primary_key_arn.clone();
            let family = found.multi_region_configuration().and_then(|family| family.primary_key());
            let of = family.and_then(|key| key.arn()).unwrap_or_default();
            let kinship = Aspect::good("replica of", declared, of);
            let kinship = match of == spec.primary_key_arn {
                true => kinship,
                false => kinship.finding(
                    "replica-key-other",
                    format!("it is a replica of another key than {}", spec.primary_key_arn),
                    "if it was promoted on purpose, say so in the file: it is a `kms_key` of its own then",
                ),
            };
            let state = kms::usable(STATE, id, &found, &scope.environment);
            let decrypts = match state.as_finding() {
                Some(_) => Aspect::untested(kms::DECRYPTS, kms::AS_IT_WAS, "it cannot in this state"),
                None => {
                    let primary = (there.kms(), spec.primary_key_arn.as_str());
                    kms::decrypts(aws, primary, (here.kms(), id.as_str())).await
                }
            };
            vec![kinship, state, decrypts]
        }
        Ok(None) => vec![Aspect::good(STATE, "Enabled", "no such key").finding(
            "replica-key-missing",
            format!("there is no key {id} in {}", scope.region),
            format!("`provision apply {}` replicates the key anew", scope.environment),
        )],
        Err(error) => vec![Aspect::failed(STATE, "Enabled", &error)],
    };
    vec![Replica { primary, replica, aspects }]
}
