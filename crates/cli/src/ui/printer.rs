//! The way to the person: text or JSON on stdout, everything else on stderr.

use std::io::{self, IsTerminal, Write};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::MultiProgress;
use serde::Serialize;

use crate::arguments::GlobalArguments;
use crate::failure::Failure;
use crate::ui::{Style, errors, json};

/// What bars are drawn on. There is one stderr, whoever writes to it.
static DRAWING: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);
/// Whether the one JSON document has been printed. There is one stdout.
static DOCUMENT_PRINTED: AtomicBool = AtomicBool::new(false);
/// Whether a part of the result could not be printed although somebody waits for it: the disk is full.
static RESULT_LOST: AtomicBool = AtomicBool::new(false);

/// The way to the person. A reader that went away (`provision plan dev | head`) is not an error.
#[derive(Clone, Copy, Debug)]
pub struct Printer {
    json: bool,
    /// Whether what is done prints its result.
    result: bool,
    plain_progress: bool,
    out: Style,
    err: Style,
}

impl Printer {
    /// The printer that these options ask for.
    pub fn new(global: &GlobalArguments) -> Self {
        Self {
            json: global.json,
            result: true,
            // Bars and log lines would write over each other.
            plain_progress: global.verbose > 0 || std::env::var_os("PROVISION_LOG").is_some(),
            out: Style::of(&io::stdout(), global.no_color),
            err: Style::of(&io::stderr(), global.no_color),
        }
    }

    /// The same printer, which prints no result: it is a part of another one's.
    #[must_use]
    pub fn without_result(self) -> Self {
        Self { result: false, ..self }
    }

    /// How text on stdout is set.
    pub fn style(&self) -> Style {
        self.out
    }

    /// How text on stderr is set.
    pub fn error_style(&self) -> Style {
        self.err
    }

    /// Whether progress may be drawn as bars.
    pub fn has_bars(&self) -> bool {
        self.err.unicode && !self.plain_progress && io::stderr().is_terminal()
    }

    /// What bars are drawn on, so that notes do not tear them.
    pub fn drawing(&self) -> MultiProgress {
        DRAWING.clone()
    }

    /// Whether there is somebody who can be asked.
    pub fn can_ask(&self) -> bool {
        !self.json && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Prints the result for people, on stdout. With `--json`: nothing.
    pub fn text(&self, text: &str) {
        if self.result && !self.json && !text.is_empty() {
            self.raw(text);
        }
    }

    /// Prints the result for machines, on stdout. Without `--json`: nothing. There is one document for each run: of
    /// several, the first is printed.
    pub fn json(&self, document: &impl Serialize) {
        if self.result && self.json && !DOCUMENT_PRINTED.swap(true, Ordering::Relaxed) {
            self.raw(&json::to_string(document));
        }
    }

    /// Prints the result for machines, on stdout, whether or not `--json` was given: it was asked for otherwise.
    pub fn document(&self, document: &impl Serialize) {
        Self { json: true, ..*self }.json(document);
    }

    /// Prints to stdout in any case.
    pub fn raw(&self, text: &str) {
        match write(io::stdout().lock(), text) {
            // Whoever reads has seen enough (`| head`).
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            Err(_) => RESULT_LOST.store(true, Ordering::Relaxed),
            Ok(()) => {}
        }
    }

    /// Whether a part of the result was lost on its way, other than by a reader that went away.
    pub fn lost_result(&self) -> bool {
        RESULT_LOST.load(Ordering::Relaxed)
    }

    /// Says something beside the result, on stderr, above any bars.
    pub fn note(&self, text: &str) {
        // Without a stderr there is nobody left to tell.
        let _ = DRAWING.suspend(|| write(io::stderr().lock(), text));
    }

    /// Says what should not be overlooked, on stderr.
    pub fn warning(&self, text: &str) {
        self.note(&format!("{} {text}", self.err.warn("warning:")));
    }

    /// Says why the command could not do what was asked: on stderr, and with `--json` also on stdout, unless
    /// the result was printed there, which then says so itself.
    pub fn failure(&self, failure: &Failure) {
        self.json(&json::Errors::new(failure));
        self.note(&errors::render(failure, self.err));
    }
}

/// Writes a text, ending in a newline.
fn write(mut stream: impl Write, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        stream.write_all(b"\n")?;
    }
    stream.flush()
}
