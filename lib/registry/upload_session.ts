/**
 * Upload sessions of a registry: beginning, asking how far one is, ending (distribution-spec end-4 to end-6, end-11, end-13, end-14).
 *
 * @module
 */

import { hasCode, RegkitError } from "../errors.ts";
import type { RegistryRequest } from "../http/http_client.ts";
import type { TransportResponse } from "../http/transport/transport.ts";
import type { Digest } from "../oci/digest.ts";
import type { CallOptions } from "../repository.ts";
import { type Remote, remoteName } from "./remote.ts";

/** An open upload: where it goes on, and how many bytes the registry has. */
export interface UploadSession {
  /** Where the next request goes, as the registry gave it last. */
  location: URL;
  /** Bytes the registry has. */
  offset: number;
}

/** The most a registry may ask for as the least chunk, in bytes: one chunk is held in memory. */
const maxMinChunkBytes = 1024 * 1024 * 1024;

/**
 * Sends a POST that begins an upload, or ends it at once where a mount or a single request is enough.
 *
 * @param remote The repository.
 * @param request Query, body and scopes of the POST.
 * @returns The session, or `undefined` when the blob is stored already.
 * @throws {RegkitError} When the registry refuses, or gives no location.
 */
export async function beginUpload(
  remote: Remote,
  request: Pick<RegistryRequest, "query" | "body" | "scopes" | "signal" | "headers" | "sizeHint">,
): Promise<UploadSession | undefined> {
  const response = await remote.http.send({
    registry: remote.registry,
    repository: remote.repository,
    method: "POST",
    path: "blobs/uploads/",
    expect: [202, 201],
    kind: "query",
    ...request,
  });
  await response.body?.cancel();
  if (response.status === 201) return undefined;
  const least = Number(response.headers.get("oci-chunk-min-length") ?? 0);
  if (Number.isSafeInteger(least) && least > 0) {
    remote.traits.minChunkBytes = Math.min(least, maxMinChunkBytes);
  }
  return { location: locationOf(remote, response), offset: 0 };
}

/**
 * Asks the registry how far an upload is, and where it goes on.
 *
 * @param remote The repository.
 * @param session The upload; brought up to date.
 * @param options `signal` ends it early.
 * @returns Whether the registry still knows it.
 * @throws {RegkitError} When the registry fails otherwise.
 */
export async function refreshUpload(remote: Remote, session: UploadSession, options: CallOptions): Promise<boolean> {
  try {
    const response = await remote.http.send({
      ...uploadRequest(remote, session, "GET", options),
      expect: [204, 200],
    });
    await response.body?.cancel();
    advance(remote, session, response, session.offset);
    return true;
  } catch (error) {
    if (hasCode(error, "NOT_FOUND")) return false;
    throw error;
  }
}

/**
 * Gives up an upload, so that the registry need not keep it. Failures are of no consequence.
 *
 * @param remote The repository.
 * @param session The upload.
 * @param options An aborted `signal` skips the request: the registry expires it by itself.
 */
export async function cancelUpload(remote: Remote, session: UploadSession, options: CallOptions): Promise<void> {
  if (options.signal?.aborted) return;
  try {
    const response = await remote.http.send({
      ...uploadRequest(remote, session, "DELETE", options),
      expect: [204, 202, 200, 404],
      isRepeatable: false,
    });
    await response.body?.cancel();
  } catch (error) {
    remote.logger.log("debug", "Failed to cancel upload", { repository: remoteName(remote), error: String(error) });
  }
}

/**
 * Builds the part of a request that all requests to an upload have.
 *
 * @param remote The repository.
 * @param session The upload.
 * @param method The method.
 * @param options `signal` ends it early.
 * @returns The request, without the statuses it expects.
 */
export function uploadRequest(
  remote: Remote,
  session: UploadSession,
  method: "GET" | "PUT" | "PATCH" | "DELETE",
  options: CallOptions,
): Omit<RegistryRequest, "expect"> {
  return {
    registry: remote.registry,
    repository: remote.repository,
    method,
    path: session.location,
    kind: method === "PUT" || method === "PATCH" ? "blob" : "query",
    actions: ["pull", "push"],
    signal: options.signal,
  };
}

/**
 * Takes over what an answer says about an upload: its new location, and the bytes the registry has.
 *
 * @param remote The repository.
 * @param session The upload; brought up to date.
 * @param response The answer.
 * @param assumed The offset when the answer does not say it.
 */
export function advance(
  remote: Remote,
  session: UploadSession,
  response: Pick<TransportResponse, "headers" | "url">,
  assumed: number,
): void {
  session.offset = offsetOf(response.headers.get("range")) ?? assumed;
  if (response.headers.has("location")) session.location = locationOf(remote, response);
}

/**
 * Reads the offset from the `Range` of an upload answer. Registries say `0-0` both for nothing and for one byte: it is
 * taken for nothing, since sending one byte again is answered with 416 and the true offset.
 *
 * @param range The header's value.
 * @returns The number of bytes the registry has, or `undefined` when it does not say.
 */
export function offsetOf(range: string | null): number | undefined {
  const last = /^(?:bytes=)?0-(-?\d+)$/.exec(range ?? "")?.[1];
  if (last === undefined) return undefined;
  return Number(last) <= 0 ? 0 : Number(last) + 1;
}

/**
 * Adds the digest that ends an upload to its location, which is left as it is.
 *
 * @param location The location.
 * @param digest The digest of the whole blob.
 * @returns The URL of the final PUT.
 */
export function finalLocation(location: URL, digest: Digest): URL {
  const url = new URL(location);
  // Appending as text: the registry's own query is opaque and must come back byte for byte.
  url.search = `${url.search === "" ? "?" : `${url.search}&`}digest=${encodeURIComponent(digest)}`;
  return url;
}

function locationOf(remote: Remote, response: Pick<TransportResponse, "headers" | "url">): URL {
  const text = response.headers.get("location") ?? "";
  const url = text === "" ? null : URL.parse(text, response.url);
  if (url === null) {
    throw new RegkitError(
      "INVALID_RESPONSE",
      `location header missing in the answer of ${remoteName(remote)} to an upload`,
      { op: `upload to ${remoteName(remote)}` },
    );
  }
  return url;
}
