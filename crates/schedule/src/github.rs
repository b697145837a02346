//! A workflow of GitHub Actions ([Workflow syntax], [OIDC in AWS]).
//!
//! [Workflow syntax]: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
//! [OIDC in AWS]: https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws

use crate::command::NOTIFY;
use crate::quote::{github as quote, shell, yaml};
use crate::schedule::Schedule;
use crate::target::File;
use crate::times::Times;

/// The variable that names the role if the schedule does not.
const ROLE: &str = "AWS_ROLE_ARN";

/// The file.
pub fn render(schedule: &Schedule) -> File {
    let Schedule { name, .. } = schedule;
    let mut needs = vec!["commit it to the default branch, the only one whose schedules GitHub runs".to_owned()];
    let mut settings = Vec::new();
    if schedule.role_arn.is_none() {
        settings.push(format!("the variable {ROLE} names the role to take"));
    }
    if schedule.notify.is_empty() {
        settings.push(format!("the secret {NOTIFY} says whom to tell, one a line"));
    }
    if !settings.is_empty() {
        needs.push(format!("in Settings, Secrets and variables, Actions: {}", settings.join(", ")));
    }
    needs.push("the role must trust GitHub's OIDC provider for this repository".to_owned());
    needs.push(format!("`gh workflow run {name}.yml` tries it at once"));
    File { name: format!(".github/workflows/{name}.yml"), content: content(schedule), what_to_do: needs.join("; ") }
}

fn content(schedule: &Schedule) -> String {
    let Schedule { name, every, region, runs_on, .. } = schedule;
    let words = schedule.job.words();
    let role = match &schedule.role_arn {
        Some(role) => yaml::text(role),
        None => format!("${{{{ vars.{ROLE} }}}}"),
    };
    format!(
        "\
# {title}, every {every}
#
# Times are UTC. GitHub may start a run late, and after 60 days without a commit it stops running the
# schedules of a public repository.
#
# GitHub knows a job that succeeded and one that failed, and nothing in between. Here a run fails both
# if something was found and if the check did not run well, because a failed run is what GitHub tells
# people of. Which it was, two things say:
#   - the step that failed: the last one, whose name says what was found; or \"Check\" (or one before it)
#   - the annotation: a warning \"{found_title}\"; or an error \"{failed_title}\"
name: {doing}

on:
  schedule:
    - cron: '{cron}'
  workflow_dispatch:

# To sign in to AWS as this repository, and to read it. Nothing else.
permissions:
  contents: read
  id-token: write

# One at a time; a run that has begun is not interrupted by the next.
concurrency:
  group: {quoted}
  cancel-in-progress: false

jobs:
  check:
    name: {doing}
    runs-on: {runs_on}
    timeout-minutes: {timeout}
    steps:
      - name: Check out
        uses: actions/checkout@v4
        with:
          persist-credentials: false

{install}      - name: Sign in to AWS
        uses: aws-actions/configure-aws-credentials@v4
        with:
          role-to-assume: {role}
          role-session-name: {quoted}
          aws-region: {region}

      - name: Check
        id: check
        # A check that takes this long is stuck, and has failed. (A job that takes too long is not
        # failed, but cancelled.)
        timeout-minutes: {longest}
        shell: bash
{environment}        run: {run}

      - name: Keep the report
        if: ${{{{ !cancelled() }}}}
        uses: actions/upload-artifact@v4
        with:
          name: {quoted}
          path: ${{{{ runner.temp }}}}/{name}.html
          if-no-files-found: ignore
          retention-days: 30

      - name: {found_title}
        if: ${{{{ !cancelled() && steps.check.outputs.code == '2' }}}}
        run: |
          echo '{found}. The summary of this run says what.'
          exit 2
",
        title = schedule.title(),
        quoted = yaml::text(name),
        region = yaml::text(region),
        runs_on = yaml::text(runs_on),
        doing = words.doing,
        found = words.found,
        found_title = words.found_title,
        failed_title = words.failed_title,
        cron = Times::of(schedule).cron(),
        longest = schedule.job.longest(),
        // What the installation may take, and the check.
        timeout = 45 + schedule.job.longest(),
        install = install(schedule),
        environment = environment(schedule),
        run = yaml::block(check(schedule), 10),
    )
}

fn install(schedule: &Schedule) -> String {
    let install = schedule.install.trim_end();
    if install.is_empty() {
        return String::new();
    }
    let run = if install.contains('\n') { yaml::block(install.lines(), 10) } else { yaml::text(install) };
    format!("      - name: Install provision\n        run: {run}\n\n")
}

fn environment(schedule: &Schedule) -> String {
    if !schedule.notify.is_empty() {
        return String::new();
    }
    format!("        env:\n          {NOTIFY}: ${{{{ secrets.{NOTIFY} }}}}\n")
}

/// The script of the check. GitHub runs it with `bash -eo pipefail`.
fn check(schedule: &Schedule) -> Vec<String> {
    let Schedule { name, .. } = schedule;
    let words = schedule.job.words();
    let mut command = vec!["provision".to_owned()];
    command.extend(schedule.arguments(schedule.folder_in_repository()));
    let script = format!(
        "\
report=\"$RUNNER_TEMP/{name}.html\"
summary=\"$RUNNER_TEMP/{name}.md\"
text=\"$RUNNER_TEMP/{name}.txt\"
# What another run left here must not be taken for this one's.
rm -f \"$report\" \"$summary\"
# What it prints are names and values from AWS: no line of it is a command to the runner.
stop=\"$RANDOM$RANDOM$RANDOM$RANDOM\"
echo \"::stop-commands::$stop\"
code=0
{command} --out \"$report\" --out \"$summary\" | tee \"$text\" || code=$?
echo \"::$stop::\"
echo \"code=$code\" >> \"$GITHUB_OUTPUT\"
# 2: the check ran well and found something. Anything else but 0: it did not run well.
case $code in
  0) say='{nothing}' ;;
  2)
    say='{found}'
    echo \"::warning title={found_title}::$say\"
    ;;
  *)
    say=\"{failed} (exit code $code)\"
    echo \"::error title={failed_title}::$say\"
    ;;
esac
# GitHub takes no more than 1 MiB. The program's own summary is shorter; if it wrote none, what it
# printed is cut, and indented by four, because then it is no Markdown.
{{
  if [ -s \"$summary\" ]; then
    # It was written before anybody was told: that something failed then, it does not say.
    case $code in 0 | 2) ;; *) printf '### %s\\n\\n' \"$say\" ;; esac
    cat \"$summary\"
  else
    printf '### %s\\n\\n' \"$say\"
    head -c 500000 \"$text\" | sed 's/^/    /'
  fi
}} >> \"$GITHUB_STEP_SUMMARY\"
case $code in 0 | 2) ;; *) exit \"$code\" ;; esac",
        command = quote::literal(&shell::command(&command)),
        nothing = words.nothing,
        found = words.found,
        found_title = words.found_title,
        failed = words.failed,
        failed_title = words.failed_title,
    );
    script.lines().map(str::to_owned).collect()
}
