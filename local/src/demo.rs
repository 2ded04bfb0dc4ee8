//! The demo data of a local platform: the TSP catalogue, a demo partner and a connected demo fleet.

use ::gateway::Context;
use anyhow::{Context as _, bail};
use model::partner::Partner;
use model::tsp::Tsp;
use model::{PartnerId, Timestamp};
use reqwest::Method;
use serde_json::{Map, Value, json};
use simulator::Provided;
use store::control::Write;

use crate::admin;
use crate::api::{Api, ApiResponse};

/// The demo partner's client id.
pub const CLIENT_ID: &str = "demo";
/// Its secret; the local platform listens on loopback only.
pub const CLIENT_SECRET: &str = "local-demo-secret";
/// The secret of the demo partner's webhooks.
pub const WEBHOOK_SECRET: &str = "local-demo-webhook-secret";
/// The TSP of the demo fleet.
pub const TSP: &str = "samsara";
/// The events that the demo partner subscribes to.
const EVENTS: &[&str] = &["vehicle_location.*", "share_agreement.*", "fleet_connection.created"];

/// The demo partner and the URLs of the platform.
#[derive(Clone, Debug)]
pub struct Demo {
    /// API and Connect.
    pub url: String,
    /// The simulated TSPs, with the keys of their accounts.
    pub simulated: Vec<Provided>,
    /// The demo partner's webhook receiver.
    pub receiver: String,
}

impl Demo {
    /// The keys of the accounts of a simulated TSP.
    #[must_use]
    pub fn keys(&self, slug: &str) -> &[String] {
        self.simulated.iter().find(|provided| provided.name == slug).map(|provided| provided.keys.as_slice()).unwrap_or_default()
    }
}

/// Puts catalogue and demo partner in place; what is there already is brought up to date.
pub async fn create_demo(context: &Context, url: &str, simulated: Vec<Provided>, receiver: &str) -> anyhow::Result<Demo> {
    let now = context.now();
    let partner = partner(now);
    let client = admin::client(partner.id, CLIENT_ID, CLIENT_SECRET);
    context.store().commit(vec![Write::overwrite(&partner)?, Write::overwrite(&client)?]).await?;
    admin::refresh(context.store(), &simulated, now).await?;
    let (client_id, secret) = simulator::OAUTH_CLIENT;
    for tsp in context.store().tsps().await?.iter().filter(|tsp| has_sign_in(tsp, &simulated)) {
        context
            .set_sign_in_client((&tsp.slug, &tsp.source_name), client_id, secret)
            .await
            .map_err(|error| anyhow::anyhow!("{}", error.cause().unwrap_or("failed to keep an application")))?;
    }
    Ok(Demo { url: url.into(), simulated, receiver: receiver.into() })
}

/// Whether customers sign in at a TSP that is simulated.
fn has_sign_in(tsp: &Tsp, simulated: &[Provided]) -> bool {
    let here = simulated.iter().any(|provided| Some(provided.url.as_str()) == tsp.base_url.as_deref());
    here && providers::accounts(&tsp.source_name).is_some_and(|accounts| accounts.oauth().is_some())
}

fn partner(now: Timestamp) -> Partner {
    Partner {
        id: PartnerId::from_uuid(admin::stable("partner:demo")),
        purpose: Some("to price your fleet's insurance by how it is really driven".into()),
        ..Partner::new("Demo Insurance".into(), "demo-insurance".into(), now)
    }
}

