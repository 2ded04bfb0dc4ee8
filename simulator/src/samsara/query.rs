//! Query parameters: lists may be repeated or separated by commas, since clients do both.

use chrono::{DateTime, NaiveDate, NaiveTime};

use super::cursor::Cursor;
use super::refusal::Refusal;
use crate::world::{Driver, Employment, Millis, Vehicle};

const LIMIT: usize = 512;

/// The parsed query string.
#[derive(Debug, Default)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        serde_urlencoded::from_str(text).map(Self).map_err(|_| Refusal::Value("query"))
    }

    /// The last value of a parameter; an empty one counts as absent.
    pub(super) fn one(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().rfind(|(key, _)| key == name)?;
        Some(found.1.as_str()).filter(|value| !value.is_empty())
    }

    /// All values of a list parameter; none if it is absent.
    pub(super) fn list(&self, name: &str) -> Vec<&str> {
        let values = self.0.iter().filter(|(key, _)| key == name);
        values.flat_map(|(_, value)| value.split(',')).map(str::trim).filter(|value| !value.is_empty()).collect()
    }

    /// The page size, at most 512, which is also the default.
    pub(super) fn limit(&self) -> Result<usize, Refusal> {
        self.limit_of(LIMIT)
    }

    /// The page size, at most `max`, which is also the default.
    pub(super) fn limit_of(&self, max: usize) -> Result<usize, Refusal> {
        let Some(text) = self.one("limit") else { return Ok(max) };
        let got: u64 = text.parse().ok().filter(|limit| *limit > 0).ok_or(Refusal::Value("limit"))?;
        usize::try_from(got).ok().filter(|limit| *limit <= max).ok_or(Refusal::LimitTooLarge { max, got })
    }

    /// Which drivers are asked for: the active ones unless `driverActivationStatus` says otherwise.
    pub(super) fn employment(&self) -> Result<Employment, Refusal> {
        match self.one("driverActivationStatus") {
            None | Some("active") => Ok(Employment::Active),
            Some("deactivated") => Ok(Employment::Deactivated),
            Some(_) => Err(Refusal::ActivationStatus),
        }
    }

    /// The first instant of a required date, UTC.
    pub(super) fn date(&self, name: &'static str) -> Result<Millis, Refusal> {
        let text = self.one(name).ok_or(Refusal::Missing(name))?;
        let date: NaiveDate = text.parse().map_err(|_| Refusal::Value(name))?;
        Ok(date.and_time(NaiveTime::MIN).and_utc().timestamp_millis())
    }

    pub(super) fn time(&self, name: &'static str) -> Result<Option<Millis>, Refusal> {
        let parse = |text| DateTime::parse_from_rfc3339(text).map_err(|_| Refusal::Value(name));
        Ok(self.one(name).map(parse).transpose()?.map(|time| time.timestamp_millis()))
    }

    pub(super) fn required_time(&self, name: &'static str) -> Result<Millis, Refusal> {
        self.time(name)?.ok_or(Refusal::Missing(name))
    }

    /// The required half-open window of a history.
    pub(super) fn window(&self) -> Result<(Millis, Millis), Refusal> {
        let (start, end) = (self.required_time("startTime")?, self.required_time("endTime")?);
        if start > end { Err(Refusal::Value("endTime")) } else { Ok((start, end)) }
    }

    /// Where the previous page ended, if this is not the first.
    pub(super) fn after(&self, route: &str) -> Result<Option<Cursor>, Refusal> {
        self.one("after").map(|text| Cursor::decode(route, text).ok_or(Refusal::Cursor)).transpose()
    }

    /// The vehicles that pass `vehicleIds` and `tagIds`, each absent filter passing all.
    pub(super) fn vehicles<'a>(&self, all: &'a [Vehicle]) -> Vec<&'a Vehicle> {
        let (ids, tags) = (self.list("vehicleIds"), self.list("tagIds"));
        let by_id = |vehicle: &&Vehicle| ids.is_empty() || ids.iter().any(|id| is_vehicle(vehicle, id));
        let by_tag = |vehicle: &&Vehicle| tags.is_empty() || tags.contains(&vehicle.tag.0.to_string().as_str());
        all.iter().filter(by_id).filter(by_tag).collect()
    }

    /// Whether a driver passes `driverIds`.
    pub(super) fn wants_driver(&self, driver: &Driver) -> bool {
        let ids = self.list("driverIds");
        ids.is_empty() || ids.contains(&driver.id.to_string().as_str())
    }
}

/// Whether `reference` names the vehicle: its id, or an external id as `key:value`.
pub(super) fn is_vehicle(vehicle: &Vehicle, reference: &str) -> bool {
    if reference == vehicle.id.to_string() {
        return true;
    }
    vehicle.build.as_ref().is_some_and(|build| match reference.split_once(':') {
        Some(("samsara.vin", vin)) => vin == build.vin,
        Some(("samsara.serial", serial)) => serial == build.serial,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::{Query, Refusal};

    #[test]
    fn lists_may_be_repeated_or_separated() {
        let query = Query::parse("types=gps,fuelPercents&types=engineStates&after=").unwrap();
        assert_eq!(query.list("types"), ["gps", "fuelPercents", "engineStates"]);
        assert_eq!(query.one("after"), None);
    }

    #[test]
    fn limits_are_enforced_loudly() {
        let limit = |text: &str| Query::parse(text).unwrap().limit();
        assert_eq!(limit(""), Ok(512));
        assert_eq!(limit("limit=7"), Ok(7));
        assert_eq!(limit("limit=0"), Err(Refusal::Value("limit")));
        let refused = limit("limit=513").unwrap_err();
        assert_eq!(refused.to_string(), "limit must be lesser or equal than 512 but got value 513");
    }

    #[test]
    fn times_carry_offsets() {
        let query = Query::parse("startTime=2015-09-15T14:00:12-04:00&endTime=2015-09-15T18:00:12.5Z").unwrap();
        assert_eq!(query.window(), Ok((1_442_340_012_000, 1_442_340_012_500)));
        assert_eq!(Query::parse("").unwrap().window(), Err(Refusal::Missing("startTime")));
    }
}
