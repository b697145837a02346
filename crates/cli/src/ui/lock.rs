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
