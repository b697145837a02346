//! What a proxy may do to a call instead of handing it on.

use std::time::Duration;

/// What to do to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Hand it on after a while.
    Delay(Duration),
    /// Answer in the emulator's place; it never hears of the call.
    Answer {
        /// The HTTP status.
        status: u16,
        /// `application/x-amz-json-1.1`, `text/xml`, …
        content_type: String,
        /// The body, in the service's protocol.
        body: String,
    },
    /// Close the connection; the emulator never hears of the call.
    DropBeforeForwarding,
    /// Hand it on, and close the connection when the answer comes: AWS has done it, the client cannot know.
    DropAnswer,
}
