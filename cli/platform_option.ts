/**
 * Reads `--platform`.
 *
 * @module
 */

import { RegkitError } from "../lib/errors.ts";
import { localPlatform } from "../lib/oci/local_platform.ts";
import { parsePlatform, type Platform } from "../lib/oci/platform.ts";
import type { Context } from "./context.ts";

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
    throw new RegkitError(error.code, `failed to parse platform ${text}: ${error.message}`, {
      tip: error.tip ?? "Give os/architecture such as linux/arm64, with a variant as in linux/arm/v7, or local",
    });
  }
}
