//! At which height things stand in their columns: so that arrows are short and straight, and nothing overlaps.

use crate::layout::measure;
use crate::layout::net::Net;

/// How often the columns are gone through.
const ROUNDS: usize = 80;
/// How much more the part of an arrow between two columns that it passes wants to be straight than its ends.
const STRAIGHT: f64 = 6.0;

/// The height of the middle of each vertex, given the boxes' heights. The order within the columns is kept.
///
/// The sum of the squares of what arrows rise or fall is made small, column by column: with its neighbours fixed, the best
/// heights of a column that keep their distances are an isotonic regression, which pooling adjacent violators solves
/// exactly.
pub fn place(net: &Net, heights: &[f64]) -> Vec<f64> {
    let mut y = vec![0.0; net.len()];
    for column in &net.columns {
        let mut at = 0.0;
        for (index, vertex) in column.iter().enumerate() {
            if index > 0 {
                at += distance(net, heights, column[index - 1], *vertex);
            }
            y[*vertex] = at;
        }
        // Columns begin centred.
        for vertex in column {
            y[*vertex] -= at / 2.0;
        }
    }
    let count = net.columns.len();
    for round in 0..ROUNDS {
        for step in 0..count {
            let index = if round % 2 == 0 { step } else { count - 1 - step };
            settle(net, heights, &net.columns[index], &mut y);
        }
    }
    y
}

/// The best heights of a column, all others being fixed.
fn settle(net: &Net, heights: &[f64], column: &[usize], y: &mut [f64]) {
    let mut wishes = Vec::with_capacity(column.len());
    let mut offsets = Vec::with_capacity(column.len());
    let mut offset = 0.0;
    for (index, vertex) in column.iter().enumerate() {
        if index > 0 {
            offset += distance(net, heights, column[index - 1], *vertex);
        }
        let (mut sum, mut weight) = (0.0, 0.0);
        for neighbour in net.left[*vertex].iter().chain(&net.right[*vertex]) {
            let passes = !net.is_box(*vertex) && !net.is_box(*neighbour);
            let pull = if passes { STRAIGHT } else { 1.0 };
            sum += pull * y[*neighbour];
            weight += pull;
        }
        let wish = if weight > 0.0 { sum / weight } else { y[*vertex] };
        wishes.push((wish - offset, weight.max(0.01)));
        offsets.push(offset);
    }
    for ((vertex, value), offset) in column.iter().zip(isotonic(&wishes)).zip(offsets) {
        y[*vertex] = value + offset;
    }
}

/// The values that never fall and are nearest to the wishes, by weighted squares.
fn isotonic(wishes: &[(f64, f64)]) -> Vec<f64> {
    // Blocks of neighbours that share a value: value, weight, how many.
    let mut blocks: Vec<(f64, f64, usize)> = Vec::with_capacity(wishes.len());
    for (wish, weight) in wishes {
        let mut block = (*wish, *weight, 1);
        while let Some(before) = blocks.pop_if(|before| before.0 > block.0) {
            let weight = before.1 + block.1;
            block = ((before.0 * before.1 + block.0 * block.1) / weight, weight, before.2 + block.2);
        }
        blocks.push(block);
    }
    blocks.into_iter().flat_map(|(value, _, count)| std::iter::repeat_n(value, count)).collect()
}

/// How far the middles of two neighbours in a column must be apart.
fn distance(net: &Net, heights: &[f64], above: usize, below: usize) -> f64 {
    let half = |vertex: usize| if net.is_box(vertex) { heights[vertex] / 2.0 } else { 0.0 };
    let between = match (net.is_box(above), net.is_box(below)) {
        (true, true) => measure::BETWEEN_BOXES,
        (false, false) => measure::BETWEEN_ARROWS,
        _ => measure::BESIDE_ARROW,
    };
    half(above) + between + half(below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_that_contradict_the_order_meet_in_the_middle() {
        assert_eq!(isotonic(&[(1.0, 1.0), (5.0, 1.0), (3.0, 1.0), (9.0, 1.0)]), [1.0, 4.0, 4.0, 9.0]);
        assert_eq!(isotonic(&[(4.0, 3.0), (0.0, 1.0)]), [3.0, 3.0]);
    }

    #[test]
    fn a_chain_is_straight_and_neighbours_keep_their_distance() {
        // 0 → 1 → 2 with 0 → 3 under 1.
        let net = Net::new(&[0, 1, 2, 1], &[(0, 1), (1, 2), (0, 3)]);
        let y = place(&net, &[40.0; 4]);
        assert!(y[3] - y[1] >= 40.0 + measure::BETWEEN_BOXES - 1e-9);
        assert!((y[1] - y[2]).abs() < 1.0, "{y:?}");
    }
}
