//! Resources in plain words, for people who run trucks.

use model::{Resource, Scopes};

/// What the fleet is asked to share: title, one line, and whether the partner may also write.
pub(crate) fn shared(scopes: &Scopes) -> Vec<(&'static str, &'static str, model::ShareLevel)> {
    let mut found: Vec<(&'static str, &'static str, model::ShareLevel)> = Vec::new();
    for (resource, level) in scopes {
        let (title, line) = words(*resource);
        match found.iter_mut().find(|(known, _, _)| *known == title) {
            Some((_, _, widest)) => *widest = (*widest).max(*level),
            None => found.push((title, line, *level)),
        }
    }
    found
}

fn words(resource: Resource) -> (&'static str, &'static str) {
    use Resource::{
        Asset, DriverAssociation, DriverEventLog, DriverSafetyEvent, DriverVehicleAssociation, DvirLog, DvirLogDefect, EngineLog,
        EngineStatus, FuelTransaction, GroupMessage, HosAvailability, HosDailySnapshot, HosEvent, HosEventAnnotation,
        HosEventAttachment, HosViolation, IftaSummary, LocationSegment, Message, Trailer, TrailerAssociation, TrailerLocation,
        TrailerStatus, TrailerVehicleAssociation, User, Vehicle, VehicleLocation, VehicleRegionSegment, VehicleSensor, Workflow,
    };
    match resource {
        Vehicle | Asset | VehicleSensor => ("Vehicles", "Names, makes, plates and identification numbers"),
        VehicleLocation | LocationSegment | VehicleRegionSegment => {
            ("Vehicle positions", "Where your vehicles are and have been, speed and odometer")
        }
        User | DriverAssociation | DriverVehicleAssociation => {
            ("Drivers and staff", "Names, licences and who drives which vehicle")
        }
        HosEvent | HosAvailability | HosDailySnapshot | HosViolation | HosEventAnnotation | HosEventAttachment
        | DriverEventLog => ("Hours of service", "Duty logs, remaining hours and violations"),
        Trailer | TrailerAssociation | TrailerVehicleAssociation | TrailerLocation | TrailerStatus => {
            ("Trailers", "Trailers, where they are and how they are")
        }
        DriverSafetyEvent => ("Safety events", "Harsh braking, speeding and similar events"),
        DvirLog | DvirLogDefect => ("Inspections", "Driver vehicle inspection reports and defects"),
        EngineLog | EngineStatus => ("Engine health", "Engine state and fault codes"),
        FuelTransaction | IftaSummary => ("Fuel and mileage", "Fuel purchases and miles by state"),
        Message | GroupMessage | Workflow => ("Messages and workflows", "Messages to and from drivers"),
    }
}
