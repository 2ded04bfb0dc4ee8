//! `PATCH /v2/orgs/share-agreements/{share_agreement_id}`

use gateway::{ApiError, Body, Call, Context, Input, Json, Operation, Patch, Problem, Reader};
use model::agreement::{Action, Agreement, AgreementStatus, Party, TransitionError};
use model::{AgreementId, Timestamp};

use super::{ShareAgreementRead, find, missing, transition_error};

/// Changes the dates; the deprecated members `status` and `fleet_ref` still work.
pub struct Update;

/// What to change.
pub struct Changes {
    id: AgreementId,
    effective_date: Option<Timestamp>,
    expiration_date: Patch<Timestamp>,
    status: Option<AgreementStatus>,
    fleet_ref: Option<String>,
}

impl Input for Changes {
    const BODY: Body = Body::Json("ShareAgreementUpdate");

    fn read(reader: &mut Reader) -> Self {
        let effective_date = reader.body("effective_date").about("When data access begins.").patch(gateway::Member::instant);
        if effective_date == Patch::Clear {
            reader.problem("body.effective_date", "null", "type", "must be an RFC 3339 date-time");
        }
        Self {
            id: reader.path("share_agreement_id"),
            effective_date: effective_date.over(None),
            expiration_date: expiration_date(reader),
            status: reader.body("status").deprecated().about("Use `pause`, `activate` or `cancel` instead.").code(),
            fleet_ref: reader.body("fleet_ref").deprecated().about("An additional id of yours for the fleet.").text(1, 200),
        }
    }
}

fn expiration_date(reader: &mut Reader) -> Patch<Timestamp> {
    let member = reader.body("expiration_date");
    let member = member.about("When data access ends; null = unlimited. A partner can only set an earlier date.");
    member.example("2027-01-01T00:00:00Z").patch(gateway::Member::instant)
}

impl Operation for Update {
    type Input = Changes;
    type Output = Json<ShareAgreementRead>;

    async fn run(context: &Context, call: Call, changes: Changes) -> Result<Self::Output, ApiError> {
        let (party, key) = find(context, &call.caller, changes.id).await?;
        let seen: Agreement = context.store().get(key.clone()).await?.ok_or_else(missing)?;
        changes.apply(&seen, party, call.now)?;
        let change = |seen: &Agreement| changes.apply(seen, party, call.now).ok().filter(|next| next != seen);
        let after = context.store().update(key, change).await?.ok_or_else(missing)?;
        Ok(Json(ShareAgreementRead::at(call.now, after)))
    }
}

impl Changes {
    fn apply(&self, seen: &Agreement, party: Party, now: Timestamp) -> Result<Agreement, ApiError> {
        if seen.status == AgreementStatus::Deleted {
            return Err(missing());
        }
        let effective_date = self.effective_date.unwrap_or(seen.effective_date);
        let expiration_date = self.expiration_date.clone().over(seen.expiration_date);
        let mut next = Agreement { effective_date, expiration_date, ..seen.clone() };
        if next != *seen {
            if matches!(seen.status_at(now), AgreementStatus::Cancelled | AgreementStatus::Expired) {
                return Err(transition_error(TransitionError::Ended));
            }
            check_dates(&next, seen, party, now)?;
        }
        if let Some(name) = self.fleet_ref.as_ref().filter(|_| party == Party::Partner) {
            next.fleet_ref = Some(name.clone());
        }
        if next != *seen {
            next.updated_at = now;
        }
        match self.status.map(action).transpose()? {
            Some(action) => next.after(action, party, now).map_err(transition_error),
            None => Ok(next),
        }
    }
}

fn action(status: AgreementStatus) -> Result<Action, ApiError> {
    match status {
        AgreementStatus::Active => Ok(Action::Activate),
        AgreementStatus::Paused => Ok(Action::Pause),
        AgreementStatus::Cancelled => Ok(Action::Cancel),
        AgreementStatus::Deleted | AgreementStatus::Expired => {
            Err(ApiError::invalid_member("body.status", "", "enum", "must be active, paused or cancelled"))
        }
    }
}

/// The end must be later than the start and in the future; a partner may only move it to an earlier date.
fn check_dates(next: &Agreement, seen: &Agreement, party: Party, now: Timestamp) -> Result<(), ApiError> {
    let problem = |message: &str| {
        let input = next.expiration_date.map(|end| end.to_string()).unwrap_or_default();
        Err(ApiError::invalid(vec![Problem::new("body.expiration_date", &input, "range", message)]))
    };
    let later = match (next.expiration_date, seen.expiration_date) {
        (Some(next), Some(seen)) => next > seen,
        (None, Some(_)) => true,
        (_, None) => false,
    };
    if party == Party::Partner && later {
        return problem("a partner may only set an earlier expiration_date");
    }
    match next.expiration_date {
        Some(end) if end <= next.effective_date => problem("must be later than effective_date"),
        Some(end) if end <= now => problem("must be in the future"),
        _ => Ok(()),
    }
}
