//! Which column each box stands in.

/// The layer of each of `count` boxes within its panel, from the left: what needs something stands left of what it needs,
/// if both are in one panel. Arrows are pairs of indices.
pub fn layers(panel: &[usize], arrows: &[(usize, usize)]) -> Vec<usize> {
    let count = panel.len();
    let mut layer = longest_paths(panel, arrows);
    let mut deepest = vec![0; panel.iter().max().map_or(0, |last| last + 1)];
    for index in 0..count {
        deepest[panel[index]] = deepest[panel[index]].max(layer[index]);
    }
    let mut left = vec![Vec::new(); count];
    let mut right = vec![Vec::new(); count];
    for (from, to) in arrows {
        // Between panels it is the panels that say what is left of what.
        let (from, to) = if panel[*from] <= panel[*to] { (*from, *to) } else { (*to, *from) };
        left[to].push(from);
        right[from].push(to);
    }
    // Now shorten the arrows: what has more of them on one side goes there as far as it may. Every move makes them shorter
    // altogether, so this ends.
    let mut moved = true;
    while moved {
        moved = false;
        for index in 0..count {
            let beside = |others: &[usize]| -> Vec<usize> {
                others.iter().filter(|other| panel[**other] == panel[index]).map(|other| layer[*other]).collect()
            };
            let to = match left[index].len().cmp(&right[index].len()) {
                std::cmp::Ordering::Less => {
                    beside(&right[index]).into_iter().min().map_or(deepest[panel[index]], |nearest| nearest - 1)
                }
                std::cmp::Ordering::Greater => beside(&left[index]).into_iter().max().map_or(0, |nearest| nearest + 1),
                std::cmp::Ordering::Equal => layer[index],
            };
            moved |= to != layer[index];
            layer[index] = to;
        }
    }
    layer
}

/// The length of the longest way to each box within its panel.
fn longest_paths(panel: &[usize], arrows: &[(usize, usize)]) -> Vec<usize> {
    let mut layer = vec![0; panel.len()];
    let inside: Vec<_> = arrows.iter().filter(|(from, to)| panel[*from] == panel[*to]).collect();
    // Without cycles, no way is longer than there are boxes.
    for _ in 0..panel.len() {
        let mut moved = false;
        for (from, to) in &inside {
            if layer[*to] <= layer[*from] {
                layer[*to] = layer[*from] + 1;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    layer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_something_stands_left_of_it_and_near() {
        // 0 → 1 → 2, and 3 → 2: 3 stands right before 2.
        assert_eq!(layers(&[0; 4], &[(0, 1), (1, 2), (3, 2)]), [0, 1, 2, 1]);
    }

    #[test]
    fn what_is_needed_from_the_next_panel_stands_near_it() {
        // 0 → 1 → 2 in the first panel, 3 → 4 across.
        assert_eq!(layers(&[0, 0, 0, 0, 1], &[(0, 1), (1, 2), (3, 4)]), [0, 1, 2, 2, 0]);
    }

    #[test]
    fn an_arrow_back_to_an_earlier_panel_is_no_constraint() {
        assert_eq!(layers(&[0, 1, 1], &[(1, 0), (1, 2)]), [0, 0, 1]);
    }
}
