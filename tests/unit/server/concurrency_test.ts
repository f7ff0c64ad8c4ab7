import assert from "node:assert/strict";
import { createRegistry } from "../../../lib/server/registry.ts";
import { serveRegistry } from "../../../lib/server/serve.ts";
import { openDirectoryStore } from "../../../lib/server/store/store_dir.ts";
import { createMemoryStore } from "../../../lib/server/store/store_memory.ts";
import { tempFolder } from "../../support/processes.ts";
import { LoadClient, type Send, walkRepository } from "../../support/server_load.ts";

const clientCount = 64;
const actsPerClient = 12;
const repositories = ["one", "two", "three/deep"];

function makeClients(send: Send): readonly LoadClient[] {
  return [...Array(clientCount).keys()].map((at) =>
    new LoadClient(`c${at}`, repositories[at % repositories.length] ?? "one", { send, seed: at + 1 })
  );
}

async function actAndCheck(send: Send, beside: () => Promise<unknown>): Promise<readonly LoadClient[]> {
  const clients = makeClients(send);
  const acting = clients.map(async (client) => {
    for (let act = 0; act < actsPerClient; act++) await client.act();
  });
  await Promise.all([...acting, beside()]);
  for (const client of clients) await client.check();
  for (const repository of repositories) await walkRepository(send, repository);
  return clients;
}

Deno.test("serveRegistry() over a directory serves 64 clients at once without a wrong byte or a lost write", async () => {
  await using folder = await tempFolder();
  let clients: readonly LoadClient[] = [];
  {
    // Fewer repositories in memory than there are, and garbage collected all the time.
    const store = await openDirectoryStore(folder.path, { durability: "rename", maxOpenRepositories: 2 });
    await using registry = createRegistry({ store });
    await using server = await serveRegistry(registry);
    clients = await actAndCheck(
      (path, init) => fetch(`${server.address.url}${path}`, init),
      async () => {
        for (let time = 0; time < 20; time++) await Array.fromAsync(store.collectGarbage({ removeEmpty: true }));
      },
    );
  }
  await using registry = createRegistry({ store: await openDirectoryStore(folder.path) });
  const send: Send = (path, init) => registry.fetch(new Request(`http://registry.test${path}`, init ?? {}));
  for (const client of clients) await client.check(send);
});

Deno.test("serveRegistry() from memory serves 64 clients at once without a wrong byte or a lost write", async () => {
  const store = createMemoryStore();
  await using registry = createRegistry({ store });
  await using server = await serveRegistry(registry);
  const clients = await actAndCheck(
    (path, init) => fetch(`${server.address.url}${path}`, init),
    async () => {
      for (let time = 0; time < 20; time++) await Array.fromAsync(store.collectGarbage({ removeEmpty: true }));
    },
  );
  assert.ok(clients.every(({ content }) => content.size > 0));
});
