//! What the file says of a flow log.

use provision_config::unknown;
use provision_reconciler::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tags::Tags;

/// The fields of a record, and their order, if nothing else is said (AWS's version 2).
/// <https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html>
const DEFAULT_FORMAT: &str = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} \
                              ${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}";

/// What the ARN of a log group may end in, to stand for all of its streams.
const ALL_STREAMS: &str = ":*";

/// A record of the traffic of a VPC, of a subnet or of a network interface: who sent how much to whom, and whether it was let
/// through. AWS changes nothing of it but its tags.
///
/// ```toml
/// [ec2_flow_log.vpc]
/// resource_id = "${ec2_vpc.main.vpc_id}"
/// log_group_name = "${logs_log_group.flow.log_group_name}"
/// deliver_logs_permission_arn = "${iam_role.flow.arn}"
/// ```
///
/// The role is one that `vpc-flow-logs.amazonaws.com` may assume and that may write to the log group. For a bucket
/// (`log_destination_type = "s3"`) there is none: the bucket's policy lets `delivery.logs.amazonaws.com` write.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html>
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FlowLogSpec {
    /// Whose traffic: the id of a VPC, of a subnet or of a network interface.
    #[schemars(extend("immutable" = true, "pattern" = "^(vpc|subnet|eni)-[0-9a-f]{8,17}$"))]
    pub resource_id: String,
    /// Which traffic.
    #[serde(default)]
    #[schemars(extend("immutable" = true))]
    #[schemars(extend("severity" = "high"))]
    pub traffic_type: TrafficType,
    /// What takes the records.
    #[serde(default)]
    #[schemars(extend("immutable" = true))]
    #[schemars(extend("severity" = "high"))]
    pub log_destination_type: LogDestinationType,
    /// The name of the log group that takes the records, in the flow log's own account and region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("immutable" = true, "pattern" = "^[.A-Za-z0-9_/#-]{1,512}$"))]
    #[schemars(extend("severity" = "high"))]
    pub log_group_name: Option<String>,
    /// The ARN of what takes the records: of a bucket, perhaps with a prefix (`arn:aws:s3:::BUCKET/PREFIX/`), or of a log group,
    /// which can be named by `log_group_name` instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("immutable" = true, "format" = "arn"))]
    #[schemars(extend("severity" = "high"))]
    pub log_destination: Option<String>,
    /// The ARN of the role with which the records are written to a log group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("immutable" = true, "format" = "arn"))]
    pub deliver_logs_permission_arn: Option<String>,
    /// The fields of a record, each as `$${name}` (what a file writes for `${name}`), between spaces. The default has
    /// those of AWS's version 2.
    #[serde(default = "default_format")]
    #[schemars(extend("immutable" = true, "minLength" = 1))]
    pub log_format: String,
    /// Over how many seconds at most the packets of a flow are put together into a record: 60 or 600. (For instances on the Nitro
    /// system it is at most 60 in any case.)
    #[serde(default = "ten_minutes")]
    #[schemars(range(min = 60, max = 600), extend("immutable" = true))]
    pub max_aggregation_interval: i32,
    /// Tags, besides the environment's.
    #[serde(default)]
    #[schemars(extend("severity" = "low"))]
    pub tags: Tags,
}

/// Which traffic a flow log records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TrafficType {
    /// What was let through.
    Accept,
    /// What was not.
    Reject,
    /// Both.
    #[default]
    All,
}

/// What takes the records of a flow log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LogDestinationType {
    /// A log group of CloudWatch Logs.
    #[default]
    CloudWatchLogs,
    /// An S3 bucket.
    S3,
}

fn default_format() -> String {
    DEFAULT_FORMAT.to_owned()
}

fn ten_minutes() -> i32 {
    600
}

/// The ARN of a log group without what stands for its streams, which a flow log cannot do with.
pub(super) fn without_streams(arn: &str) -> &str {
    arn.strip_suffix(ALL_STREAMS).unwrap_or(arn)
}

