//! Testing a bucket: an object is put, read back, waited for where it is replicated to, and deleted with all its versions and copies.

mod replication;

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::presigning::PresigningConfig;
use provision_reconciler::verify::{Check, Verification};
use provision_reconciler::{CloudError, ErrorClass};
use uuid::Uuid;

use super::failure::explain;
use super::policy;
use super::probe::{Probe, encrypted_with, request};
use super::spec::Spec;
use crate::Aws;
use crate::document::Document;

const ROUND_TRIP: &str = "put and get an object";
const ENCRYPTION: &str = "encrypted with its key";
const VERSIONING: &str = "versioned";
const HTTPS_ONLY: &str = "plain HTTP is refused";
const CLEAN_UP: &str = "delete the object";

/// Tests a bucket.
pub(super) async fn verify(aws: &Aws, verification: &Verification<Spec>) -> Vec<Check> {
    let clients = aws.region(&verification.scope.region).await;
    run(aws, clients.s3(), verification).await
}

async fn run(aws: &Aws, s3: &Client, verification: &Verification<Spec>) -> Vec<Check> {
    let id = Uuid::new_v4();
    let key = format!("provision-verify/{id}");
    let probe = Probe { aws, s3, bucket: &verification.id, account: &verification.scope.account, key: &key };
    let test = Test { probe, verification };
    let copies = replication::copies(aws, s3, verification, &key).await;
    let mut checks = test.checks(format!("provision verify {id}").into_bytes(), &copies).await;
    // Whatever became of the tests: a put whose answer was lost has made an object too.
    for (bucket, error) in test.clean_up_everywhere(copies.as_deref().unwrap_or_default()).await {
        // The tests have said so.
        if error.code.as_deref() == Some("NoSuchBucket") {
            continue;
        }
        let hint = format!("delete every version of {key} in the bucket {bucket} by hand");
        checks.push(Check::failed_call(CLEAN_UP, &verification.scope, &error).hint(hint));
    }
    checks
}

struct Test<'a> {
    probe: Probe<'a>,
    verification: &'a Verification<Spec>,
}

