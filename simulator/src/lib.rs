//! Telematics providers, simulated: one fleet in SI units ([`world`]), rendered in each provider's real wire format.
//!
//! Each provider lives below its own prefix; `/samsara` speaks the Samsara API, so that a client works with the base URL
//! `http://127.0.0.1:4600/samsara`, `/motive` that of Motive, and `/geotab` that of MyGeotab. Below `/_sim` are the statistics and the
//! fault controls. What clients write and customers grant is kept in memory; every other response is a function of the options, the time and the request, so a
//! restart changes nothing else.

mod app;
mod clock;
mod control;
mod faults;
mod geotab;
mod http;
mod limiter;
mod motive;
mod oauth;
mod options;
mod provider;
mod providers;
mod router;
mod samsara;
mod server;
pub mod world;
mod written;

pub use clock::{Clock, ManualClock, SystemClock};
pub use faults::{Faults, LatePoints};
pub use oauth::CLIENT as OAUTH_CLIENT;
pub use options::Options;
pub use providers::credentials;
pub use server::{Provided, Simulator, bind};
