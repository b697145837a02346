//! From what a person calls an environment to the environment itself, checked as far as it can be offline.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use provision_config::{Address, Diagnostic, Diagnostics, Environment};
use provision_reconciler::{Account, Registry};
use provision_resources::{Aws, Connection, registry};

use crate::arguments::EnvironmentsArguments;
use crate::exit::Exit;
use crate::failure::Failure;

/// Where environments are, unless a path says otherwise.
pub const DIRECTORY: &str = "environments";
/// How alike a name must be to be suggested, from 0 to 1.
const ALIKE: f64 = 0.6;

/// The environment of that name or path, checked: its layers, references and types, and what each kind has to say of its
/// own resources.
///
/// # Errors
/// If there is no such file, or with everything that is wrong with it.
pub fn environment(name: &str) -> Result<Environment, Failure> {
    file(name).map(|(_, environment)| environment)
}

/// The same with the file that it is in: `staging` stands for `environments/staging.toml`.
///
/// # Errors
/// As [`environment`].
pub fn file(name: &str) -> Result<(PathBuf, Environment), Failure> {
    let path = provision_config::locate(name, Path::new("."))?;
    let registry = offline();
    let environment = provision_config::load(&path, &registry.catalog())?;
    check(&environment, &registry)?;
    Ok((path, environment))
}

/// Environments to be looked at.
pub struct Several {
    /// Those whose files are in order.
    pub environments: Vec<Environment>,
    /// The others, by name, and what is wrong with them. Empty unless all were asked for.
    pub wrong: Vec<(String, Failure)>,
}

impl Several {
    /// All of them, where one whose file is wrong is in the way.
    ///
    /// # Errors
    /// With what is wrong.
    pub fn all(self) -> Result<Vec<Environment>, Failure> {
        match Failure::all(self.wrong.into_iter().map(|(_, failure)| failure).collect()) {
            Some(failure) => Err(failure),
            None => Ok(self.environments),
        }
    }
}

/// Those environments, or all that there are. Of those that are named, everything that is wrong with any of their files is said at once;
/// of all, one whose file is wrong does not keep the others from being looked at.
///
/// # Errors
/// If the file of one that is named is missing or wrong, or there is none at all.
pub fn environments(which: &EnvironmentsArguments) -> Result<Several, Failure> {
    let names = if which.all { provision_config::environments(Path::new(".")) } else { which.environments.clone() };
    if names.is_empty() {
        return Err(Failure::new(format!("there are no environments in {DIRECTORY}/"))
            .code("config::missing_file")
            .exit_with(Exit::INVALID)
            .hint("`provision new` makes one; or say with `-C DIR` where the folder is"));
    }
    let (mut environments, mut wrong) = (Vec::new(), Vec::new());
    for name in names {
        match environment(&name) {
            Ok(environment) => environments.push(environment),
            Err(failure) => wrong.push((stem(&name), failure)),
        }
    }
    let several = Several { environments, wrong };
    match which.all && !several.environments.is_empty() {
        true => Ok(several),
        false => Ok(Several { environments: several.all()?, wrong: Vec::new() }),
    }
}

/// What an environment is called whose file cannot be read.
fn stem(name: &str) -> String {
    Path::new(name).file_stem().map_or_else(|| name.to_owned(), |stem| stem.to_string_lossy().into_owned())
}

/// The kinds, for looking at files only: nothing is connected, or even loaded, before a first call.
pub fn offline() -> Registry {
    registry(&Arc::new(Aws::new(Connection::default())))
}

/// What the kinds themselves have to say of their resources, beyond fields and types.
fn check(environment: &Environment, registry: &Registry) -> Result<(), Failure> {
    let mut diagnostics = Vec::new();
    for (address, resource) in &environment.resources {
        for problem in registry.kind(address)?.check(&resource.spec) {
            diagnostics.push(Diagnostic {
                code: "config::check",
                message: format!("{address}: {}", problem.message),
                location: resource.origin.locate(&problem.pointer).cloned(),
                label: None,
                help: problem.help,
            });
        }
    }
    // What a spec with a mistake would be called cannot be told.
    if diagnostics.is_empty() {
        diagnostics.extend(collisions(environment, registry)?);
    }
    if diagnostics.is_empty() { Ok(()) } else { Err(Diagnostics(diagnostics).into()) }
}

/// Resources that would have the same name in AWS: each would see the other as itself.
fn collisions(environment: &Environment, registry: &Registry) -> Result<Vec<Diagnostic>, Failure> {
    let account = Account { partition: "aws".to_owned(), id: environment.account.clone() };
    let mut taken: BTreeMap<(&str, &str, String), &Address> = BTreeMap::new();
    let mut diagnostics = Vec::new();
    for (address, resource) in &environment.resources {
        let kind = registry.kind(address)?;
        let scope = account.scope(&environment.name, address, &resource.region);
        let Some(id) = kind.identity(&resource.spec, &scope)? else { continue };
        if let Some(other) = taken.insert((&address.kind, &resource.region, id.clone()), address) {
            diagnostics.push(Diagnostic {
                code: "config::same_name",
                message: format!("{address} and {other} are both named `{id}`"),
                location: resource.origin.header.clone(),
                label: Some("named like another".to_owned()),
                help: Some("give each its own name in AWS".to_owned()),
            });
        }
    }
    Ok(diagnostics)
}

/// There is no resource of that address.
pub fn no_such_resource<'a>(address: &Address, known: impl Iterator<Item = &'a Address>) -> Failure {
    let known: Vec<String> = known.map(ToString::to_string).collect();
    let hint = match nearest(&address.to_string(), &known) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => "`provision state list ENV` lists the addresses".to_owned(),
    };
    Failure::new(format!("there is no {address} in the state")).code("address").exit_with(Exit::INVALID).hint(hint)
}

/// The known name that is most like what was typed, if any is alike enough.
pub fn nearest<'a>(typed: &str, known: &'a [String]) -> Option<&'a str> {
    let alike = known.iter().map(|name| (strsim::jaro_winkler(typed, name), name.as_str()));
    alike.filter(|(alike, _)| *alike >= ALIKE).max_by(|left, right| left.0.total_cmp(&right.0)).map(|(_, name)| name)
}

#[cfg(test)]
mod tests;
