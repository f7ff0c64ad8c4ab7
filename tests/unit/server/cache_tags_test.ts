import assert from "node:assert/strict";
import { HttpError, RegkitError } from "../../../lib/errors.ts";
import type { CacheMemory } from "../../../lib/server/cache/cache_options.ts";
import { CacheRig } from "../../support/cache_rig.ts";
import { settle } from "../../support/fake_clock.ts";
import { putRandomImage, putRandomIndex } from "../../support/random_image.ts";

const minute = 60_000;
const day = 24 * 60 * minute;
const tagPath = "/v2/hub/app/manifests/v1";

/** What an upstream answers with a status. */
function refusal(status: number, retryAfterMs?: number): HttpError {
  const code = status === 429 ? "RATE_LIMITED" : status === 401 ? "UNAUTHORIZED" : "HTTP_STATUS";
  return new HttpError(code, `status ${status}`, {
    status,
    method: "GET",
    url: "https://up.example.org/",
    retryAfterMs,
  });
}

Deno.test("RegistryCache fetches a tag once and serves it for as long as it is current", async () => {
  await using rig = new CacheRig();
  const { descriptor, bytes } = await putRandomImage(rig.source.repository("app"), { tag: "v1" });
  for (const method of ["GET", "HEAD", "GET"]) {
    const answer = await rig.api.expect(200, method, tagPath);
    assert.equal(answer.headers.get("docker-content-digest"), descriptor.digest);
    assert.equal(answer.headers.get("content-type"), descriptor.mediaType);
    if (method === "GET") assert.deepEqual(answer.bytes, bytes);
  }
  assert.deepEqual(rig.take(), ["get manifest app v1"]);
  await rig.clock.advance(5 * minute - 1);
  await rig.api.expect(200, "GET", tagPath);
  assert.deepEqual(rig.take(), []);
});

Deno.test("RegistryCache looks after the time of a tag whether it changed, by HEAD", async () => {
  await using rig = new CacheRig();
  const first = await putRandomImage(rig.source.repository("app"), { tag: "v1" });
  await rig.api.expect(200, "GET", tagPath);
  await rig.clock.advance(6 * minute);
  await rig.api.expect(200, "GET", tagPath);
  assert.deepEqual(rig.take(), ["get manifest app v1", "head manifest app v1"]);
  await rig.clock.advance(4 * minute);
  await rig.api.expect(200, "GET", tagPath);
  assert.deepEqual(rig.take(), [], "renewed");

  const second = await putRandomImage(rig.source.repository("app"), { tag: "v1", seed: 2 });
  await rig.clock.advance(6 * minute);
  const answer = await rig.api.expect(200, "GET", tagPath);
  assert.equal(answer.headers.get("docker-content-digest"), second.descriptor.digest);
  assert.deepEqual(rig.take(), ["head manifest app v1", `get manifest app ${second.descriptor.digest}`]);

  await rig.source.repository("app").manifests.put("v1", first);
  await rig.clock.advance(6 * minute);
  const back = await rig.api.expect(200, "GET", tagPath);
  assert.equal(back.headers.get("docker-content-digest"), first.descriptor.digest);
  assert.deepEqual(rig.take(), ["head manifest app v1"], "what is here is not fetched again");
});

Deno.test("RegistryCache never asks again for a manifest by digest", async () => {
  await using rig = new CacheRig();
  const index = await putRandomIndex(rig.source.repository("app"), 2);
  const path = `/v2/hub/app/manifests/${index.descriptor.digest}`;
  await rig.api.expect(200, "GET", path);
  await rig.clock.advance(30 * day);
  await rig.api.expect(200, "GET", path);
  assert.deepEqual(rig.take(), [`get manifest app ${index.descriptor.digest}`]);
});

Deno.test("RegistryCache asks once for many who want the same tag", async () => {
  await using rig = new CacheRig();
  await putRandomImage(rig.source.repository("app"), { tag: "v1" });
  const gate = Promise.withResolvers<void>();
  rig.before = () => gate.promise;
  const waiting = Array.from({ length: 20 }, () => rig.api.expect(200, "GET", tagPath));
  await settle();
  gate.resolve();
  await Promise.all(waiting);
  assert.deepEqual(rig.take(), ["get manifest app v1"]);
});

