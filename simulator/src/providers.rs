//! The simulated providers.

use crate::provider::Provider;
use crate::{geotab, motive, samsara};

/// Every simulated provider. Adding one is a folder and a name here.
pub(crate) const PROVIDERS: &[Provider] = &[geotab::GEOTAB, motive::MOTIVE, samsara::SAMSARA];

/// What clients of a simulated provider send to open the account of a key: each member of the credentials by its name.
#[must_use]
pub fn credentials(name: &str, key: &str) -> Option<Vec<(&'static str, String)>> {
    let provider = PROVIDERS.iter().find(|provider| provider.name == name)?;
    Some((provider.credentials)(key))
}
