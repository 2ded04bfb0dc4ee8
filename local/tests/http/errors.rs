//! What errors say: the cause in a word for machines, and what to do about it in a sentence.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{World, answer};

const NOBODY: &str = "01900000-0000-7000-8000-000000000000";

#[tokio::test(flavor = "multi_thread")]
async fn errors_say_what_to_do() {
    let world = World::start().await;
    causes_are_machine_readable(&world).await;
    cursors_say_what_is_wrong_with_them(&world).await;
    unknown_names_get_a_hint(&world).await;
    values_of_fleets_are_judged_as_people_write_them(&world).await;
    world.stop().await;
}

async fn send(world: &World, method: Method, path: &str) -> (u16, Value) {
    let found = world.api.send(method, path).await.unwrap();
    (found.status.as_u16(), found.body)
}

async fn causes_are_machine_readable(world: &World) {
    let invitation = world.api.invite("causes", "Causes Trucking").await.unwrap();
    let path = format!("/v2/orgs/invitations/{}", invitation["id"].as_str().unwrap());
    let accepted = answer(world.request(Method::POST, &format!("{path}/accept"))).await.1;
    let fleet = accepted["pre_registration_access_token"].as_str().unwrap();
    let as_fleet = |method, path: &str| answer(world.request(method, path).bearer_auth(fleet));
    for (found, expected) in [
        (send(world, Method::GET, &format!("/v2/orgs/fleets/{NOBODY}")).await, (404, "fleet_not_found")),
        (send(world, Method::GET, &format!("/v2/orgs/share-agreements/{NOBODY}")).await, (404, "share_agreement_not_found")),
        (send(world, Method::GET, &format!("/v2/telematics/vehicles/{NOBODY}")).await, (404, "vehicle_not_found")),
        (send(world, Method::GET, "/v2/nothing").await, (404, "path_not_found")),
        (send(world, Method::PUT, "/v2/orgs/fleets").await, (405, "method_not_allowed")),
        (send(world, Method::DELETE, &path).await, (409, "invitation_accepted")),
        (send(world, Method::POST, &format!("{path}/accept")).await, (409, "invitation_accepted")),
        (send(world, Method::GET, "/v2/orgs/fleets?size=0").await, (422, "invalid_request")),
        (coded(as_fleet(Method::GET, "/v2/telematics/vehicles").await), (403, "insufficient_scope")),
        (coded(answer(world.request(Method::GET, "/v2/orgs/fleets")).await), (401, "invalid_token")),
    ] {
        assert_eq!((found.0, found.1["error_type"].as_str()), (expected.0, Some(expected.1)), "{}", found.1);
    }
}

fn coded((status, body): (StatusCode, Value)) -> (u16, Value) {
    (status.as_u16(), body)
}

async fn cursors_say_what_is_wrong_with_them(world: &World) {
    let list = "/v2/orgs/invitations?size=1";
    world.api.invite("cursor", "Cursor Trucking").await.unwrap();
    let page = world.api.get(list).await.unwrap();
    let cursor = page["next_page"].as_str().unwrap();
    world.api.get(&format!("{list}&cursor={cursor}")).await.unwrap();
    for (path, said) in [
        (format!("{list}&cursor={}", &cursor[..cursor.len() - 4]), "altered or cut short"),
        (format!("{list}&cursor=abc"), "altered or cut short"),
        (format!("{list}&fleet_ref=other&cursor={cursor}"), "other filters"),
        (format!("/v2/orgs/fleets?cursor={cursor}"), "another path"),
    ] {
        let (status, error) = send(world, Method::GET, &path).await;
        let problem = &error["detail"][0];
        assert_eq!((status, problem["error_type"].as_str()), (422, Some("cursor_invalid")), "{error}");
        assert!(problem["message"].as_str().unwrap().contains(said), "{path}: {problem}");
    }
}

async fn unknown_names_get_a_hint(world: &World) {
    for (query, message) in [
        ("fleet_ref=a", "unknown query parameter; did you mean `fleet_refs`?"),
        ("limit=5", "unknown query parameter; did you mean `size`?"),
        ("color=red", "unknown query parameter"),
    ] {
        let (_, error) = send(world, Method::GET, &format!("/v2/telematics/vehicles?{query}")).await;
        assert_eq!(error["detail"][0]["message"], message, "{error}");
    }
    let body = json!({ "fleet_ref": "hint", "fleetName": "Hint Trucking" });
    let refused = world.api.send_json(Method::POST, "/v2/orgs/invitations", &body).await.unwrap();
    assert_eq!(refused.body["detail"][0]["message"], "unknown member; did you mean `fleet_name`?");
}

async fn values_of_fleets_are_judged_as_people_write_them(world: &World) {
    let create = async |member: &str, value: &str| {
        let body = json!({ "fleet_ref": "values", member: value });
        world.api.send_json(Method::POST, "/v2/orgs/invitations", &body).await.unwrap()
    };
    for (member, value) in [
        ("fleet_phone", "abc"),
        ("fleet_phone", "12"),
        ("fleet_country_code", "___"),
        ("fleet_country_code", "U5A"),
        ("fleet_name", "  "),
        ("fleet_name", "two\nlines"),
        ("fleet_name", "turned \u{202e}gnikcurT"),
    ] {
        let refused = create(member, value).await;
        let path = refused.body["detail"][0]["path"].as_str().unwrap_or_default();
        assert_eq!((refused.status.as_u16(), path), (422, format!("body.{member}").as_str()), "{value}: {}", refused.body);
    }
    for (member, value) in [
        ("fleet_name", "Blue Mesa Freight, LLC"),
        ("fleet_name", "J.B. Nunez & Sons"),
        ("fleet_name", "Śląsk-Trans Sp. z o.o. (Kraków) #2 <\"A/B\"> 🚚"),
        ("fleet_phone", "+1 (555) 010-0199 ext. 4"),
        ("fleet_phone", "1-800-FLOWERS"),
        ("fleet_phone", "٠٥٠ ١٢٣ ٤٥٦٧"),
        ("fleet_country_code", "MEX"),
    ] {
        let found = create(member, value).await;
        assert!(found.status.is_success(), "{value}: {}", found.body);
        assert_eq!(found.body[member], value);
    }
}
