//! Interstate corridors as towns along the road, from general geography and accurate to a kilometer or two.

use super::geo::LatLon;

/// A town on a corridor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Town {
    pub(crate) name: &'static str,
    pub(crate) state: &'static str,
    pub(crate) at: LatLon,
}

/// A road between two cities.
#[derive(Debug, Clone, Copy)]
pub(super) struct Corridor {
    pub(super) road: &'static str,
    pub(super) time_zone: &'static str,
    pub(super) towns: &'static [Town],
}

const fn town(name: &'static str, state: &'static str, lat: f64, lon: f64) -> Town {
    Town { name, state, at: LatLon { lat, lon } }
}

/// All corridors; trucks are spread over them in this order.
pub(super) const CORRIDORS: &[Corridor] = &[
    Corridor { road: "I-80", time_zone: "America/Los_Angeles", towns: I80 },
    Corridor { road: "I-5", time_zone: "America/Los_Angeles", towns: I5 },
    Corridor { road: "I-10", time_zone: "America/Phoenix", towns: I10 },
    Corridor { road: "I-95", time_zone: "America/New_York", towns: I95 },
    Corridor { road: "I-70", time_zone: "America/Denver", towns: I70 },
    Corridor { road: "I-40", time_zone: "America/Denver", towns: I40 },
    Corridor { road: "I-35", time_zone: "America/Chicago", towns: I35 },
    Corridor { road: "I-65", time_zone: "America/Chicago", towns: I65 },
];

/// The towns of all corridors.
pub(crate) fn towns() -> impl Iterator<Item = &'static Town> {
    CORRIDORS.iter().flat_map(|corridor| corridor.towns)
}

const I80: &[Town] = &[
    town("San Francisco", "CA", 37.7793, -122.3925),
    town("Berkeley", "CA", 37.8660, -122.3040),
    town("Vallejo", "CA", 38.1130, -122.2290),
    town("Fairfield", "CA", 38.2490, -122.0620),
    town("Vacaville", "CA", 38.3640, -121.9660),
    town("Davis", "CA", 38.5430, -121.7300),
    town("Sacramento", "CA", 38.6020, -121.4790),
    town("Roseville", "CA", 38.7400, -121.2700),
    town("Auburn", "CA", 38.9010, -121.0700),
    town("Colfax", "CA", 39.0980, -120.9530),
    town("Emigrant Gap", "CA", 39.2990, -120.6690),
    town("Soda Springs", "CA", 39.3250, -120.3820),
    town("Truckee", "CA", 39.3280, -120.1840),
    town("Verdi", "NV", 39.5180, -119.9890),
    town("Reno", "NV", 39.5350, -119.8110),
    town("Fernley", "NV", 39.6080, -119.2520),
    town("Lovelock", "NV", 40.1790, -118.4740),
    town("Winnemucca", "NV", 40.9690, -117.7350),
];

const I5: &[Town] = &[
    town("Los Angeles", "CA", 34.0540, -118.2200),
    town("Burbank", "CA", 34.1890, -118.3280),
    town("Santa Clarita", "CA", 34.4260, -118.5860),
    town("Gorman", "CA", 34.7960, -118.8520),
    town("Lebec", "CA", 34.8390, -118.8860),
    town("Buttonwillow", "CA", 35.4000, -119.3980),
    town("Lost Hills", "CA", 35.6160, -119.6540),
    town("Kettleman City", "CA", 35.9890, -119.9590),
    town("Coalinga", "CA", 36.2530, -120.2380),
    town("Santa Nella", "CA", 37.0970, -121.0170),
    town("Patterson", "CA", 37.4660, -121.1690),
    town("Tracy", "CA", 37.6600, -121.3330),
    town("Stockton", "CA", 37.9500, -121.3330),
    town("Lodi", "CA", 38.1160, -121.3920),
    town("Elk Grove", "CA", 38.4050, -121.4810),
    town("Sacramento", "CA", 38.5850, -121.5050),
];

const I10: &[Town] = &[
    town("Phoenix", "AZ", 33.4270, -112.0700),
    town("Casa Grande", "AZ", 32.8790, -111.6800),
    town("Tucson", "AZ", 32.2200, -110.9850),
    town("Benson", "AZ", 31.9680, -110.3000),
    town("Willcox", "AZ", 32.2620, -109.8420),
    town("Lordsburg", "NM", 32.3440, -108.7080),
    town("Deming", "NM", 32.2600, -107.7560),
    town("Las Cruces", "NM", 32.2850, -106.7830),
    town("El Paso", "TX", 31.7690, -106.4700),
    town("Sierra Blanca", "TX", 31.1770, -105.3560),
    town("Van Horn", "TX", 31.0390, -104.8300),
];

