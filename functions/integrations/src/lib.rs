//! Integrations: connections to TSP accounts, their schedules and executions, and the freshness of their data.

pub mod connections;
pub mod executions;
pub mod resource_operations;
pub mod schedules;
pub mod tsps;
mod visible;

use gateway::Permission::{CountRequests, Open, ReadControl, Seal, VerifyTokens, WriteControl};
use gateway::{Access, Endpoint, Permission, Secrets, Service, Tag};
use http::Method;

/// The service and its rows.
pub const SERVICE: Service = Service {
    name: "integrations",
    title: "Integrations",
    description: "Connections to accounts at telematics providers (TSPs), the schedules that fetch their data, and the freshness of the data.",
    tags: TAGS,
    endpoints,
};

const TAGS: &[Tag] = &[
    Tag { name: "Connections", handlers: "connections", description: "Accounts at TSPs that fleets have connected." },
    Tag {
        name: "Schedules",
        handlers: "schedules",
        description: "A connection has one schedule per shared resource; each firing fetches new data.",
    },
    Tag { name: "TSP Integrations", handlers: "tsp_integrations", description: "What can be fetched from each TSP." },
    Tag { name: "Executions", handlers: "executions", description: "The executions of a schedule, kept for seven days." },
    Tag {
        name: "Resource Operations",
        handlers: "resource_operations",
        description: "What partners have written to accounts at TSPs, kept for 90 days.",
    },
];

const READ: &[Permission] = &[ReadControl, CountRequests, VerifyTokens];
/// Lists also decrypt (and the first one creates) the platform secret that signs cursors.
const LIST: &[Permission] = &[ReadControl, WriteControl, VerifyTokens, Open(Secrets::Platform), Seal(Secrets::Platform)];
const PUBLIC_LIST: &[Permission] = &[ReadControl, WriteControl, Open(Secrets::Platform), Seal(Secrets::Platform)];
const LINK: &[Permission] = &[ReadControl, WriteControl, VerifyTokens, Open(Secrets::Credentials), Seal(Secrets::Credentials)];
const PREPARE: &[Permission] = &[ReadControl, WriteControl, VerifyTokens, Open(Secrets::Credentials), Seal(Secrets::Credentials)];
const WRITE: &[Permission] = &[ReadControl, WriteControl, VerifyTokens];

