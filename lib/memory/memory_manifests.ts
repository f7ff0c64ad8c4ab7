/**
 * The manifests, tags and referrers of a repository in memory.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { type Digest, parseDigest } from "../oci/digest.ts";
import { type Manifest, maxManifestBytes, parseManifest } from "../oci/manifest.ts";
import { referrerDescriptor } from "../oci/referrer.ts";
import type { ManifestStore, TagStore } from "../repository.ts";
import type { ReferrerList, ReferrerListOptions } from "../repository_powers.ts";
import type { MemoryState } from "./memory_state.ts";

/**
 * Creates the manifest store over a state.
 *
 * @param state The repository's content.
 * @returns The store.
 */
export function createMemoryManifests(state: MemoryState): ManifestStore {
  return {
    head: (reference, options) =>
      Promise.try(() => {
        options?.signal?.throwIfAborted();
        return { descriptor: findManifest(state, reference).descriptor };
      }),
    get: (reference, options) =>
      Promise.try(() => {
        options?.signal?.throwIfAborted();
        const manifest = findManifest(state, reference);
        checkExpected(state, manifest, options?.descriptor);
        return { ...manifest, bytes: manifest.bytes.slice() };
      }),
    async put(reference, manifest, options) {
      options?.signal?.throwIfAborted();
      const isByDigest = reference.includes(":");
      checkLength(state, manifest);
      const stored = await parseManifest(manifest.bytes.slice(), {
        mediaType: manifest.descriptor.mediaType,
        digest: isByDigest ? reference : manifest.descriptor.digest,
        name: `${state.name} ${reference}`,
      });
      state.manifests.set(stored.descriptor.digest, stored);
      if (!isByDigest) state.tags.set(reference, stored.descriptor.digest);
      state.isCreated = true;
      return { descriptor: stored.descriptor };
    },
    delete: (digest, options) =>
      Promise.try(() => {
        options?.signal?.throwIfAborted();
        parseDigest(digest);
        if (!state.manifests.delete(digest)) throw manifestNotFound(state, digest);
        for (const [tag, tagged] of state.tags) {
          if (tagged === digest) state.tags.delete(tag);
        }
      }),
  };
}

/**
 * Creates the tag store over a state. Tags are listed in bytewise order.
 *
 * @param state The repository's content.
 * @returns The store.
 */
export function createMemoryTags(state: MemoryState): TagStore {
  return {
    async *list(options = {}) {
      options.signal?.throwIfAborted();
      if (!state.isCreated) throw new RegkitError("NOT_FOUND", `repository ${state.name} not found`);
      const after = options.last;
      const tags = [...state.tags.keys()].filter((tag) => after === undefined || tag > after).sort();
      for (const tag of tags.slice(0, options.limit ?? tags.length)) {
        options.signal?.throwIfAborted();
        yield tag;
      }
    },
    delete: (tag, options) =>
      Promise.try(() => {
        options?.signal?.throwIfAborted();
        if (!state.tags.delete(tag)) throw new RegkitError("NOT_FOUND", `tag ${tag} not found in ${state.name}`);
      }),
  };
}

/**
 * Lists what refers to a digest, oldest first.
 *
 * @param state The repository's content.
 * @param subject The digest referred to.
 * @param options The artifact type wanted.
 * @returns The referrers.
 */
export function listMemoryReferrers(
  state: MemoryState,
  subject: Digest,
  options: ReferrerListOptions = {},
): ReferrerList {
  options.signal?.throwIfAborted();
  parseDigest(subject);
  const descriptors: Descriptor[] = [];
  for (const manifest of state.manifests.values()) {
    if (manifest.kind === "docker1" || manifest.body.subject?.digest !== subject) continue;
    const descriptor = referrerDescriptor(manifest);
    if (options.artifactType === undefined || options.artifactType === descriptor.artifactType) {
      descriptors.push(descriptor);
    }
  }
  return { descriptors, tags: [] };
}

function findManifest(state: MemoryState, reference: string): Manifest {
  if (reference.includes(":")) parseDigest(reference);
  const digest = reference.includes(":") ? reference : state.tags.get(reference);
  const manifest = digest === undefined ? undefined : state.manifests.get(digest);
  if (manifest === undefined) throw manifestNotFound(state, reference);
  return manifest;
}

function manifestNotFound(state: MemoryState, reference: string): RegkitError {
  return new RegkitError("NOT_FOUND", `manifest ${reference} not found in ${state.name}`);
}

function checkExpected(state: MemoryState, manifest: Manifest, expected: Descriptor | undefined): void {
  const { digest, size } = manifest.descriptor;
  if (expected !== undefined && expected.digest !== digest) {
    throw new RegkitError(
      "DIGEST_MISMATCH",
      `manifest digest mismatch, expected ${expected.digest}, found ${digest} in ${state.name}`,
    );
  }
  if (expected !== undefined && expected.size !== size) {
    throw new RegkitError(
      "SIZE_MISMATCH",
      `manifest ${digest} in ${state.name} has ${size} bytes, expected ${expected.size}`,
    );
  }
  if (size > maxManifestBytes) {
    throw new RegkitError(
      "TOO_LARGE",
      `manifest ${digest} in ${state.name} has ${size} bytes, at most ${maxManifestBytes}`,
    );
  }
}

function checkLength(state: MemoryState, manifest: Manifest): void {
  const { length } = manifest.bytes;
  if (length > maxManifestBytes) {
    throw new RegkitError("TOO_LARGE", `manifest for ${state.name} has ${length} bytes, at most ${maxManifestBytes}`);
  }
}
