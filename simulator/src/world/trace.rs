//! Recorded movement: reads a CSV of positions and cuts it into tracks of one vehicle and one UTC day.

use std::path::Path;

use super::geo::{self, LatLon};
use super::rows::{Rows, TraceError};
use super::trajectory::Millis;

/// A day in milliseconds, the length of a track's loop.
pub(super) const DAY_MS: Millis = 24 * 3_600_000;

/// A step that implies more than this is a position glitch, which no odometer sees.
const FASTEST_MPS: f64 = 45.0;
/// An engine runs on between points that are closer than this.
const ENGINE_GAP_MS: Millis = 300_000;
/// Below this distance a bearing is noise.
const BEARING_MIN_M: f64 = 10.0;

/// One vehicle on one UTC day.
#[derive(Debug)]
pub(super) struct Track {
    /// The recorded vehicle and day, for example `cab7 14016`.
    pub(super) name: String,
    pub(super) points: Vec<TrackPoint>,
}

/// A recorded position with what follows from its predecessors.
#[derive(Debug, Clone, Copy)]
pub(super) struct TrackPoint {
    /// Milliseconds since midnight UTC.
    pub(super) time_ms: Millis,
    pub(super) at: LatLon,
    pub(super) heading_deg: f64,
    pub(super) speed_mps: f64,
    /// Meters and engine milliseconds since the start of the track.
    pub(super) driven_m: f64,
    pub(super) engine_ms: Millis,
}

impl Track {
    pub(super) fn driven_m(&self) -> f64 {
        self.points.last().map_or(0.0, |point| point.driven_m)
    }

    pub(super) fn engine_ms(&self) -> Millis {
        self.points.last().map_or(0, |point| point.engine_ms)
    }

    fn push(&mut self, time_ms: Millis, at: LatLon) {
        let point = match self.points.last() {
            Some(last) => last.followed_by(time_ms, at),
            None => TrackPoint { time_ms, at, heading_deg: 0.0, speed_mps: 0.0, driven_m: 0.0, engine_ms: 0 },
        };
        self.points.push(point);
    }
}

impl TrackPoint {
    fn followed_by(&self, time_ms: Millis, at: LatLon) -> Self {
        let gap_ms = time_ms - self.time_ms;
        let step_m = geo::distance_m(self.at, at);
        let speed_mps = step_m * 1000.0 / gap_ms.max(1) as f64;
        let real_m = if speed_mps > FASTEST_MPS { 0.0 } else { step_m };
        let ran_ms = if gap_ms <= ENGINE_GAP_MS { gap_ms } else { 0 };
        Self {
            time_ms,
            at,
            heading_deg: if step_m < BEARING_MIN_M { self.heading_deg } else { geo::bearing_deg(self.at, at) },
            speed_mps,
            driven_m: self.driven_m + real_m,
            engine_ms: self.engine_ms + ran_ms,
        }
    }
}

/// Reads a trace, gzip-packed if its name ends in `.gz`; tracks with the most points come first.
pub(super) fn read(path: &Path) -> Result<Vec<Track>, TraceError> {
    let mut tracks = cut(Rows::open(path)?)?;
    tracks.retain(|track| track.points.len() > 1);
    if tracks.is_empty() {
        return Err(TraceError::Empty { path: path.into() });
    }
    tracks.sort_by(|a, b| b.points.len().cmp(&a.points.len()).then_with(|| a.name.cmp(&b.name)));
    Ok(tracks)
}