impl Test<'_> {
    async fn checks(&self, content: Vec<u8>, copies: &Result<Vec<replication::Copy<'_>>, CloudError>) -> Vec<Check> {
        let stored = match self.round_trip(&content).await {
            Ok(stored) => stored,
            Err(check) => {
                const REASON: &str = "there is no object to test it with";
                let mut checks = vec![*check];
                checks.extend([ENCRYPTION, VERSIONING, HTTPS_ONLY].map(|name| Check::skipped(name, REASON)));
                checks.extend(replication::untested(&self.verification.spec, REASON));
                return checks;
            }
        };
        let mut checks = vec![
            Check::passed(ROUND_TRIP, format!("{} bytes came back as they were sent", content.len())),
            self.encryption(&stored).await,
            self.versioning(&stored),
            self.https_only().await,
        ];
        checks.extend(self.replication(&content, copies).await);
        checks
    }

    /// The answer to reading back what was put.
    async fn round_trip(&self, content: &[u8]) -> Result<GetObjectOutput, Box<Check>> {
        let failed = |error| {
            let error = explain(error, &self.verification.id, &self.verification.scope);
            Box::new(Check::failed_call(ROUND_TRIP, &self.verification.scope, &error))
        };
        self.probe.put(content, &BTreeMap::new()).await.map_err(failed)?;
        self.probe.get(content).await.map_err(failed)?.ok_or_else(|| {
            Box::new(Check::failed(ROUND_TRIP, &self.verification.scope, "what came back is not what was put"))
        })
    }

    async fn encryption(&self, stored: &GetObjectOutput) -> Check {
        let scope = &self.verification.scope;
        let aws = self.probe.aws;
        let clients = aws.region(&scope.region).await;
        match encrypted_with(aws, stored, self.verification.spec.kms_key(), &clients).await {
            Ok(Ok(how)) => Check::passed(ENCRYPTION, how),
            Ok(Err(message)) => Check::failed(ENCRYPTION, scope, message),
            Err(error) => Check::failed_call(ENCRYPTION, scope, &error),
        }
    }

    fn versioning(&self, stored: &GetObjectOutput) -> Check {
        match stored.version_id().filter(|version| *version != "null") {
            _ if !self.verification.spec.versioning => Check::skipped(VERSIONING, "`versioning` is off"),
            Some(version) => Check::passed(VERSIONING, format!("version {version}")),
            None => Check::failed(VERSIONING, &self.verification.scope, "the object has no version"),
        }
    }

    /// Asks for the object once more, through plain HTTP.
    ///
    /// Where the endpoint itself is plain HTTP, or is at a port that speaks only TLS, that cannot be tried, and the bucket
    /// policy is judged instead. The request is signed, since one without a signature is refused anyway; what could be
    /// overheard is good for nothing but reading this one object.
    async fn https_only(&self) -> Check {
        let scope = &self.verification.scope;
        if !self.verification.spec.https_only {
            return Check::skipped(HTTPS_ONLY, "`https_only` is off");
        }
        match self.plain_http().await {
            Ok(true) => {}
            Ok(false) => return self.https_only_by_policy().await,
            Err(error) => return Check::failed_call(HTTPS_ONLY, scope, &error),
        }
        let get = request!(self.probe, get_object).key(self.probe.key).customize().mutate_request(|request| {
            let plain = request.uri().replacen("https://", "http://", 1);
            // One that is no URI is not sent through HTTP, so that it does not pass for refused.
            let _ = request.set_uri(plain);
        });
        match self.probe.aws.call("s3:GetObject", get.send()).await {
            Ok(_) => Check::failed(HTTPS_ONLY, scope, "the object can be read through plain HTTP"),
            // Through HTTPS the same request was granted a moment ago.
            Err(error) if error.class == ErrorClass::Denied => {
                Check::passed(HTTPS_ONLY, "a signed request through http:// was denied")
            }
            Err(error) => Check::failed_call(HTTPS_ONLY, scope, &error).hint(
                "the request through plain HTTP was neither granted nor denied; see whether a firewall keeps it back",
            ),
        }
    }

    /// Whether the object can be asked for through plain HTTP instead of HTTPS.
    async fn plain_http(&self) -> Result<bool, CloudError> {
        let failed = |message: String| CloudError::new("s3:GetObject", ErrorClass::Refused, message);
        let soon = PresigningConfig::expires_in(Duration::from_secs(60)).map_err(|error| failed(error.to_string()))?;
        // Nothing is sent: only to learn where a request would go.
        let address = request!(self.probe, get_object).key(self.probe.key).presigned(soon).await;
        let address = address.map_err(|error| failed(format!("no credentials to sign a request with: {error}")))?;
        Ok(speaks_both(address.uri()))
    }

    async fn https_only_by_policy(&self) -> Check {
        let scope = &self.verification.scope;
        let answer = self.probe.aws.call("s3:GetBucketPolicy", request!(self.probe, get_bucket_policy).send()).await;
        let text = match answer {
            Ok(answer) => answer.policy.unwrap_or_default(),
            Err(error) if error.code.as_deref() == Some("NoSuchBucketPolicy") => String::new(),
            Err(error) => return Check::failed_call(HTTPS_ONLY, scope, &error),
        };
        let denied = Document::parse(&text)
            .is_some_and(|document| policy::denies_insecure_transport(&document, &self.verification.id));
        if denied {
            let detail = "judged by the bucket policy, since this endpoint is plain HTTP itself: it denies aws:SecureTransport = false";
            Check::passed(HTTPS_ONLY, detail)
        } else {
            Check::failed(HTTPS_ONLY, scope, "the bucket policy does not deny aws:SecureTransport = false")
        }
    }
}

/// Whether what this HTTPS address leads to can be expected to be asked for through plain HTTP too: it names no port.
fn speaks_both(address: &str) -> bool {
    let authority = address.strip_prefix("https://").and_then(|rest| rest.split(['/', '?']).next());
    authority.is_some_and(|authority| !authority.contains(':'))
}

#[cfg(test)]
mod tests;
