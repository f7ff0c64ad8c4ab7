import assert from "node:assert/strict";
import { AdaptiveLimit, highestLimit, initialLimit } from "../../../lib/http/adaptive_limit.ts";
import type { RequestKind } from "../../../lib/http/http_client.ts";
import { type Slot, Throttle } from "../../../lib/http/throttle.ts";
import { TransportError } from "../../../lib/http/transport/transport_error.ts";
import { type ClientRig, clientRig, manifestRequest } from "../../support/client_rig.ts";
import { FakeClock, settle } from "../../support/fake_clock.ts";
import { type ScriptedAnswer, streamOf } from "../../support/scripted_transport.ts";

Deno.test("AdaptiveLimit starts at 16, or below when the settings say so", () => {
  assert.equal(new AdaptiveLimit().current, initialLimit);
  assert.equal(new AdaptiveLimit(3).current, 3);
  assert.equal(new AdaptiveLimit(100).current, initialLimit);
  assert.equal(new AdaptiveLimit(0).current, initialLimit);
  assert.equal(new AdaptiveLimit(-1).current, initialLimit);
});

Deno.test("AdaptiveLimit grows by one per round of success, but only while it is reached, up to its highest", () => {
  const limit = new AdaptiveLimit();
  for (let count = 0; count < 1000; count++) limit.succeeded(false);
  assert.equal(limit.current, 16);
  for (let count = 0; count < 16; count++) limit.succeeded(true);
  assert.equal(limit.current, 17);
  for (let count = 0; count < 100_000; count++) limit.succeeded(true);
  assert.equal(limit.current, highestLimit);
  const configured = new AdaptiveLimit(18);
  for (let count = 0; count < 1000; count++) configured.succeeded(true);
  assert.equal(configured.current, 18);
});

Deno.test("AdaptiveLimit halves once for requests that were under way together, down to one", () => {
  const limit = new AdaptiveLimit();
  const { epoch } = limit;
  for (let count = 0; count < 16; count++) limit.overloaded(epoch);
  assert.equal(limit.current, 8);
  for (let count = 0; count < 10; count++) limit.overloaded(limit.epoch);
  assert.equal(limit.current, 1);
});

Deno.test("AdaptiveLimit grows more slowly after a refusal", () => {
  const limit = new AdaptiveLimit();
  limit.overloaded(limit.epoch);
  for (let count = 0; count < 8 * 4 - 1; count++) limit.succeeded(true);
  assert.equal(limit.current, 8);
  limit.succeeded(true);
  assert.equal(limit.current, 9);
});

/** Slots of one host, and who got one in which order. */
function slotRig(limit: number) {
  const clock = new FakeClock();
  const throttle = new Throttle(new AdaptiveLimit(limit), clock, 60_000);
  const order: string[] = [];
  const slots = new Map<string, Slot>();
  let age = 0;
  const enter = (name: string, kind: RequestKind = "blob", isWrite = false, signal?: AbortSignal): Promise<void> =>
    throttle.acquire({ kind, isWrite, age: age++, signal }).then((slot) => {
      order.push(name);
      slots.set(name, slot);
    });
  const leave = async (name: string): Promise<void> => {
    slots.get(name)?.release();
    await settle();
  };
  return { clock, throttle, order, enter, leave, slots };
}

Deno.test("Throttle lets small things in before blobs, then the oldest", async () => {
  const rig = slotRig(1);
  await rig.enter("first");
  const waiting = [
    rig.enter("blob 1"),
    rig.enter("blob 2"),
    rig.enter("list", "query"),
    rig.enter("head", "head"),
    rig.enter("manifest", "manifest"),
  ];
  const expected = ["first", "list", "head", "manifest", "blob 1", "blob 2"];
  for (const name of expected) {
    await settle();
    assert.equal(rig.order.at(-1), name);
    await rig.leave(name);
  }
  await Promise.all(waiting);
  assert.deepEqual(rig.order, expected);
  assert.deepEqual([rig.throttle.held, rig.throttle.waiting], [0, 0]);
});

Deno.test("Throttle lets one write in above the limit, so that copies within a host go on", async () => {
  const rig = slotRig(2);
  await Promise.all([rig.enter("read 1"), rig.enter("read 2")]);
  const writes = [rig.enter("write 1", "blob", true), rig.enter("write 2", "blob", true)];
  await settle();
  assert.deepEqual(rig.order, ["read 1", "read 2", "write 1"]);
  await rig.leave("write 1");
  assert.equal(rig.order.at(-1), "write 2");
  await Promise.all(writes);
});

Deno.test("Throttle counts a slot that is released twice once", async () => {
  const rig = slotRig(1);
  await rig.enter("a");
  await rig.leave("a");
  await rig.leave("a");
  assert.equal(rig.throttle.held, 0);
});

Deno.test("Throttle forgets who is aborted while waiting", async () => {
  const rig = slotRig(1);
  await rig.enter("a");
  const controller = new AbortController();
  const reason = new Error("enough");
  const refused = assert.rejects(rig.enter("b", "blob", false, controller.signal), reason);
  controller.abort(reason);
  await refused;
  await assert.rejects(rig.enter("c", "blob", false, controller.signal), reason);
  assert.deepEqual([rig.throttle.waiting, rig.clock.waiting], [0, 0]);
  await rig.leave("a");
  assert.equal(rig.throttle.held, 0);
});

