/**
 * The fallback tag that lists referrers where a registry lacks the API (distribution-spec "referrers tag schema").
 *
 * @module
 */

import { hasCode, HttpError, orAbsent, RegkitError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { type Digest, fallbackTag } from "../oci/digest.ts";
import { type IndexBody, type Manifest, maxManifestBytes, parseManifest } from "../oci/manifest.ts";
import { mediaTypes } from "../oci/media_type.ts";
import { referrerDescriptor } from "../oci/referrer.ts";
import type { CallOptions } from "../repository.ts";
import { readRequest } from "./manifest_requests.ts";
import { readAnswer } from "./read_answer.ts";
import { contentName, type Remote } from "./remote.ts";
import { deleteTag } from "./tag_delete.ts";

/** How often an update is begun anew because another writer was faster. */
const maxAttempts = 5;

/** What a fallback tag holds. */
export interface FallbackList {
  /** The tag. */
  readonly tag: string;
  /** The index it points to. */
  readonly index: IndexBody;
  /** The entity tag of the answer, for conditional updates; `undefined` where the registry gives none. */
  readonly etag: string | undefined;
}

/** Updates of one fallback tag, one after the other within the process. */
const queues = new Map<string, Promise<void>>();

/**
 * Reads the list under the fallback tag of a subject.
 *
 * @param remote The repository.
 * @param subject The subject's digest.
 * @param options `signal` ends it early.
 * @returns The list, or `undefined` when the tag does not exist.
 * @throws {RegkitError} `UNSUPPORTED_MEDIA_TYPE` when the tag holds something else than an OCI index.
 */
export async function readFallbackTag(
  remote: Remote,
  subject: Digest,
  options: CallOptions,
): Promise<FallbackList | undefined> {
  const tag = fallbackTag(subject);
  const name = contentName(remote, tag);
  const request = readRequest(remote, "GET", tag, options);
  const answer = await orAbsent(readAnswer(remote.http, request, maxManifestBytes, `manifest ${name}`));
  if (answer === undefined) return undefined;
  const manifest = await parseManifest(answer.bytes, { name });
  if (manifest.kind !== "index") {
    throw new RegkitError(
      "UNSUPPORTED_MEDIA_TYPE",
      `fallback tag ${name} is a ${manifest.descriptor.mediaType}, expected an index`,
    );
  }
  return { tag, index: manifest.body, etag: answer.response.headers.get("etag") ?? undefined };
}

/**
 * Adds a referrer to the fallback tag of its subject, unless it is there.
 *
 * @param remote The repository.
 * @param subject The subject's digest.
 * @param referrer The manifest that refers to it.
 * @param options `signal` ends it early.
 * @throws {RegkitError} `CONFLICT` when other writers were faster every time.
 */
export async function addReferrer(
  remote: Remote,
  subject: Digest,
  referrer: Manifest,
  options: CallOptions,
): Promise<void> {
  const entry = referrerDescriptor(referrer);
  await update(remote, subject, options, (entries) => {
    return entries.some(({ digest }) => digest === entry.digest) ? undefined : [...entries, entry];
  });
}

/**
 * Takes a referrer out of the fallback tag of its subject; an empty list goes altogether.
 *
 * @param remote The repository.
 * @param subject The subject's digest.
 * @param referrer The digest of the manifest that referred to it.
 * @param options `signal` ends it early.
 * @throws {RegkitError} `CONFLICT` when other writers were faster every time.
 */
export async function removeReferrer(
  remote: Remote,
  subject: Digest,
  referrer: Digest,
  options: CallOptions,
): Promise<void> {
  if (await hasReferrersApi(remote, subject, options)) return;
  await update(remote, subject, options, (entries) => {
    const rest = entries.filter(({ digest }) => digest !== referrer);
    return rest.length === entries.length ? undefined : rest;
  });
}

async function hasReferrersApi(remote: Remote, subject: Digest, options: CallOptions): Promise<boolean> {
  const response = await remote.http.send({
    registry: remote.registry,
    repository: remote.repository,
    method: "GET",
    path: `referrers/${subject}`,
    expect: [200, 404, 405, 501],
    kind: "query",
    signal: options.signal,
  });
  await response.body?.cancel();
  return response.status === 200;
}

/** Reads, changes and writes the list until the change is seen in it. */
async function update(
  remote: Remote,
  subject: Digest,
  options: CallOptions,
  change: (entries: readonly Descriptor[]) => readonly Descriptor[] | undefined,
): Promise<void> {
  const key = `${remote.registry}/${remote.repository}:${fallbackTag(subject)}`;
  const before = queues.get(key) ?? Promise.resolve();
  const done = before.then(() => updateNow(remote, subject, options, change));
  // The next update only waits for this one's end; its failure is thrown to its own caller.
  const settled = done.catch(() => undefined);
  queues.set(key, settled);
  try {
    await done;
  } finally {
    if (queues.get(key) === settled) queues.delete(key);
  }
}

async function updateNow(
  remote: Remote,
  subject: Digest,
  options: CallOptions,
  change: (entries: readonly Descriptor[]) => readonly Descriptor[] | undefined,
): Promise<void> {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const current = await readFallbackTag(remote, subject, options);
    const entries = change(current?.index.manifests ?? []);
    if (entries === undefined) return;
    if (entries.length === 0 && await deleteList(remote, subject, options)) return;
    if (await writeList(remote, subject, current, entries, options)) {
      // Only a conditional PUT is safe by itself; otherwise the next round sees whether somebody wrote in between.
      if (current?.etag !== undefined) return;
    }
  }
  throw new RegkitError(
    "CONFLICT",
    `fallback tag ${contentName(remote, fallbackTag(subject))} is changed by others all the time`,
  );
}

async function deleteList(remote: Remote, subject: Digest, options: CallOptions): Promise<boolean> {
  try {
    await deleteTag(remote, fallbackTag(subject), options);
    return true;
  } catch (error) {
    if (hasCode(error, "NOT_FOUND")) return true;
    remote.logger.log("debug", "Failed to delete empty fallback tag", { error: String(error) });
    return false;
  }
}

/** Writes the list; `false` when somebody else has changed it since it was read. */
async function writeList(
  remote: Remote,
  subject: Digest,
  current: FallbackList | undefined,
  entries: readonly Descriptor[],
  options: CallOptions,
): Promise<boolean> {
  const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, ...current?.index, manifests: entries };
  const bytes = new TextEncoder().encode(JSON.stringify(index));
  const headers = new Headers({ "content-type": mediaTypes.ociIndex });
  if (current?.etag !== undefined) headers.set("if-match", current.etag);
  try {
    const response = await remote.http.send({
      registry: remote.registry,
      repository: remote.repository,
      method: "PUT",
      path: `manifests/${fallbackTag(subject)}`,
      headers,
      body: () => bytes,
      expect: [201, 200, 202],
      kind: "manifest",
      signal: options.signal,
    });
    await response.body?.cancel();
    return true;
  } catch (error) {
    if (error instanceof HttpError && error.status === 412) return false;
    throw error;
  }
}
