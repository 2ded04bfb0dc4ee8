//! What an adapter is: how the platform asks a provider for data, without knowing which provider it is.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use model::credentials::Credentials;
use model::resource_operation::OperationType;
use model::telematics::{Batch, Fields, Observation};
use model::{ConnectionId, Resource, Timestamp};
use url::Url;

use crate::{
    Budget, Capability, Change, Division, Drift, Http, Lane, OAuth, ProviderError, Rate, Remapped, Sessions, StoredSource,
    Writable, Written,
};

/// A boxed future, so that `dyn Adapter` and `dyn Http` work.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The account that credentials open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The provider's own discriminator of the account: equal ids are one account, whatever the credentials.
    pub id: String,
    /// What the provider calls it.
    pub name: Option<String>,
}

/// Waits for as long as it is told to.
#[derive(Clone, Copy)]
pub struct Pause<'a>(pub &'a (dyn Fn(Duration) -> BoxFuture<'static, ()> + Sync));

impl fmt::Debug for Pause<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pause")
    }
}

/// One question for one page of one resource.
#[derive(Clone, Copy, Debug)]
pub struct Fetch<'a> {
    /// Links between records are made within it.
    pub connection: ConnectionId,
    /// What opens the account.
    pub credentials: &'a Credentials,
    /// Where the provider's API lives.
    pub base_url: &'a Url,
    /// The cursor of the page before, as the adapter gave it; `None` starts.
    pub cursor: Option<&'a str>,
    /// The time of the question.
    pub now: Timestamp,
    /// The time of the newest record that was stored. Without a cursor, a feed is filled from there on.
    pub last_data_at: Option<Timestamp>,
    /// How the adapter waits, where what stands beside a page is worth a few seconds.
    pub pause: Pause<'a>,
    /// The request budget of the account.
    pub budget: &'a dyn Budget,
    /// The session of the account, where the provider has logins.
    pub sessions: &'a dyn Sessions,
    /// What the page is for. Pages of a history are always backfill.
    pub lane: Lane,
}

/// One page. The caller stores the batch, then the cursor; a page asked again brings the same records.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The records.
    pub batch: Batch,
    /// Where to go on: at once while `more`, else with the next run. `None` = start over then. Text opaque to the caller.
    pub cursor: Option<String>,
    /// Whether there is more to fetch now.
    pub more: bool,
    /// This page ends a walk over every record of the resource: what the walk (the pages since the cursor was last
    /// `None`) did not bring no longer exists at the provider.
    pub complete_scan: bool,
    /// How many records such a walk must have brought to prove it: a list that does not stand still while it is read may show one
    /// record twice, and another never. `None` where the list stands still.
    pub scan_total: Option<u64>,
    /// Events that are none of this resource any more, by the provider's ids: what is stored of them is wrong now.
    pub withdrawn: Vec<String>,
    /// The window of time that the page is part of, where the resource is read by windows.
    pub window: Option<WindowPart>,
    /// What is true of some subjects at some times, where the provider tells that: rows that a state does not list any more are over.
    pub states: Vec<SubjectState>,
    /// What it has that the adapter does not know.
    pub drift: Drift,
}

/// Everything of a resource that a subject has at a time, such as the faults that a vehicle reports.
#[derive(Clone, Debug)]
pub struct SubjectState {
    /// The provider's id of the subject.
    pub subject: String,
    /// The time.
    pub at: Timestamp,
    /// What it has. When that began is not told; the caller knows what the subject had before.
    pub rows: Vec<StandingRow>,
}

/// A row that is there until a later state does not list it.
#[derive(Clone, Debug)]
pub struct StandingRow {
    /// The row. Its `source_id` is the same in each state that lists it; whenever it comes anew, that is another record.
    pub row: Observation<Fields>,
    /// Its fields once it is over.
    pub ended: Fields,
}

/// Part of a window of time that the provider states anew each time it is asked: what the window does not hold any more was
/// edited away there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowPart {
    /// Its first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
    /// Whether this page is its first.
    pub begins: bool,
    /// Whether this page is its last.
    pub ends: bool,
    /// For whom the page answers.
    pub subjects: Subjects,
}

/// For whom a page of a window answers, by the provider's ids. A subject that it names without a row has none; one that it does not
/// name is not answered for, unless `others` says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subjects {
    /// Those whose rows could all be read.
    pub answered: Vec<String>,
    /// The others: nothing follows from what is not listed of them.
    pub unclear: Vec<String>,
    /// Whether the list that the page is part of names all that have rows: who stands on none of its pages has none.
    pub others: bool,
    /// Where the rows of a subject stand.
    pub spread: Spread,
}