Deno.test("Throttle lets one more in when nothing has moved for a while", async () => {
  const rig = slotRig(1);
  await rig.enter("holder");
  const waiting = rig.enter("waiter");
  await rig.clock.advance(50_000);
  rig.slots.get("holder")?.moved();
  await rig.clock.advance(50_000);
  assert.deepEqual(rig.order, ["holder"]);
  await rig.clock.advance(10_000);
  assert.deepEqual(rig.order, ["holder", "waiter"]);
  await waiting;
});

/** A host that works on `capacity` requests at a time, for a tenth of a second each, and refuses all others. */
function busyHost(capacity: number, refuse: () => ScriptedAnswer | Error) {
  const seen = { now: 0, most: 0, refused: 0, total: 0 };
  const rig: ClientRig = clientRig(async () => {
    seen.total++;
    seen.most = Math.max(seen.most, seen.now + 1);
    if (seen.now >= capacity) {
      seen.refused++;
      return refuse();
    }
    seen.now++;
    await rig.clock.sleep(100);
    seen.now--;
    return { body: "ok" };
  });
  return { rig, seen };
}

async function sendMany(rig: ClientRig, count: number): Promise<void> {
  const read = async (): Promise<void> => {
    await new Response((await rig.client.send(manifestRequest())).body).text();
  };
  await rig.clock.run(Promise.all(Array.from({ length: count }, read)));
}

Deno.test.each([
  { what: "429", capacity: 4, refuse: () => ({ status: 429 }) },
  { what: "429 with a wait", capacity: 4, refuse: () => ({ status: 429, headers: { "retry-after": "1" } }) },
  { what: "503", capacity: 2, refuse: () => ({ status: 503 }) },
  { what: "resets", capacity: 2, refuse: () => new TransportError("reset", "reset") },
])("createHttpClient() settles at what a host bears that answers more with $what", async ({ capacity, refuse }) => {
  const { rig, seen } = busyHost(capacity, refuse);
  await using _ = rig;
  await sendMany(rig, 200);
  assert(seen.refused >= 1 && seen.refused < 40, `${seen.refused} of ${seen.total} refused`);
  const before = { ...seen };
  await sendMany(rig, 100);
  assert(seen.refused - before.refused <= 5, `${seen.refused - before.refused} refused once settled`);
});

Deno.test("createHttpClient() never has more requests under way than the settings allow", async () => {
  let now = 0;
  let most = 0;
  await using rig = clientRig(async () => {
    most = Math.max(most, ++now);
    await rig.clock.sleep(10);
    now--;
    return { body: "ok" };
  }, { settings: { "reg.example.org": { reqConcurrent: 3 } } });
  await sendMany(rig, 50);
  assert.equal(most, 3);
});

Deno.test("createHttpClient() has 16 requests under way at once, and more when that goes well", async () => {
  const { rig, seen } = busyHost(1000, () => new Error("not reached"));
  await using _ = rig;
  await sendMany(rig, 16);
  assert.equal(seen.most, 16);
  await sendMany(rig, 300);
  assert(seen.most > 16 && seen.most <= highestLimit, `${seen.most}`);
});

/** A client with one slot. */
const single = { settings: { "reg.example.org": { reqConcurrent: 1 } } };

Deno.test.each([
  { what: "read to its end", end: (body: ReadableStream | null) => new Response(body).text() },
  { what: "cancelled", end: (body: ReadableStream | null) => body?.cancel() },
])("createHttpClient() holds the slot until the body is $what", async ({ end }) => {
  await using rig = clientRig(() => ({ body: "ok" }), single);
  const first = await rig.client.send(manifestRequest());
  const second = rig.client.send(manifestRequest());
  await settle();
  assert.equal(rig.lines().length, 1);
  await end(first.body);
  await (await second).body?.cancel();
  assert.equal(rig.lines().length, 2);
});

Deno.test.each([
  { what: "an error", answer: { status: 404, body: "no" } },
  { what: "a fault", answer: new TransportError("dns", "no such name") },
])("createHttpClient() gives the slot back after $what", async ({ answer }) => {
  await using rig = clientRig(() => answer, single);
  for (let count = 0; count < 3; count++) await assert.rejects(rig.client.send(manifestRequest()));
  assert.equal(rig.lines().length, 3);
});

Deno.test("createHttpClient() gives the slot back at once when there is no body to read", async () => {
  await using rig = clientRig(
    [{ body: null }, { body: "head" }, { body: "", headers: { "content-length": "0" } }, {}],
    single,
  );
  await rig.client.send(manifestRequest());
  assert.equal((await rig.client.send(manifestRequest({ method: "HEAD" }))).body, null);
  await rig.client.send(manifestRequest());
  await rig.client.send(manifestRequest());
});

