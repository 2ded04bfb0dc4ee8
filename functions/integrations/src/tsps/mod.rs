//! What can be fetched from each TSP.

pub mod get;
pub mod list;

use std::collections::BTreeMap;

use model::tsp::Tsp;
use model::{Resource, TspId};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

/// What can be fetched from a TSP.
#[derive(Serialize, JsonSchema)]
pub struct TspIntegrationsRead {
    /// The TSP.
    tsp_id: TspId,
    /// Its slug.
    #[schemars(example = &"samsara")]
    slug: Option<String>,
    /// Its adapter.
    #[schemars(schema_with = "model::schema::nullable_source_name")]
    source_name: Option<String>,
    /// Every resource, and whether it is fetched.
    #[schemars(schema_with = "integrations")]
    integrations: BTreeMap<Resource, IntegrationStatus>,
    /// How many are fetched.
    implemented_count: usize,
    /// How many are not fetched yet.
    not_implemented_count: usize,
    /// How many the TSP does not have.
    not_supported_count: usize,
}

/// Whether a resource is fetched from a TSP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "IntegrationStatusEnum")]
pub enum IntegrationStatus {
    /// It is fetched.
    Implemented,
    /// It is not fetched yet; the TSP has it, or nobody knows that it does not.
    NotImplemented,
    /// The TSP does not have it.
    NotSupported,
}

fn integrations(generator: &mut SchemaGenerator) -> Schema {
    let (resource, status) = (generator.subschema_for::<Resource>(), generator.subschema_for::<IntegrationStatus>());
    json_schema!({ "type": "object", "propertyNames": resource, "additionalProperties": status })
}

impl From<Tsp> for TspIntegrationsRead {
    fn from(tsp: Tsp) -> Self {
        let accounts = providers::accounts(&tsp.source_name);
        let fetched = accounts.map(|accounts| accounts.resources()).unwrap_or_default();
        let lacking = accounts.map_or(&[][..], |accounts| accounts.lacks());
        let status = |resource: &Resource| match resource {
            resource if fetched.contains(resource) => IntegrationStatus::Implemented,
            resource if lacking.contains(resource) => IntegrationStatus::NotSupported,
            _ => IntegrationStatus::NotImplemented,
        };
        let integrations: BTreeMap<_, _> = Resource::ALL.iter().map(|resource| (*resource, status(resource))).collect();
        let count = |wanted| integrations.values().filter(|status| **status == wanted).count();
        Self {
            tsp_id: tsp.id,
            slug: Some(tsp.slug),
            source_name: Some(tsp.source_name),
            implemented_count: count(IntegrationStatus::Implemented),
            not_implemented_count: count(IntegrationStatus::NotImplemented),
            not_supported_count: count(IntegrationStatus::NotSupported),
            integrations,
        }
    }
}

#[cfg(test)]
mod tests {
    use model::Timestamp;
    use model::tsp::TspStatus;

    use super::*;

    fn tsp(source_name: &str) -> Tsp {
        let now = Timestamp::from_millis(0);
        Tsp {
            id: TspId::at(now),
            name: source_name.into(),
            description: None,
            websites: None,
            source_name: source_name.into(),
            status: TspStatus::Active,
            conn_type: "token".into(),
            is_sandbox: false,
            logo_url: None,
            logo_dark_url: None,
            slug: source_name.into(),
            base_url: None,
            base_url_is_set: false,
            created_at: now,
            updated_at: now,
        }
    }

    #[test]
    fn every_resource_is_counted_once() {
        for (source_name, fetches) in [("samsara", true), ("motive", true), ("geotab", true), ("lytx", false)] {
            let read = TspIntegrationsRead::from(tsp(source_name));
            assert_eq!(read.integrations.len(), Resource::ALL.len());
            let counts = [read.implemented_count, read.not_implemented_count, read.not_supported_count];
            assert_eq!(counts.iter().sum::<usize>(), Resource::ALL.len());
            assert_eq!((counts[0] > 0, counts[2] > 0), (fetches, fetches), "{source_name}: {counts:?}");
        }
    }

    #[test]
    fn what_is_fetched_is_there() {
        for (source_name, _) in providers::brands() {
            let accounts = providers::accounts(source_name).unwrap();
            let fetched = accounts.resources();
            assert!(accounts.lacks().iter().all(|resource| !fetched.contains(resource)), "{source_name}");
        }
    }
}
