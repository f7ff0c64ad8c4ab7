/**
 * The manifests of a registry repository (distribution-spec end-3, end-7, end-9).
 *
 * @module
 */

import { HttpError, inContext, RegkitError } from "../errors.ts";
import type { TransportResponse } from "../http/transport.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { type Digest, digestBytes, isDigest, parseDigest } from "../oci/digest.ts";
import { type Manifest, maxManifestBytes, parseManifest } from "../oci/manifest.ts";
import { baseMediaType, manifestAccept, mediaTypes } from "../oci/media_type.ts";
import type {
  CallOptions,
  ManifestDeleteOptions,
  ManifestGetOptions,
  ManifestInfo,
  ManifestPutOptions,
  ManifestStore,
} from "../repository.ts";
import { readBytes } from "../streams/read_bytes.ts";
import { inlineData } from "./inline_data.ts";
import { addReferrer, removeReferrer } from "./referrers_tag.ts";
import { contentName, isHeadDisabled, type Remote } from "./remote.ts";

/** The largest manifest that is sent, in bytes. */
export const maxManifestPushBytes: number = 4 * 1024 * 1024;

const acceptHeaders: Headers = new Headers(manifestAccept.map((type): [string, string] => ["accept", type]));

/**
 * Creates the manifest store of a registry repository.
 *
 * @param remote The repository.
 * @returns Its manifests.
 */
export function createManifestStore(remote: Remote): ManifestStore {
  return {
    head: (reference, options = {}) => headManifest(remote, reference, options),
    get: (reference, options = {}) => getManifest(remote, reference, options),
    put: (reference, manifest, options = {}) => putManifest(remote, reference, manifest, options),
    delete: (digest, options = {}) => deleteManifest(remote, digest, options),
  };
}

async function headManifest(remote: Remote, reference: string, options: CallOptions): Promise<ManifestInfo> {
  const op = `head manifest ${contentName(remote, reference)}`;
  if (!isHeadDisabled(remote.host)) {
    const response = await send(remote, "HEAD", reference, op, options);
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

async function getManifest(remote: Remote, reference: string, options: ManifestGetOptions): Promise<Manifest> {
  const name = contentName(remote, reference);
  const known = options.descriptor;
  const inline = known === undefined ? undefined : await inlineData(known);
  if (known !== undefined && inline !== undefined) {
    return await parseManifest(inline, { mediaType: known.mediaType, digest: known.digest, name });
  }
  const op = `get manifest ${name}`;
  const response = await send(remote, "GET", reference, op, options);
  const bytes = await readBytes(response.body, maxManifestBytes, `manifest ${name}`);
  // The digest that was asked for decides; a header only where nothing was asked for.
  const digest = known?.digest ?? (isDigest(reference) ? reference : headerDigest(response));
  const mediaType = known?.mediaType ?? baseMediaType(response.headers.get("content-type"));
  try {
    return await parseManifest(bytes, { mediaType, digest, headers: response.headers, name });
  } catch (error) {
    throw inContext(error, { op });
  }
}

function headerDigest(response: TransportResponse): Digest | undefined {
  const digest = response.headers.get("docker-content-digest");
  return digest === null || digest === "" ? undefined : digest;
}

async function send(
  remote: Remote,
  method: "GET" | "HEAD",
  reference: string,
  op: string,
  options: CallOptions,
): Promise<TransportResponse> {
  try {
    return await remote.http.send({
      registry: remote.registry,
      repository: remote.repository,
      method,
      path: `manifests/${reference}`,
      headers: acceptHeaders,
      expect: [200],
      kind: method === "HEAD" ? "head" : "manifest",
      canUseMirrors: remote.canUseMirrors,
      signal: options.signal,
    });
  } catch (error) {
    throw inContext(error, { op });
  }
}

async function putManifest(
  remote: Remote,
  reference: string,
  manifest: Manifest,
  options: ManifestPutOptions,
): Promise<ManifestInfo> {
  const name = contentName(remote, reference);
  if (manifest.bytes.length > maxManifestPushBytes) {
    throw new RegkitError(
      "TOO_LARGE",
      `manifest too large, calculated ${manifest.bytes.length}, limit ${maxManifestPushBytes}: ${name}`,
      { op: `put manifest ${name}` },
    );
  }
  const descriptor = reference.includes(":") ? await verifyAgainst(reference, manifest, name) : manifest.descriptor;
  const response = reference.includes(":") || descriptor.digest.startsWith("sha256:")
    ? await sendPut(remote, reference, manifest, [], options)
    : await putTagOfOtherAlgorithm(remote, reference, manifest, options);
  const told = response.headers.get("docker-content-digest");
  if (told !== null && told !== "" && sameAlgorithm(told, descriptor.digest) && told !== descriptor.digest) {
    throw new RegkitError(
      "DIGEST_MISMATCH",
      `registry stored ${name} under ${told}, expected ${descriptor.digest}`,
      { op: `put manifest ${name}` },
    );
  }
  const subject = "subject" in manifest.body ? manifest.body.subject : undefined;
  if (subject !== undefined && response.headers.get("oci-subject") !== subject.digest) {
    await addReferrer(remote, subject.digest, manifest, options);
  }
  return { descriptor, headers: response.headers };
}

function sameAlgorithm(a: Digest, b: Digest): boolean {
  return a.split(":", 1)[0] === b.split(":", 1)[0];
}

/** A target digest of another algorithm than the manifest's is the same content when the bytes hash to it. */
async function verifyAgainst(digest: Digest, manifest: Manifest, name: string): Promise<Descriptor> {
  if (digest === manifest.descriptor.digest) return manifest.descriptor;
  const computed = manifest.descriptor.mediaType === mediaTypes.dockerManifest1Signed
    ? manifest.descriptor.digest
    : await digestBytes(manifest.bytes, parseDigest(digest).algorithm);
  if (computed !== digest) {
    throw new RegkitError("DIGEST_MISMATCH", `manifest digest mismatch for ${name}, computed ${computed}`);
  }
  return { ...manifest.descriptor, digest };
}

/** A tag on a manifest whose digest is not sha256: by digest with a tag parameter, else by tag with a digest parameter (distribution-spec end-7, development text). */
async function putTagOfOtherAlgorithm(
  remote: Remote,
  tag: string,
  manifest: Manifest,
  options: CallOptions,
): Promise<TransportResponse> {
  const digest = manifest.descriptor.digest;
  const response = await sendPut(remote, digest, manifest, [["tag", tag]], options);
  const tags = (response.headers.get("oci-tag") ?? "").split(",").map((text) => text.trim());
  return tags.includes(tag) ? response : await sendPut(remote, tag, manifest, [["digest", digest]], options);
}

async function sendPut(
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

async function deleteManifest(remote: Remote, digest: Digest, options: ManifestDeleteOptions): Promise<void> {
  parseDigest(digest);
  if (options.updateReferrers === true) {
    const manifest = await getManifest(remote, digest, options);
    const subject = "subject" in manifest.body ? manifest.body.subject : undefined;
    if (subject !== undefined) await removeReferrer(remote, subject.digest, digest, options);
  }
  await sendDelete(remote, digest, options);
}

/**
 * Sends the DELETE of a manifest or tag and accepts only its success.
 *
 * @param remote The repository.
 * @param reference The tag or digest.
 * @param options `signal` ends it early.
 * @throws {HttpError} When the registry refuses.
 */
export async function sendDelete(remote: Remote, reference: string, options: CallOptions): Promise<void> {
  try {
    const response = await remote.http.send({
      registry: remote.registry,
      repository: remote.repository,
      method: "DELETE",
      path: `manifests/${reference}`,
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
