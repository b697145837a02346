//! From columns to pixels: how wide everything is, and where arrows leave their boxes.

use crate::layout::{Columns, Item, Layout, Panel, Point, Rect, Spot, measure, number};

/// Columns and panels in pixels, with the boxes in them.
pub struct Drawn {
    boxes: Vec<Rect>,
    /// The left and the right side of each column.
    sides: Vec<(f64, f64)>,
    panels: Vec<Rect>,
    /// Where that begins which does not stand aside.
    top: f64,
}

impl Drawn {
    /// With the boxes that have a spot there, and above them what stands aside.
    pub fn new(
        items: &[Item],
        panels: &[Panel],
        columns: &Columns,
        spots: Vec<Option<Spot>>,
        head: f64,
        heading: f64,
    ) -> Self {
        let mut widths = vec![measure::NARROWEST; columns.total()];
        for (item, spot) in items.iter().zip(&spots) {
            if let Some(spot) = spot {
                widths[spot.column] = widths[spot.column].max(item.width);
            }
        }
        let mut drawn = Self {
            boxes: vec![Rect::default(); items.len()],
            sides: Vec::with_capacity(widths.len()),
            panels: Vec::with_capacity(panels.len()),
            top: head,
        };
        let mut left = 0.0;
        for (index, panel) in panels.iter().enumerate() {
            let mut x = left + measure::PADDING;
            for width in &widths[columns.of(index)] {
                drawn.sides.push((x, x + width));
                x += width + measure::BETWEEN_COLUMNS;
            }
            let room = (x - measure::BETWEEN_COLUMNS - left - measure::PADDING).max(panel.narrowest);
            let width = drawn.set_aside(
                items,
                index,
                Rect { x: left + measure::PADDING, y: head + heading, width: room, height: 0.0 },
            );
            drawn.panels.push(Rect { x: left, y: 0.0, width: width + 2.0 * measure::PADDING, height: 0.0 });
            left += width + 2.0 * measure::PADDING + measure::BETWEEN_PANELS;
        }
        for ((item, spot), place) in items.iter().zip(spots).zip(&mut drawn.boxes) {
            if let Some(Spot { column, y }) = spot {
                let (x, right) = drawn.sides[column];
                *place = Rect { x, y: drawn.top + y - item.height / 2.0, width: right - x, height: item.height };
            }
        }
        drawn
    }

    /// Sets what stands aside in a panel into rows, from the top left of this room. How wide the room must be.
    fn set_aside(&mut self, items: &[Item], panel: usize, room: Rect) -> f64 {
        let aside: Vec<usize> =
            (0..items.len()).filter(|index| items[*index].aside && items[*index].panel == panel).collect();
        let width = aside.iter().map(|index| items[*index].width).fold(0.0, f64::max);
        let height = aside.iter().map(|index| items[*index].height).fold(0.0, f64::max);
        let (mut x, mut y) = (room.x, room.y);
        for (count, index) in aside.iter().enumerate() {
            if count > 0 && x + width > room.right() {
                (x, y) = (room.x, y + height + measure::BETWEEN_BOXES);
            }
            self.boxes[*index] = Rect { x, y, width, height: items[*index].height };
            x += width + measure::BETWEEN_BOXES;
        }
        if !aside.is_empty() {
            self.top = self.top.max(y + height + 2.0 * measure::BETWEEN_BOXES);
        }
        room.width.max(width)
    }

    /// With the arrows, each given what it passes.
    pub fn finish(mut self, arrows: &[(usize, usize)], passed: &[Vec<Spot>], bottom: f64) -> Layout {
        let height = self.top + bottom + measure::PADDING;
        for panel in &mut self.panels {
            panel.height = height;
        }
        let ports = self.ports(arrows, passed);
        let routes = arrows.iter().zip(passed).zip(ports).map(|(((from, to), passed), port)| {
            let (from, to) = (self.boxes[*from], self.boxes[*to]);
            let is_rightwards = from.x < to.x;
            let mut route = Vec::with_capacity(2 * passed.len() + 2);
            for spot in passed {
                let (left, right) = self.sides[spot.column];
                route.extend([left, right].map(|x| Point { x, y: self.top + spot.y }));
            }
            if !is_rightwards {
                route.reverse();
            }
            let (leave, enter) = if is_rightwards { (from.right(), to.x) } else { (from.x, to.right()) };
            route.insert(0, Point { x: leave, y: port });
            route.push(Point { x: enter, y: to.middle() });
            route
        });
        Layout {
            routes: routes.collect(),
            width: self.panels.last().map_or(0.0, Rect::right),
            height,
            top: self.top,
            boxes: self.boxes,
            panels: self.panels,
        }
    }

    /// At which height each arrow leaves its box: one beside the other, so that each can be followed with the eye. Where
    /// they arrive they meet.
    fn ports(&self, arrows: &[(usize, usize)], passed: &[Vec<Spot>]) -> Vec<f64> {
        // Of one box: the arrows of one side, from the one that goes up most.
        let next = |index: usize| {
            let (from, to) = arrows[index];
            let is_rightwards = self.boxes[from].x < self.boxes[to].x;
            let first = if is_rightwards { passed[index].first() } else { passed[index].last() };
            (from, is_rightwards, first.map_or(self.boxes[to].middle(), |spot| self.top + spot.y))
        };
        let mut order: Vec<(usize, (usize, bool, f64))> = (0..arrows.len()).map(|index| (index, next(index))).collect();
        order.sort_by(|(_, one), (_, other)| (one.0, one.1).cmp(&(other.0, other.1)).then(one.2.total_cmp(&other.2)));
        let mut ports = vec![0.0; arrows.len()];
        for side in order.chunk_by(|(_, one), (_, other)| (one.0, one.1) == (other.0, other.1)) {
            let from = self.boxes[side[0].1.0];
            let gaps = side.windows(2).count().max(1);
            let apart = (from.height * 0.6 / number(gaps)).min(measure::BETWEEN_ARROWS);
            let mut y = from.middle() - apart * number(side.len() - 1) / 2.0;
            for (index, _) in side {
                ports[*index] = y;
                y += apart;
            }
        }
        ports
    }
}
