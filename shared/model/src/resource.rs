//! The kinds of telematics data, and the extent to which a fleet shares each of them.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! resources {
    ($($variant:ident = $name:literal $topic:ident,)*) => {
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

            /// The topic under which a fleet is asked to share it.
            #[must_use]
            pub const fn topic(self) -> Topic {
                match self { $(Self::$variant => Topic::$topic,)* }
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
    Asset = "asset" Vehicles,
    DriverAssociation = "driver_association" People,
    DriverVehicleAssociation = "driver_vehicle_association" People,
    DriverEventLog = "driver_event_log" HoursOfService,
    DriverSafetyEvent = "driver_safety_event" SafetyEvents,
    DvirLog = "dvir_log" Inspections,
    DvirLogDefect = "dvir_log_defect" Inspections,
    EngineLog = "engine_log" EngineHealth,
    EngineStatus = "engine_status" EngineHealth,
    FuelTransaction = "fuel_transaction" FuelAndMileage,
    HosAvailability = "hos_availability" HoursOfService,
    HosDailySnapshot = "hos_daily_snapshot" HoursOfService,
    HosEvent = "hos_event" HoursOfService,
    HosEventAnnotation = "hos_event_annotation" HoursOfService,
    HosEventAttachment = "hos_event_attachment" HoursOfService,
    HosViolation = "hos_violation" HoursOfService,
    IftaSummary = "ifta_summary" FuelAndMileage,
    LocationSegment = "location_segment" VehiclePositions,
    Message = "message" Messages,
    GroupMessage = "group_message" Messages,
    User = "user" People,
    Vehicle = "vehicle" Vehicles,
    VehicleLocation = "vehicle_location" VehiclePositions,
    VehicleSensor = "vehicle_sensor" Vehicles,
    VehicleRegionSegment = "vehicle_region_segment" VehiclePositions,
    Trailer = "trailer" Trailers,
    TrailerAssociation = "trailer_association" Trailers,
    TrailerVehicleAssociation = "trailer_vehicle_association" Trailers,
    TrailerLocation = "trailer_location" Trailers,
    TrailerStatus = "trailer_status" Trailers,
    Workflow = "workflow" Messages,
}

/// Groups of resources as fleets see them in Connect, which has the texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// Power units and their properties.
    Vehicles,
    /// Where vehicles are and have been.
    VehiclePositions,
    /// Drivers and office staff.
    People,
    /// Duty logs and what is derived from them.
    HoursOfService,
    /// Trailers, their positions and their state.
    Trailers,
    /// Harsh braking, speeding and the like.
    SafetyEvents,
    /// Driver vehicle inspection reports.
    Inspections,
    /// Engine state and fault codes.
    EngineHealth,
    /// Fuel purchases and miles by state.
    FuelAndMileage,
    /// Messages and workflows.
    Messages,
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Resource {
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
