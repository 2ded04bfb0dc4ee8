//! `PATCH /v2/orgs/fleets/{fleet_id}`

use chrono::NaiveDate;
use gateway::{ApiError, Body, Call, Context, Input, Json, Member, Operation, Patch, Reader};
use model::fleet::Fleet;
use model::{FleetId, Timestamp};
use store::control::Key;

use super::{FleetRead, find, missing, require_own};
use crate::contact;

/// A fleet changes its own record.
pub struct Update;

/// The fleet, and what to change.
pub struct Request(FleetId, Changes);

struct Changes {
    name: Option<String>,
    fleet_ref: Patch<String>,
    description: Patch<String>,
    display_name: Patch<String>,
    legal_name: Patch<String>,
    dba_name: Patch<String>,
    regulatory_id: Patch<String>,
    regulatory_id_type: Patch<String>,
    regulatory_id_date: Patch<String>,
    regulatory_id_status: Patch<String>,
    registered_email: Patch<String>,
    registered_phone: Patch<String>,
    registered_fax: Patch<String>,
    address: Patch<String>,
    city: Patch<String>,
    province: Patch<String>,
    postal_code: Patch<String>,
    country_code: Patch<String>,
}

impl Input for Request {
    const BODY: Body = Body::Json("FleetUpdate");

    fn read(reader: &mut Reader) -> Self {
        let mut patch = |name, about, read: fn(Member<'_>) -> Option<String>| reader.body(name).about(about).patch(read);
        let name: fn(Member<'_>) -> Option<String> = |member| member.name(200);
        let line: fn(Member<'_>) -> Option<String> = |member| member.text(1, 200);
        let changes = Changes {
            // Nobody is without a name: null keeps it.
            name: patch("name", "The fleet's name, as it is written on its trucks.", name).over(None),
            fleet_ref: patch("fleet_ref", "The fleet's own id of itself; only the fleet sees it.", line),
            description: patch("description", "A description of the fleet.", |member| member.paragraph(1, 2_000)),
            display_name: patch("display_name", "The display name, if it differs from `name`.", name),
            legal_name: patch("legal_name", "The registered name.", name),
            dba_name: patch("dba_name", "The name under which it does business.", name),
            regulatory_id: patch("regulatory_id", "Its regulatory id, such as a USDOT number.", line),
            regulatory_id_type: patch("regulatory_id_type", "The kind of the regulatory id, such as `usdot`.", line),
            regulatory_id_date: patch("regulatory_id_date", "The day on which the id was issued.", day),
            regulatory_id_status: patch("regulatory_id_status", "The status of the regulatory id.", line),
            registered_email: patch("registered_email", "Email address.", contact::email),
            registered_phone: patch("registered_phone", "Phone number.", contact::phone),
            registered_fax: patch("registered_fax", "Fax number.", contact::phone),
            address: patch("address", "Street and number.", line),
            city: patch("city", "City or town.", line),
            province: patch("province", "State or province.", line),
            postal_code: patch("postal_code", "Postal code.", |member| member.text(1, 32)),
            country_code: patch("country_code", "", contact::country_code),
        };
        Self(reader.path("fleet_id"), changes)
    }
}

fn day(member: Member<'_>) -> Option<String> {
    let is_day = |text: &str| text.len() == 10 && NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok();
    let member = member.example("2019-04-30");
    member.matching(10, r"^\d{4}-\d{2}-\d{2}$", "must be a day, such as 2019-04-30", is_day)
}

impl Operation for Update {
    type Input = Request;
    type Output = Json<FleetRead>;

    async fn run(context: &Context, call: Call, Request(id, changes): Request) -> Result<Self::Output, ApiError> {
        require_own(&call, id)?;
        let change = |seen: &Fleet| seen.deleted_at.is_none().then(|| changes.over(seen, call.now)).filter(|next| next != seen);
        context.store().update(Key::fleet(id), change).await?.ok_or_else(missing)?;
        let (fleet, fleet_ref) = find(context, &call, id).await?;
        Ok(Json(FleetRead::of(fleet, fleet_ref)))
    }
}

impl Changes {
    fn over(&self, seen: &Fleet, now: Timestamp) -> Fleet {
        let over = |patch: &Patch<String>, old: &Option<String>| patch.clone().over(old.clone());
        let next = Fleet {
            name: self.name.clone().unwrap_or_else(|| seen.name.clone()),
            own_ref: over(&self.fleet_ref, &seen.own_ref),
            description: over(&self.description, &seen.description),
            display_name: over(&self.display_name, &seen.display_name),
            legal_name: over(&self.legal_name, &seen.legal_name),
            dba_name: over(&self.dba_name, &seen.dba_name),
            regulatory_id: over(&self.regulatory_id, &seen.regulatory_id),
            regulatory_id_type: over(&self.regulatory_id_type, &seen.regulatory_id_type),
            regulatory_id_date: over(&self.regulatory_id_date, &seen.regulatory_id_date),
            regulatory_id_status: over(&self.regulatory_id_status, &seen.regulatory_id_status),
            registered_email: over(&self.registered_email, &seen.registered_email),
            registered_phone: over(&self.registered_phone, &seen.registered_phone),
            registered_fax: over(&self.registered_fax, &seen.registered_fax),
            address: over(&self.address, &seen.address),
            city: over(&self.city, &seen.city),
            province: over(&self.province, &seen.province),
            postal_code: over(&self.postal_code, &seen.postal_code),
            country_code: over(&self.country_code, &seen.country_code),
            ..seen.clone()
        };
        if next == *seen { next } else { Fleet { updated_at: now, ..next } }
    }
}
