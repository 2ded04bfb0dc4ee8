//! Which trailers there are. Reports and attachments name a trailer by the id of its `Trailer`; what is listed as a trailer is a device,
//! which says to which `Trailer` it belongs.
//!
//! Nothing can be asked for by the id of a `Trailer`, so all devices are read: once an hour in each process, and again when a trailer is
//! named that was not there.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Geotab;
use super::seek::List;
use crate::{Api, ProviderError};

/// How long it is remembered which trailers there are.
const KEPT: Duration = Duration::from_secs(3_600);
/// How long one that is not among them is taken to be none.
const ABSENT: Duration = Duration::from_secs(300);
/// The most accounts whose trailers are remembered.
const MOST: usize = 64;

/// The devices that are trailers.
#[derive(Debug, Default)]
pub(super) struct TrailerDevices {
    by_trailer: HashMap<String, String>,
}

struct Read {
    at: Instant,
    devices: Arc<TrailerDevices>,
}

static READ: Mutex<BTreeMap<String, Read>> = Mutex::new(BTreeMap::new());

impl TrailerDevices {
    /// The id of a trailer as it is listed. One that no device says to be is left as it is named.
    pub(super) fn device<'a>(&'a self, trailer: &'a str) -> &'a str {
        self.by_trailer.get(trailer).map_or(trailer, String::as_str)
    }
}

/// What was read, if that was not too long ago.
fn known(account: &str, named: &[&str]) -> Option<Arc<TrailerDevices>> {
    // Entries are whole: a panic elsewhere leaves none half written.
    let all = READ.lock().unwrap_or_else(PoisonError::into_inner);
    let read = all.get(account)?;
    let has_all = named.iter().all(|trailer| read.devices.by_trailer.contains_key(*trailer));
    let kept = if has_all { KEPT } else { ABSENT };
    (read.at.elapsed() < kept).then(|| read.devices.clone())
}

fn remember(account: &str, devices: Arc<TrailerDevices>) {
    let mut all = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if all.len() >= MOST {
        all.pop_first();
    }
    all.insert(account.to_owned(), Read { at: Instant::now(), devices });
}

impl Api<'_, Geotab> {
    /// The devices that are trailers, where some trailers are named; `None` where they cannot be read now.
    pub(super) async fn trailer_devices(&self, named: &[&str]) -> Result<Option<Arc<TrailerDevices>>, ProviderError> {
        if let Some(devices) = known(&self.session.key, named) {
            return Ok(Some(devices));
        }
        let mut devices = TrailerDevices::default();
        let walked = self.walk(List::of("Device"), |device| {
            if let (Some(id), Some(trailer)) = (device.get("id"), device.reference("tmpTrailerId")) {
                devices.by_trailer.insert(trailer, id);
            }
        });
        match walked.await {
            Ok(()) => {
                let devices = Arc::new(devices);
                remember(&self.session.key, devices.clone());
                Ok(Some(devices))
            }
            Err(error @ (ProviderError::RateLimited { .. } | ProviderError::Refused { .. })) if !error.is_forbidden() => {
                Err(error)
            }
            Err(cause) => {
                tracing::warn!(provider = "geotab", %cause, "failed to read which devices are trailers, going without");
                Ok(None)
            }
        }
    }
}
