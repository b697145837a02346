//! `provision schedule`.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use provision_schedule::{Every, EveryError, File, Job, Problem, Schedule, Target, Which};

use crate::arguments::{ScheduleArguments, ScheduleJob, ScheduleTarget};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load;
use crate::ui;

/// Runs the command, without touching the network.
pub fn run(arguments: &ScheduleArguments, context: &Context) -> Result<Exit, Failure> {
    let target = target(arguments.target);
    of_no_use(arguments)?;
    // That they exist, and where: a schedule that can only fail is of no use.
    let environments = load::environments(&arguments.environments)?.all()?;
    let region = environments.first().map(|environment| environment.region.clone());
    let schedule = schedule(arguments, region)?;
    let files = schedule.render(target).map_err(|problems| refused(&problems.0))?;
    let Some(folder) = &arguments.out else {
        context.printer.text(&ui::schedule::contents(&files));
        for file in &files {
            context.printer.note(&format!("{}: {}", file.name, file.what_to_do));
        }
        context.printer.json(&ui::json::Scheduled::new(&files, None));
        return Ok(Exit::DONE);
    };
    let written = write(folder, &files, arguments)?;
    context.printer.text(&ui::schedule::written(&files, &written));
    context.printer.json(&ui::json::Scheduled::new(&files, Some(&written)));
    Ok(Exit::DONE)
}

fn target(target: ScheduleTarget) -> Target {
    match target {
        ScheduleTarget::Systemd => Target::Systemd,
        ScheduleTarget::Crontab => Target::Crontab,
        ScheduleTarget::Github => Target::Github,
        ScheduleTarget::Jenkins => Target::Jenkins,
        ScheduleTarget::Kubernetes => Target::Kubernetes,
    }
}

/// What was asked for, with the defaults of this machine.
fn schedule(arguments: &ScheduleArguments, region: Option<String>) -> Result<Schedule, Failure> {
    let job = match arguments.check {
        ScheduleJob::Drift => Job::Drift,
        ScheduleJob::Dr => Job::DrCheck,
    };
    let which = match arguments.environments.all {
        true => Which::All,
        false => Which::Named(arguments.environments.environments.clone()),
    };
    let default = Schedule::new(job, which, every(arguments)?);
    let (program, directory) = match arguments.target {
        ScheduleTarget::Systemd | ScheduleTarget::Crontab => (this_program()?, this_folder()?),
        _ => (default.program.clone(), default.directory.clone()),
    };
    let given = |given: &Option<String>, default: &str| given.clone().unwrap_or_else(|| default.to_owned());
    Ok(Schedule {
        name: given(&arguments.name, &default.name),
        program: given(&arguments.program, &program),
        directory: given(&arguments.project, &directory),
        folder: given(&arguments.folder, &default.folder),
        notify: arguments.notify.iter().map(|target| target.as_str().to_owned()).collect(),
        region: arguments.region.clone().or(region).unwrap_or(default.region.clone()),
        role_arn: arguments.role_arn.clone(),
        user: arguments.user.clone(),
        image: given(&arguments.image, &default.image),
        install: given(&arguments.install, &default.install),
        runs_on: given(&arguments.runs_on, &default.runs_on),
        agent: arguments.agent.clone(),
        notify_credentials: arguments.notify_credentials.clone(),
        aws_credentials: arguments.aws_credentials.clone(),
        ..default
    })
}

fn every(arguments: &ScheduleArguments) -> Result<Every, Failure> {
    let invalid = |error: EveryError| {
        let (option, hint) = match &error {
            EveryError::Period { nearest, .. } => {
                ("--every", nearest.map(|nearest| format!("say `--every {nearest}`")))
            }
            EveryError::Time { .. } => ("--at", Some("as in `--at 05:30`".to_owned())),
            EveryError::TimeWithoutDay { .. } => ("--at", Some("say `--every 1d`, or leave out --at".to_owned())),
        };
        let failure = invalid(format!("{option}: {error}"));
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure.hint("as in `--every 6h`"),
        }
    };
    let every = Every::parse(&arguments.every).map_err(invalid)?;
    arguments.at.as_ref().map_or(Ok(every), |time| every.at(time).map_err(invalid))
}

fn this_program() -> Result<String, Failure> {
    let path =
        std::env::current_exe().map_err(|error| Failure::new(format!("failed to find this program: {error}")))?;
    text(&path, "--program")
}

