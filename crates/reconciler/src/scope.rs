//! Where and for whom something is done.

use provision_config::Address;

/// Where and for whom something is done: everything that a kind may need besides the spec itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The environment's name.
    pub environment: String,
    /// The resource's address.
    pub address: Address,
    /// The AWS partition of the account: `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    /// The 12-digit account.
    pub account: String,
    /// The region that the resource lives in.
    pub region: String,
    /// The id of the operation (one `apply`) that this is part of; put on what it creates. Empty while only reading.
    pub operation: String,
}

impl Scope {
    /// The ARN of something in this account and region: `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", self.partition, self.region, self.account)
    }
}

/// The account that an environment lives in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The AWS partition: `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    /// The 12-digit account.
    pub id: String,
}

impl Account {
    /// The scope of an address in this account, for reading.
    pub fn scope(&self, environment: &str, address: &Address, region: &str) -> Scope {
        Scope {
            environment: environment.to_owned(),
            address: address.clone(),
            partition: self.partition.clone(),
            account: self.id.clone(),
            region: region.to_owned(),
            operation: String::new(),
        }
    }
}
