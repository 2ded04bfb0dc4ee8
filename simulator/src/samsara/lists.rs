//! The organization, its vehicles and its drivers.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::cursor::Cursor;
use super::query::is_vehicle;
use super::refusal::Refusal;
use super::wire::{Page, Pagination, Reference, Single, external_ids, time, time_s};
use super::{Answer, Request, kinds};
use crate::http::Reply;
use crate::world::{Account, Driver, Employment, Vehicle, VehicleBuild};

/// The page of a list that `limit` and `after` ask for.
pub(super) fn slice<T: Copy>(request: &Request<'_>, all: &[T]) -> Result<(Vec<T>, Pagination), Refusal> {
    slice_of(request, all, request.query.limit()?)
}

/// The page of a list that `after` asks for, with at most `limit` items.
pub(super) fn slice_of<T: Copy>(request: &Request<'_>, all: &[T], limit: usize) -> Result<(Vec<T>, Pagination), Refusal> {
    let offset = match request.query.after(request.route)? {
        None => 0,
        Some(Cursor::Offset(offset)) => offset,
        Some(Cursor::Scan(_)) => return Err(Refusal::Cursor),
    };
    let page: Vec<T> = all.iter().skip(offset).take(limit).copied().collect();
    let end = offset.saturating_add(page.len());
    let pagination =
        if end < all.len() { Pagination::feed(Cursor::Offset(end).encode(request.route), true) } else { Pagination::last() };
    Ok((page, pagination))
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CarrierSettings<'a> {
    carrier_name: &'a str,
    dot_number: u32,
    main_office_address: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    home_terminal_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    home_terminal_address: Option<&'a str>,
}

