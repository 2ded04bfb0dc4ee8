//! Trailers: the list.

use std::collections::BTreeMap;

use serde::Serialize;

use super::lists::{Gateway, Tag, slice};
use super::wire::Page;
use super::{Answer, Request};
use crate::http::Reply;
use crate::world::Trailer;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TrailerBody<'a> {
    id: String,
    name: &'a str,
    enabled_for_mobile: bool,
    external_ids: BTreeMap<&'static str, String>,
    installed_gateway: Gateway,
    license_plate: &'a str,
    notes: &'static str,
    tags: [Tag; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    trailer_serial_number: Option<&'a str>,
}

impl<'a> From<&'a Trailer> for TrailerBody<'a> {
    fn from(trailer: &'a Trailer) -> Self {
        Self {
            id: trailer.id.to_string(),
            name: &trailer.name,
            enabled_for_mobile: true,
            external_ids: BTreeMap::new(),
            installed_gateway: Gateway { serial: trailer.gateway_serial.clone(), model: "AG26" },
            license_plate: &trailer.plate,
            notes: "",
            tags: [Tag::from(trailer.tag)],
            trailer_serial_number: trailer.trailer_serial.as_deref(),
        }
    }
}

/// `GET /fleet/trailers`.
pub(super) fn list(request: &Request<'_>) -> Answer {
    let all: Vec<&Trailer> = request.account.trailers.iter().collect();
    let (page, pagination) = slice(request, &all)?;
    let data: Vec<_> = page.into_iter().map(TrailerBody::from).collect();
    Ok(Reply::json(200, &Page { data, pagination }))
}
