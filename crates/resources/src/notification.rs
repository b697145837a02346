//! Publishing to an SNS topic.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>

use provision_reconciler::{CloudError, ErrorClass};
use serde_json::json;

use crate::Aws;

/// The IAM action that it needs.
pub const ACTION: &str = "sns:Publish";

/// The most that a message may have, in bytes.
const LARGEST: usize = 256 * 1024;

/// What is published: by e-mail and text message as it is for people, to functions, queues and servers as it is for machines.
#[derive(Clone, Copy, Debug)]
pub struct Publication<'a> {
    /// The topic.
    pub topic_arn: &'a str,
    /// The region to go to if the ARN names none.
    pub region: &'a str,
    /// The subject of e-mails: ASCII, at most 100 characters on one line.
    pub subject: &'a str,
    /// For people.
    pub text: &'a str,
    /// For machines.
    pub json: &'a str,
}

/// Publishes it. An answer that is lost may publish it twice.
///
/// # Errors
/// If AWS refuses.
pub async fn publish(aws: &Aws, publication: Publication<'_>) -> Result<(), CloudError> {
    let Publication { topic_arn, region, subject, text, json: machine } = publication;
    let region = topic_arn.split(':').nth(3).filter(|region| !region.is_empty()).unwrap_or(region);
    let clients = aws.region(region).await;
    let forms = |machine: &str| {
        json!({ "default": text, "http": machine, "https": machine, "lambda": machine, "sqs": machine, "firehose": machine })
            .to_string()
    };
    // Whoever reads it as a machine can read the text too, should it be too much to say it both ways.
    let message = Some(forms(machine)).filter(|message| message.len() <= LARGEST).unwrap_or_else(|| forms(text));
    if message.len() > LARGEST {
        return Err(CloudError::new(ACTION, ErrorClass::Refused, "there is more to tell than a message may have"));
    }
    let request = clients.sns().publish().topic_arn(topic_arn).subject(subject).message(message);
    aws.call(ACTION, request.message_structure("json").send()).await.map(drop)
}
