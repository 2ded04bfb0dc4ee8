//! `GET /v2/orgs/fleets`

use std::collections::HashMap;

use gateway::{ApiError, Call, Context, Input, Listing, Operation, Paging, Reader};
use model::agreement::Agreement;
use model::fleet::Fleet;
use store::control::Key;
use store::{Slice, page};

use super::FleetRead;

/// The fleets that share data with the caller, sorted by id.
pub struct List;

/// Filters and paging.
pub struct Filters {
    fleet_refs: Option<Vec<String>>,
    paging: Paging,
}

impl Input for Filters {
    fn read(reader: &mut Reader) -> Self {
        Self {
            fleet_refs: reader
                .query("fleet_refs")
                .about("Only these fleets, by your own ids.")
                .example(r#"["FLEET-12345"]"#)
                .texts(100, 200),
            paging: Paging::read(reader, 1_000),
        }
    }
}

impl Operation for List {
    type Input = Filters;
    type Output = Listing<FleetRead>;

    async fn run(context: &Context, call: Call, filters: Filters) -> Result<Self::Output, ApiError> {
        let partner = call.caller.partner()?;
        let cursor = filters.paging.open(context, &call).await?;
        let agreements = context.store().cached_agreements(partner, call.now).await?;
        let refs = filters.fleet_refs.as_deref();
        let open: Vec<&Agreement> = agreements.open_at(call.now).filter(|agreement| matches(refs, agreement)).collect();
        let total = open.len() as u64;
        let slice = Slice::from_unsorted(open, &cursor.page(), |agreement| agreement.fleet_id.to_string().into(), page::by_text);
        let keys: Vec<Key> = slice.rows.iter().map(|(agreement, _)| Key::fleet(agreement.fleet_id)).collect();
        let fleets: Vec<Fleet> = context.store().get_many(&keys).await?;
        let by_id: HashMap<_, _> = fleets.into_iter().map(|fleet| (fleet.id, fleet)).collect();
        let rows = slice.rows.into_iter();
        let rows = rows.filter_map(|(agreement, mark)| {
            Some((FleetRead::of(by_id.get(&agreement.fleet_id)?.clone(), agreement.fleet_ref.clone()), mark))
        });
        let slice = Slice { rows: rows.collect(), before: slice.before, after: slice.after, reached: None };
        Listing::of(&cursor, &slice, Some(total))
    }
}

fn matches(refs: Option<&[String]>, agreement: &Agreement) -> bool {
    let Some(refs) = refs else { return true };
    agreement.fleet_ref.as_ref().is_some_and(|name| refs.contains(name))
}
