//! All services and workers, for the Lambda entry points, the local gateway, the documents and the template.

mod artifact;
mod aws;
mod init_error;
mod lambda;
pub mod telemetry;
mod unmatched;
mod warm;

use gateway::{Endpoint, Service, Worker};

pub use artifact::Artifact;
pub use delivery::events;
pub use ingestion::{maintain as timers, renormalise, replay};
pub use lambda::{run_documentation, run_endpoint, run_worker};

/// All services with HTTP endpoints.
#[must_use]
pub fn services() -> Vec<Service> {
    let mut all = api_services();
    all.push(documentation::SERVICE);
    all
}

/// Those of the API and of Connect, whose functions run from one artifact.
fn api_services() -> Vec<Service> {
    vec![
        auth::SERVICE,
        orgs::SERVICE,
        integrations::SERVICE,
        telematics::SERVICE,
        notifications::SERVICE,
        connect::SERVICE,
        unmatched::SERVICE,
    ]
}

/// All endpoints of all services.
#[must_use]
pub fn endpoints() -> Vec<Endpoint> {
    services().iter().flat_map(|service| (service.endpoints)()).collect()
}

/// All workers, by service.
#[must_use]
pub fn worker_services() -> Vec<(&'static str, Vec<Worker>)> {
    vec![("ingestion", ingestion::workers()), ("delivery", delivery::workers())]
}

/// All workers.
#[must_use]
pub fn workers() -> Vec<Worker> {
    worker_services().into_iter().flat_map(|(_, workers)| workers).collect()
}
