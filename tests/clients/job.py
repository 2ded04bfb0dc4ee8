"""The main job, and every other published operation, through the clients that openapi-python-client makes.

    job.py URL    # the generated packages are on PYTHONPATH, OPERATOR_SECRET is that of the client clients-operator

Partner, fleet, administrator and receiver in one program against a running local platform. Every answer is parsed into the class that the
documents name, and so is every webhook message.
"""

import base64
import datetime
import gzip
import hashlib
import hmac
import importlib
import inspect
import json
import os
import pkgutil
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import catena_auth.client
import catena_integrations.client
import catena_notifications.client
import catena_orgs.client
import catena_telematics.client
from catena_auth.models import RevocationRequest, TokenRequest, TokenRequestGrantType, TokenResponse
from catena_integrations.models import ApiBasicCredsInput, ApiKeyCredsInput, ConnectionCreate, ConnectionPreAuthCreate
from catena_integrations.models import ConnectionRead
from catena_integrations.models import ConnectionUpdate, DataFreshness, TokenCredsInput
from catena_integrations.models import ScheduleBackfillRequest, ScheduleCreate, ScheduleUpdate
from catena_notifications import models as messages
from catena_notifications.models import WebhookCreate, WebhookEventNameEnum, WebhookFilters, WebhookUpdate
from catena_orgs.models import InvitationCreate, InvitationDecline, InvitationRead, ShareAgreementUpdate, TspRead
from catena_orgs.models import EmbedKeyCreate, EmbedKeyUpdate
from catena_orgs.models import FleetPropertyCreate, FleetUpdate, IntegrationRequestBody, PartnerCreate, PartnerPropertyCreate
from catena_orgs.models import PartnerUpdate, Permissions, ShareAgreementBackfill, TspCreate, TspUpdate
from catena_telematics.models import DvirLogCreate, FuelTransactionCreate, FuelVolumeUnitEnum, GroupMessageCreate, MessageCreate
from catena_telematics.models import ResourceOperation, VehicleRegionSegmentsListGroupBy
from catena_telematics.models import TrailerCreate, TrailerUpdate, UserCreate, UserUpdate, VehicleCreate, VehicleUpdate
from standardwebhooks import Webhook as StandardWebhook
from svix.webhooks import Webhook as SvixWebhook

PACKAGES = ["catena_auth", "catena_orgs", "catena_integrations", "catena_telematics", "catena_notifications"]
EVENTS = [
    "invitation.created",
    "invitation.accepted",
    "share_agreement.created",
    "share_agreement.updated",
    "connection.created",
    "fleet_connection.created",
    "vehicle.added",
    "user.added",
    "vehicle_location.added",
    "hos_event.added",
]
# What happens to the simulated drivers now and then, what is dated long ago, and what the linked provider does not have.
MAY_BE_EMPTY = {
    "engine_logs_list", "fuel_transactions_list", "group_messages_list", "hos_violations_list", "ifta_summaries_list",
    "workflows_list",
}
CLIENT_ID, CLIENT_SECRET, TSP_TOKEN, MOTIVE_KEY = "demo", "local-demo-secret", "samsara_api_demo2", "motive_key_demo2"
WEBHOOK_SECRET = "whsec_" + base64.b64encode(b"secret of the check of all clients").decode()
SECONDS = 40


