//! `provision schema`.

use crate::arguments::SchemaArguments;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load::{nearest, offline};
use crate::ui::{json_schema, schema};

/// Runs the command. It touches neither the network nor AWS.
pub fn run(arguments: &SchemaArguments, context: &Context) -> Result<Exit, Failure> {
    let catalog = offline().catalog();
    let Some(name) = &arguments.kind else {
        context.printer.text(&schema::kinds(&catalog, context.printer.style()));
        context.printer.json(&json_schema::environment(&catalog));
        return Ok(Exit::DONE);
    };
    let kind = catalog.kinds.get(name).ok_or_else(|| {
        let known: Vec<String> = catalog.kinds.keys().cloned().collect();
        let hint = match nearest(name, &known) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => format!("the kinds are: {}", known.join(", ")),
        };
        Failure::new(format!("there is no kind `{name}`")).code("arguments").exit_with(Exit::INVALID).hint(hint)
    })?;
    context.printer.text(&schema::kind(kind, context.printer.style()));
    context.printer.json(&json_schema::kind(kind));
    Ok(Exit::DONE)
}
