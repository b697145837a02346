//! `provision-soak`: ends the binary at every call of a run and prints how many of the next runs converge.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use provision_testkit::soak::{Disturbance, Phase, Selection, Soak};

/// Disturbs runs of `provision` at every changing call, and looks at what the next run makes of it.
///
/// The trials are made on local AWSs of their own. What is there in the end is counted through boto3. A line for each phase and
/// disturbance goes to stdout in the end; what happens meanwhile, and all about each failure, to stderr.
#[derive(Debug, Parser)]
struct Arguments {
    /// The binary
    #[arg(long, default_value = "target/release/provision")]
    binary: PathBuf,
    /// The folder with `environments` and `lambda-src`
    #[arg(long, default_value = ".")]
    sources: PathBuf,
    /// The environment
    #[arg(long, default_value = "staging")]
    environment: String,
    /// The commands to disturb
    #[arg(long, value_enum, value_delimiter = ',', default_value = "create,update,revert,destroy")]
    phase: Vec<PhaseArgument>,
    /// What happens to them
    #[arg(long, value_enum, value_delimiter = ',', default_value = "kill,lose-answer,lose-every-answer")]
    disturbance: Vec<DisturbanceArgument>,
    /// Try only each Nth position of each phase and disturbance
    #[arg(long, value_name = "N", default_value_t = 1)]
    every: usize,
    /// Begin with this position
    #[arg(long, value_name = "POSITION", default_value_t = 0)]
    offset: usize,
    /// Try only so many calls of each phase and disturbance, chosen by `--seed`
    #[arg(long, value_name = "COUNT", conflicts_with_all = ["every", "offset"])]
    sample: Option<usize>,
    /// Which ones `--sample` chooses
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Try only these positions, as failures name them
    #[arg(long, value_name = "POSITION", value_delimiter = ',', conflicts_with_all = ["every", "offset", "sample"])]
    only: Vec<usize>,
    /// Trials at once
    #[arg(long, default_value_t = 6)]
    jobs: usize,
    /// Write down each trial's outcome; what has converged according to this file (of the same binary and environment) is not tried again
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// New local AWSs after so many accounts: they keep all that there ever was in memory
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    accounts_per_emulator: usize,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PhaseArgument {
    Create,
    Update,
    Revert,
    Destroy,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum DisturbanceArgument {
    Kill,
    LoseAnswer,
    LoseEveryAnswer,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let selection = match (arguments.sample, arguments.only.is_empty()) {
        (Some(count), _) => Selection::Sample { count, seed: arguments.seed },
        (None, false) => Selection::Only(arguments.only.iter().copied().collect()),
        (None, true) => Selection::Every { step: arguments.every, offset: arguments.offset },
    };
    let soak = Soak {
        binary: absolute(&arguments.binary),
        sources: absolute(&arguments.sources),
        environment: arguments.environment,
        phases: arguments.phase.into_iter().map(Phase::from).collect(),
        disturbances: arguments.disturbance.into_iter().map(Disturbance::from).collect(),
        selection,
        jobs: arguments.jobs,
        accounts_per_emulator: Some(arguments.accounts_per_emulator),
        record: arguments.record,
    };
    let reports = soak.run(&|line| eprintln!("{line}"));
    for report in &reports {
        println!("{report}");
    }
    if reports.iter().all(|report| report.is_good()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl From<PhaseArgument> for Phase {
    fn from(argument: PhaseArgument) -> Self {
        match argument {
            PhaseArgument::Create => Self::Create,
            PhaseArgument::Update => Self::Update,
            PhaseArgument::Revert => Self::Revert,
            PhaseArgument::Destroy => Self::Destroy,
        }
    }
}

impl From<DisturbanceArgument> for Disturbance {
    fn from(argument: DisturbanceArgument) -> Self {
        match argument {
            DisturbanceArgument::Kill => Self::Kill,
            DisturbanceArgument::LoseAnswer => Self::LoseAnswer,
            DisturbanceArgument::LoseEveryAnswer => Self::LoseEveryAnswer,
        }
    }
}

/// The binary is run in other folders.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
