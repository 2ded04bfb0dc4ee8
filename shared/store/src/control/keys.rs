//! Keys of the control table.
//!
//! | item | pk | sk | index 1 | index 2 |
//! | --- | --- | --- | --- | --- |
//! | partner | `PARTNER#id` | `PARTNER` | `PARTNERS` | |
//! | machine client | `CLIENT#client id` | `CLIENT` | | |
//! | key that embeds Connect | `EMBED_KEY#key` | `EMBED_KEY` | `PARTNER#id#EMBED_KEYS` | |
//! | invitation | `INVITATION#id` | `INVITATION` | `PARTNER#id#INVITATIONS` | `PARTNER#id#INVITATIONS#fleet_ref` |
//! | consent | `INVITATION#id` | `CONSENT#time` | | |
//! | one invitation per fleet_ref | `PARTNER#id` | `INVITATION_REF#fleet_ref` | | |
//! | fleet | `FLEET#id` | `FLEET` | | |
//! | agreement | `PARTNER#id` | `AGREEMENT#id` | `FLEET#id#AGREEMENTS` | |
//! | revision of a partner's agreements | `PARTNER#id` | `REVISION#last digit of their ids` | | |
//! | fleet's tie to a connection | `FLEET#id` | `CONNECTION#id` | `CONNECTION#id#FLEETS` | |
//! | what a partner was shown of a fleet on a day | `FLEET#id` | `ACCESS#partner#date#resource#way` | | |
//! | fleet's request for a provider | `FLEET#id` | `TSP_REQUEST#provider` | `PARTNER#id#TSP_REQUESTS` | |
//! | connection | `CONNECTION#id` | `CONNECTION` | | |
//! | its sealed credentials | `CONNECTION#id` | `CREDENTIALS` | | |
//! | its open session | `CONNECTION#id` | `SESSION` | | |
//! | which run replaces its tokens, or logs in | `CONNECTION#id` | `REFRESHING` | | |
//! | one connection per TSP account | `ACCOUNT#tsp#account` | `ACCOUNT` | | |
//! | request budget of a TSP account | `BUDGET#adapter#account` | `limit` | | |
//! | schedule | `CONNECTION#id` | `SCHEDULE#id` | | |
//! | one schedule per resource | `CONNECTION#id` | `SCHEDULE_FOR#resource` | `SCHEDULES#shard` | |
//! | write to a TSP | `CONNECTION#id` | `OPERATION#id` | `PARTNER#id#OPERATIONS` | |
//! | pending writes of a record | `CONNECTION#id` | `PENDING_WRITES#resource#TSP's id` | | |
//! | place of a caller that waits | `WAITING_CALLERS` | `partner or ALL#number` | | |
//! | execution | `SCHEDULE#id` | `EXECUTION#id` | | |
//! | row that was set aside | `SCHEDULE#id` | `ASIDE#record id` | | |
//! | TSP | `TSPS` | `slug` | | |
//! | webhook | `PARTNER#id` | `WEBHOOK#id` | `PARTNER#id#EVENT#event` | `EVENT#event`, where it is for everyone |
//! | its sealed secrets | `PARTNER#id` | `WEBHOOK_SECRET#id` | | |
//! | one webhook per event, url, filters | `PARTNER#id` | `WEBHOOK_UNIQUE#digest` | | |
//! | delivery log row | `WEBHOOK#id` | `LOG#time#message#attempt` | | |
//! | dead letter | `WEBHOOK#id` | `DEAD#message` | | |
//! | records too large for the queue | `WEBHOOK#id` | `CLAIM#message` | | |
//! | newest number of a fleet's messages | `WEBHOOK#id` | `SEQUENCE#fleet` | | |
//! | message under its number | `WEBHOOK#id` | `EVENT#fleet#number` | | |
//! | number of a message | `WEBHOOK#id` | `NUMBER#message` | | |
//! | running counts of attempts | `WEBHOOK#id` | `HEALTH` | | |
//! | counts of an hour | `WEBHOOK#id` | `HOUR#time` | | |
//! | how far a snapshot was sent | `WEBHOOK#id` | `SNAPSHOT` | | |
//! | message that waits | `PARKED#minute#shard` | `time#id` | | |
//! | how far waiting messages were sent on | `PARKED` | `WOKEN` | | |
//! | how far timers were compared | `TIMERS` | `WALK` | | |
//! | deadline | `DEADLINES#hour` | `time#kind#id` | | |
//! | how far deadlines were enforced | `DEADLINES` | `ENFORCED` | | |
//! | Connect session | `SESSION#digest` | `SESSION` | | |
//! | browser that opens a used link | `SESSION#digest` | `BROWSER` | | |
//! | what a fleet gave before a sign-in | `PRE_AUTH#id` | `PRE_AUTH` | | |
//! | refused credentials | `TRIALS#subject` | `TRIALS` | | |
//! | wrong guesses of secrets | `GUESSES#digest` | `GUESSES` | | |
//! | requests that a caller may send | `LIMIT#caller` | `LIMIT` | | |
//! | revoked token | `REVOKED#jti` | `REVOKED` | | |
//! | request with an idempotency key | `REQUEST#digest` | `REQUEST` | | |
//! | what was erased of a fleet | `ERASURE#digest` | `ERASURE` | | |
//! | platform secrets | `PLATFORM` | `SECRETS` | | |
//! | the platform's application at a TSP | `PLATFORM` | `SIGN_IN#slug` | | |
//! | root key of a TSP's credentials | `PLATFORM` | `ROOT#tsp` | | |

