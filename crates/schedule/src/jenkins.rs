//! A declarative pipeline of Jenkins ([Pipeline Syntax], [Basic Steps], [JUnit]).
//!
//! [Pipeline Syntax]: https://www.jenkins.io/doc/book/pipeline/syntax/
//! [Basic Steps]: https://www.jenkins.io/doc/pipeline/steps/workflow-basic-steps/
//! [JUnit]: https://www.jenkins.io/doc/pipeline/steps/junit/

use crate::command::NOTIFY;
use crate::quote::{groovy, shell};
use crate::schedule::Schedule;
use crate::target::File;

/// The file.
pub fn render(schedule: &Schedule) -> File {
    let name = format!("{}.Jenkinsfile", schedule.name);
    let mut needs = vec![
        format!(
            "commit it, and make a Pipeline in Jenkins with \"Pipeline script from SCM\" and the script path {name}; Jenkins \
             reads the schedule in the first run, which is started by hand"
        ),
        "what is found is shown by the plugin \"JUnit\", which has to be there".to_owned(),
    ];
    if let Some(id) = &schedule.notify_credentials {
        needs.push(format!("the secret text {id} says whom to tell, several with spaces between them"));
    } else if schedule.notify.is_empty() {
        needs.push(format!(
            "whom to tell is read from {NOTIFY}, one a line, if it is among Jenkins' environment variables"
        ));
    }
    if let Some(id) = &schedule.aws_credentials {
        needs.push(format!("the AWS credentials {id} are those of the plugin \"AWS Credentials\""));
    }
    File { content: content(schedule), name, what_to_do: needs.join("; ") }
}

fn content(schedule: &Schedule) -> String {
    let Schedule { name, every, region, .. } = schedule;
    let words = schedule.job.words();
    let agent = match &schedule.agent {
        Some(label) => format!("{{ label {} }}", groovy::text(label)),
        None => "any".to_owned(),
    };
    format!(
        "\
// {title}, every {every}
//
// The stage \"{title_of_stage}\" can stand in a pipeline of your own as well.
pipeline {{
    agent {agent}

    options {{
        disableConcurrentBuilds()
        timeout(time: {timeout}, unit: 'MINUTES')
        buildDiscarder(logRotator(numToKeepStr: '200'))
    }}

    triggers {{
        // H is a number that Jenkins makes of the job's name, so that not all jobs run at once.
        cron({cron})
    }}

    environment {{
        AWS_REGION = {region}
    }}

    stages {{
{install}        stage({doing}) {{
            steps {{
                script {{
                    // 2: the check ran well and found something, which makes the build unstable.
                    // Anything else but 0: it did not run well, and the build fails.
{run}
                    if (code == 2) {{
                        unstable({found})
                    }} else if (code != 0) {{
                        error(\"{failed} (exit code ${{code}})\")
                    }}
                }}
            }}
            post {{
                always {{
                    archiveArtifacts artifacts: '{name}.html', allowEmptyArchive: true
                    // Each finding is a failed test, which by itself makes the build unstable, and a failed
                    // build stays failed. The step is that of the plugin \"JUnit\".
                    junit testResults: '{name}.xml', allowEmptyResults: true
                }}
            }}
        }}
    }}
}}
",
        title = schedule.title(),
        title_of_stage = words.doing,
        // What the installation may take, and the check.
        timeout = 45 + schedule.job.longest(),
        cron = groovy::text(&cron(schedule)),
        region = groovy::text(region),
        install = install(schedule),
        doing = groovy::text(words.doing),
        run = run(schedule),
        found = groovy::text(words.found),
        // No quote and no $ is in it.
        failed = words.failed,
    )
}

/// The cron expression, with Jenkins' own way of spreading jobs (Pipeline Syntax, "Jenkins cron syntax").
fn cron(schedule: &Schedule) -> String {
    let every = schedule.every;
    match (every.time(), every.minutes()) {
        (Some((hour, minute)), _) => format!("TZ=Etc/UTC\n{minute} {hour} * * *"),
        (None, period @ ..60) => format!("H/{period} * * * *"),
        (None, 60) => "H * * * *".to_owned(),
        (None, period) if period < 24 * 60 => format!("H H/{} * * *", period / 60),
        (None, _) => "H H * * *".to_owned(),
    }
}

/// Where cargo puts what it installs, which is not on every agent's PATH.
const PATH: &str = "PATH=\"${CARGO_HOME:-$HOME/.cargo}/bin:$PATH\"";

fn install(schedule: &Schedule) -> String {
    let install = schedule.install.trim_end();
    if install.is_empty() {
        return String::new();
    }
    format!(
        "        stage('Install provision') {{
            steps {{
                sh {}
            }}
        }}
",
        groovy::text(install)
    )
}

/// The step that runs the check, within its credentials, if it has any.
fn run(schedule: &Schedule) -> String {
    let Schedule { name, .. } = schedule;
    let longest = u32::from(schedule.job.longest());
    let mut command = vec!["provision".to_owned()];
    command.extend(schedule.arguments(schedule.folder_in_repository()));
    let script = [
        PATH.to_owned(),
        // The reports of an earlier build must not be taken for this one's.
        format!("rm -f {name}.html {name}.xml"),
        // A build that Jenkins stops is "aborted" and not failed; so a check that is stuck is stopped here, with exit
        // code 124.
        format!(
            "timeout -k 10 {} {} --out \"$WORKSPACE/{name}.html\" --out \"$WORKSPACE/{name}.xml\"",
            longest * 60,
            shell::command(&command)
        ),
    ];
    let mut bindings = Vec::new();
    if let (Some(id), true) = (&schedule.notify_credentials, schedule.notify.is_empty()) {
        bindings.push(format!("string(credentialsId: {}, variable: '{NOTIFY}')", groovy::text(id)));
    }
    if let Some(id) = &schedule.aws_credentials {
        bindings.push(format!("aws(credentialsId: {})", groovy::text(id)));
    }
    if bindings.is_empty() {
        return format!(
            "                    int code = sh(returnStatus: true, script: {})",
            groovy::script(&script, 20)
        );
    }
    format!(
        "                    int code = 1\n                    withCredentials([{}]) {{\n                        code = \
         sh(returnStatus: true, script: {})\n                    }}",
        bindings.join(", "),
        groovy::script(&script, 24)
    )
}
