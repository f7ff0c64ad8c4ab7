/** When open uploads are idle: for sessions and for what sweeps the files behind them. */

import assert from "node:assert/strict";
import { digestBytes } from "../../../lib/oci/digest.ts";
import { createRegistry } from "../../../lib/server/registry.ts";
import type { CollectingStore } from "../../../lib/server/store/collecting_store.ts";
import { openDirectoryStore } from "../../../lib/server/store/store_dir.ts";
import { createMemoryStore } from "../../../lib/server/store/store_memory.ts";
import { StalledBody } from "../../contract/server_upload_contract.ts";
import { Garden, hourMs, minuteMs, openGarden } from "../../support/garden.ts";
import { tempFolder } from "../../support/processes.ts";
import { RegistryApi } from "../../support/registry_api.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const gc = { intervalMs: 0 };

const gardens: Readonly<Record<string, (root: string) => Promise<Garden>>> = {
  "memory store": () => Garden.open((now) => createMemoryStore({ now, gc })),
  "directory store": (root) => openGarden(root),
};

/** Registers a test over each store. */
function test(title: string, run: (garden: Garden) => Promise<void>): void {
  for (const [kind, open] of Object.entries(gardens)) {
    Deno.test(`collectGarbage() of a ${kind} ${title}`, async () => {
      await using folder = await tempFolder();
      await using garden = await open(folder.path);
      await run(garden);
    });
  }
}

for (const before of ["", "before "]) {
  test(`never takes an upload that is received${before === "" ? "" : ", also one that goes on"}`, async (garden) => {
    const { api } = garden;
    const location = await api.begin("app");
    if (before !== "") await api.expect(202, "PATCH", location, { body: before });
    const body = new StalledBody();
    const running = api.expect(202, "PATCH", location, { body: body.stream });
    await body.isStalled;
    garden.later(3 * hourMs);
    await garden.collect();
    await api.expect(204, "GET", location);
    body.end();
    await running;
    // From its end on it has the whole idle time.
    garden.later(59 * minuteMs);
    await garden.collect();
    const digest = await digestBytes(encode(`${before}after`));
    await api.expect(201, "PUT", `${location}&digest=${digest}`, { body: "after" });
  });
}

test("never takes what is received outside of a session either", async (garden) => {
  const repository = await garden.store.create("app");
  const upload = await repository.beginUpload({ id: crypto.randomUUID(), user: "", algorithm: "sha256" });
  await upload.append(encode("con"));
  garden.later(3 * hourMs);
  await garden.collect();
  await upload.append(encode("tent"));
  const digest = await digestBytes(encode("content"));
  await upload.commit(digest);
  assert.equal((await garden.api.expect(200, "GET", `/v2/app/blobs/${digest}`)).text, "content");
});

const shortLived: Readonly<Record<string, (root: string, now: () => number) => Promise<CollectingStore>>> = {
  "memory store": (_root, now) => Promise.resolve(createMemoryStore({ now, gc, uploadIdleMs: minuteMs })),
  "directory store": (root, now) =>
    openDirectoryStore(root, { durability: "none", now, gc, uploadIdleMs: minuteMs, pollMs: 0 }),
};
for (const [kind, open] of Object.entries(shortLived)) {
  Deno.test(`createRegistry() notices that a ${kind} removed an upload that clients ask for`, async () => {
    await using folder = await tempFolder();
    let now = Date.now();
    const store = await open(folder.path, () => now);
    await using registry = createRegistry({ store, now: () => now, maxRepositoryBytes: 100 });
    const api = new RegistryApi(registry.fetch);
    for (const body of ["", "some"]) {
      const location = await api.begin("app");
      await api.expect(202, "PATCH", location, { body });
      now += 50_000;
      await api.expect(204, "GET", location);
      now += 50_000;
      await Array.fromAsync(store.collectGarbage());
      await api.expect(404, "GET", location, {}, "BLOB_UPLOAD_UNKNOWN");
      await api.expect(404, "PUT", `${location}&digest=${await digestBytes(encode(body))}`, {}, "BLOB_UPLOAD_UNKNOWN");
      // Its room is free again.
      await api.expect(202, "PATCH", await api.begin("app"), { body: "x".repeat(100) });
      now += hourMs + 1;
    }
  });
}

Deno.test("openDirectoryStore() goes by the time of an upload's file after a restart", async () => {
  await using folder = await tempFolder();
  const locations: string[] = [];
  {
    await using garden = await openGarden(folder.path);
    for (const body of ["old", "young"]) {
      const location = await garden.api.begin("app");
      await garden.api.expect(202, "PATCH", location, { body });
      locations.push(location);
    }
  }
  const [old = "", young = ""] = locations;
  const file = `${folder.path}/app/_uploads/${old.replace(/^.*\/|\?.*$/g, "")}`;
  const time = new Date(Date.now() - 2 * hourMs);
  for (const path of [file, `${file}.json`]) await Deno.utime(path, time, time);
  await using garden = await openGarden(folder.path);
  await garden.collect();
  await garden.api.expect(404, "GET", old, {}, "BLOB_UPLOAD_UNKNOWN");
  await garden.api.expect(204, "GET", young);
  // What is in use counts as that, however old its file is.
  const body = new StalledBody();
  const running = garden.api.expect(202, "PATCH", young, { body: body.stream });
  await body.isStalled;
  garden.later(2 * hourMs);
  await garden.collect();
  body.end();
  await running;
  await garden.api.expect(201, "PUT", `${young}&digest=${await digestBytes(encode("young"))}`);
});

Deno.test("createRegistry() removes nothing of an expired upload while it is read-only", async () => {
  await using folder = await tempFolder();
  let now = Date.now();
  const open = async (isReadOnly: boolean) =>
    createRegistry({
      store: await openDirectoryStore(folder.path, { durability: "none", gc }),
      now: () => now,
      isReadOnly,
    });
  let location = "";
  {
    await using registry = await open(false);
    location = await new RegistryApi(registry.fetch).begin("app");
  }
  now += 2 * hourMs;
  await using registry = await open(true);
  await new RegistryApi(registry.fetch).expect(404, "GET", location, {}, "BLOB_UPLOAD_UNKNOWN");
  assert.equal((await Array.fromAsync(Deno.readDir(`${folder.path}/app/_uploads`))).length, 1);
});
