//! The command line. Every command's own arguments are a struct here; what the commands do is in `commands/`.

mod checks;
mod help;
mod schedule;

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{FalseyValueParser, Styles};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub use checks::{
    DrArguments, DrCheckArguments, DrCommand, DrRestoreArguments, DrReturnArguments, DriftArguments,
    EnvironmentsArguments, NotifyArguments, ReportArguments, ReportFormat,
};
pub use schedule::{ScheduleArguments, ScheduleJob, ScheduleTarget};

/// Creates AWS environments from one TOML file each, by calling AWS directly
///
/// It compares the file with what AWS has, shows the difference as ordered AWS calls, and makes them until the two
/// agree. Try it without an account: `provision apply dev --sandbox`.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "provision",
    version,
    after_help = help::AFTER,
    after_long_help = help::after_long(),
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 110,
    styles = Styles::styled()
)]
pub struct Arguments {
    /// What goes for every command.
    #[command(flatten)]
    pub global: GlobalArguments,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// What goes for every command.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArguments {
    /// Use the local AWS on this machine instead of the real one (installed and started if need be)
    #[arg(long, global = true, env = "PROVISION_SANDBOX", hide_env_values = true, value_parser = FalseyValueParser::new())]
    pub sandbox: bool,
    /// Print one JSON document on stdout instead of text, errors included
    #[arg(long, global = true)]
    pub json: bool,
    /// Say more: all of a plan, with its AWS calls (-vv: also log every request, -vvv: all that is sent)
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Use no colours, bars or box-drawing characters
    #[arg(long, global = true)]
    pub no_color: bool,
    /// Work from the other region: by the state that `dr restore-state` has put there, leaving the environment's own region alone
    #[arg(long, global = true)]
    pub dr: bool,
    /// Run as if started in DIR
    #[arg(short = 'C', long, global = true, value_name = "DIR")]
    pub directory: Option<PathBuf>,
}

/// A command.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Write the file of a new environment, ready to be applied
    #[command(after_help = help::NEW)]
    New(NewArguments),
    /// Check environment files without touching the network
    #[command(after_help = help::VALIDATE)]
    Validate(ValidateArguments),
    /// Check environments against security rules
    #[command(after_help = help::POLICY)]
    Policy(PolicyArguments),
    /// Draw what depends on what, as Mermaid, DOT or SVG, without touching the network
    #[command(after_help = help::GRAPH)]
    Graph(GraphArguments),
    /// Show what `apply` would do, and do nothing
    #[command(after_help = help::PLAN)]
    Plan(PlanArguments),
    /// Make AWS as the file says
    #[command(after_help = help::APPLY)]
    Apply(ApplyArguments),
    /// Delete everything that the environment has in AWS
    #[command(after_help = help::DESTROY)]
    Destroy(DestroyArguments),
    /// Show what was changed in AWS since it was last applied, and mend it
    #[command(after_help = help::DRIFT)]
    Drift(Box<DriftArguments>),
    /// Check that the replicas in the other region would serve, and go on from there if a region is lost
    #[command(after_help = help::DR)]
    Dr(DrArguments),
    /// Write the files that make a scheduler run `drift` or `dr check`: systemd, cron, GitHub, Jenkins, Kubernetes
    #[command(after_help = help::SCHEDULE)]
    Schedule(Box<ScheduleArguments>),
    /// Test what is deployed as its users would: put and get, write and read, invoke
    #[command(after_help = help::VERIFY)]
    Verify(VerifyArguments),
    /// Print what AWS chose: ARNs, ids, endpoints
    #[command(after_help = help::OUTPUT)]
    Output(OutputArguments),
    /// Look at what is remembered of an environment, or mend it
    #[command(after_help = help::STATE)]
    State(StateArguments),
    /// Look at the lock of an environment, or release one that was left behind
    #[command(after_help = help::LOCK)]
    Lock(LockArguments),
    /// The local AWS on this machine, for trying out
    #[command(after_help = help::SANDBOX)]
    Sandbox(SandboxArguments),
    /// Print what an environment file may contain
    #[command(after_help = help::SCHEMA)]
    Schema(SchemaArguments),
    /// Print a script that makes a shell complete commands and options
    #[command(after_help = help::COMPLETIONS)]
    Completions(CompletionsArguments),
}

