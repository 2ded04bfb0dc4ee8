//! Wrong guesses of secrets (a client's secret, an invitation's id, the key of a link that opens once), for all sandboxes together.
//!
//! They are counted for the network that they come from, and for each subject and network. Beyond a number of them, a network has to wait
//! before it may try again, longer with each guess and a minute at most, and has one try at a time: it is counted before the secret is
//! compared. Nobody is locked out from elsewhere: who knows only a client's id cannot keep the client's own network from its tokens.
//! Two more rules protect whoever shares a network with others. The same wrong secret counts once, so a job that was not told of a
//! new secret stops no other one; and where a subject's secret was right in the last weeks, what the network does to others does not count.
//!
//! Items hold digests: neither secrets nor what may be one by mistake.

use model::{Timestamp, hex};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Write;
use super::items::Keyed;
use super::keys::Key;
use crate::{Attempts, Store, StoreError};

/// Wrong guesses without a wait: of a subject from a network, and of everything from a network.
const FREE_OF_SUBJECT: u32 = 5;
const FREE_OF_NETWORK: u32 = 20;
/// For how long guesses are remembered after the last one.
const KEPT_SECONDS: i64 = 900;
/// The longest wait, in seconds. The first one is a second, and each is twice the one before.
const LONGEST_WAIT: i64 = 60;
/// How many guesses are told apart.
const MOST_TRIED: usize = 20;
/// For how many seconds a network in which a subject's secret was right is known, and how many of them are left when that is noted again.
const KNOWN_SECONDS: i64 = 30 * 86_400;
const RENEWED_SECONDS: i64 = 15 * 86_400;

/// A secret that somebody presents.
#[derive(Clone, Copy, Debug)]
pub struct Guessed<'a> {
    /// What is guessed: each kind has counts of its own.
    pub kind: &'a str,
    /// Whose secret it is, if that is told apart from it.
    pub subject: Option<&'a str>,
    /// Where it comes from.
    pub network: &'a str,
    /// What was presented.
    pub secret: &'a str,
}

/// Wrong guesses of one subject from one network, or of all from one network.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Guesses {
    /// Digest of kind, subject and network.
    pub subject: String,
    /// How many, none of them twice.
    pub count: u32,
    /// Digests of the last ones.
    pub tried: Vec<String>,
    /// Until when there is no further try.
    pub locked_until: Option<Timestamp>,
    /// When they are forgotten.
    pub until: Option<Timestamp>,
    /// Until when the network is known as one where the secret was right.
    pub known_until: Option<Timestamp>,
    /// Counts the changes.
    pub revision: u64,
}

impl Keyed for Guesses {
    const KIND: &'static str = "guesses";
    const VERSION: &'static str = "revision";

    fn key(&self) -> Key {
        Key::guesses(&self.subject)
    }

    fn expires(&self) -> Option<Timestamp> {
        self.until.max(self.known_until)
    }
}

impl Guesses {
    /// What of it holds at `now`.
    fn at(self, now: Timestamp) -> Self {
        let known_until = self.known_until.filter(|until| now < *until);
        match self.until.filter(|until| now < *until) {
            Some(_) => Self { known_until, ..self },
            None => Self { subject: self.subject, revision: self.revision, known_until, ..Self::default() },
        }
    }

    fn wait(&self, now: Timestamp) -> Option<u64> {
        let until = self.locked_until.filter(|until| now < *until)?;
        let seconds = until.micros().saturating_sub(now.micros()).saturating_add(999_999).div_euclid(1_000_000);
        u64::try_from(seconds).ok()
    }

    /// After one more wrong guess.
    fn counted(self, guess: &str, free: u32, now: Timestamp) -> Self {
        if self.tried.iter().any(|tried| tried == guess) {
            return self;
        }
        let count = self.count.saturating_add(1);
        let wait = count.checked_sub(free).map(|beyond| 2_i64.saturating_pow(beyond).min(LONGEST_WAIT));
        let mut tried = self.tried;
        tried.insert(0, guess.to_owned());
        tried.truncate(MOST_TRIED);
        let locked_until = wait.map(|wait| now.plus_seconds(wait));
        Self { count, tried, locked_until, until: Some(now.plus_seconds(KEPT_SECONDS)), ..self }
    }

    /// Without a guess that was right.
    fn cleared(self, guess: &str) -> Self {
        let was_counted = self.tried.iter().any(|tried| tried == guess);
        let tried = self.tried.into_iter().filter(|tried| tried != guess).collect();
        let locked_until = self.locked_until.filter(|_| !was_counted);
        Self { count: self.count.saturating_sub(u32::from(was_counted)), tried, locked_until, ..self }
    }

    fn known(self, now: Timestamp) -> Self {
        Self { known_until: Some(now.plus_seconds(KNOWN_SECONDS)), ..self }
    }

    fn is_known_for_long(&self, now: Timestamp) -> bool {
        self.known_until.is_some_and(|until| now.plus_seconds(RENEWED_SECONDS) < until)
    }
}

/// A guess that may be compared with the secret.
#[derive(Clone, Debug)]
#[must_use]
pub struct Guess {
    digest: String,
    counts: Vec<Count>,
    is_new: bool,
}

/// A count that a guess belongs to.
#[derive(Clone, Debug)]
struct Count {
    /// As it is stored, if it is.
    stored: Option<Guesses>,
    seen: Guesses,
    free: u32,
    /// Whether the guess is counted already.
    is_claimed: bool,
    is_of_subject: bool,
}

