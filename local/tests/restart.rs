//! What a local AWS still has after its process was killed.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use aws_sdk_sqs::types::Message;
use catena::aws::template::Template;
use catena::aws::{Cloud, CloudOptions};

const TEMPLATE: &str = r"
Resources:
  Waiting: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 360}}
  Key: {Type: AWS::KMS::Key, Properties: {}}
";

/// How long something that is to come may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A cloud whose emulator listens on a port that none before it had.
async fn start(state: &Path) -> Cloud {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let options = CloudOptions { state: Some(state.into()), emulator_port: Some(port), ..CloudOptions::default() };
    Cloud::start(&options, &Template::parse(TEMPLATE).unwrap(), &|_| ()).await.unwrap()
}

fn queue(cloud: &Cloud) -> String {
    cloud.physical.reference("Waiting").unwrap().to_owned()
}

async fn send(cloud: &Cloud, body: &str, delay_seconds: i32) {
    let request = cloud.clients.sqs.send_message().queue_url(queue(cloud)).message_body(body);
    request.delay_seconds(delay_seconds).send().await.unwrap();
}

async fn receive(cloud: &Cloud, wait_seconds: i32) -> Vec<Message> {
    let request = cloud.clients.sqs.receive_message().queue_url(queue(cloud)).max_number_of_messages(10);
    request.wait_time_seconds(wait_seconds).send().await.unwrap().messages.unwrap_or_default()
}

fn bodies(messages: &[Message]) -> Vec<&str> {
    messages.iter().filter_map(Message::body).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn queued_messages_outlive_a_kill_and_another_port() {
    let state = tempfile::tempdir().unwrap();
    let first = start(state.path()).await;
    let url = queue(&first);
    send(&first, "at once", 0).await;
    send(&first, "later", 6).await;
    // Dropped, not stopped: the emulator's input is closed as it is when we are killed.
    drop(first);

    let second = start(state.path()).await;
    assert_ne!(queue(&second), url, "the port is another one");
    assert_eq!(bodies(&receive(&second, 1).await), ["at once"]);
    assert_eq!(bodies(&receive(&second, 10).await), ["later"]);
    second.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_were_being_processed_are_redelivered_at_once() {
    let state = tempfile::tempdir().unwrap();
    let first = start(state.path()).await;
    send(&first, "taken", 0).await;
    assert_eq!(bodies(&receive(&first, 1).await), ["taken"], "no one else sees it for six minutes");
    drop(first);

    let second = start(state.path()).await;
    assert_eq!(bodies(&receive(&second, 1).await), ["taken"]);
    second.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_an_earlier_version_kept_under_its_port_come_back() {
    let state = tempfile::tempdir().unwrap();
    let first = start(state.path()).await;
    send(&first, "old", 0).await;
    first.stop().await.unwrap();
    let file = state.path().join("emulator/sqs.json");
    let kept = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, kept.replace(":4566/", ":5001/")).unwrap();

    let second = start(state.path()).await;
    assert_eq!(bodies(&receive(&second, 1).await), ["old"]);
    second.stop().await.unwrap();
}

/// Waits for what another process does.
async fn until(what: &str, holds: impl Fn() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < PATIENCE, "{what} did not come");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn emulator(state: &Path) -> String {
    let record = std::fs::read(state.join("emulator.json")).unwrap();
    serde_json::from_slice::<serde_json::Value>(&record).unwrap()["pid"].to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emulator_that_is_killed_runs_again_with_what_it_held() {
    let state = tempfile::tempdir().unwrap();
    let cloud = start(state.path()).await;
    send(&cloud, "kept", 0).await;
    let kept = state.path().join("emulator/sqs.json");
    until("the message on disk", || std::fs::read_to_string(&kept).is_ok_and(|text| text.contains("\"kept\""))).await;
    let killed = emulator(state.path());
    assert!(Command::new("kill").args(["-9", &killed]).status().unwrap().success());

    until("another process", || emulator(state.path()) != killed).await;
    let key = cloud.physical.reference("Key").unwrap();
    let started = Instant::now();
    while let Err(error) = cloud.clients.kms.describe_key().key_id(key).send().await {
        assert!(started.elapsed() < PATIENCE, "{error:?}");
    }
    assert_eq!(bodies(&receive(&cloud, 1).await), ["kept"]);
    cloud.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emulator_that_is_killed_again_and_again_is_given_up_with_a_reason() {
    let state = tempfile::tempdir().unwrap();
    let cloud = start(state.path()).await;
    for _ in 0..4 {
        let killed = emulator(state.path());
        assert!(Command::new("kill").args(["-9", &killed]).status().unwrap().success());
        tokio::select! {
            () = until("another process", || emulator(state.path()) != killed) => {}
            reason = cloud.given_up() => {
                assert!(reason.contains("SIGKILL") && reason.contains("emulator.log"), "{reason}");
                return cloud.stop().await.unwrap();
            }
        }
    }
    panic!("it is started for ever");
}
