//! One file for a person to read.
//!
//! It loads nothing and runs nothing, and its content security policy says so: even if something were not escaped, a browser would
//! neither run it nor ask anybody for anything. The only styles that are allowed are those that are written here, by their digests.

pub mod drift;
mod finding;
mod icon;
mod parts;
pub mod recovery;
mod replica;

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use provision_config::shown::safe;
use sha2::{Digest, Sha256};

use crate::html::parts::{Tone, chip};
use crate::text::time;

/// How everything looks.
const STYLE: &str = include_str!("html/style.css");

/// A page.
struct Page<'a> {
    /// What kind of report it is, as in `Drift report`.
    kind: &'static str,
    /// What came of it, in a few words.
    headline: String,
    /// The same in a sentence or two.
    lede: String,
    /// What is to be thought of it.
    tone: Tone,
    /// When it was looked.
    checked_at: Timestamp,
    /// The version of the engine that looked.
    engine: &'a str,
    /// The table of contents, where there is one.
    contents: Option<Markup>,
    /// Everything else.
    body: Markup,
    /// The pictures in it, whose styles are allowed too.
    pictures: Vec<String>,
}

impl Page<'_> {
    fn render(self) -> String {
        let engine = format!("provision {}", safe(self.engine));
        let layout = if self.contents.is_some() { "layout with-contents" } else { "layout" };
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(policy(&self.pictures));
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="referrer" content="no-referrer";
                    title { (self.headline) " · " (self.kind) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    a.skip href="#main" { "Skip to what was found" }
                    header.top {
                        div.wrap {
                            p.kind { (self.kind) }
                            h1 { (self.tone.icon()) (self.headline) }
                            @if !self.lede.is_empty() { p.lede { (self.lede) } }
                            p.meta {
                                "Looked at "
                                time datetime=(self.checked_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()) { (time(self.checked_at)) }
                                " by " (engine)
                            }
                        }
                    }
                    div class=(layout) {
                        @if let Some(contents) = &self.contents { (contents) }
                        main #main { (self.body) }
                    }
                    footer.bottom {
                        p { "Written by " (engine) ". This file loads nothing and runs nothing." }
                    }
                }
            }
        };
        page.into_string()
    }
}

/// The content security policy: nothing at all, but for the styles that are in the page.
fn policy(pictures: &[String]) -> String {
    let mut digests = vec![digest(STYLE)];
    let of_pictures: BTreeSet<String> = pictures.iter().flat_map(|picture| styles_of(picture)).map(digest).collect();
    digests.extend(of_pictures);
    format!("default-src 'none'; style-src {}; base-uri 'none'; form-action 'none'", digests.join(" "))
}

fn digest(style: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(style.as_bytes())))
}

/// The styles that a picture brings. Its texts are escaped, so that these words cannot be part of one.
fn styles_of(picture: &str) -> impl Iterator<Item = &str> {
    picture.split("<style>").skip(1).filter_map(|rest| rest.split_once("</style>")).map(|(style, _)| style)
}

/// A heading's level by severity, number and all: `High 3`.
fn heading(id: &str, words: &str, number: usize) -> Markup {
    html! { h3 id=(id) { (words) " " span.number { (number) } } }
}

/// What stands where an environment could not be looked at.
fn failed(message: &str, hint: Option<&str>) -> Markup {
    html! {
        div.notice.alarm {
            p.notice-head { (chip(Tone::Alarm, "Could not be looked at")) }
            div.message { (parts::prose(&crate::prose::Prose::of(message))) }
            @if let Some(hint) = hint {
                div.hint { strong { "What to do: " } (parts::prose(&crate::prose::Prose::of(hint))) }
            }
        }
    }
}
