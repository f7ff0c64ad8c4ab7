/**
 * The manifests of an OCI layout.
 *
 * @module
 */

import { hasCode, RegkitError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { type Digest, isDigest, parseDigest } from "../oci/digest.ts";
import { type Manifest, parseManifest } from "../oci/manifest.ts";
import { isManifestType } from "../oci/media_type.ts";
import type {
  CallOptions,
  ManifestDeleteOptions,
  ManifestGetOptions,
  ManifestInfo,
  ManifestPutOptions,
  ManifestStore,
} from "../repository.ts";
import { findDigest, findTag, type IndexEntries, withDigest, withoutDigest, withTag } from "./index_entries.ts";
import { unlessMissing } from "./io_error.ts";
import { blobPath, indexName } from "./layout_files.ts";
import { withoutReferrer, withReferrer } from "./layout_referrers.ts";
import type { LayoutSession } from "./layout_session.ts";
import { readManifestFile, statManifestFile, writeManifestFile } from "./manifest_file.ts";

/** Where a reference leads. */
interface Found {
  readonly digest: Digest;
  /** What the index says of it, when it is listed there. */
  readonly entry: Descriptor | undefined;
}

/**
 * Creates the manifest store over a session.
 *
 * @param session The handle's state.
 * @returns The store.
 */
export function createLayoutManifests(session: LayoutSession): ManifestStore {
  return {
    head: (reference, options) => headManifest(session, reference, options),
    get: (reference, options) => getManifest(session, reference, options),
    put: (reference, manifest, options) => putManifest(session, reference, manifest, options),
    delete: (digest, options) => deleteManifest(session, digest, options),
  };
}

async function headManifest(
  session: LayoutSession,
  reference: string,
  options: CallOptions = {},
): Promise<ManifestInfo> {
  await session.beginRead(options.signal);
  const { digest, entry } = await resolve(session, reference);
  const size = await statManifestFile(session.root, digest);
  const stated = entry?.mediaType ?? "";
  const mediaType = isManifestType(stated)
    ? stated
    : (await readManifestFile(session.root, digest, stated)).descriptor.mediaType;
  await session.noteFound(digest);
  return { descriptor: { mediaType, digest, size } };
}

async function getManifest(
  session: LayoutSession,
  reference: string,
  options: ManifestGetOptions = {},
): Promise<Manifest> {
  await session.beginRead(options.signal);
  const { digest, entry } = await resolve(session, reference);
  const expected = options.descriptor;
  if (expected !== undefined && expected.digest !== digest) {
    throw new RegkitError(
      "DIGEST_MISMATCH",
      `manifest digest mismatch, expected ${expected.digest}, found ${digest} for ${reference} in ${session.root}`,
    );
  }
  const manifest = await readManifestFile(session.root, digest, expected?.mediaType || entry?.mediaType);
  if (expected !== undefined && expected.size !== manifest.descriptor.size) {
    throw new RegkitError(
      "SIZE_MISMATCH",
      `manifest ${blobPath(session.root, digest)} has ${manifest.descriptor.size} bytes, expected ${expected.size}`,
    );
  }
  options.signal?.throwIfAborted();
  return manifest;
}

async function putManifest(
  session: LayoutSession,
  reference: string,
  manifest: Manifest,
  options: ManifestPutOptions = {},
): Promise<ManifestInfo> {
  const tag = reference === "" ? "latest" : reference;
  const isByDigest = tag.includes(":");
  const { descriptor: { mediaType, digest } } = manifest;
  const stored = await parseManifest(manifest.bytes, {
    mediaType,
    digest: isByDigest ? tag : digest,
    name: `${session.root} ${tag}`,
  });
  await session.beginWrite(options.signal);
  await writeManifestFile(session, stored);
  const { descriptor } = stored;
  const isListed = !isByDigest || options.isChild !== true;
  if (!isListed && subjectOf(stored) === undefined) return { descriptor };
  await session.editIndex(async (entries) => {
    const created = session.created();
    const listed = !isListed
      ? undefined
      : isByDigest
      ? withDigest(entries, descriptor, created)
      : withTag(entries, tag, descriptor, created);
    const subject = subjectOf(stored);
    const referred = subject === undefined
      ? undefined
      : await withReferrer(session, listed ?? entries, subject, stored);
    return referred ?? listed;
  }, options.signal);
  return { descriptor };
}

async function deleteManifest(
  session: LayoutSession,
  digest: Digest,
  options: ManifestDeleteOptions = {},
): Promise<void> {
  parseDigest(digest);
  const path = blobPath(session.root, digest);
  const index = await session.readIndex();
  const info = await unlessMissing("read", path, () => Deno.stat(path));
  if (info === undefined && findDigest(index?.entries ?? [], digest) === undefined) {
    throw new RegkitError("NOT_FOUND", `failed to delete manifest: ${path} does not exist`);
  }
  await session.beginWrite(options.signal);
  const subject = await subjectOfFile(session, digest);
  await session.editIndex(async (entries) => {
    const unlisted = withoutDigest(entries, digest);
    const rest: IndexEntries = unlisted ?? entries;
    return (subject === undefined ? undefined : await withoutReferrer(session, rest, subject, digest)) ?? unlisted;
  }, options.signal);
  await unlessMissing("delete", path, () => Deno.remove(path));
}

/** A digest leads to its file, listed or not: children of an index are not listed. A tag is looked up. */
async function resolve(session: LayoutSession, reference: string): Promise<Found> {
  const index = await session.readIndex();
  const entries = index?.entries ?? [];
  if (isDigest(reference) || reference.includes(":")) {
    parseDigest(reference);
    return { digest: reference, entry: findDigest(entries, reference) };
  }
  const entry = findTag(entries, reference === "" ? "latest" : reference);
  if (entry !== undefined) return { digest: entry.digest, entry };
  const path = `${session.root}/${indexName}`;
  throw new RegkitError(
    "NOT_FOUND",
    index === undefined
      ? `could not find ${reference} in ${session.root}: ${path} does not exist`
      : `could not find entry in ${path}: ${reference}`,
    {
      tip: index === undefined
        ? "Check the path, and that it is an OCI layout directory."
        : `See what is there with "regctl tag ls ocidir://${session.root}".`,
    },
  );
}

function subjectOf(manifest: Manifest): Digest | undefined {
  return manifest.kind === "docker1" ? undefined : manifest.body.subject?.digest;
}

/** A file that is gone or no manifest has no subject to look after; it is deleted all the same. */
async function subjectOfFile(session: LayoutSession, digest: Digest): Promise<Digest | undefined> {
  try {
    return subjectOf(await readManifestFile(session.root, digest));
  } catch (error) {
    const isUnreadable = hasCode(
      error,
      "NOT_FOUND",
      "INVALID_MANIFEST",
      "UNSUPPORTED_MEDIA_TYPE",
      "DIGEST_MISMATCH",
      "TOO_LARGE",
    );
    if (isUnreadable) return undefined;
    throw error;
  }
}
