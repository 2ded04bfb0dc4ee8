//! What a thousand positions cost: fetched once a minute, one point per vehicle and fetch, and six points per vehicle and fetch.
//!
//! By DynamoDB's rules: a put costs a unit per started KB of its item, one in a transaction two. The first fetch is a transaction, the others of its
//! hour are not.

use super::positions::{Position, position, store_positions};
use super::*;
use crate::telematics::table::weight;

#[tokio::test]
async fn blocks_stay_cheap() {
    for (vehicles, points, limit) in [(5, 1, 440), (50, 1, 90), (500, 1, 70), (5, 6, 75), (50, 6, 16), (500, 6, 15)] {
        let units = units_per_thousand(vehicles, points).await;
        println!("{vehicles:>3} vehicles, {points} points each per fetch: {units:>5} write units per 1,000 positions");
        assert!(units <= limit, "{units} units for {vehicles} vehicles with {points} points each");
    }
}

async fn units_per_thousand(vehicles: usize, points: i64) -> u64 {
    let Fixture { store, client } = open().await;
    let origin = origin(1, Resource::VehicleLocation, "2026-11-21T03:00:00Z");
    let fetch = |minute: i64| -> Vec<Position> {
        let seconds = move |point| minute * 60 + point * (60 / points);
        (0..vehicles).flat_map(|vehicle| (0..points).map(move |point| position(vehicle, seconds(point)))).collect()
    };
    let (mut units, mut known) = (0, Vec::new());
    for minute in 0..20 {
        let stored = store_positions(&store, &origin, &fetch(minute)).await;
        assert_eq!(stored.unchanged, 0);
        let items = client.scan().table_name(TABLE).send().await.unwrap().items.unwrap();
        let written: usize = items.iter().filter(|item| !known.contains(*item)).map(|item| weight(item).div_ceil(1_024)).sum();
        units += if minute == 0 { 2 * written } else { written };
        known = items;
    }
    u64::try_from(units * 1_000).unwrap() / (20 * u64::try_from(vehicles).unwrap() * u64::try_from(points).unwrap())
}