impl Subjects {
    /// Those that a page names whose rows may stand on any page. Where the page is not whole, what could not be read may be anybody's.
    #[must_use]
    pub fn anywhere(named: Vec<String>, is_whole: bool) -> Self {
        let spread = Spread::Anywhere { is_read: is_whole };
        if is_whole {
            Self { answered: named, spread, ..Self::default() }
        } else {
            Self { unclear: named, spread, ..Self::default() }
        }
    }
}

/// Where the rows of one subject stand in a list of several pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spread {
    /// On one page, or on pages that follow one another.
    #[default]
    Together,
    /// On any page: only the whole list, read by one run, tells what a subject has.
    Anywhere {
        /// Whether this page could be read whole.
        is_read: bool,
    },
}

/// A TSP as fleets choose it. Several can have one adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Brand {
    /// Its short name, unique among all.
    pub slug: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The form of the credentials that fleets are asked for.
    pub conn_type: &'static str,
    /// The root of its API; the adapter's default where it has none of its own.
    pub base_url: Option<&'static str>,
}

/// A provider's accounts: what the API knows of a provider. It maps nothing, so that a program which only uses this part does
/// not carry the adapters' mapping.
pub trait Accounts: Send + Sync {
    /// The `source_name` of its records and of its TSPs.
    fn source_name(&self) -> &'static str;

    /// The TSPs that are read by this adapter.
    fn brands(&self) -> &'static [Brand];

    /// The root of the provider's API where the TSP names no other.
    fn default_base_url(&self) -> &'static str;

    /// What can be fetched from an account, and how.
    fn capabilities(&self) -> Vec<Capability>;

    /// How a limit is divided among those who ask under it.
    fn division(&self, rate: Rate) -> Division {
        Division::of(rate, self.capabilities().iter().filter(|capability| capability.is_allowed(rate)).count())
    }

    /// What can be fetched from an account, and what is worked out of that.
    fn resources(&self) -> Vec<Resource> {
        let fetched = self.capabilities().into_iter().map(|capability| capability.record.resource);
        fetched.flat_map(|resource| std::iter::once(resource).chain(resource.derived())).collect()
    }

    /// What can be written to an account.
    fn writes(&self) -> Vec<Writable> {
        Vec::new()
    }

    /// How customers sign in, where the provider has that.
    fn oauth(&self) -> Option<&'static OAuth> {
        None
    }

    /// What the provider does not have, by its own documents.
    fn lacks(&self) -> &'static [Resource] {
        &[]
    }

    /// Tries the credentials with the cheapest call and tells whose they are. Takes 20 s at most.
    ///
    /// # Errors
    /// [`ProviderError::Refused`] where the provider does not take them; otherwise as [`Adapter::fetch`].
    fn validate<'a>(
        &'a self,
        http: &'a dyn Http,
        base: &'a Url,
        credentials: &'a Credentials,
    ) -> BoxFuture<'a, Result<Account, ProviderError>>;
}

/// A provider's adapter: its accounts, and the data in them.
pub trait Adapter: Accounts {
    /// Brings one page of a resource. Nothing is retried here: the caller owns the time.
    ///
    /// # Errors
    /// What the provider answered instead, see [`ProviderError`].
    fn fetch<'a>(
        &'a self,
        http: &'a dyn Http,
        resource: Resource,
        fetch: Fetch<'a>,
    ) -> BoxFuture<'a, Result<Fetched, ProviderError>>;

    /// Maps a source again that is stored, by the mapping of today; `None` where it makes no row. Nobody is asked.
    ///
    /// # Errors
    /// [`ProviderError::Unsupported`] for a resource whose mapping takes other answers of the provider than the stored source.
    fn remap(&self, resource: Resource, _: ConnectionId, _: &StoredSource<'_>) -> Result<Option<Remapped>, ProviderError> {
        Err(ProviderError::Unsupported { what: format!("mapping {resource} again") })
    }

    /// Makes or changes a record. Nothing is repeated here.
    ///
    /// # Errors
    /// What the provider answered instead; [`ProviderError::Unsupported`] for what it does not support.
    fn write<'a>(
        &'a self,
        _http: &'a dyn Http,
        (resource, _): (Resource, OperationType),
        _change: Change<'a>,
    ) -> BoxFuture<'a, Result<Written, ProviderError>> {
        Box::pin(async move { Err(ProviderError::Unsupported { what: format!("writing a {resource}") }) })
    }
}
