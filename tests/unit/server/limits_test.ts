import assert from "node:assert/strict";
import { accessLog } from "../../../lib/server/observation/access_log.ts";
import { addressReader } from "../../../lib/server/limits/client_address.ts";
import { RequestMetrics } from "../../../lib/server/observation/metrics.ts";
import { Quota } from "../../../lib/server/limits/quota.ts";
import { RateLimiter } from "../../../lib/server/limits/rate_limit.ts";
import { createRegistry } from "../../../lib/server/registry.ts";
import type { RequestEntry } from "../../../lib/server/observation/request_log.ts";
import type { RegistryStore } from "../../../lib/server/store/store.ts";
import { openDirectoryStore } from "../../../lib/server/store/store_dir.ts";
import { createMemoryStore } from "../../../lib/server/store/store_memory.ts";
import { digestBytes } from "../../../lib/oci/digest.ts";
import { quietStore } from "../../support/quiet_store.ts";
import { RegistryApi } from "../../support/registry_api.ts";

const statusOf = (run: () => unknown): number => {
  try {
    run();
    return 200;
  } catch (error) {
    return (error as { status: number }).status;
  }
};

Deno.test("RateLimiter lets a burst through and then so many per second, each address for itself", () => {
  let ms = 0;
  const limiter = new RateLimiter({ perSecond: 2, burst: 3, now: () => ms });
  const count = (address: string, times: number) =>
    Array.from({ length: times }, () => statusOf(() => limiter.countRequest(address)));
  assert.deepEqual(count("a", 4), [200, 200, 200, 429]);
  assert.deepEqual(count("b", 1), [200]);
  ms += 500;
  assert.deepEqual(count("a", 2), [200, 429]);
  assert.throws(() => limiter.countRequest("a"), { headers: [["retry-after", "1"]] });
  ms += 60_000;
  assert.deepEqual(count("a", 4), [200, 200, 200, 429]);
  ms -= 1000;
  assert.deepEqual(count("a", 1), [429]);
});

for (const [perSecond, atOnce] of [[3, 3], [1, 1], [0.1, 1]] as const) {
  Deno.test(`RateLimiter lets ${atOnce} of ${perSecond} requests per second through at once`, () => {
    let ms = 0;
    const limiter = new RateLimiter({ perSecond, now: () => ms });
    const passed = () => {
      let count = 0;
      while (statusOf(() => limiter.countRequest("a")) === 200) count++;
      return count;
    };
    assert.equal(passed(), atOnce);
    ms += 1_000_000;
    assert.equal(passed(), atOnce);
  });
}

Deno.test("RateLimiter counts uploads while they are in transfer", () => {
  const limiter = new RateLimiter({ parallelUploads: 2, now: () => 0 });
  const end = limiter.beginUpload("a");
  limiter.beginUpload("a");
  assert.equal(statusOf(() => limiter.beginUpload("a")), 429);
  limiter.beginUpload("b");
  end();
  assert.equal(statusOf(() => limiter.beginUpload("a")), 200);
  assert.equal(statusOf(() => limiter.beginUpload("a")), 429);
});

const hops: readonly (readonly [remote: string, forwarded: string | null, want: string])[] = [
  ["203.0.113.9", "1.2.3.4", "203.0.113.9"],
  ["10.0.0.1", null, "10.0.0.1"],
  ["10.0.0.1", "1.2.3.4", "1.2.3.4"],
  ["10.0.0.1", "6.6.6.6, 1.2.3.4, 10.9.9.9", "1.2.3.4"],
  ["10.0.0.1", "1.2.3.4:5678", "1.2.3.4"],
  ["10.0.0.1", "[2001:db8::1]:443", "2001:db8::1"],
  ["10.0.0.1", "1.2.3.4, garbage", "10.0.0.1"],
  ["10.0.0.1", "999.1.1.1", "10.0.0.1"],
  ["::ffff:10.0.0.1", "1.2.3.4", "1.2.3.4"],
  ["fd00::1", "1.2.3.4", "1.2.3.4"],
  ["fe80::1", "1.2.3.4", "fe80::1"],
  ["192.0.2.1", "1.2.3.4", "1.2.3.4"],
  ["192.0.2.2", "1.2.3.4", "192.0.2.2"],
];
for (const [remote, forwarded, want] of hops) {
  Deno.test(`addressReader() takes ${want} of ${remote} with ${forwarded ?? "nothing forwarded"}`, () => {
    const read = addressReader(["10.0.0.0/8", "fd00::/8", "192.0.2.1"]);
    const headers = forwarded === null ? {} : { "x-forwarded-for": forwarded };
    assert.equal(read(new Request("http://h/", { headers }), remote), want);
  });
}

