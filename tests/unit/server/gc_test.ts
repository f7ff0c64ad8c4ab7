import assert from "node:assert/strict";
import { openLayout } from "../../../lib/layout/layout_repository.ts";
import { contentLockName } from "../../../lib/layout/layout_files.ts";
import { takeLock } from "../../../lib/layout/lock.ts";
import type { Descriptor } from "../../../lib/oci/descriptor.ts";
import { fallbackTag } from "../../../lib/oci/digest.ts";
import type { DirectoryStoreOptions } from "../../../lib/server/store/dir_options.ts";
import type { GcOptions } from "../../../lib/server/store/gc_options.ts";
import { createRegistry } from "../../../lib/server/registry.ts";
import { type DirectoryRegistryStore, openDirectoryStore } from "../../../lib/server/store/store_dir.ts";
import { indexOf, RegistryApi } from "../../support/registry_api.ts";

const hourMs = 60 * 60 * 1000;

/** A registry over a directory whose clock the test moves. */
class Garden implements AsyncDisposable {
  nowMs = Date.now();

  private constructor(
    readonly root: string,
    readonly store: DirectoryRegistryStore,
    readonly api: RegistryApi,
  ) {}

  static async open(options: DirectoryStoreOptions = {}): Promise<Garden> {
    const root = await Deno.makeTempDir();
    const clock = { now: () => Date.now() };
    const store = await openDirectoryStore(root, {
      durability: "none",
      pollMs: 0,
      gc: { intervalMs: 0 },
      now: () => clock.now(),
      ...options,
    });
    const registry = createRegistry({ store, now: () => clock.now(), deleteUsedBlobs: true });
    const garden = new Garden(root, store, new RegistryApi(registry.fetch));
    clock.now = () => garden.nowMs;
    return garden;
  }

  later(ms: number): void {
    this.nowMs += ms;
  }

  /** Collects, and gives how many manifests and blobs went. */
  async collect(options: GcOptions & { readonly isDryRun?: boolean } = {}): Promise<[number, number]> {
    const results = await Array.fromAsync(this.store.collectGarbage(options));
    return [
      results.reduce((sum, { manifests }) => sum + manifests.length, 0),
      results.reduce((sum, { blobs }) => sum + blobs.length, 0),
    ];
  }

  async has(name: string, kind: "manifests" | "blobs", digest: string): Promise<boolean> {
    return await this.api.send("GET", `/v2/${name}/${kind}/${digest}`).then(({ status }) => status === 200);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store[Symbol.asyncDispose]();
    await Deno.remove(this.root, { recursive: true });
  }
}

Deno.test("collectGarbage() removes blobs that no manifest needs once the grace is over", async () => {
  await using garden = await Garden.open();
  const lost = await garden.api.pushBlob("app", "lost");
  const image = await garden.api.pushImage("app", "kept", "v1");
  assert.deepEqual(await garden.collect(), [0, 0]);
  garden.later(2 * hourMs);
  assert.deepEqual(await garden.collect({ isDryRun: true }), [0, 1]);
  assert.equal(
    await garden.has("app", "blobs", lost.digest),
    true,
    "a dry run removes nothing, a pull saves nothing else",
  );
  garden.later(2 * hourMs);
  assert.deepEqual(await garden.collect(), [0, 1]);
  assert.equal(await garden.has("app", "blobs", lost.digest), false);
  assert.equal(await garden.has("app", "manifests", image.digest), true);
  assert.deepEqual(await garden.collect(), [0, 0]);
});

Deno.test("collectGarbage() spares what somebody was told to be there", async () => {
  await using garden = await Garden.open();
  const answers: [string, (blob: Descriptor) => Promise<unknown>][] = [
    ["head", ({ digest }) => garden.api.expect(200, "HEAD", `/v2/app/blobs/${digest}`)],
    ["mount", ({ digest }) => garden.api.expect(201, "POST", `/v2/app/blobs/uploads/?mount=${digest}&from=app`)],
    [
      "duplicate",
      ({ digest }) => garden.api.expect(201, "POST", `/v2/app/blobs/uploads/?digest=${digest}`, { body: "duplicate" }),
    ],
    ["upload", () => garden.api.pushBlob("app", "upload")],
  ];
  const blobs = await Promise.all(answers.map(([content]) => garden.api.pushBlob("app", content)));
  const silent = await garden.api.pushBlob("app", "silent");
  garden.later(2 * hourMs);
  for (const [at, [, ask]] of answers.entries()) await ask(blobs[at] ?? assert.fail());
  assert.deepEqual(await garden.collect(), [0, 1]);
  for (const { digest } of blobs) assert.equal(await garden.has("app", "blobs", digest), true);
  assert.equal(await garden.has("app", "blobs", silent.digest), false);
});

Deno.test("collectGarbage() keeps what tags lead to: children, configs, layers, and referrers of all that", async () => {
  await using garden = await Garden.open();
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
  assert.match((await api.expect(200, "GET", `/v2/app/referrers/${child.digest}`)).text, new RegExp(signature.digest));
});

Deno.test("collectGarbage() counts the age of an untagged manifest from when it lost its tag", async () => {
  await using garden = await Garden.open();
  await garden.api.pushImage("app", "one", "v1");
  garden.later(10 * hourMs);
  await garden.api.pushImage("app", "two", "v1");
  assert.deepEqual(await garden.collect({ untaggedMs: 5 * hourMs }), [0, 0]);
  garden.later(6 * hourMs);
  assert.deepEqual(await garden.collect({ untaggedMs: 5 * hourMs }), [1, 3]);
});