/// Onboards the demo fleet by its link, unless an earlier run did, and subscribes the demo partner; returns
/// the instructions for the terminal.
pub async fn instructions(demo: &Demo) -> anyhow::Result<String> {
    let api = Api::sign_in(&demo.url, CLIENT_ID, CLIENT_SECRET).await?;
    for event in EVENTS {
        subscribe(&api, event, &demo.receiver).await?;
    }
    onboard(&api, demo).await?;
    let invitation = api.invite("my-fleet", "My Fleet").await?;
    let link = ApiResponse::text(&invitation, "/magic_link")?;
    let url = &demo.url;
    let own = |provided: &Provided| {
        let name = admin::catalogue(Timestamp::system()).into_iter().find(|tsp| tsp.slug == provided.name).map(|tsp| tsp.name);
        let key = provided.keys.get(1).or_else(|| provided.keys.first());
        let members = key.and_then(|key| simulator::credentials(provided.name, key)).unwrap_or_default();
        let text = match members.as_slice() {
            [(_, only)] => only.clone(),
            all => all.iter().map(|(member, value)| format!("{member} {value}")).collect::<Vec<_>>().join(", "),
        };
        format!("choose {} with {text}", name.unwrap_or_default())
    };
    let choices = demo.simulated.iter().map(own).collect::<Vec<_>>().join(", or ");
    Ok(format!(
        r"
  The platform is running. A demo fleet is connected; its positions are shown below.

    API            {url}
    documentation  {url}/docs
    client id      {CLIENT_ID}
    client secret  {CLIENT_SECRET}
    magic link     {link}
                   ({choices})

    TOKEN=$(curl -s {url}/realms/catena/protocol/openid-connect/token \
      -d grant_type=client_credentials -d client_id={CLIENT_ID} -d client_secret={CLIENT_SECRET} \
      | python3 -c 'import json,sys; print(json.load(sys.stdin)[{quote}access_token{quote}])')
    curl -s -H {quote}Authorization: Bearer $TOKEN{quote} {url}/v2/telematics/vehicle-locations

  Press Ctrl-C to stop.
",
        quote = '"',
    ))
}

/// Creates a subscription unless it exists already.
pub async fn subscribe(api: &Api, event: &str, receiver: &str) -> anyhow::Result<Vec<String>> {
    let body = json!({ "url": receiver, "event_name": event, "secret": WEBHOOK_SECRET });
    let response = api.send_json(Method::POST, "/v2/notifications/webhooks", &body).await?;
    if response.status.as_u16() == 409 {
        return Ok(Vec::new());
    }
    let created = response.expect(&[200]).with_context(|| format!("failed to subscribe to {event}"))?;
    let list = if created.is_array() { created } else { Value::Array(vec![created]) };
    Ok(list.as_array().into_iter().flatten().filter_map(|webhook| webhook.get("id")?.as_str().map(str::to_owned)).collect())
}

async fn onboard(api: &Api, demo: &Demo) -> anyhow::Result<()> {
    let invitation = api.invite("demo-fleet", "Demo Trucking").await?;
    if ApiResponse::text(&invitation, "/status")? == "accepted" {
        return Ok(());
    }
    let id = ApiResponse::text(&invitation, "/id")?;
    let accepted = Api::new(&demo.url)?.send(Method::POST, &format!("/v2/orgs/invitations/{id}/accept")).await?.expect(&[200])?;
    let fleet = api.with_token(&ApiResponse::text(&accepted, "/pre_registration_access_token")?);
    let Some(token) = demo.keys(TSP).first() else { bail!("the simulator has no account") };
    connect(&fleet, TSP, token).await.map(drop)
}

/// Links the account of a simulated TSP that a key opens, and returns the connection.
pub async fn connect(fleet: &Api, slug: &str, key: &str) -> anyhow::Result<Value> {
    let body = account(fleet, slug, key).await?;
    fleet
        .send_json(Method::POST, "/v2/integrations/connections", &body)
        .await?
        .expect(&[200])
        .context("failed to link the account")
}

/// The body of a request to link the account of a simulated TSP that a key opens.
pub(crate) async fn account(fleet: &Api, slug: &str, key: &str) -> anyhow::Result<Value> {
    let tsps = fleet.get(&format!("/v2/orgs/tsps?slug={slug}")).await?;
    let members = simulator::credentials(slug, key).with_context(|| format!("{slug} is not simulated"))?;
    let credentials: Map<String, Value> = members.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    Ok(json!({ "tsp_id": ApiResponse::text(&tsps, "/0/id")?, "credentials": credentials }))
}