Deno.test("addressReader() trusts nobody by default and refuses what is no address", () => {
  const request = new Request("http://h/", { headers: { "x-forwarded-for": "1.2.3.4" } });
  assert.equal(addressReader()(request, "10.0.0.1"), "10.0.0.1");
  assert.equal(addressReader()(request, undefined), "");
  for (const text of ["", "host", "10.0.0.0/33", "10.0.0.0/x", "1.2.3", "1.2.3.4/8/8", "::/129", ":::", "1::2::3"]) {
    assert.throws(() => addressReader([text]), { code: "INVALID_ARGUMENT" }, text);
  }
});

Deno.test("createRegistry() counts requests by the address in their info", async () => {
  const registry = createRegistry({ rateLimit: 0.1, now: () => 0, trustedProxies: ["10.0.0.1"] });
  const status = async (remoteAddress?: string, forwarded?: string) => {
    const headers = forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
    const response = await registry.fetch(new Request("http://h/v2/", { headers }), { remoteAddress });
    await response.body?.cancel();
    return [response.status, response.headers.get("retry-after")];
  };
  assert.deepEqual(await status("1.1.1.1"), [200, null]);
  assert.deepEqual(await status("1.1.1.1"), [429, "10"]);
  assert.deepEqual(await status("1.1.1.1", "9.9.9.9"), [429, "10"]);
  assert.deepEqual(await status("10.0.0.1", "2.2.2.2"), [200, null]);
  assert.deepEqual(await status("10.0.0.1", "2.2.2.2"), [429, "10"]);
  assert.deepEqual(await status("10.0.0.1", "3.3.3.3"), [200, null]);
});

Deno.test("createRegistry() refuses uploads that run at the same time as too many others", async () => {
  const registry = createRegistry({ parallelUploads: 1, store: quietStore() });
  const api = new RegistryApi(registry.fetch);
  const [one, two] = [await api.begin("app"), await api.begin("app")];
  const stalled = Promise.withResolvers<ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>>();
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({ start: (controller) => stalled.resolve(controller) });
  const running = api.send("PATCH", one, { body });
  const refused = await api.expect(429, "PATCH", two, { body: "x" }, "TOOMANYREQUESTS");
  assert.equal(refused.headers.get("retry-after"), "1");
  (await stalled.promise).close();
  assert.equal((await running).status, 202);
  await api.expect(202, "PATCH", two, { body: "x" });
});

