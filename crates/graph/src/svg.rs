//! The picture.

mod boxes;
mod style;
mod text;

use std::fmt::Write;

use crate::drawing::{Detail, Drawing};
use crate::layout::{Item, Layout, Panel, Point, Rect, layout, measure, number};
use crate::model::{Graph, Region};
use crate::service::Service;
use crate::svg::boxes::Content;
use crate::svg::text::{BOLD, escape, fitted, width, wrapped};

/// From the picture's edge to what is in it.
const MARGIN: f64 = 24.0;
/// The title.
const TITLE: f64 = 24.0;
/// A line under it.
const CAPTION_LINE: f64 = 16.0;
/// A line of the legend.
const LEGEND_LINE: f64 = 24.0;
/// A panel's title.
const HEAD: f64 = 46.0;
/// The word above its keys.
const HEADING: f64 = 14.0;
/// The narrowest picture: the lines at the top want to be read too.
const NARROWEST: f64 = 620.0;
/// Half the height of an arrow's head.
const ARROW_HEAD: f64 = 3.6;
/// The length of an arrow's head.
const ARROW_LENGTH: f64 = 8.0;

/// The graph as SVG.
pub fn render(graph: &Graph, detail: Detail) -> String {
    let drawing = Drawing::of(graph, detail);
    let contents: Vec<Content> = (0..graph.nodes.len()).map(|node| Content::of(graph, &drawing, node)).collect();
    let items: Vec<Item> = graph
        .nodes
        .iter()
        .zip(&contents)
        .zip(&drawing.aside)
        .map(|((node, content), aside)| Item {
            panel: graph.region_of(node),
            width: content.width(),
            height: boxes::HEIGHT,
            aside: *aside,
        })
        .collect();
    let arrows: Vec<(usize, usize)> = drawing.arrows.iter().map(|arrow| (arrow.from, arrow.to)).collect();
    let panels: Vec<Panel> = graph.regions.iter().map(|region| Panel { narrowest: title_width(region) }).collect();
    let layout = layout(&items, &arrows, &panels, HEAD, HEADING);

    let inner = layout.width.max(NARROWEST);
    let caption = wrapped(&caption(graph, &drawing, detail), 12.0, inner);
    let legend = Legend::new(graph, inner, TITLE + number(caption.len()) * CAPTION_LINE + 12.0);
    let top = legend.bottom();
    let (page_width, page_height) = (inner + 2.0 * MARGIN, top + layout.height + 2.0 * MARGIN);
    let services = services(graph);

    let mut svg = String::new();
    let mut line = |text: String| {
        svg.push_str(&text);
        svg.push('\n');
    };
    line(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"pg\" role=\"graphics-document document\" \
         viewBox=\"0 0 {page_width:.0} {page_height:.0}\" width=\"{page_width:.0}\" height=\"{page_height:.0}\">"
    ));
    line(format!("<title>{}</title>", escape(&graph.title)));
    line(format!("<desc>{}</desc>", escape(&description(graph))));
    line(format!("<style>\n{}</style>", style::sheet(&services)));
    line(format!("<rect class=\"pg-page\" width=\"{page_width:.0}\" height=\"{page_height:.0}\"/>"));
    line(format!("<g transform=\"translate({MARGIN:.0} {MARGIN:.0})\">"));
    let title = fitted(&graph.title, 20.0 * BOLD, inner);
    line(format!("<text class=\"pg-title\" x=\"0\" y=\"18\">{}</text>", escape(&title)));
    for (index, text) in caption.iter().enumerate() {
        let y = TITLE + (number(index) + 1.0) * CAPTION_LINE - 2.0;
        line(format!("<text class=\"pg-note\" x=\"0\" y=\"{y:.0}\">{}</text>", escape(text)));
    }
    line(legend.render());
    line("</g>".to_owned());
    line(format!("<g transform=\"translate({MARGIN:.0} {:.0})\">", MARGIN + top));
    for (index, panel) in layout.panels.iter().enumerate() {
        line(render_panel(graph, &drawing, &layout, index, *panel));
    }
    // Arrows lie under boxes, the faint ones under the others.
    let mut order: Vec<usize> = (0..arrows.len()).collect();
    order.sort_by_key(|arrow| !drawing.arrows[*arrow].faint);
    for index in order {
        line(render_arrow(graph, &drawing, index, &layout.routes[index]));
    }
    for (index, rect) in layout.boxes.iter().enumerate() {
        line(contents[index].render(&graph.nodes[index], *rect));
    }
    line("</g>".to_owned());
    line("</svg>".to_owned());
    svg
}

/// The services of a graph, by name.
fn services(graph: &Graph) -> Vec<Service> {
    let mut services: Vec<Service> = graph.nodes.iter().map(crate::Node::service).collect();
    services.sort_unstable();
    services.dedup();
    services
}

fn description(graph: &Graph) -> String {
    let regions = graph.regions.iter().map(|region| {
        let count = graph.nodes.iter().filter(|node| node.region == region.name).count();
        let role = if region.role.is_empty() { String::new() } else { format!(" ({})", region.role) };
        format!("{count} in {}{role}", region.name)
    });
    format!(
        "Dependency graph of {} resources: {}. Each box's title says what it needs.",
        graph.nodes.len(),
        regions.collect::<Vec<_>>().join(", ")
    )
}

