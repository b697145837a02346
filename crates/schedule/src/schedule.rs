//! What is to run, how often, and the facts of the place where it runs.

use crate::every::Every;

/// What runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Job {
    /// `provision drift`: what was changed in AWS since the last apply. It reads only; a run takes seconds.
    Drift,
    /// `provision dr check`: whether what should be replicated is. It writes canary objects and removes them; a run may
    /// take minutes.
    DrCheck,
}

impl Job {
    /// Every job.
    pub const ALL: [Self; 2] = [Self::Drift, Self::DrCheck];

    /// The words after the program.
    pub(crate) fn subcommand(self) -> &'static [&'static str] {
        match self {
            Self::Drift => &["drift"],
            Self::DrCheck => &["dr", "check"],
        }
    }

    /// After how many minutes a run is taken for stuck and stopped: a multiple of what it takes when AWS is slow.
    pub(crate) fn longest(self) -> u16 {
        match self {
            Self::Drift => 15,
            Self::DrCheck => 60,
        }
    }
}

/// Which environments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// All that have a file when it runs (`--all`).
    All,
    /// These. Their names are `[A-Za-z_][A-Za-z0-9_-]{0,63}`.
    Named(Vec<String>),
}

/// A job on a schedule, and what has to be known about the place where it runs. [`Schedule::new`] gives everything a
/// default; a target looks only at what it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// What runs.
    pub job: Job,
    /// For which environments.
    pub which: Which,
    /// How often.
    pub every: Every,
    /// What it is called: the files, the systemd units, the CronJob and its service account. Small letters, digits and
    /// `-`, at most 52 characters (what Kubernetes takes for a CronJob). Two schedules in one place need two names.
    pub name: String,
    /// The program's path (systemd, crontab; Kubernetes: in the image): absolute. On GitHub and Jenkins `provision` is
    /// looked for on `PATH`, where [`Self::install`] puts it.
    pub program: String,
    /// The project's folder, which contains `environments/` (systemd, crontab; Kubernetes: in the image): absolute.
    pub directory: String,
    /// The project's folder in its repository (GitHub, Jenkins): relative to the repository's root, which is `.`.
    pub folder: String,
    /// Whom to tell of changes: https addresses, SNS topic ARNs, `command:…`. They are written into the files as they
    /// are. If there are none, the command line says `--notify` alone, and the program reads them from
    /// `PROVISION_NOTIFY`, one a line, which comes from the platform: systemd and crontab from
    /// `/etc/provision/notify.env`, GitHub from the secret `PROVISION_NOTIFY`, Jenkins from its environment or from
    /// [`Self::notify_credentials`], Kubernetes from the secret `provision-notify`. Where that is not set, or empty,
    /// nobody is told, and what is new waits for a run that names somebody.
    pub notify: Vec<String>,
    /// The AWS region in which the program signs in, as in `eu-central-1`.
    pub region: String,
    /// The role to take (GitHub: through its OIDC provider; without one the variable `AWS_ROLE_ARN` names it.
    /// Kubernetes: through the service account, "IRSA"; without one the pod uses an EKS Pod Identity association, or
    /// the node's role).
    pub role_arn: Option<String>,
    /// The user it runs as (systemd; crontab: whose crontab it is). Without one systemd runs it as root without any of
    /// root's powers but that of reading.
    pub user: Option<String>,
    /// The image that contains the program and the project (Kubernetes).
    pub image: String,
    /// The shell command that puts `provision` on `PATH` (GitHub, Jenkins), run in the repository's root. It may have
    /// several lines. Empty if it is there already. On GitHub, `${{ … }}` in it means there what it always does.
    pub install: String,
    /// The runner's label (GitHub).
    pub runs_on: String,
    /// The agent's label (Jenkins); without one any agent will do. It has to be a Linux.
    pub agent: Option<String>,
    /// The id of the "secret text" that contains the targets to notify (Jenkins); without one `PROVISION_NOTIFY` is
    /// whatever Jenkins' own environment says.
    pub notify_credentials: Option<String>,
    /// The id of the "AWS credentials" to use (Jenkins, with its plugin of that name); without one the agent's own
    /// role.
    pub aws_credentials: Option<String>,
}

impl Schedule {
    /// A schedule with the default of everything else.
    pub fn new(job: Job, which: Which, every: Every) -> Self {
        Self {
            job,
            which,
            every,
            name: format!("provision-{}", job.subcommand().join("-")),
            program: "/usr/local/bin/provision".to_owned(),
            directory: "/srv/provision".to_owned(),
            folder: ".".to_owned(),
            notify: Vec::new(),
            region: "us-east-1".to_owned(),
            role_arn: None,
            user: None,
            image: "provision:latest".to_owned(),
            install: "cargo install --locked --path crates/cli".to_owned(),
            runs_on: "ubuntu-latest".to_owned(),
            agent: None,
            notify_credentials: None,
            aws_credentials: None,
        }
    }
}
