//! The first look of a fleet at what it is asked.

use gateway::Context;
use model::Timestamp;
use model::invitation::Invitation;
use store::control::Key;

/// Notes that the fleet opened its link. The page is behind the cookie of the visit, which programs that look at links in e-mails do
/// not keep. The fleet sees the page, whether or not this succeeds.
pub(crate) async fn note(context: &Context, invitation: &Invitation, now: Timestamp) {
    if invitation.viewed_at.is_some() {
        return;
    }
    let change = |seen: &Invitation| {
        let first = seen.viewed_at.is_none();
        first.then(|| Invitation { viewed_at: Some(now), updated_at: now, ..seen.clone() })
    };
    if let Err(error) = context.store().update(Key::invitation(invitation.id), change).await {
        tracing::warn!(cause = %error, "failed to note that the invitation was viewed");
    }
}
