/**
 * What a registry does over every store.
 *
 * @module
 */

import { createRegistry } from "../../lib/server/registry.ts";
import type { RegistryStore } from "../../lib/server/store/store.ts";
import { RegistryApi } from "../support/registry_api.ts";
import { discoveryContract } from "./server_discovery_contract.ts";
import { manifestPushContract } from "./server_manifest_contract.ts";
import type { StoreTest } from "./server_contract_parts.ts";
import { blobContract } from "./server_blob_contract.ts";
import { uploadContract } from "./server_upload_contract.ts";

/** A store for one test, and what else to dispose of after it. */
export interface StoreFixture extends AsyncDisposable {
  readonly store: RegistryStore;
}

/** Registers all tests for a store. */
export function serverStoreContract(name: string, open: () => Promise<StoreFixture>): void {
  const test: StoreTest = (title, run, options = {}) => {
    Deno.test(`${name}: ${title}`, async () => {
      await using fixture = await open();
      await using registry = createRegistry({ ...options, store: fixture.store });
      await run(new RegistryApi(registry.fetch), fixture.store);
    });
  };
  blobContract(test);
  uploadContract(test);
  manifestPushContract(test);
  discoveryContract(test);
}
