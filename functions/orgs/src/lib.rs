//! Organizations: invitations, share agreements, fleets and the TSP catalogue.

mod contact;
pub mod embed_keys;
pub mod external_tsps;
pub mod fleets;
pub mod invitations;
pub mod partners;
mod platform;
mod properties;
pub mod share_agreements;
pub mod tsps;

use gateway::Permission::{CountRequests, Open, ReadControl, Seal, SignTokens, VerifyTokens, WriteControl};
use gateway::{Access, Endpoint, Permission, Secrets, Service, Tag};
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
    Tag {
        name: "Embed Keys",
        handlers: "embed_keys",
        description: "The keys with which partners show Connect in pages of their own, and the origins of those pages.",
    },
    Tag { name: "Partners", handlers: "partners", description: "The companies that read fleets' data." },
    Tag {
        name: "External Telematics Providers",
        handlers: "external_tsps",
        description: "The providers that fleets know, whether or not they can be linked, and requests for those that cannot.",
    },
    Tag { name: "Telematics Providers", handlers: "tsps", description: "The telematics providers that a fleet can connect." },
];

/// Lists also decrypt (and the first one creates) the platform secret that signs cursors.
const READ: &[Permission] = &[ReadControl, VerifyTokens, Open(Secrets::Platform), Seal(Secrets::Platform), WriteControl];
const PUBLIC_READ: &[Permission] = &[ReadControl];
const WRITE: &[Permission] = &[ReadControl, WriteControl, VerifyTokens];
const ACCEPT: &[Permission] =
    &[ReadControl, WriteControl, SignTokens, VerifyTokens, Open(Secrets::Platform), Seal(Secrets::Platform)];

