//! What partners write to Samsara. Vehicles cannot be made: they appear with their gateways.

mod drivers;
mod fuel;
mod messages;
#[cfg(test)]
mod tests;
mod vehicles;

pub(super) use drivers::{ChangeUser, MakeDriver};
pub(super) use fuel::FilePurchase;
pub(super) use messages::{SendGroupMessage, SendMessage};
pub(super) use vehicles::ChangeVehicle;

use serde_json::value::RawValue;

use crate::client::OkResponse;
use crate::wire::Members;

/// What stands under `data` in a response; `None` where that cannot be read.
fn data(response: &OkResponse) -> Option<&RawValue> {
    Members::of(response.parse().ok()?).raw("data")
}
