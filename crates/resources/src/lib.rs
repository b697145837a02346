//! The AWS kinds, one file per kind, and the plumbing that all of them share.
//!
//! This is the only crate that calls the SDKs' create, read, update and delete operations.

pub mod aws;
pub mod document;
pub mod dynamodb_table;
pub mod grants;
pub mod kinesis_stream;
pub mod kms_key;
mod registry;
pub mod s3_bucket;
pub mod tags;
#[cfg(test)]
mod testing;
pub mod values;

pub use aws::{Aws, Connection};
pub use dynamodb_table::DynamodbTable;
pub use kinesis_stream::KinesisStream;
pub use kms_key::KmsKey;
pub use registry::registry;
pub use s3_bucket::S3Bucket;
