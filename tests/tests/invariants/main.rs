//! The plan of the house as tests: what ARCHITECTURE.md calls an invariant fails here when it is broken.

// `cfg(test)` is always so here; it tells the lints that helpers may panic too.
#[cfg(test)]
mod dependencies;
#[cfg(test)]
mod generated;
#[cfg(test)]
mod sources;
#[cfg(test)]
mod tables;
