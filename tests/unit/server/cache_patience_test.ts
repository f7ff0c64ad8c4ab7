/** What clients get from the cache while an upstream is slow, gone or about to be left. */

import assert from "node:assert/strict";
import { RegkitError } from "../../../lib/errors.ts";
import type { Logger } from "../../../lib/log.ts";
import { CacheRig } from "../../support/cache_rig.ts";
import { settle } from "../../support/fake_clock.ts";
import { putBytes, putRandomImage, randomBytes } from "../../support/random_image.ts";

const minute = 60_000;
const tagPath = "/v2/hub/app/manifests/v1";
const listPath = "/v2/hub/app/tags/list";
const stale = /cannot be asked now; this is from the cache/;

Deno.test("RegistryCache waits ten seconds for a changed manifest, and has it for who comes later", async () => {
  await using rig = new CacheRig();
  const old = await putRandomImage(rig.source.repository("app"), { tag: "v1" });
  await rig.api.expect(200, "GET", tagPath);
  const changed = await putRandomImage(rig.source.repository("app"), { tag: "v1", seed: 2 });
  await rig.clock.advance(6 * minute);
  rig.take();
  const held = Promise.withResolvers<void>();
  rig.before = ({ op }) => op === "get manifest" ? held.promise : undefined;
  const waiting = rig.api.expect(200, "GET", tagPath);
  await rig.clock.advance(10_000);
  const answer = await waiting;
  assert.match(answer.headers.get("warning") ?? "", stale);
  assert.equal(answer.headers.get("docker-content-digest"), old.descriptor.digest);
  assert.equal(rig.cache.counts.failures, 0, "it may still answer");
  const next = await rig.api.expect(200, "GET", tagPath);
  assert.match(next.headers.get("warning") ?? "", stale, "without waiting once more");
  held.resolve();
  await rig.cache.settle();
  const later = await rig.api.expect(200, "GET", tagPath);
  assert.equal(later.headers.get("docker-content-digest"), changed.descriptor.digest);
  assert.equal(rig.take().length, 2);
});

Deno.test("RegistryCache waits ten seconds for a list of tags when it has an older one", async () => {
  await using rig = new CacheRig();
  await putRandomImage(rig.source.repository("app"), { tag: "v1" });
  await rig.api.expect(200, "GET", listPath);
  await rig.clock.advance(6 * minute);
  rig.before = () => new Promise(() => {});
  const waiting = rig.api.expect(200, "GET", listPath);
  await rig.clock.advance(10_000);
  const answer = await waiting;
  assert.match(answer.headers.get("warning") ?? "", stale);
  assert.deepEqual(answer.json(), { name: "hub/app", tags: ["v1"] });
});

Deno.test("RegistryCache waits for the upstream as long as it takes when it must serve nothing out of date", async () => {
  await using rig = new CacheRig({ upstream: { staleIfErrorMs: 0 } });
  await putRandomImage(rig.source.repository("app"), { tag: "v1" });
  await rig.api.expect(200, "GET", tagPath);
  await rig.clock.advance(6 * minute);
  rig.before = () => rig.clock.sleep(20_000);
  const waiting = rig.api.expect(200, "GET", tagPath);
  await rig.clock.advance(20_000);
  assert.equal((await waiting).headers.get("warning"), null);
});

Deno.test("RegistryCache says of a repository that it keeps that the upstream no longer has it", async () => {
  await using rig = new CacheRig({ upstream: { keepsDeleted: true } });
  await putRandomImage(rig.source.repository("app"), { tag: "v1" });
  await rig.api.expect(200, "GET", tagPath);
  rig.before = () => Promise.reject(new RegkitError("NOT_FOUND", "no such repository"));
  const answer = await rig.api.expect(200, "GET", listPath);
  assert.equal(
    answer.headers.get("warning"),
    '299 - "up.example.org no longer has this repository; this is only what is in the cache"',
  );
});

Deno.test("RegistryCache does not call it a failure of the upstream that the registry ends", async () => {
  const lines: string[] = [];
  const logger: Logger = { isEnabled: () => true, log: (level, message) => void lines.push(`${level} ${message}`) };
  const rig = new CacheRig({ registry: { logger } });
  const { digest } = await putBytes(rig.source.repository("app"), randomBytes(1000, 7));
  rig.before = ({ op, signal }) =>
    op === "get blob" ? undefined : new Promise((_, reject) => {
      signal?.addEventListener("abort", () => reject(new RegkitError("TRANSPORT", "cut")), { once: true });
    });
  rig.stream = () => new ReadableStream();
  const blob = await rig.registry.fetch(new Request(`http://registry.test/v2/hub/app/blobs/${digest}`));
  const reading = assert.rejects(blob.bytes());
  const waiting = rig.api.send("GET", tagPath);
  await settle();
  await rig[Symbol.asyncDispose]();
  await reading;
  assert((await waiting).status >= 500);
  assert.deepEqual(lines.filter((line) => line.includes("upstream failed")), []);
  assert.equal(rig.cache.counts.failures, 0);
});
