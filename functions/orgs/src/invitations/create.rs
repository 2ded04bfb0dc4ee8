//! `POST /v2/orgs/invitations`

use gateway::{ApiError, Body, Call, Context, Input, Operation, Problem, Reader, Upserted};
use model::invitation::{Invitation, InvitationStatus, Prefill};
use model::partner::{InvitationDefaults, Partner};
use model::{InvitationId, PartnerId, Resource, Scopes, ShareLevel, Timestamp, resource};
use schemars::json_schema;
use serde_json::{Map, Value};
use store::control::{InvitationClaim, Key, Write};

use super::InvitationRead;

/// Makes an invitation, or refreshes the one its `fleet_ref` has.
pub struct Create;

/// What the partner asks for; omitted members keep what a refreshed invitation has.
pub struct Wish {
    fleet_ref: String,
    expires_in_hours: Option<u16>,
    permissions: Option<Scopes>,
    limit_tsps: Option<Vec<String>>,
    success_redirect_url: Option<String>,
    failure_redirect_url: Option<String>,
    callback_url: Option<String>,
    prefill: Prefill,
}

const WEB: &[&str] = &["https", "http"];
const SECURE: &[&str] = &["https"];

impl Input for Wish {
    const BODY: Body = Body::Json;

    fn read(reader: &mut Reader) -> Self {
        let former = prefill(reader, FORMER);
        let present = prefill(reader, PRESENT);
        let prefill = merged(reader, present, former);
        if prefill.regulatory_id.is_some() && prefill.regulatory_id_type.is_none() {
            reader.problem("body.fleet_regulatory_id_type", "", "missing", "is required with fleet_regulatory_id");
        }
        let permissions = reader.body("permissions").raw_object(permissions_schema());
        Self {
            fleet_ref: reader.body("fleet_ref").required().text(1, 200).unwrap_or_default(),
            expires_in_hours: reader.body("expires_in_hours").whole(1, 672).and_then(|hours| u16::try_from(hours).ok()),
            permissions: permissions.map(|members| scopes(reader, &members)),
            limit_tsps: reader.body("limit_tsps").texts(200),
            success_redirect_url: reader.body("success_redirect_url").url(WEB),
            failure_redirect_url: reader.body("failure_redirect_url").url(WEB),
            callback_url: reader.body("callback_url").url(SECURE),
            prefill,
        }
    }
}

impl Operation for Create {
    type Input = Wish;
    type Output = Upserted<InvitationRead>;

    async fn run(context: &Context, call: Call, wish: Wish) -> Result<Self::Output, ApiError> {
        let id = call.caller.partner()?;
        let partner: Partner = context.store().get(Key::partner(id)).await?.ok_or_else(|| ApiError::not_found("partner"))?;
        check_tsps(context, wish.limit_tsps.as_deref()).await?;
        let held = context.store().invitation_for(id, &wish.fleet_ref).await?;
        let (next, is_new, writes) = match held {
            Some((_, seen)) if seen.is_refreshable_at(call.now) => {
                let next = wish.refreshing(&seen, &partner.defaults, call.now);
                let writes = vec![Write::replace(&seen, &next)?];
                (next, false, writes)
            }
            held => {
                let next = wish.making(&partner, call.now);
                let claim = claim(id, &next);
                let claimed = match held {
                    Some((seen, _)) => Write::replace(&seen, &claim)?,
                    None => Write::create(&claim)?,
                };
                let writes = vec![claimed, Write::create(&next)?];
                (next, true, writes)
            }
        };
        context.store().commit(writes).await?;
        Ok(Upserted { is_new, body: InvitationRead::at(call.now, next, context.config()) })
    }
}

fn claim(partner_id: PartnerId, invitation: &Invitation) -> InvitationClaim {
    InvitationClaim { partner_id, fleet_ref: invitation.fleet_ref.clone(), invitation_id: invitation.id }
}

impl Wish {
    fn making(self, partner: &Partner, now: Timestamp) -> Invitation {
        let defaults = &partner.defaults;
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
            accepted_at: None,
            fleet_id: None,
            declined_at: None,
            decline_reason: None,
        }
    }

    /// Sent members replace, omitted ones stay; a declined invitation is open again.
    fn refreshing(self, seen: &Invitation, defaults: &InvitationDefaults, now: Timestamp) -> Invitation {
        let hours = self.expires_in_hours.or(defaults.expires_in_hours).unwrap_or(24);
        let reopened = seen.status == InvitationStatus::Declined;
        let old = seen.clone();
        Invitation {
            status: if reopened { InvitationStatus::Active } else { old.status },
            declined_at: old.declined_at.filter(|_| !reopened),
            decline_reason: old.decline_reason.filter(|_| !reopened),
            expires_at: now.plus_seconds(i64::from(hours) * 3_600),
            expires_in_hours: hours,
            permissions: self.permissions.unwrap_or(old.permissions),
            limit_tsps: self.limit_tsps.or(old.limit_tsps),
            success_redirect_url: self.success_redirect_url.or(old.success_redirect_url),
            failure_redirect_url: self.failure_redirect_url.or(old.failure_redirect_url),
            callback_url: self.callback_url.or(old.callback_url),
            prefill: over(old.prefill, self.prefill),
            updated_at: now,
            ..seen.clone()
        }
    }
}

