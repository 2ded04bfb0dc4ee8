//! Providers of telematics that fleets ask for, whether or not they can be linked: the name, the slug that the catalogue gives the
//! provider once it is there, and the website where it is known for sure.

/// A provider.
pub(super) struct Entry {
    pub(super) slug: &'static str,
    pub(super) name: &'static str,
    pub(super) website: Option<&'static str>,
}

/// When the table was last looked through.
pub(super) const AS_OF: &str = "2026-11-01T00:00:00Z";

const fn entry(slug: &'static str, name: &'static str, website: &'static str) -> Entry {
    Entry { slug, name, website: Some(website) }
}

const fn named(slug: &'static str, name: &'static str) -> Entry {
    Entry { slug, name, website: None }
}

/// By name.
pub(super) const ENTRIES: &[Entry] = &[
    named("ai-eld", "AI ELD"),
    named("alfa-eld", "Alfa ELD"),
    named("anytrek", "Anytrek"),
    named("apex-eld", "Apex ELD"),
    named("apollo-eld", "Apollo ELD"),
    entry("azuga", "Azuga", "https://www.azuga.com"),
    entry("bigroad", "BigRoad", "https://www.bigroad.com"),
    entry("blueinktech", "Blue Ink Technology", "https://www.blueinktech.com"),
    entry("bouncie", "Bouncie", "https://www.bouncie.com"),
    entry("budgetgps", "BudgetGPS", "https://www.budgetgps.com"),
    named("drivehos", "Drive HOS"),
    named("eld-mandate", "ELD Mandate"),
    entry("eroad", "EROAD", "https://www.eroad.com"),
    named("evo-eld", "EVO ELD"),
    entry("ez-lynk", "EZ LYNK", "https://www.ezlynk.com"),
    entry("ezlogz", "EZLOGZ", "https://ezlogz.com"),
    named("factor-eld", "Factor ELD"),
    entry("fleet-complete", "Fleet Complete", "https://www.fleetcomplete.com"),
    named("fleethunt", "FleetHunt"),
    named("fleetsharp", "FleetSharp"),
    named("fleetup", "FleetUp"),
    named("forward-thinking-systems", "Forward Thinking Systems"),
    entry("garmin", "Garmin", "https://www.garmin.com"),
    entry("geotab", "Geotab", "https://www.geotab.com"),
    entry("gps-insight", "GPS Insight", "https://www.gpsinsight.com"),
    entry("gpstrackit", "GPS Trackit", "https://gpstrackit.com"),
    named("gpstab", "GPSTab"),
    entry("hcss", "HCSS", "https://www.hcss.com"),
    entry("hos247", "HOS247", "https://hos247.com"),
    entry("intellishift", "IntelliShift", "https://intellishift.com"),
    entry("isaac", "ISAAC Instruments", "https://www.isaacinstruments.com"),
    entry("jj-keller", "J. J. Keller", "https://www.jjkeller.com"),
    named("konexial", "Konexial"),
    entry("linxup", "Linxup", "https://www.linxup.com"),
    named("lucid-eld", "Lucid ELD"),
    entry("lytx", "Lytx", "https://www.lytx.com"),
    entry("mapon", "Mapon", "https://www.mapon.com"),
    named("matrack", "Matrack"),
    named("maven", "Maven Machines"),
    entry("motive", "Motive", "https://gomotive.com"),
    entry("netradyne", "Netradyne", "https://www.netradyne.com"),
    entry("nextraq", "NexTraq", "https://www.nextraq.com"),
    entry("omnitracs", "Omnitracs", "https://www.omnitracs.com"),
    entry("onestep-gps", "One Step GPS", "https://www.onestepgps.com"),
    named("ontime-eld", "OnTime ELD"),
    entry("orbcomm", "ORBCOMM", "https://www.orbcomm.com"),
    entry("peoplenet", "PeopleNet", "https://www.peoplenet.com"),
    entry("phillips-connect", "Phillips Connect", "https://phillips-connect.com"),
    entry("platform-science", "Platform Science", "https://www.platformscience.com"),
    entry("rand-mcnally", "Rand McNally", "https://www.randmcnally.com"),
    entry("rastrac", "Rastrac", "https://www.rastrac.com"),
    named("raven", "Raven Connected"),
    named("routemate", "RouteMate"),
    entry("samsara", "Samsara", "https://www.samsara.com"),
    entry("skybitz", "SkyBitz", "https://www.skybitz.com"),
    entry("spireon", "Spireon", "https://www.spireon.com"),
    entry("surfsight", "Surfsight", "https://www.surfsight.net"),
    entry("switchboard", "Switchboard", "https://www.onswitchboard.com"),
    entry("teletrac-navman", "Teletrac Navman", "https://www.teletracnavman.com"),
    entry("tenna", "Tenna", "https://www.tenna.com"),
    entry("thermo-king", "Thermo King", "https://www.thermoking.com"),
    entry("tive", "Tive", "https://www.tive.com"),
    entry("traccar", "Traccar", "https://www.traccar.org"),
    entry("transflo", "Transflo", "https://www.transflo.com"),
    entry("trimble", "Trimble", "https://www.trimble.com"),
    named("truckspy", "TruckSpy"),
    entry("truckx", "TruckX", "https://truckx.com"),
    entry("tt-eld", "TT ELD", "https://tteld.com"),
    entry("verizon-connect", "Verizon Connect", "https://www.verizonconnect.com"),
    entry("vistracks", "VisTracks", "https://www.vistracks.com"),
    entry("webfleet", "Webfleet", "https://www.webfleet.com"),
    entry("wialon", "Wialon", "https://wialon.com"),
    entry("zonar", "Zonar", "https://www.zonarsystems.com"),
    entry("zubie", "Zubie", "https://zubie.com"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn entries_are_sorted_and_slugs_are_there_once() {
        let names: Vec<String> = ENTRIES.iter().map(|entry| entry.name.to_lowercase()).collect();
        assert!(names.is_sorted(), "{names:?}");
        let slugs: BTreeSet<&str> = ENTRIES.iter().map(|entry| entry.slug).collect();
        assert_eq!(slugs.len(), ENTRIES.len());
        assert!(ENTRIES.iter().all(|entry| entry.website.is_none_or(|site| site.starts_with("https://"))));
        assert!(model::Timestamp::parse(AS_OF).is_some());
    }
}
