import assert from "node:assert/strict";
import { openLayout } from "../../../lib/layout/layout_repository.ts";
import { contentLockName } from "../../../lib/layout/layout_files.ts";
import { takeLock } from "../../../lib/layout/lock.ts";
import { fallbackTag } from "../../../lib/oci/digest.ts";
import type { Descriptor } from "../../../lib/oci/descriptor.ts";
import { createRegistry } from "../../../lib/server/registry.ts";
import { openDirectoryStore } from "../../../lib/server/store/store_dir.ts";
import { hourMs, inDirectory } from "../../support/garden.ts";
import { tempFolder } from "../../support/processes.ts";
import { RegistryApi } from "../../support/registry_api.ts";

Deno.test("collectGarbage() leaves a repository alone while another program writes to its layout", () =>
  inDirectory(async (garden, root) => {
    await garden.api.pushBlob("app", "lost");
    garden.later(2 * hourMs);
    const clock = { now: Date.now, sleep: () => Promise.resolve() };
    const lock = await takeLock(`${root}/app/${contentLockName}`, "shared", { clock });
    assert.deepEqual(await garden.collect(), [0, 0]);
    lock.release();
    assert.deepEqual(await garden.collect(), [0, 1]);
  }));

Deno.test("collectGarbage() keeps what other tools listed, also what it does not understand", () =>
  inDirectory(async (garden, root) => {
    const { api } = garden;
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
  }));

Deno.test("collectGarbage() gives up where a manifest cannot be understood", () =>
  inDirectory(async (garden, root) => {
    const image = await garden.api.pushImage("app", "image", "v1");
    await garden.api.pushBlob("app", "lost");
    const file = `${root}/app/blobs/sha256/${image.digest.slice("sha256:".length)}`;
    const text = await Deno.readTextFile(file);
    await Deno.writeTextFile(file, text.replace("{", "["));
    await Deno.writeTextFile(
      `${root}/app/index.json`,
      `${await Deno.readTextFile(`${root}/app/index.json`)} `,
    );
    // Nothing is known of the manifest after a restart; before, its bytes are remembered.
    await garden.store[Symbol.asyncDispose]();
    const store = await openDirectoryStore(root, { durability: "none", now: () => Date.now() + 2 * hourMs });
    assert.deepEqual(await Array.fromAsync(store.collectGarbage()), []);
    await store[Symbol.asyncDispose]();
  }));

Deno.test("collectGarbage() removes uploads that nobody touched for long", () =>
  inDirectory(async (garden, root) => {
    const location = await garden.api.begin("app");
    await garden.api.expect(202, "PATCH", location, { body: "some" });
    await garden.collect();
    await garden.api.expect(204, "GET", location);
    garden.later(2 * hourMs);
    await garden.collect();
    assert.deepEqual(await Array.fromAsync(Deno.readDir(`${root}/app/_uploads`)), []);
  }));

Deno.test("openDirectoryStore() lists referrers for readers of layouts that were there before, and lists that clients remove", async () => {
  await using root = await tempFolder();
  const withApi = async (layoutReferrers: boolean, use: (api: RegistryApi) => Promise<void>) => {
    const store = await openDirectoryStore(root.path, { durability: "none", layoutReferrers });
    await using registry = createRegistry({ store });
    await use(new RegistryApi(registry.fetch));
  };
  let tag = "";
  const subjects: Descriptor[] = [];
  await withApi(false, async (api) => {
    subjects.push(await api.pushImage("app", "image", "v1"), await api.pushImage("app", "other", "v2"));
    for (const subject of subjects) await api.pushImage("app", `for ${subject.digest}`, undefined, { subject });
    tag = fallbackTag(subjects[0]?.digest ?? "");
  });
  const listed = async (subject: Descriptor | undefined) => {
    await using layout = openLayout(`${root.path}/app`, { isGcEnabled: false });
    return (await layout.listReferrers(subject?.digest ?? "")).descriptors.length;
  };
  assert.deepEqual(await Promise.all(subjects.map(listed)), [0, 0]);
  await withApi(true, async (api) => {
    const list = await api.expect(200, "GET", `/v2/app/manifests/${tag}`);
    assert.deepEqual(await Promise.all(subjects.map(listed)), [1, 1]);
    await api.expect(202, "DELETE", `/v2/app/manifests/${tag}`);
    assert.deepEqual(await Promise.all(subjects.map(listed)), [1, 1]);
    await api.expect(202, "DELETE", `/v2/app/manifests/${list.headers.get("docker-content-digest")}`);
    assert.deepEqual(await Promise.all(subjects.map(listed)), [1, 1]);
    assert.equal((await api.expect(200, "GET", `/v2/app/manifests/${tag}`)).text, list.text);
  });
  const before = await Deno.stat(`${root.path}/app/index.json`);
  await withApi(true, async (api) => void await api.expect(200, "GET", "/v2/app/tags/list"));
  assert.equal((await Deno.stat(`${root.path}/app/index.json`)).ino, before.ino, "complete lists are left alone");
});

