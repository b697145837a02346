//! Every kind there is: adding one is a line here.

use std::sync::Arc;

use provision_reconciler::Registry;

use crate::{Aws, DynamodbTable, KinesisStream, KmsKey, S3Bucket};

/// Every kind there is, bound to AWS.
pub fn registry(aws: &Arc<Aws>) -> Registry {
    Registry::default().with::<DynamodbTable>(aws).with::<KinesisStream>(aws).with::<KmsKey>(aws).with::<S3Bucket>(aws)
}
