//! Requests about one thing at the same time: nobody hears of a conflict that he could not have avoided.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::World;

/// The statuses of answers, and how many there are of each.
type Tally = BTreeMap<u16, usize>;

#[tokio::test(flavor = "multi_thread")]
async fn parallel_requests_do_not_fail_each_other() {
    let world = World::start().await;
    creates_of_one_fleet_ref(&world).await;
    ends_of_one_invitation(&world).await;
    changes_of_one_webhook(&world).await;
    changes_of_one_agreement(&world).await;
    fleets_that_link_one_account(&world).await;
    world.stop().await;
}

/// Sends all at once; what is too many at once is sent again, as clients do.
async fn race(world: &World, requests: Vec<(Method, String, Value)>) -> Vec<(u16, Value)> {
    let send = async |(method, path, body): (Method, String, Value)| loop {
        let found = world.api.send_json(method.clone(), &path, &body).await.unwrap();
        if found.status != 429 {
            return (found.status.as_u16(), found.body);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    join_all(requests.into_iter().map(send)).await
}

fn tally(found: &[(u16, Value)]) -> Tally {
    found.iter().fold(Tally::new(), |mut tally, (status, _)| {
        *tally.entry(*status).or_default() += 1;
        tally
    })
}

fn id(body: &Value) -> String {
    body["id"].as_str().unwrap_or_default().to_owned()
}

async fn creates_of_one_fleet_ref(world: &World) {
    let same = json!({ "fleet_ref": "raced", "fleet_name": "Raced Trucking" });
    let differing = |number: usize| json!({ "fleet_ref": "raced differently", "fleet_name": format!("Trucking {number}") });
    for (count, body) in [(100, (&|_| same.clone()) as &dyn Fn(usize) -> Value), (30, &differing)] {
        let create = |number| (Method::POST, "/v2/orgs/invitations".to_owned(), body(number));
        let found = race(world, (0..count).map(create).collect()).await;
        assert_eq!(tally(&found), Tally::from([(200, count - 1), (201, 1)]));
        assert!(found.iter().all(|(_, body)| id(body) == id(&found[0].1)), "all hear of one invitation");
    }
}

async fn ends_of_one_invitation(world: &World) {
    let invite =
        async |name: &str| format!("/v2/orgs/invitations/{}", id(&world.api.invite(name, "Ended Trucking").await.unwrap()));
    let path = invite("declined").await;
    let decline = |number| (Method::POST, format!("{path}/decline"), json!({ "decline_reason": format!("reason {number}") }));
    let found = race(world, (0..20).map(decline).collect()).await;
    assert_eq!(tally(&found), Tally::from([(200, 20)]));
    let path = invite("withdrawn").await;
    let refresh = |number| json!({ "fleet_ref": "withdrawn", "fleet_name": format!("Trucking {number}") });
    let withdraw = (0..10).map(|_| (Method::DELETE, path.clone(), Value::Null));
    let again = (0..10).map(|number| (Method::POST, "/v2/orgs/invitations".to_owned(), refresh(number)));
    let found = race(world, withdraw.chain(again).collect()).await;
    assert!(!tally(&found).contains_key(&409), "{found:?}");
    let path = invite("accepted").await;
    let found = race(world, (0..20).map(|_| (Method::POST, format!("{path}/accept"), Value::Null)).collect()).await;
    assert_eq!(tally(&found), Tally::from([(200, 1), (409, 19)]));
    let lost = found.iter().filter(|(status, _)| *status == 409);
    lost.for_each(|(_, body)| assert_eq!(body["error_type"], "invitation_accepted"));
}

async fn changes_of_one_webhook(world: &World) {
    let create = |url: String| {
        (Method::POST, "/v2/notifications/webhooks".to_owned(), json!({ "url": url, "event_name": "vehicle.added" }))
    };
    let found = race(world, vec![create(format!("{}/raced", world.platform.demo.receiver))]).await;
    let path = format!("/v2/notifications/webhooks/{}", id(&found[0].1));
    let url = |number: usize| format!("{}/raced/{number}", world.platform.demo.receiver);
    let found = race(world, (0..20).map(|number| (Method::PATCH, path.clone(), json!({ "url": url(number) }))).collect()).await;
    assert_eq!(tally(&found), Tally::from([(200, 20)]), "{found:?}");
    let pause = (0..5).map(|_| (Method::POST, format!("{path}/pause"), Value::Null));
    let remove = (0..5).map(|_| (Method::DELETE, path.clone(), Value::Null));
    let found = race(world, remove.chain(pause).collect()).await;
    assert!(!tally(&found).contains_key(&409) && tally(&found).contains_key(&204), "{found:?}");
    // What was deleted is free again, whichever URL it had last.
    let found = race(world, (0..20).map(|number| create(url(number))).collect()).await;
    assert_eq!(tally(&found), Tally::from([(200, 20)]), "{found:?}");
}

async fn changes_of_one_agreement(world: &World) {
    let invitation = world.api.invite("changed", "Changed Trucking").await.unwrap();
    let accept = format!("/v2/orgs/invitations/{}/accept", id(&invitation));
    world.api.send(Method::POST, &accept).await.unwrap().expect(&[200]).unwrap();
    let found = world.api.get("/v2/orgs/share-agreements?fleet_ref=changed").await.unwrap();
    let path = format!("/v2/orgs/share-agreements/{}", id(&found["items"][0]));
    let rename = |number| (Method::PATCH, path.clone(), json!({ "fleet_ref": format!("changed {number}") }));
    let pause = (0..5).map(|_| (Method::POST, format!("{path}/pause"), Value::Null));
    let found = race(world, (0..20).map(rename).chain(pause).collect()).await;
    assert_eq!(tally(&found), Tally::from([(200, 25)]), "{found:?}");
    let cancel = (0..5).map(|_| (Method::POST, format!("{path}/cancel"), Value::Null));
    let later = |number: u32| {
        (Method::PATCH, path.clone(), json!({ "expiration_date": format!("2099-01-{:02}T00:00:00Z", 28 - number) }))
    };
    let found = race(world, (0..10).map(later).chain(cancel).collect()).await;
    // Who comes after the end is told of it; who narrows to a date that is not earlier any more, too.
    let refused: Vec<&Value> = found.iter().filter(|(status, _)| *status == 409).map(|(_, body)| &body["error_type"]).collect();
    assert!(refused.iter().all(|error_type| **error_type == "share_agreement_ended"), "{found:?}");
    assert_eq!(tally(&found[10..]), Tally::from([(200, 1), (409, 4)]), "{found:?}");
}

async fn fleets_that_link_one_account(world: &World) {
    let link = async |number: usize| {
        let fleet = world.fleet(&format!("links {number}")).await;
        // Two tabs of each.
        join_all((0..2).map(|_| world.link(&fleet))).await
    };
    let found = join_all((0..8).map(link)).await.into_iter().flatten();
    let answers: Vec<(u16, Value)> = found.map(|found| (found.status.as_u16(), found.body)).collect();
    assert_eq!(tally(&answers), Tally::from([(200, 16)]), "{answers:?}");
    assert!(answers.iter().all(|(_, body)| id(body) == id(&answers[0].1)), "all share one connection");
}
