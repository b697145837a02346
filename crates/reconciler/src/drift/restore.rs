//! What an environment is to be if only drift is to be mended: what was last applied, however the file has changed since.

use std::collections::{BTreeMap, BTreeSet};

use provision_config::{Address, unknown};
use serde_json::{Map, Value};

use crate::diff::same;
use crate::error::CloudError;
use crate::record::Record;
use crate::registry::Registry;
use crate::scope::Account;
use crate::sensitive;
use crate::wanted::Wanted;

/// What was last applied, as something to be wanted.
///
/// Fields that the file asks for as they were applied are taken from the file, whose references lead to what is made anew; what the file
/// has changed since, from the record. What the file has added is left out, what it has given up is in. What was never finished is
/// for an apply to finish, and left out too, as is what another one took the place of: nothing is deleted to set something back.
///
/// # Errors
/// If a kind is not known.
pub fn as_applied(
    registry: &Registry,
    environment: &str,
    account: &Account,
    file: &BTreeMap<Address, Wanted>,
    records: &BTreeMap<Address, Record>,
) -> Result<BTreeMap<Address, Wanted>, CloudError> {
    let mut applied = BTreeMap::new();
    for (address, record) in records {
        let Some(last) = record.spec.as_ref().filter(|_| record.superseded.is_empty()) else { continue };
        let scope = account.scope(environment, address, &record.region);
        let wanted = file.get(address).filter(|wanted| wanted.scope.region == record.region);
        let spec = match wanted {
            Some(wanted) => mixed(&registry.kind(address)?.schema().fields, &wanted.spec, last, records),
            None => known(last),
        };
        let referring = wanted.map(|wanted| wanted.referring.clone()).unwrap_or_default();
        let (dependencies, protect) = (record.dependencies.clone(), record.protect);
        applied.insert(address.clone(), Wanted { scope, spec, dependencies, referring, protect });
    }
    Ok(applied)
}

/// What was applied, but for what is known by its hash only.
fn known(applied: &Value) -> Value {
    let fields = applied.as_object().into_iter().flatten();
    let known = fields.filter(|(_, value)| !sensitive::is_sealed_inside(value));
    Value::Object(known.map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// The file's fields where they come to what was applied, else those that were applied. A sensitive one that the file has changed since
/// is left alone: what it was is known to nobody.
fn mixed(
    fields: &provision_config::Fields,
    file: &Value,
    applied: &Value,
    records: &BTreeMap<Address, Record>,
) -> Value {
    let output = |reference: &unknown::Reference| {
        records.get(&reference.address)?.outputs.get(&reference.output)?.as_str().map(str::to_owned)
    };
    let known = unknown::substitute(file, &output);
    let names: BTreeSet<&String> =
        [file, applied].into_iter().filter_map(Value::as_object).flat_map(Map::keys).collect();
    let field = |name: &String| {
        let is_applied = fields.get(name).is_none_or(|field| {
            let [known, applied] = [&known, applied].map(|spec| spec.get(name).unwrap_or(&Value::Null));
            if field.sensitive { sensitive::same(known, applied) } else { same(&field.shape, known, applied) }
        });
        let from = if is_applied { file } else { applied };
        let value = from.get(name).filter(|value| is_applied || !sensitive::is_sealed_inside(value))?;
        Some((name.clone(), value.clone()))
    };
    Value::Object(names.into_iter().filter_map(field).collect())
}
