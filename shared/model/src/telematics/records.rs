//! The one list of all record types.

use super::{
    DriverSafetyEvent, DriverVehicleAssociation, DvirLog, DvirLogDefect, EngineLog, EngineStatus, FuelTransaction, GroupMessage,
    HosAvailability, HosDailySnapshot, HosEvent, HosEventAttachment, HosViolation, IftaSummary, Message, Record, RecordType,
    Trailer, TrailerLocation, TrailerStatus, TrailerVehicleAssociation, User, Vehicle, VehicleLocation, VehicleRegionSegment,
    VehicleSensor, Workflow,
};
use crate::Resource;

macro_rules! records {
    ($($record:ident $(<$life:lifetime>)?,)*) => {
        /// Every record type.
        pub static RECORD_TYPES: &[&RecordType] = &[$(<$record $(<$life>)?>::TYPE,)*];

        const _: () = { $(<$record $(<$life>)?>::TYPE.check();)* };

        impl Resource {
            /// How its rows are described; `None` for resources that are not served yet.
            #[must_use]
            pub const fn record_type(self) -> Option<&'static RecordType> {
                match self {
                    $(Self::$record => Some(<$record $(<$life>)?>::TYPE),)*
                    _ => None,
                }
            }
        }

        /// The published schema of a resource's rows. For documents only: nothing in the artifact calls it.
        pub fn row_schema(resource: Resource, generator: &mut schemars::SchemaGenerator) -> Option<schemars::Schema> {
            match resource {
                $(Resource::$record => Some(generator.subschema_for::<super::Row<$record $(<$life>)?>>()),)*
                _ => None,
            }
        }
    };
}

records! {
    DriverSafetyEvent,
    DriverVehicleAssociation,
    DvirLog,
    DvirLogDefect,
    EngineLog,
    EngineStatus<'static>,
    FuelTransaction,
    GroupMessage,
    HosAvailability,
    HosDailySnapshot,
    HosEvent,
    HosEventAttachment,
    HosViolation,
    IftaSummary,
    Message,
    Trailer,
    TrailerLocation<'static>,
    TrailerStatus,
    TrailerVehicleAssociation,
    User,
    Vehicle,
    VehicleLocation<'static>,
    VehicleRegionSegment<'static>,
    VehicleSensor,
    Workflow,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::{EVENT_NAMES, SILENT_EVENTS};

    #[test]
    fn every_event_is_one_of_the_contract() {
        for record in RECORD_TYPES {
            for action in record.events.fire.iter().chain(record.events.silent) {
                let name = record.event_name(*action);
                assert!(EVENT_NAMES.contains(&name.as_str()), "{name}");
            }
            let fired = record.events.fire.iter().map(|action| record.event_name(*action));
            let never: Vec<String> = fired.filter(|name| SILENT_EVENTS.contains(&name.as_str())).collect();
            assert!(never.is_empty(), "{never:?} never fire");
        }
    }

    #[test]
    fn a_resource_leads_to_its_own_record_type() {
        for record in RECORD_TYPES {
            let found = record.resource.record_type().map(|found| found.resource);
            assert_eq!(found, Some(record.resource));
        }
    }
}
