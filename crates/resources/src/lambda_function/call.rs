//! The mutating calls on a function, as data.

use serde::{Deserialize, Serialize};

use super::permission::Permission;
use super::spec::{Architecture, FunctionSpec};
use crate::tags::Tags;

/// One call with all that it needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// Which function.
    pub function_name: String,
    /// What to do with it.
    pub operation: Operation,
}

/// What a call does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Operation {
    /// Makes the function with everything but its permissions and reserved concurrency, which have calls of their own.
    CreateFunction {
        /// The function.
        function: Box<FunctionSpec>,
        /// Its code.
        code: Upload,
    },
    /// Replaces the code, and with it what it runs on.
    UpdateFunctionCode {
        /// The new code.
        code: Upload,
    },
    /// Sets the whole configuration.
    UpdateFunctionConfiguration {
        /// The function, of which this call takes the configuration.
        function: Box<FunctionSpec>,
    },
    /// Reserves concurrency, and limits it.
    PutFunctionConcurrency {
        /// How many executions at once.
        reserved_concurrent_executions: i32,
    },
    /// Gives reserved concurrency back.
    DeleteFunctionConcurrency,
    /// Adds a statement to the function's policy.
    AddPermission {
        /// The statement.
        permission: Permission,
    },
    /// Removes a statement from the function's policy.
    RemovePermission {
        /// Which.
        statement_id: String,
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
    /// Deletes the function.
    DeleteFunction,
}

/// Code to send: where it is, and what it was when the plan was made. Never the bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upload {
    /// The folder.
    pub folder: String,
    /// What the package's `CodeSha256` is to be.
    pub code_sha256: String,
    /// The runtime, which decides what is vendored.
    pub runtime: String,
    /// What it runs on.
    pub architectures: Vec<Architecture>,
}

impl Upload {
    /// The code of a completed spec.
    pub(super) fn of(spec: &FunctionSpec) -> Self {
        Self {
            folder: spec.code.folder.clone(),
            code_sha256: spec.code.code_sha256.clone().unwrap_or_default(),
            runtime: spec.runtime.clone(),
            architectures: spec.architectures.clone(),
        }
    }
}

impl Operation {
    /// The IAM action.
    pub(super) fn action(&self) -> &'static str {
        match self {
            Self::CreateFunction { .. } => "lambda:CreateFunction",
            Self::UpdateFunctionCode { .. } => "lambda:UpdateFunctionCode",
            Self::UpdateFunctionConfiguration { .. } => "lambda:UpdateFunctionConfiguration",
            Self::PutFunctionConcurrency { .. } => "lambda:PutFunctionConcurrency",
            Self::DeleteFunctionConcurrency => "lambda:DeleteFunctionConcurrency",
            Self::AddPermission { .. } => "lambda:AddPermission",
            Self::RemovePermission { .. } => "lambda:RemovePermission",
            Self::TagResource { .. } => "lambda:TagResource",
            Self::UntagResource { .. } => "lambda:UntagResource",
            Self::DeleteFunction => "lambda:DeleteFunction",
        }
    }
}
