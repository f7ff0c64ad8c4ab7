import { openDirectoryStore } from "../../../lib/server/store/store_dir.ts";
import { createMemoryStore } from "../../../lib/server/store/store_memory.ts";
import { serverStoreContract } from "../../contract/server_store_contract.ts";

serverStoreContract(
  "createMemoryStore()",
  () => Promise.resolve({ store: createMemoryStore(), [Symbol.asyncDispose]: () => Promise.resolve() }),
);

for (const durability of ["none", "full"] as const) {
  serverStoreContract(`openDirectoryStore(${durability})`, async () => {
    const root = await Deno.makeTempDir();
    const store = await openDirectoryStore(root, { durability });
    return { store, [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }) };
  });
}
