//! The HTTP side of the API, over HTTP only: bounds of requests, parameters, tokens, limits.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod analytics;
mod associations;
mod bounds;
mod connect;
mod connections;
mod documentation;
mod embed;
mod errors;
mod fleets;
mod languages;
mod ledger;
mod limits;
mod methods;
mod organizations;
mod pages;
mod parameters;
mod pre_auths;
mod proof;
mod races;
mod roles;
mod schedules;
mod sessions;
mod sign_in;
mod tables;
mod tokens;

use catena::api::{Api, ApiResponse};
use catena::{Options, Platform, demo};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// A platform for one test.
struct World {
    platform: Platform,
    url: String,
    api: Api,
    http: reqwest::Client,
}

impl World {
    async fn start() -> Self {
        let platform = Platform::start(Options::ephemeral(5), &|_| ()).await.unwrap();
        let url = platform.demo.url.clone();
        let api = Api::sign_in(&url, demo::CLIENT_ID, demo::CLIENT_SECRET).await.unwrap();
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { platform, url, api, http }
    }

    /// Fails where an answer was not what the documents say.
    async fn stop(self) {
        self.platform.stop().await.unwrap();
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    /// A fleet that has accepted, as a client of the API.
    async fn fleet(&self, fleet_ref: &str) -> Api {
        let invitation = self.api.invite(fleet_ref, "Linking Trucking").await.unwrap();
        let accept = format!("/v2/orgs/invitations/{}/accept", invitation["id"].as_str().unwrap());
        let accepted = self.api.send(Method::POST, &accept).await.unwrap().expect(&[200]).unwrap();
        self.api.with_token(accepted["pre_registration_access_token"].as_str().unwrap())
    }

    /// Links the fleet to the first account of the simulated TSP.
    async fn link(&self, fleet: &Api) -> ApiResponse {
        let tsps = self.api.get("/v2/orgs/tsps?slug=samsara").await.unwrap();
        let account = json!({ "tsp_id": tsps[0]["id"], "credentials": { "token": self.platform.demo.keys("samsara")[0] } });
        fleet.send_json(Method::POST, "/v2/integrations/connections", &account).await.unwrap()
    }

    /// A request for a token.
    fn token(&self) -> reqwest::RequestBuilder {
        self.request(Method::POST, "/realms/catena/protocol/openid-connect/token")
    }
}

/// Status and JSON body.
async fn answer(request: reqwest::RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    let status = response.status();
    (status, response.json().await.unwrap_or(Value::Null))
}