Deno.test("RegistryCache remembers for a while what does not exist", async () => {
  await using rig = new CacheRig();
  await rig.api.expect(404, "GET", tagPath, {}, "MANIFEST_UNKNOWN");
  await rig.clock.advance(29_000);
  await rig.api.expect(404, "GET", tagPath, {}, "MANIFEST_UNKNOWN");
  assert.deepEqual(rig.take(), ["get manifest app v1"]);
  await putRandomImage(rig.source.repository("app"), { tag: "v1" });
  await rig.clock.advance(1_000);
  await rig.api.expect(200, "GET", tagPath);
  await rig.api.expect(404, "GET", "/v2/hub/app/manifests/-bad", {}, "MANIFEST_UNKNOWN");
  assert.deepEqual(rig.take(), ["get manifest app v1"], "what is no tag is not asked for");
});

Deno.test("RegistryCache drops a tag that the upstream deleted, unless it is told to keep it", async () => {
  for (const keepsDeleted of [false, true]) {
    await using rig = new CacheRig({ upstream: { keepsDeleted } });
    const { descriptor } = await putRandomImage(rig.source.repository("app"), { tag: "v1" });
    await rig.api.expect(200, "GET", tagPath);
    await rig.source.repository("app").tags.delete("v1");
    await rig.clock.advance(6 * minute);
    const answer = await rig.api.expect(keepsDeleted ? 200 : 404, "GET", tagPath);
    assert.equal(answer.headers.get("warning") !== null, keepsDeleted);
    const repository = await rig.registry.store.repository("hub/app");
    assert.equal(repository?.catalog.byTag("v1")?.digest, keepsDeleted ? descriptor.digest : undefined);
    assert(repository?.catalog.get(descriptor.digest), "the manifest stays");
    rig.take();
    await rig.api.expect(keepsDeleted ? 200 : 404, "GET", tagPath);
    assert.deepEqual(rig.take(), [], "not asked again at once");
  }
});

Deno.test("RegistryCache serves what it has with a warning while the upstream fails", async () => {
  const failures = [
    refusal(500),
    refusal(503),
    refusal(429, 1000),
    refusal(401),
    new RegkitError("DNS", "no such host"),
    new RegkitError("TLS", "bad certificate"),
    new RegkitError("TIMEOUT", "too slow"),
  ];
  for (const failure of failures) {
    await using rig = new CacheRig();
    const { descriptor } = await putRandomImage(rig.source.repository("app"), { tag: "v1" });
    await rig.api.expect(200, "GET", tagPath);
    rig.before = () => Promise.reject(failure);
    await rig.clock.advance(6 * minute);
    const answer = await rig.api.expect(200, "GET", tagPath);
    assert.equal(answer.headers.get("docker-content-digest"), descriptor.digest);
    assert.equal(
      answer.headers.get("warning"),
      `299 - "up.example.org cannot be asked now; this is from the cache, checked at 2026-01-01T00:00:00Z"`,
    );
    await rig.api.expect(200, "GET", tagPath);
    await rig.clock.advance(7 * day);
    assert((await rig.api.send("GET", tagPath)).status >= 400, `too old to be served after ${failure.message}`);
    assert.equal(rig.cache.counts.stale, 2);
  }
});

Deno.test("RegistryCache serves nothing out of date when it is told not to", async () => {
  await using rig = new CacheRig({ upstream: { staleIfErrorMs: 0 } });
  await putRandomImage(rig.source.repository("app"), { tag: "v1" });
  await rig.api.expect(200, "GET", tagPath);
  rig.before = () => Promise.reject(refusal(503));
  await rig.clock.advance(6 * minute);
  await rig.api.expect(502, "GET", tagPath, {}, "UNKNOWN");
});

Deno.test("RegistryCache tells clients how the upstream failed when it has nothing itself", async () => {
  const cases: [unknown, number, string][] = [
    [refusal(500), 502, "UNKNOWN"],
    [refusal(504), 504, "UNKNOWN"],
    [refusal(401), 404, "MANIFEST_UNKNOWN"],
    [new RegkitError("DNS", "no such host"), 502, "UNKNOWN"],
    [new RegkitError("TIMEOUT", "too slow"), 504, "UNKNOWN"],
    [new RegkitError("DIGEST_MISMATCH", "other bytes"), 502, "UNKNOWN"],
    [refusal(429, 42_000), 429, "TOOMANYREQUESTS"],
    [new Error("a fault of our own"), 500, "UNKNOWN"],
  ];
  for (const [failure, status, code] of cases) {
    await using rig = new CacheRig();
    rig.before = () => Promise.reject(failure);
    const answer = await rig.api.expect(status, "GET", tagPath, {}, code);
    if (status === 429) assert.equal(answer.headers.get("retry-after"), "42");
  }
});

