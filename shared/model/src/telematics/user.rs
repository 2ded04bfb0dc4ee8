//! Users: drivers and office staff as the TSP knows them.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use serde_with::skip_serializing_none;
use struct_field_names_as_array::FieldNamesAsSlice;

use super::code::{Code, HosRuleset, Timezone};
use super::{Events, Record, RecordType, Storage};
use crate::{Resource, Timestamp};

/// A user: a driver or a member of the office staff, as the TSP knows them.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, FieldNamesAsSlice)]
#[schemars(rename = "UserRead")]
pub struct User {
    /// Login name at the TSP.
    pub username: Option<String>,
    /// When they became active, UTC.
    pub started_at: Option<Timestamp>,
    /// When they ceased to be active, UTC.
    pub ended_at: Option<Timestamp>,
    /// Whether they are active.
    pub is_active: Option<bool>,
    /// The TSP's status of them, free text.
    pub status: Option<String>,
    /// Whether they drive.
    pub is_driver: Option<bool>,
    /// Their role as the TSP names it, free text.
    pub user_designation: Option<String>,
    /// E-mail address.
    pub user_email: Option<String>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Telephone number.
    pub phone_number: Option<String>,
    /// Country, ISO 3166-1 alpha-3.
    pub country_code: Option<String>,
    /// Country of the driver's license, ISO 3166-1 alpha-3.
    pub license_country: Option<String>,
    /// State or province of the driver's license.
    pub license_region: Option<String>,
    /// Number of the driver's license.
    pub license_number: Option<String>,
    /// Day on which the driver's license expires.
    #[schemars(schema_with = "crate::schema::nullable_date")]
    pub license_expiration: Option<String>,
    /// The fleet's number of the employee.
    pub employee_number: Option<String>,
    /// The TSP's company groups or tags that they are in: id to name.
    #[schemars(schema_with = "crate::schema::nullable_object")]
    pub company_groups: Option<Value>,
    /// The TSP's private groups that they are in: id to name.
    #[schemars(schema_with = "crate::schema::nullable_object")]
    pub private_user_groups: Option<Value>,
    /// The TSP's report groups that they are in: id to name.
    #[schemars(schema_with = "crate::schema::nullable_object")]
    pub report_groups: Option<Value>,
    /// The TSP's security groups that they are in: id to name.
    #[schemars(schema_with = "crate::schema::nullable_object")]
    pub security_groups: Option<Value>,
    /// Name of the authority that they drive under.
    pub authority_name: Option<String>,
    /// Address of that authority.
    pub authority_address: Option<String>,
    /// Name of the company.
    pub company_name: Option<String>,
    /// Address of the company.
    pub company_address: Option<String>,
    /// USDOT or MC number of the carrier, or the TSP's number of it.
    pub carrier_number: Option<String>,
    /// When they last signed in at the TSP, UTC.
    pub last_tsp_login: Option<Timestamp>,
    /// The fleet's notes on them.
    pub notes: Option<String>,
    /// The hours of service rules that they drive under.
    pub hos_ruleset_code: Option<Code<HosRuleset>>,
    /// Whether they may log yard moves.
    pub allow_yard_move: Option<bool>,
    /// Whether they may log personal conveyance.
    pub allow_personal_conveyance: Option<bool>,
    /// Whether they may use the exemption for adverse driving conditions.
    pub allow_adverse_driving: Option<bool>,
    /// IANA time zone of their logs.
    pub default_time_zone: Option<Code<Timezone>>,
}

impl Record for User {
    const TYPE: &'static RecordType = &RecordType {
        resource: Resource::User,
        members: Self::FIELD_NAMES_AS_SLICE,
        nested: &["company_groups", "private_user_groups", "report_groups", "security_groups"],
        storage: Storage::Entity { counted_if: Some("is_driver") },
        events: Events::ALL,
        interval_seconds: 600,
    };
}
