//! Users: drivers and office staff as the TSP knows them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Timestamp;

/// What a TSP says of a user (contract `UserRead`, without the envelope).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct User {
    /// Login.
    pub username: Option<String>,
    /// UTC, active from.
    pub started_at: Option<Timestamp>,
    /// UTC, active until.
    pub ended_at: Option<Timestamp>,
    /// Is active.
    pub is_active: Option<bool>,
    /// Free text.
    pub status: Option<String>,
    /// Is driver.
    pub is_driver: Option<bool>,
    /// Role label, free text.
    pub user_designation: Option<String>,
    /// User email.
    pub user_email: Option<String>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Phone number.
    pub phone_number: Option<String>,
    /// ISO 3166-1 alpha-3.
    pub country_code: Option<String>,
    /// ISO 3166-1 alpha-3.
    pub license_country: Option<String>,
    /// Subdivision.
    pub license_region: Option<String>,
    /// License number.
    pub license_number: Option<String>,
    /// License expiration.
    #[schemars(schema_with = "crate::schema::nullable_date")]
    pub license_expiration: Option<String>,
    /// Employee number.
    pub employee_number: Option<String>,
    /// Group map.
    #[schemars(schema_with = "crate::schema::nullable_object")]
    pub company_groups: Option<Value>,
    /// Group map.
    #[schemars(schema_with = "crate::schema::nullable_object")]
    pub private_user_groups: Option<Value>,
    /// Group map.
    #[schemars(schema_with = "crate::schema::nullable_object")]
    pub report_groups: Option<Value>,
    /// Group map.
    #[schemars(schema_with = "crate::schema::nullable_object")]
    pub security_groups: Option<Value>,
    /// Authority name.
    pub authority_name: Option<String>,
    /// Authority address.
    pub authority_address: Option<String>,
    /// Company name.
    pub company_name: Option<String>,
    /// Company address.
    pub company_address: Option<String>,
    /// USDOT/MC or TSP internal.
    pub carrier_number: Option<String>,
    /// UTC.
    pub last_tsp_login: Option<Timestamp>,
    /// Notes.
    pub notes: Option<String>,
    /// Hos ruleset code.
    #[schemars(schema_with = "super::hos_rulesets")]
    pub hos_ruleset_code: Option<String>,
    /// Allow yard move.
    pub allow_yard_move: Option<bool>,
    /// Allow personal conveyance.
    pub allow_personal_conveyance: Option<bool>,
    /// Allow adverse driving.
    pub allow_adverse_driving: Option<bool>,
    /// IANA zone.
    #[schemars(schema_with = "super::timezones")]
    pub default_time_zone: Option<String>,
}