fn endpoints() -> Vec<Endpoint> {
    use Access::{Public, Scope};
    vec![
        Endpoint::new::<connections::list::List>(
            Method::GET,
            "/v2/integrations/connections",
            "connections.list",
            Scope("connection:read"),
            LIST,
        )
        .summary("List connections")
        .description(
            "Lists each connection once, by id: for a partner those of fleets that share with it, for a fleet its \
             own.",
        ),
        Endpoint::new::<connections::create::Create>(
            Method::POST,
            "/v2/integrations/connections",
            "connections.create",
            Scope("connection:create"),
            LINK,
        )
        .summary("Link a TSP account after validating its credentials")
        .description(
            "For fleets. The credentials are tried at the provider first; if it rejects them, nothing is stored and \
             the answer is 422 with `credentials_rejected`. An account that is connected already is shared instead of \
             connected twice.",
        ),
        Endpoint::new::<connections::pre_auth::Create>(
            Method::POST,
            "/v2/integrations/connection-pre-auths",
            "connections.create_pre_auth",
            Scope("connection:create"),
            PREPARE,
        )
        .summary("Keep a user name and a password for a link that follows")
        .description(
            "For fleets. What is given is encrypted, kept for 15 minutes, and used once: by a request of the same fleet that links \
             an account at the same provider and names the id that is answered.",
        ),
        Endpoint::new::<connections::freshness::Freshness>(
            Method::GET,
            "/v2/integrations/connections/data-freshness",
            "connections.data_freshness",
            Scope("connection:read"),
            READ,
        )
        .summary("Read the freshness of each resource of each connection")
        .description("Returns one entry per connection and shared resource, without pages."),
        Endpoint::new::<connections::get::Get>(
            Method::GET,
            "/v2/integrations/connections/{connection_id}",
            "connections.get",
            Scope("connection:read"),
            READ,
        )
        .summary("Read a connection")
        .description("Returns a connection. Its credentials are masked."),
        Endpoint::new::<connections::update::Update>(
            Method::PATCH,
            "/v2/integrations/connections/{connection_id}",
            "connections.update",
            Scope("connection:update"),
            LINK,
        )
        .summary("Change a connection: its credentials, its name, whether it is fetched")
        .description(
            "For fleets. New credentials are tried at the provider first and must belong to the account that is linked; \
             if the provider rejects them, nothing changes and the answer is 422 with `credentials_rejected`, for those \
             of another account 422 with `another_account`.",
        ),
        Endpoint::new::<connections::delete::Delete>(
            Method::DELETE,
            "/v2/integrations/connections/{connection_id}",
            "connections.delete",
            Scope("connection:delete"),
            WRITE,
        )
        .summary("Unlink a TSP account")
        .description(
            "For fleets. Removes the connection from the calling fleet; its schedules end with the last fleet that \
             uses it. Records that were fetched stay readable.",
        ),
        Endpoint::new::<schedules::backfill::Backfill>(
            Method::POST,
            "/v2/integrations/connections/schedules/backfill",
            "schedules.backfill",
            Scope("schedule:create"),
            WRITE,
        )
        .summary("Make the schedules of a resource that connections lack")
        .description(
            "For administrators of the platform. Active connections whose provider offers the resource, and of which an \
             agreement in force shares it, get a schedule if they never had one. A request makes up to 50, all or none; \
             repeat it until it answers none.",
        ),
        Endpoint::new::<schedules::list::List>(
            Method::GET,
            "/v2/integrations/connections/{connection_id}/schedules",
            "schedules.list",
            Scope("schedule:read"),
            LIST,
        )
        .summary("List the schedules of a connection")
        .description("Lists the schedules of a connection, for the resources that you may read."),
        Endpoint::new::<schedules::get::Get>(
            Method::GET,
            "/v2/integrations/connections/{connection_id}/schedules/{schedule_id}",
            "schedules.get",
            Scope("schedule:read"),
            READ,
        )
        .summary("Read a schedule")
        .description("Returns a schedule of a connection."),
        Endpoint::new::<schedules::create::Create>(
            Method::POST,
            "/v2/integrations/connections/{connection_id}/schedules",
            "schedules.create",
            Scope("schedule:create"),
            WRITE,
        )
        .summary("Make the schedule of a resource")
        .description(
            "For administrators of the platform. A connection has one schedule per resource; one that was deleted begins \
             anew under its id. The provider must offer the resource, and an agreement in force must share it.",
        ),
        Endpoint::new::<schedules::update::Update>(
            Method::PATCH,
            "/v2/integrations/connections/{connection_id}/schedules/{schedule_id}",
            "schedules.update",
            Scope("schedule:update"),
            WRITE,
        )
        .summary("Change a schedule")
        .description(
            "For administrators of the platform, and for the fleet whose account it is, unless other fleets use it too. A fleet \
             pauses; what is paused an administrator resumes.",
        ),
        Endpoint::new::<schedules::delete::Delete>(
            Method::DELETE,
            "/v2/integrations/connections/{connection_id}/schedules/{schedule_id}",
            "schedules.delete",
            Scope("schedule:delete"),
            WRITE,
        )
        .summary("Delete a schedule")
        .description(
            "For administrators of the platform. The resource is not fetched any more; what was fetched stays readable.",
        ),
        Endpoint::new::<schedules::activate::ActivateAll>(
            Method::POST,
            "/v2/integrations/connections/{connection_id}/schedules/activate-schedules",
            "schedules.activate_all",
            Scope("schedule:update"),
            WRITE,
        )
        .summary("Activate the suspended schedules of a connection")
        .description(
            "Activates those that are paused or inactive, and returns them. Those that are not shared any more stay as they \
             are, and so do paused ones if a fleet calls.",
        ),
        Endpoint::new::<schedules::activate::Activate>(
            Method::POST,
            "/v2/integrations/connections/{connection_id}/schedules/{schedule_id}/activate",
            "schedules.activate",
            Scope("schedule:update"),
            WRITE,
        )
        .summary("Activate a suspended schedule")
        .description(
            "Activates a schedule that is paused or inactive: its errors are forgotten, and it runs at once. A fleet activates \
             inactive ones only.",
        ),
        Endpoint::new::<executions::list::List>(
            Method::GET,
            "/v2/integrations/connections/{connection_id}/schedules/{schedule_id}/executions",
            "executions.list",
            Scope("execution:read"),
            LIST,
        )
        .summary("List the executions of a schedule, newest first")
        .description("Lists the executions of the last seven days, newest first."),
        Endpoint::new::<resource_operations::list::List>(
            Method::GET,
            "/v2/integrations/connections/resource-operations",
            "resource_operations.list",
            Scope("resource_operation:read"),
            LIST,
        )
        .summary("List your writes to TSPs")
        .provisional()
        .description("Lists the writes that you asked for, by age, as long as the fleet shares their resource with you."),
        Endpoint::new::<resource_operations::get::Get>(
            Method::GET,
            "/v2/integrations/connections/{connection_id}/resource-operations/{resource_operation_id}",
            "resource_operations.get",
            Scope("resource_operation:read"),
            READ,
        )
        .summary("Read a write to a TSP")
        .provisional()
        .description("Returns a write that you asked for, with its attempts."),
        Endpoint::new::<tsps::list::List>(Method::GET, "/v2/integrations/tsps", "tsp_integrations.list", Public, PUBLIC_LIST)
            .summary("List what can be fetched from each TSP")
            .description("Lists all providers by slug, each with every resource and whether it is fetched."),
        Endpoint::new::<tsps::get::Get>(
            Method::GET,
            "/v2/integrations/tsps/{tsp_id}",
            "tsp_integrations.get",
            Public,
            &[ReadControl],
        )
        .summary("Read what can be fetched from a TSP")
        .description("Returns every resource and whether it is fetched from this provider."),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handlers_are_named_once() {
        let rows = endpoints();
        let names: std::collections::BTreeSet<&str> = rows.iter().map(|row| row.handler).collect();
        assert_eq!(names.len(), rows.len());
        assert!(rows.iter().all(|row| !row.summary.is_empty() && row.path.starts_with("/v2/integrations/")));
    }
}
