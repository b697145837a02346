//! Whether a secret's replicas would serve: whether AWS keeps each in step, with the value that the secret has now, under a key that can
//! be used there. A value is never read but to see that it can be.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html>

use aws_sdk_secretsmanager::types::StatusType;
use futures::future::join_all;
use provision_reconciler::recovery::{Aspect, Party, Recovery, Replica};

use super::read::{current, describe};
use super::spec::{self, Spec};
use super::verify::value;
use crate::Aws;
use crate::kms;

const STATUS: &str = "replication status";
const VERSION: &str = "version of the value";
const KEY: &str = "key of the copy";
const READABLE: &str = "its value can be read there";

pub(super) async fn replicas(aws: &Aws, recovery: &Recovery<Spec>) -> Vec<Replica> {
    join_all(recovery.spec.replicas.iter().map(|replica| look(aws, recovery, replica))).await
}

async fn look(aws: &Aws, recovery: &Recovery<Spec>, wanted: &spec::Replica) -> Replica {
    let Recovery { scope, id, .. } = recovery;
    let (primary, replica) = (Party::new(id, &scope.region), Party::new(id, &wanted.region));
    let aspects = aspects(aws, recovery, wanted).await;
    Replica { primary, replica, aspects }
}

async fn aspects(aws: &Aws, recovery: &Recovery<Spec>, wanted: &spec::Replica) -> Vec<Aspect> {
    let Recovery { scope, id, .. } = recovery;
    let apply = format!("`provision apply {}` replicates it anew", scope.environment);
    let (here, there) = futures::join!(aws.region(&scope.region), aws.region(&wanted.region));
    let (primary, replica) =
        futures::join!(describe(aws, here.secrets_manager(), id), describe(aws, there.secrets_manager(), id),);
    let (primary, replica) = match (primary, replica) {
        (Ok(primary), Ok(replica)) => (primary, replica),
        (Err(error), _) | (_, Err(error)) => return vec![Aspect::failed(STATUS, "InSync", &error)],
    };
    let Some(replica) = replica else {
        let message = format!("there is no copy in {}", wanted.region);
        return vec![Aspect::good(STATUS, "InSync", "no such secret").finding("replica-missing", message, apply)];
    };
    let status = primary
        .as_ref()
        .and_then(|primary| primary.replication_status().iter().find(|status| status.region() == Some(&wanted.region)));
    let found = status.and_then(|status| status.status()).map_or("none", StatusType::as_str);
    let aspect = Aspect::good(STATUS, "InSync", found);
    let mut all = vec![match status.and_then(|status| status.status()) {
        Some(StatusType::InSync) => aspect,
        Some(StatusType::InProgress) => aspect.note("AWS is bringing it up to date"),
        _ => {
            let why = status.and_then(|status| status.status_message()).unwrap_or("AWS does not keep it in step");
            aspect.finding(
                "replica-out-of-sync",
                format!("the copy in {} is not kept in step: {why}", wanted.region),
                apply,
            )
        }
    }];
    let (now, there_now) = (primary.as_ref().and_then(current), current(&replica));
    let words = |version: &Option<String>| version.clone().unwrap_or_else(|| "none".to_owned());
    let aspect = Aspect::good(VERSION, words(&now), words(&there_now));
    all.push(match now == there_now {
        true => aspect,
        false => aspect.finding(
            "replica-version",
            format!("the copy in {} has another value than the secret", wanted.region),
            "wait a minute and check again; if it stays so, `aws secretsmanager replicate-secret-to-regions --force-overwrite-replica-secret`",
        ),
    });
    if !wanted.kms_key.is_empty() {
        all.push(match kms::described(aws, there.kms(), &wanted.kms_key).await {
            Ok(Some(key)) => kms::usable(KEY, &wanted.kms_key, &key, &scope.environment),
            Ok(None) => Aspect::good(KEY, "Enabled", "no such key").finding(
                "replica-key-missing",
                format!("the key {} of the copy is gone", wanted.kms_key),
                "give the replica another key in the file, and apply",
            ),
            Err(error) => Aspect::failed(KEY, &wanted.kms_key, &error),
        });
    }
    all.push(match value(aws, there.secrets_manager(), id).await {
        Ok(value) if value.present => Aspect::good(READABLE, "it can", "it can"),
        Ok(_) => Aspect::good(READABLE, "it can", "it is empty").finding(
            "replica-empty",
            format!("the copy in {} has no value", wanted.region),
            "see whether the secret itself has one",
        ),
        Err(error) => {
            let hint = error.hint.clone().unwrap_or_else(|| "see the error, and check again".to_owned());
            let message = format!("the copy cannot be read: {error}");
            Aspect::good(READABLE, "it can", "it cannot").finding("replica-unreadable", message, hint)
        }
    });
    all
}
