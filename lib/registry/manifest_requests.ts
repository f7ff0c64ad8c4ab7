/**
 * The single requests about manifests of a registry repository (distribution-spec end-3, end-7, end-9).
 *
 * @module
 */

import { HttpError, inContext } from "../errors.ts";
import type { RegistryRequest } from "../http/http_client.ts";
import type { TransportResponse } from "../http/transport/transport.ts";
import { type Digest, isDigest } from "../oci/digest.ts";
import { type Manifest, maxManifestBytes, parseManifest } from "../oci/manifest.ts";
import { baseMediaType, manifestAccept } from "../oci/media_type.ts";
import type { CallOptions, ManifestGetOptions, ManifestInfo } from "../repository.ts";
import { inlineData } from "./inline_data.ts";
import { readAnswer } from "./read_answer.ts";
import { contentName, isHeadDisabled, type Remote } from "./remote.ts";

const acceptHeaders: Headers = new Headers(manifestAccept.map((type): [string, string] => ["accept", type]));

/**
 * Looks a manifest up by HEAD, or by GET where HEAD is switched off or tells too little.
 *
 * @param remote The repository.
 * @param reference The tag or digest.
 * @param options `signal` ends it early.
 * @returns Its descriptor and the response headers.
 * @throws {RegkitError} `NOT_FOUND` when it is not there.
 */
export async function headManifest(remote: Remote, reference: string, options: CallOptions): Promise<ManifestInfo> {
  const op = `head manifest ${contentName(remote, reference)}`;
  if (!isHeadDisabled(remote.host)) {
    const response = await inOperation(op, remote.http.send(readRequest(remote, "HEAD", reference, options)));
    await response.body?.cancel();
    const digest = response.headers.get("docker-content-digest") ?? (isDigest(reference) ? reference : "");
    const size = Number(response.headers.get("content-length") ?? Number.NaN);
    if (isDigest(digest) && Number.isSafeInteger(size)) {
      const mediaType = baseMediaType(response.headers.get("content-type"));
      return { descriptor: { mediaType, digest, size }, headers: response.headers };
    }
  }
  const manifest = await getManifest(remote, reference, options);
  return { descriptor: manifest.descriptor, headers: manifest.headers };
}

/**
 * Reads a manifest and verifies its digest.
 *
 * @param remote The repository.
 * @param reference The tag or digest.
 * @param options What is known of it already, and the signal.
 * @returns The manifest.
 * @throws {RegkitError} `NOT_FOUND` when it is not there; `DIGEST_MISMATCH`, `TOO_LARGE`, `INVALID_MANIFEST`.
 */
export async function getManifest(remote: Remote, reference: string, options: ManifestGetOptions): Promise<Manifest> {
  const name = contentName(remote, reference);
  const known = options.descriptor;
  const inline = known === undefined ? undefined : await inlineData(known);
  if (known !== undefined && inline !== undefined) {
    return await parseManifest(inline, { mediaType: known.mediaType, digest: known.digest, name });
  }
  const op = `get manifest ${name}`;
  const request = readRequest(remote, "GET", reference, options);
  const { response, bytes } = await inOperation(
    op,
    readAnswer(remote.http, request, maxManifestBytes, `manifest ${name}`),
  );
  // The digest that was asked for decides; a header only where nothing was asked for.
  const digest = known?.digest ?? (isDigest(reference) ? reference : headerDigest(response));
  const mediaType = known?.mediaType ?? baseMediaType(response.headers.get("content-type"));
  return await inOperation(op, parseManifest(bytes, { mediaType, digest, headers: response.headers, name }));
}

function headerDigest(response: TransportResponse): Digest | undefined {
  const digest = response.headers.get("docker-content-digest");
  return digest === null || digest === "" ? undefined : digest;
}

async function inOperation<T>(op: string, result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    throw inContext(error, { op });
  }
}

/**
 * Builds the request that reads a manifest, accepting every type that regkit knows.
 *
 * @param remote The repository.
 * @param method GET, or HEAD for its headers alone.
 * @param reference The tag or digest.
 * @param options `signal` ends it early.
 * @returns The request.
 */
export function readRequest(
  remote: Remote,
  method: "GET" | "HEAD",
  reference: string,
  options: CallOptions,
): RegistryRequest {
  return {
    registry: remote.registry,
    repository: remote.repository,
    method,
    path: `manifests/${reference}`,
    headers: acceptHeaders,
    expect: [200],
    kind: method === "HEAD" ? "head" : "manifest",
    canUseMirrors: remote.canUseMirrors,
    signal: options.signal,
  };
}

/**
 * Sends the PUT of a manifest.
 *
 * @param remote The repository.
 * @param reference The tag or digest.
 * @param manifest The manifest.
 * @param query Query parameters.
 * @param options `signal` ends it early.
 * @returns The answer, its body released.
 * @throws {HttpError} When the registry refuses.
 */
export async function sendPut(
  remote: Remote,
  reference: string,
  manifest: Manifest,
  query: readonly (readonly [string, string])[],
  options: CallOptions,
): Promise<TransportResponse> {
  try {
    const response = await remote.http.send({
      registry: remote.registry,
      repository: remote.repository,
      method: "PUT",
      path: `manifests/${reference}`,
      query,
      headers: new Headers({ "content-type": manifest.descriptor.mediaType }),
      body: () => manifest.bytes,
      expect: [201, 200, 202],
      kind: "manifest",
      sizeHint: manifest.bytes.length,
      signal: options.signal,
    });
    await response.body?.cancel();
    return response;
  } catch (error) {
    throw inContext(error, { op: `put manifest ${contentName(remote, reference)}` });
  }
}

/**
 * Tells whether a failure means that the registry lacks the operation, not that this request was wrong.
 *
 * @param error Anything thrown.
 * @param statuses The statuses that mean it.
 * @returns Whether it does.
 */
export function isStatus(error: unknown, ...statuses: readonly number[]): boolean {
  return error instanceof HttpError && statuses.includes(error.status);
}