/// `provision new`.
#[derive(Clone, Debug, Args)]
pub struct NewArguments {
    /// Its name: lower-case letters, digits and hyphens, as in `staging`
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The 12-digit AWS account that it lives in; any other is refused when it is applied
    #[arg(long, value_name = "ID", default_value = provision_sandbox::DEFAULT_ACCOUNT)]
    pub account: String,
    /// The AWS region of everything that names no other
    #[arg(long, value_name = "REGION", default_value = "us-east-1")]
    pub region: String,
    /// What the names of all its resources begin with; only used where there is no `environments/base.toml` yet
    #[arg(long, value_name = "NAME", default_value = "acme")]
    pub project: String,
}

/// `provision validate`.
#[derive(Clone, Debug, Args)]
pub struct ValidateArguments {
    /// The environments: names (`staging` stands for `environments/staging.toml`) or paths of files
    #[arg(value_name = "ENV", required = true)]
    pub environments: Vec<String>,
}

/// `provision policy`.
#[derive(Clone, Debug, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct PolicyArguments {
    /// What to do.
    #[command(subcommand)]
    pub command: PolicyCommand,
}

/// What `provision policy` can do.
#[derive(Clone, Debug, Subcommand)]
pub enum PolicyCommand {
    /// Check what environment files ask for, without touching the network
    Check {
        /// The environments: names (`staging` stands for `environments/staging.toml`) or paths of files
        #[arg(value_name = "ENV", required = true)]
        environments: Vec<String>,
    },
}

/// `provision graph`.
#[derive(Clone, Debug, Args)]
pub struct GraphArguments {
    /// The environment: a name (`staging` stands for `environments/staging.toml`) or the path of a file
    #[arg(value_name = "ENV")]
    pub environment: String,
    /// What it is drawn as; if not given, what FILE's name ends in says so, and without a FILE it is mermaid
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<GraphFormat>,
    /// Write it to FILE instead of stdout: .mmd or .mermaid, .dot or .gv, .svg
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Draw an arrow for every dependency, also those to keys and those that follow from others
    #[arg(long)]
    pub all: bool,
}

/// What a graph is drawn as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// A Mermaid flowchart, for Markdown
    Mermaid,
    /// Graphviz' language
    Dot,
    /// A picture, for documents and browsers, light or dark as the reader's system is
    Svg,
}

/// What the person allows to be lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Args)]
pub struct Allowances {
    /// Allow resources that hold data to be deleted or replaced, unless the file protects them
    ///
    /// Kinds that hold data (buckets, tables, streams, keys) are protected until the file says `protect = false`.
    /// Both are needed, so that nothing is lost by a slip of the pen.
    #[arg(long)]
    pub delete_data: bool,
    /// Delete all objects, with all their versions, of the buckets that are to be deleted
    ///
    /// AWS does not delete a bucket that holds anything.
    #[arg(long)]
    pub empty_buckets: bool,
}

/// `provision plan`.
#[derive(Clone, Debug, Args)]
pub struct PlanArguments {
    /// The environment: a name (`staging` stands for `environments/staging.toml`) or the path of a file
    #[arg(value_name = "ENV")]
    pub environment: String,
    /// Save the plan, so that `apply --plan FILE` does exactly this and nothing else
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Show what `destroy` would do
    #[arg(long)]
    pub destroy: bool,
    /// What may be lost.
    #[command(flatten)]
    pub allowances: Allowances,
}

