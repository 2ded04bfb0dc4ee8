//! What a request of analytics may see.

use gateway::{ApiError, Call, Context};
use model::agreement::Agreement;
use model::telematics::RecordType;
use model::{ConnectionId, Timestamp};
use store::{Grant, Store, View};

use crate::scope::Scope;

/// The caller's agreements in force, narrowed to the fleets and the connection that the request names.
pub(crate) struct Sight<'a> {
    pub(crate) store: &'a Store,
    pub(crate) now: Timestamp,
    view: View,
    scope: Scope,
}

impl<'a> Sight<'a> {
    /// # Errors
    /// 403 for callers other than partners.
    pub(crate) async fn open(context: &'a Context, call: &Call, scope: Scope) -> Result<Self, ApiError> {
        let view = context.store().view(call.caller.partner()?, call.now).await?;
        Ok(Self { store: context.store(), now: call.now, view, scope })
    }

    /// What may be read of a record type, through links in force.
    pub(crate) fn grant(&self, record: &'static RecordType) -> Grant {
        self.view.grant(record).narrowed(|granted| granted.until.is_none() && self.scope.admits(granted))
    }

    /// The agreements of the fleets.
    pub(crate) fn agreements(&self) -> impl Iterator<Item = &Agreement> {
        self.view.agreements().filter(|agreement| self.scope.admits_agreement(agreement))
    }

    /// The connections of an agreement's fleet.
    pub(crate) fn links<'s>(&'s self, agreement: &'s Agreement) -> impl Iterator<Item = ConnectionId> + 's {
        let open = agreement.connections.iter().filter(|link| link.is_open()).map(|link| link.connection_id);
        open.filter(|connection| self.scope.admits_connection(*connection))
    }

    /// The day `days` before today (UTC).
    pub(crate) fn day(&self, days: u32) -> String {
        self.now.plus_seconds(-86_400 * i64::from(days)).date().to_string()
    }
}