class Api:
    """Calls operations by id, and keeps which ones it has called."""

    def __init__(self, url):
        self.url = url
        self.called = set()
        self.operations = {}
        for package in PACKAGES:
            api = importlib.import_module(f"{package}.api")
            for module in pkgutil.walk_packages(api.__path__, f"{package}.api."):
                if not module.ispkg:
                    self.operations[module.name.rsplit(".", 1)[-1]] = importlib.import_module(module.name)

    def call(self, operation, *args, token=None, expect=200, **members):
        """The parsed answer, which has the expected status and a class of its own."""
        module = self.operations[operation]
        package = sys.modules[module.__name__.split(".")[0]]
        base = f"{self.url}/realms/catena" if package.__name__ == "catena_auth" else self.url
        plain = {"base_url": base, "raise_on_unexpected_status": True}
        client = package.AuthenticatedClient(token=token, **plain) if token else package.Client(**plain)
        answer = module.sync_detailed(*args, client=client, **members)
        if answer.status_code != expect:
            sys.exit(f"{operation} answered {answer.status_code} instead of {expect}: {answer.content[:500]}")
        self.called.add(operation)
        return answer.parsed

    def until(self, found, operation, *args, **members):
        """The first answer that `found` accepts."""
        end = time.monotonic() + SECONDS
        while True:
            answer = self.call(operation, *args, **members)
            if found(answer):
                return answer
            if time.monotonic() > end:
                sys.exit(f"{operation} has not answered what it should within {SECONDS} s: {answer}")
            time.sleep(0.2)


