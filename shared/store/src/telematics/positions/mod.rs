//! Vehicle positions: blocks of points, newest points, counts.

mod block;
mod codec;
mod groups;
mod history;
mod latest;
mod write;

pub use block::{Block, decode_block};

#[cfg(test)]
mod tests;