fn cut(rows: Rows<'_>) -> Result<Vec<Track>, TraceError> {
    let mut tracks: Vec<Track> = Vec::new();
    for row in rows {
        let row = row?;
        let (day, second) = (row.unix_time.div_euclid(86_400), row.unix_time.rem_euclid(86_400));
        let name = format!("{} {day}", row.vehicle);
        if tracks.last().is_none_or(|track| track.name != name) {
            tracks.push(Track { name, points: Vec::new() });
        }
        if let Some(track) = tracks.last_mut() {
            track.push(second * 1000, row.at);
        }
    }
    Ok(tracks)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::{TraceError, read};

    /// Writes a packed trace that lives as long as the returned file.
    pub(crate) fn packed(rows: &str) -> tempfile::NamedTempFile {
        let file = tempfile::Builder::new().suffix(".csv.gz").tempfile().unwrap();
        let mut encoder = GzEncoder::new(file.reopen().unwrap(), Compression::fast());
        encoder.write_all(b"vehicle,unix_time,lat,lon,occupied\n").unwrap();
        encoder.write_all(rows.as_bytes()).unwrap();
        encoder.finish().unwrap();
        file
    }

    /// Two vehicle-days of one cab and one of another; the third point of cab `a` is a glitch.
    pub(crate) const ROWS: &str = "a,1211018408,37.75134,-122.39488,0\n\
        a,1211018468,37.75136,-122.38488,1\n\
        a,1211018528,37.99000,-122.10000,1\n\
        a,1211018588,37.75139,-122.37488,0\n\
        a,1211104908,37.75000,-122.39000,0\n\
        a,1211104968,37.75100,-122.39000,0\n\
        b,1211018408,37.60000,-122.40000,0\n\
        b,1211018500,37.60000,-122.39900,0\n";

    #[test]
    fn a_trace_is_cut_by_vehicle_and_day() {
        let file = packed(ROWS);
        let tracks = read(file.path()).unwrap();
        let shape: Vec<_> = tracks.iter().map(|t| (t.name.as_str(), t.points.len())).collect();
        assert_eq!(shape, [("a 14016", 4), ("a 14017", 2), ("b 14016", 2)]);
    }

    #[test]
    fn speed_heading_and_odometer_follow_from_the_positions() {
        let file = packed(ROWS);
        let tracks = read(file.path()).unwrap();
        let points = &tracks[0].points;
        assert!((points[1].driven_m - 879.0).abs() < 5.0, "{points:?}");
        assert!((points[1].speed_mps - 14.6).abs() < 0.2);
        assert!((points[1].heading_deg - 90.0).abs() < 1.0);
        assert!(points[2].speed_mps > 300.0, "the glitch stays");
        assert!((points[3].driven_m - points[1].driven_m).abs() < 1e-9, "the odometer does not see the glitch");
    }

    /// A file of these bytes.
    fn plain(bytes: &[u8], suffix: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::Builder::new().suffix(suffix).tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    fn check_refusal(file: &tempfile::NamedTempFile, expected: &str) {
        let refusal = read(file.path()).unwrap_err().to_string();
        let rest = refusal.strip_prefix(&format!("trace {}", file.path().display())).unwrap_or_else(|| panic!("{refusal}"));
        assert_eq!(rest, expected);
    }

    #[test]
    fn a_bad_trace_is_refused_by_line_column_and_what_was_expected() {
        let shape = ", line 1: expected a CSV file with the columns vehicle,unix_time,lat,lon,occupied, found ";
        let seconds = "expected whole seconds since 1970, found";
        let header = "vehicle,unix_time,lat,lon,occupied\n";
        let good = "a,1211018408,37.75134,-122.39488,0\n";
        for (text, expected) in [
            (String::new(), format!("{shape}no column vehicle")),
            ("vehicle,unix_time,lat,occupied\na,20,1,0\n".into(), format!("{shape}no column lon")),
            ("vehicle,unix_time,lat,lon,speed\n".into(), format!("{shape}the column \"speed\"")),
            (format!("{header}{good}a,noon,1,1,0\n"), format!(", line 3, column unix_time: {seconds} \"noon\"")),
            (format!("{header}a,1211018408000,1,1,0\n"), format!(", line 2, column unix_time: {seconds} \"1211018408000\"")),
            (
                format!("{header}a,20,north,1,0\n"),
                ", line 2, column lat: expected degrees from -90 to 90, found \"north\"".into(),
            ),
            (format!("{header}a,20,1,181,0\n"), ", line 2, column lon: expected degrees from -180 to 180, found \"181\"".into()),
            (format!("{header}a,20,NaN,1,0\n"), ", line 2, column lat: expected degrees from -90 to 90, found \"NaN\"".into()),
            (format!("{header}a,20,1,1,yes\n"), ", line 2, column occupied: expected 0 or 1, found \"yes\"".into()),
            (format!("{header}{good}a,20\n"), format!("{}a row of 2 values", shape.replace("line 1", "line 3"))),
            (
                format!("{header}a,20,1,1,0\na,10,1,1,0\n"),
                ", line 3, column unix_time: expected rows sorted by vehicle and time, found vehicle a at 10".into(),
            ),
            (format!("{header}{good}"), " holds no vehicle with two or more positions on one day".into()),
        ] {
            check_refusal(&plain(text.as_bytes(), ".csv"), &expected);
        }
        check_refusal(&plain(good.as_bytes(), ".csv.gz"), &format!("{shape}a file that gzip did not pack"));
        check_refusal(&plain(b"\x7fELF\xff\xfe,\x00", ".csv"), &format!("{shape}bytes that are no text"));
        assert!(matches!(read("/nowhere.csv.gz".as_ref()), Err(TraceError::Open { .. })));
    }

    #[test]
    fn columns_may_come_in_another_order_and_without_passengers() {
        let file = plain(b"\xef\xbb\xbflat,lon,unix_time,vehicle\r\n1,2,20,a\r\n1,2.5,30,a\r\n", ".csv");
        assert_eq!(read(file.path()).unwrap()[0].points[1].at.lon, 2.5);
    }

    #[test]
    fn a_cut_file_says_so() {
        let whole = std::fs::read(packed(ROWS).path()).unwrap();
        let refusal = read(plain(&whole[..whole.len() - 12], ".csv.gz").path()).unwrap_err().to_string();
        assert!(refusal.contains("cannot be read to its end"), "{refusal}");
    }
}
