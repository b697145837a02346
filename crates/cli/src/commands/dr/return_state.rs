//! `provision dr return-state`.

mod merge;

use provision_reconciler::execute::Standing;
use provision_state::{Loaded, Operation, State, Store, Stored};

use crate::arguments::DrReturnArguments;
use crate::commands::state::REBUILD;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load;
use crate::session::{Amendment, Leased, Session, agreed, under_lock};
use crate::ui;

use merge::merged;

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
    let Some(restored) = away.load_to_write(theirs).await?.stored() else { return Err(away.not_restored()) };
    if let Some(operation) = restored.state.operation.as_ref().filter(|operation| !operation.is_restoration()) {
        return Err(Failure::new(format!("the last operation on {name} from the other region did not finish"))
            .code("unfinished")
            .hint(format!("`provision apply {name} --dr` goes on from there ({})", operation.command)));
    }
    let (left, base) = tokio::join!(home.load_to_write(ours), base(away));
    let left = left?;
    if left == Loaded::NoBucket {
        return Err(Failure::new(format!(
            "there is no bucket {} to bring the state back to",
            home.environment.state.bucket
        ))
        .code("state")
        .hint(format!("make it by hand, or go on with `--dr`: `provision plan {name} --dr`")));
    }
    let Base { state: base, made_anew } = base?;
    let left = left.stored();
    if !made_anew && left.as_ref().is_some_and(|left| left.state.lineage != restored.state.lineage) {
        return Err(Failure::new(format!(
            "the state of {name} in its own region is not the one that was restored elsewhere"
        ))
        .code("state")
        .hint(format!(
            "compare `provision state list {name}` with and without --dr; the one that is wrong can be made anew: \
             `provision state rebuild {name} --from-tags`, with or without --dr"
        )));
    }
    if base.is_none() && left.is_some() {
        context.printer.warning(
            "how the state was restored is not kept any more: what was forgotten since then by `state rm` or `state mv` is \
             remembered again",
        );
    }
    let (before, token, kms_key) = match left {
        Some(Stored { state, token, kms_key, .. }) => (Some(state), Some(token), kms_key),
        None => (None, None, None),
    };
    let known = base.map(|base| base.resources).unwrap_or_default();
    let state = match &before {
        Some(left) => merged(left, &known, &restored.state, &away.reach)?,
        None => restored.state,
    };
    context.printer.note(&ui::state::difference(before.as_ref(), &state));
    let question = format!("Remember this, and work on {name} from {} again?", home.environment.state.bucket_region);
    let said = tokio::select! {
        said = agreed(home, ours, &question, yes) => said?,
        () = theirs.permit.withdrawn() => false,
    };
    if !said {
        return Ok(Exit::FAILED);
    }
    still_held(theirs)?;
    let key = home.key_of(&state, kms_key);
    let after = Amendment { state, token, key }.write(home, ours).await?;
    // Last: until it is gone, nothing is changed without --dr, and this command can be run again.
    still_held(theirs)?;
    away.store(None).await.retire(&restored.token).await?;
    context.printer.text(&ui::state::changed("Brought back", before.as_ref(), &after));
    context.printer.json(&ui::json::StateChanged::new(COMMAND, before.as_ref(), &after));
    Ok(Exit::DONE)
}

/// Both locks are needed until the end: with that of the other region lost, somebody may write there what would then be given up.
fn still_held(theirs: &Leased) -> Result<(), Failure> {
    match theirs.permit.standing() {
        Standing::Good => Ok(()),
        Standing::Interrupted => Err(Failure::new("stopped before the state was brought back")),
        Standing::LeaseLost => {
            Err(Failure::new("the lock of the other region was lost before the state was brought back")
                .code("lock_lost")
                .hint("run the same command again"))
        }
    }
}

/// What was worked on from the other region, as it was to begin with.
struct Base {
    /// `None` if that is not kept any more.
    state: Option<State>,
    /// Whether it was made anew there, since there was no copy: its lineage says nothing then.
    made_anew: bool,
}

/// The oldest version of the restored state since it was last brought back, if it is the one that was restored.
async fn base(away: &Session) -> Result<Base, Failure> {
    let store = away.store(None).await;
    let versions = store.history().await?;
    let since = versions.iter().take_while(|version| version.size.is_some()).last();
    let first = match since {
        Some(version) => store.load_version(&version.id).await?.stored().map(|stored| stored.state),
        None => None,
    };
    let command = first.as_ref().and_then(|state| state.author.as_ref()).map(|author| author.command.clone());
    let made_anew = command.as_deref() == Some(REBUILD);
    let is_first = made_anew || command.as_deref() == Some(Operation::RESTORATION);
    Ok(Base { state: first.filter(|_| is_first), made_anew })
}
