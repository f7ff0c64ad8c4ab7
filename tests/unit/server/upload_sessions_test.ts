import assert from "node:assert/strict";
import { createRegistry } from "../../../lib/server/registry.ts";
import type { RegistryOptions } from "../../../lib/server/settings.ts";
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
