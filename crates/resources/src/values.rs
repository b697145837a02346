//! AWS's own values (`ENCRYPT_DECRYPT`) from and to the enumerations of a spec, through their serde names.

use provision_reconciler::{CloudError, ErrorClass};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The value that AWS calls it.
pub fn to_aws(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(text)) => text,
        // Enumerations without fields serialise to texts.
        other => format!("{other:?}"),
    }
}

/// The enumeration's value for what AWS answered to `action`.
///
/// # Errors
/// If AWS has values that this version does not know.
pub fn from_aws<T: DeserializeOwned>(action: &str, text: &str) -> Result<T, CloudError> {
    serde_json::from_value(Value::String(text.to_owned())).map_err(|_| {
        CloudError::new(action, ErrorClass::Refused, format!("AWS answered `{text}`, which this version does not know"))
            .with_hint("use a newer version of provision")
    })
}
