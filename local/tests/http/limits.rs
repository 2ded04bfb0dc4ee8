//! What is counted: requests, tokens, and secrets that were wrong, by the address that they come from.

use std::time::{Duration, Instant};

use catena::demo;
use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::World;

const TOKEN: &str = "/realms/catena/protocol/openid-connect/token";

/// A program at an address of its own: the whole of 127.0.0.0/8 is this machine.
struct Program {
    http: reqwest::Client,
    url: String,
}

/// Status, seconds to wait by the header, and body.
type Answer = (u16, Option<u64>, Value);

impl Program {
    fn at(world: &World, address: [u8; 4]) -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).local_address(Some(address.into()));
        Self { http: http.build().unwrap(), url: world.url.clone() }
    }

    async fn ask(&self, method: Method, path: &str) -> Answer {
        answer(self.http.request(method, format!("{}{path}", self.url))).await
    }

    async fn sign_in(&self, client: &str, secret: &str) -> Answer {
        let form = [("grant_type", "client_credentials"), ("client_id", client), ("client_secret", secret)];
        answer(self.http.post(format!("{}{TOKEN}", self.url)).form(&form)).await
    }

    /// The same once the time to wait is over.
    async fn sign_in_patiently(&self, client: &str, secret: &str) -> u16 {
        loop {
            match self.sign_in(client, secret).await {
                (429, seconds, _) => tokio::time::sleep(Duration::from_secs(seconds.unwrap())).await,
                (status, ..) => return status,
            }
        }
    }

    async fn open(&self, form: &[(&str, &str)]) -> Answer {
        answer(self.http.post(format!("{}/connect/open", self.url)).form(form)).await
    }
}

/// Guesses until what comes of it is a wait that outlasts the next requests of the test, however slow these are. How often a guess was
/// answered with `wrong`?
async fn guess_until_it_is_slow(wrong: u16, guess: impl AsyncFn(usize) -> Answer) -> usize {
    const LONG: u64 = 12;
    let mut compared = 0;
    for number in 0.. {
        match guess(number).await {
            (429, Some(seconds), _) if seconds >= LONG => break,
            (429, Some(seconds), _) => tokio::time::sleep(Duration::from_secs(seconds)).await,
            (status, ..) => {
                assert_eq!(status, wrong);
                compared += 1;
            }
        }
    }
    compared
}

async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let wait = response.headers().get("retry-after").map(|seconds| seconds.to_str().unwrap().parse().unwrap());
    (response.status().as_u16(), wait, response.json().await.unwrap_or(Value::Null))
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_or_guesses_too_often_waits() {
    let world = World::start().await;
    wrong_secrets_of_a_client(&world).await;
    a_secret_that_was_replaced(&world).await;
    tokens(&world).await;
    answers_to_an_invitation(&world).await;
    ids_of_invitations(&world).await;
    keys_of_links(&world).await;
    world.stop().await;
}

async fn wrong_secrets_of_a_client(world: &World) {
    let (guesser, elsewhere) = (Program::at(world, [127, 0, 1, 1]), Program::at(world, [127, 0, 1, 2]));
    assert_eq!(guesser.sign_in(demo::CLIENT_ID, demo::CLIENT_SECRET).await.0, 200);
    let guess = async |number| guesser.sign_in(demo::CLIENT_ID, &format!("guess {number}")).await;
    let (status, _, body) = guess(0).await;
    assert_eq!((status, &body["error"]), (401, &json!("invalid_client")));
    // Five without a wait, and one each after 1, 2, 4 and 8 seconds.
    let compared = guess_until_it_is_slow(401, guess).await;
    assert!((9..=11).contains(&compared), "{compared} guesses");
    let (status, wait, body) = guesser.sign_in(demo::CLIENT_ID, demo::CLIENT_SECRET).await;
    assert_eq!(status, 429, "what is right is not compared: {body}");
    assert!(wait >= Some(1));
    assert_eq!(body["detail"]["message"], "too many wrong secrets from this network");
    assert_eq!(elsewhere.sign_in(demo::CLIENT_ID, demo::CLIENT_SECRET).await.0, 200, "elsewhere it is");
    assert_eq!(guesser.sign_in_patiently(demo::CLIENT_ID, demo::CLIENT_SECRET).await, 200);
    assert_eq!(guesser.sign_in(demo::CLIENT_ID, demo::CLIENT_SECRET).await.0, 200);
}

/// A job that was not told of the new secret stops no other job beside it.
async fn a_secret_that_was_replaced(world: &World) {
    let office = Program::at(world, [127, 0, 2, 1]);
    for _ in 0..30 {
        assert_eq!(office.sign_in(demo::CLIENT_ID, "the former secret").await.0, 401);
    }
    assert_eq!(office.sign_in(demo::CLIENT_ID, demo::CLIENT_SECRET).await.0, 200);
}

