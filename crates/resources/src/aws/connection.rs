//! Where AWS is and who we are there.

use std::collections::BTreeMap;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_smithy_http_client::{Builder, tls};
use provision_reconciler::CloudError;

use super::Aws;

/// Where AWS is and who we are there. By default: the real one, with the credentials that the AWS CLI would use; the
/// usual environment variables (`AWS_PROFILE`, `AWS_ENDPOINT_URL`, …) are honoured.
#[derive(Clone, Debug, Default)]
pub struct Connection {
    /// Endpoints by service, in the SDK's spelling of `AWS_ENDPOINT_URL_…` in lower case (`dynamodb`, `secrets_manager`). The key `*`
    /// stands for every other service.
    pub endpoints: BTreeMap<String, String>,
    /// The access key and its secret (and session token), if they are not to be found in the usual places.
    pub credentials: Option<(String, String, Option<String>)>,
}

/// Who the credentials say we are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The 12-digit account.
    pub account: String,
    /// The caller's ARN.
    pub arn: String,
}

impl Identity {
    /// The partition of the account: `aws`, `aws-cn`, `aws-us-gov`.
    pub fn partition(&self) -> &str {
        self.arn.split(':').nth(1).unwrap_or("aws")
    }
}

impl Connection {
    /// The endpoint to use for a service, if it is not the real one.
    pub(super) fn endpoint(&self, service: &str) -> Option<&str> {
        self.endpoints.get(service).or_else(|| self.endpoints.get("*")).map(String::as_str)
    }

    pub(super) async fn load(&self) -> SdkConfig {
        let http =
            Builder::new().tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring)).build_https();
        // The region given here serves only the credential providers (SSO, STS); each client is given its own.
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http);
        if let Some((key, secret, token)) = &self.credentials {
            let credentials = Credentials::new(key, secret, token.clone(), None, "provision");
            loader = loader.credentials_provider(credentials).region(Region::new("us-east-1"));
        }
        loader.load().await
    }
}

impl Aws {
    /// Who the credentials say we are (`sts:GetCallerIdentity`, which needs no permission).
    ///
    /// # Errors
    /// If there are no valid credentials, or AWS cannot be reached.
    pub async fn identity(&self, region: &str) -> Result<Identity, CloudError> {
        let clients = self.region(region).await;
        let answer = self.call("sts:GetCallerIdentity", clients.sts().get_caller_identity().send()).await?;
        Ok(Identity {
            account: answer.account().unwrap_or_default().to_owned(),
            arn: answer.arn().unwrap_or_default().to_owned(),
        })
    }
}
