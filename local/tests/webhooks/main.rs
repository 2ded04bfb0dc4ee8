//! Webhooks as their receivers see them: what is sent, when, and what no longer is.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod breaker;
mod endpoint;
mod events;
mod mirror;
mod order;
mod sequence;
mod visibility;
mod world;
mod writes;