use std::collections::HashMap;
use std::fmt::Display;

use aws_sdk_dynamodb::types::AttributeValue;
use model::{
    AgreementId, ConnectionId, FleetId, InvitationId, OperationId, PartnerId, Resource, ScheduleId, Timestamp, WebhookId,
};

/// Partition and sort key of one item.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Partition.
    pub pk: String,
    /// Place in it.
    pub sk: String,
}

impl Key {
    fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }

    pub(crate) fn attributes(&self) -> HashMap<String, AttributeValue> {
        HashMap::from([
            ("pk".to_owned(), AttributeValue::S(self.pk.clone())),
            ("sk".to_owned(), AttributeValue::S(self.sk.clone())),
        ])
    }

    /// A partner.
    #[must_use]
    pub fn partner(id: PartnerId) -> Self {
        Self::new(partner(id), "PARTNER")
    }

    /// A machine client.
    #[must_use]
    pub fn client(client_id: &str) -> Self {
        Self::new(format!("CLIENT#{client_id}"), "CLIENT")
    }

    /// An invitation.
    #[must_use]
    pub fn invitation(id: InvitationId) -> Self {
        Self::new(invitation(id), "INVITATION")
    }

    /// A consent, under its invitation; consents sort by time.
    #[must_use]
    pub fn consent(id: InvitationId, at: Timestamp) -> Self {
        Self::new(invitation(id), format!("CONSENT#{at}"))
    }

    /// The claim of a fleet_ref by an invitation.
    #[must_use]
    pub fn invitation_ref(partner_id: PartnerId, fleet_ref: &str) -> Self {
        Self::new(partner(partner_id), format!("INVITATION_REF#{fleet_ref}"))
    }

    /// A fleet.
    #[must_use]
    pub fn fleet(id: FleetId) -> Self {
        Self::new(fleet(id), "FLEET")
    }

    /// An agreement, under its partner.
    #[must_use]
    pub fn agreement(partner_id: PartnerId, id: AgreementId) -> Self {
        Self::new(partner(partner_id), format!("AGREEMENT#{id}"))
    }

    /// The revision that every write of the item at this key moves: only agreements have one. It is in sixteen parts, so that writes of
    /// a partner's agreements seldom wait for each other.
    pub(super) fn revision(&self) -> Option<Self> {
        let part = self.sk.strip_prefix("AGREEMENT#")?.chars().next_back()?;
        Some(Self::new(self.pk.clone(), format!("{REVISION}{part}")))
    }

    /// A fleet's tie to a connection.
    #[must_use]
    pub fn fleet_connection(fleet_id: FleetId, id: ConnectionId) -> Self {
        Self::new(fleet(fleet_id), format!("CONNECTION#{id}"))
    }

    /// A fleet's request for a provider of the registry: one for each.
    #[must_use]
    pub fn integration_request(fleet_id: FleetId, provider: impl Display) -> Self {
        Self::new(fleet(fleet_id), format!("TSP_REQUEST#{provider}"))
    }

    /// That a partner was shown records of a fleet, under the fleet; accesses of a partner sort by day.
    #[must_use]
    pub fn access(fleet_id: FleetId, partner: PartnerId, day: Timestamp, resource: Resource, way: &str) -> Self {
        Self::new(fleet(fleet_id), format!("{}{}#{resource}#{way}", accesses_of(partner), day.date()))
    }

    /// A connection.
    #[must_use]
    pub fn connection(id: ConnectionId) -> Self {
        Self::new(connection(id), "CONNECTION")
    }

    /// The sealed credentials of a connection.
    #[must_use]
    pub fn credentials(id: ConnectionId) -> Self {
        Self::new(connection(id), "CREDENTIALS")
    }

    /// The open session of a connection.
    #[must_use]
    pub fn account_session(id: ConnectionId) -> Self {
        Self::new(connection(id), "SESSION")
    }

    /// Which run replaces the tokens of a connection, or logs in.
    #[must_use]
    pub fn refreshing(id: ConnectionId) -> Self {
        Self::new(connection(id), "REFRESHING")
    }

    /// The claim of a TSP account by a connection.
    #[must_use]
    pub fn account(tsp: impl Display, account: &str) -> Self {
        Self::new(format!("ACCOUNT#{tsp}#{account}"), "ACCOUNT")
    }

    /// The request budget of an account under a limit of its TSP.
    #[must_use]
    pub fn budget(source_name: &str, account: &str, class: &str) -> Self {
        Self::new(budgets(source_name, account), class)
    }

    /// A schedule, under its connection.
    #[must_use]
    pub fn schedule(connection_id: ConnectionId, id: ScheduleId) -> Self {
        Self::new(connection(connection_id), format!("SCHEDULE#{id}"))
    }

    /// The claim of a resource by a schedule.
    #[must_use]
    pub fn schedule_for(connection_id: ConnectionId, resource: Resource) -> Self {
        Self::new(connection(connection_id), format!("SCHEDULE_FOR#{resource}"))
    }

    /// A write to a TSP, under its connection.
    #[must_use]
    pub fn operation(connection_id: ConnectionId, id: OperationId) -> Self {
        Self::new(connection(connection_id), format!("{OPERATION}{id}"))
    }

    /// A run, under its schedule.
    #[must_use]
    pub fn execution(schedule_id: ScheduleId, id: impl Display) -> Self {
        Self::new(executions(schedule_id), format!("{EXECUTION}{id}"))
    }

    /// A row that was set aside, under its schedule.
    #[must_use]
    pub fn set_aside(schedule_id: ScheduleId, id: impl Display) -> Self {
        Self::new(executions(schedule_id), format!("ASIDE#{id}"))
    }

    /// A TSP by slug.
    #[must_use]
    pub fn tsp(slug: &str) -> Self {
        Self::new(TSPS, slug)
    }

    /// A webhook, under its partner.
    #[must_use]
    pub fn webhook(partner_id: PartnerId, id: WebhookId) -> Self {
        Self::new(partner(partner_id), format!("WEBHOOK#{id}"))
    }

    /// The sealed secrets of a webhook.
    #[must_use]
    pub fn webhook_secret(partner_id: PartnerId, id: WebhookId) -> Self {
        Self::new(partner(partner_id), format!("WEBHOOK_SECRET#{id}"))
    }

    /// The claim of (event, url, filters) by a webhook.
    #[must_use]
    pub fn webhook_unique(partner_id: PartnerId, digest: &str) -> Self {
        Self::new(partner(partner_id), format!("WEBHOOK_UNIQUE#{digest}"))
    }

    /// A delivery log row; rows sort by time.
    #[must_use]
    pub fn delivery_log(id: WebhookId, at: impl Display, message: impl Display, attempt: u32) -> Self {
        Self::new(deliveries(id), format!("LOG#{at}#{message}#{attempt}"))
    }

    /// A message that was given up.
    #[must_use]
    pub fn dead_letter(id: WebhookId, message: impl Display) -> Self {
        Self::new(deliveries(id), format!("DEAD#{message}"))
    }

    /// Records of a message that are too large for the queue.
    #[must_use]
    pub fn claim(id: WebhookId, message: impl Display) -> Self {
        Self::new(deliveries(id), format!("CLAIM#{message}"))
    }

    /// The newest number of a webhook's messages for a fleet.
    #[must_use]
    pub fn sequence(id: WebhookId, fleet: Option<FleetId>) -> Self {
        Self::new(deliveries(id), format!("SEQUENCE#{}", name_of(fleet)))
    }

    /// A message under its number; messages sort by number.
    #[must_use]
    pub fn numbered(id: WebhookId, fleet: Option<FleetId>, number: u64) -> Self {
        Self::new(deliveries(id), format!("{}{number:020}", numbered_prefix(fleet)))
    }

    /// The number of a message.
    #[must_use]
    pub fn number_of(id: WebhookId, message: impl Display) -> Self {
        Self::new(deliveries(id), format!("NUMBER#{message}"))
    }

    /// The running counts of a webhook's attempts.
    #[must_use]
    pub fn health(id: WebhookId) -> Self {
        Self::new(deliveries(id), "HEALTH")
    }

    /// The counts of one hour.
    #[must_use]
    pub fn health_hour(id: WebhookId, start: Timestamp) -> Self {
        Self::new(deliveries(id), format!("HOUR#{start}"))
    }

    /// How far the snapshot of a webhook was sent.
    #[must_use]
    pub fn snapshot(id: WebhookId) -> Self {
        Self::new(deliveries(id), "SNAPSHOT")
    }

    /// A message that waits, in a partition of its minute.
    #[must_use]
    pub fn parked(due: Timestamp, shard: u8, id: impl Display) -> Self {
        Self::new(parked(due, shard), format!("{due}#{id}"))
    }

    /// How far waiting messages were sent on.
    #[must_use]
    pub fn woken() -> Self {
        Self::new("PARKED", "WOKEN")
    }

    /// A deadline, in the partition of its hour.
    #[must_use]
    pub fn deadline(at: Timestamp, subject: impl Display) -> Self {
        Self::new(deadlines(at), format!("{at}#{subject}"))
    }

    /// How far deadlines were enforced.
    #[must_use]
    pub fn enforced() -> Self {
        Self::new("DEADLINES", "ENFORCED")
    }

    /// A Connect session, by the digest of its cookie.
    #[must_use]
    pub fn session(digest: &str) -> Self {
        Self::new(format!("SESSION#{digest}"), "SESSION")
    }

    /// A browser that opens a used link, by the digest of its cookie.
    #[must_use]
    pub fn browser(digest: &str) -> Self {
        Self::new(format!("SESSION#{digest}"), "BROWSER")
    }

    /// What a fleet gave before it signs in at a provider.
    #[must_use]
    pub fn pre_auth(id: impl Display) -> Self {
        Self::new(format!("PRE_AUTH#{id}"), "PRE_AUTH")
    }

    /// The refused credentials of a subject.
    #[must_use]
    pub fn trials(subject: &str) -> Self {
        Self::new(format!("TRIALS#{subject}"), "TRIALS")
    }

    /// The wrong guesses of a subject.
    #[must_use]
    pub fn guesses(subject: &str) -> Self {
        Self::new(format!("GUESSES#{subject}"), "GUESSES")
    }

    /// The requests that a caller may send. Roles name the beginning of the key.
    #[must_use]
    pub fn rate_limit(caller: &str) -> Self {
        Self::new(format!("LIMIT#{caller}"), "LIMIT")
    }

    /// A revoked token.
    #[must_use]
    pub fn revocation(jti: &str) -> Self {
        Self::new(format!("REVOKED#{jti}"), "REVOKED")
    }

    /// A request that carried an idempotency key.
    #[must_use]
    pub fn keyed_request(digest: &str) -> Self {
        Self::new(format!("REQUEST#{digest}"), "REQUEST")
    }

    /// The erasure of a fleet, by a digest of its id.
    #[must_use]
    pub fn erasure(digest: &str) -> Self {
        Self::new(format!("ERASURE#{digest}"), "ERASURE")
    }

    /// How far the walk that compares schedules with their timers has come.
    #[must_use]
    pub fn timers_walk() -> Self {
        Self::new("TIMERS", "WALK")
    }

    /// The platform's own secrets.
    #[must_use]
    pub fn platform_secrets() -> Self {
        Self::new("PLATFORM", "SECRETS")
    }

    /// The platform's application at a TSP.
    #[must_use]
    pub fn sign_in_client(slug: &str) -> Self {
        Self::new("PLATFORM", format!("SIGN_IN#{slug}"))
    }

    /// The root key under which credentials of a TSP (by its source name) are sealed.
    #[must_use]
    pub fn root_key(tsp: &str) -> Self {
        Self::new("PLATFORM", format!("ROOT#{tsp}"))
    }
}

