//! Where everything stands: a layered layout, in columns from left to right.
//!
//! After Sugiyama, Tagawa and Toda ("Methods for visual understanding of hierarchical system structures", 1981), with what
//! our pictures want besides. Every arrow goes from one column to another; a long one is given a place in each column
//! between, so that it never runs across a box. Each region is a panel with columns of its own, panels stand side by
//! side, and within a panel everything that hangs together is laid out by itself and then moved up as far as it goes.
//!
//! 1. [`layers`]: which column.
//! 2. [`order`]: which order within a column, so that few arrows cross.
//! 3. [`place`]: which height, so that arrows are straight and nothing overlaps.
//! 4. [`pack`]: what hangs together, one under the other.
//!
//! It knows only numbers, and the same numbers always give the same layout.

mod layers;
mod net;
mod order;
mod pack;
mod place;

use crate::layout::pack::Skyline;

/// Lengths, in pixels.
pub mod measure {
    /// Between boxes of a column.
    pub const BETWEEN_BOXES: f64 = 18.0;
    /// Between a box and an arrow that passes it.
    pub const BESIDE_ARROW: f64 = 13.0;
    /// Between arrows that pass through a column.
    pub const BETWEEN_ARROWS: f64 = 9.0;
    /// Between columns: where arrows bend.
    pub const BETWEEN_COLUMNS: f64 = 56.0;
    /// Between panels, from border to border.
    pub const BETWEEN_PANELS: f64 = 40.0;
    /// From a panel's border to what is in it.
    pub const PADDING: f64 = 20.0;
    /// The narrowest column.
    pub const NARROWEST: f64 = 96.0;
}

/// A box to be placed.
#[derive(Clone, Copy, Debug)]
pub struct Item {
    /// The panel that it stands in, counted from the left.
    pub panel: usize,
    /// What its text needs. Boxes are as wide as their column.
    pub width: f64,
    /// Its height.
    pub height: f64,
    /// Whether it stands at the top of its panel, where no arrows go.
    pub aside: bool,
}

/// A rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// Its left side.
    pub x: f64,
    /// Its top.
    pub y: f64,
    /// Its width.
    pub width: f64,
    /// Its height.
    pub height: f64,
}

/// A point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
}

/// Where everything stands. The top left corner is (0, 0).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// Of each item.
    pub boxes: Vec<Rect>,
    /// Of each arrow, from where it leaves a box to where it enters one. Between the points 2n and 2n+1 it passes from
    /// column to column and may bend; between 2n+1 and 2n+2 it crosses a column at one height.
    pub routes: Vec<Vec<Point>>,
    /// Of each panel.
    pub panels: Vec<Rect>,
    /// Where, in each panel, that begins which does not stand aside.
    pub below_aside: Vec<f64>,
    /// The width of all.
    pub width: f64,
    /// The height of all.
    pub height: f64,
}

impl Rect {
    /// The right side.
    pub fn right(&self) -> f64 {
        self.x + self.width
    }

    /// The lower side.
    pub fn bottom(&self) -> f64 {
        self.y + self.height
    }

    /// The height of the middle.
    pub fn middle(&self) -> f64 {
        self.y + self.height / 2.0
    }
}

/// Lays out boxes and arrows: pairs of an item that needs something and the item that it needs, without cycles. `head` is
/// kept free at the top of each panel, and `head` again under what stands aside.
pub fn layout(items: &[Item], arrows: &[(usize, usize)], panels: usize, head: f64) -> Layout {
    let parts: Vec<pack::Part> =
        pack::parts(items, arrows).into_iter().map(|part| pack::Part::new(items, arrows, part)).collect();
    let columns = Columns::new(items, &parts, panels);
    let mut skyline = Skyline::new(&columns, items, head);
    let below_aside = skyline.below_aside();
    let parts: Vec<_> = parts.iter().map(|part| skyline.add(part)).collect();
    let (boxes_at, routes_at) = pack::gather(items.len(), arrows.len(), &parts, &skyline);
    columns.draw(items, arrows, boxes_at, &routes_at, below_aside, skyline.bottom())
}