fn this_folder() -> Result<String, Failure> {
    let path = std::env::current_dir().map_err(|error| Failure::new(format!("failed to find this folder: {error}")))?;
    text(&path, "--project")
}

fn text(path: &Path, option: &str) -> Result<String, Failure> {
    let text = path.to_str().map(str::to_owned);
    text.ok_or_else(|| invalid(format!("{} is not UTF-8", path.display())).hint(format!("say {option}")))
}

/// Refuses what the scheduler has no use for: it would be lost without a word.
fn of_no_use(arguments: &ScheduleArguments) -> Result<(), Failure> {
    use ScheduleTarget::{Crontab, Github, Jenkins, Kubernetes, Systemd};
    let options: [(&str, bool, &[ScheduleTarget]); 11] = [
        ("--program", arguments.program.is_some(), &[Systemd, Crontab, Kubernetes]),
        ("--project", arguments.project.is_some(), &[Systemd, Crontab, Kubernetes]),
        ("--folder", arguments.folder.is_some(), &[Github, Jenkins]),
        ("--user", arguments.user.is_some(), &[Systemd, Crontab]),
        ("--role-arn", arguments.role_arn.is_some(), &[Github, Kubernetes]),
        ("--install", arguments.install.is_some(), &[Github, Jenkins]),
        ("--runs-on", arguments.runs_on.is_some(), &[Github]),
        ("--agent", arguments.agent.is_some(), &[Jenkins]),
        ("--aws-credentials", arguments.aws_credentials.is_some(), &[Jenkins]),
        ("--notify-credentials", arguments.notify_credentials.is_some(), &[Jenkins]),
        ("--image", arguments.image.is_some(), &[Kubernetes]),
    ];
    let name = target(arguments.target).name();
    let lost = options.iter().filter(|(_, is_given, targets)| *is_given && !targets.contains(&arguments.target));
    let failures = lost.map(|(option, _, targets)| {
        let targets: Vec<&str> = targets.iter().map(|one| target(*one).name()).collect();
        invalid(format!("{option} says nothing to {name}")).hint(format!("it is for {}", targets.join(", ")))
    });
    Failure::all(failures.collect()).map_or(Ok(()), Err)
}

fn refused(problems: &[Problem]) -> Failure {
    let failures = problems.iter().map(|problem| {
        let option = match problem.field {
            "which" => "ENV".to_owned(),
            "directory" => "--project".to_owned(),
            field => format!("--{}", field.replace('_', "-")),
        };
        invalid(format!("{option}: {}", problem.message)).hint("see `provision schedule --help`")
    });
    Failure::all(failures.collect()).unwrap_or_else(|| invalid("it cannot be written".to_owned()))
}

/// Writes the files, or none of them.
fn write(folder: &Path, files: &[File], arguments: &ScheduleArguments) -> Result<Vec<PathBuf>, Failure> {
    let paths: Vec<PathBuf> = files.iter().map(|file| folder.join(&file.name)).collect();
    let mut in_the_way = Vec::new();
    for (file, path) in files.iter().zip(&paths) {
        match fs::read_to_string(path) {
            Ok(there) if there == file.content || arguments.force => {}
            Ok(_) => in_the_way.push(
                invalid(format!("{} is there and says something else", path.display()))
                    .hint("write over it with --force, or choose another --name"),
            ),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => in_the_way.push(Failure::io("read", path, &error)),
        }
    }
    if let Some(failure) = Failure::all(in_the_way) {
        return Err(failure);
    }
    for (file, path) in files.iter().zip(&paths) {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| Failure::io("make", parent, &error))?;
        }
        let is_secret = !arguments.notify.is_empty();
        put(path, &file.content, is_secret).map_err(|error| Failure::io("write", path, &error))?;
    }
    Ok(paths)
}

/// Writes a file. One that says whom to tell is for its owner alone: the address of a webhook is as good as a password.
fn put(path: &Path, content: &str, is_secret: bool) -> io::Result<()> {
    let mut file = fs::File::create(path)?;
    if is_secret {
        restrict(&file)?;
    }
    file.write_all(content.as_bytes())
}

#[cfg(unix)]
fn restrict(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o600))
}

/// Elsewhere a file has the permissions of its folder.
#[cfg(not(unix))]
fn restrict(_: &fs::File) -> io::Result<()> {
    Ok(())
}

fn invalid(message: String) -> Failure {
    Failure::new(message).code("arguments").exit_with(Exit::INVALID)
}
