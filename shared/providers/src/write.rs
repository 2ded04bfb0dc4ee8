//! Writes: what partners have made or changed at a provider. A writer is one row of an adapter's table, as a source is.

use std::marker::PhantomData;

use http::Method;
use model::credentials::Credentials;
use model::resource_operation::OperationType;
use model::telematics::{Batch, Observation, Record, RecordType, Rows as _};
use model::{ConnectionId, RecordIds, Timestamp};
use serde_json::{Map, Value};
use url::Url;

use crate::client::{OkResponse, Session};
use crate::provider::{PAGE_DEADLINE, Provider};
use crate::{Api, BoxFuture, Budget, Pause, ProviderError, Sessions};

/// A write that an adapter can do.
#[derive(Clone, Copy, Debug)]
pub struct Writable {
    /// What is written.
    pub record: &'static RecordType,
    /// Whether a record is made or changed.
    pub operation: OperationType,
    /// The members of a request that the provider supports.
    pub members: &'static [&'static str],
}

/// One write.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// Links between records are made within it.
    pub connection: ConnectionId,
    /// What opens the account.
    pub credentials: &'a Credentials,
    /// Where the provider's API lives.
    pub base_url: &'a Url,
    /// The time of the write.
    pub now: Timestamp,
    /// When an earlier attempt began of which nobody knows whether the provider did it.
    pub unclear_since: Option<Timestamp>,
    /// The provider's id of the record to change.
    pub target: Option<&'a str>,
    /// The members to write, with the provider's ids of the records that they name (`source_*_id`).
    pub payload: &'a Map<String, Value>,
    /// A random text, for a provider that wants a password with a new login. It is not kept anywhere.
    pub generated: &'a str,
    /// How the adapter waits.
    pub pause: Pause<'a>,
    /// The request budget of the account.
    pub budget: &'a dyn Budget,
    /// The session of the account, where the provider has logins.
    pub sessions: &'a dyn Sessions,
}

/// What was written.
#[derive(Debug)]
pub struct Written {
    /// The provider's id of the record; `None` where it tells none.
    pub source_id: Option<String>,
    /// The record as the provider has it now, linked to others.
    pub batch: Option<Batch>,
}

/// How one resource is written at one provider.
pub(crate) trait Writer: 'static {
    /// Whose API it writes to.
    type Provider: Provider;
    /// The row that comes back.
    type Row: Record + Send;

    /// Whether it makes or changes a record.
    const OPERATION: OperationType;
    /// The members of a request that it sends.
    const MEMBERS: &'static [&'static str];

    /// Looks for what an earlier attempt made that began at `since` and had no answer; `None` where it is not there, or the provider
    /// has nothing to know it by: then it is sent again.
    fn made(
        _api: &Api<'_, Self::Provider>,
        _change: &Change<'_>,
        _since: Timestamp,
    ) -> impl Future<Output = Result<Option<Observation<Self::Row>>, ProviderError>> + Send {
        async { Ok(None) }
    }

    /// Sends the write, and maps what comes back; `None` where that tells nothing of the record. Nothing is repeated here.
    fn write(
        api: &Api<'_, Self::Provider>,
        change: &Change<'_>,
    ) -> impl Future<Output = Result<Option<Observation<Self::Row>>, ProviderError>> + Send;
}

type SendFn<P> = for<'a> fn(&'a Api<'a, P>, &'a Change<'a>) -> BoxFuture<'a, Result<Written, ProviderError>>;

/// A line of an adapter's table of writes.
pub(crate) struct WritePlan<P: Provider> {
    pub(crate) writable: Writable,
    pub(crate) send: SendFn<P>,
}

impl<P: Provider> WritePlan<P> {
    pub(crate) const fn of<W: Writer<Provider = P>>() -> Self {
        let writable = Writable { record: W::Row::TYPE, operation: W::OPERATION, members: W::MEMBERS };
        Self { writable, send: send::<W> }
    }
}

