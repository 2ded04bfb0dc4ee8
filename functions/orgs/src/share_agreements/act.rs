//! `POST /v2/orgs/share-agreements/{share_agreement_id}/pause | activate | cancel`

use gateway::{ApiError, Call, Context, Json, Operation};
use model::AgreementId;
use model::agreement::{Action, Agreement};

use super::{Id, ShareAgreementRead, find, missing, refused};

/// Off for now.
pub struct Pause;
/// On again.
pub struct Activate;
/// Off for good.
pub struct Cancel;

impl Operation for Pause {
    type Input = Id;
    type Output = Json<ShareAgreementRead>;

    async fn run(context: &Context, call: Call, Id(id): Id) -> Result<Self::Output, ApiError> {
        act(context, &call, id, Action::Pause).await
    }
}

impl Operation for Activate {
    type Input = Id;
    type Output = Json<ShareAgreementRead>;

    async fn run(context: &Context, call: Call, Id(id): Id) -> Result<Self::Output, ApiError> {
        act(context, &call, id, Action::Activate).await
    }
}

impl Operation for Cancel {
    type Input = Id;
    type Output = Json<ShareAgreementRead>;

    async fn run(context: &Context, call: Call, Id(id): Id) -> Result<Self::Output, ApiError> {
        act(context, &call, id, Action::Cancel).await
    }
}

async fn act(context: &Context, call: &Call, id: AgreementId, action: Action) -> Result<Json<ShareAgreementRead>, ApiError> {
    Ok(Json(ShareAgreementRead::at(call.now, apply(context, call, id, action).await?)))
}

/// Does `action` to the caller's agreement and answers its state after.
pub(super) async fn apply(context: &Context, call: &Call, id: AgreementId, action: Action) -> Result<Agreement, ApiError> {
    let (side, key) = find(context, &call.caller, id).await?;
    let seen: Agreement = context.store().get(key.clone()).await?.ok_or_else(missing)?;
    seen.after(action, side, call.now).map_err(refused)?;
    let change = |seen: &Agreement| seen.after(action, side, call.now).ok().filter(|next| next != seen);
    context.store().update(key, change).await?.ok_or_else(missing)
}
