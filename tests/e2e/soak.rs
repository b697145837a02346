//! Whatever becomes of a run, the next one completes it: a spread of what `provision-soak` tries at every call.

use std::env;
use std::path::Path;

use provision_testkit::soak::{Disturbance, Phase, Selection, Soak};

use crate::world::project;

/// Chooses the calls. `PROVISION_SOAK_SEED` chooses others.
const SEED: u64 = 5;

/// How many calls of each phase are tried with each disturbance.
const CALLS: usize = 4;

#[test]
fn a_run_that_was_killed_or_lost_an_answer_is_completed_by_the_next_one() {
    let seed = env::var("PROVISION_SOAK_SEED").map_or(SEED, |seed| seed.parse().unwrap());
    let soak = Soak {
        binary: Path::new(env!("CARGO_BIN_EXE_provision")).to_owned(),
        sources: project(),
        environment: "staging".to_owned(),
        phases: vec![Phase::Create, Phase::Update, Phase::Revert, Phase::Destroy],
        disturbances: vec![Disturbance::Kill, Disturbance::LoseAnswer, Disturbance::LoseEveryAnswer],
        selection: Selection::Sample { count: CALLS, seed },
        jobs: 4,
        accounts_per_emulator: None,
        record: None,
    };
    let reports = soak.run(&|line| eprintln!("{line}"));
    assert_eq!(reports.len(), 12);
    let said: String = reports.iter().map(|report| format!("{report}\n")).collect();
    println!("PROVISION_SOAK_SEED={seed}\n{said}");
    let failures: String = reports.iter().flat_map(|report| &report.failures).map(|what| format!("{what}\n")).collect();
    assert!(
        reports.iter().all(provision_testkit::soak::Report::is_good),
        "PROVISION_SOAK_SEED={seed}\n{said}{failures}"
    );
}
