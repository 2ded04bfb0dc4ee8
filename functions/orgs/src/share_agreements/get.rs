//! `GET /v2/orgs/share-agreements/{share_agreement_id}`

use gateway::{ApiError, Call, Context, Json, Operation};
use model::agreement::{Agreement, AgreementStatus};

use super::{Id, ShareAgreementRead, find, missing};

/// One agreement of the caller.
pub struct Get;

impl Operation for Get {
    type Input = Id;
    type Output = Json<ShareAgreementRead>;

    async fn run(context: &Context, call: Call, Id(id): Id) -> Result<Self::Output, ApiError> {
        let (_, key) = find(context, &call.caller, id).await?;
        let found: Option<Agreement> = context.store().get(key).await?;
        let agreement = found.filter(|agreement| agreement.status != AgreementStatus::Deleted).ok_or_else(missing)?;
        Ok(Json(ShareAgreementRead::at(call.now, agreement)))
    }
}
