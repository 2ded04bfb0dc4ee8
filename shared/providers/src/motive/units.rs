//! In which units the numbers of vehicles are told: `metric_units` of `GET /v1/vehicles`. The lists of positions do not say it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Motive, vehicles};
use crate::wire::Members;
use crate::{Api, ProviderError};

/// The units of a company's vehicles: those of most of them, and who is told otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CompanyUnits {
    are_metric: bool,
    /// Vehicles with the other units.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    others: BTreeSet<String>,
    /// Vehicles that do not say.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    untold: BTreeSet<String>,
}

impl CompanyUnits {
    /// Asks for them. While they cannot be read, those `before` hold; `None` where none were ever read.
    ///
    /// # Errors
    /// Where the provider asks to wait, or does not take the credentials.
    pub(super) async fn ask(api: &Api<'_, Motive>, before: Option<Self>) -> Result<Option<Self>, ProviderError> {
        match api.short_list(vehicles::LIST, &[]).await {
            Ok((rows, true)) => Ok(Some(Self::of_list(&rows))),
            Ok((_, false)) => Ok(before),
            Err(error) if error.is_forbidden() => {
                tracing::info!(provider = "motive", reason = %error, "positions are read without the units of vehicles");
                Ok(None)
            }
            Err(error @ (ProviderError::RateLimited { .. } | ProviderError::Refused { .. })) => Err(error),
            Err(error) => {
                tracing::warn!(provider = "motive", cause = %error, "failed to read the units of vehicles, those of before hold");
                Ok(before)
            }
        }
    }

    fn of_list(rows: &[Box<RawValue>]) -> Self {
        let (mut metric, mut imperial, mut untold) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for raw in rows {
            let wire = Members::of(raw);
            let Some(id) = wire.get::<String>("id") else { continue };
            let units = match wire.get("metric_units") {
                Some(true) => &mut metric,
                Some(false) => &mut imperial,
                None => &mut untold,
            };
            units.insert(id);
        }
        let are_metric = metric.len() > imperial.len();
        Self { are_metric, others: if are_metric { imperial } else { metric }, untold }
    }

    /// Whether the numbers of a vehicle are metric; `None` where nobody says.
    pub(super) fn is_metric(&self, vehicle: &str) -> Option<bool> {
        (!self.untold.contains(vehicle)).then(|| self.are_metric != self.others.contains(vehicle))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn each_vehicle_has_its_units() {
        let check = |told: &[Option<bool>]| {
            let raw = |(id, metric): (usize, &Option<bool>)| {
                serde_json::value::to_raw_value::<Value>(&json!({ "id": id, "metric_units": metric })).unwrap()
            };
            let rows: Vec<_> = told.iter().enumerate().map(raw).collect();
            let units = CompanyUnits::of_list(&rows);
            let found: Vec<_> = (0..told.len()).map(|id| units.is_metric(&id.to_string())).collect();
            assert_eq!(found, told);
        };
        check(&[Some(true), Some(false), Some(true), None]);
        check(&[Some(false), Some(false), Some(true)]);
        check(&[None, None]);
    }
}