/// The columns of all panels.
#[derive(Debug)]
struct Columns {
    /// For each panel, the index of its first column; and at the end how many there are.
    first: Vec<usize>,
    /// For each, the greatest width that a text needs, once everything has its column.
    panels: usize,
}

/// A place in a column.
#[derive(Clone, Copy, Debug)]
struct Spot {
    column: usize,
    /// The height of its middle.
    y: f64,
}

impl Columns {
    /// As many for each panel as its parts need, and enough that many small parts do not make a tower.
    fn new(items: &[Item], parts: &[pack::Part], panels: usize) -> Self {
        let mut first = vec![0];
        for panel in 0..panels {
            let deepest = parts.iter().filter_map(|part| part.depth(panel)).max().unwrap_or(1);
            let inside = || items.iter().filter(move |item| item.panel == panel);
            let area: f64 = inside()
                .map(|item| (item.width + measure::BETWEEN_COLUMNS) * (item.height + measure::BETWEEN_BOXES))
                .sum();
            let count = inside().count().max(1);
            let widest = inside().map(|item| item.width).fold(measure::NARROWEST, f64::max);
            let mut square = 1;
            while square < count && f64::from(u32::try_from(square).unwrap_or(u32::MAX)) * (widest + measure::BETWEEN_COLUMNS) < area.sqrt() {
                square += 1;
            }
            first.push(first[panel] + deepest.max(square));
        }
        Self { first, panels }
    }

    fn count(&self, panel: usize) -> usize {
        self.first[panel + 1] - self.first[panel]
    }

    fn panel_of(&self, column: usize) -> usize {
        (0..self.panels).rev().find(|panel| self.first[*panel] <= column).unwrap_or(0)
    }

    /// From columns to pixels.
    fn draw(
        &self,
        items: &[Item],
        arrows: &[(usize, usize)],
        boxes_at: Vec<Spot>,
        routes_at: &[Vec<Spot>],
        below_aside: Vec<f64>,
        bottom: f64,
    ) -> Layout {
        let mut widths = vec![measure::NARROWEST; self.first.last().copied().unwrap_or(0)];
        for (item, spot) in items.iter().zip(&boxes_at) {
            widths[spot.column] = widths[spot.column].max(item.width);
        }
        let mut lefts = Vec::with_capacity(widths.len());
        let mut panels = Vec::new();
        let mut x = 0.0;
        for panel in 0..self.panels {
            let left = x;
            x += measure::PADDING;
            for width in &widths[self.first[panel]..self.first[panel + 1]] {
                lefts.push(x);
                x += width + measure::BETWEEN_COLUMNS;
            }
            x += measure::PADDING - measure::BETWEEN_COLUMNS;
            panels.push(Rect { x: left, y: 0.0, width: x - left, height: bottom + measure::PADDING });
            x += measure::BETWEEN_PANELS;
        }
        let boxes: Vec<Rect> = items
            .iter()
            .zip(&boxes_at)
            .map(|(item, spot)| Rect {
                x: lefts[spot.column],
                y: spot.y - item.height / 2.0,
                width: widths[spot.column],
                height: item.height,
            })
            .collect();
        let routes = arrows.iter().zip(routes_at).map(|((from, to), between)| {
            let is_rightwards = boxes[*from].x < boxes[*to].x;
            let (left, right) = if is_rightwards { (from, to) } else { (to, from) };
            let mut route = vec![Point { x: boxes[*left].right(), y: boxes[*left].middle() }];
            for spot in between {
                route.push(Point { x: lefts[spot.column], y: spot.y });
                route.push(Point { x: lefts[spot.column] + widths[spot.column], y: spot.y });
            }
            route.push(Point { x: boxes[*right].x, y: boxes[*right].middle() });
            if !is_rightwards {
                route.reverse();
            }
            route
        });
        Layout {
            routes: routes.collect(),
            below_aside,
            width: (x - measure::BETWEEN_PANELS).max(0.0),
            height: bottom + measure::PADDING,
            boxes,
            panels,
        }
    }
}

#[cfg(test)]
mod tests;
