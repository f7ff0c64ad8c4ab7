import { createMemoryStore } from "../../../lib/server/store/store_memory.ts";
import { gcContract } from "../../contract/server_gc_contract.ts";
import { Garden, inDirectory } from "../../support/garden.ts";

gcContract("createMemoryStore()", async (run) => {
  await using garden = await Garden.open((now) => createMemoryStore({ now, gc: { intervalMs: 0 } }));
  await run(garden);
});

gcContract("openDirectoryStore()", (run) => inDirectory(run));
