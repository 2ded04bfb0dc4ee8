//! `POST /v2/orgs/share-agreements/backfill`

use futures::{StreamExt, TryStreamExt, stream};
use gateway::{ApiError, Body, Call, Caller, Context, Input, Json, Operation, Reader};
use model::agreement::Agreement;
use model::{AgreementId, FleetId, Resource, ShareLevel, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use store::control::{Consent, Key, Write};
use store::{Attempts, StoreError};

/// Adds a resource to the agreements that lack it. Who did it is kept with the consents.
pub struct Backfill;

/// The resource, and of which fleets.
pub struct Request {
    resource: Option<Resource>,
    share_level: ShareLevel,
    fleet_ids: Option<Vec<FleetId>>,
}

/// What was changed.
#[derive(Serialize, JsonSchema)]
pub struct ShareAgreementBackfillResult {
    /// The agreements that share the resource now, and did not before.
    share_agreement_ids: Vec<AgreementId>,
}

/// How many agreements a request changes.
const AT_ONCE: usize = 1_000;
/// How many partners or fleets are read, and agreements are written, concurrently.
const MAX_CONCURRENT: usize = 16;

impl Input for Request {
    const BODY: Body = Body::Json("ShareAgreementBackfill");

    fn read(reader: &mut Reader) -> Self {
        let resource = reader.body("resource").required().about("The resource.").example("vehicle").code();
        let share_level = reader.body("share_level").about("How far it is shared.").code_or(ShareLevel::Read);
        let fleet_ids = reader.body("fleet_ids").about("Only agreements of these fleets; all by default.").ids(100);
        if fleet_ids.as_ref().is_some_and(Vec::is_empty) {
            reader.problem("body.fleet_ids", "[]", "range", "must name a fleet; leave it out for all fleets");
        }
        Self { resource, share_level, fleet_ids }
    }
}

impl Operation for Backfill {
    type Input = Request;
    type Output = Json<ShareAgreementBackfillResult>;

    async fn run(context: &Context, call: Call, request: Request) -> Result<Self::Output, ApiError> {
        let Caller::Admin { client_id } = &call.caller else {
            return Err(call.caller.admin().err().unwrap_or_else(super::missing));
        };
        let Some(resource) = request.resource else { return Err(ApiError::internal("a required member is missing")) };
        let addition = Addition { resource, level: request.share_level, by: client_id, now: call.now };
        let mut found = agreements(context, request.fleet_ids).await?;
        found.retain(|agreement| addition.to(agreement).is_some());
        found.sort_by_key(|agreement| agreement.id);
        let changed = stream::iter(found.into_iter().take(AT_ONCE))
            .map(|agreement| addition.store(context, agreement))
            .buffered(MAX_CONCURRENT);
        let changed: Vec<Option<AgreementId>> = changed.try_collect().await?;
        Ok(Json(ShareAgreementBackfillResult { share_agreement_ids: changed.into_iter().flatten().collect() }))
    }
}

/// The agreements of these fleets, or of all.
async fn agreements(context: &Context, fleets: Option<Vec<FleetId>>) -> Result<Vec<Agreement>, StoreError> {
    let store = context.store();
    let found: Vec<Vec<Agreement>> = match fleets {
        Some(fleets) => {
            stream::iter(fleets)
                .map(|fleet| store.agreements_of_fleet(fleet))
                .buffer_unordered(MAX_CONCURRENT)
                .try_collect()
                .await?
        }
        None => {
            let partners = stream::iter(store.partners().await?);
            partners.map(|partner| store.agreements(partner.id)).buffer_unordered(MAX_CONCURRENT).try_collect().await?
        }
    };
    Ok(found.into_iter().flatten().collect())
}

/// What is added, by which administrator.
struct Addition<'a> {
    resource: Resource,
    level: ShareLevel,
    by: &'a str,
    now: Timestamp,
}

impl Addition<'_> {
    /// The agreement with the resource; `None` if it has ended, or has it already.
    fn to(&self, seen: &Agreement) -> Option<Agreement> {
        if seen.has_ended_at(self.now) || seen.scopes.contains_key(&self.resource) {
            return None;
        }
        let mut next = Agreement { updated_at: self.now, ..seen.clone() };
        next.scopes.insert(self.resource, self.level);
        Some(next)
    }

    /// Adds it, unless that was done meanwhile.
    async fn store(&self, context: &Context, agreement: Agreement) -> Result<Option<AgreementId>, StoreError> {
        let key = Key::agreement(agreement.partner_id, agreement.id);
        let mut attempts = Attempts::default();
        loop {
            let seen: Option<Agreement> = context.store().get(key.clone()).await?;
            let Some((seen, next)) = seen.and_then(|seen| self.to(&seen).map(|next| (seen, next))) else { return Ok(None) };
            let mut writes = vec![Write::replace(&seen, &next)?];
            if let Some(kept) = self.consent(&next) {
                writes.push(Write::create(&kept)?);
            }
            match context.store().commit(writes).await {
                Err(StoreError::Conflict) if attempts.again().await => {}
                done => return done.map(|()| Some(agreement.id)),
            }
        }
    }

    /// What is kept with the consents of the invitation: the fleet has not seen this.
    fn consent(&self, next: &Agreement) -> Option<Consent> {
        Some(Consent {
            invitation_id: next.invitation_id?,
            agreement_id: next.id,
            fleet_id: next.fleet_id,
            partner_id: next.partner_id,
            scopes: next.scopes.clone(),
            added_by: Some(self.by.to_owned()),
            created_at: self.now,
        })
    }
}