impl Guess {
    /// Whether it was not made before.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.is_new
    }
}

impl Store {
    /// Before a secret is compared. The inner error is the seconds to wait: the network has guessed too often, or another try of
    /// its is at work.
    ///
    /// # Errors
    /// [`StoreError`]: then nothing is to be compared.
    pub async fn begin_guess(&self, guessed: Guessed<'_>, now: Timestamp) -> Result<Result<Guess, u64>, StoreError> {
        let Guessed { kind, subject, network, secret } = guessed;
        let of_subject = subject.map(|subject| digest(&[kind, subject, network]));
        let of_network = digest(&[kind, network]);
        let keys: Vec<Key> = of_subject.iter().chain([&of_network]).map(|subject| Key::guesses(subject)).collect();
        let found: Vec<Guesses> = self.get_many(&keys).await?;
        let count = |subject: String, free, is_of_subject| {
            let stored = found.iter().find(|one| one.subject == subject).cloned();
            let seen = stored.clone().unwrap_or_else(|| Guesses { subject, ..Guesses::default() }).at(now);
            Count { stored, seen, free, is_claimed: false, is_of_subject }
        };
        let of_subject = of_subject.map(|subject| count(subject, FREE_OF_SUBJECT, true));
        let is_known = of_subject.as_ref().is_some_and(|count| count.seen.known_until.is_some());
        let of_network = (!is_known).then(|| count(of_network, FREE_OF_NETWORK, false));
        let digest = digest(&[kind, subject.unwrap_or_default(), secret]);
        let mut guess = Guess { digest, counts: of_subject.into_iter().chain(of_network).collect(), is_new: true };
        if guess.counts.iter().any(|count| count.seen.tried.contains(&guess.digest)) {
            // Whoever made it knows what comes of it.
            guess.is_new = false;
            return Ok(Ok(guess));
        }
        match guess.counts.iter().filter_map(|count| count.seen.wait(now)).max() {
            Some(seconds) => Ok(Err(seconds)),
            None => self.claim(guess, now).await,
        }
    }

    /// Counts a guess before it is compared, where there were so many that each is to wait for the one before.
    async fn claim(&self, mut guess: Guess, now: Timestamp) -> Result<Result<Guess, u64>, StoreError> {
        let mut writes = Vec::new();
        for count in guess.counts.iter_mut().filter(|count| count.seen.count >= count.free) {
            let next = count.seen.clone().counted(&guess.digest, count.free, now);
            writes.push(write(count.stored.as_ref(), next)?);
            count.is_claimed = true;
        }
        if writes.is_empty() {
            return Ok(Ok(guess));
        }
        match self.commit(writes).await {
            Err(StoreError::Conflict) => Ok(Err(1)),
            done => done.map(|()| Ok(guess)),
        }
    }

    /// The guess was wrong.
    ///
    /// # Errors
    /// [`StoreError`]: then it is not counted, and whoever made it must not hear that it was wrong.
    pub async fn wrong_guess(&self, guess: &Guess, now: Timestamp) -> Result<(), StoreError> {
        for count in guess.counts.iter().filter(|count| guess.is_new && !count.is_claimed) {
            self.change_guesses(&count.seen.subject, now, |seen| seen.counted(&guess.digest, count.free, now)).await?;
        }
        Ok(())
    }

    /// The guess was right.
    ///
    /// # Errors
    /// [`StoreError`]: then it stays counted where it was.
    pub async fn right_guess(&self, guess: &Guess, now: Timestamp) -> Result<(), StoreError> {
        for count in &guess.counts {
            let is_news = count.is_of_subject && !count.seen.is_known_for_long(now);
            if count.is_claimed || !guess.is_new || is_news {
                let cleared = |seen: Guesses| seen.cleared(&guess.digest);
                let next = |seen| if count.is_of_subject { cleared(seen).known(now) } else { cleared(seen) };
                self.change_guesses(&count.seen.subject, now, next).await?;
            }
        }
        Ok(())
    }

    async fn change_guesses(&self, subject: &str, now: Timestamp, next: impl Fn(Guesses) -> Guesses) -> Result<(), StoreError> {
        let mut attempts = Attempts::default();
        loop {
            let stored: Option<Guesses> = self.get(Key::guesses(subject)).await?;
            let seen = stored.clone().unwrap_or_else(|| Guesses { subject: subject.to_owned(), ..Guesses::default() });
            match self.commit(vec![write(stored.as_ref(), next(seen.at(now)))?]).await {
                Err(StoreError::Conflict) if attempts.again().await => {}
                // So many at once that they cannot be counted.
                Err(StoreError::Conflict) => return Err(StoreError::Throttled),
                done => return done,
            }
        }
    }
}

fn write(stored: Option<&Guesses>, next: Guesses) -> Result<Write, StoreError> {
    match stored {
        Some(stored) => Write::replace(stored, &Guesses { revision: stored.revision.wrapping_add(1), ..next }),
        None => Write::create(&next),
    }
}

/// Of several texts, each with its length, so that different lists differ.
fn digest(parts: &[&str]) -> String {
    let sha =
        parts.iter().fold(Sha256::new(), |sha, part| sha.chain_update((part.len() as u64).to_be_bytes()).chain_update(part));
    hex(sha.finalize().get(..16).unwrap_or_default())
}

#[cfg(test)]
#[path = "guesses_tests.rs"]
mod tests;
