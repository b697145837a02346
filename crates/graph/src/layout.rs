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
//! 5. [`draw`]: how wide the columns are, and where arrows leave their boxes.
//!
//! It knows only numbers, and the same numbers always give the same layout.

mod draw;
mod layers;
mod net;
mod order;
mod pack;
mod place;

use crate::layout::draw::Drawn;
use crate::layout::pack::{Part, Skyline};

/// Lengths, in pixels.
pub mod measure {
    /// Between boxes of a column.
    pub const BETWEEN_BOXES: f64 = 18.0;
    /// Between a box and an arrow that passes it.
    pub const BESIDE_ARROW: f64 = 13.0;
    /// Between arrows that pass through a column.
    pub const BETWEEN_ARROWS: f64 = 9.0;
    /// Between columns: where arrows bend.
    pub const BETWEEN_COLUMNS: f64 = 50.0;
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
    /// Where that begins which does not stand aside.
    pub top: f64,
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

    /// The height of the middle.
    pub fn middle(&self) -> f64 {
        self.y + self.height / 2.0
    }
}

/// A panel to be filled.
#[derive(Clone, Copy, Debug)]
pub struct Panel {
    /// The least room between its paddings, as for a title.
    pub narrowest: f64,
}

/// Lays out boxes and arrows: pairs of an item that needs something and the item that it needs, without cycles. At the top
/// of each panel `head` is kept free, and `heading` above what stands aside.
pub fn layout(items: &[Item], arrows: &[(usize, usize)], panels: &[Panel], head: f64, heading: f64) -> Layout {
    let parts: Vec<Part> = pack::parts(items, arrows).into_iter().map(|part| Part::new(items, arrows, part)).collect();
    let columns = Columns::new(items, &parts, panels.len());
    let mut skyline = Skyline::new(columns.total());
    let mut spots = vec![None; items.len()];
    let mut passed = vec![Vec::new(); arrows.len()];
    for part in &parts {
        let placed = skyline.add(part, &columns);
        for (item, spot) in placed.items {
            spots[item] = Some(spot);
        }
        for (arrow, between) in placed.arrows {
            passed[arrow] = between;
        }
    }
    Drawn::new(items, panels, &columns, spots, head, heading).finish(arrows, &passed, skyline.bottom())
}

/// The columns of all panels.
#[derive(Debug)]
struct Columns {
    /// The index of each panel's first column, and at the end how many columns there are.
    first: Vec<usize>,
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
    fn new(items: &[Item], parts: &[Part], panels: usize) -> Self {
        let mut first = vec![0];
        for panel in 0..panels {
            let deepest = parts.iter().filter_map(|part| part.depth(panel)).max().unwrap_or(1);
            let inside: Vec<&Item> = items.iter().filter(|item| item.panel == panel && !item.aside).collect();
            let wide =
                inside.iter().map(|item| item.width).fold(measure::NARROWEST, f64::max) + measure::BETWEEN_COLUMNS;
            let area: f64 = inside.iter().map(|item| wide * (item.height + measure::BETWEEN_BOXES)).sum();
            let mut square = 1;
            let mut reached = wide;
            while square < inside.len() && reached < area.sqrt() {
                square += 1;
                reached += wide;
            }
            first.push(first[panel] + deepest.max(square));
        }
        Self { first }
    }

    /// The columns of a panel.
    fn of(&self, panel: usize) -> std::ops::Range<usize> {
        self.first[panel]..self.first[panel + 1]
    }

    fn total(&self) -> usize {
        self.first.last().copied().unwrap_or(0)
    }
}

/// A count as a length.
#[expect(clippy::cast_precision_loss, reason = "how many things are in a picture, far below 2^52")]
pub fn number(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