Deno.test("openDirectoryStore() keeps referrers for readers of layouts when told so", () =>
  inDirectory(async (garden, root) => {
    const { api } = garden;
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
  }, { layoutReferrers: true }));

Deno.test("collectGarbage() takes entries out of the index whose file is gone, and nothing else", () =>
  inDirectory(async (garden, root) => {
    const { api } = garden;
    const path = `${root}/app/index.json`;
    const gone = await api.pushImage("app", "gone", "v1");
    const kept = await api.pushImage("app", "kept", "v2");
    const index = JSON.parse(await Deno.readTextFile(path));
    const unknown = `sha256:${"0".repeat(64)}`;
    index.manifests.push({ mediaType: "application/vnd.example.unknown", digest: unknown, size: 5 });
    await Deno.writeTextFile(path, JSON.stringify(index));
    await Deno.remove(`${root}/app/blobs/sha256/${gone.digest.slice(7)}`);
    assert.deepEqual(await garden.collect(), [0, 0], "whoever copies a layout may bring the file later");
    garden.later(2 * hourMs);
    assert.deepEqual(await garden.collect({ isDryRun: true, graceMs: 3 * hourMs }), [0, 0]);
    assert.deepEqual(await garden.collect({ isDryRun: true }), [2, 2]);
    assert.match(await Deno.readTextFile(path), new RegExp(gone.digest), "a dry run removes nothing");
    assert.deepEqual(await garden.collect(), [2, 2]);
    const { manifests } = JSON.parse(await Deno.readTextFile(path));
    assert.deepEqual(manifests.map(({ digest }: { digest: string }) => digest), [kept.digest]);
    assert.match((await api.expect(200, "GET", "/v2/app/tags/list")).text, /"tags":\["v2"\]/);
    await api.expect(404, "GET", "/v2/app/manifests/v1", {}, "MANIFEST_UNKNOWN");
    assert.deepEqual(await garden.collect(), [0, 0]);
  }));

Deno.test("collectGarbage() leaves entries alone where all files are gone, as when a disk is missing", () =>
  inDirectory(async (garden, root) => {
    await garden.api.pushImage("app", "image", "v1");
    const before = await Deno.readTextFile(`${root}/app/index.json`);
    await Deno.rename(`${root}/app/blobs/sha256`, `${root}/elsewhere`);
    await Deno.mkdir(`${root}/app/blobs/sha256`);
    garden.later(2 * hourMs);
    assert.deepEqual(await garden.collect(), [0, 0]);
    assert.equal(await Deno.readTextFile(`${root}/app/index.json`), before);
  }));

Deno.test("collectGarbage() gives up while a damaged manifest waits to be pushed again", () =>
  inDirectory(async (garden, root) => {
    const { api } = garden;
    const image = await api.pushImage("app", "image", "v1");
    const file = `${root}/app/blobs/sha256/${image.digest.slice(7)}`;
    await Deno.mkdir(`${root}/app/_quarantine`);
    await Deno.rename(file, `${root}/app/_quarantine/sha256-${image.digest.slice(7)}`);
    await Deno.writeTextFile(`${root}/app/index.json`, `${await Deno.readTextFile(`${root}/app/index.json`)} `);
    garden.later(2 * hourMs);
    assert.deepEqual(await Array.fromAsync(garden.store.collectGarbage()), []);
    await api.pushImage("app", "image", "v1");
    assert.deepEqual(await garden.collect(), [0, 0]);
    await api.expect(200, "GET", "/v2/app/manifests/v1");
  }));