const I95: &[Town] = &[
    town("Richmond", "VA", 37.5400, -77.4300),
    town("Petersburg", "VA", 37.2200, -77.3900),
    town("Emporia", "VA", 36.6940, -77.5560),
    town("Roanoke Rapids", "NC", 36.4350, -77.6370),
    town("Rocky Mount", "NC", 35.9680, -77.8930),
    town("Wilson", "NC", 35.7180, -78.0120),
    town("Smithfield", "NC", 35.5300, -78.3100),
    town("Fayetteville", "NC", 35.0480, -78.8200),
    town("Lumberton", "NC", 34.6260, -79.0250),
    town("Florence", "SC", 34.2030, -79.8350),
    town("Manning", "SC", 33.6940, -80.2290),
    town("Santee", "SC", 33.4830, -80.4900),
    town("Walterboro", "SC", 32.8970, -80.6900),
    town("Savannah", "GA", 32.0680, -81.2440),
    town("Brunswick", "GA", 31.2250, -81.5240),
    town("Jacksonville", "FL", 30.3320, -81.6700),
];

const I70: &[Town] = &[
    town("Denver", "CO", 39.7790, -104.9500),
    town("Limon", "CO", 39.2630, -103.6920),
    town("Burlington", "CO", 39.2940, -102.2700),
    town("Colby", "KS", 39.3680, -101.0480),
    town("Hays", "KS", 38.8960, -99.3190),
    town("Russell", "KS", 38.8780, -98.8580),
    town("Salina", "KS", 38.8660, -97.6120),
    town("Junction City", "KS", 39.0150, -96.8470),
    town("Topeka", "KS", 39.0510, -95.6730),
    town("Lawrence", "KS", 38.9990, -95.2620),
    town("Kansas City", "MO", 39.1010, -94.5780),
];

const I40: &[Town] = &[
    town("Flagstaff", "AZ", 35.1740, -111.6610),
    town("Winslow", "AZ", 35.0330, -110.6970),
    town("Holbrook", "AZ", 34.9110, -110.1600),
    town("Gallup", "NM", 35.5290, -108.7420),
    town("Grants", "NM", 35.1360, -107.8380),
    town("Albuquerque", "NM", 35.1060, -106.6290),
    town("Santa Rosa", "NM", 34.9440, -104.6800),
    town("Tucumcari", "NM", 35.1540, -103.7250),
    town("Vega", "TX", 35.2500, -102.4280),
    town("Amarillo", "TX", 35.1920, -101.8340),
    town("Shamrock", "TX", 35.2260, -100.2480),
    town("Elk City", "OK", 35.3900, -99.4100),
    town("El Reno", "OK", 35.5080, -97.9550),
    town("Oklahoma City", "OK", 35.4640, -97.5160),
];

const I35: &[Town] = &[
    town("San Antonio", "TX", 29.4270, -98.5000),
    town("San Marcos", "TX", 29.8830, -97.9160),
    town("Austin", "TX", 30.2670, -97.7340),
    town("Georgetown", "TX", 30.6330, -97.6940),
    town("Temple", "TX", 31.0980, -97.3630),
    town("Waco", "TX", 31.5490, -97.1190),
    town("Hillsboro", "TX", 32.0110, -97.1020),
    town("Fort Worth", "TX", 32.7500, -97.3200),
    town("Denton", "TX", 33.2100, -97.1700),
    town("Gainesville", "TX", 33.6260, -97.1600),
    town("Ardmore", "OK", 34.1740, -97.1640),
    town("Oklahoma City", "OK", 35.4600, -97.4900),
];

const I65: &[Town] = &[
    town("Louisville", "KY", 38.2440, -85.7470),
    town("Elizabethtown", "KY", 37.6900, -85.8590),
    town("Bowling Green", "KY", 36.9500, -86.4200),
    town("Nashville", "TN", 36.1600, -86.7700),
    town("Columbia", "TN", 35.6500, -86.9100),
    town("Athens", "AL", 34.8020, -86.9400),
    town("Cullman", "AL", 34.1700, -86.8700),
    town("Birmingham", "AL", 33.5100, -86.8200),
    town("Clanton", "AL", 32.8440, -86.6000),
    town("Montgomery", "AL", 32.3680, -86.3200),
    town("Evergreen", "AL", 31.4370, -86.9800),
    town("Mobile", "AL", 30.6900, -88.0900),
];