/// How the sort keys of revisions begin.
pub(super) const REVISION: &str = "REVISION#";

/// The partitions of index 1 over which the schedules are spread.
pub(super) const SCHEDULE_SHARDS: u8 = 16;

/// The one of them that a schedule is in.
pub(super) fn schedule_shard(id: ScheduleId) -> u8 {
    id.uuid().as_bytes().last().map_or(0, |last| last % SCHEDULE_SHARDS)
}

/// Partition of index 1: which schedules there are, by a part of their ids.
#[must_use]
pub fn schedules_in(shard: u8) -> String {
    format!("SCHEDULES#{shard}")
}

/// Partition of the request budgets of an account.
#[must_use]
pub fn budgets(source_name: &str, account: &str) -> String {
    format!("BUDGET#{source_name}#{account}")
}

/// Start of the places of writes to a TSP under their connection.
pub(super) const OPERATION: &str = "OPERATION#";

/// Start of the places of executions under their schedule.
pub const EXECUTION: &str = "EXECUTION#";

/// Index 1: all partners, by id.
pub const PARTNERS: &str = "PARTNERS";

/// Partition of all TSPs.
pub const TSPS: &str = "TSPS";

/// Partition of a partner.
#[must_use]
pub fn partner(id: PartnerId) -> String {
    format!("PARTNER#{id}")
}

