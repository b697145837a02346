//! How often.

use std::fmt;

use thiserror::Error;

/// How often a job runs: what all five schedulers can say, evenly over the day.
///
/// A cron expression lists the minutes of an hour and the hours of a day. So "every 45 minutes" cannot be said in one:
/// it would run at :00, :45, :00. What divides the hour or the day can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Every {
    /// In minutes.
    period: u16,
    /// Hour and minute, UTC; only if the period is a day.
    at: Option<(u8, u8)>,
}

/// What was asked for cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EveryError {
    /// Not one of [`Every::ACCEPTED`].
    #[error("cannot run every {given:?}: {}", accepted(*nearest))]
    Period {
        /// What was given.
        given: String,
        /// The accepted one that is nearest to it, if it could be understood at all.
        nearest: Option<&'static str>,
    },
    /// Not a time of day.
    #[error("{given:?} is not a time of day: write it as HH:MM, from 00:00 to 23:59, in UTC")]
    Time {
        /// What was given.
        given: String,
    },
    /// A time of day for something that runs more often than daily.
    #[error("a time of day can only be given for 1d: every {every} there are several runs a day")]
    TimeWithoutDay {
        /// The period, as in `6h`.
        every: Every,
    },
}

fn accepted(nearest: Option<&str>) -> String {
    let nearest = nearest.map(|nearest| format!("; the nearest is {nearest}")).unwrap_or_default();
    let all: Vec<&str> = Every::ACCEPTED.iter().map(|(name, _)| *name).collect();
    format!("every scheduler can run every {}{nearest}", all.join(", "))
}

const DAY: u16 = 24 * 60;

impl Every {
    /// All that is accepted, with its minutes.
    pub const ACCEPTED: [(&'static str, u16); 13] = [
        ("5m", 5),
        ("10m", 10),
        ("15m", 15),
        ("20m", 20),
        ("30m", 30),
        ("1h", 60),
        ("2h", 2 * 60),
        ("3h", 3 * 60),
        ("4h", 4 * 60),
        ("6h", 6 * 60),
        ("8h", 8 * 60),
        ("12h", 12 * 60),
        ("1d", DAY),
    ];

    /// Reads a period, as in `6h`: exactly one of [`Self::ACCEPTED`].
    ///
    /// # Errors
    /// Anything else; the error says what is accepted and which of it is nearest to what was given (the longer one of
    /// two).
    pub fn parse(text: &str) -> Result<Self, EveryError> {
        match Self::ACCEPTED.iter().find(|(name, _)| *name == text) {
            Some((_, period)) => Ok(Self { period: *period, at: None }),
            None => Err(EveryError::Period { given: text.to_owned(), nearest: seconds(text).map(nearest) }),
        }
    }

    /// At this time of day, `HH:MM` in UTC.
    ///
    /// # Errors
    /// If it is not a time of day, or the period is not a day.
    pub fn at(self, time: &str) -> Result<Self, EveryError> {
        if self.period != DAY {
            return Err(EveryError::TimeWithoutDay { every: self });
        }
        match clock(time) {
            Some(at) => Ok(Self { at: Some(at), ..self }),
            None => Err(EveryError::Time { given: time.to_owned() }),
        }
    }

    /// The period in minutes.
    pub fn minutes(self) -> u16 {
        self.period
    }

    /// The time of day that was asked for: hour and minute, UTC.
    pub fn time(self) -> Option<(u8, u8)> {
        self.at
    }
}

impl fmt::Display for Every {
    /// As [`Every::parse`] reads it; the time of day is not part of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ACCEPTED.iter().find(|(_, period)| *period == self.period).map_or("1d", |(name, _)| name);
        f.write_str(name)
    }
}

fn clock(text: &str) -> Option<(u8, u8)> {
    let (hour, minute) = text.split_once(':')?;
    let two = |digits: &str, limit: u8| {
        let two = digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_digit());
        digits.parse().ok().filter(|number| two && *number < limit)
    };
    Some((two(hour, 24)?, two(minute, 60)?))
}

