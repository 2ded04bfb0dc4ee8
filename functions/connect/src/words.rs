//! What fleets share in plain words, for people who run trucks.

use model::{Scopes, ShareLevel, Topic};

/// What the fleet is asked to share: title, one line, and whether the partner may also write.
pub(crate) fn shared(scopes: &Scopes) -> Vec<(&'static str, &'static str, ShareLevel)> {
    let mut found: Vec<(Topic, ShareLevel)> = Vec::new();
    for (resource, level) in scopes {
        let topic = resource.topic();
        match found.iter_mut().find(|(known, _)| *known == topic) {
            Some((_, widest)) => *widest = (*widest).max(*level),
            None => found.push((topic, *level)),
        }
    }
    let worded = |(topic, level)| {
        let (title, line) = words(topic);
        (title, line, level)
    };
    found.into_iter().map(worded).collect()
}

fn words(topic: Topic) -> (&'static str, &'static str) {
    match topic {
        Topic::Vehicles => ("Vehicles", "Names, makes, plates and identification numbers"),
        Topic::VehiclePositions => {
            ("Vehicle positions", "Where your vehicles are and have been, speed, odometer, fuel, engine and driver")
        }
        Topic::People => ("Drivers and staff", "Names, licenses and who drives which vehicle"),
        Topic::HoursOfService => ("Hours of service", "Duty logs, remaining hours and violations"),
        Topic::Trailers => ("Trailers", "Trailers, where they are and how they are"),
        Topic::SafetyEvents => ("Safety events", "Harsh braking, speeding and similar events"),
        Topic::Inspections => ("Inspections", "Driver vehicle inspection reports and defects"),
        Topic::EngineHealth => ("Engine health", "Engine state and fault codes"),
        Topic::FuelAndMileage => ("Fuel and mileage", "Fuel purchases and miles by state"),
        Topic::Messages => ("Messages and workflows", "Messages to and from drivers"),
    }
}
