//! The mutating calls on a flow log, as data.

use serde::{Deserialize, Serialize};

use super::spec::FlowLogSpec;
use crate::ec2::TagCall;

/// One call with all that it needs besides the flow log's id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Call {
    /// Makes the flow log.
    CreateFlowLogs {
        /// The flow log.
        flow_log: Box<FlowLogSpec>,
    },
    /// Changes the tags.
    Tags(TagCall),
    /// Deletes the flow log; what it has recorded stays.
    DeleteFlowLogs,
}

impl Call {
    /// The IAM action.
    pub(super) fn action(&self) -> &'static str {
        match self {
            Self::CreateFlowLogs { .. } => "ec2:CreateFlowLogs",
            Self::Tags(tags) => tags.action(),
            Self::DeleteFlowLogs => "ec2:DeleteFlowLogs",
        }
    }
}
