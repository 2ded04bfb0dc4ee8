//! The kinds of telematics data, and the extent to which a fleet shares each of them.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::telematics::{RECORD_TYPES, RecordType};

macro_rules! resources {
    ($($variant:ident = $name:literal,)*) => {
        /// A kind of telematics data; the unit of consent, of scheduling and of webhooks.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[schemars(rename = "ResourceEnum")]
        pub enum Resource {
            $(#[doc = concat!("`", $name, "`")] #[serde(rename = $name)] $variant,)*
        }

        impl Resource {
            /// Every resource of the contract, in its order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The wire name, as in permissions, schedules and event names.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The resource of a wire name.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

resources! {
    Asset = "asset",
    DriverAssociation = "driver_association",
    DriverVehicleAssociation = "driver_vehicle_association",
    DriverEventLog = "driver_event_log",
    DriverSafetyEvent = "driver_safety_event",
    DvirLog = "dvir_log",
    DvirLogDefect = "dvir_log_defect",
    EngineLog = "engine_log",
    EngineStatus = "engine_status",
    FuelTransaction = "fuel_transaction",
    HosAvailability = "hos_availability",
    HosDailySnapshot = "hos_daily_snapshot",
    HosEvent = "hos_event",
    HosEventAnnotation = "hos_event_annotation",
    HosEventAttachment = "hos_event_attachment",
    HosViolation = "hos_violation",
    IftaSummary = "ifta_summary",
    LocationSegment = "location_segment",
    Message = "message",
    GroupMessage = "group_message",
    User = "user",
    Vehicle = "vehicle",
    VehicleLocation = "vehicle_location",
    VehicleSensor = "vehicle_sensor",
    VehicleRegionSegment = "vehicle_region_segment",
    Trailer = "trailer",
    TrailerAssociation = "trailer_association",
    TrailerVehicleAssociation = "trailer_vehicle_association",
    TrailerLocation = "trailer_location",
    TrailerStatus = "trailer_status",
    Workflow = "workflow",
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Resource {
    /// The resources whose rows are worked out of this one's.
    pub fn derived(self) -> impl Iterator<Item = Self> {
        let from = move |record: &&&RecordType| record.derived_from().is_some_and(|from| from.resource == self);
        RECORD_TYPES.iter().filter(from).map(|record| record.resource)
    }

    /// Seconds between executions unless a schedule says otherwise.
    #[must_use]
    pub const fn default_interval_seconds(self) -> u32 {
        match self.record_type() {
            Some(record) => record.interval_seconds,
            None => 600,
        }
    }
}

/// The extent to which a resource is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ShareLevelEnum")]
pub enum ShareLevel {
    /// The partner may read.
    Read,
    /// The partner may also write to the TSP.
    ReadWrite,
}

/// The resources that an agreement or an invitation covers.
pub type Scopes = BTreeMap<Resource, ShareLevel>;

/// `read` on every resource: the default of invitations without `permissions`.
#[must_use]
pub fn read_everything() -> Scopes {
    Resource::ALL.iter().map(|resource| (*resource, ShareLevel::Read)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for resource in Resource::ALL {
            assert_eq!(Resource::parse(resource.name()), Some(*resource));
        }
        assert_eq!(Resource::parse("vehicles"), None);
    }
}