const stores: Readonly<Record<string, (root: string) => Promise<RegistryStore>>> = {
  "memory store": () => Promise.resolve(createMemoryStore()),
  "directory store": (root) => openDirectoryStore(root, { durability: "none", gc: { intervalMs: 0 } }),
};
for (const [kind, open] of Object.entries(stores)) {
  Deno.test(`createRegistry() over a ${kind} keeps repositories and all of them within their space`, async () => {
    const root = await Deno.makeTempDir();
    try {
      await using registry = createRegistry({ store: await open(root), maxRepositoryBytes: 100, maxStoreBytes: 150 });
      const api = new RegistryApi(registry.fetch);
      const { digest } = await api.pushBlob("one", "x".repeat(90));
      const post = async (name: string, size: number) => {
        const body = new TextEncoder().encode("y".repeat(size));
        return (await api.send("POST", `/v2/${name}/blobs/uploads/?digest=${await digestBytes(body)}`, { body }))
          .status;
      };
      assert.equal(await post("one", 11), 507);
      const location = await api.begin("one");
      await api.expect(507, "PATCH", location, { body: "z".repeat(11) }, "UNKNOWN");
      await api.expect(202, "PATCH", location, { body: "z".repeat(5) });
      assert.equal(await post("one", 6), 507, "what is on its way counts");
      assert.equal(await post("one", 5), 201);
      const late = await digestBytes(new TextEncoder().encode("zzzzz"));
      await api.expect(201, "PUT", `${location}&digest=${late}`);
      assert.equal(await post("two", 51), 507);
      assert.equal(await post("two", 50), 201);
      await api.expect(200, "GET", `/v2/one/blobs/${digest}`);
      await api.expect(202, "DELETE", `/v2/one/blobs/${digest}`);
      assert.equal(await post("two", 40), 201);
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  });
}

Deno.test("createRegistry() refuses writes, but no reads, when the disk is as good as full", async () => {
  let free = 1000;
  let now = 0;
  const memory = quietStore();
  const store = { ...memory, usage: { bytesOf: () => Promise.resolve(0), freeBytes: () => Promise.resolve(free) } };
  const api = new RegistryApi(createRegistry({ store, minFreeBytes: 500, now: () => now }).fetch);
  const { digest } = await api.pushBlob("app", "x");
  const location = await api.begin("app");
  free = 499;
  now += 1000;
  await api.expect(507, "POST", "/v2/app/blobs/uploads/", {}, "UNKNOWN");
  await api.expect(507, "PATCH", location, { body: "x" }, "UNKNOWN");
  await api.expect(200, "GET", `/v2/app/blobs/${digest}`);
});

Deno.test("createRegistry() refuses limits of space over a store that cannot tell its usage", () => {
  const { usage: _usage, ...store } = createMemoryStore();
  assert.throws(() => createRegistry({ store, maxStoreBytes: 1 }), { code: "UNSUPPORTED" });
});

Deno.test("Quota counts what two store at the same time, gives back what failed, and measures again in time", async () => {
  let now = 0;
  let used = 0;
  const usage = { bytesOf: () => Promise.resolve(used), freeBytes: () => Promise.resolve(Infinity) };
  const quota = new Quota({ store: { ...createMemoryStore(), usage }, maxRepositoryBytes: 10, now: () => now });
  const gate = Promise.withResolvers<void>();
  const first = quota.claim("app", 6, () => gate.promise);
  await assert.rejects(quota.claim("app", 6, () => Promise.resolve()), { status: 507 });
  assert.equal(await quota.room("app"), 4);
  gate.reject(new Error("failed"));
  await assert.rejects(first, /failed/);
  assert.equal(await quota.room("app"), 10);
  used = 8;
  assert.equal(await quota.room("app"), 10);
  now += 60_000;
  assert.equal(await quota.room("app"), 2);
  used = 0;
  quota.changed("app");
  assert.equal(await quota.room("app"), 10);
});

const entry: RequestEntry = {
  method: "GET",
  path: "/v2/app/blobs/x",
  kind: "blob",
  repository: "app",
  reference: "x",
  status: 200,
  durationMs: 7.12345,
  user: "",
  address: "192.0.2.1",
  userAgent: "agent",
  receivedBytes: 3,
  sentBytes: 100,
};

Deno.test("RequestMetrics writes counters in the text format of Prometheus", () => {
  const metrics = new RequestMetrics(5000);
  metrics.record(entry);
  metrics.record({ ...entry, method: "STRANGE\n", status: 405, durationMs: 2000 });
  metrics.inFlight = 1;
  const text = metrics.render(4);
  assert.doesNotMatch(text, /cache/);
  for (
    const line of [
      'regkit_http_requests_total{route="blob",method="GET",code="200"} 1',
      'regkit_http_requests_total{route="blob",method="other",code="405"} 1',
      'regkit_http_request_duration_seconds_bucket{route="blob",le="0.005"} 0',
      'regkit_http_request_duration_seconds_bucket{route="blob",le="0.01"} 1',
      'regkit_http_request_duration_seconds_bucket{route="blob",le="5"} 2',
      'regkit_http_request_duration_seconds_bucket{route="blob",le="+Inf"} 2',
      'regkit_http_request_duration_seconds_count{route="blob"} 2',
      "regkit_http_requests_in_flight 1",
      "regkit_http_received_bytes_total 6",
      "regkit_http_sent_bytes_total 200",
      "regkit_open_uploads 4",
      "regkit_start_time_seconds 5",
    ]
  ) assert(text.split("\n").includes(line), line);
  for (const line of text.trimEnd().split("\n")) {
    assert.match(line, /^(?:# (?:HELP|TYPE) [a-z_]+ .+|[a-z_]+(?:\{[^{}]*\})? [0-9.e+-]+)$/, line);
  }
});

Deno.test("accessLog() logs requests at info and failures at error", () => {
  const lines: unknown[] = [];
  const log = accessLog({ isEnabled: () => true, log: (...line) => void lines.push(line) });
  log(entry);
  log({ ...entry, status: 500, user: "alice", path: "/".repeat(5000) });
  assert.deepEqual(lines[0], ["info", "request", {
    address: "192.0.2.1",
    user: undefined,
    method: "GET",
    path: "/v2/app/blobs/x",
    status: 200,
    ms: 7.123,
    received: 3,
    sent: 100,
    agent: "agent",
  }]);
  const [level, , fields] = lines[1] as [string, string, { user: string; path: string }];
  assert.deepEqual([level, fields.user, fields.path.length], ["error", "alice", 1024]);
});

Deno.test("RequestMetrics counts what the cache did, where there is one", () => {
  const counts = { hits: 3, misses: 2, renewals: 1, stale: 0, failures: 4, evictions: 5 };
  const text = new RequestMetrics(0, () => counts).render(0);
  assert.match(text, /^regkit_cache_events_total\{event="hits"\} 3$/m);
  assert.match(text, /^regkit_cache_events_total\{event="evictions"\} 5$/m);
});

Deno.test("createRegistry() mounts no blob that the repository has no room for", async () => {
  await using registry = createRegistry({ store: quietStore(), maxRepositoryBytes: 300 });
  const api = new RegistryApi(registry.fetch);
  await api.pushBlob("full", "x".repeat(270));
  const { digest } = await api.pushBlob("other", "y".repeat(90));
  await api.expect(507, "POST", `/v2/full/blobs/uploads/?mount=${digest}&from=other`, {}, "UNKNOWN");
  await api.expect(404, "HEAD", `/v2/full/blobs/${digest}`);
  await api.expect(201, "POST", `/v2/empty/blobs/uploads/?mount=${digest}&from=other`);
});
