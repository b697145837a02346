//! Mermaid: a flowchart for Markdown.

use std::collections::BTreeSet;
use std::fmt::Write;

use provision_config::shown::safe;

use crate::drawing::{Detail, Drawing};
use crate::model::{Graph, Tone};
use crate::service::{Colour, Service};

/// The graph as a Mermaid flowchart.
pub fn render(graph: &Graph, detail: Detail) -> String {
    let drawing = Drawing::of(graph, detail);
    let ids = ids(graph);
    let mut text = format!("%% {}\nflowchart LR\n", escape(&graph.title));
    let mut clusters = Vec::new();
    for (index, region) in graph.regions.iter().enumerate() {
        clusters.push(format!("region{index}"));
        let role = if region.role.is_empty() { String::new() } else { format!(" ({})", region.role) };
        let _ = writeln!(text, "  subgraph region{index}[\"{}\"]", escape(&format!("{}{role}", region.name)));
        let inside = || (0..graph.nodes.len()).filter(|node| graph.nodes[*node].region == region.name);
        if inside().any(|node| drawing.aside[node]) {
            clusters.push(format!("keys{index}"));
            let _ = writeln!(text, "    subgraph keys{index}[\"Keys\"]");
            for node in inside().filter(|node| drawing.aside[*node]) {
                let _ = writeln!(text, "      {}", definition(graph, &drawing, &ids, node));
            }
            text.push_str("    end\n");
        }
        for node in inside().filter(|node| !drawing.aside[*node]) {
            let _ = writeln!(text, "    {}", definition(graph, &drawing, &ids, node));
        }
        text.push_str("  end\n");
    }
    for arrow in &drawing.arrows {
        let line = if arrow.faint { "-.->" } else { "-->" };
        let _ = writeln!(text, "  {} {line} {}", ids[arrow.from], ids[arrow.to]);
    }
    let services: BTreeSet<Service> = graph.nodes.iter().map(crate::Node::service).collect();
    for service in services {
        let colour = service.colour();
        let _ = writeln!(
            text,
            "  classDef {} fill:{},stroke:{colour},color:#14181f",
            service.class(),
            colour.on(Colour(0xff, 0xff, 0xff), 0.12)
        );
    }
    // The page's own colour, light or dark: the services' colours are read better on it than on a panel's.
    if !clusters.is_empty() {
        text.push_str("  classDef region fill:none,stroke:#8b949e\n");
        let _ = writeln!(text, "  class {} region", clusters.join(","));
    }
    for (tone, name, colour) in
        [(Tone::Good, "good", "#1a7f37"), (Tone::Warning, "warning", "#9a6700"), (Tone::Alarm, "alarm", "#cf222e")]
    {
        let marked =
            graph.nodes.iter().zip(&ids).filter(|(node, _)| node.mark.as_ref().is_some_and(|mark| mark.tone == tone));
        let marked: Vec<&str> = marked.map(|(_, id)| id.as_str()).collect();
        if !marked.is_empty() {
            let _ = writeln!(text, "  classDef {name} stroke:{colour},stroke-width:4px");
            let _ = writeln!(text, "  class {} {name}", marked.join(","));
        }
    }
    text
}

/// `s3_bucket_data["data<br/>S3 bucket<br/>key s3"]:::s3`.
fn definition(graph: &Graph, drawing: &Drawing, ids: &[String], index: usize) -> String {
    let node = &graph.nodes[index];
    let service = node.service();
    let mut lines = vec![node.name(), service.full(&node.address.kind)];
    lines.extend(drawing.key_line(graph, index));
    lines.extend(node.mark.as_ref().map(|mark| mark.text.clone()));
    let lines: Vec<String> = lines.iter().map(|line| escape(line)).collect();
    format!("{}[\"{}\"]:::{}", ids[index], lines.join("<br/>"), service.class())
}

/// An id for each node: its address with `_` for what ids cannot have. Two that would be the same are numbered.
fn ids(graph: &Graph) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let ids = graph.nodes.iter().map(|node| {
        let address = node.address.to_string();
        let safe = address.replace("[\"", "_").replace("\"]", "");
        let safe: String = safe.chars().map(|next| if next.is_ascii_alphanumeric() { next } else { '_' }).collect();
        let mut id = safe.clone();
        let mut number = 1;
        while !taken.insert(id.clone()) {
            number += 1;
            id = format!("{safe}_{number}");
        }
        id
    });
    ids.collect()
}

/// A text within quotes. Mermaid has entities of its own: `#quot;` for `"`.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in safe(text).chars() {
        match character {
            '#' => escaped.push_str("#35;"),
            '"' => escaped.push_str("#quot;"),
            '&' => escaped.push_str("#amp;"),
            '<' => escaped.push_str("#lt;"),
            '>' => escaped.push_str("#gt;"),
            '`' => escaped.push_str("#96;"),
            '\\' => escaped.push_str("#92;"),
            other => escaped.push(other),
        }
    }
    escaped
}
