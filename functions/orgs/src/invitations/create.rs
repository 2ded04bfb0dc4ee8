//! `POST /v2/orgs/invitations`

use gateway::{ApiError, Body, Call, Context, Input, LIST_BODY, Operation, Problem, Reader, Upserted};
use model::invitation::{Invitation, InvitationStatus, Prefill};
use model::partner::{InvitationDefaults, Partner};
use model::{InvitationId, PartnerId, Resource, Scopes, ShareLevel, Timestamp, resource};
use serde_json::{Map, Value};
use store::control::{InvitationClaim, Key, Write};
use store::{Attempts, StoreError};
use webhooks::target::UrlProblem;

use super::{InvitationRead, WEB_SCHEMES, prefill};

/// Creates an invitation, or refreshes the existing one of its `fleet_ref`.
pub struct Create;

/// The requested invitation; omitted members keep their values when an invitation is refreshed.
#[derive(Clone)]
pub struct Request {
    fleet_ref: String,
    expires_in_hours: Option<u16>,
    permissions: Option<Scopes>,
    limit_tsps: Option<Vec<String>>,
    success_redirect_url: Option<String>,
    failure_redirect_url: Option<String>,
    callback_url: Option<String>,
    prefill: Prefill,
}

const FLEET_REF: &str = "Your own id of the fleet, included in responses, webhooks and redirects. If the id has an invitation already, \
     that one is refreshed.";
const PERMISSIONS: &str = "The requested resources with their levels; `read` on every resource by default.";
const LIMIT_TSPS: &str = "The providers to choose from, by slug or `source_name`; all by default.";
const SUCCESS: &str = "Where the fleet's browser is redirected after connecting a provider.";
const FAILURE: &str = "Where the fleet's browser is redirected when the fleet declines or cancels.";
const CALLBACK: &str = "The URL for webhooks about this invitation; https.";

const SECURE: &[&str] = &["https"];

impl Input for Request {
    const BODY: Body = Body::Json("InvitationCreate");
    const MAX_BODY: usize = LIST_BODY;

