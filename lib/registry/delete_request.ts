/**
 * The DELETE of a manifest, tag or blob (distribution-spec end-9, end-10).
 *
 * @module
 */

import { inContext } from "../errors.ts";
import type { CallOptions } from "../repository.ts";
import { contentName, type Remote } from "./remote.ts";

/**
 * Deletes a manifest, tag or blob and accepts only success. Mirrors are never asked.
 *
 * @param remote The repository.
 * @param kind Which of its stores.
 * @param reference The tag or digest.
 * @param options `signal` ends it early.
 * @throws {HttpError} When the registry refuses.
 */
export async function sendDelete(
  remote: Remote,
  kind: "manifests" | "blobs",
  reference: string,
  options: CallOptions,
): Promise<void> {
  try {
    const response = await remote.http.send({
      registry: remote.registry,
      repository: remote.repository,
      method: "DELETE",
      path: `${kind}/${reference}`,
      expect: [202, 200, 204],
      kind: "query",
      actions: ["pull", "push", "delete"],
      signal: options.signal,
    });
    await response.body?.cancel();
  } catch (error) {
    throw inContext(error, { op: `delete ${contentName(remote, reference)}` });
  }
}
