import assert from "node:assert/strict";
import { type HttpError, RegkitError } from "../../../lib/errors.ts";
import { FakeClock, settle } from "../../support/fake_clock.ts";
import { isTransient, retryWaitMs } from "../../../lib/http/retry.ts";
import { TransportError } from "../../../lib/http/transport/transport_error.ts";
import { clientRig } from "../../support/client_rig.ts";
import { type ScriptStep, streamOf } from "../../support/scripted_transport.ts";

/** Waits between sends; with the rig's jitter of 1 they are exactly doubled. */
const waits = [200, 400, 800, 1600, 3200];

Deno.test.each([408, 429, 500, 502, 503, 504].map((status) => ({ status })))(
  "createHttpClient() sends six times, ever more slowly, while the answer is $status, and keeps the last one",
  async ({ status }) => {
    await using rig = clientRig(() => ({ status, body: "try later" }));
    await assert.rejects(rig.send(), (error: HttpError) => {
      assert.equal(error.status, status);
      assert.equal(error.code, status === 429 ? "RATE_LIMITED" : "HTTP_STATUS");
      assert(error.message.endsWith(`[http ${status}]: try later`), error.message);
      return true;
    });
    assert.equal(rig.lines().length, 6);
    assert.deepEqual(rig.logger.of("Retrying request").map((fields) => fields["waitMs"]), waits);
  },
);

Deno.test.each([400, 401, 403, 404, 405, 409, 413, 416, 501].map((status) => ({ status })))(
  "createHttpClient() does not repeat what was answered with $status, nor slow others down",
  async ({ status }) => {
    const authenticator = { authorize: () => Promise.resolve(undefined), challenge: () => Promise.resolve(false) };
    await using rig = clientRig([{ status }, { body: "other" }], { authenticator });
    const before = rig.clock.now();
    await assert.rejects(rig.send(), { status });
    assert.equal(await rig.send(), "other");
    assert.equal(rig.clock.now(), before);
  },
);

Deno.test.each([
  { what: "a reset", error: new TransportError("reset", "connection reset") },
  { what: "a refused connection", error: new TransportError("refused", "connection refused") },
  { what: "a timeout", error: new TransportError("timeout", "timed out") },
  { what: "a name that cannot be looked up at present", error: new TransportError("dns-temporary", "try again") },
  { what: "a fault of a transport that says no more", error: new RegkitError("TRANSPORT", "broken") },
])("createHttpClient() repeats after $what", async ({ error }) => {
  await using rig = clientRig([error, error, { body: "ok" }]);
  assert.equal(await rig.send(), "ok");
  assert.deepEqual(rig.logger.of("Retrying request").map((fields) => fields["waitMs"]), waits.slice(0, 2));
});

Deno.test.each([
  { what: "an unknown name", error: new TransportError("dns", "no such name"), code: "DNS" },
  { what: "an untrusted certificate", error: new TransportError("unknown-authority", "untrusted"), code: "TLS" },
  { what: "plain http behind https", error: new TransportError("plain-http", "plain"), code: "TLS" },
  { what: "missing rights", error: new TransportError("permission", "no net"), code: "TRANSPORT" },
  { what: "a refused redirect", error: new RegkitError("REDIRECT_REFUSED", "no"), code: "REDIRECT_REFUSED" },
])("createHttpClient() fails at once after $what", async ({ error, code }) => {
  await using rig = clientRig([error]);
  await assert.rejects(rig.send(), { code });
  assert.deepEqual(rig.clock.sleeps.filter((ms) => waits.includes(ms)), []);
});

Deno.test("createHttpClient() passes unknown errors on, they are no faults of the host", async () => {
  const bug = new TypeError("undefined is not a function");
  await using rig = clientRig([bug]);
  await assert.rejects(rig.send(), bug);
});

Deno.test.each(
  [
    { method: "POST", expect: [202] },
    { method: "PUT", expect: [201] },
    { method: "PATCH", expect: [202] },
    { method: "DELETE", expect: [202] },
  ] as const,
)("createHttpClient() repeats $method too", async ({ method, expect }) => {
  await using rig = clientRig([{ status: 502 }, { status: expect[0] }]);
  await rig.send({ method, expect });
  assert.equal(rig.lines().length, 2);
});

Deno.test("createHttpClient() sends a request without body that must not be repeated once only", async () => {
  await using rig = clientRig([{ status: 503 }]);
  await assert.rejects(rig.send({ method: "POST", isRepeatable: false }), { status: 503 });
});

Deno.test("createHttpClient() sends a body that can be had once only again while no byte of it has gone", async () => {
  let opened = 0;
  const refused = new TransportError("refused", "connection refused");
  let sends = 0;
  await using once = clientRig([], {
    transport: async (request) => {
      if (++sends < 3) throw refused;
      assert(request.body !== undefined && !(request.body instanceof Uint8Array));
      assert.equal(await new Response(request.body.stream).text(), "bytes");
      return { status: 201, headers: new Headers(), body: null, url: request.url };
    },
  });
  const body = () => ({ stream: streamOf(++opened === 1 ? "bytes" : "other"), length: 5 });
  await once.send({ method: "PUT", expect: [201], isRepeatable: false, body });
  assert.deepEqual({ sends, opened }, { sends: 3, opened: 1 });
});

