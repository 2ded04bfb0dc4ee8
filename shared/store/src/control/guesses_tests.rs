use futures::future::join_all;

use super::*;
use crate::control::testing::database;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_790_000_000_000).plus_seconds(seconds)
}

fn of<'a>(subject: &'a str, network: &'a str, secret: &'a str) -> Guessed<'a> {
    Guessed { kind: "client_secret", subject: Some(subject), network, secret }
}

/// The seconds to wait, for a guess; 0 if it was compared, and was wrong unless it is "right".
async fn guess(store: &Store, guessed: Guessed<'_>, now: Timestamp) -> u64 {
    let begun = match store.begin_guess(guessed, now).await.unwrap() {
        Ok(begun) => begun,
        Err(seconds) => return seconds,
    };
    match guessed.secret {
        "right" => store.right_guess(&begun, now).await.unwrap(),
        _ => store.wrong_guess(&begun, now).await.unwrap(),
    }
    0
}

#[tokio::test]
async fn each_guess_beyond_some_waits_for_longer_than_the_one_before() {
    let store = database().await;
    let (mut now, mut waits) = (0, Vec::new());
    for number in 0..16 {
        let secret = format!("wrong {number}");
        while let seconds @ 1.. = guess(&store, of("a", "here", &secret), at(now)).await {
            waits.push(seconds);
            now += i64::try_from(seconds).unwrap();
        }
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60]);
    assert_eq!(guess(&store, of("a", "here", "right"), at(now)).await, 60, "nothing is compared meanwhile");
    assert_eq!(guess(&store, of("a", "there", "right"), at(now)).await, 0, "elsewhere nobody waits");
    assert_eq!(guess(&store, of("b", "here", "wrong"), at(now)).await, 0, "nor for another subject");
    assert_eq!(guess(&store, of("a", "here", "right"), at(now + 60)).await, 0);
    assert_eq!(guess(&store, of("a", "here", "right"), at(now + 60)).await, 0, "what was right is no guess");
    let later = now + 60 + KEPT_SECONDS;
    for number in 0..5 {
        assert_eq!(guess(&store, of("a", "here", &format!("late {number}")), at(later)).await, 0, "guesses are forgotten");
    }
    assert_eq!(guess(&store, of("a", "here", "late"), at(later)).await, 1);
}

#[tokio::test]
async fn of_many_at_once_one_is_compared() {
    let store = database().await;
    for number in 0..5 {
        assert_eq!(guess(&store, of("a", "here", &format!("wrong {number}")), at(0)).await, 0);
    }
    let more: Vec<String> = (5..30).map(|number| format!("wrong {number}")).collect();
    let all = join_all(more.iter().map(|secret| store.begin_guess(of("a", "here", secret), at(1)))).await;
    assert_eq!(all.iter().filter(|begun| begun.as_ref().unwrap().is_ok()).count(), 1);
    assert_eq!(guess(&store, of("a", "here", "right"), at(1)).await, 2, "it is counted before it is compared");
}

#[tokio::test]
async fn a_wrong_secret_that_comes_again_and_again_counts_once() {
    let store = database().await;
    for _ in 0..50 {
        assert_eq!(guess(&store, of("a", "here", "old"), at(0)).await, 0);
    }
    assert_eq!(guess(&store, of("a", "here", "right"), at(0)).await, 0);
    let begun = store.begin_guess(of("a", "here", "old"), at(0)).await.unwrap().unwrap();
    assert!(!begun.is_new());
    store.right_guess(&begun, at(0)).await.unwrap();
    assert!(store.begin_guess(of("a", "here", "old"), at(0)).await.unwrap().unwrap().is_new(), "it became the right one");
}

#[tokio::test]
async fn a_network_that_guesses_many_subjects_waits_but_for_those_that_are_known_there() {
    let store = database().await;
    assert_eq!(guess(&store, of("partner", "here", "right"), at(0)).await, 0);
    for number in 0..20 {
        assert_eq!(guess(&store, of(&format!("guessed {number}"), "here", "wrong"), at(1)).await, 0);
    }
    assert_eq!(guess(&store, of("guessed", "here", "wrong"), at(1)).await, 1);
    assert_eq!(guess(&store, of("new", "here", "right"), at(1)).await, 1);
    assert_eq!(guess(&store, of("partner", "here", "right"), at(1)).await, 0);
    let lists = Guessed { kind: "invitation", subject: None, network: "here", secret: "unknown" };
    assert_eq!(guess(&store, lists, at(1)).await, 0, "another kind");
    assert_eq!(guess(&store, of("new", "here", "right"), at(2)).await, 0);
    let known = at(KNOWN_SECONDS + 3);
    for number in 20..40 {
        assert_eq!(guess(&store, of(&format!("guessed {number}"), "here", "wrong"), known).await, 0);
    }
    assert_eq!(guess(&store, of("partner", "here", "right"), known).await, 1, "nobody is known for ever");
}

#[tokio::test]
async fn guesses_without_a_subject_count_for_their_network() {
    let store = database().await;
    fn id<'a>(network: &'a str, secret: &'a str) -> Guessed<'a> {
        Guessed { kind: "invitation", subject: None, network, secret }
    }
    for unknown in (0..20).map(|number| format!("unknown {number}")) {
        assert_eq!(guess(&store, id("here", &unknown), at(0)).await, 0);
    }
    assert_eq!(guess(&store, id("here", "unknown"), at(0)).await, 1);
    assert_eq!(guess(&store, id("here", "unknown 3"), at(0)).await, 0, "an old link that is opened again is no guess");
    assert_eq!(guess(&store, id("there", "unknown"), at(0)).await, 0);
}

#[tokio::test]
async fn what_is_right_is_written_once() {
    let store = database().await;
    assert_eq!(guess(&store, of("a", "here", "right"), at(0)).await, 0);
    let subject = digest(&["client_secret", "a", "here"]);
    let stored = async || store.get::<Guesses>(Key::guesses(&subject)).await.unwrap().unwrap();
    let first = stored().await;
    assert_eq!((first.count, first.tried.len(), first.expires()), (0, 0, Some(at(KNOWN_SECONDS))));
    assert_eq!(guess(&store, of("a", "here", "right"), at(RENEWED_SECONDS - 1)).await, 0);
    assert_eq!(stored().await, first);
    assert_eq!(guess(&store, of("a", "here", "right"), at(RENEWED_SECONDS)).await, 0);
    assert_eq!(stored().await.known_until, Some(at(RENEWED_SECONDS + KNOWN_SECONDS)));
}

#[tokio::test]
async fn items_hold_no_secret() {
    let store = database().await;
    let secret = "a secret in the place of an id";
    assert_eq!(guess(&store, of(secret, "192.0.2.1", secret), at(0)).await, 0);
    let found = store.client.scan().table_name("control").send().await.unwrap();
    assert_eq!(found.count, 2);
    let text = format!("{:?}", found.items());
    assert!(!text.contains("secret in") && !text.contains("192.0.2"), "{text}");
}