class Receiver(ThreadingHTTPServer):
    """Takes webhooks in: checks their signatures, also with the libraries for it, and parses them into the class of their event."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Delivery)
        self.received = {}
        self.faults = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}/webhooks"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Delivery(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers["content-encoding"] == "gzip":
            body = gzip.decompress(body)
        try:
            self.take_in(body)
        except Exception as fault:
            self.server.faults.append(f"{self.headers['x-event-type']}: {fault!r}: {body[:500]}")
        self.send_response(202)
        self.end_headers()

    def take_in(self, body):
        stamp, signature = self.headers["x-catena-timestamp"], self.headers["x-catena-signature"]
        signed = hmac.new(WEBHOOK_SECRET.encode(), stamp.encode() + b"." + body, hashlib.sha256).digest()
        if not hmac.compare_digest(base64.b64encode(signed).decode(), signature):
            raise ValueError("the signature does not match")
        headers = {name.lower(): value for name, value in self.headers.items()}
        for library in [StandardWebhook, SvixWebhook]:
            library(WEBHOOK_SECRET).verify(body, headers)
        envelope = json.loads(body)
        event = envelope["event_name"]
        name = "".join(word.capitalize() for word in event.replace(".", "_").split("_"))
        message = getattr(messages, name).from_dict(envelope)
        if message.event_name != event or not message.data:
            raise ValueError("the message is not of its event")
        self.server.received.setdefault(event, []).append(message)

    def log_message(self, *_):
        pass


def tokens(api, client_id=CLIENT_ID, client_secret=CLIENT_SECRET):
    grant = TokenRequest(
        grant_type=TokenRequestGrantType.CLIENT_CREDENTIALS,
        client_id=client_id,
        client_secret=client_secret,
        scope="organization",
    )
    answer = api.call("auth_token", body=grant)
    assert isinstance(answer, TokenResponse), answer
    return answer.access_token


def subscriptions(api, partner, receiver, fleet_ref):
    """One subscription per event of the main job, and everything that can be done to one."""
    ids = {}
    for event in EVENTS:
        filters = WebhookFilters(fleet_ids=None, fleet_refs=[fleet_ref])
        wanted = WebhookCreate(
            url=receiver.url, event_name=WebhookEventNameEnum(event), secret=WEBHOOK_SECRET, filters=filters
        )
        ids[event] = api.call("webhooks_create", body=wanted, token=partner).id
    listed = api.call("webhooks_list", token=partner, event_name=WebhookEventNameEnum.VEHICLE_ADDED)
    assert ids["vehicle.added"] in {webhook.id for webhook in listed.items}
    spare = WebhookCreate(url=receiver.url + "/spare", event_name=WebhookEventNameEnum.TSP_CREATED, sequence=True)
    spare = api.call("webhooks_create", body=spare, token=partner)
    assert spare.secret, "no secret was made"
    changed = WebhookUpdate(url=receiver.url + "/changed", filters=None)
    api.call("webhooks_update", spare.id, body=changed, token=partner)
    assert api.call("webhooks_get", spare.id, token=partner).filters is None
    assert api.call("webhooks_events", spare.id, token=partner).last_seq == 0
    for action in ["pause", "activate"]:
        api.call(f"webhooks_{action}", spare.id, token=partner)
    api.call("webhooks_replay", spare.id, token=partner, expect=202)
    assert api.call("webhooks_metrics", ids["vehicle.added"], token=partner).dlq_count == 0
    api.call("schemas_get", "vehicle.added", token=partner)
    schema = api.call("schemas_version", "vehicle.added", "3.0", token=partner)
    assert json.loads(schema.openapi_schema)["openapi"].startswith("3.0"), schema
    api.call("webhooks_delete", spare.id, token=partner, expect=204)
    return ids


def invitation(api, partner, fleet_ref):
    """The tokens of a fleet that accepts."""
    wanted = InvitationCreate(fleet_ref=fleet_ref, fleet_name="Python Trucking", fleet_country_code="USA")
    made = api.call("invitations_create", body=wanted, token=partner, idempotency_key=fleet_ref, expect=201)
    assert isinstance(made, InvitationRead) and made.accepted_at is None, made
    api.call("invitations_create", body=wanted, token=partner, expect=200)
    api.call("invitations_get", made.id)
    listed = api.call("invitations_list", token=partner, fleet_ref=fleet_ref)
    assert [one.id for one in listed.items] == [made.id] and listed.total == 1
    for end in ["declined", "deleted"]:
        other = api.call(
            "invitations_create", body=InvitationCreate(fleet_ref=f"{fleet_ref}-{end}"), token=partner, expect=201
        )
        if end == "declined":
            api.call("invitations_decline", other.id, body=InvitationDecline(decline_reason="no"))
        else:
            api.call("invitations_delete", other.id, token=partner, expect=204)
    accepted = api.call("invitations_accept", made.id)
    again = api.call("invitations_accept", made.id, expect=409)
    assert again.code == 409 and again.detail, again
    return accepted.pre_registration_access_token


def connection(api, partner, fleet, fleet_ref):
    tsps = api.call("tsps_list", slug="samsara")
    assert len(tsps) == 1 and isinstance(tsps[0], TspRead), tsps
    tsp = api.call("tsps_get", tsps[0].id)
    wrong = ConnectionCreate(tsp_id=tsp.id, credentials=TokenCredsInput(token="wrong"))
    refused = api.call("connections_create", body=wrong, token=fleet, expect=422)
    assert refused.detail[0].error_type == "credentials_rejected", refused
    kept = ConnectionPreAuthCreate(tsp_id=tsp.id, pre_auth_credentials=ApiBasicCredsInput(username="u", password="p"))
    assert isinstance(api.call("connections_create_pre_auth", body=kept, token=fleet, expect=201), uuid.UUID)
    right = ConnectionCreate(tsp_id=tsp.id, credentials=TokenCredsInput(token=TSP_TOKEN), description="All trucks")
    made = api.call("connections_create", body=right, token=fleet)
    assert isinstance(made, ConnectionRead), made
    named = api.call("connections_update", made.id, body=ConnectionUpdate(description="Half of the trucks"), token=fleet)
    assert named.description == "Half of the trucks", named
    fetched = api.call("tsp_integrations_get", tsp.id)
    assert fetched.implemented_count > 0 and tsp.id in [one.tsp_id for one in api.call("tsp_integrations_list").items], fetched
    api.call("connections_get", made.id, token=partner)
    listed = api.call("connections_list", token=partner, fleet_refs=[fleet_ref])
    assert [one.id for one in listed.items] == [made.id]
    api.call("connections_delete", made.id, token=partner, expect=403)
    schedules = api.call("schedules_list", made.id, token=partner).items
    assert schedules, "no schedules"
    for schedule in schedules:
        api.call("schedules_get", made.id, schedule.id, token=partner)
        done = lambda page: any(run.status == "success" for run in page.items)
        api.until(done, "executions_list", made.id, schedule.id, token=partner)
    fresh = api.call("connections_data_freshness", token=partner, fleet_refs=[fleet_ref])
    assert all(isinstance(one, DataFreshness) for one in fresh) and len(fresh) == len(schedules)
    budgeted = api.call("connections_data_freshness", token=partner, fleet_refs=[fleet_ref], include_request_budget=True)
    derived = [one.resource for one in budgeted if not one.request_budget]
    assert derived == ["vehicle_region_segment"], derived
    budgets = [one.request_budget for one in budgeted if one.request_budget]
    assert all(budget.requests > 0 and 0 < budget.share <= 1 for budget in budgets), budgets
    return made.id


def administration(api, admin, connection_id):
    """What administrators of the platform do."""
    schedule = api.call("schedules_list", connection_id, token=admin).items[0]
    changed = ScheduleUpdate.from_dict({"status": "paused", "execution_interval_seconds": 300})
    paused = api.call("schedules_update", connection_id, schedule.id, body=changed, token=admin)
    assert paused.status == "paused" and paused.execution_interval_seconds == 300, paused
    assert api.call("schedules_activate", connection_id, schedule.id, token=admin).status == "active"
    assert api.call("schedules_activate_all", connection_id, token=admin) == []
    api.call("schedules_delete", connection_id, schedule.id, token=admin, expect=204)
    wanted = ScheduleCreate.from_dict({"resource": schedule.resource})
    assert api.call("schedules_create", connection_id, body=wanted, token=admin).id == schedule.id
    everywhere = {"resource": schedule.resource}
    filled = api.call("schedules_backfill", body=ScheduleBackfillRequest.from_dict(everywhere), token=admin)
    assert filled.connection_ids == [], filled
    added = api.call("share_agreements_backfill", body=ShareAgreementBackfill.from_dict(everywhere), token=admin)
    assert added.share_agreement_ids == [], added
    made = api.call("partners_create", body=PartnerCreate(name=f"Partner {uuid.uuid4()}"), token=admin, expect=201)
    assert made.id in [one.id for one in api.call("partners_list", token=admin).items]
    api.call("partners_update", made.id, body=PartnerUpdate(description="Insures"), token=admin)
    assert api.call("partners_get", made.id, token=admin).description == "Insures"
    notes = [PartnerPropertyCreate.from_dict({"key": "notes", "value": "by a program"})]
    (note,) = api.call("partners_create_properties", made.id, body=notes, token=admin, expect=201)
    assert api.call("partners_list_properties", made.id, token=admin) == [note]
    api.call("partners_delete_property", made.id, note.id, token=admin, expect=204)
    pages = EmbedKeyCreate.from_dict({"origins": ["https://app.example"]})
    key = api.call("embed_keys_create", made.id, body=pages, token=admin, expect=201).key
    more = EmbedKeyUpdate.from_dict({"origins": ["https://app.example", "http://localhost:3000"]})
    assert len(api.call("embed_keys_update", made.id, key, body=more, token=admin).origins) == 2
    assert [one.key for one in api.call("embed_keys_list", made.id, token=admin)] == [key]
    api.call("embed_keys_delete", made.id, key, token=admin, expect=204)
    api.call("partners_delete", made.id, token=admin, expect=204)
    soon = {"name": f"Soon {uuid.uuid4()}", "source_name": "zonar", "conn_type": "geotab", "status": "inactive"}
    tsp = api.call("tsps_create", body=TspCreate.from_dict(soon), token=admin, expect=201)
    api.call("tsps_update", tsp.id, body=TspUpdate(description="Announced"), token=admin)
    api.call("tsps_delete", tsp.id, token=admin, expect=204)


def record(api, partner):
    """A fleet keeps its own record, asks for a provider, and leaves."""
    fleet_ref = f"python-{uuid.uuid4()}"
    made = api.call("invitations_create", body=InvitationCreate(fleet_ref=fleet_ref), token=partner, expect=201)
    accepted = api.call("invitations_accept", made.id)
    fleet, token = accepted.fleet_id, accepted.pre_registration_access_token
    changed = api.call("fleets_update", fleet, body=FleetUpdate(city="Reno"), token=token)
    assert changed.city == "Reno" and changed.fleet_ref == fleet_ref, changed
    place = [FleetPropertyCreate.from_dict({"key": "location", "value": "Reno"})]
    (place,) = api.call("fleets_create_properties", fleet, body=place, token=token, expect=201)
    assert api.call("fleets_list_properties", fleet, token=partner) == [place]
    api.call("fleets_delete_property", fleet, place.id, token=token, expect=204)
    (wanted,) = api.call("external_tsps_list", q="platform scince", token=token)
    wish = IntegrationRequestBody(fleet_contact_name="Ana")
    asked = api.call("external_tsps_request", wanted.id, body=wish, token=token, expect=201)
    assert asked.ext_tsp_name == wanted.name and asked.integrated_tsp_ids == [], asked
    assert asked.id in [one.id for one in api.call("external_tsps_list_requests", token=partner, fleet_ref=fleet_ref)]
    api.call("fleets_delete", fleet, token=token, expect=204)


def analytics(api, partner, fleet_refs):
    """Counts, lists and series of what there is now agree."""
    overview = api.call("analytics_overview", token=partner, fleet_refs=fleet_refs)
    for kind in ["vehicle", "driver", "trailer"]:
        number = getattr(overview, f"{kind}s")
        page = api.call(f"analytics_{kind}s", token=partner, fleet_refs=fleet_refs)
        days = api.call(f"analytics_{kind}_growth", token=partner, fleet_refs=fleet_refs, period_days=1)
        assert 0 < number <= page.total and len(days) == 2 and number <= days[-1].cumulative_count, (overview, page.total, days)
    for kind in ["vehicles", "trailers"]:
        page = api.call(f"analytics_live_{kind}", token=partner, fleet_refs=fleet_refs)
        assert page.items and page.items[0].tsp_slug, page
    [fleet] = api.call("analytics_fleets", token=partner, fleet_refs=fleet_refs).items
    assert fleet.fleet_ref == fleet_refs[0] and fleet.connections > 0, fleet
    assert api.call("analytics_fleet_growth", token=partner, fleet_refs=fleet_refs)[-1].cumulative_count == 1


def records(api, partner, fleet_ref):
    """Every list of records has rows, and every record is found by its id."""
    lists = [name for name, module in api.operations.items() if ".catena_telematics" in f".{module.__name__}"]
    segments = "vehicle_region_segments_list"
    for name in sorted(name for name in lists if name.endswith("_list") and name != segments):
        found = lambda page: page.items or name in MAY_BE_EMPTY
        asked = {"fleet_refs": [fleet_ref], "include_source_data": True}
        if "from_datetime" in inspect.signature(api.operations[name].sync_detailed).parameters:
            # On some days no vehicle has a defect.
            asked["from_datetime"] = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=7)
        page = api.until(found, name, token=partner, **asked)
        if not page.items:
            continue
        assert page.total >= len(page.items) and page.current_page, page
        one = name.replace("_list", "_get")
        if one in lists:
            assert api.call(one, page.items[0].id, token=partner).id == page.items[0].id
    for table in sorted(name for name in lists if name.startswith("tables_")):
        page = api.call(table, token=partner, size=2)
        assert page.total > len(page.items) == 2 and page.next_page, page
    analytics(api, partner, [fleet_ref])
    # They are worked out once an hour.
    asked = {"processing_date": datetime.date.today(), "group_by": VehicleRegionSegmentsListGroupBy.SEGMENT}
    page = api.call(segments, token=partner, fleet_refs=[fleet_ref], **asked)
    assert page.total == len(page.items), page
    report = api.call("dvir_logs_list", token=partner, fleet_refs=[fleet_ref]).items[0]
    api.call("dvir_log_defects_of_log", report.id, token=partner)
    entry = api.call("hos_events_list", token=partner, fleet_refs=[fleet_ref]).items[0]
    assert not api.call("hos_event_attachments_of_event", entry.id, token=partner).items
    newest = api.call("vehicle_locations_list", token=partner, fleet_refs=[fleet_ref]).items[0]
    history = api.call("vehicle_locations_list", token=partner, only_latest=False, vehicle_ids=[newest.vehicle_id], size=1)
    assert len(history.items) == 1, history
    refused = api.call("vehicle_locations_list", token=partner, only_latest=False, expect=422)
    assert refused.detail[0].path == "query.only_latest", refused


def linked(api, partner, fleet_ref, shared, slug, credentials):
    """A fleet that shares this of an account; the connection's id."""
    invitation = InvitationCreate(fleet_ref=fleet_ref, permissions=Permissions.from_dict(shared))
    made = api.call("invitations_create", body=invitation, token=partner, expect=201)
    fleet = api.call("invitations_accept", made.id).pre_registration_access_token
    [tsp] = api.call("tsps_list", slug=slug)
    return api.call("connections_create", body=ConnectionCreate(tsp_id=tsp.id, credentials=credentials), token=fleet).id


