/**
 * What garbage collection does over every store that has it.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Descriptor } from "../../lib/oci/descriptor.ts";
import { digestBytes } from "../../lib/oci/digest.ts";
import { type Garden, hourMs, minuteMs } from "../support/garden.ts";
import { indexOf } from "../support/registry_api.ts";
import { emptyRepositoryContract } from "./server_gc_empty_contract.ts";

/** Registers a test over a garden. */
export type GardenTest = (title: string, run: (garden: Garden) => Promise<void>) => void;

/** Registers all tests for a store; `inGarden` runs one over a store that collects only when it is asked to. */
export function gcContract(name: string, inGarden: (run: (garden: Garden) => Promise<void>) => Promise<void>): void {
  const test: GardenTest = (title, run) => Deno.test(`${name}: collectGarbage() ${title}`, () => inGarden(run));
  blobs(test);
  manifests(test);
  uploads(test);
  emptyRepositoryContract(test);
}

function blobs(test: GardenTest): void {
  test("removes blobs that no manifest needs once the grace is over", async (garden) => {
    const lost = await garden.api.pushBlob("app", "lost");
    const image = await garden.api.pushImage("app", "kept", "v1");
    assert.deepEqual(await garden.collect(), [0, 0]);
    garden.later(2 * hourMs);
    assert.deepEqual(await garden.collect({ isDryRun: true }), [0, 1]);
    assert.equal(await garden.has("app", "blobs", lost.digest), true, "a dry run removes nothing, a pull is a use");
    assert.deepEqual(await garden.collect(), [0, 0]);
    garden.later(2 * hourMs);
    assert.deepEqual(await garden.collect(), [0, 1]);
    assert.equal(await garden.has("app", "blobs", lost.digest), false);
    assert.equal(await garden.has("app", "manifests", image.digest), true);
    assert.deepEqual(await garden.collect(), [0, 0]);
  });

  test("spares what somebody was told to be there", async (garden) => {
    const { api } = garden;
    const answers: [string, (blob: Descriptor) => Promise<unknown>][] = [
      ["head", ({ digest }) => api.expect(200, "HEAD", `/v2/app/blobs/${digest}`)],
      ["mount", ({ digest }) => api.expect(201, "POST", `/v2/app/blobs/uploads/?mount=${digest}&from=app`)],
      [
        "duplicate",
        ({ digest }) => api.expect(201, "POST", `/v2/app/blobs/uploads/?digest=${digest}`, { body: "duplicate" }),
      ],
      ["upload", () => api.pushBlob("app", "upload")],
    ];
    const told = await Promise.all(answers.map(([content]) => api.pushBlob("app", content)));
    const silent = await api.pushBlob("app", "silent");
    garden.later(2 * hourMs);
    for (const [at, [, ask]] of answers.entries()) await ask(told[at] ?? assert.fail());
    assert.deepEqual(await garden.collect(), [0, 1]);
    for (const { digest } of told) assert.equal(await garden.has("app", "blobs", digest), true);
    assert.equal(await garden.has("app", "blobs", silent.digest), false);
  });

  test("counts what was mounted as new where it was mounted, and as old where it came from", async (garden) => {
    const { api } = garden;
    const { digest } = await api.pushBlob("from", "shared");
    garden.later(2 * hourMs);
    await api.expect(201, "POST", `/v2/to/blobs/uploads/?mount=${digest}`);
    const results = await Array.fromAsync(garden.store.collectGarbage());
    assert.equal(results.find(({ repository }) => repository === "to")?.blobs.length, 0);
    assert.equal(await garden.has("to", "blobs", digest), true);
  });

  test("never takes a blob that a manifest in flight is about to need", async (garden) => {
    const { api } = garden;
    const images = await Promise.all([...Array(20).keys()].map((at) => api.image("app", `layer ${at}`)));
    garden.later(2 * hourMs);
    const [pushed, collected] = await Promise.all([
      Promise.all(images.map((document, at) => api.pushManifest("app", document, `v${at}`).catch(() => undefined))),
      garden.collect(),
    ]);
    for (const [at, manifest] of pushed.entries()) {
      if (manifest === undefined) continue;
      const document = (await api.expect(200, "GET", `/v2/app/manifests/v${at}`)).json() as { layers: Descriptor[] };
      for (const { digest } of document.layers) assert.equal(await garden.has("app", "blobs", digest), true);
    }
    assert.ok(collected[1] <= 2 * pushed.filter((manifest) => manifest === undefined).length);
  });
}

