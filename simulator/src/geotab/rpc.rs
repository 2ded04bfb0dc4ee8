//! Every way in which a call fails, and the one place where that becomes a reply: an error with status 200.

use serde_json::json;

use crate::http::Reply;

/// Why a call fails. The names are those of the real API.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Fault {
    /// Wrong credentials, or a session that has ended: the text alone differs.
    User(String),
    UnknownDatabase(String),
    /// Seconds to wait, whole ones.
    OverLimit(f64),
    /// No such method, or no such kind of records.
    Method(String),
    Argument(&'static str),
    NoMethod,
    NoJson,
    NotFound,
    Broken,
}

impl Fault {
    fn told(&self) -> (&'static str, i64, String) {
        match self {
            Self::User(text) => ("InvalidUserException", -32_000, text.clone()),
            Self::UnknownDatabase(name) => ("DbUnavailableException", -32_000, format!("UnknownDatabase {name}")),
            Self::OverLimit(_) => ("OverLimitException", -32_000, "API calls quota exceeded. Maximum admitted 10 per 1m.".into()),
            Self::Method(name) => {
                ("MissingMethodException", -32_601, format!("The method \"{name}\" could not be found. Verify the method name."))
            }
            Self::Argument(name) => ("ArgumentException", -32_000, format!("Incorrect argument {name}")),
            Self::NoMethod | Self::NotFound | Self::Broken => ("MissingMethodException", -32_601, "No method".into()),
            Self::NoJson => ("JsonSerializerException", -32_700, "Incorrect JSON".into()),
        }
    }

    /// The reply; the name of an error stands in it twice, as clients read one or the other.
    pub(super) fn reply(&self, number: u64) -> Reply {
        match self {
            Self::NotFound => return Reply::text(404, "Not Found"),
            Self::Broken => return Reply::text(500, "Internal Server Error"),
            _ => {}
        }
        let (name, code, message) = self.told();
        let error = json!({
            "message": message, "code": code, "name": "JSONRPCError", "errors": [{ "message": message, "name": name }],
            "data": { "id": format!("00000000-0000-4000-8000-{number:012x}"), "type": name, "requestIndex": 0 },
        });
        let retry_after = if let Self::OverLimit(wait_s) = self { Some(format!("{wait_s:.0}")) } else { None };
        Reply { retry_after, ..Reply::json(200, &json!({ "error": error, "jsonrpc": "2.0", "requestIndex": 0 })) }
    }
}
