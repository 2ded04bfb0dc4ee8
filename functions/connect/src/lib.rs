//! Pages follow.

/// The service.
pub const SERVICE: gateway::Service = gateway::Service { name: "connect", title: "Connect", endpoints: Vec::new };
