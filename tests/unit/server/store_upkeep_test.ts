import assert from "node:assert/strict";
import { createRegistry } from "../../../lib/server/registry.ts";
import type { DirectoryStoreOptions } from "../../../lib/server/store/dir_options.ts";
import { preloadMemoryStore } from "../../../lib/server/store/memory_preload.ts";
import { openDirectoryStore } from "../../../lib/server/store/store_dir.ts";
import { tempFolder } from "../../support/processes.ts";
import { RegistryApi } from "../../support/registry_api.ts";

async function serve(
  root: string,
  run: (api: RegistryApi) => Promise<void>,
  options: DirectoryStoreOptions = {},
): Promise<void> {
  const store = await openDirectoryStore(root, { durability: "none", pollMs: 0, ...options });
  await using registry = createRegistry({ store });
  await run(new RegistryApi(registry.fetch));
}

const hexOf = (digest: string): string => digest.slice(digest.indexOf(":") + 1);

Deno.test("openDirectoryStore() with verification answers 500 to a damaged blob, then 404, and takes it again", async () => {
  await using folder = await tempFolder();
  await serve(folder.path, async (api) => {
    const { digest } = await api.pushBlob("app", "right");
    await api.expect(200, "GET", `/v2/app/blobs/${digest}`);
    await Deno.writeTextFile(`${folder.path}/app/blobs/sha256/${hexOf(digest)}`, "wrong!");
    await api.expect(500, "GET", `/v2/app/blobs/${digest}`, {}, "UNKNOWN");
    await api.expect(404, "GET", `/v2/app/blobs/${digest}`, {}, "BLOB_UNKNOWN");
    assert.equal(await Deno.readTextFile(`${folder.path}/app/_quarantine/sha256-${hexOf(digest)}`), "wrong!");
    await api.pushBlob("app", "right");
    assert.equal((await api.expect(200, "GET", `/v2/app/blobs/${digest}`)).text, "right");
  }, { verifiesOnRead: true });
});

Deno.test("openDirectoryStore() clears up after a crash: stray temporary files go, empty blobs are moved aside", async () => {
  await using folder = await tempFolder();
  let digest = "";
  await serve(folder.path, async (api) => void ({ digest } = await api.pushBlob("app", "content")));
  const blobs = `${folder.path}/app/blobs/sha256`;
  const temp = `${hexOf(digest)}.${crypto.randomUUID()}.tmp`;
  await Deno.writeTextFile(`${blobs}/${temp}`, "half");
  await Deno.writeTextFile(`${folder.path}/app/index.json.${crypto.randomUUID()}.tmp`, "{");
  await Deno.writeTextFile(`${blobs}/${"0".repeat(64)}`, "");
  // The store is opened after the files were written, by its own clock.
  const store = await openDirectoryStore(folder.path, { durability: "none", now: () => Date.now() + 60_000 });
  const left = async () => (await Array.fromAsync(Deno.readDir(blobs))).map(({ name }) => name);
  while ((await left()).length > 1) await new Promise((resolve) => setTimeout(resolve, 1));
  await store[Symbol.asyncDispose]();
  assert.deepEqual(await left(), [hexOf(digest)]);
  assert.equal((await Deno.stat(`${folder.path}/app/_quarantine/sha256-${"0".repeat(64)}`)).size, 0);
});

Deno.test("openDirectoryStore() keeps few repositories in memory and goes on with uploads of others", async () => {
  await using folder = await tempFolder();
  await serve(folder.path, async (api) => {
    const location = await api.begin("first");
    await api.expect(202, "PATCH", location, { body: "be" });
    for (let at = 0; at < 5; at++) await api.pushImage(`other/${at}`, `${at}`, "v1");
    await api.expect(202, "PATCH", location, { body: "gin" });
    const { digest } = await api.pushBlob("second", "begin");
    await api.expect(201, "PUT", `${location}&digest=${digest}`);
    assert.equal((await api.expect(200, "GET", `/v2/first/blobs/${digest}`)).text, "begin");
    for (let at = 0; at < 5; at++) await api.expect(200, "GET", `/v2/other/${at}/manifests/v1`);
  }, { maxOpenRepositories: 1 });
});

Deno.test("preloadMemoryStore() begins with a directory's content and leaves the directory alone", async () => {
  await using folder = await tempFolder();
  let digest = "";
  await serve(folder.path, async (api) => {
    const image = await api.pushImage("team/app", "content", "v1");
    ({ digest } = await api.pushImage("team/app", "signature", undefined, { subject: image }));
  });
  await using registry = createRegistry({ store: await preloadMemoryStore(folder.path) });
  const api = new RegistryApi(registry.fetch);
  const image = await api.expect(200, "GET", "/v2/team/app/manifests/v1");
  const { layers } = image.json() as { layers: { digest: string }[] };
  assert.equal((await api.expect(200, "GET", `/v2/team/app/blobs/${layers[0]?.digest}`)).text, "content");
  const list = await api.expect(200, "GET", `/v2/team/app/referrers/${image.headers.get("docker-content-digest")}`);
  assert.match(list.text, new RegExp(digest));
  await api.expect(202, "DELETE", "/v2/team/app/manifests/v1");
  await assert.rejects(preloadMemoryStore(folder.path, { maxBytes: 10 }), { status: 507 });
  await serve(folder.path, async (again) => void (await again.expect(200, "GET", "/v2/team/app/manifests/v1")));
});
