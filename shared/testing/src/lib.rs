//! What the tests of several crates share: the embedded database, processes that die, and numbers that follow from a seed.
//! Only tests depend on it.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what fails here fails the test that asked for it")]

mod database;
mod process;
mod random;

pub use database::{CONTROL, Database, TELEMATICS, connect};
pub use process::{Accident, Fate, Process, Step};
pub use random::Random;
