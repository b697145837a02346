//! `provision output`.

use std::collections::BTreeMap;

use provision_config::Address;
use serde_json::{Map, Value};

use crate::arguments::OutputArguments;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load;
use crate::session::Session;
use crate::ui;

/// The outputs of resources, by address.
type Outputs = BTreeMap<Address, Map<String, Value>>;

/// Runs the command. It reads the state only.
pub async fn run(arguments: &OutputArguments, context: &Context) -> Result<Exit, Failure> {
    let environment = load::environment(&arguments.environment)?;
    let state = Session::state(context, environment).await?;
    let all: Outputs = state.resources.into_iter().map(|(address, record)| (address, record.outputs)).collect();
    let chosen = match &arguments.address {
        Some(wanted) => choose(&all, wanted)?,
        None => all,
    };
    if arguments.raw {
        let mut values = chosen.values().flat_map(Map::values);
        let (Some(value), None) = (values.next(), values.next()) else {
            return Err(Failure::new("`--raw` prints one output, but the address names several")
                .exit_with(Exit::INVALID)
                .hint("name one, as in `s3_bucket.data.arn`"));
        };
        context.printer.raw(&value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        return Ok(Exit::DONE);
    }
    context.printer.text(&ui::output::render(&chosen));
    context.printer.json(&ui::json::Outputs::new(&state.environment, &chosen));
    Ok(Exit::DONE)
}

/// The outputs of one resource, or one of them: `kind.name` or `kind.name.output`.
fn choose(all: &Outputs, wanted: &str) -> Result<Outputs, Failure> {
    if let Ok(address) = wanted.parse::<Address>() {
        let outputs = all.get(&address).ok_or_else(|| load::no_such_resource(&address, all.keys()))?;
        return Ok(Outputs::from([(address, outputs.clone())]));
    }
    let reference: provision_config::unknown::Reference = wanted.parse()?;
    let outputs = all.get(&reference.address).ok_or_else(|| load::no_such_resource(&reference.address, all.keys()))?;
    let value = outputs.get(&reference.output).ok_or_else(|| {
        let names: Vec<&str> = outputs.keys().map(String::as_str).collect();
        Failure::new(format!("{} has no output `{}`", reference.address, reference.output))
            .exit_with(Exit::INVALID)
            .hint(format!("it has: {}", names.join(", ")))
    })?;
    Ok(Outputs::from([(reference.address, Map::from_iter([(reference.output, value.clone())]))]))
}
