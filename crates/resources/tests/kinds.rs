//! Every kind through its whole life against the local AWS, through the real SDK: made, read back, changed, deleted.
//!
//! One binary for all kinds: linking the SDKs is what takes long. `PROVISION_SANDBOX_LANE=moto` runs it on moto.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "kinds/driver.rs"]
mod driver;
#[path = "kinds/dynamodb_table.rs"]
mod dynamodb_table;
#[path = "kinds/kinesis_stream.rs"]
mod kinesis_stream;
#[path = "kinds/kms_key.rs"]
mod kms_key;
#[path = "kinds/retries.rs"]
mod retries;
#[path = "kinds/s3_bucket.rs"]
mod s3_bucket;
