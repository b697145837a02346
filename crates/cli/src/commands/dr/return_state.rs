//! `provision dr return-state`.

use provision_state::{Loaded, State, Stored};

use crate::arguments::DrReturnArguments;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load;
use crate::session::{Amendment, Leased, Reach, Session, agreed, under_lock};
use crate::ui;

/// The command, for the locks.
const COMMAND: &str = "dr return-state";

/// Runs the command, under the locks of both regions. It changes the state only.
pub async fn run(arguments: &DrReturnArguments, context: &Context) -> Result<Exit, Failure> {
    let environment = load::environment(&arguments.environment)?;
    let away = Session::from_the_other_region(context, &environment).await?;
    let home = Session::in_its_region(context, environment).await?.returning();
    let (away, home) = tokio::join!(away.known(), home.known());
    let (away, home) = (&away?, &home?);
    let wait = arguments.change.lock_timeout;
    under_lock(away, COMMAND, wait, async |theirs| {
        under_lock(home, COMMAND, wait, async |ours| {
            bring_back(away, theirs, home, ours, arguments.change.yes, context).await
        })
        .await
    })
    .await
}

async fn bring_back(
    away: &Session,
    theirs: &Leased,
    home: &Session,
    ours: &Leased,
    yes: bool,
    context: &Context,
) -> Result<Exit, Failure> {
    let name = &home.environment.name;
    let Some(restored) = away.load_to_write(theirs).await?.stored() else {
        return Err(Failure::new(format!("the state of {name} was not restored elsewhere")).code("not_restored"));
    };
    if let Some(operation) = &restored.state.operation {
        return Err(Failure::new(format!("the last operation on {name} from the other region did not finish"))
            .code("unfinished")
            .hint(format!("`provision apply {name} --dr` goes on from there ({})", operation.command)));
    }
    let left = home.load_to_write(ours).await?;
    if left == Loaded::NoBucket {
        return Err(Failure::new(format!(
            "there is no bucket {} to bring the state back to",
            home.environment.state.bucket
        ))
        .code("state")
        .hint(format!("make it by hand, or go on with `--dr`: `provision plan {name} --dr`")));
    }
    let left = left.stored();
    if left.as_ref().is_some_and(|left| left.state.lineage != restored.state.lineage) {
        return Err(Failure::new(format!(
            "the state of {name} in its own region is not the one that was restored elsewhere"
        ))
        .code("state")
        .hint(format!("see `provision state list {name}` with and without --dr")));
    }
    let (before, token, kms_key) = match left {
        Some(Stored { state, token, kms_key, .. }) => (Some(state), Some(token), kms_key),
        None => (None, None, None),
    };
    let state = merged(before.clone(), restored.state, &away.reach);
    context.printer.note(&ui::state::difference(before.as_ref(), &state));
    let question = format!("Remember this, and work on {name} from {} again?", home.environment.region);
    if !agreed(home, ours, &question, yes).await? {
        return Ok(Exit::FAILED);
    }
    let key = home.key_of(&state, kms_key);
    let after = Amendment { state, token, key }.write(home, ours).await?;
    // Last: until it is gone, nothing is changed without --dr, and this command can be run again.
    away.store(None).await.retire().await?;
    context.printer.text(&ui::state::changed("Brought back", before.as_ref(), &after));
    context.printer.json(&ui::json::StateChanged::new(COMMAND, before.as_ref(), &after));
    Ok(Exit::DONE)
}

/// What was left behind, with all that was done from the other region. That cannot have touched what is in the region that was lost,
/// where on the other hand something may have been made just before, of which no copy was told.
fn merged(left: Option<State>, restored: State, reach: &Reach) -> State {
    let Some(mut state) = left else { return restored };
    for (address, record) in restored.resources {
        if !reach.is_lost(&record.region) {
            state.resources.insert(address, record);
        }
    }
    state
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeSet;

    use provision_reconciler::Record;

    use super::*;

    fn state(serial: u64, resources: &[(&str, &str, &str)]) -> State {
        let resources = resources.iter().map(|(address, region, id)| {
            let record = Record {
                kind: "s3_bucket".to_owned(),
                id: (*id).to_owned(),
                region: (*region).to_owned(),
                spec: None,
                outputs: Default::default(),
                dependencies: BTreeSet::new(),
                protect: false,
                superseded: Vec::new(),
            };
            (address.parse().unwrap(), record)
        });
        State { serial, resources: resources.collect(), ..State::new("dev") }
    }

    #[test]
    fn each_region_is_as_whoever_could_reach_it_has_left_it() {
        let left = state(
            12,
            &[
                ("s3_bucket.old", "us-east-1", "old"),
                ("s3_bucket.uncopied", "us-east-1", "uncopied"),
                ("s3_bucket.replica", "us-west-2", "before"),
                ("s3_bucket.made_last", "us-west-2", "made_last"),
            ],
        );
        let restored = state(
            14,
            &[
                ("s3_bucket.old", "us-east-1", "stale"),
                ("s3_bucket.replica", "us-west-2", "after"),
                ("s3_bucket.new", "us-west-2", "new"),
            ],
        );
        let reach = Reach::without(BTreeSet::from(["us-east-1".to_owned()]));
        let state = merged(Some(left), restored.clone(), &reach);
        let ids: Vec<_> =
            state.resources.iter().map(|(address, record)| (address.name.as_str(), record.id.as_str())).collect();
        assert_eq!(
            ids,
            [
                ("made_last", "made_last"),
                ("new", "new"),
                ("old", "old"),
                ("replica", "after"),
                ("uncopied", "uncopied")
            ]
        );
        assert_eq!(merged(None, restored.clone(), &reach), restored);
    }
}
