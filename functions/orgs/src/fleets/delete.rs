//! `DELETE /v2/orgs/fleets/{fleet_id}`

use gateway::{ApiError, Call, Context, NoContent, Operation};
use model::agreement::{Action, Agreement, Party};
use model::fleet::Fleet;
use store::control::Key;

use super::get::Id;
use super::{missing, require_own};

/// The fleet leaves: its agreements are deleted, and its accounts are unlinked with the last of them. Records that were fetched are kept
/// until an operator erases them.
pub struct Delete;

impl Operation for Delete {
    type Input = Id;
    type Output = NoContent;

    async fn run(context: &Context, call: Call, Id(id): Id) -> Result<Self::Output, ApiError> {
        require_own(&call, id)?;
        let inviting = call.caller.inviting_partner()?;
        let left = |seen: &Fleet| {
            let deleted_at = Some(seen.deleted_at.unwrap_or(call.now));
            (seen.deleted_at != deleted_at).then(|| Fleet { deleted_at, updated_at: call.now, ..seen.clone() })
        };
        context.store().update(Key::fleet(id), left).await?.ok_or_else(missing)?;
        let mut agreements = context.store().agreements_of_fleet(id).await?;
        // The token ends with the agreement of its partner, so that one ends last: a request that is lost can be repeated.
        agreements.sort_by_key(|agreement| agreement.partner_id == inviting);
        for agreement in agreements {
            let deleted = |seen: &Agreement| seen.after(Action::Delete, Party::Fleet, call.now).ok().filter(|next| next != seen);
            context.store().update(Key::agreement(agreement.partner_id, agreement.id), deleted).await?;
        }
        Ok(NoContent)
    }
}
