//! Reading a request: every member by name, every problem reported, nothing unknown accepted.
//!
//! An [`Input`] asks a [`Reader`] for its members. The same calls, made on a reader that only takes notes, describe the
//! operation for OpenAPI, so what is documented is what is read.

mod member;

use std::collections::{BTreeMap, BTreeSet};

use schemars::Schema;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::dispatch::Incoming;
use crate::error::{ApiError, Problem};

pub use member::Member;

/// What an operation reads.
pub trait Input: Sized + Send {
    /// Whether it has a body.
    const BODY: Body = Body::None;

    /// Asks for every member. Members that are missing or wrong come back as defaults; the reader remembers the problem.
    fn read(reader: &mut Reader) -> Self;
}

impl Input for () {
    fn read(_: &mut Reader) -> Self {}
}

/// The body an operation takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// None; one that is sent is ignored.
    None,
    /// A JSON object.
    Json,
    /// A JSON object, or nothing.
    OptionalJson,
    /// URL-encoded members.
    Form,
}

/// Where a member stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// In the path.
    Path,
    /// In the query.
    Query,
    /// In the body.
    Body,
}

impl Location {
    /// The first part of a problem's path.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Body => "body",
        }
    }
}

/// A member of a PATCH body.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Patch<T> {
    /// Not sent: keep.
    #[default]
    Keep,
    /// Sent as null: clear.
    Clear,
    /// Sent: set.
    Set(T),
}

impl<T> Patch<T> {
    /// The member after the patch.
    pub fn over(self, old: Option<T>) -> Option<T> {
        match self {
            Self::Keep => old,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }
}

/// A member as an operation documents it.
#[derive(Clone, Debug)]
pub struct Described {
    /// Where it stands.
    pub location: Location,
    /// Its name; dotted inside nested objects.
    pub name: String,
    /// Whether it must be sent.
    pub required: bool,
    /// Its shape.
    pub schema: Schema,
}

/// What happens to query parameters that nobody asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Strangers {
    #[default]
    Refused,
    Welcome,
}

/// Reads one request, or takes notes of what would be read.
#[derive(Default)]
pub struct Reader {
    path: BTreeMap<String, String>,
    query: BTreeMap<String, Vec<String>>,
    body: Map<String, Value>,
    headers: http::HeaderMap,
    strangers: Strangers,
    nesting: String,
    known: BTreeSet<(&'static str, String)>,
    problems: Vec<Problem>,
    notes: Option<Vec<Described>>,
}

impl Reader {
    /// The input of a request.
    ///
    /// # Errors
    /// 400 for unreadable JSON or a wrong content type; 422 with every problem found.
    pub fn read<I: Input>(incoming: &Incoming) -> Result<I, ApiError> {
        let body = body_of(incoming, I::BODY)?;
        let mut reader = Self { path: incoming.path.clone(), query: incoming.query(), body, ..Self::default() };
        reader.headers = incoming.headers.clone();
        let input = I::read(&mut reader);
        if I::BODY != Body::Form {
            reader.refuse_unknown();
        }
        if reader.problems.is_empty() { Ok(input) } else { Err(ApiError::invalid(reader.problems)) }
    }

    /// What an input reads.
    #[must_use]
    pub fn describe<I: Input>() -> Vec<Described> {
        let mut reader = Self { notes: Some(Vec::new()), ..Self::default() };
        let _defaults = I::read(&mut reader);
        reader.notes.unwrap_or_default()
    }

    /// An id in the path.
    pub fn path<T: From<Uuid>>(&mut self, name: &'static str) -> T {
        self.member(Location::Path, name).required().id().unwrap_or_else(|| T::from(Uuid::nil()))
    }

    /// A text in the path.
    pub fn path_text(&mut self, name: &'static str) -> String {
        self.member(Location::Path, name).required().text(1, 200).unwrap_or_default()
    }

    /// A query parameter.
    pub fn query(&mut self, name: &'static str) -> Member<'_> {
        self.member(Location::Query, name)
    }

    /// A body member.
    pub fn body(&mut self, name: &'static str) -> Member<'_> {
        self.member(Location::Body, name)
    }

    /// A header's text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Every member of a form, for forms whose members depend on data.
    #[must_use]
    pub fn form(&self) -> BTreeMap<String, String> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        self.body.iter().map(|(name, value)| (name.clone(), text(value))).collect()
    }

    /// Accepts query parameters that nobody asks for: pages are opened with whatever a partner's site adds.
    pub fn accept_unknown_parameters(&mut self) {
        self.strangers = Strangers::Welcome;
    }

    /// Id and secret sent by HTTP Basic.
    #[must_use]
    pub fn basic_credentials(&self) -> Option<(String, String)> {
        use base64::Engine as _;
        let (kind, encoded) = self.header("authorization")?.split_once(' ')?;
        let text = base64::engine::general_purpose::STANDARD.decode(encoded.trim()).ok()?;
        let text = String::from_utf8(text).ok()?;
        let (id, secret) = text.split_once(':')?;
        kind.eq_ignore_ascii_case("basic").then(|| (id.to_owned(), secret.to_owned()))
    }

    /// Reports a problem that only several members together show.
    pub fn problem(&mut self, path: &str, input: &str, error_type: &'static str, message: impl Into<String>) {
        if self.notes.is_none() {
            self.problems.push(Problem::new(path, input, error_type, message));
        }
    }

    fn member(&mut self, location: Location, name: &'static str) -> Member<'_> {
        let full = if location == Location::Body { format!("{}{name}", self.nesting) } else { name.to_owned() };
        self.known.insert((location.name(), full.clone()));
        Member { reader: self, location, name, full, required: false }
    }

    fn refuse_unknown(&mut self) {
        if self.strangers == Strangers::Welcome {
            return;
        }
        let strangers: Vec<(String, String)> = self
            .query
            .iter()
            .filter(|(name, _)| !self.known.contains(&("query", (*name).clone())))
            .map(|(name, values)| (format!("query.{name}"), values.join(",")))
            .collect();
        for (path, input) in strangers {
            self.problems.push(Problem::new(&path, &input, "unknown_parameter", "unknown query parameter"));
        }
        self.refuse_unknown_members();
    }

    fn refuse_unknown_members(&mut self) {
        let known = |name: &String| self.known.contains(&("body", format!("{}{name}", self.nesting)));
        let strangers: Vec<String> = self.body.keys().filter(|name| !known(name)).cloned().collect();
        for name in strangers {
            let path = format!("body.{}{name}", self.nesting);
            self.problems.push(Problem::new(&path, "", "unknown_field", "unknown member"));
        }
    }
}

fn body_of(incoming: &Incoming, kind: Body) -> Result<Map<String, Value>, ApiError> {
    match kind {
        Body::None => Ok(Map::new()),
        Body::OptionalJson if incoming.body.is_empty() => Ok(Map::new()),
        Body::Json | Body::OptionalJson => {
            if !incoming.has_content_type("application/json") {
                return Err(ApiError::bad_request("content type must be application/json"));
            }
            match serde_json::from_slice(&incoming.body) {
                Ok(Value::Object(members)) => Ok(members),
                Ok(_) => Err(ApiError::invalid(vec![Problem::new("body", "", "type", "must be a JSON object")])),
                Err(error) => Err(ApiError::bad_request(format!("unreadable JSON: {error}"))),
            }
        }
        Body::Form => {
            let pairs = url::form_urlencoded::parse(&incoming.body);
            Ok(pairs.map(|(name, value)| (name.into_owned(), Value::String(value.into_owned()))).collect())
        }
    }
}