    fn read(reader: &mut Reader) -> Self {
        let prefill = prefill::read(reader);
        if prefill.regulatory_id.is_some() && prefill.regulatory_id_type.is_none() {
            reader.problem("body.fleet_regulatory_id_type", "", "missing", "is required with fleet_regulatory_id");
        }
        let permissions = reader.body("permissions").about(PERMISSIONS).example(r#"{ "vehicle": "read" }"#);
        let permissions = permissions.raw_object(permissions_schema);
        let fleet_ref = reader.body("fleet_ref").required().about(FLEET_REF).example("FLEET-12345").text(1, 200);
        let hours =
            reader.body("expires_in_hours").about("Hours until the invitation expires.").documented_default(24).whole(1, 672);
        Self {
            fleet_ref: fleet_ref.unwrap_or_default(),
            expires_in_hours: hours.and_then(|hours| u16::try_from(hours).ok()),
            permissions: permissions.map(|members| scopes(reader, &members)),
            limit_tsps: reader.body("limit_tsps").about(LIMIT_TSPS).example(r#"["samsara"]"#).texts(200, 200),
            success_redirect_url: reader.body("success_redirect_url").about(SUCCESS).url(WEB_SCHEMES),
            failure_redirect_url: reader.body("failure_redirect_url").about(FAILURE).url(WEB_SCHEMES),
            callback_url: reader.body("callback_url").about(CALLBACK).url(SECURE),
            prefill,
        }
    }
}

impl Operation for Create {
    type Input = Request;
    type Output = Upserted<InvitationRead>;

    async fn run(context: &Context, call: Call, request: Request) -> Result<Self::Output, ApiError> {
        let id = call.caller.partner()?;
        let partner: Partner = context.store().get(Key::partner(id)).await?.ok_or_else(|| ApiError::not_found("partner"))?;
        check_callback(context, request.callback_url.as_deref())?;
        check_tsps(context, request.limit_tsps.as_deref()).await?;
        let mut attempts = Attempts::default();
        let key = vault::random_secret();
        let (invitation, is_new) = loop {
            let Plan { next, is_new, writes } = plan(context, &partner, &request, &key, (call.now, attempts.has_lost())).await?;
            if writes.is_empty() {
                break (next, is_new);
            }
            match context.store().commit(writes).await {
                Err(StoreError::Conflict) if attempts.again().await => {}
                done => {
                    done?;
                    break (next, is_new);
                }
            }
        };
        let is_keyed = invitation.key_hash.as_ref().is_some_and(|hash| vault::verify_secret(&key, hash));
        let read = InvitationRead::at(call.now, invitation, context.config());
        Ok(Upserted { is_new, body: if is_keyed { read.with_key(&key) } else { read } })
    }
}

/// What a request comes to.
struct Plan {
    next: Invitation,
    is_new: bool,
    /// None where a request at the same time did the same already.
    writes: Vec<Write>,
}

/// What the request comes to as things stand at `now`; `again` says that it lost against another request before.
async fn plan(
    context: &Context,
    partner: &Partner,
    request: &Request,
    key: &str,
    (now, again): (Timestamp, bool),
) -> Result<Plan, ApiError> {
    let existing = context.store().invitation_for(partner.id, &request.fleet_ref).await?;
    let is_over = match &existing {
        Some((_, seen)) => has_ended(context, seen, now).await?,
        None => false,
    };
    if let Some((_, seen)) = existing.as_ref().filter(|(_, seen)| !is_over && seen.is_refreshable_at(now)) {
        let next = request.clone().into_refreshed(seen, &partner.defaults(), now).with_key_hash(vault::hash_secret(key));
        if again && is_same_but_for_times(&next, seen) {
            return Ok(Plan { next: seen.clone(), is_new: false, writes: Vec::new() });
        }
        let writes = vec![Write::replace(seen, &next)?];
        return Ok(Plan { next, is_new: false, writes });
    }
    let next = request.clone().into_invitation(partner, now);
    let claim = claim(partner.id, &next);
    let claimed = match existing {
        Some((seen, _)) => Write::replace(&seen, &claim)?,
        None => Write::create(&claim)?,
    };
    let writes = vec![claimed, Write::create(&next)?];
    Ok(Plan { next, is_new: true, writes })
}

/// Whether what the fleet agreed to is over: it can be asked anew.
async fn has_ended(context: &Context, seen: &Invitation, now: Timestamp) -> Result<bool, ApiError> {
    let Some(fleet) = seen.fleet_id else { return Ok(false) };
    let agreement = context.store().agreement_between((fleet, seen.partner_id), Some(seen.id), None).await?;
    Ok(agreement.is_some_and(|agreement| agreement.has_ended_at(now)))
}

fn is_same_but_for_times(next: &Invitation, seen: &Invitation) -> bool {
    let (updated_at, expires_at, key_hash) = (seen.updated_at, seen.expires_at, seen.key_hash.clone());
    Invitation { updated_at, expires_at, key_hash, ..next.clone() } == *seen
}

fn claim(partner_id: PartnerId, invitation: &Invitation) -> InvitationClaim {
    InvitationClaim { partner_id, fleet_ref: invitation.fleet_ref.clone(), invitation_id: invitation.id }
}

impl Request {
    fn into_invitation(self, partner: &Partner, now: Timestamp) -> Invitation {
        let defaults = partner.defaults();
        let hours = self.expires_in_hours.or(defaults.expires_in_hours).unwrap_or(24);
        Invitation {
            id: InvitationId::at(now),
            created_at: now,
            updated_at: now,
            partner_id: partner.id,
            partner_slug: Some(partner.slug.clone()),
            fleet_ref: self.fleet_ref,
            status: InvitationStatus::Active,
            expires_at: now.plus_seconds(i64::from(hours) * 3_600),
            expires_in_hours: hours,
            permissions: self.permissions.unwrap_or_else(resource::read_everything),
            limit_tsps: self.limit_tsps,
            success_redirect_url: self.success_redirect_url.or_else(|| defaults.success_redirect_url.clone()),
            failure_redirect_url: self.failure_redirect_url.or_else(|| defaults.failure_redirect_url.clone()),
            callback_url: self.callback_url.or_else(|| defaults.callback_url.clone()),
            prefill: self.prefill,
            viewed_at: None,
            accepted_at: None,
            fleet_id: None,
            declined_at: None,
            decline_reason: None,
            key_hash: None,
        }
    }

    /// Members that were sent replace the old ones, omitted ones stay; a declined invitation becomes active again.
    fn into_refreshed(self, seen: &Invitation, defaults: &InvitationDefaults, now: Timestamp) -> Invitation {
        let hours = self.expires_in_hours.or(defaults.expires_in_hours).unwrap_or(24);
        let reopened = seen.status == InvitationStatus::Declined;
        let old = seen.clone();
        Invitation {
            status: if reopened { InvitationStatus::Active } else { old.status },
            viewed_at: old.viewed_at.filter(|_| !reopened),
            declined_at: old.declined_at.filter(|_| !reopened),
            decline_reason: old.decline_reason.filter(|_| !reopened),
            expires_at: now.plus_seconds(i64::from(hours) * 3_600),
            expires_in_hours: hours,
            permissions: self.permissions.unwrap_or(old.permissions),
            limit_tsps: self.limit_tsps.or(old.limit_tsps),
            success_redirect_url: self.success_redirect_url.or(old.success_redirect_url),
            failure_redirect_url: self.failure_redirect_url.or(old.failure_redirect_url),
            callback_url: self.callback_url.or(old.callback_url),
            prefill: prefill::over(old.prefill, self.prefill),
            updated_at: now,
            ..seen.clone()
        }
    }
}

fn permissions_schema() -> schemars::Schema {
    model::schema::permissions(&gateway::schema_of::<ShareLevel>())
}

fn scopes(reader: &mut Reader, members: &Map<String, Value>) -> Scopes {
    let mut found = Scopes::new();
    for (name, level) in members {
        let path = format!("body.permissions.{name}");
        let level = match level.as_str() {
            Some("read") => Some(ShareLevel::Read),
            Some("read_write") => Some(ShareLevel::ReadWrite),
            _ => None,
        };
        match (Resource::parse(name), level) {
            (Some(resource), Some(level)) => {
                found.insert(resource, level);
            }
            (None, _) => reader.problem(&path, name, "enum", "unknown resource"),
            (_, None) => reader.problem(&path, "", "enum", "must be read or read_write"),
        }
    }
    found
}

/// The platform itself calls this URL, so the rules of webhook URLs hold for it.
fn check_callback(context: &Context, url: Option<&str>) -> Result<(), ApiError> {
    let Some(url) = url else { return Ok(()) };
    let policy = context.address_policy()?;
    let refused = |problem: UrlProblem| ApiError::invalid_member("body.callback_url", url, "format", problem.to_string());
    webhooks::target::check_url(url, &policy).map(drop).map_err(refused)
}

/// Checks that every entry is a TSP's slug or source name.
async fn check_tsps(context: &Context, names: Option<&[String]>) -> Result<(), ApiError> {
    let Some(names) = names else { return Ok(()) };
    let tsps = context.store().tsps().await?;
    let known = |name: &String| tsps.iter().any(|tsp| tsp.slug == *name || tsp.source_name == *name);
    let unknown: Vec<Problem> = names
        .iter()
        .enumerate()
        .filter(|(_, name)| !known(name))
        .map(|(index, name)| {
            Problem::new(&format!("body.limit_tsps.{index}"), name, "enum", "unknown TSP: must be a slug or source_name")
        })
        .collect();
    if unknown.is_empty() { Ok(()) } else { Err(ApiError::invalid(unknown)) }
}
