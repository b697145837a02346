//! For step summaries, pull requests, and wherever else GitHub flavoured Markdown is read.
//!
//! GitHub refuses a summary or a comment that is too long, and then nothing of it is seen. So a report keeps within a limit, and says
//! what it had to leave out.

mod budget;
pub mod drift;
mod escape;
mod finding;
pub mod recovery;

use jiff::Timestamp;
use provision_config::shown::safe;

use crate::markdown::escape::{prose, words};
use crate::prose::Prose;
use crate::text::time;

/// What a step summary may hold, in bytes: 1 MiB, with some room for what the same step writes besides.
/// <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#adding-a-job-summary>
pub const STEP_SUMMARY: usize = 1_000_000;
/// What a comment or a pull request's description may hold: 65,536 characters, with some room for a line before it.
pub const COMMENT: usize = 65_000;

/// When it was looked, and by what.
fn looked(checked_at: Timestamp, engine: &str) -> String {
    format!("Looked at {} by provision {}.\n", time(checked_at), words(&safe(engine)))
}

/// What stands where an environment could not be looked at.
fn failed(message: &str, hint: Option<&str>) -> String {
    let mut text = format!("**Could not be looked at:** {}\n", prose(&Prose::of(message)));
    if let Some(hint) = hint {
        text.push_str(&format!("\n**What to do:** {}\n", prose(&Prose::of(hint))));
    }
    text
}

/// A table. The cells are Markdown already.
fn table<const N: usize>(head: [&str; N], numbers: usize, rows: &[[String; N]]) -> String {
    let line = |cells: [&str; N]| format!("| {} |\n", cells.join(" | "));
    let rules: Vec<&str> = (0..N).map(|index| if index + numbers >= N { "--:" } else { "---" }).collect();
    let mut text = format!("{}| {} |\n", line(head), rules.join(" | "));
    for row in rows {
        text.push_str(&line(row.each_ref().map(String::as_str)));
    }
    text
}
