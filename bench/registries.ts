/**
 * The registries that copies go between: the project's own server, and the installed ones.
 */

import { findPeer } from "./peers.ts";
import { type ServerProcess, startServer } from "./processes.ts";

/** A kind of registry that can be started. */
export interface RegistryKind {
  /** Its name in the table. */
  readonly name: string;
  /** Starts one with an empty folder for storage. */
  start(folder: string): Promise<ServerProcess>;
}

const root = new URL("../", import.meta.url);

function ownServer(): RegistryKind {
  return {
    name: "regkit",
    start: (folder) =>
      startServer(Deno.execPath(), [
        "run",
        "-A",
        new URL("cli/regctl.ts", root).pathname,
        "registry",
        "serve",
        folder,
        "--listen",
        "127.0.0.1:0",
      ], { ready: /(127\.0\.0\.1:\d+)/ }),
  };
}

function distribution(name: string, command: string): RegistryKind {
  return {
    name,
    async start(folder) {
      const port = freePort();
      const config = `${folder}/config.yml`;
      const checks = name === "distribution" ? "    indexes:\n      platforms: none\n" : "";
      await Deno.writeTextFile(
        config,
        `version: 0.1\nlog:\n  level: info\n  accesslog:\n    disabled: true\nstorage:\n  filesystem:\n    rootdirectory: ${folder}\n` +
          `  delete:\n    enabled: true\nhttp:\n  addr: 127.0.0.1:${port}\nvalidation:\n  manifests:\n${checks}    urls:\n      allow: ['.*']\n`,
      );
      const server = await startServer(command, ["serve", config], {
        ready: /listening on/,
        env: { OTEL_TRACES_EXPORTER: "none" },
      });
      return { address: `127.0.0.1:${port}`, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
    },
  };
}

/** A port that was free a moment ago. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** The registries that can be started here, the one that judges first. */
export async function registryKinds(): Promise<readonly RegistryKind[]> {
  const installed: RegistryKind[] = [];
  for (const [name, command] of [["distribution", "registry"], ["docker-registry", "docker-registry"]] as const) {
    const path = await findPeer(command);
    if (path !== undefined) installed.push(distribution(name, path));
  }
  return [...installed, ownServer()];
}
