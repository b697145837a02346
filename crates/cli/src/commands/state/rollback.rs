//! `provision state rollback`.

use std::collections::BTreeSet;

use provision_state::State;

use super::rebuild::{Current, put};
use crate::arguments::StateChange;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load;
use crate::session::{Past, Rebuilt, Session, rebuild, under_lock};

/// How many versions are gone through for the one that is asked for.
const VERSIONS: usize = 1000;

/// Runs the command. It changes the state only.
///
/// An earlier state knows nothing of what was made since. So it is brought up to date with what AWS has, and what only the
/// present state knows stays remembered: nothing that exists is forgotten.
pub async fn run(environment: &str, version: &str, change: &StateChange, context: &Context) -> Result<Exit, Failure> {
    let session = &Session::identify(context, load::environment(environment)?).await?;
    under_lock(session, "state rollback", change.lock_timeout, async |leased| {
        let current = Current::load(session, leased).await?;
        let past = session.history(VERSIONS).await?;
        let target = choose(&past, version)?;
        let mut from = target.clone();
        if let Some(current) = &current.state {
            keep(&mut from, current);
        }
        let Rebuilt { mut state, key } = rebuild(session, leased, from).await?;
        state.serial = past.iter().filter_map(Past::state).map(|state| state.serial).fold(state.serial, u64::max);
        put(session, leased, context, "state rollback", current, (state, key), change.yes).await
    })
    .await
}

/// The state with this version id or this serial.
fn choose<'a>(past: &'a [Past], version: &str) -> Result<&'a State, Failure> {
    let serial: Option<u64> = version.parse().ok();
    let by_id = past.iter().find(|past| past.version.id == version);
    // Of one serial there is a single state, as long as nobody puts older ones back by hand.
    let by_serial = || past.iter().find(|past| past.state().is_some_and(|state| Some(state.serial) == serial));
    let Some(found) = by_id.or_else(by_serial) else {
        return Err(Failure::new(format!("the state has no version or serial `{version}`"))
            .code("state")
            .exit_with(Exit::INVALID)
            .hint("`provision state history` lists them"));
    };
    found.state().ok_or_else(|| {
        Failure::new(format!("version {version} is no state that can be used")).code("state").hint(
            "`provision state history` tells which can; `provision state rebuild` makes it anew from what AWS has",
        )
    })
}

/// Keeps what only the present state knows, unless the earlier one knows it by another address.
fn keep(earlier: &mut State, current: &State) {
    let known: BTreeSet<(&str, &str)> =
        earlier.resources.values().map(|it| (it.kind.as_str(), it.id.as_str())).collect();
    let kept: Vec<_> = current
        .resources
        .iter()
        .filter(|(address, it)| {
            !earlier.resources.contains_key(*address) && !known.contains(&(it.kind.as_str(), it.id.as_str()))
        })
        .map(|(address, record)| (address.clone(), record.clone()))
        .collect();
    earlier.resources.extend(kept);
}

#[cfg(test)]
mod tests;
