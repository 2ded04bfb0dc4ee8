//! The invariants of ARCHITECTURE.md as tests.

// `cfg(test)` is always set here; it tells the lints that helpers may panic too.
#[cfg(test)]
mod dependencies;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod generated;
#[cfg(test)]
mod sources;
#[cfg(test)]
mod tables;
