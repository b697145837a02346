//! Pictures of dependency graphs: a [`Graph`] of resources in, Mermaid, DOT or SVG out.
//!
//! It is a crate of its own, and not a part of the command line's `ui`, because more than one thing draws with it (the
//! command `graph`, and reports that mark what has drifted), because it knows neither AWS nor a terminal, and because a
//! layout is tried out by looking at it again and again, which wants a crate that compiles in a second.
//!
//! All three forms show the same: a cluster for each region; a node for each resource, coloured by service; an arrow to
//! what a resource needs. Two things would make any real environment a tangle, and are shown otherwise unless all is asked
//! for ([`Detail`]): nearly everything is encrypted with some key, so a key's name stands on what it encrypts in place of
//! an arrow; and an arrow that follows from others (instance → subnet → VPC says instance → VPC) is left out.
//!
//! The SVG's layout is our own (`layout`). Of the crates that there are, `rust-sugiyama` gives no routes for edges, so that
//! they would run across boxes; `layout-rs` has no clusters; the ports of dagre are young, know nothing of panels that
//! stand side by side in a given order, and panic where they meet what they did not expect.

mod dot;
mod drawing;
mod layout;
mod mermaid;
mod model;
mod service;
mod svg;

pub use drawing::Detail;
pub use model::{Cycle, Edge, Graph, Mark, Node, Region, Tone};
pub use service::Service;

impl Graph {
    /// As a Mermaid flowchart: for Markdown on GitHub and GitLab, and for editors.
    pub fn mermaid(&self, detail: Detail) -> String {
        mermaid::render(self, detail)
    }

    /// In Graphviz' language: for `dot`, and for programs that read it.
    pub fn dot(&self, detail: Detail) -> String {
        dot::render(self, detail)
    }

    /// As a picture that stands by itself: no scripts, no fonts, no references to anything outside. Light or dark as the
    /// reader's system is. Its classes begin with `pg-`, and it has no ids, so several can stand in one HTML page.
    pub fn svg(&self, detail: Detail) -> String {
        svg::render(self, detail)
    }
}

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
