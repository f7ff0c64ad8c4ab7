/**
 * Reads `--platform`, and finds the image of an index that it asks for.
 *
 * @module
 */

import { RegkitError } from "../lib/errors.ts";
import type { Logger } from "../lib/log.ts";
import { localPlatform } from "../lib/oci/local_platform.ts";
import type { Descriptor } from "../lib/oci/descriptor.ts";
import type { Manifest } from "../lib/oci/manifest.ts";
import { isIndexType } from "../lib/oci/media_type.ts";
import { formatPlatform, parsePlatform, type Platform, selectPlatform } from "../lib/oci/platform.ts";
import type { Context } from "./context.ts";

/** How deep indexes may be nested. */
const maxDepth = 10;

/**
 * Reads a platform as typed. The machine is looked at only when the text leaves something to it.
 *
 * @param context The door to the process.
 * @param text The platform.
 * @returns The platform.
 * @throws {RegkitError} `INVALID_PLATFORM` when it is none.
 */
export async function readPlatform(context: Context, text: string): Promise<Platform> {
  const isComplete = /^[^/,]+\/[^/,]+/.test(text) && !/^(local|windows)\//i.test(text);
  const local = isComplete ? undefined : localPlatform(await context.machine());
  try {
    return parsePlatform(text, local);
  } catch (error) {
    if (!(error instanceof RegkitError)) throw error;
    throw new RegkitError(error.code, `failed to parse platform ${text}: ${error.message}`, { tip: error.tip });
  }
}

/** Options of {@linkcode findPlatform}. */
export interface FindOptions {
  /** Reads a manifest that an index lists. */
  readonly get: (entry: Descriptor) => Promise<Manifest>;
  /** Told when the image is for another operating system. */
  readonly logger: Logger;
}

/**
 * Finds the entry for a platform, through nested indexes. Of the entry itself nothing is read.
 *
 * @param manifest The manifest to begin at.
 * @param platform The platform.
 * @param options How further indexes are read.
 * @returns The entry's descriptor, or `undefined` when the manifest is no index: then it is meant itself.
 * @throws {RegkitError} `NOT_FOUND` when an index has nothing for the platform; `LOOP` when it is nested too deep.
 */
export async function findPlatform(
  manifest: Manifest,
  platform: Platform,
  options: FindOptions,
): Promise<Descriptor | undefined> {
  let found: Descriptor | undefined;
  let current = manifest;
  for (let depth = 0; current.kind === "index"; depth++) {
    if (depth === maxDepth) throw new RegkitError("LOOP", `indexes are nested more than ${maxDepth} deep`);
    const entries = current.body.manifests;
    found = selectPlatform(entries, platform);
    if (found === undefined) throw platformNotFound(platform, entries);
    if (!isIndexType(found.mediaType)) break;
    current = await options.get(found);
  }
  if (found?.platform !== undefined && found.platform.os !== platform.os) {
    options.logger.log("warn", "Image is for another operating system", {
      requested: formatPlatform(platform),
      selected: formatPlatform(found.platform),
    });
  }
  return found;
}

function platformNotFound(platform: Platform, entries: readonly Descriptor[]): RegkitError {
  const known = new Set(
    entries.flatMap((entry) => entry.platform === undefined ? [] : [formatPlatform(entry.platform)]),
  );
  known.delete("unknown/unknown");
  const tip = known.size === 0 ? undefined : `There are ${[...known].join(", ")}`;
  return new RegkitError("NOT_FOUND", `platform not found: ${formatPlatform(platform)}`, { tip });
}
