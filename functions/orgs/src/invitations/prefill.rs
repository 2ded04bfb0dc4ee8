//! The partner's data about an invited fleet: prefilled on the consent page, and copied into the fleet.

use gateway::{Member, Reader};
use model::invitation::Prefill;

use super::WEB_SCHEMES;
use crate::contact;

/// Reads the members `fleet_*`, each of which has a deprecated name as well.
pub(super) fn read(reader: &mut Reader) -> Prefill {
    let name = |member: Member<'_>| {
        member.about("The fleet's name, as it is written on its trucks.").example("Blue Ridge Trucking & Sons, LLC").name(200)
    };
    let email = |member: Member<'_>| contact::email(member.about("The fleet's email address."));
    let regulatory_id = |member: Member<'_>| {
        member.about("The fleet's regulatory id, such as a USDOT number.").example("\"1234567\"").text(1, 200)
    };
    let regulatory_id_type = |member: Member<'_>| {
        member.about("The kind of the regulatory id; required with `fleet_regulatory_id`.").example("usdot").text(1, 200)
    };
    let phone =
        |member: Member<'_>| contact::phone(member.about("The fleet's phone number, as it is written where the fleet is."));
    let website = |member: Member<'_>| member.about("The fleet's website.").example("https://blueridge.example").url(WEB_SCHEMES);
    Prefill {
        name: either(reader, ["fleet_name", "partner_provided_fleet_name"], name),
        email: either(reader, ["fleet_email", "partner_provided_fleet_email"], email),
        regulatory_id: either(reader, ["fleet_regulatory_id", "partner_provided_fleet_regulatory_id"], regulatory_id),
        regulatory_id_type: either(
            reader,
            ["fleet_regulatory_id_type", "partner_provided_fleet_regulatory_id_type"],
            regulatory_id_type,
        ),
        phone: either(reader, ["fleet_phone", "partner_provided_fleet_phone"], phone),
        website: either(reader, ["fleet_website", "partner_provided_fleet_website"], website),
        country_code: either(reader, ["fleet_country_code", "partner_provided_fleet_country_code"], contact::country_code),
    }
}

/// A member under its current or its deprecated name; different values under both are an error.
fn either(reader: &mut Reader, [name, former]: [&'static str; 2], read: impl Fn(Member<'_>) -> Option<String>) -> Option<String> {
    let then = read(reader.body(former).deprecated());
    let now = read(reader.body(name));
    if let (Some(now), Some(then)) = (&now, &then)
        && now != then
    {
        let message = "differs from the member that replaces it";
        reader.problem(&format!("body.{former}"), then, "conflict_fields", message);
    }
    now.or(then)
}

/// The new values, or the old ones if there are none.
pub(super) fn over(old: Prefill, new: Prefill) -> Prefill {
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