def workflows(api, partner):
    """Dispatches, which Motive has: planned, under way and over, with their stops."""
    fleet_ref = f"python-workflows-{uuid.uuid4()}"
    linked(api, partner, fleet_ref, {"workflow": "read"}, "motive", ApiKeyCredsInput(api_key=MOTIVE_KEY))
    has_all = lambda page: {"PLANNED", "ACTIVE", "COMPLETED"} <= {row.workflow_status for row in page.items}
    page = api.until(has_all, "workflows_list", token=partner, fleet_refs=[fleet_ref], sort_by="occurred_at", size=1000)
    row = api.call("workflows_get", page.items[-1].id, token=partner)
    assert row.driver_id and row.vehicle_id and [stop.sequence_number for stop in row.stops] == [*range(1, len(row.stops) + 1)], row
    assert all(stop.location_name and stop.location.coordinates and stop.scheduled_arrival for stop in row.stops), row


def writes(api, partner):
    """A driver is made at the provider and changed; what nobody shares is not written."""
    fleet_ref = f"python-writes-{uuid.uuid4()}"
    connection_id = linked(api, partner, fleet_ref, {"user": "read_write"}, "samsara", TokenCredsInput(token=TSP_TOKEN))
    driver = UserCreate(connection_id=connection_id, first_name="Ann", last_name="Lee", username=f"ann-{uuid.uuid4()}")
    done = api.call("users_create", body=driver, token=partner, is_sync=True)
    assert isinstance(done, ResourceOperation) and done.status == "success" and done.logs[0].response_status_code == 200, done
    refused = api.call("users_create", body=driver, token=partner, is_sync=True, expect=502)
    assert refused.logs[0].error_type == "validation" and refused.logs[0].error_details, refused
    change = UserUpdate(connection_id=connection_id, last_name="Moss")
    asked = api.call("users_update", str(done.resource_id), body=change, token=partner, expect=202)
    ended = lambda operation: operation.status != "pending"
    found = api.until(ended, "resource_operations_get", connection_id, asked.id, token=partner)
    assert found.status == "success" and found.resource_id == done.resource_id and found.fleet_ref == fleet_ref, found
    listed = api.call("resource_operations_list", token=partner, fleet_refs=[fleet_ref])
    assert [one.id for one in listed.items] == [done.id, refused.id, asked.id], listed
    nobody = {"connection_id": uuid.UUID(int=0)}
    user = uuid.UUID(int=0)
    fuel = {"driver_id": user, "vehicle_id": user, "fuel_volume": 9.5, "fuel_volume_unit": FuelVolumeUnitEnum.LITER}
    for operation, body in [
        ("vehicles_create", VehicleCreate(**nobody)),
        ("trailers_create", TrailerCreate(**nobody)),
        ("dvir_logs_create", DvirLogCreate(driver_id=user, **nobody)),
        ("fuel_transactions_create", FuelTransactionCreate(**fuel, **nobody)),
        ("messages_create", MessageCreate(sender_id=user, recipient_id=user, **nobody)),
        ("group_messages_create", GroupMessageCreate(sender_id=user, recipient_ids=[user], **nobody)),
    ]:
        assert api.call(operation, body=body, token=partner, expect=404).error_type == "connection_not_found"
    for operation, body in [("vehicles_update", VehicleUpdate(**nobody)), ("trailers_update", TrailerUpdate(**nobody))]:
        assert api.call(operation, "5", body=body, token=partner, expect=404).error_type == "connection_not_found"


