//! `provision policy check`.

use provision_config::{Environment, PolicyException};
use provision_policy::{Finding, Ids, Rule, Unused, rules};
use provision_reconciler::{Account, Registry};

use crate::arguments::{PolicyArguments, PolicyCommand};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Problem};
use crate::load;
use crate::ui::{json, table};

/// Runs the command. It touches neither the network nor AWS.
pub fn run(arguments: &PolicyArguments, context: &Context) -> Result<Exit, Failure> {
    let PolicyCommand::Check { environments: names } = &arguments.command;
    let registry = load::offline();
    let environments = names.iter().map(|name| Ok(complete(load::environment(name)?, &registry)));
    let environments = environments.collect::<Result<Vec<_>, Failure>>()?;
    let findings = environments.iter().flat_map(|environment| {
        let found = provision_policy::check(environment);
        found.into_iter().map(|finding| problem(&environment.name, &finding))
    });
    let problems: Vec<Problem> = findings.collect();
    if !problems.is_empty() {
        return Err(Failure::Failed { exit: Exit::POLICY, problems });
    }
    let count = rules().count();
    let rules = table::count(count, "rule", "rules");
    let lines = environments.iter().map(|environment| {
        let resources = table::count(environment.resources.len(), "resource", "resources");
        format!("{}: {resources} break none of {rules}\n", environment.name)
    });
    context.printer.text(&lines.collect::<String>());
    let names = environments.into_iter().map(|environment| environment.name).collect();
    context.printer.json(&json::PolicyChecked::new(names, count));
    Ok(Exit::DONE)
}

/// With specs as they are planned: the rules know policies only in AWS's own JSON, and a file may write them in its own form. A spec
/// that points to what is not there stays as the file has it; that is no matter of rules.
fn complete(mut environment: Environment, registry: &Registry) -> Environment {
    let account = Account { partition: "aws".to_owned(), id: environment.account.clone() };
    for (address, resource) in &mut environment.resources {
        let scope = account.scope(&environment.name, address, &resource.region);
        let Ok(kind) = registry.kind(address) else { continue };
        if let Ok(spec) = kind.complete(resource.spec.clone(), &scope) {
            resource.spec = spec;
        }
    }
    environment
}

fn problem(environment: &str, finding: &Finding<'_>) -> Problem {
    match finding {
        Finding::Broken { address, rule } => Problem { address: Some((*address).clone()), ..broken(environment, rule) },
        Finding::Unused { exception, why } => unused(environment, exception, *why),
    }
}

fn broken(environment: &str, rule: &Rule) -> Problem {
    let (field, requirement, known_as) = (rule.field, rule.requirement, known_as(&rule.ids));
    Problem {
        code: rule.name,
        message: format!("in {environment}, `{field}` breaks {}: {requirement}{known_as}", rule.name),
        hint: Some(rule.remedy.to_owned()),
        ..Problem::default()
    }
}

fn unused(environment: &str, exception: &PolicyException, why: Unused) -> Problem {
    let PolicyException { rule, resource, .. } = exception;
    let why = match why {
        Unused::NoSuchRule => format!("there is no rule `{rule}`"),
        Unused::NoSuchResource => format!("there is no resource `{resource}`"),
        Unused::Kept => format!("`{resource}` keeps {rule}"),
    };
    Problem {
        code: "unused-exception",
        message: format!("in {environment}, an exception of `[policy]` is for nothing: {why}"),
        hint: Some("remove it from the file, or correct its names".to_owned()),
        ..Problem::default()
    }
}

/// What others call a rule: ` (CIS 4.6, KMS.4, CKV_AWS_7)`.
fn known_as(ids: &Ids) -> String {
    let all = ids.known_as();
    if all.is_empty() { all } else { format!(" ({all})") }
}

#[cfg(test)]
mod tests;
