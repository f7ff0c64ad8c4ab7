import assert from "node:assert/strict";
import { contentLockName, indexLockName } from "../../../lib/layout/layout_files.ts";
import { openLayout } from "../../../lib/layout/layout_repository.ts";
import { tryLock } from "../../../lib/layout/lock.ts";
import { createRegistry } from "../../../lib/server/registry.ts";
import { openDirectoryStore } from "../../../lib/server/store/store_dir.ts";
import { type Garden, hourMs, inDirectory, openGarden } from "../../support/garden.ts";
import { tempFolder } from "../../support/processes.ts";
import { putRandomImage } from "../../support/random_image.ts";
import { RegistryApi } from "../../support/registry_api.ts";

/** Gives everything below a directory, directories with a slash at the end. */
async function treeOf(root: string, below = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${root}/${below}`)) {
    const path = `${below}${name}`;
    found.push(...isDirectory ? [`${path}/`, ...await treeOf(root, `${path}/`)] : [path]);
  }
  return found.sort();
}

/** Makes everything below a directory look as if nobody had touched it for two hours. */
async function age(root: string): Promise<void> {
  const then = Date.now() - 2 * hourMs;
  for (const path of await treeOf(root)) await Deno.utime(`${root}/${path}`, new Date(then), new Date(then));
}

/** Makes repositories that hold nothing any more, long ago. */
async function emptied({ api }: Garden, ...names: string[]): Promise<void> {
  for (const name of names) {
    const { digest } = await api.pushImage(name, "content", "v1");
    await api.expect(202, "DELETE", `/v2/${name}/manifests/${digest}`);
  }
}

Deno.test("collectGarbage() removes the directories of empty repositories and what is empty above them", () =>
  inDirectory(async (garden, root) => {
    await emptied(garden, "team/one", "team/deep/er/two", "blobs", "alone");
    garden.later(2 * hourMs);
    assert.deepEqual(await garden.removed(), ["alone", "blobs", "team/deep/er/two", "team/one"]);
    assert.deepEqual(await treeOf(root), [".lock"]);
  }));

Deno.test("collectGarbage() keeps the directory of an empty repository for those below it, until they go too", () =>
  inDirectory(async (garden, root) => {
    await emptied(garden, "a");
    await garden.api.pushBlob("a/b", "lost");
    garden.later(2 * hourMs);
    assert.deepEqual(await garden.removed({ graceMs: 0, isDryRun: true }), ["a", "a/b"]);
    await garden.api.pushManifest("a/b", { schemaVersion: 2, mediaType: "application/vnd.example+json" }, "v1");
    assert.deepEqual(await garden.removed(), ["a"]);
    const before = await treeOf(root);
    assert.ok(before.includes("a/b/oci-layout"));
    assert.deepEqual(before.filter((path) => !path.startsWith("a/b/")), [".lock", "a/"]);
    // What is only a way to others is nothing that could be locked or collected.
    assert.deepEqual(await garden.removed(), []);
    assert.deepEqual(await treeOf(root), before);
    const [manifest] = (await garden.store.repository("a/b"))?.catalog.taggedDigests() ?? [];
    await garden.api.expect(202, "DELETE", `/v2/a/b/manifests/${manifest}`);
    garden.later(2 * hourMs);
    assert.deepEqual(await garden.removed(), ["a/b"]);
    assert.deepEqual(await treeOf(root), [".lock"]);
  }));

Deno.test("collectGarbage() leaves files of others beside a repository that it removes", () =>
  inDirectory(async (garden, root) => {
    await emptied(garden, "team/app");
    await Deno.writeTextFile(`${root}/team/app/notes.txt`, "mine");
    await Deno.mkdir(`${root}/team/app/_quarantine`);
    await Deno.writeTextFile(`${root}/team/app/_quarantine/damaged`, "");
    garden.later(2 * hourMs);
    assert.deepEqual(await garden.removed(), ["team/app"]);
    await garden.api.expect(404, "GET", "/v2/team/app/tags/list", {}, "NAME_UNKNOWN");
    assert.deepEqual(await treeOf(root), [
      ".lock",
      "team/",
      "team/app/",
      "team/app/_quarantine/",
      "team/app/_quarantine/damaged",
      "team/app/notes.txt",
    ]);
  }));

const something: readonly (readonly [string, (path: string, root: string) => Promise<unknown>])[] = [
  ["a file among the blobs", (path) => Deno.writeTextFile(`${path}/blobs/sha256/notes.txt`, "mine")],
  ["a file beside the algorithms", (path) => Deno.writeTextFile(`${path}/blobs/notes.txt`, "mine")],
  ["blobs of an algorithm that nobody knows", async (path) => {
    await Deno.mkdir(`${path}/blobs/md5`);
    await Deno.writeTextFile(`${path}/blobs/md5/0`, "");
  }],
  ["a directory among the uploads", (path) => Deno.mkdir(`${path}/_uploads/mine`)],
  ["a link in place of the blobs", async (path, root) => {
    await Deno.rename(`${path}/blobs`, `${root}/_shared`);
    await Deno.symlink(`${root}/_shared`, `${path}/blobs`);
  }],
  ["an annotation of the index", async (path) => {
    const index = JSON.parse(await Deno.readTextFile(`${path}/index.json`));
    await Deno.writeTextFile(`${path}/index.json`, JSON.stringify({ ...index, annotations: { mine: "yes" } }));
  }],
  ["an entry whose blob is missing", async (path) => {
    const digest = `sha256:${"0".repeat(64)}`;
    const manifests = [{ mediaType: "application/vnd.oci.image.manifest.v1+json", digest, size: 1 }];
    await Deno.writeTextFile(`${path}/index.json`, JSON.stringify({ schemaVersion: 2, manifests }));
  }],
];
for (const [title, put] of something) {
  Deno.test(`collectGarbage() does not take a repository for empty that holds ${title}`, () =>
    inDirectory(async (garden, root) => {
      await emptied(garden, "app");
      garden.later(2 * hourMs);
      await garden.collect();
      await put(`${root}/app`, root);
      garden.later(2 * hourMs);
      const before = await treeOf(root);
      assert.deepEqual(await garden.removed({ isDryRun: true }), []);
      assert.deepEqual(await garden.removed(), []);
      assert.deepEqual(await treeOf(root), before);
    }));
}

for (const name of [contentLockName, indexLockName]) {
  Deno.test(`collectGarbage() removes no repository whose ${name} another program holds`, () =>
    inDirectory(async (garden, root) => {
      await emptied(garden, "app");
      garden.later(2 * hourMs);
      await garden.collect();
      const lock = await tryLock(`${root}/app/${name}`, "shared", true);
      assert.ok(lock !== undefined);
      const before = await treeOf(root);
      assert.deepEqual(await garden.removed(), []);
      assert.deepEqual(await treeOf(root), before);
      lock.release();
      assert.deepEqual(await garden.removed(), ["app"]);
    }));
}

Deno.test("collectGarbage() goes by the files where an earlier run of the registry left an empty repository", async () => {
  await using folder = await tempFolder();
  const root = folder.path;
  {
    await using garden = await openGarden(root);
    await emptied(garden, "app");
    await garden.api.begin("begun");
  }
  await Deno.mkdir(`${root}/crashed`);
  await Deno.writeTextFile(`${root}/crashed/oci-layout`, '{"imageLayoutVersion":"1.0.0"}');
  {
    await using garden = await openGarden(root);
    garden.later(hourMs / 2);
    assert.deepEqual(await garden.removed(), []);
  }
  await age(root);
  await using garden = await openGarden(root);
  assert.deepEqual(await garden.removed(), ["app", "begun", "crashed"]);
  assert.deepEqual(await treeOf(root), [".lock"]);
});

Deno.test("collectGarbage() of a store that only reads finds empty repositories and leaves them", async () => {
  await using folder = await tempFolder();
  {
    await using garden = await openGarden(folder.path);
    await emptied(garden, "app");
  }
  await age(folder.path);
  const before = await treeOf(folder.path);
  await using garden = await openGarden(folder.path, { isReadOnly: true });
  assert.deepEqual(await garden.removed(), ["app"]);
  assert.deepEqual(await treeOf(folder.path), before);
});

Deno.test("collectGarbage() removes a repository whose lists of referrers have ended", () =>
  inDirectory(async (garden, root) => {
    const { api } = garden;
    const image = await api.pushImage("app", "image", "v1");
    await api.pushImage("app", "signature", undefined, { subject: image });
    await api.expect(202, "DELETE", `/v2/app/manifests/${image.digest}`);
    garden.later(3 * hourMs);
    assert.deepEqual(await garden.removed({ danglingMs: 2 * hourMs }), ["app"]);
    assert.deepEqual(await treeOf(root), [".lock"]);
  }, { layoutReferrers: true }));

Deno.test("openDirectoryStore() sees what another program puts where a repository was removed", () =>
  inDirectory(async (garden, root) => {
    await emptied(garden, "app");
    garden.later(2 * hourMs);
    assert.deepEqual(await garden.removed(), ["app"]);
    {
      await using layout = openLayout(`${root}/app`, { durability: "none" });
      await putRandomImage(layout, { tag: "v2" });
    }
    assert.match((await garden.api.expect(200, "GET", "/v2/app/tags/list")).text, /"tags":\["v2"\]/);
    await garden.api.pushImage("app", "mine", "v3");
    assert.match((await garden.api.expect(200, "GET", "/v2/app/tags/list")).text, /"tags":\["v2","v3"\]/);
  }));

Deno.test("collectGarbage() loses nothing of what another program writes into a layout that is about to be removed", () =>
  inDirectory(async (garden, root) => {
    for (let turns = 0; turns < 25; turns++) {
      await emptied(garden, "app");
      garden.later(2 * hourMs);
      await garden.collect();
      const collecting = garden.removed();
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
      const layout = openLayout(`${root}/app`, { durability: "none", isGcEnabled: false });
      const { descriptor: { digest } } = await putRandomImage(layout, { tag: "v2" });
      await collecting;
      await layout[Symbol.asyncDispose]();
      const got = await garden.api.expect(200, "GET", "/v2/app/manifests/v2");
      assert.equal(got.headers.get("docker-content-digest"), digest);
      const { layers } = got.json() as { layers: { digest: string }[] };
      for (const layer of layers) assert.equal(await garden.has("app", "blobs", layer.digest), true);
      await garden.api.expect(202, "DELETE", `/v2/app/manifests/${digest}`);
    }
  }));

Deno.test("collectGarbage() loses nothing of whole pushes that begin while it decides", async () => {
  await using folder = await tempFolder();
  const names = ["team/app", "team/other", "team/app/below"];
  let removed = 0;
  // From before the decision to after the removal, one turn of the event loop at a time.
  for (const turns of [...Array(25).keys(), Infinity]) {
    {
      await using garden = await openGarden(folder.path);
      await emptied(garden, ...names);
      await garden.collect({ graceMs: -1 });
    }
    await age(folder.path);
    const pushed = new Map<string, string>();
    {
      await using store = await openDirectoryStore(folder.path, { durability: "none", gc: { intervalMs: 0 } });
      const api = new RegistryApi(createRegistry({ store }).fetch);
      const collecting = Array.fromAsync(store.collectGarbage({ removeEmpty: true }));
      if (turns === Infinity) await collecting;
      else for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
      await Promise.all(names.map(async (name) => {
        const { digest } = await api.pushImage(name, `${name} ${turns}`, "v1");
        pushed.set(name, digest);
      }));
      removed += (await collecting).filter(({ isRemoved }) => isRemoved).length;
    }
    await using garden = await openGarden(folder.path);
    assert.deepEqual(await garden.names(), [...names].sort());
    for (const [name, digest] of pushed) {
      const got = await garden.api.expect(200, "GET", `/v2/${name}/manifests/v1`);
      assert.equal(got.headers.get("docker-content-digest"), digest);
      const { layers } = got.json() as { layers: { digest: string }[] };
      for (const layer of layers) assert.equal(await garden.has(name, "blobs", layer.digest), true);
      await garden.api.expect(202, "DELETE", `/v2/${name}/manifests/${digest}`);
    }
  }
  assert.ok(removed >= names.length, "when nobody pushes, all go");
});