/// What somebody may have meant, in seconds.
fn seconds(text: &str) -> Option<f64> {
    let text = text.trim().to_ascii_lowercase();
    let text = text.strip_prefix("every").unwrap_or(&text).trim();
    let word = match text.trim_start_matches('@') {
        "minutely" => Some(60.0),
        "hourly" => Some(3600.0),
        "daily" | "nightly" | "midnight" => Some(86400.0),
        "weekly" => Some(7.0 * 86400.0),
        "monthly" => Some(30.0 * 86400.0),
        _ => None,
    };
    if word.is_some() {
        return word;
    }
    let end = text.find(|character: char| !character.is_ascii_digit() && character != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = match unit.trim() {
        "s" | "sec" | "second" | "seconds" => 1.0,
        // A bare number is most likely minutes.
        "" | "m" | "min" | "minute" | "minutes" => 60.0,
        "h" | "hour" | "hours" => 3600.0,
        "d" | "day" | "days" => 86400.0,
        "w" | "week" | "weeks" => 7.0 * 86400.0,
        _ => return None,
    };
    number.parse::<f64>().ok().filter(|number| number.is_finite()).map(|number| number * unit)
}

fn nearest(seconds: f64) -> &'static str {
    let distance = |period: u16| (f64::from(period) * 60.0 - seconds).abs();
    let (mut name, mut least) = ("1d", distance(DAY));
    for (candidate, period) in Every::ACCEPTED.iter().rev() {
        if distance(*period) < least {
            (name, least) = (candidate, distance(*period));
        }
    }
    name
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn exactly_what_divides_the_hour_or_the_day() {
        for (name, minutes) in Every::ACCEPTED {
            let every = Every::parse(name).unwrap();
            assert_eq!((every.minutes(), every.to_string().as_str()), (minutes, name));
            assert!(if minutes < 60 { 60_u16 } else { DAY }.is_multiple_of(minutes));
        }
    }

    #[test]
    fn anything_else_is_told_what_is_nearest() {
        let said = |text| Every::parse(text).unwrap_err().to_string();
        insta::assert_snapshot!(said("45m"), @r#"cannot run every "45m": every scheduler can run every 5m, 10m, 15m, 20m, 30m, 1h, 2h, 3h, 4h, 6h, 8h, 12h, 1d; the nearest is 1h"#);
        insta::assert_snapshot!(said("often"), @r#"cannot run every "often": every scheduler can run every 5m, 10m, 15m, 20m, 30m, 1h, 2h, 3h, 4h, 6h, 8h, 12h, 1d"#);
        let nearest = |text| match Every::parse(text) {
            Err(EveryError::Period { nearest, .. }) => nearest,
            other => panic!("{text}: {other:?}"),
        };
        for (text, expected) in [
            ("60m", "1h"),
            ("24h", "1d"),
            ("1m", "5m"),
            ("0", "5m"),
            ("90s", "5m"),
            ("25m", "30m"),
            ("5h", "6h"),
            ("7h", "8h"),
            ("1.5h", "2h"),
            ("2d", "1d"),
            ("1w", "1d"),
            ("hourly", "1h"),
            ("@daily", "1d"),
            ("every 3 hours", "3h"),
            (" 6h", "6h"),
            ("6H", "6h"),
        ] {
            assert_eq!(nearest(text), Some(expected), "{text}");
        }
        for text in ["", "h", "-5m", "five minutes", "1e3m", "6h30m", "..m"] {
            assert_eq!(nearest(text), None, "{text}");
        }
    }

    #[test]
    fn a_time_of_day_is_for_once_a_day() {
        assert_eq!(Every::parse("1d").unwrap().at("03:30").unwrap().time(), Some((3, 30)));
        assert_eq!(Every::parse("1d").unwrap().at("23:59").unwrap().time(), Some((23, 59)));
        for text in ["24:00", "3:30", "03:60", "0330", "03:30:00", "+3:30", "03:30 ", ""] {
            assert!(matches!(Every::parse("1d").unwrap().at(text), Err(EveryError::Time { .. })), "{text}");
        }
        insta::assert_snapshot!(Every::parse("1d").unwrap().at("9 am").unwrap_err(), @r#""9 am" is not a time of day: write it as HH:MM, from 00:00 to 23:59, in UTC"#);
        insta::assert_snapshot!(Every::parse("6h").unwrap().at("03:30").unwrap_err(), @"a time of day can only be given for 1d: every 6h there are several runs a day");
    }
}
