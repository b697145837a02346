//! Whether what is said to be every so often is.

use provision_schedule::{Every, Schedule, Times};

use crate::checkers::system;
use crate::samples::plain;
use crate::support::{every_schedule, said};

/// The minutes of a day at which a cron expression of lists runs.
fn of_day(cron: &str) -> Vec<u16> {
    let fields: Vec<&str> = cron.split(' ').collect();
    assert_eq!(fields[2..], ["*", "*", "*"], "{cron}");
    let list = |field: &str, count: u16| -> Vec<u16> {
        if field == "*" { (0..count).collect() } else { field.split(',').map(|one| one.parse().unwrap()).collect() }
    };
    let minutes = list(fields[0], 60);
    list(fields[1], 24).iter().flat_map(|hour| minutes.iter().map(move |minute| hour * 60 + minute)).collect()
}

/// Asserts that these minutes are a period apart, around midnight too.
fn assert_even(minutes: &[u16], every: Every) {
    let day = 24 * 60;
    assert_eq!(minutes.len(), usize::from(day / every.minutes()), "{minutes:?}");
    let next = minutes.iter().cycle().skip(1);
    for (this, next) in minutes.iter().zip(next) {
        assert_eq!((next + day - this - 1) % day + 1, every.minutes(), "{minutes:?}");
    }
}

#[test]
fn cron_expressions_are_even() {
    for schedule in every_schedule() {
        let minutes = of_day(&Times::of(&schedule).cron());
        assert_even(&minutes, schedule.every);
        if schedule.every.time().is_none() {
            assert!(minutes.iter().all(|minute| minute % 60 != 0), "{minutes:?}");
        }
    }
}

#[test]
fn a_time_of_day_is_kept() {
    let schedule = Schedule { every: Every::parse("1d").unwrap().at("00:05").unwrap(), ..plain() };
    assert_eq!(Times::of(&schedule).cron(), "5 0 * * *");
    assert_eq!(Times::of(&schedule).calendar(), "*-*-* 00:05:00 UTC");
}

#[test]
fn names_spread_the_times_evenly() {
    let minute = |name: String| {
        let schedule = Schedule { name, every: Every::parse("1d").unwrap(), ..plain() };
        of_day(&Times::of(&schedule).cron())[0]
    };
    let all: Vec<u16> = (0..2400).map(|number| minute(format!("drift-{number}"))).collect();
    for hour in 0..24 {
        let count = all.iter().filter(|minute| **minute / 60 == hour).count();
        assert!((60..150).contains(&count), "{count} of 2400 run at {hour}");
    }
    for quarter in 0..4 {
        let count = all.iter().filter(|minute| **minute % 60 / 15 == quarter).count();
        assert!((450..750).contains(&count), "{count} of 2400 run in quarter {quarter}");
    }
}

#[test]
fn systemd_reads_the_same_times() {
    let Some(program) = system("systemd-analyze") else { return };
    let calendar = |expression: &str, times: usize| {
        let mut command = std::process::Command::new(&program);
        command.env("TZ", "UTC").env("LC_ALL", "C.UTF-8");
        command.args(["calendar", "--base-time=2026-03-28 00:00:00 UTC", &format!("--iterations={times}"), expression]);
        said(&mut command)
    };
    for schedule in every_schedule() {
        let times = Times::of(&schedule);
        let expected = of_day(&times.cron());
        let (good, said) = calendar(&times.calendar(), expected.len());
        assert!(good, "{said}");
        // "    Next elapse: Sat 2026-03-28 00:19:00 UTC", then "       Iter. #2: …"
        let lines = said.lines().filter(|line| line.contains("Next elapse: ") || line.contains("Iter. #"));
        let minutes = lines.map(|line| {
            let time: Vec<u16> =
                line.split(' ').nth_back(1).unwrap().split(':').map(|part| part.parse().unwrap()).collect();
            assert!(line.ends_with(" UTC") && time[2] == 0, "{line}");
            time[0] * 60 + time[1]
        });
        assert_eq!(minutes.collect::<Vec<_>>(), expected, "{said}");
    }
    assert!(!calendar("*-*-* *:61:00 UTC", 1).0);
}