Deno.test("collectGarbage() keeps referrers without their subject unless told otherwise", async () => {
  await using garden = await Garden.open();
  const image = await garden.api.pushImage("app", "image", "v1");
  await garden.api.pushImage("app", "signature", undefined, { subject: image });
  await garden.api.expect(202, "DELETE", `/v2/app/manifests/${image.digest}`);
  garden.later(3 * hourMs);
  assert.deepEqual(await garden.collect({ untaggedMs: 2 * hourMs }), [0, 2], "config and layer of the deleted image");
  assert.deepEqual(await garden.collect({ danglingMs: 4 * hourMs }), [0, 0]);
  assert.deepEqual(await garden.collect({ danglingMs: 2 * hourMs }), [1, 3]);
});

Deno.test("collectGarbage() never takes a blob that a manifest in flight is about to need", async () => {
  await using garden = await Garden.open();
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

Deno.test("collectGarbage() leaves a repository alone while another program writes to its layout", async () => {
  await using garden = await Garden.open();
  await garden.api.pushBlob("app", "lost");
  garden.later(2 * hourMs);
  const clock = { now: Date.now, sleep: () => Promise.resolve() };
  const lock = await takeLock(`${garden.root}/app/${contentLockName}`, "shared", { clock });
  assert.deepEqual(await garden.collect(), [0, 0]);
  lock.release();
  assert.deepEqual(await garden.collect(), [0, 1]);
});

Deno.test("collectGarbage() keeps what other tools listed, also what it does not understand", async () => {
  await using garden = await Garden.open();
  const { api, root } = garden;
  const inner = await api.pushBlob("app", "mentioned by an unknown document");
  const outer = await api.pushBlob("app", JSON.stringify({ wants: inner.digest }));
  const named = await api.pushImage("app", "named by another tool");
  const path = `${root}/app/index.json`;
  const index = JSON.parse(await Deno.readTextFile(path));
  index.manifests[0].annotations["org.opencontainers.image.ref.name"] = "registry.example.org/app:with a name";
  index.manifests.push({ mediaType: "application/vnd.example.unknown", digest: outer.digest, size: outer.size });
  await Deno.writeTextFile(path, JSON.stringify(index));
  garden.later(2 * hourMs);
  assert.deepEqual(await garden.collect(), [0, 0]);
  assert.deepEqual(await garden.collect({ untaggedMs: 0 }), [1, 1], "the unknown document, which has no name");
  assert.equal(await garden.has("app", "manifests", named.digest), true);
});

Deno.test("collectGarbage() gives up where a manifest cannot be understood", async () => {
  await using garden = await Garden.open();
  const image = await garden.api.pushImage("app", "image", "v1");
  await garden.api.pushBlob("app", "lost");
  const file = `${garden.root}/app/blobs/sha256/${image.digest.slice("sha256:".length)}`;
  const text = await Deno.readTextFile(file);
  await Deno.writeTextFile(file, text.replace("{", "["));
  await Deno.writeTextFile(
    `${garden.root}/app/index.json`,
    `${await Deno.readTextFile(`${garden.root}/app/index.json`)} `,
  );
  // Nothing is known of the manifest after a restart; before, its bytes are remembered.
  await garden.store[Symbol.asyncDispose]();
  const store = await openDirectoryStore(garden.root, { durability: "none", now: () => Date.now() + 2 * hourMs });
  assert.deepEqual(await Array.fromAsync(store.collectGarbage()), []);
  await store[Symbol.asyncDispose]();
});

Deno.test("collectGarbage() removes uploads that nobody touched for long", async () => {
  await using garden = await Garden.open();
  const location = await garden.api.begin("app");
  await garden.api.expect(202, "PATCH", location, { body: "some" });
  await garden.collect();
  await garden.api.expect(204, "GET", location);
  garden.later(2 * hourMs);
  await garden.collect();
  assert.deepEqual(await Array.fromAsync(Deno.readDir(`${garden.root}/app/_uploads`)), []);
});

Deno.test("openDirectoryStore() keeps referrers for readers of layouts when told so", async () => {
  await using garden = await Garden.open({ layoutReferrers: true });
  const { api, root } = garden;
  const image = await api.pushImage("app", "image", "v1");
  const one = await api.pushImage("app", "one", undefined, { subject: image, artifactType: "a/b" });
  const two = await api.pushImage("app", "two", undefined, { subject: image, artifactType: "c/d" });
  const listed = async () => {
    await using layout = openLayout(`${root}/app`, { isGcEnabled: false });
    return (await layout.listReferrers(image.digest)).descriptors.map(({ digest }) => digest).sort();
  };
  assert.deepEqual(await listed(), [one.digest, two.digest].sort());
  assert.match((await api.expect(200, "GET", "/v2/app/tags/list")).text, /"tags":\["v1"\]/);
  await api.expect(200, "GET", `/v2/app/manifests/${fallbackTag(image.digest)}`);
  await api.expect(202, "DELETE", `/v2/app/manifests/${one.digest}`);
  assert.deepEqual(await listed(), [two.digest]);
  await api.expect(202, "DELETE", `/v2/app/manifests/${image.digest}`);
  garden.later(2 * hourMs);
  await garden.collect();
  garden.later(2 * hourMs);
  assert.equal((await garden.collect({ danglingMs: hourMs }))[0], 1, "a list keeps no referrer alive");
  assert.deepEqual(await listed(), []);
});
