//! Telematics providers, simulated: one fleet, rendered in each provider's real wire format.

pub mod world;
