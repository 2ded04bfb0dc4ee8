// The main job, and every other published operation, through types that openapi-typescript makes and openapi-fetch uses.
//
//     node job.js URL
//
// Partner and fleet in one program against a running local platform. The compiler holds every path, member and answer against
// the documents; the program holds the platform against them.

import { createServer, type IncomingMessage } from "node:http";
import { gunzipSync } from "node:zlib";
import createClient from "openapi-fetch";
import { Webhook as StandardWebhook } from "standardwebhooks";
import { Webhook as SvixWebhook } from "svix";
import type { paths as Auth } from "./auth.js";
import type { paths as Integrations } from "./integrations.js";
import type { components as Webhooks, paths as Notifications } from "./notifications.js";
import type { paths as Orgs } from "./orgs.js";
import type { paths as Telematics } from "./telematics.js";

const url = (process.argv[2] ?? "").replace(/\/$/, "");
const credentials = { client_id: "demo", client_secret: "local-demo-secret" };
const seconds = 40;
/** The events of the messages that are verified. */
const MESSAGES = ["fleet_connection.created", "invitation.created", "share_agreement.created"] as const;

let called = 0;

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** The body of an answer with the expected status. */
async function ok<T>(asked: Promise<Answer<T>>, expected = 200): Promise<T> {
  const { data, error, response } = await asked;
  if (response.status !== expected) {
    throw new Error(`${response.url} answered ${response.status} instead of ${expected}: ${JSON.stringify(error ?? data)}`);
  }
  called += 1;
  return data as T;
}

/** The error of an answer with the expected status. */
async function refused<E>(asked: Promise<{ error?: E; response: Response }>, expected: number): Promise<E> {
  const { error, response } = await asked;
  if (response.status !== expected || error === undefined) {
    throw new Error(`${response.url} answered ${response.status} instead of ${expected}`);
  }
  called += 1;
  return error;
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

/** Asks again until the answer is as it should be. */
async function until<T>(ask: () => Promise<T>, found: (answer: T) => boolean): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (found(answer)) return answer;
    check(Date.now() < end, `not within ${seconds} s: ${JSON.stringify(answer)}`);
    await new Promise((done) => setTimeout(done, 200));
  }
}

const form = { bodySerializer: (body: object) => new URLSearchParams(Object.entries(body)) };
const auth = createClient<Auth>({ baseUrl: `${url}/realms/catena` });
const granted = await ok(
  auth.POST("/protocol/openid-connect/token", {
    ...form,
    body: { grant_type: "client_credentials", scope: "organization", ...credentials },
  }),
);

/** Clients that act with a token. */
function as(token: string) {
  const options = { baseUrl: url, headers: { Authorization: `Bearer ${token}` } };
  return {
    orgs: createClient<Orgs>(options),
    integrations: createClient<Integrations>(options),
    telematics: createClient<Telematics>(options),
    notifications: createClient<Notifications>(options),
  };
}

const partner = as(granted.access_token);
const anybody = createClient<Orgs>({ baseUrl: url });
const fleetRef = `typescript-${crypto.randomUUID()}`;

async function subscription(): Promise<void> {
  const { notifications } = partner;
  const body: Webhooks["schemas"]["WebhookCreate"] = { url: `${url}/nowhere`, event_name: "vehicle.added", sequence: true };
  const made = await ok(notifications.POST("/v2/notifications/webhooks", { body }));
  const webhook = Array.isArray(made) ? made[0]! : made;
  check(typeof webhook.secret === "string", "no secret was made");
  const path = { webhook_id: webhook.id };
  await ok(notifications.GET("/v2/notifications/webhooks", { params: { query: { event_name: "vehicle.added" } } }));
  const one = "/v2/notifications/webhooks/{webhook_id}";
  await ok(notifications.GET(one, { params: { path } }));
  await ok(notifications.PATCH(one, { params: { path }, body: { filters: { fleet_refs: [fleetRef] } } }));
  await ok(notifications.POST(`${one}/pause`, { params: { path } }));
  await ok(notifications.POST(`${one}/activate`, { params: { path } }));
  await ok(notifications.GET(`${one}/logs`, { params: { path } }));
  const events = await ok(notifications.GET(`${one}/events`, { params: { path } }));
  check(events.last_seq === 0 && events.items.length === 0, JSON.stringify(events));
  const metrics = await ok(notifications.GET(`${one}/metrics`, { params: { path } }));
  check(metrics.dlq_count === 0 && metrics.http_attempts["6h"] === 0, JSON.stringify(metrics));
  await ok(notifications.POST(`${one}/replay`, { params: { path } }), 202);
  await ok(notifications.DELETE(one, { params: { path } }), 204);
  const event = { event_name: "vehicle.added" };
  await ok(notifications.GET("/v2/notifications/schemas/{event_name}", { params: { path: event } }));
  const version = { ...event, version: "3.0" };
  const schema = await ok(notifications.GET("/v2/notifications/schemas/{event_name}/versions/{version}", { params: { path: version } }));
  check(JSON.parse(schema.openapi_schema).openapi.startsWith("3.0"), schema.openapi_schema);
}

