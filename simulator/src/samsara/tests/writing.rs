//! What clients write is read afterwards.

use serde_json::{Value, json};

use super::{Bench, TOKEN};

impl Bench {
    fn send(&self, method: &str, url: &str, body: &Value) -> (u16, Value) {
        let reply = self.call(method, &format!("/samsara{url}"), Some(TOKEN), &body.to_string());
        (reply.status, serde_json::from_slice(&reply.body).unwrap_or_default())
    }
}

#[test]
fn drivers_are_made_and_changed() {
    let bench = Bench::new(3);
    let before = bench.ok("/fleet/drivers")["data"].as_array().unwrap().len();
    let driver = json!({ "name": "Ann Lee", "username": "ann", "password": "long-enough", "eldYmEnabled": true });
    let (status, made) = bench.send("POST", "/fleet/drivers", &driver);
    assert_eq!((status, made["data"].get("password"), &made["data"]["name"]), (200, None, &json!("Ann Lee")));
    let path = format!("/fleet/drivers/{}", made["data"]["id"].as_str().unwrap());
    let (status, changed) = bench.send("PATCH", &path, &json!({ "driverActivationStatus": "deactivated" }));
    assert_eq!((status, &changed["data"]["isDeactivated"], &changed["data"]["name"]), (200, &json!(true), &json!("Ann Lee")));
    assert_eq!(bench.ok(&path)["data"], changed["data"]);
    assert_eq!(bench.ok("/fleet/drivers")["data"].as_array().unwrap().len(), before);
    let gone = bench.ok("/fleet/drivers?driverActivationStatus=deactivated");
    assert!(gone["data"].as_array().unwrap().contains(&changed["data"]), "{gone}");
    for (body, message) in [
        (driver, "username is already in use"),
        (json!({ "name": "Bo" }), "Missing required parameter: username"),
        (json!({ "name": "Bo", "username": "bo", "password": "short" }), "Invalid value for password"),
        (json!({ "nickname": "Bo" }), "Unknown field: nickname"),
    ] {
        let (status, refused) = bench.send("POST", "/fleet/drivers", &body);
        assert_eq!((status, &refused["message"]), (400, &json!(message)));
    }
    assert_eq!(bench.send("PATCH", "/fleet/drivers/5", &json!({})).0, 404);
    assert_eq!(bench.send("DELETE", &path, &json!({})).0, 405);
}

#[test]
fn vehicles_staff_and_messages_are_written() {
    let bench = Bench::new(3);
    let id = bench.ok("/fleet/vehicles")["data"][0]["id"].as_str().unwrap().to_owned();
    let (status, changed) = bench.send("PATCH", &format!("/fleet/vehicles/{id}"), &json!({ "name": "T-900" }));
    assert_eq!((status, &changed["data"]["id"], &changed["data"]["name"]), (200, &json!(id), &json!("T-900")));
    assert_eq!(bench.ok("/fleet/vehicles")["data"][0], changed["data"]);
    assert_eq!(bench.send("PATCH", &format!("/fleet/vehicles/{id}"), &json!({ "vin": "short" })).0, 400);
    let staff = bench.ok("/users")["data"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(bench.send("PATCH", &format!("/users/{staff}"), &json!({ "name": "Dana Moss" })).0, 200);
    assert_eq!(bench.ok("/users")["data"][0]["name"], "Dana Moss");
    let driver: u64 = bench.ok("/fleet/drivers")["data"][0]["id"].as_str().unwrap().parse().unwrap();
    let message = json!({ "driverIds": [driver], "text": "Dock 4" });
    assert_eq!(bench.send("POST", "/v1/fleet/messages", &message).0, 200);
    let listed = bench.ok("/v1/fleet/messages");
    assert_eq!((&listed["data"][0]["text"], &listed["data"][0]["driverId"]), (&json!("Dock 4"), &json!(driver)));
    assert_eq!(bench.send("POST", "/v1/fleet/messages", &json!({ "driverIds": [5], "text": "x" })).0, 400);
}

#[test]
fn purchases_of_fuel_are_taken_with_all_that_is_wanted() {
    let bench = Bench::new(3);
    let driver = bench.ok("/fleet/drivers")["data"][0]["id"].clone();
    let purchase = |more: Value| {
        let mut sent = json!({
            "fuelQuantityLiters": "378.5", "transactionLocation": "1 Main St, Dallas", "transactionReference": "R-1", "driverId": driver,
            "transactionTime": "2026-11-20T10:00:00Z", "transactionPrice": { "amount": "480.50", "currency": "usd" },
        });
        sent.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        bench.send("POST", "/fuel-purchase", &sent)
    };
    let (status, filed) = purchase(json!({}));
    assert!(status == 200 && filed["data"]["uuid"].as_str().is_some_and(|id| id.len() == 36), "{filed}");
    for (odd, message) in [
        (json!({ "transactionReference": "" }), "Missing required parameter: transactionReference"),
        (json!({ "transactionPrice": { "amount": "1", "currency": "xyz" } }), "Invalid value for currency"),
        (json!({ "driverId": "5" }), "Invalid value for driverId"),
        (json!({ "fuelQuantityLiters": "much" }), "Invalid value for fuelQuantityLiters"),
    ] {
        let (status, refused) = purchase(odd);
        assert_eq!((status, &refused["message"]), (400, &json!(message)));
    }
}
