//! Reading a request: members are read by name, all problems are reported, and unknown members are rejected.
//!
//! An [`Input`] reads its members from a [`Reader`]. The same calls on a recording reader describe the operation for OpenAPI,
//! so the documentation matches what is read.

mod choice;
mod member;
mod raw;
mod spec;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::error::ApiError;
use crate::incoming::Incoming;
use crate::problem::Problems;

pub use member::Member;
pub use spec::{MemberDetails, MemberSpec};
pub use values::schema_of;

/// The most bytes of a body without lists: 64 KiB.
pub const SMALL_BODY: usize = 64 << 10;
/// The most bytes of a body with lists: 256 KiB. A hundred references take 240 KB if each character is an escape.
pub const LIST_BODY: usize = 256 << 10;

/// The input of an operation.
pub trait Input: Sized + Send {
    /// Whether it has a body.
    const BODY: Body = Body::None;
    /// The most bytes of a body. What takes lists says more.
    const MAX_BODY: usize = SMALL_BODY;

    /// Reads every member. Missing or invalid members become defaults, and the reader collects the problem.
    fn read(reader: &mut Reader) -> Self;
}

impl Input for () {
    fn read(_: &mut Reader) -> Self {}
}

/// The body that an operation expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// None; a body that is sent is ignored.
    None,
    /// A JSON object; the name is its type in the documents.
    Json(&'static str),
    /// A JSON object, or nothing.
    OptionalJson(&'static str),
    /// A JSON array of objects, which [`Reader::items`] reads.
    JsonArray,
    /// A URL-encoded form.
    Form(&'static str),
}

/// The location of a member.
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

/// What happens to query parameters that are not read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum UnknownParameters {
    #[default]
    Reject,
    Ignore,
}

/// Reads one request, or records what would be read.
#[derive(Default)]
pub struct Reader {
    path: BTreeMap<String, String>,
    query: BTreeMap<String, Vec<String>>,
    body: Map<String, Value>,
    headers: http::HeaderMap,
    address: (http::Method, String),
    unknown_parameters: UnknownParameters,
    nesting: String,
    known: BTreeSet<(&'static str, String)>,
    problems: Problems,
    recorded: Option<Vec<MemberSpec>>,
}

impl Reader {
    /// The input that `read` reads from a request.
    ///
    /// # Errors
    /// 400 for malformed JSON or a wrong content type; 422 with every problem found.
    pub fn read<T>(incoming: &Incoming, body: Body, read: impl FnOnce(&mut Self) -> T) -> Result<T, ApiError> {
        let members = body_of(incoming, body)?;
        let mut reader = Self { path: incoming.path.clone(), query: incoming.query(), body: members, ..Self::default() };
        reader.headers = incoming.headers.clone();
        reader.address = (incoming.method.clone(), incoming.raw_path.clone());
        let input = read(&mut reader);
        if !matches!(body, Body::Form(_)) {
            reader.reject_unknown();
        }
        if reader.problems.is_empty() { Ok(input) } else { Err(ApiError::invalid_request(reader.problems)) }
    }

    /// The members that `read` reads.
    #[must_use]
    pub fn members<T>(read: impl FnOnce(&mut Self) -> T) -> Vec<MemberSpec> {
        let mut reader = Self { recorded: Some(Vec::new()), ..Self::default() };
        let _defaults = read(&mut reader);
        reader.recorded.unwrap_or_default()
    }

    /// An id in the path.
    pub fn path<T: From<Uuid>>(&mut self, name: &'static str) -> T {
        self.member(Location::Path, name).required().id().unwrap_or_else(|| T::from(Uuid::nil()))
    }

    /// A string in the path.
    pub fn path_text(&mut self, name: &'static str) -> String {
        self.member(Location::Path, name).required().text(1, 200).unwrap_or_default()
    }

    /// A string in the path of a published operation, with what it is.
    pub fn path_name(&mut self, name: &'static str, about: &'static str, example: &'static str) -> String {
        let member = self.member(Location::Path, name).required().about(about).example(example);
        member.text(1, 200).unwrap_or_default()
    }

    /// A query parameter.
    pub fn query(&mut self, name: &'static str) -> Member<'_> {
        self.member(Location::Query, name)
    }

    /// The first value of a query parameter, whatever it is; for links that people and mail programs pass on.
    #[must_use]
    pub fn first(&self, name: &str) -> Option<String> {
        self.query.get(name)?.first().cloned()
    }

    /// A body member.
    pub fn body(&mut self, name: &'static str) -> Member<'_> {
        self.member(Location::Body, name)
    }

    /// The objects of a body that is an array: 1 to `most`, each documented as `T`.
    pub fn items<T: JsonSchema>(&mut self, most: usize, read: impl FnMut(&mut Self) -> T) -> Vec<T> {
        self.body(ITEMS).required().objects(1..=most, read).unwrap_or_default()
    }

    /// A header's text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The method, and the path as sent.
    #[must_use]
    pub fn address(&self) -> (&http::Method, &str) {
        (&self.address.0, &self.address.1)
    }

    /// Every member of a form, for forms whose members depend on data.
    #[must_use]
    pub fn form(&self) -> BTreeMap<String, String> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        self.body.iter().map(|(name, value)| (name.clone(), text(value))).collect()
    }

    /// Ignores unknown query parameters: links to pages may have parameters added by partners' sites.
    pub fn accept_unknown_parameters(&mut self) {
        self.unknown_parameters = UnknownParameters::Ignore;
    }

    /// Id and secret from HTTP Basic authentication, in every way to read them: as they are, and percent-decoded if that differs.
    /// OAuth clients encode both (RFC 6749, section 2.3.1); many do not.
    #[must_use]
    pub fn basic_credentials(&self) -> Vec<(String, String)> {
        let Some((id, secret)) = self.basic_pair() else { return Vec::new() };
        let decoded = form_decoded(&id).zip(form_decoded(&secret)).filter(|(one, other)| (one, other) != (&id, &secret));
        [(id, secret)].into_iter().chain(decoded).collect()
    }

    fn basic_pair(&self) -> Option<(String, String)> {
        use base64::Engine as _;
        let (kind, encoded) = self.header("authorization")?.split_once(' ')?;
        let text = base64::engine::general_purpose::STANDARD.decode(encoded.trim()).ok()?;
        let text = String::from_utf8(text).ok()?;
        let (id, secret) = text.split_once(':')?;
        kind.eq_ignore_ascii_case("basic").then(|| (id.to_owned(), secret.to_owned()))
    }

    /// Reports a problem that concerns several members.
    pub fn problem(&mut self, path: &str, input: &str, error_type: &'static str, message: impl Into<String>) {
        if self.recorded().is_none() {
            self.problems.push(path, input, error_type, message);
        }
    }

    fn member(&mut self, location: Location, name: &'static str) -> Member<'_> {
        let full = if location == Location::Body { format!("{}{name}", self.nesting) } else { name.to_owned() };
        self.known.insert((location.name(), full.clone()));
        Member { reader: self, location, name, full, required: false, details: MemberDetails::default() }
    }

    /// Reads the members of an object inside the body.
    fn within<T>(&mut self, members: Map<String, Value>, nesting: String, read: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.body, members);
        let nesting = std::mem::replace(&mut self.nesting, nesting);
        let value = read(self);
        self.reject_unknown_members();
        self.nesting = nesting;
        self.body = outer;
        value
    }

    fn reject_unknown(&mut self) {
        if self.unknown_parameters == UnknownParameters::Ignore {
            return;
        }
        for (name, values) in &self.query {
            if !self.known.contains(&("query", name.clone())) {
                let input = values.first().map_or("", String::as_str);
                let message = self.unknown("query", "unknown query parameter", name);
                self.problems.push(&format!("query.{name}"), input, "unknown_parameter", message);
            }
        }
        self.reject_unknown_members();
    }

    fn reject_unknown_members(&mut self) {
        for name in self.body.keys() {
            let full = format!("{}{name}", self.nesting);
            if !self.known.contains(&("body", full.clone())) {
                let message = self.unknown("body", "unknown member", &full);
                self.problems.push(&format!("body.{full}"), "", "unknown_field", message);
            }
        }
    }

    /// What is said of an unknown name: the known one that it may stand for is named.
    fn unknown(&self, location: &'static str, what: &str, name: &str) -> String {
        let known = self.known.iter().filter(|(place, _)| *place == location).map(|(_, name)| name.as_str());
        // Only problems that are named are worth the comparison.
        let nearest = self.problems.has_room().then(|| choice::nearest(known, name)).flatten();
        nearest.map_or_else(|| what.to_owned(), |nearest| format!("{what}; did you mean `{nearest}`?"))
    }
}

/// The value of a form's text; `None` if it is not UTF-8.
fn form_decoded(text: &str) -> Option<String> {
    let text = text.replace('+', " ");
    percent_encoding::percent_decode_str(&text).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

/// Under which name the items of a body that is an array are read.
const ITEMS: &str = "";

fn json_of(incoming: &Incoming) -> Result<Value, ApiError> {
    if !incoming.has_content_type("application/json") {
        return Err(ApiError::bad_request("Content-Type must be application/json"));
    }
    serde_json::from_slice(&incoming.body).map_err(|error| ApiError::bad_request(format!("malformed JSON: {error}")))
}

fn body_of(incoming: &Incoming, kind: Body) -> Result<Map<String, Value>, ApiError> {
    match kind {
        Body::None => Ok(Map::new()),
        Body::OptionalJson(_) if incoming.body.is_empty() => Ok(Map::new()),
        Body::Json(_) | Body::OptionalJson(_) => match json_of(incoming)? {
            Value::Object(members) => Ok(members),
            _ => Err(ApiError::invalid_member("body", "", "type", "must be a JSON object")),
        },
        Body::JsonArray => match json_of(incoming)? {
            Value::Array(items) => Ok([(ITEMS.to_owned(), Value::Array(items))].into_iter().collect()),
            _ => Err(ApiError::invalid_member("body", "", "type", "must be a JSON array")),
        },
        Body::Form(_) => {
            const FORM: &str = "application/x-www-form-urlencoded";
            // Some clients call a form JSON, so the body tells: none of ours starts so.
            let is_json = matches!(incoming.body.trim_ascii_start().first(), Some(b'{' | b'['));
            if is_json || incoming.has_content_type("multipart/form-data") {
                return Err(ApiError::bad_request(format!("Content-Type must be {FORM}")));
            }
            let pairs = url::form_urlencoded::parse(&incoming.body);
            Ok(pairs.map(|(name, value)| (name.into_owned(), Value::String(value.into_owned()))).collect())
        }
    }
}