fn caption(graph: &Graph, drawing: &Drawing, detail: Detail) -> String {
    let count =
        |number: usize, one: &str, several: &str| format!("{number} {}", if number == 1 { one } else { several });
    let mut caption = format!(
        "{}, {}. An arrow leads to what a resource needs",
        count(graph.nodes.len(), "resource", "resources"),
        count(graph.edges.len(), "dependency", "dependencies")
    );
    if detail == Detail::Readable {
        if drawing.keys.iter().any(|keys| !keys.is_empty()) {
            caption.push_str("; a key's name on a box, to that key");
        }
        if graph.edges.iter().any(|edge| edge.implied) {
            caption.push_str("; what follows from other arrows is left out");
        }
    }
    caption.push('.');
    caption
}

fn render_panel(graph: &Graph, drawing: &Drawing, layout: &Layout, index: usize, panel: Rect) -> String {
    let region = &graph.regions[index];
    let (x, y) = (panel.x + measure::PADDING, panel.y);
    let mut text = format!(
        "<g><rect class=\"pg-panel\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"12\"/>\
         <text class=\"pg-region\" x=\"{x:.1}\" y=\"{:.1}\">{}</text>",
        panel.x,
        panel.y,
        panel.width,
        panel.height,
        y + 27.0,
        escape(&region.name)
    );
    if !region.role.is_empty() {
        let _ = write!(
            text,
            "<text class=\"pg-note\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            x + role_after(region),
            y + 27.0,
            escape(&region.role)
        );
    }
    let has_keys = graph.nodes.iter().zip(&drawing.aside).any(|(node, aside)| *aside && node.region == region.name);
    if has_keys {
        let below = layout.top - measure::BETWEEN_BOXES;
        let _ = write!(
            text,
            "<text class=\"pg-heading\" x=\"{x:.1}\" y=\"{:.1}\">Keys</text>\
             <path class=\"pg-rule\" d=\"M{x:.1} {below:.1}H{:.1}\"/>",
            y + HEAD + 6.0,
            panel.right() - measure::PADDING
        );
    }
    text.push_str("</g>");
    text
}

/// Where a region's role begins, from where its name does.
fn role_after(region: &Region) -> f64 {
    width(&region.name, 15.0) * BOLD + 12.0
}

fn title_width(region: &Region) -> f64 {
    role_after(region) + width(&region.role, 12.0)
}

fn render_arrow(graph: &Graph, drawing: &Drawing, index: usize, route: &[Point]) -> String {
    let arrow = drawing.arrows[index];
    let (from, to) = (&graph.nodes[arrow.from], &graph.nodes[arrow.to]);
    let mut classes = format!("pg-arrow pg-{}", from.service().class());
    if arrow.faint {
        classes.push_str(" pg-faint");
    }
    if from.region != to.region {
        classes.push_str(" pg-across");
    }
    let title = escape(&format!("{} needs {}", from.address, to.address));
    format!("<g class=\"{classes}\"><title>{title}</title>{}</g>", paths(route))
}

/// A smooth line along a route, and the head at its end.
fn paths(route: &[Point]) -> String {
    let (Some(start), Some(tip)) = (route.first(), route.last()) else { return String::new() };
    let direction = if tip.x >= start.x { 1.0 } else { -1.0 };
    let mut path = format!("M{:.1} {:.1}", start.x, start.y);
    let last = route.len() - 1;
    for (index, pair) in route.windows(2).enumerate() {
        let (here, mut next) = (pair[0], pair[1]);
        if index + 1 == last {
            next.x -= ARROW_LENGTH * direction;
        }
        if index % 2 == 1 || (here.y - next.y).abs() < 0.05 {
            let _ = write!(path, "L{:.1} {:.1}", next.x, next.y);
        } else {
            let bend = (next.x - here.x) * 0.55;
            let _ = write!(
                path,
                "C{:.1} {:.1} {:.1} {:.1} {:.1} {:.1}",
                here.x + bend,
                here.y,
                next.x - bend,
                next.y,
                next.x,
                next.y
            );
        }
    }
    let back = tip.x - ARROW_LENGTH * direction;
    format!(
        "<path class=\"pg-line\" d=\"{path}\"/><path class=\"pg-head\" d=\"M{:.1} {:.1}L{back:.1} {:.1}L{back:.1} {:.1}Z\"/>",
        tip.x,
        tip.y,
        tip.y - ARROW_HEAD,
        tip.y + ARROW_HEAD
    )
}

/// What colour is which service.
struct Legend {
    /// The services with how many resources each has, and where its entry stands.
    entries: Vec<(Service, usize, Point)>,
}

impl Legend {
    fn new(graph: &Graph, inner: f64, top: f64) -> Self {
        let (mut x, mut y) = (0.0, top);
        let mut entries = Vec::new();
        for service in services(graph) {
            let count = graph.nodes.iter().filter(|node| node.service() == service).count();
            let wide = boxes::chip_width(service) + 8.0 + width(&count.to_string(), 12.0) + 16.0;
            if x > 0.0 && x + wide > inner {
                (x, y) = (0.0, y + LEGEND_LINE);
            }
            entries.push((service, count, Point { x, y }));
            x += wide;
        }
        Self { entries }
    }

    fn bottom(&self) -> f64 {
        self.entries.last().map_or(TITLE, |(_, _, at)| at.y + LEGEND_LINE + 6.0)
    }

    fn render(&self) -> String {
        let mut text = String::from("<g>");
        for (service, count, at) in &self.entries {
            let _ = write!(
                text,
                "<g class=\"pg-{}\">{}<text class=\"pg-note\" x=\"{:.1}\" y=\"{:.1}\">{count}</text></g>",
                service.class(),
                boxes::chip(*service, at.x, at.y),
                at.x + boxes::chip_width(*service) + 6.0,
                at.y + 11.5
            );
        }
        text.push_str("</g>");
        text
    }
}
