//! The rows of what the platform keeps for all: partners, and the providers that can be linked or are asked for.

use gateway::Access::{Public, Scope, Token};
use gateway::Endpoint;
use gateway::Permission::{CountRequests, ReadControl, VerifyTokens};
use http::Method;

use crate::{PUBLIC_READ, READ, WRITE, embed_keys, external_tsps, partners, tsps};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new::<partners::list::List>(Method::GET, "/v2/orgs/partners", "partners.list", Scope("partner:read"), READ)
            .summary("List partners")
            .description("Administrators of the platform list all; a partner lists itself, a fleet the partner that invited it."),
        Endpoint::new::<partners::create::Create>(
            Method::POST,
            "/v2/orgs/partners",
            "partners.create",
            Scope("partner:create"),
            WRITE,
        )
        .summary("Create a partner")
        .description("For administrators of the platform. Its short name and its id follow from its name; its clients are made by operators."),
        Endpoint::new::<partners::get::Get>(
            Method::GET,
            "/v2/orgs/partners/{partner_id}",
            "partners.get",
            Scope("partner:read"),
            &[ReadControl, CountRequests, VerifyTokens],
        )
        .summary("Read a partner")
        .description("Administrators of the platform read all; a partner reads itself, a fleet the partner that invited it."),
        Endpoint::new::<partners::update::Update>(
            Method::PATCH,
            "/v2/orgs/partners/{partner_id}",
            "partners.update",
            Scope("partner:update"),
            WRITE,
        )
        .summary("Change a partner")
        .description("For administrators of the platform."),
        Endpoint::new::<partners::delete::Delete>(
            Method::DELETE,
            "/v2/orgs/partners/{partner_id}",
            "partners.delete",
            Scope("partner:create"),
            WRITE,
        )
        .summary("Delete a partner")
        .description(
            "For administrators of the platform, once all agreements with the partner have ended (else 409). Its clients get no \
             more tokens, its open invitations, its subscriptions and its embed keys are deleted.",
        ),
        Endpoint::new::<partners::properties::List>(
            Method::GET,
            "/v2/orgs/partners/{partner_id}/properties",
            "partners.list_properties",
            Scope("partner-property:read"),
            &[ReadControl, CountRequests, VerifyTokens],
        )
        .summary("List the properties of a partner")
        .description("For the partner itself and administrators of the platform. Not paged."),
        Endpoint::new::<partners::properties::Create>(
            Method::POST,
            "/v2/orgs/partners/{partner_id}/properties",
            "partners.create_properties",
            Scope("partner-property:create"),
            WRITE,
        )
        .summary("Add properties to a partner")
        .description(
            "A partner sets its own `default_*`, which stand for what its requests for invitations leave out; administrators of \
             the platform set all. A partner has each key once: a second one is 409, and nothing is added.",
        ),
        Endpoint::new::<partners::properties::Delete>(
            Method::DELETE,
            "/v2/orgs/partners/{partner_id}/properties/{property_id}",
            "partners.delete_property",
            Scope("partner-property:create"),
            WRITE,
        )
        .summary("Delete a property of a partner")
        .description("Properties are not changed: delete one and add it anew."),
        Endpoint::new::<embed_keys::list::List>(
            Method::GET,
            "/v2/orgs/partners/{partner_id}/embed-keys",
            "embed_keys.list",
            Scope("partner-property:read"),
            &[ReadControl, CountRequests, VerifyTokens],
        )
        .summary("List the embed keys of a partner")
        .description("For the partner itself and administrators of the platform, oldest first. Not paged."),
        Endpoint::new::<embed_keys::create::Create>(
            Method::POST,
            "/v2/orgs/partners/{partner_id}/embed-keys",
            "embed_keys.create",
            Scope("partner:update"),
            WRITE,
        )
        .summary("Issue an embed key")
        .description(
            "For administrators of the platform. Pages of these origins may show Connect with the partner's invitations. Keys of \
             sandbox partners begin with `pk_test_`, others with `pk_live_`.",
        ),
        Endpoint::new::<embed_keys::update::Update>(
            Method::PATCH,
            "/v2/orgs/partners/{partner_id}/embed-keys/{embed_key}",
            "embed_keys.update",
            Scope("partner:update"),
            WRITE,
        )
        .summary("Replace the origins of an embed key")
        .description("For administrators of the platform. Holds from the next page on that Connect shows."),
        Endpoint::new::<embed_keys::delete::Delete>(
            Method::DELETE,
            "/v2/orgs/partners/{partner_id}/embed-keys/{embed_key}",
            "embed_keys.delete",
            Scope("partner:update"),
            WRITE,
        )
        .summary("Revoke an embed key")
        .description("For administrators of the platform. From the next page on it is like one that never was."),
        Endpoint::new::<external_tsps::list::List>(
            Method::GET,
            "/v2/orgs/external-tsps",
            "external_tsps.list",
            Token,
            &[ReadControl, CountRequests, VerifyTokens],
        )
        .summary("List the providers that fleets know")
        .description("Lists providers by name, without pages; `integrated_tsp_ids` says whether one can be linked."),
        Endpoint::new::<external_tsps::requests::List>(
            Method::GET,
            "/v2/orgs/external-tsps/integration-requests",
            "external_tsps.list_requests",
            Token,
            &[ReadControl, CountRequests, VerifyTokens],
        )
        .summary("List the requests of fleets for providers")
        .description("Lists the requests of the fleets that you invited, oldest first, without pages. A fleet reads its own."),
        Endpoint::new::<external_tsps::request::Request>(
            Method::POST,
            "/v2/orgs/external-tsps/{ext_tsp_id}/request-integration",
            "external_tsps.request",
            Token,
            WRITE,
        )
        .summary("Ask for a provider")
        .description(
            "For fleets. The partner that invited the fleet is told by `tsp.requested`. A second request for the same provider \
             is 409.",
        ),
        Endpoint::new::<tsps::list::List>(Method::GET, "/v2/orgs/tsps", "tsps.list", Public, PUBLIC_READ)
            .summary("List TSPs")
            .description("Lists all providers by slug, without pages."),
        Endpoint::new::<tsps::create::Create>(Method::POST, "/v2/orgs/tsps", "tsps.create", Scope("tsp:create"), WRITE)
            .summary("Add a TSP to the catalogue")
            .description(
                "For administrators of the platform. One that can be linked is told by `tsp.created`; one that was deleted comes \
                 back under its id.",
            ),
        Endpoint::new::<tsps::update::Update>(
            Method::PATCH,
            "/v2/orgs/tsps/{tsp_id}",
            "tsps.update",
            Scope("tsp:update"),
            WRITE,
        )
        .summary("Change a TSP of the catalogue")
        .description("For administrators of the platform. Connections keep the adapter that they were linked with."),
        Endpoint::new::<tsps::delete::Delete>(
            Method::DELETE,
            "/v2/orgs/tsps/{tsp_id}",
            "tsps.delete",
            Scope("tsp:delete"),
            WRITE,
        )
        .summary("Delete a TSP from the catalogue")
        .description("For administrators of the platform. It cannot be linked any more; connections to it go on."),
        Endpoint::new::<tsps::get::Get>(Method::GET, "/v2/orgs/tsps/{tsp_id}", "tsps.get", Public, PUBLIC_READ)
            .summary("Read a TSP")
            .description("Returns a provider."),
    ]
}
