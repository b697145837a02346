//! What makes `provision drift` and `provision dr check` run by themselves: a [`Schedule`] in, the files of a scheduler
//! out. Text only: nothing is written, called or asked, not even the clock.
//!
//! It is a crate of its own because it knows nothing of AWS or of the program's inside, only its command line, and
//! because what it writes is judged by other people's programs: its tests give each file to the scheduler's own
//! checker, and run the commands that stand in it.
//!
//! Five schedulers are known ([`Target`]). What goes for all of them:
//!
//! - **A file is right as it stands.** What differs between places is an option with a default, or comes from the
//!   platform's own store of variables and secrets. There is nothing to fill in.
//! - **Found something and could not look are two things.** Exit code 2 says that the check ran well and found
//!   something; anything else that is not 0 says that it did not run well. Each scheduler shows both, in its own words,
//!   and neither as the other.
//! - **Secrets stay out.** Webhook addresses are often secrets. Unless [`Schedule::notify`] names targets, the program
//!   is called with `--notify` alone and reads them from the variable `PROVISION_NOTIFY`, which the platform fills from
//!   its store. If it does not, nobody is told, and what is new waits for a run that names somebody.
//! - **What cannot be written safely is refused**, all of it at once ([`Schedule::problems`]), and what is written is
//!   quoted by the rules of its place (`quote`).
//! - **Not at the full hour.** Without a time of day the minutes follow from what is watched, the same every time
//!   ([`Times`]).

mod command;
mod crontab;
mod every;
mod github;
mod jenkins;
mod kubernetes;
mod problem;
mod quote;
mod schedule;
mod systemd;
mod target;
mod times;
mod words;

pub use every::{Every, EveryError};
pub use problem::{Problem, Problems};
pub use schedule::{Job, Schedule, Which};
pub use target::{File, Target};
pub use times::Times;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
