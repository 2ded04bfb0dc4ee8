//! Organizations: invitations, share agreements, fleets and the TSP catalogue.

pub mod fleets;
pub mod invitations;
pub mod share_agreements;
pub mod tsps;

use gateway::Permission::{Open, ReadControl, Seal, SignTokens, VerifyTokens, WriteControl};
use gateway::{Access, Endpoint, Permission, Service, Tag};
use http::Method;

/// The service and its rows.
pub const SERVICE: Service = Service {
    name: "orgs",
    title: "Organizations",
    description: "Invite fleets to share data, read what they agreed to, and look up telematics providers (TSPs).",
    tags: TAGS,
    endpoints,
};

const TAGS: &[Tag] = &[
    Tag {
        name: "Invitations",
        handlers: "invitations",
        description: "A partner invites a fleet by link. The fleet accepts or declines; accepting creates a fleet and a share agreement.",
    },
    Tag {
        name: "Share Agreements",
        handlers: "share_agreements",
        description: "What a fleet shares with a partner, and until when. Either party can pause or cancel it.",
    },
    Tag { name: "Fleets", handlers: "fleets", description: "The fleets that share data with the caller." },
    Tag { name: "TSPs", handlers: "tsps", description: "The telematics providers that a fleet can connect." },
];

/// Lists also decrypt (and the first one creates) the platform secret that signs cursors.
const READ: &[Permission] = &[ReadControl, VerifyTokens, Open, Seal, WriteControl];
const PUBLIC_READ: &[Permission] = &[ReadControl];
const WRITE: &[Permission] = &[ReadControl, WriteControl, VerifyTokens];
const ACCEPT: &[Permission] = &[ReadControl, WriteControl, SignTokens, VerifyTokens, Open, Seal];

fn endpoints() -> Vec<Endpoint> {
    use Access::{Optional, Public, Scope};
    vec![
        Endpoint::new::<invitations::list::List>(
            Method::GET,
            "/v2/orgs/invitations",
            "invitations.list",
            Scope("invitation:read"),
            READ,
        )
        .summary("List invitations"),
        Endpoint::new::<invitations::create::Create>(
            Method::POST,
            "/v2/orgs/invitations",
            "invitations.create",
            Scope("invitation:create"),
            WRITE,
        )
        .summary("Invite a fleet, or refresh its invitation"),
        Endpoint::new::<invitations::get::Get>(
            Method::GET,
            "/v2/orgs/invitations/{invitation_id}",
            "invitations.get",
            Optional,
            ACCEPT,
        )
        .summary("Read an invitation; its id is the secret"),
        Endpoint::new::<invitations::delete::Delete>(
            Method::DELETE,
            "/v2/orgs/invitations/{invitation_id}",
            "invitations.delete",
            Scope("invitation:delete"),
            WRITE,
        )
        .summary("Withdraw an invitation"),
        Endpoint::new::<invitations::accept::Accept>(
            Method::POST,
            "/v2/orgs/invitations/{invitation_id}/accept",
            "invitations.accept",
            Public,
            ACCEPT,
        )
        .summary("Accept an invitation: creates the fleet and the share agreement"),
        Endpoint::new::<invitations::decline::Decline>(
            Method::POST,
            "/v2/orgs/invitations/{invitation_id}/decline",
            "invitations.decline",
            Public,
            &[ReadControl, WriteControl],
        )
        .summary("Decline an invitation, with a reason"),
        Endpoint::new::<share_agreements::list::List>(
            Method::GET,
            "/v2/orgs/share-agreements",
            "share_agreements.list",
            Scope("share-agreement:read"),
            READ,
        )
        .summary("List share agreements"),
        Endpoint::new::<share_agreements::get::Get>(
            Method::GET,
            "/v2/orgs/share-agreements/{share_agreement_id}",
            "share_agreements.get",
            Scope("share-agreement:read"),
            &[ReadControl, VerifyTokens],
        )
        .summary("Read a share agreement"),
        Endpoint::new::<share_agreements::update::Update>(
            Method::PATCH,
            "/v2/orgs/share-agreements/{share_agreement_id}",
            "share_agreements.update",
            Scope("share-agreement:update"),
            WRITE,
        )
        .summary("Change a share agreement's dates"),
        Endpoint::new::<share_agreements::delete::Delete>(
            Method::DELETE,
            "/v2/orgs/share-agreements/{share_agreement_id}",
            "share_agreements.delete",
            Scope("share-agreement:delete"),
            WRITE,
        )
        .summary("Delete a share agreement"),
        Endpoint::new::<share_agreements::act::Pause>(
            Method::POST,
            "/v2/orgs/share-agreements/{share_agreement_id}/pause",
            "share_agreements.pause",
            Scope("share-agreement:update"),
            WRITE,
        )
        .summary("Pause a share agreement"),
        Endpoint::new::<share_agreements::act::Activate>(
            Method::POST,
            "/v2/orgs/share-agreements/{share_agreement_id}/activate",
            "share_agreements.activate",
            Scope("share-agreement:update"),
            WRITE,
        )
        .summary("Activate a paused share agreement"),
        Endpoint::new::<share_agreements::act::Cancel>(
            Method::POST,
            "/v2/orgs/share-agreements/{share_agreement_id}/cancel",
            "share_agreements.cancel",
            Scope("share-agreement:update"),
            WRITE,
        )
        .summary("End a share agreement permanently"),
        Endpoint::new::<fleets::list::List>(Method::GET, "/v2/orgs/fleets", "fleets.list", Scope("fleet:read"), READ)
            .summary("List fleets"),
        Endpoint::new::<fleets::get::Get>(
            Method::GET,
            "/v2/orgs/fleets/{fleet_id}",
            "fleets.get",
            Scope("fleet:read"),
            &[ReadControl, VerifyTokens],
        )
        .summary("Read a fleet"),
        Endpoint::new::<tsps::list::List>(Method::GET, "/v2/orgs/tsps", "tsps.list", Public, PUBLIC_READ).summary("List TSPs"),
        Endpoint::new::<tsps::get::Get>(Method::GET, "/v2/orgs/tsps/{tsp_id}", "tsps.get", Public, PUBLIC_READ)
            .summary("Read a TSP"),
    ]
}
