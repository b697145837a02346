//! How text is set: with colours or without, with box-drawing characters or without, how wide.

use std::io::IsTerminal;

use owo_colors::OwoColorize;

/// How text is set. Everything in `ui` is a pure function of its data and one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether there are colours.
    pub colour: bool,
    /// Whether there are characters beyond ASCII for drawing. What AWS or the file says is never changed.
    pub unicode: bool,
}

impl Style {
    /// No colours, and ASCII only.
    pub const PLAIN: Self = Self { colour: false, unicode: false };
    /// Colours and box-drawing characters.
    pub const RICH: Self = Self { colour: true, unicode: true };

    /// What suits a stream: rich on a terminal, unless `--no-color`, `NO_COLOR` or `TERM=dumb` asks for plain text.
    pub fn of(stream: &impl IsTerminal, no_color: bool) -> Self {
        let asked_for_plain = no_color
            || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        if stream.is_terminal() && !asked_for_plain { Self::RICH } else { Self::PLAIN }
    }

    /// What comes into being, or is well.
    pub fn good(self, text: &str) -> String {
        self.paint(text, |text| text.green().to_string())
    }

    /// What changes, or deserves a look.
    pub fn warn(self, text: &str) -> String {
        self.paint(text, |text| text.yellow().to_string())
    }

    /// What goes, or is wrong.
    pub fn bad(self, text: &str) -> String {
        self.paint(text, |text| text.red().to_string())
    }

    /// What is replaced.
    pub fn replaced(self, text: &str) -> String {
        self.paint(text, |text| text.magenta().to_string())
    }

    /// What is remarkable.
    pub fn note(self, text: &str) -> String {
        self.paint(text, |text| text.cyan().to_string())
    }

    /// What matters most.
    pub fn strong(self, text: &str) -> String {
        self.paint(text, |text| text.bold().to_string())
    }

    /// What matters least.
    pub fn faint(self, text: &str) -> String {
        self.paint(text, |text| text.dimmed().to_string())
    }

    /// The arrow between an old and a new value.
    pub fn arrow(self) -> &'static str {
        if self.unicode { "→" } else { "->" }
    }

    /// The sign for something done.
    pub fn done(self) -> String {
        self.good(if self.unicode { "✓" } else { "ok" })
    }

    /// The sign for something that failed.
    pub fn failed(self) -> String {
        self.bad(if self.unicode { "✗" } else { "failed" })
    }

    fn paint(self, text: &str, paint: impl Fn(&str) -> String) -> String {
        if self.colour && !text.is_empty() { paint(text) } else { text.to_owned() }
    }
}
