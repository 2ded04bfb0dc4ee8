//! The artifacts behind Lambda's Runtime API: every function as a process, with the events that AWS sends.
//!
//! Without more, the debug binaries that cargo built are run; `CATENA_ARTIFACTS` names a folder of others, and `cargo xtask
//! runtime` does that with the release binaries.

// `cfg(test)` is always so here; it tells the lints that helpers may panic too.
#[cfg(test)]
mod alarms;
#[cfg(test)]
mod events;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod front;
#[cfg(test)]
mod gatekeeper;
#[cfg(test)]
mod journey;
#[cfg(test)]
mod lambda;
#[cfg(test)]
mod role;
#[cfg(test)]
mod runtime_api;
#[cfg(test)]
mod sandbox;
#[cfg(test)]
mod sizes;
#[cfg(test)]
mod tour;
#[cfg(test)]
mod world;
