//! Who holds the lock of an environment.

use provision_config::Environment;
use provision_state::LockItem;

use crate::ui::value::known;

/// Who holds the lock, since when, and for what.
pub fn render(environment: &Environment, item: Option<&LockItem>) -> String {
    let Environment { name, .. } = environment;
    let table = &environment.state.lock_table;
    match item {
        None => format!("The lock of {name} is free: it was never held. (table {table})\n"),
        Some(item) if !item.held => format!(
            "The lock of {name} is free; it was last held by {} (`{}`). (table {table}, fencing number {})\n",
            known(&item.owner),
            known(&item.command),
            item.fencing,
        ),
        Some(item) => format!(
            "The lock of {name} is held by {} for {:#}\n  command         {}\n  operation       {}\n  since           {}\n  \
             fencing number  {}\n  lease           {} s; if its holder is dead, it is free that long after somebody begins to wait\n  \
             table           {table}\n",
            known(&item.owner),
            item.age(),
            known(&item.command),
            known(&item.operation),
            item.acquired_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            item.fencing,
            item.lease().as_secs_f64(),
        ),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use provision_config::StateSettings;

    use super::*;
    use crate::ui::json;

    fn environment() -> Environment {
        Environment {
            name: "staging".to_owned(),
            account: "123456789012".to_owned(),
            region: "us-east-1".to_owned(),
            dr_region: None,
            policy_exceptions: Vec::new(),
            drift_ignores: Vec::new(),
            dr: Default::default(),
            state: StateSettings {
                bucket_region: String::new(),
                lock_region: String::new(),
                bucket: "acme-state".to_owned(),
                lock_table: "acme-lock".to_owned(),
                key: "provision/staging/state.json".to_owned(),
                kms_key: "arn".to_owned(),
                resources: Default::default(),
                lock_resource: None,
                bucket_resource: None,
            },
            resources: Default::default(),
        }
    }

    fn item(held: bool) -> LockItem {
        LockItem {
            id: "staging".to_owned(),
            owner: "ann@laptop pid 4711".to_owned(),
            operation: "7a62c49f".to_owned(),
            command: "apply".to_owned(),
            fencing: 7,
            lease_ms: 15_000,
            record_version: "7a62c49f-0000-4000-8000-000000000000".parse().unwrap(),
            acquired_at: "2026-01-02T03:04:05Z".parse().unwrap(),
            held,
        }
    }

    #[test]
    fn a_lock_that_is_free() {
        let environment = environment();
        insta::assert_snapshot!(render(&environment, None), @"The lock of staging is free: it was never held. (table acme-lock)");
        insta::assert_snapshot!(render(&environment, Some(&item(false))), @"The lock of staging is free; it was last held by ann@laptop pid 4711 (`apply`). (table acme-lock, fencing number 7)");
    }

    #[test]
    fn a_lock_that_is_held() {
        let text = render(&environment(), Some(&item(true)));
        // The age is counted to the present.
        let (first, rest) = text.split_once('\n').unwrap();
        assert!(first.starts_with("The lock of staging is held by ann@laptop pid 4711 for "), "{first}");
        insta::assert_snapshot!("lock_held", rest);
    }

    #[test]
    fn a_lock_as_json() {
        insta::assert_snapshot!(
            "lock_json",
            json::to_string(&json::LockStatus::new(&environment(), Some(&item(true))))
        );
        let free = serde_json::to_value(json::LockStatus::new(&environment(), None)).unwrap();
        assert_eq!((&free["held"], &free["holder"]), (&false.into(), &serde_json::Value::Null));
    }
}
