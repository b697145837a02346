//! What every report is put together from.

use maud::{Markup, html};
use provision_config::Severity;
use provision_config::shown::safe;

use crate::html::icon;
use crate::lines::{Line, Tag};
use crate::prose::{Piece, Prose};
use crate::text::grouped;
use crate::wording::in_capitals;

/// A text that is longer than so many characters is folded.
const LONG: usize = 300;
/// So much of it is seen all the same.
const SEEN: usize = 120;
/// A name that is longer may be broken between its parts.
const LONG_NAME: usize = 12;
/// The same among words, which are broken elsewhere first.
const LONG_WORD: usize = 24;
/// So many lines are seen without unfolding.
const MANY_LINES: usize = 60;

/// What is to be thought of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// It is as it should be.
    Good,
    /// It should be known.
    Note,
    /// Nothing can be said of it.
    Quiet,
    /// It is worth a look.
    Warning,
    /// It is wrong.
    Alarm,
}

impl Tone {
    /// How grave drift is.
    pub fn of(severity: Severity) -> Self {
        match severity {
            Severity::High => Self::Alarm,
            Severity::Medium => Self::Warning,
            Severity::Low => Self::Note,
        }
    }

    /// Its class.
    pub fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Note => "note",
            Self::Quiet => "quiet",
            Self::Warning => "warning",
            Self::Alarm => "alarm",
        }
    }

    /// Its form.
    pub fn icon(self) -> Markup {
        let icon = match self {
            Self::Good => icon::good(),
            Self::Note => icon::note(),
            Self::Quiet => icon::none(),
            Self::Warning => icon::warning(),
            Self::Alarm => icon::alarm(),
        };
        html! { span class={ "tone " (self.class()) } { (icon) } }
    }
}

/// A word or two about how something stands.
pub fn chip(tone: Tone, words: &str) -> Markup {
    let icon = match tone {
        Tone::Good => icon::good(),
        Tone::Note => icon::note(),
        Tone::Quiet => icon::none(),
        Tone::Warning => icon::warning(),
        Tone::Alarm => icon::alarm(),
    };
    html! { span class={ "chip " (tone.class()) } { (icon) (words) } }
}

/// How grave something is, in words.
pub fn severity_chip(severity: Severity) -> Markup {
    chip(Tone::of(severity), in_capitals(severity))
}

/// Something to be taken literally. What is long is folded, never cut.
pub fn code(text: &str) -> Markup {
    folded(&safe(text), |text| html! { code { (breaking(text, LONG_NAME)) } })
}

/// A name, which is never folded.
pub fn name(text: &str) -> Markup {
    html! { code { (breaking(&safe(text), LONG_NAME)) } }
}

/// A link to where it stands, to be passed on.
pub fn here(id: &str) -> Markup {
    html! { " " a.here href={ "#" (id) } aria-label="Link to this" { "#" } }
}

/// A sentence. What is long is folded, never cut.
pub fn prose(prose: &Prose) -> Markup {
    let piece = |piece: &Piece| match piece {
        Piece::Words(words) => folded(words, |words| breaking(words, LONG_WORD)),
        Piece::Code(code) => folded(code, |code| html! { code { (breaking(code, LONG_NAME)) } }),
    };
    html! { @for one in &prose.0 { (piece(one)) } }
}

fn folded(text: &str, set: impl Fn(&str) -> Markup) -> Markup {
    let length = text.chars().count();
    if length <= LONG {
        return set(text);
    }
    let head: String = text.chars().take(SEEN).collect();
    html! {
        details.fold {
            summary { span.head { (set(&head)) "… " } span.more { "all " (grouped(length)) " characters" } }
            div.unfolded { (set(text)) }
        }
    }
}

/// A text that may be broken between the parts of names, as ARNs are, that are longer than so many bytes. A browser would break them
/// anywhere.
fn breaking(text: &str, longest: usize) -> Markup {
    const ENDS: [char; 8] = ['/', ':', '.', '_', '-', ',', '[', '='];
    let word = |word: &str| {
        if word.len() <= longest {
            return html! { (word) };
        }
        html! { @for (index, part) in word.split_inclusive(ENDS).enumerate() { @if index > 0 { wbr; } (part) } }
    };
    html! { @for one in text.split_inclusive(' ') { (word(one)) } }
}

/// Lines of which some are the same. They scroll inside themselves.
pub fn lines(lines: &[Line]) -> Markup {
    let all = html! {
        pre.diff tabindex="0" {
            code {
                @for line in lines {
                    @match line.tag {
                        Tag::Same => span.line { (line.marked()) "\n" },
                        Tag::Gap => span.line.gap { (line.marked()) "\n" },
                        Tag::Old => del.line { (line.marked()) "\n" },
                        Tag::New => ins.line { (line.marked()) "\n" },
                    }
                }
            }
        }
    };
    if lines.len() <= MANY_LINES {
        return all;
    }
    html! { details.fold { summary { span.more { "all " (grouped(lines.len())) " lines" } } (all) } }
}

/// A number above its name.
pub fn figure(number: usize, name: &str, tone: Tone) -> Markup {
    let tone = if number == 0 { Tone::Quiet } else { tone };
    html! { div class={ "figure " (tone.class()) } { dt { (name) } dd { (grouped(number)) } } }
}

/// A number in a table: none is said softly.
pub fn cell(number: usize) -> Markup {
    html! { td.number { @if number == 0 { span.zero { "0" } } @else { (grouped(number)) } } }
}

/// A table that scrolls inside itself where it is too wide.
pub fn table(id: &str, caption: &str, head: &[&str], rows: &Markup) -> Markup {
    html! {
        div.scroll role="region" tabindex="0" aria-labelledby=(id) {
            table {
                caption id=(id) { (caption) }
                thead { tr { @for name in head { th scope="col" { (name) } } } }
                tbody { (rows) }
            }
        }
    }
}
