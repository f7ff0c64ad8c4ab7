/**
 * Reads the name of a registry alone, as `registry login` takes it.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";
import { isRegistry } from "./grammar.ts";
import { dockerHub, hubNames } from "./parse.ts";

/**
 * Parses the name of a registry: host name or address, with a port if need be.
 *
 * @param text The name.
 * @returns The name as in references: `docker.io` for all spellings of Docker Hub.
 * @throws {RegkitError} `INVALID_REFERENCE` when it is none.
 *
 * @example
 * ```ts
 * import { parseRegistryName } from "@regkit/regkit";
 * import assert from "node:assert/strict";
 *
 * assert.equal(parseRegistryName("registry-1.docker.io"), "docker.io");
 * assert.equal(parseRegistryName("localhost:5000"), "localhost:5000");
 * ```
 */
export function parseRegistryName(text: string): string {
  if (hubNames.has(text)) return dockerHub;
  if (isRegistry(text)) return text;
  throw new RegkitError("INVALID_REFERENCE", `invalid registry name "${text}"`, {
    tip: /^[a-z0-9-]+$/.test(text)
      ? "a name without a dot needs a port, such as myhost:5000"
      : "give the host alone, without a scheme or path, such as registry.example.org:5000",
  });
}
