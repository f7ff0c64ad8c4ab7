import { accessPolicy } from "../../../lib/server/auth/access_rules.ts";
import type { AuthGuard } from "../../../lib/server/auth/auth_guard.ts";
import { htpasswdGuard } from "../../../lib/server/auth/htpasswd_guard.ts";
import { tokenGuard } from "../../../lib/server/auth/token_guard.ts";
import { parseHtpasswd } from "../../../lib/server/auth/htpasswd.ts";
import { createRegistry } from "../../../lib/server/registry.ts";
import { serveRegistry } from "../../../lib/server/serve.ts";
import { runSuite, suite } from "../../support/conformance_suite.ts";

const users = parseHtpasswd("alice:$2y$04$hbA/NCg6Z.nLCOW/gWEOpu.icQm4im9X02FVyUHwLRzrc5m/CbpWK", "users");
const guards: Readonly<Record<string, (anonymousPull: boolean) => AuthGuard>> = {
  htpasswdGuard: (anonymousPull) =>
    htpasswdGuard({ users: () => users, policy: () => accessPolicy({ anonymousPull }) }),
  tokenGuard: (anonymousPull) => tokenGuard({ users: () => users, policy: () => accessPolicy({ anonymousPull }) }),
};

for (const [name, make] of Object.entries(guards)) {
  for (const isOpen of [false, true]) {
    Deno.test({
      name: `${name}() lets the conformance suite through${isOpen ? " where everybody may pull" : ""}${suite.note}`,
      ignore: suite.ignore,
      async fn() {
        await using registry = createRegistry({ guard: make(isOpen), sparse: "all" });
        await using server = await serveRegistry(registry);
        const login = { OCI_USERNAME: "alice", OCI_PASSWORD: "pw" };
        await runSuite(server.address.port, { OCI_VERSION: "dev", OCI_DATA_SPARSE: "true", ...login }, 800);
      },
    });
  }
}
