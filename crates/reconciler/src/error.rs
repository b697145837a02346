//! What a cloud call that went wrong tells, in a form that every part of the engine can act on.

use std::fmt;

/// A cloud call that went wrong: what was being done, what came back, and what to do next.
#[derive(Clone, Debug, thiserror::Error)]
pub struct CloudError {
    /// The IAM action of the call, as in `kms:CreateKey`.
    pub action: String,
    /// The service's own error code, as in `AccessDeniedException`; absent if no answer came.
    pub code: Option<String>,
    /// The service's own message, or what went wrong on the way.
    pub message: String,
    /// The service's id for the request, to quote to AWS support.
    pub request_id: Option<String>,
    /// What the person should do next.
    pub hint: Option<String>,
    /// What the engine may conclude from it.
    pub class: ErrorClass,
}

/// What the engine may conclude from a failed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// The thing does not exist.
    NotFound,
    /// Something of that name exists already.
    AlreadyExists,
    /// The thing is busy with an earlier change, or something it depends on is: the same call may succeed shortly.
    Busy,
    /// The credentials may not do this, or are not valid (any more).
    Denied,
    /// Too many calls, beyond what the SDK's own retries could wait out.
    Throttled,
    /// The request may or may not have been carried out: no answer came, or an answer that says nothing (5xx).
    Ambiguous,
    /// Carried out on nothing: the request was refused, for a reason not named above.
    Refused,
}

impl ErrorClass {
    /// Whether it may pass by itself, or the call may even have worked.
    pub fn is_transient(self) -> bool {
        matches!(self, Self::Ambiguous | Self::Busy | Self::Throttled)
    }
}

impl CloudError {
    /// An error that no service answered, in the engine's own words.
    pub fn new(action: impl Into<String>, class: ErrorClass, message: impl Into<String>) -> Self {
        Self { action: action.into(), code: None, message: message.into(), request_id: None, hint: None, class }
    }

    /// The same with what to do next.
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for CloudError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed: ", self.action)?;
        if let Some(code) = &self.code {
            write!(f, "{code}: ")?;
        }
        write!(f, "{}", self.message)?;
        if let Some(id) = &self.request_id {
            write!(f, " (request id {id})")?;
        }
        Ok(())
    }
}
