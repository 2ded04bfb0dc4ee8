//! Parameters of lists: spellings, refusals, and those without an effect.

use std::time::{Duration, Instant};

use catena::demo;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{World, answer};

#[tokio::test(flavor = "multi_thread")]
async fn parameters_are_read_generously_and_refused_clearly() {
    let world = World::start().await;
    let secrets = [("client_id", demo::CLIENT_ID), ("client_secret", demo::CLIENT_SECRET)];
    let form = [("grant_type", "client_credentials"), secrets[0], secrets[1]];
    let (_, token) = answer(world.token().form(&form)).await;
    let reader = Reader { world: &world, token: token["access_token"].as_str().unwrap().to_owned() };
    common_spellings_are_read(&reader).await;
    refused_values_hear_of_the_allowed_ones(&reader).await;
    what_has_no_effect_is_named(&reader).await;
    rows_say_how_old_they_may_be(&reader).await;
    world.stop().await;
}

/// A partner that reads.
struct Reader<'a> {
    world: &'a World,
    token: String,
}

impl Reader<'_> {
    fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.world.request(Method::GET, path).bearer_auth(&self.token)
    }
}

async fn common_spellings_are_read(reader: &Reader<'_>) {
    for query in ["include_source_data=True", "include_source_data=FALSE", "include_source_data=1"] {
        let (status, page) = answer(reader.get(&format!("/v2/telematics/vehicles?{query}"))).await;
        assert_eq!(status, 200, "{query}: {page}");
    }
    for time in ["2026-11-21%2005:00:00Z", "2026-11-21T05:00:00+00:00", "2026-11-21%2005:00:00%20%2B00:00"] {
        let query = format!("from_datetime={time}&to_datetime=2026-11-22T05:00:00Z");
        let (status, page) = answer(reader.get(&format!("/v2/telematics/hos-events?{query}"))).await;
        assert_eq!(status, 200, "{query}: {page}");
    }
}

async fn refused_values_hear_of_the_allowed_ones(reader: &Reader<'_>) {
    for (path, member, message) in [
        ("/v2/telematics/vehicles?sort_order=up", "query.sort_order", "must be one of asc, desc"),
        ("/v2/telematics/vehicles?include_source_data=perhaps", "query.include_source_data", "must be true or false"),
        (
            "/v2/telematics/hos-events?from_datetime=2026-11-21T05:00:00",
            "query.from_datetime",
            "must be an RFC 3339 date-time with an offset, such as 2026-11-21T05:00:00Z",
        ),
    ] {
        let (status, refused) = answer(reader.get(path)).await;
        assert_eq!((status.as_u16(), &refused["message"]), (422, &json!("Invalid Request Parameters")), "{refused}");
        let problem = &refused["detail"][0];
        assert_eq!((&problem["path"], &problem["message"]), (&json!(member), &Value::from(message)), "{refused}");
    }
}

async fn what_has_no_effect_is_named(reader: &Reader<'_>) {
    let list = "/v2/telematics/vehicle-locations";
    for (query, ignored) in [
        ("from_datetime=2027-01-01T00:00:00Z", Some("from_datetime")),
        ("from_datetime=2026-01-01T00:00:00Z&to_datetime=2026-01-02T00:00:00Z", Some("from_datetime, to_datetime")),
        ("size=5", None),
    ] {
        let response = reader.get(&format!("{list}?{query}")).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let named = response.headers().get("x-ignored-parameters").map(|value| value.to_str().unwrap());
        assert_eq!(named, ignored, "{query}");
    }
}

async fn rows_say_how_old_they_may_be(reader: &Reader<'_>) {
    let (list, started) = ("/v2/telematics/vehicles", Instant::now());
    let age = async |path: &str| {
        let response = reader.get(path).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.headers().get("data-age").map(|age| age.to_str().unwrap().parse::<u64>().unwrap())
    };
    assert_eq!(age(list).await, None, "there are no rows");
    let fleet = reader.world.fleet("aged").await;
    reader.world.link(&fleet).await.expect(&[200]).unwrap();
    let listed = loop {
        match age(list).await {
            Some(age) => break age,
            None => assert!(started.elapsed() < Duration::from_secs(60), "no age is told"),
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    };
    let (_, page) = answer(reader.get(&format!("{list}?size=1"))).await;
    let one = age(&format!("{list}/{}", page["items"][0]["id"].as_str().unwrap())).await;
    assert!(
        listed <= started.elapsed().as_secs() && one.is_some_and(|one| one <= started.elapsed().as_secs()),
        "{listed} {one:?}"
    );
}
