//! What fleets share in plain words, for people who run trucks.
//!
//! The words of a resource say what its rows hold. A test compares them with the members of the row types: one that nobody wrote
//! down here fails it, and so does one that rows do not have any more. They stand here in all languages: one that lacks does not compile.

mod drivers;
mod hours;
mod more;
mod vehicles;

use std::collections::BTreeSet;

use model::{Resource, Scopes, ShareLevel};

use crate::language::{Language, Said, said};

/// A part of the consent page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Group {
    Vehicles,
    Drivers,
    Hours,
    More,
}

impl Group {
    /// Its title.
    pub(crate) fn title(self, language: Language) -> &'static str {
        let title = match self {
            Self::Vehicles => said("Vehicles and where they go", "Vehículos y por dónde circulan", "Véhicules et leurs trajets"),
            Self::Drivers => said("Drivers", "Conductores", "Conducteurs"),
            Self::Hours => said("Hours of service", "Horas de servicio", "Heures de service"),
            Self::More => said(
                "Trailers, inspections, fuel and the rest",
                "Remolques, inspecciones, combustible y lo demás",
                "Remorques, inspections, carburant et le reste",
            ),
        };
        title.to(language)
    }
}

/// The words of one resource.
struct Words {
    resource: &'static str,
    group: Group,
    title: Said,
    /// What its rows hold: a phrase, and the members that it stands for.
    holds: &'static [(Said, &'static [&'static str])],
    /// What a partner that may write can do.
    write: Said,
}

const fn words(
    resource: &'static str,
    group: Group,
    title: Said,
    holds: &'static [(Said, &'static [&'static str])],
    write: Said,
) -> Words {
    Words { resource, group, title, holds, write }
}

const EQUIPMENT: &[&str] = &["eld_id", "eld_serial_number", "eld_device_type", "eld_product_id"];
const PLATES: &[&str] = &["license_plate_region", "license_plate_country", "license_plate_number"];
const SERVICE: &[&str] = &["started_at", "ended_at", "is_active", "status"];

/// The words of every resource, in the order of the page.
fn all() -> impl Iterator<Item = &'static Words> {
    [vehicles::WORDS, drivers::WORDS, hours::WORDS, more::WORDS].into_iter().flatten()
}

/// One line of the consent page: title, and what it holds.
pub(crate) struct Line {
    pub(crate) title: &'static str,
    pub(crate) holds: String,
}

fn of(resource: Resource) -> Option<&'static Words> {
    all().find(|words| words.resource == resource.name())
}

/// What is shared, by group, in the order of the page.
pub(crate) fn shared(language: Language, scopes: &Scopes) -> Vec<(Group, Vec<Line>)> {
    let mut groups: Vec<(Group, Vec<Line>)> = Vec::new();
    for words in all().filter(|words| scopes.keys().any(|resource| resource.name() == words.resource)) {
        let phrases: Vec<&str> = words.holds.iter().map(|(phrase, _)| phrase.to(language)).collect();
        let line = Line { title: words.title.to(language), holds: phrases.join(", ") };
        match groups.iter_mut().find(|(group, _)| *group == words.group) {
            Some((_, lines)) => lines.push(line),
            None => groups.push((words.group, vec![line])),
        }
    }
    groups.sort_by_key(|(group, _)| *group);
    groups
}

/// The titles of resources, in the order of the page.
pub(crate) fn titles(language: Language, resources: &BTreeSet<Resource>) -> Vec<&'static str> {
    let named = all().filter(|words| resources.iter().any(|resource| resource.name() == words.resource));
    named.map(|words| words.title.to(language)).collect()
}

/// What the partner may do beside reading.
pub(crate) fn writes(language: Language, scopes: &Scopes) -> Vec<&'static str> {
    let writable = scopes.iter().filter(|(_, level)| **level == ShareLevel::ReadWrite);
    writable.filter_map(|(resource, _)| of(*resource)).map(|words| words.write.to(language)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Members that tell nothing of their own: links between records, units, places in an order.
    const TECHNICAL: &[&str] = &[
        "additional_driver_ids",
        "ambient_temperature_unit",
        "battery_voltage_unit",
        "co_driver_id",
        "coolant_temperature_unit",
        "distance_unit",
        "driver_id",
        "dvir_log_id",
        "fuel_unit",
        "fuel_value_unit",
        "group_id",
        "h3_index_11",
        "hos_event_id",
        "message_hash",
        "odometer_end_unit",
        "odometer_start_unit",
        "odometer_unit",
        "oil_pressure_unit",
        "recipient_id",
        "recipient_ids",
        "remote_probe_statuses_temperature_unit",
        "reply_to_message_id",
        "sender_id",
        "sensor_unit",
        "sequence",
        "source_co_driver_id",
        "source_co_driver_ids",
        "source_driver_id",
        "source_dvir_log_id",
        "source_group_id",
        "source_hos_event_id",
        "source_recipient_id",
        "source_recipient_ids",
        "source_reply_to_message_id",
        "source_sender_id",
        "source_thread_id",
        "source_trailer_id",
        "source_vehicle_id",
        "speed_unit",
        "thread_id",
        "trailer_id",
        "vehicle_id",
        "version",
        "zones_temperature_unit",
    ];

    #[test]
    fn every_resource_has_words() {
        for resource in Resource::ALL {
            assert_eq!(all().filter(|words| words.resource == resource.name()).count(), 1, "{resource}");
        }
        assert_eq!(all().count(), Resource::ALL.len());
    }

    /// The page neither leaves out what rows hold nor names what they do not.
    #[test]
    fn the_words_are_those_of_the_members() {
        for record in model::telematics::RECORD_TYPES {
            let words = of(record.resource).unwrap();
            let named: BTreeSet<&str> = words.holds.iter().flat_map(|(_, members)| members.iter().copied()).collect();
            let held: BTreeSet<&str> = record.members.iter().copied().filter(|member| !TECHNICAL.contains(member)).collect();
            assert_eq!(named, held, "{}", record.resource);
        }
    }

    #[test]
    fn writing_is_told_apart_from_reading() {
        let scopes = Scopes::from([(Resource::Vehicle, ShareLevel::Read), (Resource::Message, ShareLevel::ReadWrite)]);
        assert_eq!(writes(Language::English, &scopes), ["send messages to your drivers"]);
        let groups: Vec<Group> = shared(Language::English, &scopes).into_iter().map(|(group, _)| group).collect();
        assert_eq!(groups, [Group::Vehicles, Group::Drivers]);
        assert!(shared(Language::English, &Scopes::new()).is_empty());
    }
}
