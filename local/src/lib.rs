//! The platform on one machine: every function in one process behind a local gateway, over an emulated AWS, with a
//! simulated TSP and a demo partner. The functions, the AWS calls and the template are those that get deployed.

pub mod admin;
pub mod api;
pub mod aws;
pub mod check;
pub mod cli;
pub mod demo;
pub mod documents;
mod feed;
mod gateway;
mod platform;
mod receiver;
mod stacks;

pub use demo::Demo;
pub use platform::{Options, Platform};
pub use stacks::template;
