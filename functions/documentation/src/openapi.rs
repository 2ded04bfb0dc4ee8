//! `GET /v2/{service}/openapi.json`: the documents of the API, as `cargo xtask openapi` wrote them.

use gateway::{ApiError, Call, Context, Html, Input, Operation, Reader, Response};
use http::StatusCode;

/// The address that the documents name, which stands for any.
const LOCAL: &str = "http://127.0.0.1:4500";

/// A document of the API.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Document {
    /// The service.
    pub(crate) name: &'static str,
    /// What it is called.
    pub(crate) title: &'static str,
    /// What it is for.
    pub(crate) about: &'static str,
    /// The document.
    pub(crate) text: &'static str,
}

macro_rules! documents {
    ($($name:literal: $title:literal, $about:literal;)+) => {
        /// Every document, in the order in which partners need them.
        pub(crate) const DOCUMENTS: &[Document] = &[$(Document {
            name: $name,
            title: $title,
            about: $about,
            text: include_str!(concat!("../../../openapi/", $name, ".json")),
        }),+];
    };
}

documents! {
    "auth": "Authentication", "Tokens for machines.";
    "orgs": "Organizations", "Partners, fleets, invitations and share agreements.";
    "integrations": "Integrations", "Connections to providers, schedules, executions and how fresh data is.";
    "telematics": "Telematics", "Vehicles, drivers, positions, hours of service and everything else that is fetched, and writes to providers.";
    "notifications": "Notifications", "Webhooks: subscriptions, events and their delivery.";
}

impl Document {
    pub(crate) fn of(service: &str) -> Result<&'static Self, ApiError> {
        DOCUMENTS.iter().find(|document| document.name == service).ok_or_else(|| ApiError::not_found("service"))
    }

    /// The document of a deployment: it names its address.
    fn at(&self, origin: &str) -> String {
        self.text.replacen(&format!("\"default\": \"{LOCAL}\""), &format!("\"default\": \"{origin}\""), 1)
    }
}

/// Serves a document.
pub(crate) struct Get;

/// The service of the path.
pub(crate) struct Of(pub(crate) String);

impl Input for Of {
    fn read(reader: &mut Reader) -> Self {
        reader.accept_unknown_parameters();
        Self(reader.path_text("service"))
    }
}

impl Operation for Get {
    type Input = Of;
    type Output = Html;

    async fn run(context: &Context, _: Call, Of(service): Of) -> Result<Self::Output, ApiError> {
        let text = Document::of(&service)?.at(&context.config().public_url);
        let mut response = Response::serialized(StatusCode::OK, text.into_bytes());
        response.set("cache-control", "public, max-age=300");
        // Clients' makers and other pages may read what everybody may.
        response.set("access-control-allow-origin", "*");
        Ok(Html(response))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn documents_name_the_deployment() {
        for document in DOCUMENTS {
            let read: Value = serde_json::from_str(&document.at("https://api.acme.example")).unwrap();
            let origin = &read["servers"][0]["variables"]["origin"]["default"];
            assert_eq!(origin, "https://api.acme.example", "{}", document.name);
            assert!(read["paths"].as_object().is_some_and(|paths| !paths.is_empty()));
        }
    }
}