def agreement(api, partner, fleet_ref):
    fleets = api.call("fleets_list", token=partner, fleet_refs=[fleet_ref])
    api.call("fleets_get", fleets.items[0].id, token=partner)
    held = api.call("share_agreements_list", token=partner, fleet_ref=fleet_ref).items[0]
    assert held.expiration_date is None and held.scopes["vehicle"] == "read", held
    end = held.effective_date.replace(year=held.effective_date.year + 5)
    api.call("share_agreements_update", held.id, body=ShareAgreementUpdate(expiration_date=end), token=partner)
    assert api.call("share_agreements_get", held.id, token=partner).expiration_date == end
    for action in ["pause", "activate", "cancel"]:
        api.call(f"share_agreements_{action}", held.id, token=partner)
    api.call("share_agreements_delete", held.id, token=partner, expect=204)
    missing = api.call("share_agreements_get", held.id, token=partner, expect=404)
    assert missing.code == 404, missing


def deliveries(api, partner, receiver, ids):
    """A message of every event came, each row of the log tells of one."""
    end = time.monotonic() + SECONDS
    while missing := set(EVENTS) - set(receiver.received):
        if time.monotonic() > end:
            sys.exit(f"no message of {sorted(missing)} came")
        time.sleep(0.1)
    if receiver.faults:
        sys.exit("messages are not what the documents say:\n" + "\n".join(receiver.faults[:5]))
    log = api.until(lambda page: page.items, "webhooks_logs", ids["vehicle.added"], token=partner)
    assert log.items[0].status_code == 202, log
    for webhook in ids.values():
        api.call("webhooks_delete", webhook, token=partner, expect=204)


def main(url):
    api, receiver = Api(url), Receiver()
    fleet_ref = f"python-{uuid.uuid4()}"
    partner = tokens(api)
    ids = subscriptions(api, partner, receiver, fleet_ref)
    fleet = invitation(api, partner, fleet_ref)
    connection_id = connection(api, partner, fleet, fleet_ref)
    administration(api, tokens(api, "clients-operator", os.environ["OPERATOR_SECRET"]), connection_id)
    record(api, partner)
    records(api, partner, fleet_ref)
    workflows(api, partner)
    writes(api, partner)
    agreement(api, partner, fleet_ref)
    deliveries(api, partner, receiver, ids)
    revoked = RevocationRequest(token=partner, client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
    api.call("auth_revoke", body=revoked)
    refused = api.call("fleets_list", token=partner, expect=401)
    assert refused.code == 401, refused
    left_out = set(api.operations) - api.called
    if left_out:
        sys.exit(f"operations that nothing calls: {sorted(left_out)}")
    print(f"Python: {len(api.called)} operations, messages of {len(receiver.received)} events")


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
