//! The earlier versions of the state.

use provision_state::{Author, State};

use crate::session::{Content, Past};
use crate::ui::value::known;
use crate::ui::{Style, table};

/// The versions, the newest first.
pub fn history(past: &[Past], style: Style) -> String {
    let rows: Vec<[String; 6]> = past.iter().map(row).collect();
    table::table(["SERIAL", "WRITTEN", "COMMAND", "BY", "RESOURCES", "VERSION"], &rows, style)
}

fn row(past: &Past) -> [String; 6] {
    let written = past.version.written_at.map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()).unwrap_or_default();
    let version = format!("{}{}", past.version.id, if past.version.current { "  (current)" } else { "" });
    let [serial, command, by, resources] = match &past.content {
        Content::Deleted => ["-".to_owned(), "(deleted)".to_owned(), String::new(), String::new()],
        Content::Unusable(_) => ["-".to_owned(), "(cannot be used)".to_owned(), String::new(), String::new()],
        Content::State(state) => {
            let by = state.author.as_ref().map_or_else(String::new, |author| known(&author.owner));
            [state.serial.to_string(), command(state), by, state.resources.len().to_string()]
        }
    };
    [serial, written, command, by, resources, version]
}

/// What wrote a state, and whether it was at its beginning.
fn command(state: &State) -> String {
    let Some(Author { operation, command, .. }) = &state.author else { return "(not known)".to_owned() };
    match &state.operation {
        Some(announced) if announced.id == *operation => format!("{} (unfinished)", known(command)),
        _ => known(command),
    }
}