Deno.test.each([
  { timeoutMs: 5_000, waitMs: 5_000 },
  { timeoutMs: 60_000, waitMs: 10_000 },
])(
  "RegistryCache waits $waitMs ms about a tag it has for an upstream that does not answer in $timeoutMs",
  async ({ timeoutMs, waitMs }) => {
    await using rig = new CacheRig({ upstream: { timeoutMs } });
    await putRandomImage(rig.source.repository("app"), { tag: "v1" });
    await rig.api.expect(200, "GET", tagPath);
    rig.before = () => new Promise(() => {});
    await rig.clock.advance(6 * minute);
    const waiting = rig.api.expect(200, "GET", tagPath);
    await rig.clock.advance(waitMs);
    assert.match((await waiting).headers.get("warning") ?? "", /cannot be asked/);
  },
);

Deno.test("RegistryCache refuses a manifest that is not the one asked for", async () => {
  await using rig = new CacheRig();
  const wanted = await putRandomImage(rig.source.repository("app"), { seed: 1 });
  const other = await putRandomImage(rig.source.repository("app"), { seed: 2 });
  const repository = rig.source.repository("app");
  await using lying = new CacheRig({
    upstream: {
      open: () => ({
        id: "",
        name: "",
        blobs: repository.blobs,
        tags: repository.tags,
        manifests: { ...repository.manifests, get: () => Promise.resolve(other) },
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }),
    },
  });
  await lying.api.expect(502, "GET", `/v2/hub/app/manifests/${wanted.descriptor.digest}`);
  assert.deepEqual(await lying.registry.store.names(), []);
});

Deno.test("RegistryCache asks nobody when it is offline", async () => {
  const source = new CacheRig();
  await putRandomImage(source.source.repository("app"), { tag: "v1" });
  await source.api.expect(200, "GET", tagPath);
  await using rig = new CacheRig({
    upstream: { isOffline: true },
    registry: { store: source.registry.store },
    clock: source.clock,
  });
  await rig.clock.advance(60 * day);
  const answer = await rig.api.expect(200, "GET", tagPath);
  assert.equal(answer.headers.get("warning"), null);
  await rig.api.expect(404, "GET", "/v2/hub/app/manifests/v2", {}, "MANIFEST_UNKNOWN");
  await rig.api.expect(404, "GET", `/v2/hub/app/blobs/sha256:${"0".repeat(64)}`, {}, "BLOB_UNKNOWN");
  await rig.api.expect(404, "HEAD", `/v2/hub/app/blobs/sha256:${"0".repeat(64)}`);
  const tags = await rig.api.expect(200, "GET", "/v2/hub/app/tags/list");
  assert.deepEqual(tags.json(), { name: "hub/app", tags: ["v1"] });
  assert.deepEqual(rig.take(), []);
});

Deno.test("RegistryCache remembers over restarts when tags were checked", async () => {
  let text: string | undefined;
  const memory: CacheMemory = {
    read: () => Promise.resolve(text),
    write: (value) => Promise.resolve(void (text = value)),
  };
  const first = new CacheRig({ memory });
  await putRandomImage(first.source.repository("app"), { tag: "v1" });
  await first.api.expect(200, "GET", tagPath);
  await first.cache[Symbol.asyncDispose]();

  const { clock, source, registry } = first;
  await using _store = registry.store;
  const again = async (kept: CacheMemory): Promise<string[]> => {
    await using rig = new CacheRig({ memory: kept, clock, source, registry: { store: keepOpen(registry.store) } });
    await rig.api.expect(200, "GET", tagPath);
    return rig.take();
  };
  await clock.advance(minute);
  assert.deepEqual(await again(memory), []);
  const broken: CacheMemory = { read: () => Promise.resolve("{"), write: () => Promise.reject(new Error("full")) };
  assert.deepEqual(await again(broken), ["head manifest app v1"], "checked when nothing is known");
});

function keepOpen<T extends AsyncDisposable>(store: T): T {
  return Object.assign(Object.create(store) as T, { [Symbol.asyncDispose]: () => Promise.resolve() });
}
