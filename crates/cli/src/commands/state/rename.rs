//! `provision state mv`.

use std::collections::BTreeSet;
use std::time::Duration;

use provision_config::Address;
use provision_state::{Loaded, State};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load;
use crate::session::{Amendment, Session, never_applied, under_lock};
use crate::ui;

/// Runs the command. It changes the state only: the tag that names the address is brought up to date by the next apply, as any
/// other tag that is not as it should be.
pub async fn run(
    environment: &str,
    (from, to): (&str, &str),
    wait: Duration,
    context: &Context,
) -> Result<Exit, Failure> {
    let (from, to): (Address, Address) = (from.parse()?, to.parse()?);
    let session = &Session::identify(context, load::environment(environment)?).await?;
    under_lock(session, "state mv", wait, async |leased| {
        let Loaded::Present(stored) = session.load_to_write(leased).await? else {
            return Err(never_applied(&session.environment.name));
        };
        let before = stored.state;
        let mut state = before.clone();
        rename(&mut state, &from, &to)?;
        let key = session.key_of(&state, stored.kms_key);
        let after = Amendment { state, token: Some(stored.token), key }.write(session, leased).await?;
        context.printer.text(&ui::state::changed(&format!("{from} is now {to}"), Some(&before), &after));
        context.printer.json(&ui::json::StateChanged::new("state mv", Some(&before), &after));
        if !session.environment.resources.contains_key(&to) {
            context.printer.warning(&format!("the file has no {to}; unless it gets one, the next apply deletes it"));
        }
        if session.environment.resources.contains_key(&from) {
            context.printer.warning(&format!("the file still has {from}; the next apply makes another one of it"));
        }
        Ok(Exit::DONE)
    })
    .await
}

/// Lets what is remembered as `from` be remembered as `to`, wherever it is named.
fn rename(state: &mut State, from: &Address, to: &Address) -> Result<(), Failure> {
    let refuse =
        |message: String, hint: &str| Err(Failure::new(message).code("address").exit_with(Exit::INVALID).hint(hint));
    if from.kind != to.kind {
        return refuse(format!("{from} is of another kind than {to}"), "only the name and the key can be changed");
    }
    if state.resources.contains_key(to) {
        return refuse(
            format!("there is a {to} in the state already"),
            "choose another name, or `provision state rm` that one",
        );
    }
    // What that run may have made carries the tags of the old address, and would not be looked for there any more.
    let intent = state.operation.as_ref().and_then(|operation| operation.intents.get(from));
    if state.resources.contains_key(from) && intent.is_some_and(|intent| !intent.done) {
        return refuse(
            format!("an interrupted run was changing {from}, and may have made another one in its place"),
            "run `provision apply` with the old name first; it finds what was made",
        );
    }
    let Some(record) = state.resources.remove(from) else {
        return Err(load::no_such_resource(from, state.resources.keys()));
    };
    state.resources.insert(to.clone(), record);
    let renamed = |needs: &mut BTreeSet<Address>| {
        if needs.remove(from) {
            needs.insert(to.clone());
        }
    };
    for record in state.resources.values_mut() {
        renamed(&mut record.dependencies);
        record.superseded.iter_mut().for_each(|one| renamed(&mut one.dependencies));
    }
    // An interrupted run's intent would be looked for under the old address, though that was done.
    if let Some(operation) = &mut state.operation
        && let Some(intent) = operation.intents.remove(from)
    {
        operation.intents.insert(to.clone(), intent);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
