/**
 * What `registry serve` is made of: the store and the options of the registry.
 *
 * @module
 */

import type { Logger } from "../../../lib/log.ts";
import { accessLog } from "../../../lib/server/observation/access_log.ts";
import type { AuthGuard } from "../../../lib/server/auth/auth_guard.ts";
import type { Fault } from "../../../lib/server/faults/faults.ts";
import type { RegistryOptions } from "../../../lib/server/settings.ts";
import type { RegistryStore } from "../../../lib/server/store/store.ts";
import { isNoRoom } from "../../../lib/server/limits/quota.ts";
import { createMemoryStore, type MemoryStoreOptions } from "../../../lib/server/store/store_memory.ts";
import { openDirectoryStore } from "../../../lib/server/store/store_dir.ts";
import { parseQuirk, quirkNames } from "./serve_quirks.ts";
import type { ServeValues } from "./serve_values.ts";

/**
 * Opens the store.
 *
 * @param directory The directory; none for a store in memory.
 * @param values The options.
 * @param logger Takes its lines.
 * @returns The store.
 * @throws {RegkitError} When an option is wrong, or the directory cannot be used.
 */
export async function openStore(
  directory: string | undefined,
  values: ServeValues,
  logger: Logger,
): Promise<RegistryStore> {
  const durability = values.choice("durability", ["full", "rename", "none"]);
  const gc = {
    intervalMs: values.ms("gc-interval"),
    graceMs: values.ms("gc-grace"),
    untaggedMs: values.ms("gc-untagged"),
    danglingMs: values.ms("gc-dangling"),
    removeEmpty: values.is("gc-empty"),
  };
  const uploadIdleMs = values.ms("upload-timeout");
  const preload = values.text("preload");
  if (directory === undefined) {
    const options = { logger, gc, uploadIdleMs, maxBytes: values.bytes("max-store") };
    return preload === undefined ? createMemoryStore(options) : await preloaded(preload, values, options);
  }
  if (preload !== undefined) throw values.fault("preload", "content is loaded into memory: then there is no directory");
  return await openDirectoryStore(directory, {
    logger,
    durability,
    gc,
    isReadOnly: values.is("read-only"),
    uploadIdleMs,
    verifiesOnRead: values.is("verify-on-read"),
    layoutReferrers: values.is("layout-referrers"),
  });
}

async function preloaded(directory: string, values: ServeValues, options: MemoryStoreOptions): Promise<RegistryStore> {
  const { preloadMemoryStore } = await import("../../../lib/server/store/memory_preload.ts");
  try {
    return await preloadMemoryStore(directory, options);
  } catch (error) {
    if (isNoRoom(error)) throw values.fault("max-store", `the content of ${directory} is larger`);
    throw error;
  }
}

/**
 * Gathers the options of the registry.
 *
 * @param values The options of the command.
 * @param store The store.
 * @param guard Who is let in.
 * @param logger Takes log lines.
 * @returns The options.
 * @throws {RegkitError} When an option is wrong.
 */
export function registryOptionsOf(
  values: ServeValues,
  store: RegistryStore,
  guard: AuthGuard | undefined,
  logger: Logger,
): RegistryOptions {
  const externalUrl = values.text("external-url");
  if (externalUrl !== undefined && !/^https?:\/\/[^/?#]+(?:\/[^?#]*)?$/.test(externalUrl)) {
    throw values.fault("external-url", `"${externalUrl}" is not a URL such as https://registry.example.org`);
  }
  return {
    store,
    guard,
    logger,
    externalUrl,
    isReadOnly: values.is("read-only"),
    noDelete: values.is("no-delete"),
    protectChildren: values.is("protect-children"),
    deleteUsedBlobs: values.is("delete-used-blobs"),
    sparse: values.choice("sparse", ["none", "image", "index", "all"]),
    anyManifest: values.is("any-manifest"),
    strictAccept: values.is("strict-accept"),
    warnings: values.list("warning"),
    maxManifestBytes: values.bytes("max-manifest"),
    maxBlobBytes: values.bytes("max-blob"),
    maxRepositoryBytes: values.bytes("max-repository"),
    maxStoreBytes: values.bytes("max-store"),
    minFreeBytes: values.bytes("min-free"),
    rateLimit: values.count("rate-limit"),
    parallelUploads: values.count("parallel-uploads"),
    trustedProxies: values.list("trusted-proxy"),
    bodyIdleMs: values.ms("body-timeout"),
    uploadIdleMs: values.ms("upload-timeout"),
    metrics: !values.is("no-metrics"),
    noUi: values.is("no-ui"),
    onRequest: accessLog(logger),
  };
}

/**
 * Reads the quirks.
 *
 * @param values The options.
 * @param sleep How to wait.
 * @returns The faults.
 * @throws {RegkitError} When there is no such quirk.
 */
export async function faultsOf(values: ServeValues, sleep: (ms: number) => Promise<void>): Promise<readonly Fault[]> {
  const faults: Fault[] = [];
  for (const text of values.list("quirk")) {
    const parsed = await parseQuirk(text, sleep);
    if (parsed === undefined) {
      throw values.fault("quirk", `there is no quirk "${text}"; known are ${quirkNames.join(", ")}`);
    }
    faults.push(...parsed);
  }
  return faults;
}
