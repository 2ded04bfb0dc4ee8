//! `GET /v2/orgs/share-agreements`

use gateway::{ApiError, Call, Context, Input, Listing, Operation, Paging, Reader};
use model::FleetId;
use model::agreement::AgreementStatus;
use store::{Slice, page};

use super::{ShareAgreementRead, agreements};

/// The caller's agreements, sorted by id and hence by age.
pub struct List;

/// Filters and paging.
pub struct Filters {
    fleet_id: Option<FleetId>,
    fleet_ref: Option<String>,
    status: Option<AgreementStatus>,
    paging: Paging,
}

impl Input for Filters {
    fn read(reader: &mut Reader) -> Self {
        Self {
            fleet_id: reader.query("fleet_id").about("Only agreements of this fleet.").id(),
            fleet_ref: reader
                .query("fleet_ref")
                .about("Only agreements of this fleet, by your own id.")
                .example("FLEET-12345")
                .text(1, 200),
            status: reader.query("share_agreement_status").about("Only agreements in this state.").code(),
            paging: Paging::read(reader, 1_000),
        }
    }
}

impl Operation for List {
    type Input = Filters;
    type Output = Listing<ShareAgreementRead>;

    async fn run(context: &Context, call: Call, filters: Filters) -> Result<Self::Output, ApiError> {
        let cursor = filters.paging.open(context, &call).await?;
        let (_, mut found) = agreements(context, &call.caller).await?;
        found.retain(|agreement| {
            filters.fleet_id.is_none_or(|id| id == agreement.fleet_id)
                && filters.fleet_ref.as_ref().is_none_or(|name| Some(name) == agreement.fleet_ref.as_ref())
                && filters.status.is_none_or(|status| status == agreement.status_at(call.now))
        });
        let total = found.len() as u64;
        let slice = Slice::from_unsorted(found, &cursor.page(), |agreement| agreement.id.to_string().into(), page::by_text);
        let slice = slice.map(|agreement| ShareAgreementRead::at(call.now, agreement));
        Listing::of(&cursor, &slice, Some(total))
    }
}
