//! At which minutes and hours.

use crate::schedule::{Schedule, Which};

/// When a schedule runs: in UTC, or in the time zone of a machine whose cron knows no other.
///
/// The minute is never 0, when schedulers are busiest (GitHub says of its own that runs are delayed and dropped at the
/// start of an hour), unless a time of day with that minute was asked for. It follows from what is watched: the job,
/// the schedule's name, the environments' names and the region. So different environments are read at different times,
/// and the files are the same however often they are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Times {
    /// The minutes of an hour, ascending.
    pub minutes: Vec<u8>,
    /// The hours of a day, ascending; `None` for all of them.
    pub hours: Option<Vec<u8>>,
}

impl Times {
    /// The times of a schedule.
    pub fn of(schedule: &Schedule) -> Self {
        let every = schedule.every;
        if let Some((hour, minute)) = every.time() {
            return Self { minutes: vec![minute], hours: Some(vec![hour]) };
        }
        let seed = seed(schedule);
        let period = every.minutes();
        if period <= 60 {
            let first = 1 + pick(seed, period - 1);
            return Self { minutes: (first..60).step_by(usize::from(period)).filter_map(small).collect(), hours: None };
        }
        let minute = 1 + pick(seed, 59);
        let first = pick(seed.rotate_left(32), period / 60);
        let hours = (first..24).step_by(usize::from(period / 60)).filter_map(small).collect();
        Self { minutes: small(minute).into_iter().collect(), hours: Some(hours) }
    }

    /// As a cron expression of five fields: numbers and commas only, which every cron reads alike.
    pub fn cron(&self) -> String {
        let hours = self.hours.as_ref().map_or("*".to_owned(), |hours| list(hours, |hour| hour.to_string()));
        format!("{} {hours} * * *", list(&self.minutes, |minute| minute.to_string()))
    }

    /// As systemd writes it ([systemd.time(7)], "calendar events").
    ///
    /// [systemd.time(7)]: https://www.freedesktop.org/software/systemd/man/latest/systemd.time.html
    pub fn calendar(&self) -> String {
        let hours = self.hours.as_ref().map_or("*".to_owned(), |hours| list(hours, |hour| format!("{hour:02}")));
        format!("*-*-* {hours}:{}:00 UTC", list(&self.minutes, |minute| format!("{minute:02}")))
    }
}

fn list(numbers: &[u8], one: impl Fn(&u8) -> String) -> String {
    numbers.iter().map(one).collect::<Vec<_>>().join(",")
}

fn small(number: u16) -> Option<u8> {
    u8::try_from(number).ok()
}

/// One of `count` numbers from 0, by the upper half of a seed.
fn pick(seed: u64, count: u16) -> u16 {
    // The upper half times the count, in units of 2³²: as even as a remainder, without its preference for low bits.
    u16::try_from(((seed >> 32) * u64::from(count)) >> 32).unwrap_or(0)
}

/// A number that differs between schedules and never changes: FNV-1a over what is watched, stirred once more, because
/// FNV's upper bits hardly feel the last bytes. (The standard library's hash may change between its versions.)
fn seed(schedule: &Schedule) -> u64 {
    let names = match &schedule.which {
        Which::All => "*".to_owned(),
        Which::Named(names) => names.join(" "),
    };
    let parts = [schedule.job.subcommand().join(" "), schedule.name.clone(), names, schedule.region.clone()];
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in parts.join("\n").bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}
