//! `provision graph`.

use std::fs;
use std::path::Path;

use provision_graph::Detail;

use crate::arguments::{GraphArguments, GraphFormat};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load;
use crate::ui::{self, json, table};

/// Runs the command. It touches neither the network nor AWS.
pub fn run(arguments: &GraphArguments, context: &Context) -> Result<Exit, Failure> {
    let format = format(arguments, context.global.json)?;
    let environment = load::environment(&arguments.environment)?;
    let graph = ui::graph::of(&environment)?;
    let detail = if arguments.all { Detail::All } else { Detail::Readable };
    let text = match format {
        GraphFormat::Mermaid => graph.mermaid(detail),
        GraphFormat::Dot => graph.dot(detail),
        GraphFormat::Svg => graph.svg(detail),
    };
    match &arguments.out {
        None => context.printer.text(&text),
        Some(path) => {
            fs::write(path, text).map_err(|error| Failure::io("write", path, &error))?;
            let resources = table::count(graph.nodes().len(), "resource", "resources");
            let dependencies = table::count(graph.edges().len(), "dependency", "dependencies");
            context.printer.note(&format!("Drawn: {resources} and {dependencies}, in {}.", path.display()));
        }
    }
    context.printer.json(&json::Graph::new(&environment.name, &graph));
    Ok(Exit::DONE)
}

/// What to draw it as: as the person says, else as the file's name does.
fn format(arguments: &GraphArguments, is_json: bool) -> Result<GraphFormat, Failure> {
    let invalid = |message: String| Failure::new(message).code("arguments").exit_with(Exit::INVALID);
    match (arguments.format, &arguments.out) {
        (Some(_), None) if is_json => Err(invalid("--json and --format both say what stdout is to be".to_owned())
            .hint("leave one of them out, or say with --out where the drawing goes")),
        (Some(format), _) => Ok(format),
        (None, None) => Ok(GraphFormat::Mermaid),
        (None, Some(path)) => by_extension(path).ok_or_else(|| {
            invalid(format!("{} does not say what the graph is to be drawn as", path.display()))
                .hint("name it .mmd, .dot or .svg, or say --format mermaid, dot or svg")
        }),
    }
}

fn by_extension(path: &Path) -> Option<GraphFormat> {
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "mmd" | "mermaid" => Some(GraphFormat::Mermaid),
        "dot" | "gv" => Some(GraphFormat::Dot),
        "svg" => Some(GraphFormat::Svg),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_name_says_what_it_is() {
        let of = |name: &str| by_extension(Path::new(name));
        assert_eq!(of("docs/graph.svg"), Some(GraphFormat::Svg));
        assert_eq!(of("GRAPH.SVG"), Some(GraphFormat::Svg));
        assert_eq!(of("g.mmd"), of("g.mermaid"));
        assert_eq!(of("g.gv"), Some(GraphFormat::Dot));
        assert_eq!(of("graph.png"), None);
        assert_eq!(of("svg"), None);
    }
}
