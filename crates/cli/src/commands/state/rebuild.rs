//! `provision state rebuild`.

use provision_state::{Loaded, State, Store, Token};

use crate::arguments::StateChange;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load;
use crate::session::{Amendment, Leased, Past, Rebuilt, Session, agreed, rebuild, under_lock};
use crate::ui;

/// The command, for the lock and the history.
pub const COMMAND: &str = "state rebuild";
/// How many versions are gone through for one that can be read.
const VERSIONS: usize = 50;

/// What there is to begin with.
pub(super) struct Current {
    /// The state, if it can be read.
    pub state: Option<State>,
    /// Stands for what is there, if that can be read.
    pub token: Option<Token>,
    /// The key that it is encrypted with.
    pub kms_key: Option<String>,
    /// Why it cannot be read.
    pub damage: Option<Failure>,
}

/// Runs the command. It changes the state only.
pub async fn run(environment: &str, from_tags: bool, change: &StateChange, context: &Context) -> Result<Exit, Failure> {
    let session = &Session::identify(context, load::environment(environment)?).await?;
    under_lock(session, COMMAND, change.lock_timeout, async |leased| {
        let current = Current::load(session, leased).await?;
        if let Some(damage) = &current.damage {
            context.printer.note(&ui::errors::render(damage, context.printer.error_style()));
        }
        let past = session.history(VERSIONS).await?;
        let earlier = past.iter().find_map(Past::state);
        let from = match current.state.as_ref().or(earlier).filter(|_| !from_tags) {
            Some(state) => state.clone(),
            None => State::new(&session.environment.name),
        };
        let Rebuilt { mut state, key } = rebuild(session, leased, from).await?;
        state.serial = past.iter().filter_map(Past::state).map(|state| state.serial).fold(state.serial, u64::max);
        put(session, leased, context, COMMAND, current, (state, key), change.yes).await
    })
    .await
}

impl Current {
    /// Reads the state, and whatever is in its place.
    pub async fn load(session: &Session, leased: &Leased) -> Result<Self, Failure> {
        let nothing = Self { state: None, token: None, kms_key: None, damage: None };
        let error = match session.load_to_write_or_mend(leased).await? {
            Ok(Loaded::Present(stored)) => {
                let token = Some(stored.token);
                return Ok(Self { state: Some(stored.state), token, kms_key: stored.kms_key, damage: None });
            }
            Ok(Loaded::Absent { .. }) => return Ok(nothing),
            Ok(Loaded::NoBucket) => {
                let bucket = &session.environment.state.bucket;
                return Err(Failure::new(format!("there is no bucket {bucket} to keep the state in"))
                    .code("state")
                    .hint("`provision apply` makes it, and finds by name and tags what there is"));
            }
            Err(error) => error,
        };
        Ok(Self { damage: Some(error.into()), ..nothing })
    }
}

/// Shows what would be remembered, asks, and writes it.
pub(super) async fn put(
    session: &Session,
    leased: &Leased,
    context: &Context,
    command: &'static str,
    current: Current,
    (state, key): (State, Option<String>),
    yes: bool,
) -> Result<Exit, Failure> {
    let before = current.state.as_ref();
    if before.is_some_and(|before| before.operation.is_none() && before.resources == state.resources) {
        context.printer.text(&format!("The state of {} is as it should be.\n", session.environment.name));
        context.printer.json(&ui::json::StateChanged::new(command, before, &state));
        return Ok(Exit::DONE);
    }
    context.printer.note(&ui::state::difference(before, &state));
    if !agreed(session, leased, "Remember this? Nothing in AWS changes.", yes).await? {
        return Ok(Exit::FAILED);
    }
    let token = match current.token.filter(|token| token.lineage == state.lineage) {
        Some(token) => Some(token),
        // Damaged, or of another lineage: it is what was seen that is replaced, whatever it is.
        None => session.store(None).await.token_of_any(state.lineage).await?,
    };
    let key = key.or(current.kms_key);
    let after = Amendment { state, token, key }.write(session, leased).await?;
    context.printer.text(&ui::state::changed("Written", before, &after));
    context.printer.json(&ui::json::StateChanged::new(command, before, &after));
    Ok(Exit::DONE)
}
