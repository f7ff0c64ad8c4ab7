/** Beginning a push where something else is broken, and what `registry serve` makes of limits. */

import assert from "node:assert/strict";
import { regctl } from "../../../cli/regctl/commands.ts";
import { parseLine } from "../../../cli/grammar.ts";
import { serveFlags } from "../../../cli/regctl/registry/serve_flags.ts";
import { openStore } from "../../../cli/regctl/registry/serve_parts.ts";
import { type ServeFlagValues, ServeValues } from "../../../cli/regctl/registry/serve_values.ts";
import { silentLogger } from "../../../lib/log.ts";
import { createRegistry } from "../../../lib/server/registry.ts";
import type { RegistryOptions } from "../../../lib/server/settings.ts";
import { openDirectoryStore } from "../../../lib/server/store/store_dir.ts";
import { digestBytes } from "../../../lib/oci/digest.ts";
import { tempFolder } from "../../support/processes.ts";
import { quietStore } from "../../support/quiet_store.ts";
import { RegistryApi } from "../../support/registry_api.ts";

const damages: Readonly<Record<string, (path: string) => Promise<void>>> = {
  "a truncated index": (path) => Deno.writeTextFile(`${path}/index.json`, `{"schemaVersion":2,"mani`),
  "another version of the layout": (path) => Deno.writeTextFile(`${path}/oci-layout`, `{"imageLayoutVersion":"2.0.0"}`),
};
const limits: Readonly<Record<string, RegistryOptions>> = { "no limits": {}, limits: { maxStoreBytes: 1000 } };
for (const [damage, spoil] of Object.entries(damages)) {
  for (const [title, options] of Object.entries(limits)) {
    Deno.test(`createRegistry() with ${title} mounts around a repository with ${damage}`, async () => {
      await using folder = await tempFolder();
      const open = () => openDirectoryStore(folder.path, { durability: "none", gc: { intervalMs: 0 } });
      let only = "";
      let both = "";
      {
        await using registry = createRegistry({ store: await open() });
        const api = new RegistryApi(registry.fetch);
        only = (await api.pushBlob("bad", "only")).digest;
        both = (await api.pushBlob("bad", "both")).digest;
        await api.pushBlob("worse", "only");
        await api.pushBlob("zebra", "both");
      }
      await spoil(`${folder.path}/bad`);
      await spoil(`${folder.path}/worse`);
      const messages: string[] = [];
      const logger = { isEnabled: () => true, log: (_level: string, message: string) => void messages.push(message) };
      await using registry = createRegistry({ store: await open(), logger, ...options });
      const api = new RegistryApi(registry.fetch);
      const other = await digestBytes(new TextEncoder().encode("other"));
      for (const from of ["", "&from=bad"]) {
        const location = await api.begin("good", `?mount=${only}${from}`);
        assert.deepEqual([...new Set(messages)], ["nothing mounted from a repository that cannot be read"]);
        await api.expect(201, "PUT", `${location}&digest=${other}`, { body: "other" });
      }
      await api.expect(201, "POST", `/v2/good/blobs/uploads/?mount=${both}`);
      await api.expect(202, "POST", `/v2/other/blobs/uploads/?mount=${both}&from=bad`);
    });
  }
}

Deno.test("createRegistry() begins an upload when the search for a blob to mount fails", async () => {
  const store = quietStore();
  const holders = async function* (): AsyncGenerator<string> {
    yield "one";
    await Promise.reject(new Error("disk"));
  };
  await using registry = createRegistry({ store: Object.assign(Object.create(store), { holders }) });
  const api = new RegistryApi(registry.fetch);
  const digest = await digestBytes(new TextEncoder().encode("content"));
  await api.expect(202, "POST", `/v2/app/blobs/uploads/?mount=${digest}`);
});

Deno.test("openStore() gives a store in memory no more than --max-store", async () => {
  const { occurrences } = parseLine(regctl, ["registry", "serve", "--max-store", "10B"]);
  const defaults = Object.entries(serveFlags).map((
    [name, flag],
  ) => [name, "default" in flag ? flag.default : undefined]);
  const given = occurrences.map(({ name, value }) => [name, value]);
  const flags: ServeFlagValues = Object.fromEntries([...defaults, ...given]);
  await using store = await openStore(
    undefined,
    new ServeValues(flags, new Set(["max-store"]), undefined),
    silentLogger,
  );
  const repository = await store.create("app");
  const upload = await repository.beginUpload({ id: crypto.randomUUID(), user: "", algorithm: "sha256" });
  await upload.append(new Uint8Array(10));
  await assert.rejects(upload.append(new Uint8Array(1)), { status: 507 });
});