fn endpoints() -> Vec<Endpoint> {
    use Access::{Optional, Public, Scope};
    let mut rows = vec![
        Endpoint::new::<invitations::list::List>(
            Method::GET,
            "/v2/orgs/invitations",
            "invitations.list",
            Scope("invitation:read"),
            READ,
        )
        .summary("List invitations")
        .description(
            "Lists the invitations that you created, oldest first. Deleted ones are not listed, and tokens are \
             returned by id only.",
        ),
        Endpoint::new::<invitations::create::Create>(
            Method::POST,
            "/v2/orgs/invitations",
            "invitations.create",
            Scope("invitation:create"),
            WRITE,
        )
        .summary("Invite a fleet, or refresh its invitation")
        .description(
            "A `fleet_ref` without an invitation gets a new one (201). If it has an invitation already, that one is \
             refreshed (200): sent members replace the current ones, omitted members stay, the expiration moves, and \
             a declined invitation becomes active again. Wider permissions do not change an agreement that exists: the fleet is \
             asked when it next opens the link. Once the fleet has accepted, the link of this answer opens Connect in any \
             browser, once. If its agreement has ended, there is a new invitation (201).",
        ),
        Endpoint::new::<invitations::get::Get>(
            Method::GET,
            "/v2/orgs/invitations/{invitation_id}",
            "invitations.get",
            Optional("invitation:read"),
            ACCEPT,
        )
        .summary("Read an invitation; its id is the secret")
        .description(
            "Whoever knows the id may read the invitation: the id is its secret. Only its owner sees `callback_url`, \
             and the tokens of an accepted invitation whose share agreement has not ended. Expired and declined invitations are returned too; deleted \
             ones are 404.",
        ),
        Endpoint::new::<invitations::delete::Delete>(
            Method::DELETE,
            "/v2/orgs/invitations/{invitation_id}",
            "invitations.delete",
            Scope("invitation:delete"),
            WRITE,
        )
        .summary("Withdraw an invitation")
        .description(
            "Withdraws an invitation that is not accepted; its `fleet_ref` can be used again. An accepted one is 409: \
             cancel its share agreement instead.",
        ),
        Endpoint::new::<invitations::accept::Accept>(
            Method::POST,
            "/v2/orgs/invitations/{invitation_id}/accept",
            "invitations.accept",
            Public,
            ACCEPT,
        )
        .summary("Accept an invitation: creates the fleet and the share agreement")
        .description(
            "Creates the fleet and its share agreement, and returns the tokens with which the fleet connects its \
             providers. Works once: a second time is 409, and so is an expired or declined invitation. A body is \
             ignored.",
        ),
        Endpoint::new::<invitations::decline::Decline>(
            Method::POST,
            "/v2/orgs/invitations/{invitation_id}/decline",
            "invitations.decline",
            Public,
            &[ReadControl, WriteControl],
        )
        .summary("Decline an invitation, with a reason")
        .description(
            "Declines an invitation, with an optional reason. Declining twice changes nothing; an accepted or expired \
             invitation is 409.",
        ),
        Endpoint::new::<share_agreements::list::List>(
            Method::GET,
            "/v2/orgs/share-agreements",
            "share_agreements.list",
            Scope("share-agreement:read"),
            READ,
        )
        .summary("List share agreements")
        .description("Lists the agreements of the caller, oldest first. Deleted ones are not listed."),
        Endpoint::new::<share_agreements::backfill::Backfill>(
            Method::POST,
            "/v2/orgs/share-agreements/backfill",
            "share_agreements.backfill",
            Scope("share-agreement:update"),
            WRITE,
        )
        .summary("Add a resource to agreements that lack it")
        .description(
            "For administrators of the platform. Agreements that have ended or share the resource already stay as they are. \
             Who added it is kept with the fleet's consents, which it does not replace. A request changes up to 1,000 \
             agreements; repeat it until it answers none.",
        ),
        Endpoint::new::<share_agreements::get::Get>(
            Method::GET,
            "/v2/orgs/share-agreements/{share_agreement_id}",
            "share_agreements.get",
            Scope("share-agreement:read"),
            &[ReadControl, CountRequests, VerifyTokens],
        )
        .summary("Read a share agreement")
        .description("Returns an agreement of the caller."),
        Endpoint::new::<share_agreements::update::Update>(
            Method::PATCH,
            "/v2/orgs/share-agreements/{share_agreement_id}",
            "share_agreements.update",
            Scope("share-agreement:update"),
            WRITE,
        )
        .summary("Change a share agreement's dates")
        .description(
            "Changes the dates. `expiration_date` must be after `effective_date` and in the future. A partner can only narrow the \
             time between them, a fleet can also extend it. Cancelled and expired agreements are 409.",
        ),
        Endpoint::new::<share_agreements::delete::Delete>(
            Method::DELETE,
            "/v2/orgs/share-agreements/{share_agreement_id}",
            "share_agreements.delete",
            Scope("share-agreement:delete"),
            WRITE,
        )
        .summary("Delete a share agreement")
        .description("Ends an agreement and removes it from lists."),
        Endpoint::new::<share_agreements::act::Pause>(
            Method::POST,
            "/v2/orgs/share-agreements/{share_agreement_id}/pause",
            "share_agreements.pause",
            Scope("share-agreement:update"),
            WRITE,
        )
        .summary("Pause a share agreement")
        .description(
            "Stops sharing until the agreement is activated again. Pausing twice changes nothing; cancelled and \
             expired agreements are 409.",
        ),
        Endpoint::new::<share_agreements::act::Activate>(
            Method::POST,
            "/v2/orgs/share-agreements/{share_agreement_id}/activate",
            "share_agreements.activate",
            Scope("share-agreement:update"),
            WRITE,
        )
        .summary("Activate a paused share agreement")
        .description("Resumes sharing. Only the side that paused an agreement can activate it."),
        Endpoint::new::<share_agreements::act::Cancel>(
            Method::POST,
            "/v2/orgs/share-agreements/{share_agreement_id}/cancel",
            "share_agreements.cancel",
            Scope("share-agreement:update"),
            WRITE,
        )
        .summary("End a share agreement permanently")
        .description("Ends sharing for good. Records stop being readable, and deliveries stop."),
        Endpoint::new::<fleets::list::List>(Method::GET, "/v2/orgs/fleets", "fleets.list", Scope("fleet:read"), READ)
            .summary("List fleets")
            .description("Lists the fleets that share data with you now."),
        Endpoint::new::<fleets::get::Get>(
            Method::GET,
            "/v2/orgs/fleets/{fleet_id}",
            "fleets.get",
            Scope("fleet:read"),
            &[ReadControl, CountRequests, VerifyTokens],
        )
        .summary("Read a fleet")
        .description("Returns a fleet that shares data with you now. A fleet reads itself."),
        Endpoint::new::<fleets::update::Update>(
            Method::PATCH,
            "/v2/orgs/fleets/{fleet_id}",
            "fleets.update",
            Scope("fleet:update"),
            WRITE,
        )
        .summary("Change a fleet's record")
        .description("For the fleet itself. Its partners see the changes."),
        Endpoint::new::<fleets::delete::Delete>(
            Method::DELETE,
            "/v2/orgs/fleets/{fleet_id}",
            "fleets.delete",
            Scope("fleet:delete"),
            WRITE,
        )
        .summary("Delete a fleet")
        .description(
            "For the fleet itself. Deletes its share agreements, unlinks its accounts and ends its tokens. Records that were \
             fetched are kept, though nobody reads them, until an operator erases them.",
        ),
        Endpoint::new::<fleets::properties::List>(
            Method::GET,
            "/v2/orgs/fleets/{fleet_id}/properties",
            "fleets.list_properties",
            Scope("fleet:read"),
            &[ReadControl, CountRequests, VerifyTokens],
        )
        .summary("List the properties of a fleet")
        .description("For partners that the fleet shares data with, and for the fleet itself. Not paged."),
        Endpoint::new::<fleets::properties::Create>(
            Method::POST,
            "/v2/orgs/fleets/{fleet_id}/properties",
            "fleets.create_properties",
            Scope("fleet:create"),
            WRITE,
        )
        .summary("Add properties to a fleet")
        .description("For the fleet itself. A fleet has each key once: a second one is 409, and nothing is added."),
        Endpoint::new::<fleets::properties::Delete>(
            Method::DELETE,
            "/v2/orgs/fleets/{fleet_id}/properties/{property_id}",
            "fleets.delete_property",
            Scope("fleet:delete"),
            WRITE,
        )
        .summary("Delete a property of a fleet")
        .description("For the fleet itself. Properties are not changed: delete one and add it anew."),
    ];
    rows.extend(platform::endpoints());
    rows
}