/// Member names of the prefill, in the order of [`Prefill`]'s members.
type Names = [&'static str; 7];
const PRESENT: Names = [
    "fleet_name",
    "fleet_email",
    "fleet_regulatory_id",
    "fleet_regulatory_id_type",
    "fleet_phone",
    "fleet_website",
    "fleet_country_code",
];
const FORMER: Names = [
    "partner_provided_fleet_name",
    "partner_provided_fleet_email",
    "partner_provided_fleet_regulatory_id",
    "partner_provided_fleet_regulatory_id_type",
    "partner_provided_fleet_phone",
    "partner_provided_fleet_website",
    "partner_provided_fleet_country_code",
];

fn prefill(reader: &mut Reader, names: Names) -> Prefill {
    let [name, email, regulatory_id, regulatory_id_type, phone, website, country_code] = names;
    let plain = |text: &str| {
        !text.is_empty() && text.chars().count() <= 200 && text.chars().all(|letter| letter.is_alphanumeric() || letter == ' ')
    };
    let address = |text: &str| {
        text.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.'))
            && !text.contains(char::is_whitespace)
    };
    let alpha_3 = |text: &str| text.len() == 3 && text.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    Prefill {
        name: reader.body(name).matching(r"^[\p{L}\p{N} ]+$", "may hold letters, digits and spaces", plain),
        email: reader.body(email).matching("^[^@ ]+@[^@ ]+$", "must be an e-mail address", address),
        regulatory_id: reader.body(regulatory_id).text(1, 200),
        regulatory_id_type: reader.body(regulatory_id_type).text(1, 200),
        phone: reader.body(phone).text(3, 32),
        website: reader.body(website).url(WEB),
        country_code: reader.body(country_code).matching(r"^\w{3}$", "must be a three-letter country code", alpha_3),
    }
}

/// One family of names or the other; both with different values is a contradiction.
fn merged(reader: &mut Reader, present: Prefill, former: Prefill) -> Prefill {
    let Prefill { name, email, regulatory_id, regulatory_id_type, phone, website, country_code } = former;
    let mut one = |place: usize, now: Option<String>, then: Option<String>| {
        if now.is_some() && then.is_some() && now != then {
            let path = format!("body.{}", FORMER.get(place).copied().unwrap_or_default());
            reader.problem(
                &path,
                then.as_deref().unwrap_or_default(),
                "conflict_fields",
                "differs from the member that took its place",
            );
        }
        now.or(then)
    };
    Prefill {
        name: one(0, present.name, name),
        email: one(1, present.email, email),
        regulatory_id: one(2, present.regulatory_id, regulatory_id),
        regulatory_id_type: one(3, present.regulatory_id_type, regulatory_id_type),
        phone: one(4, present.phone, phone),
        website: one(5, present.website, website),
        country_code: one(6, present.country_code, country_code),
    }
}

fn over(old: Prefill, new: Prefill) -> Prefill {
    Prefill {
        name: new.name.or(old.name),
        email: new.email.or(old.email),
        regulatory_id: new.regulatory_id.or(old.regulatory_id),
        regulatory_id_type: new.regulatory_id_type.or(old.regulatory_id_type),
        phone: new.phone.or(old.phone),
        website: new.website.or(old.website),
        country_code: new.country_code.or(old.country_code),
    }
}

fn permissions_schema() -> schemars::Schema {
    json_schema!({ "type": ["object", "null"], "additionalProperties": { "type": "string", "enum": ["read", "read_write"] } })
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
            (None, _) => reader.problem(&path, name, "enum", "is not a resource"),
            (_, None) => reader.problem(&path, "", "enum", "must be read or read_write"),
        }
    }
    found
}

/// Every entry names a TSP by slug or by adapter.
async fn check_tsps(context: &Context, wanted: Option<&[String]>) -> Result<(), ApiError> {
    let Some(wanted) = wanted else { return Ok(()) };
    let tsps = context.store().tsps().await?;
    let known = |name: &String| tsps.iter().any(|tsp| tsp.slug == *name || tsp.source_name == *name);
    let strangers: Vec<Problem> = wanted
        .iter()
        .enumerate()
        .filter(|(_, name)| !known(name))
        .map(|(place, name)| {
            Problem::new(&format!("body.limit_tsps.{place}"), name, "enum", "is not a TSP's slug or source_name")
        })
        .collect();
    if strangers.is_empty() { Ok(()) } else { Err(ApiError::invalid(strangers)) }
}
