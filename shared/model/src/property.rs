//! Properties of organizations: values under keys of the contract.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{PropertyId, Timestamp};

/// A property. It is not changed, but deleted and made anew.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Property<K> {
    /// Its id.
    pub id: PropertyId,
    /// What it says; an organization has each key once.
    pub key: K,
    /// The value.
    pub value: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What properties of fleets say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "FleetPropertyKeyEnum")]
pub enum FleetPropertyKey {
    /// Its USDOT number.
    DotNumber,
    /// Where it is.
    Location,
    /// What kind of fleet it is.
    Type,
}

/// What properties of partners say. The defaults are for members that a request for an invitation leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "PartnerPropertyKeyEnum")]
pub enum PartnerPropertyKey {
    /// Default of `failure_redirect_url`.
    DefaultFailureRedirectUrl,
    /// Default of `success_redirect_url`.
    DefaultSuccessRedirectUrl,
    /// Default of `callback_url`.
    DefaultCallbackUrl,
    /// Default of `expires_in_hours`.
    DefaultInvitationExpiresInHours,
    /// Whether what was agreed on with it is signed.
    ContractSigned,
    /// Where that can be read.
    ContractUrl,
    /// Since when it is in force.
    ContractStartedAt,
    /// How it is billed.
    BillingModel,
    /// On which day of the month it is billed.
    BillingDayOfMonth,
    /// The state of its account.
    AccountStatus,
    /// Anything else.
    Notes,
}

impl PartnerPropertyKey {
    /// Whether partners set it themselves; the others are set by administrators of the platform.
    #[must_use]
    pub const fn is_default(self) -> bool {
        matches!(
            self,
            Self::DefaultFailureRedirectUrl
                | Self::DefaultSuccessRedirectUrl
                | Self::DefaultCallbackUrl
                | Self::DefaultInvitationExpiresInHours
        )
    }
}

/// The properties with those that are added.
///
/// # Errors
/// A key that would be there twice.
pub fn with<K: Copy + PartialEq>(held: &[Property<K>], added: &[Property<K>]) -> Result<Vec<Property<K>>, K>
where
    Property<K>: Clone,
{
    let mut all = held.to_vec();
    for property in added {
        if all.iter().any(|other| other.key == property.key) {
            return Err(property.key);
        }
        all.push(property.clone());
    }
    Ok(all)
}

/// The properties without one; `None` if it is not among them.
#[must_use]
pub fn without<K>(held: &[Property<K>], id: PropertyId) -> Option<Vec<Property<K>>>
where
    Property<K>: Clone,
{
    let left: Vec<Property<K>> = held.iter().filter(|property| property.id != id).cloned().collect();
    (left.len() < held.len()).then_some(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_is_there_once() {
        let now = Timestamp::from_millis(1_790_000_000_000);
        let property = |key| Property { id: PropertyId::at(now), key, value: "x".into(), created_at: now };
        let (number, place) = (property(FleetPropertyKey::DotNumber), property(FleetPropertyKey::Location));
        let held = with(&[], &[number.clone(), place.clone()]).unwrap();
        assert_eq!(
            with(&held, &[property(FleetPropertyKey::Type), property(FleetPropertyKey::Location)]),
            Err(FleetPropertyKey::Location)
        );
        assert_eq!(with(&[], &[place.clone(), place.clone()]), Err(FleetPropertyKey::Location));
        assert_eq!(without(&held, number.id), Some(vec![place.clone()]));
        assert_eq!(without(&[place], number.id), None);
    }
}