impl<'a> From<&'a Account> for CarrierSettings<'a> {
    fn from(account: &'a Account) -> Self {
        Self {
            carrier_name: &account.name,
            dot_number: account.dot_number,
            main_office_address: &account.address,
            home_terminal_name: None,
            home_terminal_address: None,
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Organization<'a> {
    id: &'a str,
    name: &'a str,
    carrier_settings: CarrierSettings<'a>,
}

/// `GET /me`.
pub(super) fn me(request: &Request<'_>) -> Answer {
    let account = request.account;
    let data = Organization { id: &account.org_id, name: &account.name, carrier_settings: account.into() };
    Ok(Reply::json(200, &Single { data }))
}

/// A device that is installed in a machine.
#[derive(Debug, Serialize)]
pub(super) struct Gateway {
    pub(super) serial: String,
    pub(super) model: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Tag {
    id: String,
    name: &'static str,
    parent_tag_id: &'static str,
}

impl From<(u32, &'static str)> for Tag {
    fn from((id, name): (u32, &'static str)) -> Self {
        Self { id: id.to_string(), name, parent_tag_id: "3914000" }
    }
}

/// What is known of a machine with a gateway.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Machine {
    external_ids: BTreeMap<&'static str, String>,
    gateway: Gateway,
    license_plate: String,
    make: &'static str,
    model: &'static str,
    serial: String,
    vin: String,
    /// A number in quotes.
    year: String,
}

impl From<&VehicleBuild> for Machine {
    fn from(build: &VehicleBuild) -> Self {
        let dashed: Vec<char> = build.serial.chars().collect();
        let groups = dashed.chunks(4).map(|group| group.iter().collect::<String>());
        Self {
            external_ids: external_ids(build),
            gateway: Gateway { serial: groups.collect::<Vec<_>>().join("-"), model: "VG34" },
            license_plate: build.plate.clone(),
            make: build.make,
            model: build.model,
            serial: build.serial.clone(),
            vin: build.vin.clone(),
            year: build.year.to_string(),
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct VehicleBody {
    id: String,
    name: String,
    notes: &'static str,
    harsh_acceleration_setting_type: &'static str,
    vehicle_regulation_mode: &'static str,
    created_at_time: String,
    updated_at_time: String,
    #[serde(flatten)]
    machine: Option<Machine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    static_assigned_driver: Option<Reference>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Tag>,
}

fn vehicle_body(account: &Account, vehicle: &Vehicle) -> VehicleBody {
    let position = account.vehicles.iter().position(|other| other.id == vehicle.id);
    let driver = position.and_then(|position| account.first_driver(position));
    VehicleBody {
        id: vehicle.id.to_string(),
        name: vehicle.name.clone(),
        notes: "",
        harsh_acceleration_setting_type: "automatic",
        vehicle_regulation_mode: "regulated",
        created_at_time: time_s(vehicle.created_ms),
        updated_at_time: time_s(vehicle.created_ms),
        machine: vehicle.build.as_ref().map(Machine::from),
        static_assigned_driver: driver.map(Reference::from),
        tags: if vehicle.build.is_some() { vec![Tag::from(vehicle.tag)] } else { Vec::new() },
    }
}

/// `GET /fleet/vehicles`.
pub(super) fn vehicles(request: &Request<'_>) -> Answer {
    let since = request.query.time("updatedAfterTime")?;
    let mut all = request.query.vehicles(&request.account.vehicles);
    all.retain(|vehicle| since.is_none_or(|since| vehicle.created_ms > since));
    let (page, pagination) = slice(request, &all)?;
    let data: Vec<_> = page.iter().map(|vehicle| current_vehicle(request, vehicle)).collect();
    Ok(Reply::json(200, &Page { data, pagination }))
}

/// `GET /fleet/vehicles/{id}`, by id or by an external id.
pub(super) fn vehicle(request: &Request<'_>) -> Answer {
    let data = one_vehicle(request).ok_or(Refusal::NotFound)?;
    Ok(Reply::json(200, &Single { data }))
}

/// The vehicle that a path names.
pub(super) fn one_vehicle(request: &Request<'_>) -> Option<Value> {
    let found = request.account.vehicles.iter().find(|vehicle| is_vehicle(vehicle, request.id))?;
    Some(current_vehicle(request, found))
}

fn current_vehicle(request: &Request<'_>, vehicle: &Vehicle) -> Value {
    request.app.written().current(kinds::VEHICLES, json!(vehicle_body(request.account, vehicle)))
}

#[derive(Debug, Serialize)]
pub(super) struct Ruleset {
    cycle: &'static str,
    shift: &'static str,
    restart: &'static str,
    r#break: &'static str,
}

#[derive(Debug, Serialize)]
struct EldSettings {
    rulesets: [Ruleset; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct HosSetting {
    heavy_haul_exemption_toggle_enabled: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DriverBody<'a> {
    id: String,
    name: &'a str,
    username: &'a str,
    email: String,
    driver_activation_status: &'static str,
    is_deactivated: bool,
    timezone: &'static str,
    locale: &'static str,
    license_number: &'a str,
    license_state: &'static str,
    eld_exempt: bool,
    eld_pc_enabled: bool,
    eld_ym_enabled: bool,
    has_vehicle_unpinning_enabled: bool,
    carrier_settings: CarrierSettings<'a>,
    hos_setting: HosSetting,
    eld_settings: EldSettings,
    #[serde(skip_serializing_if = "Option::is_none")]
    static_assigned_vehicle: Option<Reference>,
    created_at_time: String,
    updated_at_time: String,
}

pub(super) const RULES: Ruleset = Ruleset {
    cycle: "USA 70 hour / 8 day",
    shift: "US Interstate Property",
    restart: "34-hour Restart",
    r#break: "Property (off-duty/sleeper)",
};

fn driver_body<'a>(account: &'a Account, driver: &'a Driver) -> DriverBody<'a> {
    let deactivated = driver.employment == Employment::Deactivated;
    let vehicle = account.vehicle_of(driver);
    DriverBody {
        id: driver.id.to_string(),
        name: &driver.name,
        username: &driver.username,
        email: format!("{}@example.com", driver.username),
        driver_activation_status: if deactivated { "deactivated" } else { "active" },
        is_deactivated: deactivated,
        timezone: driver.time_zone,
        locale: "us",
        license_number: &driver.license.1,
        license_state: driver.license.0,
        eld_exempt: false,
        eld_pc_enabled: true,
        eld_ym_enabled: false,
        has_vehicle_unpinning_enabled: false,
        carrier_settings: CarrierSettings {
            home_terminal_name: Some("Main yard"),
            home_terminal_address: Some(&account.address),
            ..account.into()
        },
        hos_setting: HosSetting { heavy_haul_exemption_toggle_enabled: false },
        eld_settings: EldSettings { rulesets: [RULES] },
        static_assigned_vehicle: vehicle.map(|v| Reference { id: v.id.to_string(), name: v.name.clone() }),
        created_at_time: time(driver.created_ms),
        updated_at_time: time(driver.created_ms),
    }
}

/// `GET /fleet/drivers`: the active ones unless `driverActivationStatus` says otherwise.
pub(super) fn drivers(request: &Request<'_>) -> Answer {
    let wanted = request.query.employment()?;
    let wanted = json!(if wanted == Employment::Deactivated { "deactivated" } else { "active" });
    let drivers = all_drivers(request);
    let all: Vec<&Value> = drivers.iter().filter(|driver| driver.get("driverActivationStatus") == Some(&wanted)).collect();
    let (data, pagination) = slice(request, &all)?;
    Ok(Reply::json(200, &Page { data, pagination }))
}

/// All drivers as they are now, those that were made at the end.
pub(super) fn all_drivers(request: &Request<'_>) -> Vec<Value> {
    let written = request.app.written();
    let own = request.account.drivers.iter().map(|driver| json!(driver_body(request.account, driver)));
    let own = own.map(|driver| written.current(kinds::DRIVERS, driver));
    own.chain(written.made(kinds::DRIVERS, request.account.login)).collect()
}

/// `GET /fleet/drivers/{id}`.
pub(super) fn driver(request: &Request<'_>) -> Answer {
    let found = all_drivers(request).into_iter().find(|driver| driver.get("id") == Some(&json!(request.id)));
    let data = found.ok_or(Refusal::NotFound)?;
    Ok(Reply::json(200, &Single { data }))
}

/// A member of the office staff.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OfficeUser {
    id: String,
    name: &'static str,
    email: String,
    auth_type: &'static str,
    roles: [RoleAssignment; 1],
}

#[derive(Debug, Serialize)]
struct RoleAssignment {
    role: Role,
}

#[derive(Debug, Serialize)]
struct Role {
    id: &'static str,
    name: &'static str,
}

const OFFICE: [(&str, &str, &str); 2] = [("Dana Whitfield", "dana", "Full Admin"), ("Omar Reyes", "omar", "Dispatcher")];

/// `GET /users`: the office staff. Their ids are from another sequence than those of drivers, and may be equal to one.
pub(super) fn users(request: &Request<'_>) -> Answer {
    let all = all_staff(request);
    let all: Vec<&Value> = all.iter().collect();
    let (data, pagination) = slice(request, &all)?;
    Ok(Reply::json(200, &Page { data, pagination }))
}

/// `GET /users/{id}`.
pub(super) fn user(request: &Request<'_>) -> Answer {
    let found = all_staff(request).into_iter().find(|user| user.get("id") == Some(&json!(request.id)));
    Ok(Reply::json(200, &Single { data: found.ok_or(Refusal::NotFound)? }))
}

/// The office staff as it is now.
pub(super) fn all_staff(request: &Request<'_>) -> Vec<Value> {
    let written = request.app.written();
    let user = |(number, (name, login, role)): (usize, &(&'static str, &str, &'static str))| OfficeUser {
        id: (7_100_001 + number).to_string(),
        name,
        email: format!("{login}@{}.example.com", request.account.org_id),
        auth_type: "default",
        roles: [RoleAssignment { role: Role { id: "23", name: role } }],
    };
    OFFICE.iter().enumerate().map(|member| written.current(kinds::STAFF, json!(user(member)))).collect()
}