/// Partition of an invitation.
#[must_use]
pub fn invitation(id: InvitationId) -> String {
    format!("INVITATION#{id}")
}

/// Partition of a fleet.
#[must_use]
pub fn fleet(id: FleetId) -> String {
    format!("FLEET#{id}")
}

/// Start of the places of a partner's accesses under a fleet.
#[must_use]
pub fn accesses_of(id: PartnerId) -> String {
    format!("ACCESS#{id}#")
}

/// Partition of a connection.
#[must_use]
pub fn connection(id: ConnectionId) -> String {
    format!("CONNECTION#{id}")
}

/// Partition of a schedule's executions, and of what was set aside.
#[must_use]
pub fn executions(id: ScheduleId) -> String {
    format!("SCHEDULE#{id}")
}

/// Partition of a webhook's logs and dead letters.
#[must_use]
pub fn deliveries(id: WebhookId) -> String {
    format!("WEBHOOK#{id}")
}

/// Start of the places of a webhook's numbered messages for a fleet.
#[must_use]
pub fn numbered_prefix(fleet: Option<FleetId>) -> String {
    format!("EVENT#{}#", name_of(fleet))
}

fn name_of(fleet: Option<FleetId>) -> String {
    fleet.map_or_else(|| "-".to_owned(), |fleet| fleet.to_string())
}

