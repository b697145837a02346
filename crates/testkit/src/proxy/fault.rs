//! What a proxy may do to a call instead of handing it on.

use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::{Call, Gate};

/// What to do to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Hand it on after a while.
    Delay(Duration),
    /// Hand it on, and give the answer back when the gate is opened.
    Hold(Gate),
    /// Answer in the emulator's place; it never hears of the call.
    Answer {
        /// The HTTP status.
        status: u16,
        /// `application/x-amz-json-1.1`, `text/xml`, …
        content_type: String,
        /// The body, in the service's protocol.
        body: String,
    },
    /// Hand it on, and answer this instead of what the emulator said: AWS has done it, but says that it failed.
    AnswerAfterwards {
        /// The HTTP status.
        status: u16,
        /// `application/x-amz-json-1.1`, `text/xml`, …
        content_type: String,
        /// The body, in the service's protocol.
        body: String,
    },
    /// Hand it on, and give the answer back with this header, in the place of one of that name.
    Header {
        /// In small letters.
        name: &'static str,
        /// In ASCII.
        value: &'static str,
    },
    /// Close the connection; the emulator never hears of the call.
    DropBeforeForwarding,
    /// Hand it on, and close the connection when the answer comes: AWS has done it, the client cannot know.
    DropAnswer,
    /// Hand it on, give back half the answer's body, and close the connection.
    CutAnswer,
    /// End the client with SIGKILL.
    Kill(Victim, Moment),
}

/// When a client is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The emulator never hears of the call.
    BeforeForwarding,
    /// AWS has done it; the client never hears of it.
    BeforeAnswering,
    /// Some milliseconds after the answer went out: the client may have begun to make something of it.
    AfterAnswering,
}

/// How long after its answer a client is ended.
pub(super) const AFTERMATH: Duration = Duration::from_millis(3);

/// A client that a rule may end. Which process that is may be said after the rule was added, but before its first call.
#[derive(Clone, Debug, Default)]
pub struct Victim(Arc<AtomicI32>);

impl Victim {
    /// It is this process.
    pub fn is(&self, child: &Child) {
        self.0.store(child.id().cast_signed(), Ordering::SeqCst);
    }

    /// Ends it, if it has not ended.
    pub(crate) fn kill(&self) {
        if let Some(process) = Pid::from_raw(self.0.load(Ordering::SeqCst)) {
            // It may have ended already.
            let _ = kill_process(process, Signal::KILL);
        }
    }
}

impl PartialEq for Victim {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Victim {}

impl Fault {
    /// An error in the protocol of the call's service: what AWS answers if it is throttling (429, `ThrottlingException`), broken
    /// (500, `InternalError`), or no longer knows the credentials (403, `ExpiredToken`).
    pub fn refuse(call: &Call, status: u16, code: &str, message: &str) -> Self {
        let (content_type, body) = match call.service.as_str() {
            "ec2" => (
                "text/xml",
                format!(
                    "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>\
                     <RequestID>0</RequestID></Response>"
                ),
            ),
            "s3" => ("application/xml", format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>")),
            "iam" | "sts" => (
                "text/xml",
                format!(
                    "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
                     <RequestId>0</RequestId></ErrorResponse>"
                ),
            ),
            _ => ("application/x-amz-json-1.1", format!("{{\"__type\": \"{code}\", \"message\": \"{message}\"}}")),
        };
        Self::Answer { status, content_type: content_type.to_owned(), body }
    }

    /// As [`Fault::refuse`], but AWS has done it.
    pub fn do_and_refuse(call: &Call, status: u16, code: &str, message: &str) -> Self {
        match Self::refuse(call, status, code, message) {
            Self::Answer { status, content_type, body } => Self::AnswerAfterwards { status, content_type, body },
            other => other,
        }
    }
}
