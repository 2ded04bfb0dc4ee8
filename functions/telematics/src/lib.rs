//! The Telematics API: what the connected TSPs report, as far as share agreements let the caller see it.

pub mod entities;
pub mod hos_events;
pub mod scope;
pub mod users;
pub mod vehicle_locations;
pub mod vehicles;
pub mod window;

use gateway::Permission::{Open, ReadControl, ReadTelematics, Seal, VerifyTokens, WriteControl};
use gateway::{Access, Endpoint, Permission, Service};
use http::Method;

/// The service and its endpoints.
pub const SERVICE: Service = Service { name: "telematics", title: "Telematics", endpoints };

const READ: Access = Access::Scope("telematics:read");
const GET: &[Permission] = &[ReadControl, ReadTelematics, VerifyTokens];
/// Lists also open the platform secret that signs cursors, and the very first one makes it.
const LIST: &[Permission] = &[ReadControl, ReadTelematics, VerifyTokens, Open, Seal, WriteControl];

fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new::<vehicles::List>(Method::GET, "/v2/telematics/vehicles", "vehicles.list", READ, LIST)
            .summary("List vehicles"),
        Endpoint::new::<vehicles::Get>(Method::GET, "/v2/telematics/vehicles/{vehicle_id}", "vehicles.get", READ, GET)
            .summary("Read a vehicle"),
        Endpoint::new::<users::List>(Method::GET, "/v2/telematics/users", "users.list", READ, LIST)
            .summary("List drivers and staff"),
        Endpoint::new::<users::Get>(Method::GET, "/v2/telematics/users/{user_id}", "users.get", READ, GET).summary("Read a user"),
        Endpoint::new::<vehicle_locations::List>(
            Method::GET,
            "/v2/telematics/vehicle-locations",
            "vehicle_locations.list",
            READ,
            LIST,
        )
        .summary("List vehicles' newest positions, or the history of one"),
        Endpoint::new::<hos_events::List>(Method::GET, "/v2/telematics/hos-events", "hos_events.list", READ, LIST)
            .summary("List duty log entries"),
    ]
}
