//! Running a command that tells.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::Message;
use crate::failure::Failure;

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a command in the shell: the message for machines on its stdin, the one for people in the variable `PROVISION_TEXT`, the subject in
/// `PROVISION_SUBJECT`.
///
/// # Errors
/// If it cannot be run, does not end in time, or ends with another code than 0.
pub async fn run(command: &str, message: &Message) -> Result<(), Failure> {
    let failed =
        |text: String| Failure::new(text).code("notify").hint("run it by hand with the same message on its stdin");
    let mut child = Command::new("sh")
        .args(["-c", command])
        .env("PROVISION_TEXT", message.text())
        .env("PROVISION_SUBJECT", message.subject())
        .stdin(Stdio::piped())
        // Our stdout is a document of our own.
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(format!("it cannot be run: {error}")))?;
    let input = child.stdin.take();
    let json = message.json();
    let feeding = async move {
        if let Some(mut input) = input {
            // One that does not read is content with the text.
            let _ = input.write_all(json.as_bytes()).await;
        }
    };
    let ending = async { tokio::join!(feeding, child.wait()).1 };
    match tokio::time::timeout(PATIENCE, ending).await {
        Err(_) => Err(failed(format!("it has not ended after {} s", PATIENCE.as_secs()))),
        Ok(Err(error)) => Err(failed(format!("it cannot be waited for: {error}"))),
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => Err(failed(format!("it ended with {status}"))),
    }
}
