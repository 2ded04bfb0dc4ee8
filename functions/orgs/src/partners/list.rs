//! `GET /v2/orgs/partners`

use gateway::{ApiError, Call, Caller, Context, Input, Listing, Operation, Paging, Reader};
use model::partner::Partner;
use store::control::{Range, keys};
use store::{Slice, page};

use super::{PartnerRead, find};

/// All partners for administrators of the platform, by id; for others the one that they are or that invited them.
pub struct List;

/// Paging.
pub struct Pages(Paging);

impl Input for Pages {
    fn read(reader: &mut Reader) -> Self {
        Self(Paging::read(reader, 1_000))
    }
}

impl Operation for List {
    type Input = Pages;
    type Output = Listing<PartnerRead>;

    async fn run(context: &Context, call: Call, Pages(paging): Pages) -> Result<Self::Output, ApiError> {
        let cursor = paging.open(context, &call).await?;
        let own = match call.caller {
            Caller::Partner { id, .. } | Caller::Fleet { partner: id, .. } => Some(id),
            Caller::Admin { .. } | Caller::Anonymous => None,
        };
        if let Some(id) = own {
            let rows = vec![find(context, &call, id).await?];
            let slice = Slice::from_unsorted(rows, &cursor.page(), |partner| partner.id.to_string().into(), page::by_text);
            return Listing::of(&cursor, &slice.map(PartnerRead::from), Some(1));
        }
        call.caller.admin()?;
        let range = Range::index_1(keys::PARTNERS.into());
        let total = match cursor.total() {
            Some(total) => total,
            None => context.store().count(&range).await?,
        };
        let slice = context.store().page(&range, &cursor.page(), |_: &Partner| true).await?;
        Listing::of(&cursor, &slice.map(PartnerRead::from), Some(total))
    }
}
