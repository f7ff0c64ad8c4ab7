/** What the parts of the server's store contract have in common. */

import assert from "node:assert/strict";
import type { RegistryOptions } from "../../lib/server/settings.ts";
import type { RegistryStore } from "../../lib/server/store/store.ts";
import type { RegistryApi } from "../support/registry_api.ts";

/** Registers a test over a registry with the options given. */
export type StoreTest = (
  name: string,
  run: (api: RegistryApi, store: RegistryStore) => Promise<void>,
  options?: RegistryOptions,
) => void;

/** Gives the `Range` header of an upload's state. */
export async function rangeOf(api: RegistryApi, location: string): Promise<string | null> {
  return (await api.expect(204, "GET", location)).headers.get("range");
}

/** Fails unless a header has a value. */
export function hasHeader(answer: { readonly headers: Headers }, name: string, value: string): void {
  assert.equal(answer.headers.get(name), value, name);
}