/// Partition of the messages that are due in one minute (UTC).
#[must_use]
pub fn parked(at: Timestamp, shard: u8) -> String {
    let minute: String = at.to_string().chars().take(16).collect();
    format!("PARKED#{minute}#{shard}")
}

/// Partition of the deadlines of one hour (UTC).
#[must_use]
pub fn deadlines(at: Timestamp) -> String {
    let hour: String = at.to_string().chars().take(13).collect();
    format!("DEADLINES#{hour}")
}

/// Index 1: a partner's invitations, by id.
#[must_use]
pub fn invitations_of(id: PartnerId) -> String {
    format!("PARTNER#{id}#INVITATIONS")
}

/// Index 2: a partner's invitations of one fleet_ref, by id.
#[must_use]
pub fn invitations_for(id: PartnerId, fleet_ref: &str) -> String {
    format!("PARTNER#{id}#INVITATIONS#{fleet_ref}")
}

/// Index 1: the writes to TSPs that a partner asked for, by age.
#[must_use]
pub fn operations_of(id: PartnerId) -> String {
    format!("PARTNER#{id}#OPERATIONS")
}

/// Index 1: a fleet's agreements.
#[must_use]
pub fn agreements_of(id: FleetId) -> String {
    format!("FLEET#{id}#AGREEMENTS")
}

/// Index 1: the requests for providers of the fleets that a partner invited, by age.
#[must_use]
pub fn integration_requests_of(id: PartnerId) -> String {
    format!("PARTNER#{id}#TSP_REQUESTS")
}

/// Index 1: the fleets tied to a connection.
#[must_use]
pub fn fleets_of(id: ConnectionId) -> String {
    format!("CONNECTION#{id}#FLEETS")
}

/// Index 1: a partner's subscriptions to one event.
#[must_use]
pub fn subscriptions_to(id: PartnerId, event: &str) -> String {
    format!("PARTNER#{id}#EVENT#{event}")
}

/// Index 2: the subscriptions of all partners to an event that is for everyone.
#[must_use]
pub fn subscribers_of(event: &str) -> String {
    format!("EVENT#{event}")
}
