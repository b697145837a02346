//! A line of a crontab ([crontab(5)]), for the cron of a Linux machine.
//!
//! [crontab(5)]: https://manpages.debian.org/stable/cron/crontab.5.en.html

use crate::command::NOTIFY;
use crate::quote::{crontab as quote, shell};
use crate::schedule::Schedule;
use crate::systemd::NOTIFY_FILE;
use crate::target::File;
use crate::times::Times;

/// The file: comments and one line.
pub fn render(schedule: &Schedule) -> File {
    let Schedule { name, every, user, .. } = schedule;
    let file = format!("{name}.crontab");
    let whose = user.as_ref().map(|user| format!(" -u {user}")).unwrap_or_default();
    let times = Times::of(schedule);
    let zone = match (&times.hours, every.time()) {
        (None, _) => "",
        (Some(_), None) => "# The hours are those of the machine's time zone.\n",
        (Some(_), Some(_)) => {
            "# The hour is meant in UTC, and is read in the machine's time zone: crons differ in whether and how\n\
             # another one can be named.\n"
        }
    };
    let notify = if schedule.notify.is_empty() {
        format!(
            "# Whom to tell of changes is read from {NOTIFY_FILE}, if this user can read such a file:\n\
             # {NOTIFY}='https://hooks.example.com/one\n\
             # https://hooks.example.com/two'\n"
        )
    } else {
        String::new()
    };
    let content = format!(
        "\
# {doing} every {every}: {title}
#
# Cron mails what is printed to MAILTO, or to this user. Nothing is printed if nothing was found.
# Exit code 2 of the program says that the check ran well and found something, any other that it did
# not run well: the first line of the mail says which, and so does the system's log, as a warning or
# as an error (journalctl -t {name}). Exit code 124 is that of timeout(1): it was still not done
# after {seconds} seconds.
{zone}{notify}{cron} {command}
",
        doing = schedule.job.words().doing,
        title = schedule.title(),
        seconds = limit(schedule),
        cron = times.cron(),
        command = command(schedule),
    );
    File {
        name: file.clone(),
        content,
        what_to_do: format!(
            "add it to a crontab with `(crontab{whose} -l; cat {file}) | crontab{whose} -`, once; `crontab{whose} -l` \
             shows it"
        ),
    }
}

/// The sixth field: what the shell runs, on one line and as short as it can be ([`Schedule::problems`] refuses what is
/// too long).
pub fn command(schedule: &Schedule) -> String {
    let Schedule { name, program, directory, region, .. } = schedule;
    let words = schedule.job.words();
    let mut check = vec!["timeout".to_owned(), "-k".to_owned(), "10".to_owned(), limit(schedule).to_string()];
    check.push(program.clone());
    check.extend(schedule.arguments(Some(directory)));
    let notify = if schedule.notify.is_empty() {
        format!("if [ -r {NOTIFY_FILE} ]; then set -a; . {NOTIFY_FILE}; set +a; fi; ")
    } else {
        String::new()
    };
    // $1 becomes the level, $2 the first line.
    quote::command(&format!(
        "{notify}export AWS_REGION={region}; text=$({check} 2>&1); code=$?; \
         case $code in \
         0) exit 0;; \
         2) set -- warning '{found}';; \
         *) set -- err \"{failed} (exit code $code)\";; \
         esac; \
         printf '%s\\n' \"$2\" \"$text\"; logger -t {name} -p \"user.$1\" \"$2\"; exit $code",
        check = shell::command(&check),
        found = words.found_title,
        failed = words.failed_title,
    ))
}

/// After how many seconds a run is stopped: before the next one begins, since cron does not wait for the last.
fn limit(schedule: &Schedule) -> u32 {
    let (longest, period) = (u32::from(schedule.job.longest()), u32::from(schedule.every.minutes()));
    (longest * 60).min(period * 60 - 30)
}
