//! `provision state rm`.

use provision_config::Address;
use provision_state::{Loaded, State};

use crate::arguments::StateChange;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load;
use crate::session::{Amendment, Session, agreed, never_applied, under_lock};
use crate::ui;

/// Runs the command. It changes the state only; what it forgets stays in AWS, with its tags.
pub async fn run(
    environment: &str,
    addresses: &[String],
    change: &StateChange,
    context: &Context,
) -> Result<Exit, Failure> {
    let addresses = addresses.iter().map(|address| address.parse()).collect::<Result<Vec<Address>, _>>()?;
    let session = &Session::identify(context, load::environment(environment)?).await?;
    under_lock(session, "state rm", change.lock_timeout, async |leased| {
        let Loaded::Present(stored) = session.load_to_write(leased).await? else {
            return Err(never_applied(&session.environment.name));
        };
        let before = stored.state;
        let mut state = before.clone();
        for address in &addresses {
            forget(&mut state, address)?;
        }
        let names = addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        if let Some(address) = addresses.iter().find(|address| session.environment.resources.contains_key(*address)) {
            context.printer.warning(&format!(
                "the file still has {address}; the next apply finds it by its name or its tags and remembers it again"
            ));
        }
        let question = format!("Forget {names}? Nothing in AWS changes, and nothing looks after it any more.");
        if !agreed(session, leased, &question, change.yes).await? {
            return Ok(Exit::FAILED);
        }
        let key = session.key_of(&before, stored.kms_key);
        let after = Amendment { state, token: Some(stored.token), key }.write(session, leased).await?;
        context.printer.text(&ui::state::changed(&format!("Forgot {names}"), Some(&before), &after));
        context.printer.json(&ui::json::StateChanged::new("state rm", Some(&before), &after));
        Ok(Exit::DONE)
    })
    .await
}

/// Forgets a resource. That others need it stays remembered: it is not gone.
fn forget(state: &mut State, address: &Address) -> Result<(), Failure> {
    if state.resources.remove(address).is_none() {
        return Err(load::no_such_resource(address, state.resources.keys()));
    }
    // Else what an interrupted run meant to make would be looked for, found, and deleted as no longer wanted.
    if let Some(operation) = &mut state.operation {
        operation.intents.remove(address);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
