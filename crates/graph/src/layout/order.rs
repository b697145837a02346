//! In which order things stand in their columns: so that few arrows cross.

use crate::layout::net::Net;
use crate::layout::number;

/// How often the columns are gone through, alternately to the right and to the left.
const SWEEPS: usize = 24;
/// From how many different orders at most. Sweeps get stuck, each start elsewhere: of 32 crossings from one start, eight
/// starts leave 16 in an environment of 54 resources.
const STARTS: usize = 16;
/// How many vertices may be gone through from that many starts; with more of them it is fewer starts.
const PATIENCE: usize = 2000;

/// Orders the columns of a net. After each sweep by the mean of the neighbours, neighbours in a column change places where
/// that makes fewer crossings; the best order of all sweeps is kept.
pub fn order(net: &mut Net) {
    let start = net.columns.clone();
    let mut best = start.clone();
    let mut fewest = crossings(net);
    for attempt in 0..(PATIENCE / net.len().max(1)).clamp(1, STARTS) {
        net.columns.clone_from(&start);
        net.columns.iter_mut().for_each(|column| column.sort_by_key(|vertex| scattered(*vertex, attempt)));
        for sweep in 0..SWEEPS {
            let to_the_right = sweep % 2 == 0;
            sort_by_neighbours(net, to_the_right);
            exchange(net);
            let now = crossings(net);
            if now < fewest {
                fewest = now;
                best.clone_from(&net.columns);
            }
            if fewest == 0 {
                break;
            }
        }
    }
    net.columns = best;
    turn(net);
}

/// A number that says nothing about the vertex, for a start in another order. The first start is the vertices' own order.
fn scattered(vertex: usize, attempt: usize) -> usize {
    // Knuth's multiplicative hash.
    vertex.wrapping_mul(attempt.wrapping_mul(2_654_435_761)) & 0xffff_ffff
}

/// Turns everything upside down if more of the boxes then stand in the order of their numbers, which is that of their names.
/// The arrows cross as before.
fn turn(net: &mut Net) {
    let (mut rising, mut falling) = (0, 0);
    for column in &net.columns {
        let boxes: Vec<usize> = column.iter().copied().filter(|vertex| net.is_box(*vertex)).collect();
        for pair in boxes.windows(2) {
            if pair[0] < pair[1] { rising += 1 } else { falling += 1 }
        }
    }
    if falling > rising {
        net.columns.iter_mut().for_each(|column| column.reverse());
    }
}

/// Where each vertex stands in its column.
fn positions(net: &Net) -> Vec<usize> {
    let mut positions = vec![0; net.len()];
    for column in &net.columns {
        for (position, vertex) in column.iter().enumerate() {
            positions[*vertex] = position;
        }
    }
    positions
}

fn sort_by_neighbours(net: &mut Net, to_the_right: bool) {
    let mut position = positions(net);
    let count = net.columns.len();
    for step in 0..count {
        let index = if to_the_right { step } else { count - 1 - step };
        let neighbours = if to_the_right { &net.left } else { &net.right };
        let mean = |vertex: usize| {
            let of = &neighbours[vertex];
            // One without neighbours on that side stays where it is.
            if of.is_empty() {
                return number(position[vertex]);
            }
            of.iter().map(|neighbour| number(position[*neighbour])).sum::<f64>() / number(of.len())
        };
        let mut keyed: Vec<(f64, usize)> = net.columns[index].iter().map(|vertex| (mean(*vertex), *vertex)).collect();
        keyed.sort_by(|one, other| one.0.total_cmp(&other.0));
        for (at, (_, vertex)) in keyed.iter().enumerate() {
            position[*vertex] = at;
        }
        net.columns[index] = keyed.into_iter().map(|(_, vertex)| vertex).collect();
    }
}

/// Lets neighbours in a column change places while that makes fewer crossings.
fn exchange(net: &mut Net) {
    let mut position = positions(net);
    let mut improved = true;
    while improved {
        improved = false;
        for index in 0..net.columns.len() {
            for upper in 1..net.columns[index].len() {
                let (above, below) = (net.columns[index][upper - 1], net.columns[index][upper]);
                let count = |one: usize, other: usize| {
                    inversions(&net.left[one], &net.left[other], &position)
                        + inversions(&net.right[one], &net.right[other], &position)
                };
                if count(below, above) < count(above, below) {
                    net.columns[index].swap(upper - 1, upper);
                    position.swap(above, below);
                    improved = true;
                }
            }
        }
    }
}

/// How often the arrows of one vertex to these neighbours cross those of a vertex under it to those.
fn inversions(of_upper: &[usize], of_lower: &[usize], position: &[usize]) -> usize {
    let crossed = |upper: &usize| of_lower.iter().filter(|lower| position[**lower] < position[*upper]).count();
    of_upper.iter().map(crossed).sum()
}

/// How many pairs of arrows cross.
pub fn crossings(net: &Net) -> usize {
    let position = positions(net);
    let of_column = |column: &Vec<usize>| {
        let mut count = 0;
        for (index, upper) in column.iter().enumerate() {
            for lower in &column[index + 1..] {
                count += inversions(&net.right[*upper], &net.right[*lower], &position);
            }
        }
        count
    };
    net.columns.iter().map(of_column).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_need_not_cross_does_not() {
        // Two combs, interleaved by their numbers: 0 → 2, 4 and 1 → 3, 5.
        let mut net = Net::new(&[0, 0, 1, 1, 1, 1], &[(0, 2), (0, 4), (1, 3), (1, 5)]);
        assert!(crossings(&net) > 0);
        order(&mut net);
        assert_eq!(crossings(&net), 0);
    }

    #[test]
    fn what_must_cross_crosses_once() {
        // K(2,2).
        let mut net = Net::new(&[0, 0, 1, 1], &[(0, 2), (0, 3), (1, 2), (1, 3)]);
        order(&mut net);
        assert_eq!(crossings(&net), 1);
    }
}
