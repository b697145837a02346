//! How a client reaches the sandbox.

use std::collections::BTreeMap;

use crate::instance::Instance;

/// The account that is used when none is named. moto's public resources live in it too.
pub const DEFAULT_ACCOUNT: &str = "123456789012";

/// A sandbox that answers.
#[derive(Clone, Debug)]
pub struct Running {
    pub(crate) instance: Instance,
}

/// Where a sandbox is and with which credentials an account of it is entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Endpoints by service, as in `AWS_ENDPOINT_URL_…` in lower case; `*` stands for every other service. They name
    /// 127.0.0.1, so that the SDKs use path-style addresses for S3.
    pub endpoints: BTreeMap<String, String>,
    /// The access key id: the account itself.
    pub access_key: String,
    /// The secret access key, which is not checked.
    pub secret_key: String,
    /// Never set at present; kept for clients that must pass one.
    pub session_token: Option<String>,
}

impl Running {
    /// How to reach this account, a 12-digit id. Accounts need no set-up, and share nothing but the names of S3 buckets.
    pub fn access(&self, account: &str) -> Access {
        let endpoints = self
            .instance
            .lane
            .services()
            .iter()
            .filter_map(|(service, emulator)| {
                let server = self.instance.server(*emulator)?;
                Some(((*service).to_owned(), format!("http://127.0.0.1:{}", server.port)))
            })
            .collect();
        Access { endpoints, access_key: account.to_owned(), secret_key: "sandbox".to_owned(), session_token: None }
    }

    /// The variables with which the AWS CLI, boto3, Terraform and this program look at an account.
    pub fn environment(&self, account: &str, region: &str) -> Vec<(String, String)> {
        self.access(account).environment(region)
    }
}

impl Access {
    /// The variables with which the AWS CLI, boto3, Terraform and this program come here.
    pub fn environment(&self, region: &str) -> Vec<(String, String)> {
        let mut variables = Vec::new();
        for (service, url) in &self.endpoints {
            let name = match service.as_str() {
                "*" => "AWS_ENDPOINT_URL".to_owned(),
                service => format!("AWS_ENDPOINT_URL_{}", service.to_uppercase()),
            };
            variables.push((name, url.clone()));
        }
        let mut set = |name: &str, value: &str| variables.push((name.to_owned(), value.to_owned()));
        set("AWS_ACCESS_KEY_ID", &self.access_key);
        set("AWS_SECRET_ACCESS_KEY", &self.secret_key);
        if let Some(token) = &self.session_token {
            set("AWS_SESSION_TOKEN", token);
        }
        set("AWS_REGION", region);
        set("AWS_DEFAULT_REGION", region);
        // Nothing may look for other credentials when these are refused.
        set("AWS_EC2_METADATA_DISABLED", "true");
        variables
    }
}
