/**
 * The manifests of a registry repository, with the care for digests and referrers that single requests do not take.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";
import type { TransportResponse } from "../http/transport/transport.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { type Digest, digestBytes, parseDigest } from "../oci/digest.ts";
import type { Manifest } from "../oci/manifest.ts";
import { mediaTypes } from "../oci/media_type.ts";
import type {
  CallOptions,
  ManifestDeleteOptions,
  ManifestInfo,
  ManifestPutOptions,
  ManifestStore,
} from "../repository.ts";
import { sendDelete } from "./delete_request.ts";
import { getManifest, headManifest, sendPut } from "./manifest_requests.ts";
import { addReferrer, removeReferrer } from "./referrers_tag.ts";
import { contentName, type Remote } from "./remote.ts";

/** The largest manifest that is sent, in bytes. */
export const maxManifestPushBytes: number = 4 * 1024 * 1024;

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

async function deleteManifest(remote: Remote, digest: Digest, options: ManifestDeleteOptions): Promise<void> {
  parseDigest(digest);
  if (options.updateReferrers === true) {
    const manifest = await getManifest(remote, digest, options);
    const subject = "subject" in manifest.body ? manifest.body.subject : undefined;
    if (subject !== undefined) await removeReferrer(remote, subject.digest, digest, options);
  }
  await sendDelete(remote, "manifests", digest, options);
}
