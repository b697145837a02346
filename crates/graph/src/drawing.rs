//! What of a graph is drawn as what: the same for every form.

use crate::model::Graph;

/// How much of a graph is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// What a person wants to see: keys stand on what they encrypt, and what follows from other arrows is left out.
    #[default]
    Readable,
    /// An arrow for every dependency.
    All,
}

/// What of a graph is drawn as what. Everything is by index into [`Graph::nodes`].
#[derive(Debug)]
pub struct Drawing {
    /// The arrows: what needs, and what it needs.
    pub arrows: Vec<Arrow>,
    /// For each node, the keys that stand on it.
    pub keys: Vec<Vec<usize>>,
    /// For each node, whether it is a key that no arrow touches: it stands with the other keys.
    pub aside: Vec<bool>,
}

/// An arrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrow {
    /// What needs something.
    pub from: usize,
    /// What it needs.
    pub to: usize,
    /// Whether it says nothing that is worth much ink.
    pub faint: bool,
}

impl Drawing {
    /// What is drawn of a graph.
    pub fn of(graph: &Graph, detail: Detail) -> Self {
        let mut drawing = Self {
            arrows: Vec::new(),
            keys: vec![Vec::new(); graph.nodes.len()],
            aside: graph.nodes.iter().map(|node| detail == Detail::Readable && node.is_key()).collect(),
        };
        for edge in &graph.edges {
            let to_key = graph.nodes[edge.to].is_key();
            match detail {
                Detail::Readable if to_key => drawing.keys[edge.from].push(edge.to),
                Detail::Readable if edge.implied => {}
                _ => drawing.arrows.push(Arrow { from: edge.from, to: edge.to, faint: to_key || edge.implied }),
            }
        }
        for arrow in &drawing.arrows {
            drawing.aside[arrow.from] = false;
        }
        drawing
    }

    /// What stands on a node for its keys: the key's name, or how many there are.
    pub fn key_label(&self, graph: &Graph, node: usize) -> Option<String> {
        match self.keys[node].as_slice() {
            [] => None,
            [key] => Some(graph.nodes[*key].name()),
            several => Some(format!("{} keys", several.len())),
        }
    }

    /// The same as a line among others, which has to say that it is about keys.
    pub fn key_line(&self, graph: &Graph, node: usize) -> Option<String> {
        let label = self.key_label(graph, node)?;
        Some(if self.keys[node].len() == 1 { format!("key {label}") } else { label })
    }
}
