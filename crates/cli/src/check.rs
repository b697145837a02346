//! What the checks of several environments share: how they end, and whom they tell.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use provision_report::{Checked, Outcome};

use crate::arguments::{NotifyArguments, ReportArguments};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load::Several;
use crate::notify::{About, Message, Targets};
use crate::report::{Forms, Report};
use crate::session::{Memory, Seen, Session};

/// How a check ends.
pub struct Check {
    /// What is remembered of it.
    pub memory: Memory,
    forms: Forms,
    targets: Targets,
}

impl Check {
    /// What the arguments ask for. To be made before anything is looked at.
    ///
    /// # Errors
    /// If they contradict each other, or somebody cannot be told.
    pub fn new(report: &ReportArguments, notify: &NotifyArguments, context: &Context) -> Result<Self, Failure> {
        let forms = Forms::new(report, context.global.json)?;
        let NotifyArguments { notify, remember, remind_after } = notify;
        let targets = if notify.is_empty() { Targets::default() } else { Targets::new(notify)? };
        if !notify.is_empty() && targets.is_empty() {
            context.printer.warning(
                "nobody is told: --notify names nobody, and neither does PROVISION_NOTIFY; what is new is told by the next run that \
                 names somebody",
            );
        }
        let remind = Some(*remind_after).filter(|after| *after > Duration::ZERO);
        let remind = remind.and_then(|after| SignedDuration::try_from(after).ok());
        let memory = Memory { remember: *remember || !notify.is_empty(), remind };
        Ok(Self { memory, forms, targets })
    }

    /// Remembers what was seen, if it is to be, and tells whoever is to be told. Returns what went wrong.
    pub async fn remember(&self, all_seen: Vec<Seen>) -> Vec<Failure> {
        let mut failures = Vec::new();
        for seen in all_seen.into_iter().filter(|_| self.memory.remember) {
            let name = seen.session.environment.name.clone();
            let told = seen.remember(&self.targets).await;
            failures.extend(told.err().map(|failure| failure.of_environment(&name)));
        }
        failures
    }

    /// Gives the report on every environment, whether or not it could be looked at; then remembers what was seen, and tells whoever is to
    /// be told.
    ///
    /// # Errors
    /// If one could not be looked at, or it could not be told. Everything else is done all the same.
    pub async fn conclude<L, R: Report>(
        &self,
        several: Several,
        looks: Vec<Result<(L, Seen), Failure>>,
        report: impl FnOnce(Vec<Checked<L>>, Timestamp) -> R,
        context: &Context,
    ) -> Result<Exit, Failure> {
        let (mut checked, mut all_seen, mut unseen, mut failures) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let Several { environments, wrong } = several;
        for (environment, look) in environments.iter().zip(looks) {
            let outcome = match look {
                Ok((look, seen)) => {
                    all_seen.push(seen);
                    Outcome::Looked(look)
                }
                Err(failure) => {
                    let (message, hint) = (failure.to_string(), failure.first_hint().map(str::to_owned));
                    failures.push(failure.of_environment(&environment.name));
                    unseen.push((environment, message.clone()));
                    Outcome::Failed { message, hint }
                }
            };
            checked.push(Checked { name: environment.name.clone(), outcome });
        }
        for (name, failure) in wrong {
            let (message, hint) = (failure.to_string(), failure.first_hint().map(str::to_owned));
            failures.push(failure.of_environment(&name));
            checked.push(Checked { name, outcome: Outcome::Failed { message, hint } });
        }
        let report = report(checked, Timestamp::now());
        failures.extend(self.forms.give(&report, context).err());
        failures.extend(self.remember(all_seen).await);
        for (environment, error) in unseen.into_iter().filter(|_| !self.targets.is_empty()) {
            let message = Message::failed(About::new(R::CHECK, environment), &error, Timestamp::now());
            let told = Session::tell(environment, &self.targets, &message, context).await;
            failures.extend(told.err().map(|failure| failure.of_environment(&environment.name)));
        }
        match Failure::all(failures) {
            Some(failure) => Err(failure),
            None if report.is_good() => Ok(Exit::DONE),
            None => Ok(Exit::DIFFERENCES),
        }
    }
}
