//! Gives what is generated to the schedulers' own checkers, and runs the commands that stand in it.
//!
//! Checkers from Python's registry are installed by the tests and always run. Those that come with the system run if
//! they are there; with `PROVISION_REQUIRE_CHECKERS=1` they have to be. On Debian they are the packages `systemd`,
//! `cron`, `groovy` with a Java, and `nodejs` with `npm`.
//!
//! Every checker is also given something broken, to see that it does complain.

#![allow(clippy::unwrap_used)]

use provision_schedule::{Every, Job, Schedule, Which};

mod checkers;
mod crontab;
mod github;
mod jenkins;
mod kubernetes;
mod odd;
#[path = "../../src/samples.rs"]
mod samples;
mod stub;
mod support;
mod systemd;
mod times;
mod yaml;
