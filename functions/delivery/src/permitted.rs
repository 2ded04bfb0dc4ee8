//! What a partner may see now decides what is sent: at every attempt, a replay's too, and not only when an event happens.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use gateway::{Context, WorkerError};
use model::invitation::{Invitation, InvitationStatus};
use model::visibility::{Basis, Holdings, invitations_in};
use model::{InvitationId, PartnerId, Timestamp};
use serde_json::Value;
use store::Agreements;
use store::control::Key;

use crate::message::Message;

/// What the owners of messages may see: their agreements, and the invitations that the messages tell of.
#[derive(Default)]
pub(crate) struct Permitted {
    agreements: HashMap<PartnerId, Arc<Agreements>>,
    invitations: HashMap<InvitationId, InvitationStatus>,
}

impl Permitted {
    /// Reads what these messages depend on.
    pub(crate) async fn read<'a>(context: &Context, messages: impl Iterator<Item = &'a Message>) -> Result<Self, WorkerError> {
        let (mut partners, mut wanted) = (HashSet::new(), HashSet::new());
        for message in messages {
            match message.told().basis() {
                Basis::None => {}
                Basis::Invitation => wanted.extend(invitations_in(&message.data)),
                Basis::Agreement | Basis::Fleet => {
                    partners.insert(message.partner_id);
                }
            }
        }
        let mut found = Self::default();
        for partner in partners {
            found.agreements.insert(partner, context.store().cached_agreements(partner, context.now()).await?);
        }
        let keys: Vec<Key> = wanted.into_iter().map(Key::invitation).collect();
        let invitations: Vec<Invitation> = context.store().get_many(&keys).await?;
        found.invitations.extend(invitations.into_iter().map(|invitation| (invitation.id, invitation.status)));
        Ok(found)
    }

    /// The records of a message that its owner may see now.
    pub(crate) fn records(&self, message: &Message, now: Timestamp) -> Vec<Value> {
        let agreements = self.agreements.get(&message.partner_id).map_or(&[][..], |agreements| agreements.all());
        let holdings = Holdings { agreements, invitations: &self.invitations };
        message.data.iter().filter(|record| message.told().permits(holdings, record, now)).cloned().collect()
    }
}

#[cfg(test)]
#[path = "permitted_tests.rs"]
mod tests;
