//! What the tests of the workspace share: a local AWS with an account for each test, and a proxy that records the AWS
//! calls of a client. A dev-dependency only.

pub mod emulator;
pub mod enforcing;
pub mod inventory;
pub mod memory;
pub mod project;
pub mod proxy;
pub mod rounds;
pub mod soak;
