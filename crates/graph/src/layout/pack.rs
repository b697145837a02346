//! What hangs together is laid out by itself; then the parts are set one under the other, each as high as it goes.

use petgraph::unionfind::UnionFind;

use crate::layout::layers::layers;
use crate::layout::net::Net;
use crate::layout::order::order;
use crate::layout::place::place;
use crate::layout::{Columns, Item, Spot, measure};

/// Boxes that hang together, laid out by themselves.
#[derive(Debug)]
pub struct Part {
    /// The items.
    items: Vec<usize>,
    /// The arrows.
    arrows: Vec<usize>,
    /// The panel of each item.
    panel: Vec<usize>,
    /// The layer of each item within its panel.
    layer: Vec<usize>,
    /// The arrows as pairs of indices into `items`.
    pairs: Vec<(usize, usize)>,
    /// The items' heights.
    heights: Vec<f64>,
}

/// A part in its columns.
#[derive(Debug)]
pub struct Placed {
    /// Where each of its items stands.
    pub items: Vec<(usize, Spot)>,
    /// What places each of its arrows passes, from left to right.
    pub arrows: Vec<(usize, Vec<Spot>)>,
}

/// How far down each column is filled.
#[derive(Debug)]
pub struct Skyline {
    bottoms: Vec<f64>,
}

/// The items and arrows that hang together, the greatest number of items first. What stands aside is in none.
pub fn parts(items: &[Item], arrows: &[(usize, usize)]) -> Vec<(Vec<usize>, Vec<usize>)> {
    let mut together = UnionFind::<usize>::new(items.len());
    for (from, to) in arrows {
        together.union(*from, *to);
    }
    let mut parts: Vec<(usize, Vec<usize>, Vec<usize>)> = Vec::new();
    for (index, _) in items.iter().enumerate().filter(|(_, item)| !item.aside) {
        let root = together.find(index);
        match parts.iter_mut().find(|part| part.0 == root) {
            Some(part) => part.1.push(index),
            None => parts.push((root, vec![index], Vec::new())),
        }
    }
    for (index, (from, _)) in arrows.iter().enumerate() {
        let root = together.find(*from);
        if let Some(part) = parts.iter_mut().find(|part| part.0 == root) {
            part.2.push(index);
        }
    }
    parts.sort_by_key(|part| std::cmp::Reverse(part.1.len()));
    parts.into_iter().map(|(_, items, arrows)| (items, arrows)).collect()
}

impl Part {
    /// A part of all items and arrows, each box in its layer.
    pub fn new(all: &[Item], arrows: &[(usize, usize)], (items, of): (Vec<usize>, Vec<usize>)) -> Self {
        let panel: Vec<usize> = items.iter().map(|item| all[*item].panel).collect();
        let local = |item: usize| items.binary_search(&item).unwrap_or(0);
        let pairs: Vec<_> = of.iter().map(|arrow| (local(arrows[*arrow].0), local(arrows[*arrow].1))).collect();
        let heights = items.iter().map(|item| all[*item].height).collect();
        Self { layer: layers(&panel, &pairs), items, arrows: of, panel, pairs, heights }
    }

    /// How many columns it needs in a panel. `None` if it has nothing there.
    pub fn depth(&self, panel: usize) -> Option<usize> {
        self.panel.iter().zip(&self.layer).filter(|(of, _)| **of == panel).map(|(_, layer)| layer + 1).max()
    }

    /// The column of each item, so many to the right of the leftmost that there can be.
    fn columns(&self, columns: &Columns, shift: usize) -> Vec<usize> {
        let first = self.panel.iter().min().copied().unwrap_or(0);
        let is_across = self.panel.iter().any(|panel| *panel != first);
        self.panel
            .iter()
            .zip(&self.layer)
            .map(|(panel, layer)| {
                // What goes on in another panel stands as near to it as can be.
                let free = columns.of(*panel).len() - self.depth(*panel).unwrap_or(1);
                let shift = match (is_across, *panel == first) {
                    (true, true) => free,
                    (true, false) => 0,
                    (false, _) => shift,
                };
                columns.of(*panel).start + shift + layer
            })
            .collect()
    }

    /// In how many ways it can be shifted.
    fn shifts(&self, columns: &Columns) -> usize {
        let mut panels = self.panel.clone();
        panels.sort_unstable();
        panels.dedup();
        match panels.as_slice() {
            [panel] => columns.of(*panel).len() - self.depth(*panel).unwrap_or(1) + 1,
            _ => 1,
        }
    }
}

impl Skyline {
    /// So many empty columns.
    pub fn new(columns: usize) -> Self {
        Self { bottoms: vec![0.0; columns] }
    }

    /// The lower end of all.
    pub fn bottom(&self) -> f64 {
        (self.bottoms.iter().copied().fold(0.0, f64::max) - measure::BETWEEN_BOXES).max(0.0)
    }

    /// Sets a part where it reaches down least, of such places the leftmost.
    pub fn add(&mut self, part: &Part, columns: &Columns) -> Placed {
        let lowest = |tried: &(Vec<f64>, Placed)| tried.0.iter().copied().fold(0.0, f64::max);
        let mut best = self.tried(part, columns, 0);
        for shift in 1..part.shifts(columns) {
            let tried = self.tried(part, columns, shift);
            if lowest(&tried) < lowest(&best) {
                best = tried;
            }
        }
        for (filled, bottom) in self.bottoms.iter_mut().zip(best.0) {
            *filled = filled.max(bottom);
        }
        best.1
    }

    /// A part at a shift, and how far down it would fill the columns.
    fn tried(&self, part: &Part, columns: &Columns, shift: usize) -> (Vec<f64>, Placed) {
        let column = part.columns(columns, shift);
        let mut net = Net::new(&column, &part.pairs);
        order(&mut net);
        let mut y = place(&net, &part.heights);
        let half =
            |vertex: usize| if net.is_box(vertex) { part.heights[vertex] / 2.0 } else { measure::BETWEEN_ARROWS };
        // Down until it touches nothing above it in any column.
        let mut down = f64::NEG_INFINITY;
        for (index, column) in net.columns.iter().enumerate() {
            if let Some(top) = column.first() {
                down = down.max(self.bottoms[index] - (y[*top] - half(*top)));
            }
        }
        y.iter_mut().for_each(|y| *y += down);
        let bottom =
            |column: &Vec<usize>| column.last().map_or(0.0, |last| y[*last] + half(*last) + measure::BETWEEN_BOXES);
        let bottoms = net.columns.iter().map(bottom).collect();
        let mut column_of = vec![0; net.len()];
        for (index, column) in net.columns.iter().enumerate() {
            column.iter().for_each(|vertex| column_of[*vertex] = index);
        }
        let spot = |vertex: usize| Spot { column: column_of[vertex], y: y[vertex] };
        let items = part.items.iter().enumerate().map(|(vertex, item)| (*item, spot(vertex))).collect();
        let route = |passed: &Vec<usize>| passed.iter().map(|vertex| spot(*vertex)).collect();
        let arrows = part.arrows.iter().zip(&net.passed).map(|(arrow, passed)| (*arrow, route(passed))).collect();
        (bottoms, Placed { items, arrows })
    }
}
