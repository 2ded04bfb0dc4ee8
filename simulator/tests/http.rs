//! The simulator over a real socket.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use anyhow::Result;
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use simulator::Options;
use tokio::sync::oneshot;

struct Running {
    samsara: String,
    control: String,
    token: String,
    stop: oneshot::Sender<()>,
    done: tokio::task::JoinHandle<Result<()>>,
}

async fn start() -> Result<Running> {
    let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let simulator = simulator::bind(Options::default(), addr).await?;
    let (stop, stopped) = oneshot::channel::<()>();
    let provided = simulator.provider("samsara")?;
    let control = format!("{}/_sim", simulator.base_url());
    let token = provided.keys.first().cloned().unwrap_or_default();
    let done = tokio::spawn(simulator.run(async { stopped.await.unwrap_or_default() }));
    Ok(Running { samsara: provided.url, control, token, stop, done })
}

impl Running {
    async fn get(&self, path: &str) -> Result<Response> {
        let request = Client::new().get(format!("{}{path}", self.samsara)).bearer_auth(&self.token);
        Ok(request.send().await?)
    }

    async fn faults(&self, faults: Value) -> Result<StatusCode> {
        Ok(Client::new().put(format!("{}/faults", self.control)).json(&faults).send().await?.status())
    }
}

#[tokio::test]
async fn a_client_reads_counts_and_stops() -> Result<()> {
    let running = start().await?;
    let reply = running.get("/fleet/vehicles?limit=2").await?;
    assert_eq!(reply.headers()["content-type"], "application/json");
    assert!(!reply.headers().keys().any(|name| name.as_str().contains("rate")));
    let body: Value = reply.json().await?;
    assert_eq!(body["data"].as_array().map(Vec::len), Some(2));
    let state: Value = reqwest::get(format!("{}/state", running.control)).await?.json().await?;
    assert_eq!(state["requests"], json!({"GET /samsara/fleet/vehicles": {"200": 1}}));
    assert_eq!(running.stop.send(()), Ok(()));
    running.done.await?
}

#[tokio::test]
async fn faults_show_on_the_wire() -> Result<()> {
    let running = start().await?;
    assert_eq!(running.faults(json!({"surprise": true})).await?, StatusCode::BAD_REQUEST);
    assert_eq!(running.faults(json!({"rate_limit_next": 1, "server_error_next": 1})).await?, StatusCode::OK);
    let limited = running.get("/me").await?;
    assert_eq!(limited.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(limited.headers()["retry-after"], "0.40235");
    let broken = running.get("/me").await?;
    assert_eq!(broken.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(broken.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!(running.faults(json!({"truncate_next": 1, "slow_ms": 40})).await?, StatusCode::OK);
    let asked = Instant::now();
    let cut = running.get("/me").await?;
    assert!(asked.elapsed() >= Duration::from_millis(40));
    assert!(cut.json::<Value>().await.is_err());
    Ok(())
}
