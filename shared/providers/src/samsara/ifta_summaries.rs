//! Months of vehicles for fuel tax: `GET /fleet/reports/ifta/vehicle`, a report for each month. The present month grows, and the last 72 h of it
//! are not final; so each run reads the present month and the one before, and after a pause all since the last one that was read.

use chrono::{Datelike as _, NaiveDate};
use model::Timestamp;
use model::telematics::{IftaSummary, Observation};
use serde_json::value::RawValue;

use super::{Samsara, members};
use crate::months::Reports;
use crate::wire::{Members, SourceRules, source_of};
use crate::{Api, Known, Page, ProviderError, Remap, Source};

#[rustfmt::skip]
const MONTHS: [&str; 12] = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

const RULES: SourceRules = SourceRules { volatile: &[], extras: &["jurisdictions"], references: &["vehicle"] };

pub(super) struct IftaSummaries;

impl Source for IftaSummaries {
    type Provider = Samsara;
    type Rows = Vec<Observation<IftaSummary>>;
    type Cursor = Reports;

    const KNOWN: Known = Known { members: members::IFTA_SUMMARY, words: &[] };

    const REMAP: Option<Remap<Self::Rows>> =
        Some(Remap::alone(|stored| Some(vec![observation(stored.json, stored.subject_and_day()?.1)?])));

    async fn page(api: &Api<'_, Samsara>, reports: Reports) -> Result<Page<Self::Rows, Reports>, ProviderError> {
        let (year, month) = (reports.month.year(), reports.month.month());
        let name = usize::try_from(month).ok().and_then(|month| MONTHS.get(month - 1)).copied().unwrap_or_default();
        let query = [("year", year.to_string()), ("month", name.to_owned())];
        let query = query.each_ref().map(|(name, value)| (*name, value.as_str()));
        let response = api.page("/fleet/reports/ifta/vehicle", &query, reports.after.as_deref()).await?;
        let body = Members::of(response.parse()?);
        let data = body.object("data");
        if data.raw("vehicleReports").is_none_or(|list| !list.get().starts_with('[')) {
            return Err(response.malformed("no list of reports"));
        }
        let after = response.after(&body.object("pagination"), reports.after.as_deref())?;
        let rows = data.list("vehicleReports").into_iter().filter_map(|raw| observation(raw, reports.month)).collect();
        let next = reports.next(after);
        let more = !next.is_done;
        Ok(Page::of(rows, Some(next), more))
    }
}

/// A month of a vehicle has no id: `ifta_summary:<vehicle>:<first day>`. `None` (and a warning) where the vehicle is missing.
fn observation(raw: &RawValue, first: NaiveDate) -> Option<Observation<IftaSummary>> {
    let Some(vehicle) = Members::of(raw).object("vehicle").get::<String>("id") else {
        tracing::warn!(provider = "samsara", "skipped a report for fuel tax without a vehicle");
        return None;
    };
    let source_id = format!("ifta_summary:{vehicle}:{first}");
    let fields = IftaSummary {
        source_vehicle_id: Some(vehicle),
        month: Some(first.month().into()),
        year: Some(first.year().into()),
        ..IftaSummary::default()
    };
    let begins = Timestamp::parse(&format!("{first}T00:00:00Z"));
    Some(RULES.observation(source_id, begins, source_of(raw), fields))
}

#[cfg(test)]
mod tests {
    use model::Resource;
    use serde_json::{Value, json};

    use super::super::tests::{Canned, fields, records, response, walk};
    use super::*;

    fn report(vehicle: &str, meters: f64, after: &str) -> String {
        let jurisdictions =
            json!([{ "jurisdiction": "CA", "totalMeters": meters, "taxableMeters": meters, "taxPaidLiters": 12.5 }]);
        let reports =
            json!([{ "vehicle": { "id": vehicle, "name": "Truck 1" }, "jurisdictions": jurisdictions }, { "vehicle": {} }]);
        let data = json!({ "year": 2026, "month": "November", "vehicleReports": reports });
        json!({ "data": data, "pagination": { "endCursor": after, "hasNextPage": !after.is_empty() } }).to_string()
    }

    #[test]
    fn check_months_for_fuel_tax() {
        let bodies = [report("1", 10.5, "x"), report("2", 1.0, ""), report("1", 3.0, "")];
        let http = Canned::new(bodies.iter().map(|body| response(200, body)).collect());
        let pages = walk(&http, Resource::IftaSummary);
        let root = "http://simulator.local/samsara/fleet/reports/ifta/vehicle?year=2026&month=";
        assert_eq!(http.asked(), [format!("{root}October"), format!("{root}October&after=x"), format!("{root}November")]);
        assert_eq!(pages.iter().map(|page| page.more).collect::<Vec<_>>(), [true, true, false]);
        let [row] = records(&pages[0]) else { panic!("{pages:?}") };
        assert_eq!(
            (row.source_id.as_str(), row.occurred_at),
            ("ifta_summary:1:2026-10-01", Timestamp::parse("2026-10-01T00:00:00Z"))
        );
        let found = fields(row);
        assert_eq!((&found["month"], &found["year"], &found["source_vehicle_id"]), (&json!(10), &json!(2026), &json!("1")));
        assert!(found["vehicle_id"].is_string());
        assert_eq!(row.extras.as_ref().unwrap()["jurisdictions"][0]["totalMeters"], 10.5);
        assert_eq!(fields(&records(&pages[2])[0])["month"], 11);
    }

    #[test]
    fn something_else_is_no_report() {
        for body in [json!({ "data": [] }), json!({ "data": { "vehicleReports": Value::Null } })] {
            let http = Canned::new(vec![response(200, &body.to_string())]);
            let error = super::super::tests::ask(&http, Resource::IftaSummary, None).unwrap_err();
            assert!(error.to_string().ends_with("no list of reports"), "{error}");
        }
    }
}
