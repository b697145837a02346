//! A systemd service and its timer ([systemd.service(5)], [systemd.exec(5)], [systemd.timer(5)]).
//!
//! [systemd.service(5)]: https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html
//! [systemd.exec(5)]: https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html
//! [systemd.timer(5)]: https://www.freedesktop.org/software/systemd/man/latest/systemd.timer.html

use crate::command::NOTIFY;
use crate::quote::systemd as quote;
use crate::schedule::Schedule;
use crate::target::File;
use crate::times::Times;

/// The file from which systemd and cron read `PROVISION_NOTIFY`: lines of `NAME='value'`, which both and a shell read
/// alike.
pub const NOTIFY_FILE: &str = "/etc/provision/notify.env";

/// Both files.
pub fn render(schedule: &Schedule) -> Vec<File> {
    let name = &schedule.name;
    vec![
        File {
            name: format!("{name}.service"),
            content: service(schedule),
            what_to_do: format!(
                "put it into /etc/systemd/system; `systemctl start {name}.service` runs it once, `journalctl -u {name}` shows \
                 what it said"
            ),
        },
        File {
            name: format!("{name}.timer"),
            content: timer(schedule),
            what_to_do: format!(
                "put it into /etc/systemd/system beside the service, then `systemctl daemon-reload && systemctl enable --now \
                 {name}.timer`; `systemctl list-timers {name}.timer` shows when it runs next"
            ),
        },
    ]
}

fn service(schedule: &Schedule) -> String {
    let Schedule { program, directory, region, name, .. } = schedule;
    let words = schedule.job.words();
    let mut command = vec![program.clone()];
    command.extend(schedule.arguments(Some(directory)));
    let longest = schedule.job.longest();
    format!(
        "\
# {name}.service: started by {name}.timer.

[Unit]
Description={doing} ({title})
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart={start}

# Exit code 2 says that the check ran well and found something. That is no failure of this service;
# any other code but 0 says that the check did not run well, and makes the unit \"failed\". So that
# what was found is seen all the same, ExecStopPost= puts a line into the journal: a warning for 2,
# an error for the rest (`journalctl -u {name} -p warning`).
SuccessExitStatus=2
ExecStopPost={post}

# A check that takes this long is stuck. When it is told to stop, it does so within 7 seconds.
TimeoutStartSec={longest}min
TimeoutStopSec=20s

{who}
Environment=AWS_REGION={region}
{notify}
# It only talks to AWS. What it runs for a `command:` target or for a credential process is bound by
# this as well; if that has to write somewhere, say where with ReadWritePaths=.
NoNewPrivileges=yes
ProtectSystem=strict
# AWS profiles are read from ~/.aws.
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
UMask=0077
",
        doing = words.doing,
        title = schedule.title(),
        start = quote::command(&command),
        post = quote::command(["/bin/sh", "-c", &verdict(schedule)]),
        who = who(schedule),
        notify = notify(schedule),
    )
}

/// What ExecStopPost= runs. Its standard output is the journal, which reads `<4>` (warning) and `<3>` (error) as a
/// level; the variables are systemd's.
fn verdict(schedule: &Schedule) -> String {
    let words = schedule.job.words();
    format!(
        "case \"$EXIT_STATUS\" in 0) ;; 2) echo \"<4>{}\" ;; *) echo \"<3>{} ($SERVICE_RESULT, $EXIT_STATUS)\" ;; esac",
        words.found, words.failed
    )
}

fn who(schedule: &Schedule) -> String {
    match &schedule.user {
        Some(user) => format!(
            "# Credentials are found as the AWS CLI finds them: a profile of this user, or the machine's role.\n\
             User={user}\n\
             CapabilityBoundingSet="
        ),
        None => "# Root, without any of its powers but that of reading files. Credentials are found as the AWS CLI\n\
                 # finds them: a profile in /root/.aws, or the role of the machine.\n\
                 Environment=HOME=/root\n\
                 CapabilityBoundingSet=CAP_DAC_READ_SEARCH"
            .to_owned(),
    }
}

fn notify(schedule: &Schedule) -> String {
    if !schedule.notify.is_empty() {
        return String::new();
    }
    format!(
        "# Whom to tell of changes, if there is such a file; only root need be able to read it:\n\
         # {NOTIFY}='https://hooks.example.com/one\n\
         # https://hooks.example.com/two'\n\
         EnvironmentFile=-{NOTIFY_FILE}\n"
    )
}

fn timer(schedule: &Schedule) -> String {
    let Schedule { name, every, .. } = schedule;
    // So that many machines made from one image do not all call at once; a small part of the period.
    let spread = (u32::from(every.minutes()) * 3).min(300);
    format!(
        "\
# {name}.timer: starts {name}.service.

[Unit]
Description={doing} every {every} ({title})

[Timer]
OnCalendar={calendar}
RandomizedDelaySec={spread}s
# If the machine was off at that time, it runs when it is on again.
Persistent=true

[Install]
WantedBy=timers.target
",
        doing = schedule.job.words().doing,
        title = schedule.title(),
        calendar = Times::of(schedule).calendar(),
    )
}