function manifests(test: GardenTest): void {
  test("keeps what tags lead to: children, configs, layers, and referrers of all that", async (garden) => {
    const { api } = garden;
    const child = await api.pushImage("app", "child");
    const index = await api.pushManifest("app", indexOf([child]), "v1");
    const signature = await api.pushImage("app", "signature", undefined, { subject: child });
    const proof = await api.pushImage("app", "proof", undefined, { subject: signature });
    const old = await api.pushImage("app", "old", "v0");
    const oldSignature = await api.pushImage("app", "old signature", undefined, { subject: old });
    await api.expect(202, "DELETE", "/v2/app/manifests/v0");
    garden.later(3 * hourMs);
    assert.deepEqual(await garden.collect(), [0, 0], "untagged manifests stay unless told otherwise");
    assert.deepEqual(await garden.collect({ untaggedMs: 4 * hourMs }), [0, 0]);
    assert.deepEqual(await garden.collect({ untaggedMs: 2 * hourMs }), [2, 6]);
    for (const { digest } of [child, index, signature, proof]) {
      assert.equal(await garden.has("app", "manifests", digest), true);
    }
    for (const { digest } of [old, oldSignature]) assert.equal(await garden.has("app", "manifests", digest), false);
    const referrers = await api.expect(200, "GET", `/v2/app/referrers/${child.digest}`);
    assert.match(referrers.text, new RegExp(signature.digest));
  });

  test("counts the age of an untagged manifest from when it lost its tag", async (garden) => {
    const { api } = garden;
    for (const content of ["moved", "deleted"]) await api.pushImage("app", content, content);
    garden.later(10 * hourMs);
    await api.pushImage("app", "another", "moved");
    await api.expect(202, "DELETE", "/v2/app/manifests/deleted");
    assert.deepEqual(await garden.collect({ untaggedMs: 5 * hourMs }), [0, 0]);
    garden.later(6 * hourMs);
    assert.deepEqual(await garden.collect({ untaggedMs: 5 * hourMs }), [2, 6]);
  });

  test("keeps referrers without their subject unless told otherwise", async (garden) => {
    const image = await garden.api.pushImage("app", "image", "v1");
    await garden.api.pushImage("app", "signature", undefined, { subject: image });
    await garden.api.expect(202, "DELETE", `/v2/app/manifests/${image.digest}`);
    garden.later(3 * hourMs);
    assert.deepEqual(await garden.collect({ untaggedMs: 2 * hourMs }), [0, 2], "config and layer of the deleted image");
    assert.deepEqual(await garden.collect({ danglingMs: 4 * hourMs }), [0, 0]);
    assert.deepEqual(await garden.collect({ danglingMs: 2 * hourMs }), [1, 3]);
  });

  test("spares a manifest that somebody was told to be there, alone or as part of an index", async (garden) => {
    const { api } = garden;
    const asked = await api.pushImage("app", "asked");
    const child = await api.pushImage("app", "child");
    const silent = await api.pushImage("app", "silent");
    garden.later(3 * hourMs);
    await api.expect(200, "HEAD", `/v2/app/manifests/${asked.digest}`);
    // The index tells its pusher that the child is there; without it the child has nothing but its age.
    const index = await api.pushManifest("app", indexOf([child]), "v1");
    await api.expect(202, "DELETE", `/v2/app/manifests/${index.digest}`);
    assert.deepEqual(await garden.collect({ untaggedMs: 2 * hourMs }), [1, 3]);
    assert.equal(await garden.has("app", "manifests", silent.digest), false);
    for (const { digest } of [asked, child]) assert.equal(await garden.has("app", "manifests", digest), true);
  });

  test("keeps whatever a manifest of an unknown type mentions", async (garden) => {
    const inner = await garden.api.pushBlob("app", "inner");
    const outer = await garden.api.pushBlob("app", JSON.stringify({ wants: inner.digest }));
    const document = { schemaVersion: 2, mediaType: "application/vnd.example+json", wants: outer.digest };
    await garden.api.pushManifest("app", document, "v1");
    garden.later(2 * hourMs);
    assert.deepEqual(await garden.collect(), [0, 0]);
  });
}

function uploads(test: GardenTest): void {
  test("removes uploads that nobody touched for long", async (garden) => {
    const { api } = garden;
    const location = await api.begin("app");
    await api.expect(202, "PATCH", location, { body: "some" });
    await garden.collect();
    await api.expect(204, "GET", location);
    garden.later(2 * hourMs);
    await garden.collect();
    await api.expect(404, "GET", location, {}, "BLOB_UPLOAD_UNKNOWN");
  });

  test("lets nobody go on with an upload whose bytes it removed", async (garden) => {
    const { api } = garden;
    const digestOf = (text: string) => digestBytes(new TextEncoder().encode(text));
    for (const [method, body] of [["PATCH", "World"], ["PUT", "World"], ["PUT", ""]] as const) {
      const digest = await digestOf(`Hello ${body}`);
      const location = await api.begin("app");
      await api.expect(202, "PATCH", location, { body: "Hello " });
      // Asking keeps the session, but does not make its bytes younger.
      garden.later(50 * minuteMs);
      await api.expect(204, "GET", location);
      garden.later(50 * minuteMs);
      await garden.collect();
      await api.expect(404, method, `${location}&digest=${digest}`, { body }, "BLOB_UPLOAD_UNKNOWN");
      await api.expect(404, "GET", `/v2/app/blobs/${digest}`);
    }
  });
}