/** Subscribes a receiver that verifies messages with the libraries for it; returns the events of those that came. */
async function receiver(): Promise<{ seen: string[]; close: () => void }> {
  const secret = `whsec_${Buffer.from("secret of the check of all clients").toString("base64")}`;
  const seen: string[] = [];
  const take = async (request: IncomingMessage): Promise<void> => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = gunzipSync(Buffer.concat(parts)).toString();
    const headers = request.headers as Record<string, string>;
    new SvixWebhook(secret).verify(body, headers);
    const message = new StandardWebhook(secret).verify(body, headers) as { event_name: string };
    seen.push(message.event_name);
  };
  const server = createServer((request, response) => {
    take(request).then(
      () => response.writeHead(202).end(),
      (fault: unknown) => {
        seen.push(String(fault));
        response.writeHead(400).end();
      },
    );
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  for (const event_name of MESSAGES) {
    const body = { url: `http://127.0.0.1:${port}/in`, event_name, secret, filters: { fleet_refs: [fleetRef] } };
    await ok(partner.notifications.POST("/v2/notifications/webhooks", { body }));
  }
  return { seen, close: () => server.close() };
}

/** The token of a fleet that accepts. */
async function invitation(): Promise<string> {
  const all = "/v2/orgs/invitations";
  const one = "/v2/orgs/invitations/{invitation_id}";
  const body = { fleet_ref: fleetRef, fleet_name: "TypeScript Trucking" };
  const header = { "Idempotency-Key": fleetRef };
  const made = await ok(partner.orgs.POST(all, { body, params: { header } }), 201);
  const path = { invitation_id: made.id };
  await ok(partner.orgs.POST(all, { body }));
  await ok(anybody.GET(one, { params: { path } }));
  const listed = await ok(partner.orgs.GET(all, { params: { query: { fleet_ref: fleetRef } } }));
  check(listed.total === 1 && listed.items[0]?.accepted_at === null, JSON.stringify(listed));
  const declined = await ok(partner.orgs.POST(all, { body: { fleet_ref: `${fleetRef}-declined` } }), 201);
  const reason = { decline_reason: "no" };
  await ok(anybody.POST(`${one}/decline`, { params: { path: { invitation_id: declined.id } }, body: reason }));
  const deleted = await ok(partner.orgs.POST(all, { body: { fleet_ref: `${fleetRef}-deleted` } }), 201);
  await ok(partner.orgs.DELETE(one, { params: { path: { invitation_id: deleted.id } } }), 204);
  const accepted = await ok(anybody.POST(`${one}/accept`, { params: { path } }));
  await refused(anybody.POST(`${one}/accept`, { params: { path } }), 409);
  return accepted.pre_registration_access_token ?? "";
}

async function connection(token: string): Promise<void> {
  const fleet = as(token);
  const tsps = await ok(anybody.GET("/v2/orgs/tsps", { params: { query: { slug: "samsara" } } }));
  const tsp = await ok(anybody.GET("/v2/orgs/tsps/{tsp_id}", { params: { path: { tsp_id: tsps[0]!.id } } }));
  const all = "/v2/integrations/connections";
  const one = "/v2/integrations/connections/{connection_id}";
  const wrong = await refused(fleet.integrations.POST(all, { body: { tsp_id: tsp.id, credentials: { token: "wrong" } } }), 422);
  check("detail" in wrong && JSON.stringify(wrong.detail).includes("credentials_rejected"), JSON.stringify(wrong));
  const right = { tsp_id: tsp.id, credentials: { token: "samsara_api_demo2" } };
  const made = await ok(fleet.integrations.POST(all, { body: right }));
  const path = { connection_id: made.id };
  await ok(fleet.integrations.PATCH(one, { params: { path }, body: { description: "Half of the trucks" } }));
  const fetched = await ok(partner.integrations.GET("/v2/integrations/tsps/{tsp_id}", { params: { path: { tsp_id: tsp.id } } }));
  check(fetched.implemented_count > 0, JSON.stringify(fetched));
  const query = { fleet_refs: [fleetRef] };
  await ok(partner.integrations.GET(all, { params: { query } }));
  await ok(partner.integrations.GET(one, { params: { path } }));
  await refused(partner.integrations.DELETE(one, { params: { path } }), 403);
  const schedules = await ok(partner.integrations.GET(`${one}/schedules`, { params: { path } }));
  for (const { id } of schedules.items) {
    const params = { path: { ...path, schedule_id: id } };
    await ok(partner.integrations.GET(`${one}/schedules/{schedule_id}`, { params }));
    const runs = () => ok(partner.integrations.GET(`${one}/schedules/{schedule_id}/executions`, { params }));
    await until(runs, (page) => page.items.some((run) => run.status === "success"));
  }
  const fresh = await ok(partner.integrations.GET(`${all}/data-freshness`, { params: { query } }));
  check(fresh.length === schedules.items.length, JSON.stringify(fresh));
  const budgeted = { query: { ...query, include_request_budget: true } };
  const budgets = await ok(partner.integrations.GET(`${all}/data-freshness`, { params: budgeted }));
  const limited = budgets.filter((row) => row.resource !== "vehicle_region_segment");
  check(limited.length > 0 && limited.every((row) => row.request_budget?.share === 1), JSON.stringify(budgets));
}

async function records(): Promise<void> {
  const { telematics } = partner;
  const params = { query: { fleet_refs: [fleetRef] } };
  const some = (page: { items: unknown[] }) => page.items.length > 0;
  const vehicles = await until(() => ok(telematics.GET("/v2/telematics/vehicles", { params })), some);
  await ok(telematics.GET("/v2/telematics/vehicles/{vehicle_id}", { params: { path: { vehicle_id: vehicles.items[0]!.id } } }));
  const users = await until(() => ok(telematics.GET("/v2/telematics/users", { params })), some);
  await ok(telematics.GET("/v2/telematics/users/{user_id}", { params: { path: { user_id: users.items[0]!.id } } }));
  await until(() => ok(telematics.GET("/v2/telematics/hos-events", { params })), some);
  const newest = await until(() => ok(telematics.GET("/v2/telematics/vehicle-locations", { params })), some);
  const history = { query: { only_latest: false, vehicle_ids: [newest.items[0]!.vehicle_id!], size: 1 } };
  const page = await ok(telematics.GET("/v2/telematics/vehicle-locations", { params: history }));
  check(page.items[0]?.location?.type === "Point", JSON.stringify(page));
}

async function agreement(): Promise<void> {
  const { orgs } = partner;
  const fleets = await ok(orgs.GET("/v2/orgs/fleets", { params: { query: { fleet_refs: [fleetRef] } } }));
  await ok(orgs.GET("/v2/orgs/fleets/{fleet_id}", { params: { path: { fleet_id: fleets.items[0]!.id } } }));
  const listed = await ok(orgs.GET("/v2/orgs/share-agreements", { params: { query: { fleet_ref: fleetRef } } }));
  const one = "/v2/orgs/share-agreements/{share_agreement_id}";
  const path = { share_agreement_id: listed.items[0]!.id };
  const dates = { expiration_date: "2099-01-01T00:00:00Z" };
  const changed = await ok(orgs.PATCH(one, { params: { path }, body: dates }));
  check(changed.expiration_date === "2099-01-01T00:00:00.000000Z", JSON.stringify(changed));
  await ok(orgs.GET(one, { params: { path } }));
  await ok(orgs.POST(`${one}/pause`, { params: { path } }));
  await ok(orgs.POST(`${one}/activate`, { params: { path } }));
  await ok(orgs.POST(`${one}/cancel`, { params: { path } }));
  await ok(orgs.DELETE(one, { params: { path } }), 204);
  await refused(orgs.GET(one, { params: { path } }), 404);
}

await subscription();
const received = await receiver();
await connection(await invitation());
await records();
const messages = await until(async () => [...new Set(received.seen)], (found) => found.length >= MESSAGES.length);
check(messages.sort().join() === MESSAGES.join(), JSON.stringify(messages));
received.close();
await agreement();
await ok(auth.POST("/protocol/openid-connect/revoke", { ...form, body: { token: granted.access_token, ...credentials } }));
await refused(partner.orgs.GET("/v2/orgs/fleets"), 401);
console.log(`TypeScript: ${called} calls`);
