//! From AWS's answers to the file's form.

use std::collections::BTreeSet;

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::types::{EncryptionType, MetricsName, StreamDescriptionSummary, StreamStatus};
use futures::future::{join, join_all};
use provision_reconciler::{CloudError, ErrorClass, Live, Scope, Target, ownership};

use super::spec::{Metric, NONE, StreamMode, StreamSpec};
use super::{KinesisStream, StreamOutputs};
use crate::Aws;
use crate::tags::{self, Tags};
use crate::values::from_aws;

pub(super) const DESCRIBE: &str = "kinesis:DescribeStreamSummary";
pub(super) const TAGS: &str = "kinesis:ListTagsForStream";
pub(super) const LIST: &str = "kinesis:ListStreams";
/// A stream can have no more tags than this, so that one page holds them all.
const TAGS_A_PAGE: i32 = 50;

type Read = Result<Option<Live<KinesisStream>>, CloudError>;

/// Reads all targets at once.
pub(super) async fn read(cloud: &Aws, targets: &[Target<StreamSpec>]) -> Vec<Read> {
    join_all(targets.iter().map(|target| read_one(cloud, target))).await
}

/// Two calls, neither of which needs the other's answer.
async fn read_one(cloud: &Aws, target: &Target<StreamSpec>) -> Read {
    let clients = cloud.region(&target.scope.region).await;
    let client = clients.kinesis();
    let (stream, tags) = join(describe(cloud, client, &target.id), tags(cloud, client, &target.id)).await;
    // For a stream that does not exist the other call fails too.
    let Some(stream) = stream? else { return Ok(None) };
    if stream.stream_status() == &StreamStatus::Deleting {
        return Ok(None);
    }
    let tags = tags?;
    let mut spec = spec(&stream)?;
    // AWS decides on the number of shards on demand: the file's stands, whatever it is.
    if let Some(desired) = target.desired.as_ref().filter(|desired| desired.stream_mode == StreamMode::OnDemand) {
        spec.shard_count = desired.shard_count;
    }
    spec.tags = ownership::comparable(tags.clone());
    let outputs = StreamOutputs { arn: stream.stream_arn().to_owned() };
    Ok(Some(Live { id: target.id.clone(), spec, outputs, tags }))
}

/// A stream's ARN.
pub(super) fn arn(scope: &Scope, name: &str) -> String {
    scope.arn("kinesis", &format!("stream/{name}"))
}

/// The stream; `None` if there is none.
pub(super) async fn describe(
    cloud: &Aws,
    client: &Client,
    name: &str,
) -> Result<Option<StreamDescriptionSummary>, CloudError> {
    match cloud.call(DESCRIBE, client.describe_stream_summary().stream_name(name).send()).await {
        Ok(answer) => Ok(answer.stream_description_summary),
        Err(error) if error.class == ErrorClass::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// All tags, page by page.
pub(super) async fn tags(cloud: &Aws, client: &Client, name: &str) -> Result<Tags, CloudError> {
    let mut found = Tags::new();
    let mut last = None;
    loop {
        let request = client.list_tags_for_stream().stream_name(name).limit(TAGS_A_PAGE);
        let answer = cloud.call(TAGS, request.set_exclusive_start_tag_key(last).send()).await?;
        last = answer.tags().last().map(|tag| tag.key().to_owned());
        found.extend(tags::from_sdk(answer.tags(), |tag| (tag.key(), tag.value().unwrap_or_default())));
        if !answer.has_more_tags() || last.is_none() {
            return Ok(found);
        }
    }
}

/// The name of the stream that the tags say is this resource. There is no search by tag: every stream is asked.
pub(super) async fn find(cloud: &Aws, scope: &Scope) -> Result<Option<String>, CloudError> {
    let clients = cloud.region(&scope.region).await;
    let client = clients.kinesis();
    let mut names: Vec<String> = Vec::new();
    loop {
        let request = client.list_streams().set_exclusive_start_stream_name(names.last().cloned());
        let answer = cloud.call(LIST, request.send()).await?;
        names.extend_from_slice(answer.stream_names());
        if !answer.has_more_streams() || answer.stream_names().is_empty() {
            break;
        }
    }
    let tags = join_all(names.iter().map(|name| tags(cloud, client, name))).await;
    for (name, tags) in names.into_iter().zip(tags) {
        match tags {
            Ok(tags) if ownership::is_ours(&tags, &scope.environment, &scope.address) => return Ok(Some(name)),
            // Deleted since it was listed, or none of our business.
            Ok(_) => {}
            Err(error) if matches!(error.class, ErrorClass::NotFound | ErrorClass::Denied) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// The description in the file's form, without the tags.
fn spec(stream: &StreamDescriptionSummary) -> Result<StreamSpec, CloudError> {
    Ok(StreamSpec {
        name: stream.stream_name().to_owned(),
        stream_mode: stream_mode(stream)?,
        shard_count: stream.open_shard_count(),
        retention_period_hours: stream.retention_period_hours(),
        kms_key: kms_key(stream).to_owned(),
        shard_level_metrics: metrics(stream)?,
        tags: Tags::new(),
    })
}

pub(super) fn stream_mode(stream: &StreamDescriptionSummary) -> Result<StreamMode, CloudError> {
    let mode = stream.stream_mode_details().map(|details| details.stream_mode());
    mode.map_or(Ok(StreamMode::Provisioned), |mode| from_aws(DESCRIBE, mode.as_str()))
}

/// The key as it was given, or [`NONE`].
pub(super) fn kms_key(stream: &StreamDescriptionSummary) -> &str {
    match stream.encryption_type() {
        Some(EncryptionType::Kms) => stream.key_id().unwrap_or(NONE),
        _ => NONE,
    }
}

pub(super) fn metrics(stream: &StreamDescriptionSummary) -> Result<BTreeSet<Metric>, CloudError> {
    let live = stream.enhanced_monitoring().iter().flat_map(|metrics| metrics.shard_level_metrics());
    let live: BTreeSet<&str> = live.map(MetricsName::as_str).collect();
    if live.contains(MetricsName::All.as_str()) {
        return Ok(Metric::ALL.into());
    }
    live.into_iter().map(|name| from_aws(DESCRIBE, name)).collect()
}
