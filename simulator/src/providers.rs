//! The simulated providers.

use crate::provider::Provider;
use crate::{motive, samsara};

/// Every simulated provider. Adding one is a folder and a name here.
pub(crate) const PROVIDERS: &[Provider] = &[motive::MOTIVE, samsara::SAMSARA];