fn send<'a, W: Writer>(api: &'a Api<'a, W::Provider>, change: &'a Change<'a>) -> BoxFuture<'a, Result<Written, ProviderError>> {
    Box::pin(async move {
        let made = match change.unclear_since {
            Some(since) => W::made(api, change, since).await?,
            None => None,
        };
        let row = match made {
            None => W::write(api, change).await?,
            made => made,
        };
        let source_id = row.as_ref().map(|row| row.source_id.clone()).or_else(|| change.target.map(str::to_owned));
        // The provider has it; a row that cannot be kept comes with the next fetch.
        let batch = row.and_then(|row| vec![row].erase(RecordIds(change.connection)).ok());
        Ok(Written { source_id, batch })
    })
}

/// The most writes that an adapter can have.
const MAX_WRITES: usize = 16;

/// The writes of a table, worked out by the compiler: what reads them does not carry the writers beside them.
pub(crate) struct Writables<P>(PhantomData<P>);

impl<P: Provider> Writables<P> {
    #[expect(clippy::indexing_slicing, reason = "a table that is too long does not compile")]
    pub(crate) const ALL: [Option<Writable>; MAX_WRITES] = {
        let mut all = [None; MAX_WRITES];
        let mut row = 0;
        while row < P::WRITES.len() {
            all[row] = Some(P::WRITES[row].writable);
            row += 1;
        }
        all
    };
}

impl<P: Provider<Session = Session>> Api<'_, P> {
    /// The body of a 2xx response to a request with this body. `secret` is struck out of what is kept of a response.
    ///
    /// # Errors
    /// [`ProviderError`] for every other status, and where there is no response before the deadline.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: &Map<String, Value>,
        secret: &str,
    ) -> Result<OkResponse, ProviderError> {
        let body = serde_json::to_vec(body).map_err(|error| ProviderError::Unsupported { what: error.to_string() })?;
        self.write(method, path, body.into(), secret, PAGE_DEADLINE).await
    }
}

impl Change<'_> {
    /// A text of the payload. Null is the empty one, which clears a member.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        match self.payload.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Null => Some(String::new()),
            _ => None,
        }
    }

    /// Texts of the payload.
    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        let list = self.payload.get(name).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// The text of a message.
    ///
    /// # Errors
    /// Where there is none.
    pub(crate) fn message_text(&self) -> Result<String, ProviderError> {
        let text = self.text("message_text").filter(|text| !text.trim().is_empty());
        text.ok_or_else(|| impossible("a message without `message_text`"))
    }

    /// Whether a user is to be active: `is_active`, or else `status`.
    pub(crate) fn is_active(&self) -> Option<bool> {
        self.flag("is_active").or_else(|| Some(self.text("status")? == "ACTIVE"))
    }

    /// A flag of the payload.
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.payload.get(name)?.as_bool()
    }

    /// The members of the payload that are sent as they are, under the provider's names: pairs of its name and ours.
    pub(crate) fn renamed(&self, names: &[(&str, &str)]) -> Map<String, Value> {
        let value = |name: &str| match self.payload.get(name)? {
            Value::Null => Some(Value::String(String::new())),
            value => Some(value.clone()),
        };
        names.iter().filter_map(|(theirs, ours)| Some(((*theirs).to_owned(), value(ours)?))).collect()
    }

    /// The id of the record to change.
    ///
    /// # Errors
    /// Where there is none.
    pub(crate) fn target(&self) -> Result<&str, ProviderError> {
        self.target.ok_or_else(|| ProviderError::Unsupported { what: "a change of nothing".into() })
    }
}

/// How far a provider's clock may be from ours, in seconds.
pub(crate) const SKEW_SECONDS: i64 = 120;

/// Whether a record may have been made by an attempt that began at `since`: its extras do not say that it is older.
pub(crate) fn may_be_made_since<T>(row: &Observation<T>, created: &str, since: Timestamp) -> bool {
    let told = row.extras.as_ref().and_then(|extras| Timestamp::parse(extras.get(created)?.as_str()?));
    told.is_none_or(|told| told >= since.plus_seconds(-SKEW_SECONDS))
}

/// A refusal of ours, before anything is sent.
pub(crate) fn impossible(what: impl Into<String>) -> ProviderError {
    ProviderError::Unsupported { what: what.into() }
}