impl FlowLogSpec {
    /// Whether its records go, or may go, where those of a live one do (which tells name and ARN).
    pub(super) fn delivers_where(&self, live: &Self) -> bool {
        let same = |desired: Option<&str>, live: Option<&str>| {
            desired.is_none_or(|desired| unknown::is_unknown(desired) || Some(without_streams(desired)) == live)
        };
        self.log_destination_type == live.log_destination_type
            && same(self.log_group_name.as_deref(), live.log_group_name.as_deref())
            && same(self.log_destination.as_deref(), live.log_destination.as_deref().map(without_streams))
    }

    /// What is wrong with it beyond what its schema can say.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems: Vec<Problem> = self.destination_problem().into_iter().collect();
        if ![60, 600].contains(&self.max_aggregation_interval) {
            let message = format!("{} is not among the intervals of AWS", self.max_aggregation_interval);
            problems.push(Problem::new("/max_aggregation_interval", message).help("use 60 or 600 seconds"));
        }
        problems
    }

    fn destination_problem(&self) -> Option<Problem> {
        let problem = |field: &str, message: &str, help: &str| Some(Problem::new(field, message).help(help));
        // Of an ARN that is not known yet, nothing is.
        let is_of = |service: &str| {
            let arn = self.log_destination.as_deref().filter(|arn| arn.starts_with("arn:"));
            arn.is_none_or(|arn| arn.split(':').nth(2) == Some(service))
        };
        let given = (&self.log_group_name, &self.log_destination, &self.deliver_logs_permission_arn);
        match (self.log_destination_type, given) {
            (_, (None, None, _)) => {
                problem("", "nothing takes the records", "name a `log_group_name` or a `log_destination`")
            }
            (_, (Some(_), Some(_), _)) => problem(
                "/log_destination",
                "the records have two destinations",
                "keep `log_group_name` or `log_destination`",
            ),
            (LogDestinationType::S3, (Some(_), ..)) => {
                problem("/log_group_name", "a log group is not in S3", "give the bucket's ARN as `log_destination`")
            }
            (LogDestinationType::S3, (.., Some(_))) => problem(
                "/deliver_logs_permission_arn",
                "no role writes to a bucket",
                "leave it out; the bucket's policy lets `delivery.logs.amazonaws.com` write",
            ),
            (LogDestinationType::S3, _) if !is_of("s3") => problem(
                "/log_destination",
                "this is not a bucket",
                "give the ARN of one, as in `arn:aws:s3:::BUCKET/PREFIX/`",
            ),
            (LogDestinationType::CloudWatchLogs, _) if !is_of("logs") => problem(
                "/log_destination",
                "this is not a log group",
                "for a bucket set `log_destination_type = \"s3\"`",
            ),
            (LogDestinationType::CloudWatchLogs, (.., None)) => problem(
                "/deliver_logs_permission_arn",
                "a log group is written to with a role, and there is none",
                "give the ARN of one that `vpc-flow-logs.amazonaws.com` may assume",
            ),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use provision_reconciler::Kind;
    use serde_json::{Value, json};

    use super::*;
    use crate::ec2_flow_log::Ec2FlowLog;

    fn problems(fields: Value) -> String {
        let mut table = json!({ "resource_id": "vpc-0123456789abcdef0" });
        for (field, value) in fields.as_object().into_iter().flatten() {
            table[field] = value.clone();
        }
        let spec = serde_json::from_value(table).unwrap_or_else(|error| panic!("{error}"));
        let problems = Ec2FlowLog::check(&spec).into_iter();
        problems.map(|one| format!("{}: {}", one.pointer, one.message)).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn destination_and_role_must_fit_together() {
        let (role, bucket) = ("arn:aws:iam::123456789012:role/flow", "arn:aws:s3:::flow/logs/");
        let group = "arn:aws:logs:us-east-1:123456789012:log-group:flow:*";
        let mark = format!("{}logs_log_group.flow.arn{}", unknown::OPEN, unknown::CLOSE);
        for good in [
            json!({ "log_group_name": "flow", "deliver_logs_permission_arn": role }),
            json!({ "log_destination": group, "deliver_logs_permission_arn": role, "max_aggregation_interval": 60 }),
            json!({ "log_destination": mark, "deliver_logs_permission_arn": mark }),
            json!({ "log_destination": bucket, "log_destination_type": "s3" }),
            json!({ "log_destination": mark, "log_destination_type": "s3" }),
        ] {
            assert_eq!(problems(good.clone()), "", "{good}");
        }
        let s3 = |mut fields: Value| {
            fields["log_destination_type"] = json!("s3");
            problems(fields)
        };
        insta::assert_snapshot!(problems(json!({})), @": nothing takes the records");
        insta::assert_snapshot!(problems(json!({ "log_group_name": "flow", "log_destination": group })), @"/log_destination: the records have two destinations");
        insta::assert_snapshot!(problems(json!({ "log_group_name": "flow" })), @"/deliver_logs_permission_arn: a log group is written to with a role, and there is none");
        insta::assert_snapshot!(problems(json!({ "log_destination": bucket, "deliver_logs_permission_arn": role })), @"/log_destination: this is not a log group");
        insta::assert_snapshot!(s3(json!({ "log_group_name": "flow" })), @"/log_group_name: a log group is not in S3");
        insta::assert_snapshot!(s3(json!({ "log_destination": bucket, "deliver_logs_permission_arn": role })), @"/deliver_logs_permission_arn: no role writes to a bucket");
        insta::assert_snapshot!(s3(json!({ "log_destination": group })), @"/log_destination: this is not a bucket");
        let other =
            json!({ "log_group_name": "f", "deliver_logs_permission_arn": role, "max_aggregation_interval": 120 });
        insta::assert_snapshot!(problems(other), @"/max_aggregation_interval: 120 is not among the intervals of AWS");
    }

    #[test]
    fn the_new_one_of_a_replacement_is_made_first_where_both_can_be() {
        let spec = |fields: Value| -> FlowLogSpec {
            let mut table = json!({ "resource_id": "vpc-0123456789abcdef0" });
            for (field, value) in fields.as_object().into_iter().flatten() {
                table[field] = value.clone();
            }
            serde_json::from_value(table).unwrap_or_else(|error| panic!("{error}"))
        };
        let arn = |name: &str| format!("arn:aws:logs:us-east-1:123456789012:log-group:{name}");
        let live = spec(json!({ "log_group_name": "flow", "log_destination": arn("flow") }));
        let mark = format!("{}logs_log_group.flow.arn{}", unknown::OPEN, unknown::CLOSE);
        for (fields, first) in [
            (json!({ "log_group_name": "flow", "traffic_type": "REJECT" }), false),
            (json!({ "log_destination": arn("flow:*"), "max_aggregation_interval": 60 }), false),
            (json!({ "log_destination": mark }), false),
            (json!({ "log_group_name": "other" }), true),
            (json!({ "log_destination": arn("other") }), true),
            (json!({ "log_destination": "arn:aws:s3:::flow", "log_destination_type": "s3" }), true),
            (json!({ "log_group_name": "flow", "resource_id": "vpc-00000000000000000" }), true),
        ] {
            assert_eq!(Ec2FlowLog::creates_first(&live, &spec(fields.clone())), first, "{fields}");
        }
    }

    #[test]
    fn values_are_named_as_aws_names_them() {
        assert_eq!(
            json!([LogDestinationType::CloudWatchLogs, LogDestinationType::S3]),
            json!(["cloud-watch-logs", "s3"])
        );
        assert_eq!(
            json!([TrafficType::Accept, TrafficType::Reject, TrafficType::All]),
            json!(["ACCEPT", "REJECT", "ALL"])
        );
    }
}
