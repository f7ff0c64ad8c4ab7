import assert from "node:assert/strict";
import { accessPolicy } from "../../../lib/server/auth/access_rules.ts";
import type { AuthGuard } from "../../../lib/server/auth/auth_guard.ts";
import { htpasswdGuard } from "../../../lib/server/auth/htpasswd_guard.ts";
import { tokenGuard } from "../../../lib/server/auth/token_guard.ts";
import { parseHtpasswd } from "../../../lib/server/auth/htpasswd.ts";
import { createRegistry } from "../../../lib/server/registry.ts";
import { serveRegistry } from "../../../lib/server/serve.ts";
import { findPeer } from "../../support/test_data.ts";

const suite = findPeer("conformance");
const users = parseHtpasswd("alice:$2y$04$hbA/NCg6Z.nLCOW/gWEOpu.icQm4im9X02FVyUHwLRzrc5m/CbpWK", "users");
const guards: Readonly<Record<string, (anonymousPull: boolean) => AuthGuard>> = {
  htpasswdGuard: (anonymousPull) =>
    htpasswdGuard({ users: () => users, policy: () => accessPolicy({ anonymousPull }) }),
  tokenGuard: (anonymousPull) => tokenGuard({ users: () => users, policy: () => accessPolicy({ anonymousPull }) }),
};

function countOf(output: string, word: string): number {
  return Number(new RegExp(`^\\s*${word}\\.+:\\s+(\\d+)`, "m").exec(output)?.[1] ?? NaN);
}

for (const [name, make] of Object.entries(guards)) {
  for (const isOpen of [false, true]) {
    Deno.test({
      name: `${name}() lets the conformance suite through${isOpen ? " where everybody may pull" : ""}${suite.note}`,
      ignore: suite.ignore,
      async fn() {
        const results = await Deno.makeTempDir();
        try {
          await using registry = createRegistry({ guard: make(isOpen), sparse: "all" });
          await using server = await serveRegistry(registry);
          const { stdout, stderr } = await new Deno.Command(suite.path, {
            clearEnv: true,
            env: {
              OCI_REGISTRY: `127.0.0.1:${server.address.port}`,
              OCI_TLS: "disabled",
              OCI_VERSION: "dev",
              OCI_DATA_SPARSE: "true",
              OCI_USERNAME: "alice",
              OCI_PASSWORD: "pw",
              OCI_RESULTS_DIR: results,
            },
          }).output();
          const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
          assert.deepEqual([countOf(output, "FAIL"), countOf(output, "Skip")], [0, 0], output.slice(-6000));
          assert(countOf(output, "Pass") > 800, output.slice(-6000));
        } finally {
          await Deno.remove(results, { recursive: true });
        }
      },
    });
  }
}
