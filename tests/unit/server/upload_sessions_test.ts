import assert from "node:assert/strict";
import { silentLogger } from "../../../lib/log.ts";
import { UploadSessions } from "../../../lib/server/endpoints/upload_sessions.ts";
import { createRegistry } from "../../../lib/server/registry.ts";
import type { RegistryOptions } from "../../../lib/server/settings.ts";
import type { RepositoryStore } from "../../../lib/server/store/store.ts";
import { openDirectoryStore } from "../../../lib/server/store/store_dir.ts";
import { tempFolder } from "../../support/processes.ts";
import { quietStore } from "../../support/quiet_store.ts";
import { RegistryApi } from "../../support/registry_api.ts";

async function withRegistry(root: string, run: (api: RegistryApi) => Promise<void>, options: RegistryOptions = {}) {
  await using registry = createRegistry({ store: await openDirectoryStore(root, { durability: "none" }), ...options });
  await run(new RegistryApi(registry.fetch));
}

Deno.test("UploadSessions counts those of an earlier run towards the limit, and ends the one idle for longest", async () => {
  await using root = await tempFolder();
  const locations: string[] = [];
  await withRegistry(root.path, async (api) => {
    for (let at = 0; at < 3; at++) {
      const location = await api.begin("app");
      await api.expect(202, "PATCH", location, { body: "begun" });
      locations.push(location);
      const file = `${root.path}/app/_uploads/${location.replace(/^.*\/|\?.*$/g, "")}`;
      const time = new Date(Date.now() - (10 - at) * 1000);
      await Deno.utime(file, time, time);
    }
  });
  await withRegistry(root.path, async (api) => {
    const [first = "", second = "", third = ""] = locations;
    await api.expect(204, "GET", first);
    await Promise.all([api.begin("app"), api.begin("app")]);
    await api.expect(404, "GET", second, {}, "BLOB_UPLOAD_UNKNOWN");
    await api.expect(404, "GET", third, {}, "BLOB_UPLOAD_UNKNOWN");
    await api.expect(204, "GET", first);
  }, { maxUploads: 3 });
});

Deno.test("UploadSessions does not count what nobody may go on with any more", async () => {
  let now = Date.UTC(2026, 0, 1);
  const registry = createRegistry({ store: quietStore(), metrics: true, uploadIdleMs: 1000, now: () => now });
  const api = new RegistryApi(registry.fetch);
  const count = async () => /regkit_open_uploads (\d+)/.exec((await api.expect(200, "GET", "/metrics")).text)?.[1];
  await api.begin("app");
  now += 600;
  await api.begin("app");
  assert.equal(await count(), "2");
  now += 600;
  assert.equal(await count(), "1");
});

Deno.test("UploadSessions looks for uploads of an earlier run once for each repository object, not for each name", async () => {
  const limits = { maxUploads: 10, uploadIdleMs: 1000, isReadOnly: false, now: () => 0 };
  const sessions = new UploadSessions(limits, { quota: undefined, logger: silentLogger });
  let looks = 0;
  const open = async (): Promise<RepositoryStore> =>
    Object.assign(await quietStore().create("app"), {
      earlierUploads: {
        ids() {
          looks++;
          return ReadableStream.from<string>([]);
        },
        resume: () => Promise.resolve(undefined),
      },
    });
  const first = await open();
  await Promise.all([sessions.begin(first, "", "sha256"), sessions.begin(first, "", "sha256")]);
  assert.equal(looks, 1);
  // What is remembered of the first goes with it.
  await sessions.begin(await open(), "", "sha256");
  assert.equal(looks, 2);
});

Deno.test("UploadSessions begins an upload although an idle one cannot be removed", async () => {
  let now = 0;
  const messages: string[] = [];
  const logger = { isEnabled: () => true, log: (_level: string, message: string) => void messages.push(message) };
  const store = quietStore();
  const { fetch } = createRegistry({ store, logger, uploadIdleMs: 1000, now: () => now });
  const api = new RegistryApi(fetch);
  const repository = await store.create("broken");
  const begin = repository.beginUpload.bind(repository);
  repository.beginUpload = async (beginning) =>
    Object.assign(await begin(beginning), { discard: () => Promise.reject(new Error("disk")) });
  const location = await api.begin("broken");
  now += 1001;
  await api.begin("app");
  assert.deepEqual(messages, ["an idle upload could not be removed"]);
  await api.expect(404, "GET", location, {}, "BLOB_UPLOAD_UNKNOWN");
});