/// `provision apply`.
#[derive(Clone, Debug, Args)]
pub struct ApplyArguments {
    /// The environment: a name (`staging` stands for `environments/staging.toml`) or the path of a file
    #[arg(value_name = "ENV")]
    pub environment: String,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Carry out a plan saved by `plan --out FILE`; refused if anything has changed since
    #[arg(long, value_name = "FILE", conflicts_with_all = ["delete_data", "empty_buckets"])]
    pub plan: Option<PathBuf>,
    /// What may be lost.
    #[command(flatten)]
    pub allowances: Allowances,
    /// How long to wait for the lock, if another run holds it (0s: not at all)
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = humantime::parse_duration)]
    pub lock_timeout: Duration,
}

/// `provision destroy`.
#[derive(Clone, Debug, Args)]
pub struct DestroyArguments {
    /// The environment: a name (`staging` stands for `environments/staging.toml`) or the path of a file
    #[arg(value_name = "ENV")]
    pub environment: String,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// What may be lost.
    #[command(flatten)]
    pub allowances: Allowances,
    /// How long to wait for the lock, if another run holds it (0s: not at all)
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = humantime::parse_duration)]
    pub lock_timeout: Duration,
}

/// `provision verify`.
#[derive(Clone, Debug, Args)]
pub struct VerifyArguments {
    /// The environment: a name (`staging` stands for `environments/staging.toml`) or the path of a file
    #[arg(value_name = "ENV")]
    pub environment: String,
}

/// `provision output`.
#[derive(Clone, Debug, Args)]
pub struct OutputArguments {
    /// The environment: a name (`staging` stands for `environments/staging.toml`) or the path of a file
    #[arg(value_name = "ENV")]
    pub environment: String,
    /// Only these: of one resource (`s3_bucket.data`), or one of its outputs (`s3_bucket.data.arn`)
    #[arg(value_name = "ADDRESS[.NAME]")]
    pub address: Option<String>,
    /// Print the value of one output and nothing else, for use in scripts
    #[arg(long, requires = "address", conflicts_with = "json")]
    pub raw: bool,
}

/// `provision state`.
#[derive(Clone, Debug, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct StateArguments {
    /// What to do.
    #[command(subcommand)]
    pub command: StateCommand,
}

/// What `provision state` can do.
#[derive(Clone, Debug, Subcommand)]
pub enum StateCommand {
    /// List the resources that are remembered
    List {
        /// The environment: a name (`staging` stands for `environments/staging.toml`) or the path of a file
        #[arg(value_name = "ENV")]
        environment: String,
    },
    /// Show what is remembered of one resource
    Show {
        /// The environment: a name (`staging` stands for `environments/staging.toml`) or the path of a file
        #[arg(value_name = "ENV")]
        environment: String,
        /// The resource, as in `s3_bucket.data`
        #[arg(value_name = "ADDRESS")]
        address: String,
    },
    /// List the versions of the state: who wrote each, when and why
    #[command(after_help = help::STATE_HISTORY)]
    History {
        /// The environment: a name (`staging` stands for `environments/staging.toml`) or the path of a file
        #[arg(value_name = "ENV")]
        environment: String,
        /// How many, the newest first
        #[arg(long, value_name = "NUMBER", default_value_t = 20)]
        limit: usize,
    },
    /// Put an earlier version of the state back, brought up to date with what AWS has
    #[command(after_help = help::STATE_ROLLBACK)]
    Rollback {
        /// The environment: a name (`staging` stands for `environments/staging.toml`) or the path of a file
        #[arg(value_name = "ENV")]
        environment: String,
        /// Its serial or its version id, as `state history` lists them
        #[arg(value_name = "SERIAL|VERSION")]
        version: String,
        /// How it is changed.
        #[command(flatten)]
        change: StateChange,
    },
    /// Make the state anew from what AWS has: by the names and the tags of resources
    #[command(after_help = help::STATE_REBUILD)]
    Rebuild {
        /// The environment: a name (`staging` stands for `environments/staging.toml`) or the path of a file
        #[arg(value_name = "ENV")]
        environment: String,
        /// By names and tags alone: do not begin with the state or its newest version that can be read
        #[arg(long)]
        from_tags: bool,
        /// How it is changed.
        #[command(flatten)]
        change: StateChange,
    },
    /// Remember a resource by another address
    #[command(after_help = help::STATE_MV)]
    Mv {
        /// The environment: a name (`staging` stands for `environments/staging.toml`) or the path of a file
        #[arg(value_name = "ENV")]
        environment: String,
        /// The resource, as in `s3_bucket.data`
        #[arg(value_name = "FROM")]
        from: String,
        /// Its address from now on
        #[arg(value_name = "TO")]
        to: String,
        /// How long to wait for the lock, if another run holds it (0s: not at all)
        #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = humantime::parse_duration)]
        lock_timeout: Duration,
    },
    /// Forget resources; in AWS they stay
    #[command(after_help = help::STATE_RM)]
    Rm {
        /// The environment: a name (`staging` stands for `environments/staging.toml`) or the path of a file
        #[arg(value_name = "ENV")]
        environment: String,
        /// The resources, as in `s3_bucket.data`
        #[arg(value_name = "ADDRESS", required = true)]
        addresses: Vec<String>,
        /// How it is changed.
        #[command(flatten)]
        change: StateChange,
    },
}

