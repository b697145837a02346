//! `provision-soak`: ends the binary at every call of a run and prints how many of the next runs converge.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use provision_testkit::soak::{Disturbance, Phase, Soak};

/// Disturbs runs of `provision` at every changing call, and looks at what the next run makes of it.
///
/// Every trial has an account of its own on the local AWS. What is there in the end is counted through boto3.
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
    #[arg(long, value_enum, value_delimiter = ',', default_value = "create,update,destroy")]
    phase: Vec<PhaseArgument>,
    /// What happens to them
    #[arg(long, value_enum, value_delimiter = ',', default_value = "kill,lose-answer,lose-every-answer")]
    disturbance: Vec<DisturbanceArgument>,
    /// Try only each Nth position
    #[arg(long, value_name = "N", default_value_t = 1)]
    every: usize,
    /// Begin with this position
    #[arg(long, value_name = "POSITION", default_value_t = 0)]
    offset: usize,
    /// Trials at once
    #[arg(long, default_value_t = 6)]
    jobs: usize,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PhaseArgument {
    Create,
    Update,
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
    let mut good = true;
    for phase in &arguments.phase {
        for disturbance in &arguments.disturbance {
            let soak = Soak {
                binary: absolute(&arguments.binary),
                sources: absolute(&arguments.sources),
                environment: arguments.environment.clone(),
                phase: match phase {
                    PhaseArgument::Create => Phase::Create,
                    PhaseArgument::Update => Phase::Update,
                    PhaseArgument::Destroy => Phase::Destroy,
                },
                disturbance: match disturbance {
                    DisturbanceArgument::Kill => Disturbance::Kill,
                    DisturbanceArgument::LoseAnswer => Disturbance::LoseAnswer,
                    DisturbanceArgument::LoseEveryAnswer => Disturbance::LoseEveryAnswer,
                },
                every: arguments.every,
                offset: arguments.offset,
                jobs: arguments.jobs,
            };
            let report = soak.run(&|line| eprintln!("{line}"));
            println!("{phase:?}, {disturbance:?}: {report}");
            good &= report.is_good();
        }
    }
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The binary is run in other folders.
fn absolute(path: &PathBuf) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.clone())
}
