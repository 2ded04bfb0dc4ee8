//! Which trailers there are. Reports and attachments name a trailer by the id of its `Trailer`; what is listed as a trailer is a device,
//! which says to which `Trailer` it belongs.
//!
//! Nothing can be asked for by the id of a `Trailer`, so all devices are read: once an hour in each process, and again when a trailer is
//! named that was not there.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Geotab;
use super::seek::List;
use super::vehicles::is_trailer;
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
    /// Those with hardware of their own, which tell where they are.
    tracked: HashSet<String>,
}

struct Read {
    at: Instant,
    devices: Arc<TrailerDevices>,
}

static READ: Mutex<BTreeMap<String, Read>> = Mutex::new(BTreeMap::new());

impl TrailerDevices {
    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.by_trailer.is_empty() && self.tracked.is_empty()
    }

    /// Whether a device is a trailer with hardware of its own.
    pub(super) fn is_tracked(&self, device: &str) -> bool {
        self.tracked.contains(device)
    }

    /// The device of a trailer, where there is one.
    pub(super) fn known(&self, trailer: &str) -> Option<&str> {
        self.by_trailer.get(trailer).map(String::as_str)
    }

    /// The id of a trailer as it is listed. One that no device says to be is left as it is named.
    pub(super) fn device<'a>(&'a self, trailer: &'a str) -> &'a str {
        self.known(trailer).unwrap_or(trailer)
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
    /// The devices that are trailers, where some trailers are named.
    pub(super) async fn trailer_devices(&self, named: &[&str]) -> Result<Arc<TrailerDevices>, ProviderError> {
        if let Some(devices) = known(&self.session.key, named) {
            return Ok(devices);
        }
        let mut devices = TrailerDevices::default();
        let walked = self.walk(List::of("Device"), |device| {
            let Some(id) = device.get::<String>("id").filter(|_| is_trailer(device)) else { return };
            if device.get::<String>("deviceType").is_some_and(|kind| kind != "None") {
                devices.tracked.insert(id.clone());
            }
            if let Some(trailer) = device.reference("tmpTrailerId") {
                devices.by_trailer.insert(trailer, id);
            }
        });
        walked.await?;
        let devices = Arc::new(devices);
        remember(&self.session.key, devices.clone());
        Ok(devices)
    }

    /// The same, where records are worth having without them; `None` where they cannot be read now.
    pub(super) async fn trailer_devices_beside(&self, named: &[&str]) -> Result<Option<Arc<TrailerDevices>>, ProviderError> {
        match self.trailer_devices(named).await {
            Ok(devices) => Ok(Some(devices)),
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