/// How the state is changed.
#[derive(Clone, Debug, Args)]
pub struct StateChange {
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
    /// How long to wait for the lock, if another run holds it (0s: not at all)
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = humantime::parse_duration)]
    pub lock_timeout: Duration,
}

/// `provision lock`.
#[derive(Clone, Debug, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct LockArguments {
    /// What to do.
    #[command(subcommand)]
    pub command: LockCommand,
}

/// What `provision lock` can do.
#[derive(Clone, Debug, Subcommand)]
pub enum LockCommand {
    /// Show who holds the lock, and since when
    Status {
        /// The environment: a name (`staging` stands for `environments/staging.toml`) or the path of a file
        #[arg(value_name = "ENV")]
        environment: String,
    },
    /// Take the lock away from whoever holds it
    ///
    /// Hardly ever needed: the lock of a run that died is free after its lease, by itself. A run that is still alive
    /// stops as soon as it notices, and cannot overwrite the state.
    Release {
        /// The environment: a name (`staging` stands for `environments/staging.toml`) or the path of a file
        #[arg(value_name = "ENV")]
        environment: String,
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
    },
}

/// `provision sandbox`.
#[derive(Clone, Debug, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct SandboxArguments {
    /// What to do.
    #[command(subcommand)]
    pub command: SandboxCommand,
}

/// What `provision sandbox` can do.
#[derive(Clone, Debug, Subcommand)]
pub enum SandboxCommand {
    /// Start it, and install it first if it is not installed
    Start,
    /// Stop it; most of what it holds is kept
    Stop,
    /// Show what runs where, and how it is known to differ from AWS
    Status {
        /// Also list every known difference from AWS
        #[arg(long)]
        gaps: bool,
    },
    /// Empty it: every account, every resource
    Reset {
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
    },
    /// Print the variables with which other programs use it, for `eval`
    Env {
        /// The account to enter: any 12 digits, none needs to be made first
        #[arg(long, value_name = "ID", default_value = provision_sandbox::DEFAULT_ACCOUNT)]
        account: String,
        /// The region
        #[arg(long, value_name = "REGION", default_value = "us-east-1")]
        region: String,
    },
}

/// `provision schema`.
#[derive(Clone, Debug, Args)]
pub struct SchemaArguments {
    /// A kind, as in `s3_bucket`: show its fields. Without: list the kinds
    #[arg(value_name = "KIND")]
    pub kind: Option<String>,
}

/// `provision completions`.
#[derive(Clone, Debug, Args)]
pub struct CompletionsArguments {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: Shell,
}

#[cfg(test)]
mod tests;
