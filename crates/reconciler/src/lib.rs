//! Compares what an environment file asks for with what AWS has, and makes the two agree.
//!
//! Nothing here knows AWS: the kinds of resource implement [`Kind`], and everything else follows from their types.
//!
//! A run goes through these rooms in this order: [`observe`](mod@observe) reads live, [`diff`](mod@diff) compares,
//! [`plan`](mod@plan) orders steps, [`execute`](mod@execute) runs them.

mod arn;
pub mod diff;
pub mod document;
pub mod drift;
mod erased;
mod error;
pub mod execute;
mod graph;
mod kind;
pub mod observe;
pub mod orphan;
pub mod ownership;
mod path;
pub mod plan;
mod record;
pub mod recovery;
mod registry;
mod remark;
mod scope;
pub mod sensitive;
mod shape;
mod step;
pub mod verify;
mod wanted;

pub use erased::{AnyKind, Bound, Observed};
pub use error::{CloudError, ErrorClass};
pub use graph::{Cycle, Graph};
pub use kind::{Change, Differences, Grant, Kind, Live, Notes, Problem, Progress, Target};
pub use record::{Record, Superseded};
pub use registry::Registry;
pub use remark::{Remark, remarks};
pub use scope::{Account, Scope};
pub use shape::fields_of;
pub use step::{AnyStep, Idempotency, Step};
pub use wanted::{Unready, Wanted, wanted};