async fn tokens(world: &World) {
    let hurried = Program::at(world, [127, 0, 3, 1]);
    let begun = Instant::now();
    let asked = join_all((0..150).map(|_| hurried.sign_in(demo::CLIENT_ID, demo::CLIENT_SECRET))).await;
    let served = asked.iter().filter(|(status, ..)| *status == 200).count();
    // Twenty at once, and five a second; a share lasts for ten seconds.
    let most = 20.0 + 5.0 * (begun.elapsed().as_secs_f64() + 10.0);
    assert!(1 <= served && served < asked.len() && served as f64 <= most, "{served} of {} in {:?}", asked.len(), begun.elapsed());
    assert!(asked.iter().all(|(status, wait, _)| *status == 200 || (*status == 429 && *wait >= Some(1))));
}

async fn invite(world: &World, fleet_ref: &str) -> String {
    let invitation = world.api.invite(fleet_ref, "Guessed Trucking").await.unwrap();
    invitation["id"].as_str().unwrap().to_owned()
}

/// Whoever knows the id, wherever, has so many answers.
async fn answers_to_an_invitation(world: &World) {
    let id = invite(world, "answered").await;
    let [here, there] = [1, 2].map(|number| Program::at(world, [127, 0, 4, number]));
    let decline = |number: usize| {
        let program = if number.is_multiple_of(2) { &here } else { &there };
        let path = format!("/v2/orgs/invitations/{id}/decline");
        async move { program.ask(Method::POST, &path).await }
    };
    let (mut declined, begun) = (Vec::new(), Instant::now());
    for first in (0..100).step_by(5) {
        declined.extend(join_all((first..first + 5).map(decline)).await);
    }
    let served = declined.iter().filter(|(status, ..)| *status == 200).count();
    // Thirty at once, and one a second.
    let most = 30.0 + begun.elapsed().as_secs_f64() + 10.0;
    assert!(30 <= served && served < declined.len() && served as f64 <= most, "{served} in {:?}", begun.elapsed());
    assert!(declined.iter().all(|(status, wait, _)| *status == 200 || (*status == 429 && *wait >= Some(1))));
    assert_eq!(here.ask(Method::POST, &format!("/v2/orgs/invitations/{}/accept", invite(world, "other").await)).await.0, 200);
}

async fn ids_of_invitations(world: &World) {
    let id = invite(world, "guessed").await;
    let (guesser, elsewhere) = (Program::at(world, [127, 0, 5, 1]), Program::at(world, [127, 0, 5, 2]));
    for number in 0..20 {
        let unknown = uuid::Uuid::from_u128(number);
        let (method, path) = match number % 4 {
            0 => (Method::GET, format!("/v2/orgs/invitations/{unknown}")),
            1 => (Method::POST, format!("/v2/orgs/invitations/{unknown}/accept")),
            2 => (Method::POST, format!("/v2/orgs/invitations/{unknown}/decline")),
            _ => (Method::GET, format!("/?invite={unknown}")),
        };
        assert_eq!(guesser.ask(method.clone(), &path).await.0, 404);
        assert_eq!(guesser.ask(method, &path).await.0, 404, "once more is no guess");
    }
    let guess = async |number| {
        guesser.ask(Method::GET, &format!("/v2/orgs/invitations/{}", uuid::Uuid::from_u128(1_000 + number as u128))).await
    };
    guess_until_it_is_slow(404, guess).await;
    // What is an id is not told from what is none.
    for (method, path) in [
        (Method::GET, format!("/v2/orgs/invitations/{id}")),
        (Method::POST, format!("/v2/orgs/invitations/{id}/accept")),
        (Method::POST, format!("/v2/orgs/invitations/{id}/decline")),
        (Method::POST, format!("/v2/orgs/invitations/{}/decline", uuid::Uuid::from_u128(99))),
        (Method::GET, format!("/?invite={id}")),
    ] {
        let (status, wait, body) = guesser.ask(method.clone(), &path).await;
        assert!(status == 429 && wait >= Some(1), "{method} {path}: {status} {body}");
    }
    let own = world.api.get(&format!("/v2/orgs/invitations/{id}")).await.unwrap();
    assert_eq!(own["status"], "active", "its owner proves itself by a token");
    assert_eq!(elsewhere.ask(Method::POST, &format!("/v2/orgs/invitations/{id}/accept")).await.0, 200);
}

async fn keys_of_links(world: &World) {
    let id = invite(world, "opened").await;
    let (guesser, elsewhere) = (Program::at(world, [127, 0, 6, 1]), Program::at(world, [127, 0, 6, 2]));
    assert_eq!(elsewhere.ask(Method::POST, &format!("/v2/orgs/invitations/{id}/accept")).await.0, 200);
    let refreshed = world.api.invite("opened", "Guessed Trucking").await.unwrap();
    let key = refreshed["magic_link"].as_str().unwrap().split_once("&key=").unwrap().1.to_owned();
    let guess = async |number| guesser.open(&[("invite", &id), ("key", &format!("guess-{number}"))]).await;
    let compared = guess_until_it_is_slow(403, guess).await;
    assert!((9..=11).contains(&compared), "{compared} guesses");
    let (status, wait, _) = guesser.open(&[("invite", &id), ("key", &key)]).await;
    assert!(status == 429 && wait >= Some(1), "the page says so in its header, too: {status} {wait:?}");
    assert_eq!(elsewhere.open(&[("invite", &id), ("key", &key)]).await.0, 303);
}
