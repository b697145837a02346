//! The local AWS: what runs where, and how other programs come to it.

use provision_sandbox::{ServerStatus, Status};

use crate::ui::Style;
use crate::ui::table::{count, table};

/// What runs where. With `gaps`: every known difference from AWS.
pub fn status(status: &Status, gaps: bool, style: Style) -> String {
    let state = if status.running { style.good("running") } else { style.warn("not running") };
    let since = match (status.running, status.started) {
        (true, Some(started)) => format!(" since {}", started.strftime("%Y-%m-%dT%H:%M:%SZ")),
        _ => String::new(),
    };
    let mut text = format!("The sandbox is {state}{since}.  (lane {}, {})\n\n", status.lane, status.dir.display());
    let rows: Vec<[String; 6]> = status.servers.iter().map(row).collect();
    text.push_str(&table(["EMULATOR", "VERSION", "PROCESS", "ADDRESS", "MEMORY", "KEEPS DATA"], &rows, style));
    text.push('\n');
    let open = status.gaps.iter().filter(|gap| !gap.mended).count();
    text.push_str(&format!(
        "{} from AWS, {} of them mended here.\n",
        count(status.gaps.len(), "known difference", "known differences"),
        status.gaps.len() - open,
    ));
    if gaps {
        for gap in &status.gaps {
            let state = if gap.mended { "mended" } else { "open" };
            text.push_str(&format!("  {} {}: {} ({state})\n", gap.emulator.title(), gap.api, gap.behaviour));
        }
    } else if !status.gaps.is_empty() {
        text.push_str("`provision sandbox status --gaps` lists them.\n");
    }
    if !status.running {
        text.push_str("`provision sandbox start` starts it; so does any command with `--sandbox`.\n");
    }
    text
}

fn row(server: &ServerStatus) -> [String; 6] {
    let none = || "-".to_owned();
    [
        server.emulator.title().to_owned(),
        if server.installed { server.version.clone() } else { format!("{} (not installed)", server.version) },
        server.pid.map_or_else(none, |pid| pid.to_string()),
        server.url.clone().unwrap_or_else(none),
        server.memory.map_or_else(none, |bytes| format!("{} MB", bytes / 1_000_000)),
        if server.persists { "yes" } else { "until it stops" }.to_owned(),
    ]
}

/// The variables as lines for a POSIX shell's `eval`.
pub fn exports(variables: &[(String, String)]) -> String {
    variables.iter().map(|(name, value)| format!("export {name}='{}'\n", value.replace('\'', r"'\''"))).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use provision_sandbox::{Emulator, Gap, Lane};

    use super::*;

    fn sample() -> Status {
        let server = |emulator, pid: Option<u32>| ServerStatus {
            emulator,
            version: "1.2.3".to_owned(),
            installed: pid.is_some(),
            pid,
            url: pid.map(|_| "http://127.0.0.1:4566".to_owned()),
            memory: pid.map(|_| 73_400_320),
            log: "/cache/default/log".into(),
            persists: emulator == Emulator::Ministack,
        };
        Status {
            lane: Lane::Pair,
            dir: "/cache/default".into(),
            running: false,
            started: Some("2026-01-02T03:04:05Z".parse().unwrap()),
            servers: vec![server(Emulator::Ministack, Some(4711)), server(Emulator::Moto, None)],
            gaps: vec![Gap {
                emulator: Emulator::Ministack,
                api: "S3 GetBucketVersioning".to_owned(),
                behaviour: "answers Suspended for Enabled".to_owned(),
                mended: true,
            }],
        }
    }

    #[test]
    fn status_says_what_runs_where() {
        insta::assert_snapshot!("sandbox_status", status(&sample(), false, Style::PLAIN));
        insta::assert_snapshot!(
            "sandbox_status_gaps",
            status(&Status { running: true, ..sample() }, true, Style::PLAIN)
        );
    }

    #[test]
    fn exports_survive_a_shell() {
        let variables = [("A".to_owned(), "plain".to_owned()), ("B".to_owned(), "it's".to_owned())];
        assert_eq!(exports(&variables), "export A='plain'\nexport B='it'\\''s'\n");
    }
}
