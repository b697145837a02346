//! The protocols, checked exhaustively: every order in which their calls can be carried out, answered, lost and delayed, and
//! every point at which their processes can die or be stopped.
//!
//! Two models, each as small as what it says allows:
//!
//! - [`lease`]: the lock's item in its table, with clocks. Whoever holds the lock by its own reckoning holds it alone, numbers
//!   strictly grow, and the lock can always be taken in the end. Also where its table is lost, and the numbers with it.
//! - [`journal`]: the state and its journal, under a lock that is taken to be good for *nothing but growing numbers*: any
//!   number of processes may believe to hold it. Still nothing that was recorded is ever lost, only one of them writes
//!   effectively, and the state can always be read. If the table is lost, numbers begin anew, and are raised above the state's.
//!
//! So what is written is safe whatever the clocks do, and what is called in AWS as far as clocks can make it.
//!
//! The models re-describe only the world (what a table and a bucket do) and the order of the calls. What is decided between
//! them is decided by the functions that run: `lease::look`, `lease::is_over`, `Condition`, `LockItem`, `Writing`, `compare`,
//! `Cursor`. Each model is also run with one of its rules broken, and must find it out.
//!
//! `cargo test -p provision-state model -- --ignored` goes further than the tests that are always run: minutes, and some
//! gigabytes.

mod explorer;
mod journal;
mod lease;
