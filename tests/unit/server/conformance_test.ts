import assert from "node:assert/strict";
import { createRegistry } from "../../../lib/server/registry.ts";
import { serveRegistry } from "../../../lib/server/serve.ts";
import type { RegistryStore } from "../../../lib/server/store/store.ts";
import { openDirectoryStore } from "../../../lib/server/store/store_dir.ts";
import { createMemoryStore } from "../../../lib/server/store/store_memory.ts";
import { findPeer } from "../../support/test_data.ts";

const suite = findPeer("conformance");

const stores: Readonly<Record<string, (root: string) => Promise<RegistryStore>>> = {
  "memory store": () => Promise.resolve(createMemoryStore()),
  "directory store": (root) => openDirectoryStore(root, { durability: "none" }),
};
const profiles = [
  { version: "1.1", sparse: "none" },
  { version: "dev", sparse: "all" },
] as const;

/** Adds up the counts that the suite prints at its end. */
function countOf(output: string, word: string): number {
  return Number(new RegExp(`^\\s*${word}\\.+:\\s+(\\d+)`, "m").exec(output)?.[1] ?? NaN);
}

for (const [kind, open] of Object.entries(stores)) {
  for (const { version, sparse } of profiles) {
    Deno.test({
      name: `createRegistry() over a ${kind} passes the conformance suite ${version}${suite.note}`,
      ignore: suite.ignore,
      async fn() {
        const folder = await Deno.makeTempDir();
        try {
          await Deno.mkdir(`${folder}/results`);
          await using registry = createRegistry({ store: await open(`${folder}/store`), sparse });
          await using server = await serveRegistry(registry);
          const { stdout, stderr } = await new Deno.Command(suite.path, {
            clearEnv: true,
            env: {
              OCI_REGISTRY: `127.0.0.1:${server.address.port}`,
              OCI_TLS: "disabled",
              OCI_VERSION: version,
              OCI_RESULTS_DIR: `${folder}/results`,
              ...(sparse === "all" ? { OCI_DATA_SPARSE: "true" } : {}),
            },
          }).output();
          const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
          assert.deepEqual([countOf(output, "FAIL"), countOf(output, "Skip")], [0, 0], output.slice(-6000));
          assert(countOf(output, "Pass") > 800, output.slice(-6000));
        } finally {
          await Deno.remove(folder, { recursive: true });
        }
      },
    });
  }
}
