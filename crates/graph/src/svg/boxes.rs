//! A resource's box: its name, its service, what it is, and the key that encrypts it.

use std::fmt::Write;

use crate::drawing::Drawing;
use crate::layout::Rect;
use crate::model::{Graph, Node, Tone};
use crate::service::Service;
use crate::svg::text::{BOLD, escape, fitted, width};

/// The height of a box.
pub const HEIGHT: f64 = 42.0;
/// From a box's side to its text.
const SIDE: f64 = 10.0;
/// The greatest room for a name.
const NAME_ROOM: f64 = 210.0;
/// The greatest room for the name of a key.
const KEY_ROOM: f64 = 90.0;
/// The size of a name.
const NAME: f64 = 13.0;
/// The size of everything else.
const SMALL: f64 = 10.5;
/// The picture of a key, before its name.
const KEY_ICON: f64 = 13.0;

/// What stands in a box.
#[derive(Debug)]
pub struct Content {
    name: String,
    thing: String,
    service: Service,
    key: Option<String>,
    title: String,
}

impl Content {
    /// What stands in the box of a node.
    pub fn of(graph: &Graph, drawing: &Drawing, index: usize) -> Self {
        let node = &graph.nodes[index];
        let service = node.service();
        Self {
            name: fitted(&node.name(), NAME * BOLD, NAME_ROOM),
            thing: service.thing(&node.address.kind),
            service,
            key: drawing.key_label(graph, index).map(|label| fitted(&label, SMALL, KEY_ROOM)),
            title: title(graph, index),
        }
    }

    /// How wide a box must be for it.
    pub fn width(&self) -> f64 {
        let key = self.key.as_ref().map_or(0.0, |key| key_width(key) + 10.0);
        let first = width(&self.name, NAME * BOLD) + key;
        let second = chip_width(self.service) + 6.0 + width(&self.thing, SMALL);
        (first.max(second) + 2.0 * SIDE).ceil()
    }

    /// The box.
    pub fn render(&self, node: &Node, rect: Rect) -> String {
        let Rect { x, y, width: wide, height } = rect;
        let mut classes = format!("pg-node pg-{}", self.service.class());
        if let Some(mark) = &node.mark {
            let _ = write!(classes, " pg-marked pg-{}", tone(mark.tone));
        }
        let mut text = format!(
            "<g class=\"{classes}\" role=\"graphics-symbol img\"><title>{}</title>\
             <rect class=\"pg-box\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{wide:.1}\" height=\"{height:.1}\" rx=\"7\"/>\
             <text class=\"pg-name\" x=\"{:.1}\" y=\"{:.1}\">{}</text>{}",
            escape(&self.title),
            x + SIDE,
            y + 17.5,
            escape(&self.name),
            chip(self.service, x + SIDE, y + 23.0)
        );
        if !self.thing.is_empty() {
            let _ = write!(
                text,
                "<text class=\"pg-thing\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                x + SIDE + chip_width(self.service) + 6.0,
                y + 33.8,
                escape(&self.thing)
            );
        }
        if let Some(key) = &self.key {
            let left = x + wide - SIDE - key_width(key);
            let _ = write!(
                text,
                "<path class=\"pg-key\" d=\"M{:.1} {:.1}a2.6 2.6 0 1 1 0 .1zm5.2 0h5.4v2.4m-2.4-2.4v1.8\"/>\
                 <text class=\"pg-key-name\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                left,
                y + 13.4,
                left + KEY_ICON,
                y + 17.0,
                escape(key)
            );
        }
        if let Some(mark) = &node.mark {
            let label = fitted(&mark.text, SMALL * BOLD, wide - 24.0);
            let pill = width(&label, SMALL * BOLD) + 14.0;
            let left = x + wide - 8.0 - pill;
            let _ = write!(
                text,
                "<rect class=\"pg-pill\" x=\"{left:.1}\" y=\"{:.1}\" width=\"{pill:.1}\" height=\"15\" rx=\"7.5\"/>\
                 <text class=\"pg-pill-text\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                y - 11.0,
                left + pill / 2.0,
                y + 0.1,
                escape(&label)
            );
        }
        text.push_str("</g>");
        text
    }
}

/// The name of a service on its colour.
pub fn chip(service: Service, x: f64, y: f64) -> String {
    let wide = chip_width(service);
    format!(
        "<rect class=\"pg-chip\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{wide:.1}\" height=\"14\" rx=\"4\"/>\
         <text class=\"pg-chip-text\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
        x + wide / 2.0,
        y + 10.5,
        service.name()
    )
}

/// How wide that is.
pub fn chip_width(service: Service) -> f64 {
    width(service.name(), 9.5 * BOLD) + 8.0
}

fn key_width(key: &str) -> f64 {
    KEY_ICON + width(key, SMALL)
}

fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "good",
        Tone::Warning => "warning",
        Tone::Alarm => "alarm",
    }
}

/// What a reader is told who points at the box, or hears it: everything, also what is not drawn.
fn title(graph: &Graph, index: usize) -> String {
    let node = &graph.nodes[index];
    let mut title = format!("{} ({}, {})", node.address, node.service().full(&node.address.kind), node.region);
    if let Some(mark) = &node.mark {
        let _ = write!(title, ": {}", mark.text);
    }
    let say = |title: &mut String, verb: &str, which: Vec<String>| {
        if !which.is_empty() {
            let _ = write!(title, "; {verb} {}", which.join(", "));
        }
    };
    let addresses = |of: &dyn Fn(&crate::Edge) -> Option<usize>| -> Vec<String> {
        graph.edges.iter().filter_map(of).map(|other| graph.nodes[other].address.to_string()).collect()
    };
    say(&mut title, "needs", addresses(&|edge| (edge.from == index).then_some(edge.to)));
    say(&mut title, "needed by", addresses(&|edge| (edge.to == index).then_some(edge.from)));
    title
}