Deno.test("createHttpClient() gives the slot back when a body breaks off or its request is aborted", async () => {
  const broken = (): ReadableStream<Uint8Array<ArrayBuffer>> =>
    new ReadableStream({ pull: () => Promise.reject(new Error("connection lost")) }, { highWaterMark: 0 });
  const never = (): ReadableStream<Uint8Array<ArrayBuffer>> =>
    new ReadableStream({ pull: () => new Promise(() => {}) }, { highWaterMark: 0 });
  await using rig = clientRig([{ body: broken() }, { body: never() }, { body: "ok" }], single);
  const first = await rig.client.send(manifestRequest());
  await assert.rejects(new Response(first.body).text(), { code: "TRANSPORT", message: /connection lost/ });
  const controller = new AbortController();
  const second = await rig.client.send(manifestRequest({ signal: controller.signal }));
  controller.abort(new Error("enough"));
  await assert.rejects(new Response(second.body).text(), { message: "enough" });
  assert.equal(await rig.send(), "ok");
});

Deno.test("createHttpClient() lets fewer in after a body has broken off", async () => {
  const controllers: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>[] = [];
  await using rig = clientRig(() => ({ body: new ReadableStream({ start: (each) => void controllers.push(each) }) }));
  const open = () => rig.client.send(manifestRequest());
  const answers = await Promise.all(Array.from({ length: 16 }, open));
  const next = open();
  const broken = assert.rejects(new Response(answers[0]?.body).text(), { code: "TRANSPORT" });
  controllers[0]?.error(new Error("connection lost"));
  await broken;
  await settle();
  assert.equal(rig.lines().length, 16);
  for (const answer of answers.slice(1, 9)) await answer.body?.cancel();
  const last = await next;
  for (const answer of [...answers.slice(9), last]) await answer.body?.cancel();
});

Deno.test("createHttpClient() lets nobody in above the limit while a body is read, however slowly", async () => {
  const slow = () =>
    new ReadableStream<Uint8Array<ArrayBuffer>>({
      async pull(controller) {
        await rig.clock.sleep(50_000);
        controller.enqueue(new Uint8Array(1));
      },
    }, { highWaterMark: 0 });
  await using rig: ClientRig = clientRig([{ body: slow() }, { body: "ok" }], single);
  const first = await rig.client.send(manifestRequest());
  const second = rig.client.send(manifestRequest());
  const reader = first.body?.getReader();
  for (let count = 0; count < 5; count++) {
    const read = reader?.read();
    await rig.clock.advance(50_000);
    await read;
  }
  assert.equal(rig.lines().length, 1);
  await reader?.cancel();
  await (await second).body?.cancel();
});

Deno.test("createHttpClient() is aborted while it waits for a slot", async () => {
  await using rig = clientRig(() => ({ body: "ok" }), single);
  const first = await rig.client.send(manifestRequest());
  const controller = new AbortController();
  const second = assert.rejects(rig.client.send(manifestRequest({ signal: controller.signal })), { message: "enough" });
  await settle();
  controller.abort(new Error("enough"));
  await second;
  await first.body?.cancel();
  assert.equal(rig.clock.waiting, 0);
});

Deno.test("createHttpClient() copies within one host with a single slot", async () => {
  await using rig = clientRig(({ request }) => request.method === "GET" ? { body: "bytes" } : { status: 201 }, single);
  const copy = async (name: string): Promise<void> => {
    const source = await rig.client.send(manifestRequest({ kind: "blob", path: `blobs/${name}` }));
    await rig.client.send(manifestRequest({ method: "POST", kind: "query", path: "blobs/uploads/", expect: [201] }));
    const stream = source.body ?? streamOf();
    await rig.client.send(manifestRequest({
      method: "PUT",
      kind: "blob",
      path: `blobs/uploads/${name}`,
      expect: [201],
      isRepeatable: false,
      body: () => ({ stream, length: 5 }),
    }));
  };
  await rig.clock.run(Promise.all(["a", "b", "c", "d"].map(copy)));
  assert.equal(rig.lines().length, 12);
  assert.equal(rig.clock.now(), new FakeClock().now(), "nobody had to be let in late");
});

Deno.test("createHttpClient() copies within one host when the upload opens its source itself, also again", async () => {
  let puts = 0;
  await using rig = clientRig(
    ({ request }) =>
      request.method === "GET"
        ? { body: "bytes" }
        : { status: ++puts % 2 === 1 ? 307 : 201, headers: { location: "/moved" } },
    single,
  );
  const copy = (name: string) =>
    rig.client.send(manifestRequest({
      method: "PUT",
      kind: "blob",
      path: `blobs/uploads/${name}`,
      expect: [201],
      body: async (signal) => {
        const source = await rig.client.send(manifestRequest({ kind: "blob", path: `blobs/${name}`, signal }));
        return { stream: source.body ?? streamOf(), length: 5 };
      },
    }));
  await rig.clock.run(Promise.all(["a", "b", "c", "d"].map(copy)));
  assert.equal(rig.lines().filter((line) => line.startsWith("PUT")).length, 8);
  assert.equal(rig.clock.now(), new FakeClock().now(), "nobody had to be let in late");
});
