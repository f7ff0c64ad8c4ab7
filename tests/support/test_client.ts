/**
 * A client without network: registries in memory, layouts on the disk.
 *
 * @module
 */

import type { CommandClient } from "../../cli/context.ts";
import { RegkitError } from "../../lib/errors.ts";
import { openLayout } from "../../lib/layout/layout_repository.ts";
import { createMemoryRegistry, type MemoryRegistry } from "../../lib/memory/memory_repository.ts";
import { parseReference } from "../../lib/reference/parse.ts";

/** A client whose registries tests can look into. */
export interface TestClient extends CommandClient {
  /** Gives a registry by name. */
  registry(name: string): MemoryRegistry;
}

/** Creates a client; `catalogs` are the repositories that each registry lists, page by page. */
export function createTestClient(catalogs: Readonly<Record<string, readonly (readonly string[])[]>> = {}): TestClient {
  const registries = new Map<string, MemoryRegistry>();
  const registry = (name: string): MemoryRegistry => {
    const known = registries.get(name) ?? createMemoryRegistry();
    registries.set(name, known);
    return known;
  };
  return {
    registry,
    repository(reference) {
      const ref = typeof reference === "string" ? parseReference(reference) : reference;
      if (ref.scheme === "ocidir") return openLayout(ref.path, { durability: "none" });
      return registry(ref.registry).repository(ref.repository);
    },
    ping: () => Promise.resolve(new Headers()),
    async *catalog(name) {
      const pages = catalogs[name];
      if (pages === undefined) throw new RegkitError("NOT_FOUND", `no catalog of ${name}`);
      for (const repositories of pages) {
        const document = new TextEncoder().encode(JSON.stringify({ repositories }));
        yield { repositories, document, headers: new Headers({ "content-type": "application/json" }) };
      }
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
