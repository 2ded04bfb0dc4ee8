//! `GET /v2/orgs/invitations`

use gateway::{ApiError, Call, Context, Input, Listing, Operation, Paging, Reader};
use model::invitation::Invitation;
use store::control::{Range, keys};

use super::InvitationRead;

/// The caller's invitations, oldest first. Deleted ones are left out; only `GET` by id returns tokens.
pub struct List;

/// Filters and paging.
pub struct Filters {
    fleet_ref: Option<String>,
    paging: Paging,
}

impl Input for Filters {
    fn read(reader: &mut Reader) -> Self {
        Self {
            fleet_ref: reader
                .query("fleet_ref")
                .about("Only the invitations of this fleet, by your own id.")
                .example("FLEET-12345")
                .text(1, 200),
            paging: Paging::read(reader, 1_000),
        }
    }
}

impl Operation for List {
    type Input = Filters;
    type Output = Listing<InvitationRead>;

    async fn run(context: &Context, call: Call, filters: Filters) -> Result<Self::Output, ApiError> {
        let partner = call.caller.partner()?;
        let cursor = filters.paging.open(context, &call).await?;
        let range = match &filters.fleet_ref {
            Some(fleet_ref) => Range::index_2(keys::invitations_for(partner, fleet_ref)),
            None => Range::index_1(keys::invitations_of(partner)),
        };
        let total = match cursor.total() {
            Some(total) => total,
            None => context.store().count(&range).await?,
        };
        let slice = context.store().page(&range, &cursor.page(), |_: &Invitation| true).await?;
        let slice = slice.map(|invitation| InvitationRead::at(call.now, invitation, context.config()));
        Listing::of(&cursor, &slice, Some(total))
    }
}
