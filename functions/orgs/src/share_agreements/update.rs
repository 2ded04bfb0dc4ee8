//! `PATCH /v2/orgs/share-agreements/{share_agreement_id}`

use gateway::{ApiError, Body, Call, Context, Input, Json, Operation, Patch, Problem, Reader};
use model::agreement::{Action, Agreement, AgreementStatus, Party, TransitionError};
use model::{AgreementId, Timestamp};

use super::{ShareAgreementRead, check_resumption, find, missing, transition_error};

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
        let effective_date = reader
            .body("effective_date")
            .about("When data access begins. A partner can only set a later date.")
            .patch(gateway::Member::instant);
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
    let member = member.about(
        "When data access ends; null = unlimited. It can only become earlier; a later one needs the fleet's consent in Connect.",
    );
    member.example("2027-01-01T00:00:00Z").patch(gateway::Member::instant)
}

impl Operation for Update {
    type Input = Changes;
    type Output = Json<ShareAgreementRead>;

    async fn run(context: &Context, call: Call, changes: Changes) -> Result<Self::Output, ApiError> {
        let (party, key) = find(context, &call.caller, changes.id).await?;
        let by = (party, call.caller.consents());
        let change = |seen: &Agreement| changes.apply(seen, by, call.now).map(|next| Some(next).filter(|next| next != seen));
        let after = context.store().try_update(key, change).await?.ok_or_else(missing)?;
        Ok(Json(ShareAgreementRead::at(call.now, after)))
    }
}

impl Changes {
    /// `by`: the party, and whether it may share more.
    fn apply(&self, seen: &Agreement, by: (Party, bool), now: Timestamp) -> Result<Agreement, ApiError> {
        let (party, consents) = by;
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
            check_dates(&next, seen, consents, now)?;
        }
        if let Some(name) = self.fleet_ref.as_ref().filter(|_| party == Party::Partner) {
            next.fleet_ref = Some(name.clone());
        }
        if next != *seen {
            next.updated_at = now;
        }
        match self.status.map(action).transpose()? {
            Some(action) => {
                check_resumption(seen, action, party, consents)?;
                next.after(action, party, now).map_err(transition_error)
            }
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

/// The end must be later than the start and in the future. Without the fleet's consent, given in Connect, the time of access only
/// becomes less.
fn check_dates(next: &Agreement, seen: &Agreement, consents: bool, now: Timestamp) -> Result<(), ApiError> {
    let end = next.expiration_date;
    let later_end = seen.expiration_date.is_some_and(|seen| end.is_none_or(|end| end > seen));
    let problem = match end {
        _ if !consents && next.effective_date < seen.effective_date => {
            Some(("effective_date", "may only become later: more access needs the fleet's consent in Connect"))
        }
        _ if !consents && later_end => {
            Some(("expiration_date", "may only become earlier: more access needs the fleet's consent in Connect"))
        }
        Some(end) if end <= next.effective_date => Some(("expiration_date", "must be later than effective_date")),
        Some(end) if end <= now => Some(("expiration_date", "must be in the future")),
        _ => None,
    };
    let Some((member, message)) = problem else { return Ok(()) };
    let input = if member == "effective_date" { Some(next.effective_date) } else { end };
    let input = input.map(|date| date.to_string()).unwrap_or_default();
    Err(ApiError::invalid(vec![Problem::new(&format!("body.{member}"), &input, "range", message)]))
}

#[cfg(test)]
mod tests {
    use model::{FleetId, PartnerId};

    use super::*;

    fn day(number: i64) -> Timestamp {
        Timestamp::from_millis(1_790_000_000_000).plus_seconds(number * 86_400)
    }

    /// An agreement of the days 10 to 20, changed on day 12.
    fn check(
        (party, consents): (Party, bool),
        starts: Option<i64>,
        ends: Patch<i64>,
        expected: Result<(i64, Option<i64>), &str>,
    ) {
        let seen = Agreement {
            id: AgreementId::at(day(0)),
            fleet_id: FleetId::at(day(0)),
            partner_id: PartnerId::at(day(0)),
            invitation_id: None,
            fleet_ref: None,
            status: AgreementStatus::Active,
            paused_by: None,
            effective_date: day(10),
            expiration_date: Some(day(20)),
            scopes: model::resource::read_everything(),
            connections: Vec::new(),
            created_at: day(0),
            updated_at: day(0),
        };
        let expiration_date = match ends {
            Patch::Keep => Patch::Keep,
            Patch::Clear => Patch::Clear,
            Patch::Set(ends) => Patch::Set(day(ends)),
        };
        let changes = Changes { id: seen.id, effective_date: starts.map(day), expiration_date, status: None, fleet_ref: None };
        match (changes.apply(&seen, (party, consents), day(12)), expected) {
            (Ok(next), Ok((starts, ends))) => {
                assert_eq!((next.effective_date, next.expiration_date), (day(starts), ends.map(day)));
            }
            (Err(error), Err(member)) => assert!(format!("{error:?}").contains(&format!("body.{member}")), "{error:?}"),
            (found, expected) => panic!("{found:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn without_consent_the_time_of_access_only_becomes_less() {
        let (begins, ends) = ("effective_date", "expiration_date");
        for party in [Party::Partner, Party::Fleet] {
            let check = |starts, ends, expected| check((party, false), starts, ends, expected);
            check(Some(9), Patch::Keep, Err(begins));
            check(Some(15), Patch::Keep, Ok((15, Some(20))));
            check(None, Patch::Set(21), Err(ends));
            check(None, Patch::Clear, Err(ends));
            check(None, Patch::Set(15), Ok((10, Some(15))));
        }
        check((Party::Fleet, true), Some(9), Patch::Clear, Ok((9, None)));
    }

    #[test]
    fn an_agreement_ends_after_it_begins_and_not_in_the_past() {
        check((Party::Fleet, true), Some(20), Patch::Keep, Err("expiration_date"));
        check((Party::Fleet, true), None, Patch::Set(11), Err("expiration_date"));
    }
}
