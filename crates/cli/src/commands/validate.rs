//! `provision validate`.

use std::path::PathBuf;

use provision_config::Environment;

use crate::arguments::ValidateArguments;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load;
use crate::ui::{json, table};

/// Runs the command. It touches neither the network nor AWS.
pub fn run(arguments: &ValidateArguments, context: &Context) -> Result<Exit, Failure> {
    let (mut valid, mut invalid) = (Vec::new(), Vec::new());
    for name in &arguments.environments {
        match load::file(name) {
            Ok(found) => valid.push(found),
            Err(failure) => invalid.push(failure),
        }
    }
    context.printer.text(&render(&valid));
    match Failure::all(invalid) {
        None => {
            context.printer.json(&json::Validated::new(&valid));
            Ok(Exit::DONE)
        }
        Some(failure) => Err(failure),
    }
}

/// `environments/dev.toml is valid: 9 resources`, for each.
fn render(valid: &[(PathBuf, Environment)]) -> String {
    let lines = valid.iter().map(|(path, environment)| {
        let count = table::count(environment.resources.len(), "resource", "resources");
        format!("{} is valid: {count}\n", path.display())
    });
    lines.collect()
}
