//! Compares what an environment file asks for with what AWS has, and makes the two agree.
//!
//! Nothing here knows AWS: the kinds of resource implement [`Kind`], and everything else follows from their types.
//!
//! A run goes through these rooms in this order: [`observe`](mod@observe) reads live, [`diff`](mod@diff) compares,
//! [`plan`](mod@plan) orders steps, [`execute`](mod@execute) runs them.

pub mod diff;
pub mod document;
mod error;
mod kind;
pub mod ownership;
mod record;
mod scope;
pub mod sensitive;
mod step;

pub use error::{CloudError, ErrorClass};
pub use kind::{Change, Differences, Kind, Live, Notes, Problem, Progress, Target};
pub use record::Record;
pub use scope::Scope;
pub use step::{AnyStep, Idempotency, Step};