Deno.test("createHttpClient() lets go of a body that the host did not want", async () => {
  const cancelled: number[] = [];
  let opened = 0;
  await using rig = clientRig([], {
    transport: (request) =>
      Promise.resolve({ status: opened < 2 ? 500 : 201, headers: new Headers(), body: null, url: request.url }),
  });
  await rig.send({
    method: "PUT",
    expect: [201],
    body: () => {
      const number = ++opened;
      return {
        stream: new ReadableStream({
          cancel: () => {
            cancelled.push(number);
          },
        }),
        length: 5,
      };
    },
  });
  assert.deepEqual(cancelled, [1, 2]);
});

const wait = (headers: HeadersInit, status = 429): ScriptStep => ({ status, headers });

Deno.test("createHttpClient() waits as long as the registry asks, for everybody", async () => {
  await using rig = clientRig(({ request }) =>
    rig.clock.now() < start + 7000 && request.url.pathname.endsWith("first")
      ? { status: 429, headers: { "retry-after": "7" } }
      : { body: `${rig.clock.now() - start}` }
  );
  const start = rig.clock.now();
  const first = rig.send({ path: "manifests/first" });
  await rig.clock.advance(10);
  const second = rig.send({ path: "manifests/second" });
  const times = (await Promise.all([first, second])).map(Number);
  assert(times.every((time) => time >= 7000 && time < 7100), times.join());
  assert.deepEqual(rig.logger.of("Registry asks to wait").map((fields) => fields["waitMs"]), [7000]);
});

Deno.test("createHttpClient() reads a date in Retry-After, and caps what is asked", async () => {
  await using rig = clientRig([
    wait({ "retry-after": "Thu, 01 Jan 2026 00:00:30 GMT" }, 503),
    wait({ "retry-after": "86400" }),
    { body: "ok" },
  ]);
  const start = rig.clock.now();
  assert.equal(await rig.send(), "ok");
  assert.equal(rig.clock.now() - start, 30_000 + 300_000);
});

Deno.test("createHttpClient() waits for one request only when 502 comes with Retry-After", async () => {
  await using rig = clientRig([wait({ "retry-after": "20" }, 502), { body: "other" }, { body: "late" }]);
  const start = rig.clock.now();
  const slow = rig.client.send(request);
  await settle();
  assert.equal(await new Response((await rig.client.send(request)).body).text(), "other");
  assert.equal(rig.clock.now(), start);
  assert.equal(await new Response((await rig.clock.run(slow)).body).text(), "late");
  assert.equal(rig.clock.now() - start, 20_000);
});

Deno.test("createHttpClient() lets other hosts go on while one is paused", async () => {
  await using rig = clientRig([wait({ "retry-after": "60" }), { body: "other" }, { body: "late" }]);
  const start = rig.clock.now();
  const paused = rig.client.send(request);
  await settle();
  const other = await rig.client.send({ ...request, registry: "other.example.org" });
  assert.equal(await new Response(other.body).text(), "other");
  assert.equal(rig.clock.now(), start);
  assert.equal(await new Response((await rig.clock.run(paused)).body).text(), "late");
  assert(rig.clock.now() - start >= 60_000);
});

Deno.test.each([
  { where: "a retry wait", script: () => ({ status: 500 }) },
  { where: "a pause of the host", script: () => ({ status: 503, headers: { "retry-after": "60" } }) },
])("createHttpClient() is aborted in $where", async ({ script }) => {
  await using rig = clientRig(script);
  const controller = new AbortController();
  const reason = new Error("enough");
  const first = assert.rejects(rig.client.send({ ...request, signal: controller.signal }), reason);
  const second = assert.rejects(rig.client.send({ ...request, signal: controller.signal }), reason);
  await rig.clock.advance(50);
  controller.abort(reason);
  await Promise.all([first, second]);
  assert.equal(rig.clock.waiting, 0);
});

const request = {
  registry: "reg.example.org",
  repository: "app",
  method: "GET",
  path: "manifests/v1",
  expect: [200],
  kind: "manifest",
} as const;

Deno.test("isTransient() sees only faults that may pass", () => {
  assert(isTransient(new RegkitError("STALLED", "x")));
  assert(isTransient(new TransportError("reset", "x")));
  assert(!isTransient(new TransportError("expired", "x")));
  assert(!isTransient(new RegkitError("REDIRECT_REFUSED", "x")));
  assert(!isTransient(new Error("x")));
});

Deno.test("retryWaitMs() doubles from 100 ms at least to 30 s at most", () => {
  const waitsWith = (random: number) =>
    [1, 2, 3, 9, 99].map((failures) => retryWaitMs(failures, undefined, new FakeClock({ random })));
  assert.deepEqual(waitsWith(0), [100, 200, 400, 15_000, 15_000]);
  assert.deepEqual(waitsWith(1), [200, 400, 800, 30_000, 30_000]);
});

Deno.test("createHttpClient() fails instead of waiting longer than it is told to", async () => {
  const headers = { "retry-after": "30" };
  await using rig = clientRig([{ status: 503 }, { status: 429, headers }, { body: "never asked" }], {
    maxRetryWaitMs: 1000,
  });
  await assert.rejects(rig.send(), { status: 429, retryAfterMs: 30_000 });
  assert.equal(rig.lines().length, 2);
});
