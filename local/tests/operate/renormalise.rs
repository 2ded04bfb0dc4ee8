//! What is stored is mapped again as it was when it was fetched, for every resource of every provider.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use catena::admin::Mode;
use catena::api::{Api, ApiResponse};
use catena::{Options, Platform, admin, demo};
use model::{ConnectionId, Resource};
use reqwest::Method;

/// Resources whose sources do not suffice: they say so.
const UNSUPPORTED: [(&str, Resource); 2] = [("motive", Resource::HosEvent), ("samsara", Resource::EngineLog)];

/// How long the first executions may take.
const PATIENCE: Duration = Duration::from_mins(2);

#[tokio::test(flavor = "multi_thread")]
async fn sources_are_mapped_again_as_they_were_fetched() {
    let platform = Platform::start(Options::ephemeral(5), &|_| ()).await.unwrap();
    let api = Api::sign_in(&platform.demo.url, demo::CLIENT_ID, demo::CLIENT_SECRET).await.unwrap();
    let invitation = api.invite("renormalised", "Same Again Trucking").await.unwrap();
    let accept = format!("/v2/orgs/invitations/{}/accept", ApiResponse::text(&invitation, "/id").unwrap());
    let accepted = api.send(Method::POST, &accept).await.unwrap().expect(&[200]).unwrap();
    let fleet = api.with_token(&ApiResponse::text(&accepted, "/pre_registration_access_token").unwrap());
    let mut connections = Vec::new();
    for provider in ["geotab", "motive", "samsara"] {
        let connection = demo::connect(&fleet, provider, &platform.demo.keys(provider)[1]).await.unwrap();
        connections.push((provider, ApiResponse::text(&connection, "/id").unwrap().parse::<ConnectionId>().unwrap()));
    }
    let mut mapped = BTreeMap::new();
    for (provider, connection) in connections {
        for resource in fetched(&platform, connection).await {
            let done = admin::renormalise_one(platform.context().store(), (connection, resource), (Mode::DryRun, 3)).await;
            if UNSUPPORTED.contains(&(provider, resource)) {
                let told = format!("{:#}", done.unwrap_err());
                assert!(told.contains(&format!("{resource} of {provider}")), "{told}");
                continue;
            }
            let done = done.unwrap();
            assert_eq!(done.differences, [], "{provider} {resource}");
            assert!(done.changed == 0 && done.left.is_empty() && done.drift.is_empty(), "{provider} {resource}: {done:?}");
            mapped.insert((provider, resource.name()), done.mapped);
        }
    }
    let empty: Vec<_> = mapped.iter().filter(|(_, rows)| **rows == 0).map(|(what, _)| *what).collect();
    println!("{mapped:?}\nwithout rows: {empty:?}");
    assert!(mapped.len() >= 40 && empty.len() <= 6, "without rows: {empty:?}");
    platform.stop().await.unwrap();
}

/// The resources of a connection, each fetched once.
async fn fetched(platform: &Platform, connection: ConnectionId) -> Vec<Resource> {
    let begun = Instant::now();
    loop {
        let mut schedules = platform.context().store().schedules_of(connection).await.unwrap();
        schedules.retain(|schedule| schedule.resource.record_type().is_some_and(|record| record.derived_from().is_none()));
        if !schedules.is_empty() && schedules.iter().all(|schedule| schedule.last_success_at.is_some()) {
            return schedules.iter().map(|schedule| schedule.resource).collect();
        }
        assert!(begun.elapsed() < PATIENCE, "schedules that did not succeed: {schedules:#?}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}
