//! Small pictures that say with their form what others say with their colour.

use maud::{Markup, html};

/// A circle with a tick.
const GOOD: &str = "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zm3.6 5.1-4.2 4.6a.8.8 0 0 1-1.15.03L4.3 8.8a.8.8 0 1 1 1.1-1.13l1.4 1.37 3.6-4a.8.8 0 0 1 1.2 1.06z";
/// An octagon with an exclamation mark.
const ALARM: &str = "M5.2 1h5.6L15 5.2v5.6L10.8 15H5.2L1 10.8V5.2zM7.1 4.2l.25 4.6a.65.65 0 0 0 1.3 0l.25-4.6zM8 10.4a1 1 0 1 0 0 2 1 1 0 0 0 0-2z";
/// A triangle with an exclamation mark.
const WARNING: &str = "M8 1.2a1 1 0 0 1 .87.5l6.4 11.3A1 1 0 0 1 14.4 14.5H1.6A1 1 0 0 1 .73 13L7.13 1.7A1 1 0 0 1 8 1.2zM7.2 5.6l.2 3.7a.6.6 0 0 0 1.2 0l.2-3.7zM8 10.6a.95.95 0 1 0 0 1.9.95.95 0 0 0 0-1.9z";
/// A circle with an `i`.
const NOTE: &str = "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zm0 2.7a1 1 0 1 1 0 2 1 1 0 0 1 0-2zM7.2 7h1.6v5.2H7.2z";
/// A circle with a bar.
const NONE: &str = "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zM4.6 7.2h6.8v1.6H4.6z";

/// A picture, which says nothing that is not said in words beside it.
fn picture(path: &str) -> Markup {
    html! {
        svg.icon viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false" {
            path fill-rule="evenodd" d=(path) {}
        }
    }
}

/// All is well.
pub fn good() -> Markup {
    picture(GOOD)
}

/// Something is wrong.
pub fn alarm() -> Markup {
    picture(ALARM)
}

/// Something is worth a look.
pub fn warning() -> Markup {
    picture(WARNING)
}

/// Something should be known.
pub fn note() -> Markup {
    picture(NOTE)
}

/// Nothing can be said.
pub fn none() -> Markup {
    picture(NONE)
}
