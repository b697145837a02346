//! The mutating calls on a mapping, as data.

use serde::{Deserialize, Serialize};

use super::spec::MappingSpec;
use crate::tags::Tags;

/// One call with all that it needs besides the mapping's id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Call {
    /// Makes the mapping.
    CreateEventSourceMapping {
        /// The mapping.
        mapping: Box<MappingSpec>,
    },
    /// Sets all that can be changed.
    UpdateEventSourceMapping {
        /// The mapping.
        mapping: Box<MappingSpec>,
        /// Whether the destination of failures is to go: Lambda takes its absence for no change.
        clears_destination: bool,
    },
    /// Adds or changes tags.
    TagResource {
        /// The tags to set.
        tags: Tags,
    },
    /// Removes tags.
    UntagResource {
        /// Their keys.
        keys: Vec<String>,
    },
    /// Deletes the mapping; where it was in the stream is forgotten.
    DeleteEventSourceMapping,
}

impl Call {
    /// The IAM action.
    pub(super) fn action(&self) -> &'static str {
        match self {
            Self::CreateEventSourceMapping { .. } => "lambda:CreateEventSourceMapping",
            Self::UpdateEventSourceMapping { .. } => "lambda:UpdateEventSourceMapping",
            Self::TagResource { .. } => "lambda:TagResource",
            Self::UntagResource { .. } => "lambda:UntagResource",
            Self::DeleteEventSourceMapping => "lambda:DeleteEventSourceMapping",
        }
    }
}
