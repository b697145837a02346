//! DOT, Graphviz' language.

use std::fmt::Write;

use provision_config::shown::safe;

use crate::drawing::{Detail, Drawing};
use crate::model::{Graph, Tone};
use crate::service::Colour;

const PAPER: Colour = Colour(0xff, 0xff, 0xff);

/// The graph in DOT.
pub fn render(graph: &Graph, detail: Detail) -> String {
    let drawing = Drawing::of(graph, detail);
    let mut text = format!(
        "digraph {} {{\n  rankdir=LR\n  nodesep=0.2\n  ranksep=0.7\n  fontname=\"Helvetica\"\n  \
         node [shape=box style=\"rounded,filled\" fontname=\"Helvetica\" fontsize=11]\n  edge [arrowsize=0.7]\n",
        quoted(&graph.title)
    );
    for (index, region) in graph.regions.iter().enumerate() {
        let role = if region.role.is_empty() { String::new() } else { format!(" ({})", region.role) };
        let _ = write!(
            text,
            "  subgraph cluster_{index} {{\n    label={}\n    style=\"rounded,filled\"\n    color=\"#d5d9e0\"\n    \
             fillcolor=\"#f6f7f9\"\n",
            quoted(&format!("{}{role}", region.name))
        );
        for node in (0..graph.nodes.len()).filter(|node| graph.nodes[*node].region == region.name) {
            let _ = writeln!(text, "    {}", definition(graph, &drawing, node));
        }
        text.push_str("  }\n");
    }
    for arrow in &drawing.arrows {
        let (from, to) = (&graph.nodes[arrow.from], &graph.nodes[arrow.to]);
        let mut style = format!("color=\"{}\"", from.service().colour().on(PAPER, if arrow.faint { 0.3 } else { 0.7 }));
        if from.region != to.region {
            style.push_str(" style=dashed penwidth=1.5");
        }
        let _ =
            writeln!(text, "  {} -> {} [{style}]", quoted(&from.address.to_string()), quoted(&to.address.to_string()));
    }
    text.push_str("}\n");
    text
}

fn definition(graph: &Graph, drawing: &Drawing, index: usize) -> String {
    let node = &graph.nodes[index];
    let service = node.service();
    let mut lines = vec![node.name(), service.full(&node.address.kind)];
    lines.extend(drawing.key_line(graph, index));
    let mut border = format!("color=\"{}\"", service.colour());
    if let Some(mark) = &node.mark {
        lines.push(mark.text.clone());
        let colour = match mark.tone {
            Tone::Good => "#1a7f37",
            Tone::Warning => "#9a6700",
            Tone::Alarm => "#cf222e",
        };
        border = format!("color=\"{colour}\" penwidth=3");
    }
    let lines: Vec<String> = lines.iter().map(|line| escape(line)).collect();
    format!(
        "{} [label=\"{}\" fillcolor=\"{}\" {border}]",
        quoted(&node.address.to_string()),
        lines.join("\\n"),
        service.colour().on(PAPER, 0.12)
    )
}

/// A text as an id, or as a label of one line.
fn quoted(text: &str) -> String {
    format!("\"{}\"", escape(text))
}

/// Within quotes: Graphviz knows `\` and, in labels, HTML's entities.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in safe(text).chars() {
        match character {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            '&' => escaped.push_str("&amp;"),
            other => escaped.push(other),
        }
    }
    escaped
}
