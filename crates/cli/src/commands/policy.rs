//! `provision policy check`.

use provision_policy::{Finding, Ids, RULES};

use crate::arguments::{PolicyArguments, PolicyCommand};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Problem};
use crate::load;
use crate::ui::{json, table};

/// Runs the command. It touches neither the network nor AWS.
pub fn run(arguments: &PolicyArguments, context: &Context) -> Result<Exit, Failure> {
    let PolicyCommand::Check { environments: names } = &arguments.command;
    let environments = names.iter().map(|name| load::environment(name)).collect::<Result<Vec<_>, _>>()?;
    let findings = environments.iter().flat_map(|environment| {
        let found = provision_policy::check(environment);
        found.into_iter().map(|finding| problem(&environment.name, &finding))
    });
    let problems: Vec<Problem> = findings.collect();
    if !problems.is_empty() {
        return Err(Failure::Failed { exit: Exit::POLICY, problems });
    }
    let rules = table::count(RULES.len(), "rule", "rules");
    let lines = environments.iter().map(|environment| {
        let resources = table::count(environment.resources.len(), "resource", "resources");
        format!("{}: {resources} break none of {rules}\n", environment.name)
    });
    context.printer.text(&lines.collect::<String>());
    let names = environments.into_iter().map(|environment| environment.name).collect();
    context.printer.json(&json::PolicyChecked::new(names, RULES.len()));
    Ok(Exit::DONE)
}

fn problem(environment: &str, finding: &Finding<'_>) -> Problem {
    let rule = finding.rule;
    Problem {
        code: rule.name,
        message: format!(
            "in {environment}, `{}` breaks {}: {} ({})",
            rule.field,
            rule.name,
            rule.requirement,
            known_as(&rule.ids)
        ),
        address: Some(finding.address.clone()),
        hint: Some(rule.remedy.to_owned()),
        ..Problem::default()
    }
}

/// What others call a rule: `CIS 4.6, KMS.4, CKV_AWS_7`.
fn known_as(ids: &Ids) -> String {
    let cis = if ids.cis.is_empty() { String::new() } else { format!("CIS {}", ids.cis) };
    let all = [cis.as_str(), ids.security_hub, ids.prowler, ids.checkov, ids.trivy];
    all.into_iter().filter(|id| !id.is_empty()).collect::<Vec<_>>().join(", ")
}
