import assert from "node:assert/strict";
import { createRegistry } from "../../../lib/server/registry.ts";
import { openDirectoryStore } from "../../../lib/server/store/store_dir.ts";
import { startRegctl, tempFolder } from "../../support/processes.ts";
import { crashRound } from "../../support/server_crash.ts";
import { type LoadClient, type Send, walkRepository } from "../../support/server_load.ts";

const rounds = 10;
const repositories = ["one", "two/deep"];

Deno.test("registry serve loses nothing that it acknowledged when it is killed", async () => {
  await using folder = await tempFolder();
  const clients: LoadClient[] = [];
  for (let round = 0; round < rounds; round++) {
    clients.push(...await crashRound({ root: folder.path, round, repositories, start: startRegctl }));
    await using registry = createRegistry({ store: await openDirectoryStore(folder.path, { durability: "none" }) });
    const send: Send = (path, init) => registry.fetch(new Request(`http://registry.test${path}`, init ?? {}));
    for (const client of clients) await client.check(send);
    for (const repository of repositories) await walkRepository(send, repository);
  }
  assert.ok(clients.some(({ content }) => content.size > 0));
});
