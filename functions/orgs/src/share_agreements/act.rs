//! `POST /v2/orgs/share-agreements/{share_agreement_id}/pause | activate | cancel`

use gateway::{ApiError, Call, Context, Json, Operation};
use model::AgreementId;
use model::agreement::{Action, Agreement};

use super::{Id, ShareAgreementRead, check_resumption, find, missing, transition_error};

/// Suspends an agreement.
pub struct Pause;
/// Resumes an agreement.
pub struct Activate;
/// Ends an agreement permanently.
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

/// Applies `action` to the caller's agreement and returns the updated agreement.
pub(super) async fn apply(context: &Context, call: &Call, id: AgreementId, action: Action) -> Result<Agreement, ApiError> {
    let (party, key) = find(context, &call.caller, id).await?;
    let change = |seen: &Agreement| {
        check_resumption(seen, action, party, call.caller.consents())?;
        let next = seen.after(action, party, call.now).map_err(transition_error)?;
        Ok::<_, ApiError>(Some(next).filter(|next| next != seen))
    };
    context.store().try_update(key, change).await?.ok_or_else(missing)
}
