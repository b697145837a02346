#![allow(clippy::unwrap_used)]

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::samples;

const HEIGHT: f64 = 40.0;
/// Coordinates are sums of many numbers.
const ROUNDING: f64 = 1e-6;

/// Items, arrows without cycles, and how many panels.
type World = (Vec<Item>, Vec<(usize, usize)>, usize);

fn worlds() -> impl Strategy<Value = World> {
    let item = (0..3_usize, 30.0..240.0_f64, any::<bool>());
    let pair = (any::<prop::sample::Index>(), any::<prop::sample::Index>());
    (1..4_usize, vec(item, 1..=100), vec(pair, 0..160)).prop_map(|(panels, items, pairs)| {
        let index = |pair: (prop::sample::Index, prop::sample::Index)| {
            let (one, other) = (pair.0.index(items.len()), pair.1.index(items.len()));
            (one.min(other), one.max(other))
        };
        // Always from the smaller number to the greater: so there are no cycles.
        let mut arrows: Vec<_> = pairs.into_iter().map(index).filter(|(from, to)| from != to).collect();
        arrows.sort_unstable();
        arrows.dedup();
        let is_alone = |index: usize| arrows.iter().all(|(from, to)| *from != index && *to != index);
        let items = items.iter().enumerate().map(|(index, (panel, width, aside))| Item {
            panel: panel % panels,
            width: *width,
            height: HEIGHT,
            aside: *aside && is_alone(index),
        });
        (items.collect(), arrows.clone(), panels)
    })
}

fn laid_out((items, arrows, panels): &World) -> Layout {
    layout(items, arrows, &vec![Panel { narrowest: 120.0 }; *panels], 40.0, 15.0)
}

fn overlap(one: &Rect, other: &Rect) -> bool {
    one.x + ROUNDING < other.right()
        && other.x + ROUNDING < one.right()
        && one.y + ROUNDING < other.y + other.height
        && other.y + ROUNDING < one.y + one.height
}

/// The rectangle that has these corners.
fn spanned(one: Point, other: Point) -> Rect {
    Rect {
        x: one.x.min(other.x),
        y: one.y.min(other.y),
        width: (one.x - other.x).abs(),
        height: (one.y - other.y).abs().max(0.1),
    }
}

fn check(world: &World) -> Result<(), TestCaseError> {
    let (items, arrows, _) = world;
    let layout = laid_out(world);
    for (index, one) in layout.boxes.iter().enumerate() {
        prop_assert!(one.width + ROUNDING >= items[index].width, "a box is as wide as its text needs");
        for other in &layout.boxes[index + 1..] {
            prop_assert!(!overlap(one, other), "{one:?} {other:?}");
        }
        let panel = layout.panels[items[index].panel];
        prop_assert!(
            one.x >= panel.x
                && one.right() <= panel.right() + ROUNDING
                && one.y + ROUNDING >= 40.0
                && one.y + one.height <= panel.height + ROUNDING,
            "{one:?} is not in {panel:?}"
        );
        prop_assert!(items[index].aside == (one.y + one.height < layout.top), "{one:?}");
    }
    for pair in layout.panels.windows(2) {
        prop_assert!(pair[0].right() + measure::BETWEEN_PANELS <= pair[1].x + ROUNDING);
    }
    prop_assert!(layout.panels.iter().all(|panel| panel.right() <= layout.width && panel.height <= layout.height));
    for ((from, to), route) in arrows.iter().zip(&layout.routes) {
        if items[*from].panel == items[*to].panel {
            prop_assert!(layout.boxes[*from].right() < layout.boxes[*to].x, "what is needed stands to the right");
        }
        for pair in route.windows(2) {
            let passed = spanned(pair[0], pair[1]);
            let hit = layout.boxes.iter().find(|other| overlap(&passed, other));
            prop_assert!(hit.is_none(), "{from} → {to} runs across {hit:?} on its way {route:?}");
        }
    }
    prop_assert_eq!(&layout, &laid_out(world), "the same again");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn nothing_overlaps_and_no_arrow_runs_across_a_box(world in worlds()) {
        check(&world)?;
    }
}

#[test]
fn a_crowd_is_laid_out_too() {
    // Each of a hundred needs the next, the one ten further and the first's last: the longest chain there can be.
    let item = |index: usize| Item { panel: index / 70, width: 100.0, height: HEIGHT, aside: false };
    let mut arrows = Vec::new();
    for from in 0..100 {
        arrows.extend([from + 1, from + 10, 99].into_iter().filter(|to| *to < 100 && *to > from).map(|to| (from, to)));
    }
    arrows.sort_unstable();
    arrows.dedup();
    check(&((0..100).map(item).collect(), arrows, 2)).unwrap();
}

#[test]
fn nothing_at_all_is_laid_out_too() {
    assert_eq!(layout(&[], &[], &[], 40.0, 15.0), Layout { height: 60.0, top: 40.0, ..Layout::default() });
}

#[test]
fn many_that_have_nothing_to_do_with_each_other_make_no_tower() {
    let items = vec![Item { panel: 0, width: 120.0, height: HEIGHT, aside: false }; 60];
    let layout = laid_out(&(items, Vec::new(), 1));
    let shape = layout.width / layout.height;
    assert!((0.5..2.5).contains(&shape), "{} by {}", layout.width, layout.height);
}

/// How many pairs of arrows cross between two columns.
fn crossings(layout: &Layout) -> usize {
    let bends = |route: &Vec<Point>| route.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect::<Vec<_>>();
    let mut count = 0;
    for (index, one) in layout.routes.iter().enumerate() {
        for other in &layout.routes[index + 1..] {
            for (start, end) in bends(one) {
                let same_gap = |bend: &&(Point, Point)| bend.0.x == start.x && bend.1.x == end.x;
                count += bends(other)
                    .iter()
                    .filter(same_gap)
                    .filter(|bend| (bend.0.y - start.y) * (bend.1.y - end.y) < 0.0)
                    .count();
            }
        }
    }
    count
}

#[test]
fn few_arrows_cross_in_a_real_environment() {
    let graph = samples::large();
    let drawing = crate::drawing::Drawing::of(&graph, crate::Detail::Readable);
    let arrows: Vec<_> = drawing.arrows.iter().map(|arrow| (arrow.from, arrow.to)).collect();
    let items = graph.nodes.iter().zip(&drawing.aside).map(|(node, aside)| Item {
        panel: graph.region_of(node),
        width: 150.0,
        height: HEIGHT,
        aside: *aside,
    });
    let layout = laid_out(&(items.collect(), arrows, 2));
    // Nine of them cannot be helped: three endpoints need the same two subnets and one group.
    assert!(crossings(&layout) <= 18, "{}", crossings(&layout));
}
