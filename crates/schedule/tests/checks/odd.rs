//! Texts that are odd but legal, as paths and targets may be.

use proptest::prelude::*;
use provision_schedule::{Schedule, Which};

use crate::samples::plain;

/// Pieces that mean something to one of the formats.
const PIECES: &[&str] = &[
    " ", "  ", "'", "\"", "`", "$", "$$", "${HOME}", "$HOME", "$(x)", "$(HOME)", "%", "%%", "%h", "%n", "#", " #",
    ": ", ":", ";", " ; ", "&", "&&", "|", ">", "<", "*", "?", "[a]", "{{", "}}", "${{ x }}", "${{", "{", "}", "!",
    "~", "=", "@", "-", "--", ",", "''", "'''", "\"\"", "(", ")", "é", "中", "🙂", "\u{a0}", "a", "b/c", "0", "/", ".",
    "$'", "<<EOF", "\\\"",
];

/// A text of such pieces; with backslashes if they are allowed.
pub fn text(backslash: bool) -> impl Strategy<Value = String> {
    let mut pieces: Vec<&str> = PIECES.iter().copied().filter(|piece| backslash || !piece.contains('\\')).collect();
    if backslash {
        pieces.extend(["\\", "\\\\", "\\n", "\\u0041", "\\'", "\\%", "\\$"]);
    }
    proptest::collection::vec(proptest::sample::select(pieces), 1..8).prop_map(|pieces| pieces.concat())
}

/// A schedule whose paths and targets are odd.
pub fn schedule(backslash: bool) -> impl Strategy<Value = Schedule> {
    let targets = proptest::collection::vec(text(backslash), 0..4);
    (text(backslash), text(backslash), targets).prop_map(|(directory, folder, targets)| Schedule {
        directory: format!("/srv/{directory}"),
        folder: format!("x{}", folder.replace("..", ".")),
        notify: targets.iter().map(|target| format!("command:{target}")).collect(),
        which: Which::Named(vec!["dev".to_owned(), "A_-9".to_owned()]),
        ..plain()
    })
}

/// What the program should be called with.
pub fn arguments(schedule: &Schedule, directory: &str) -> Vec<String> {
    let mut words: Vec<String> = ["-C", directory, "drift", "dev", "A_-9"].map(str::to_owned).to_vec();
    if schedule.notify.is_empty() {
        words.push("--notify".to_owned());
    }
    for target in &schedule.notify {
        words.extend(["--notify".to_owned(), target.clone()]);
    }
    words
}

/// How many cases: each runs a program or two.
pub fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}
