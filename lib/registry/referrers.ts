/**
 * Lists what refers to a manifest of a registry: by the API, else by the fallback tag (distribution-spec end-12).
 *
 * @module
 */

import { inContext, RegkitError } from "../errors.ts";
import { parseLinkNext } from "../http/link_header.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { type Digest, parseDigest } from "../oci/digest.ts";
import { maxManifestBytes, parseManifest } from "../oci/manifest.ts";
import { mediaTypes } from "../oci/media_type.ts";
import type { ReferrerList, ReferrerListOptions } from "../repository_powers.ts";
import { isStatus } from "./manifest_requests.ts";
import { readAnswer } from "./read_answer.ts";
import { readFallbackTag } from "./referrers_tag.ts";
import { contentName, type Remote } from "./remote.ts";

/** How long it is remembered that a repository has no referrers API, in milliseconds. */
const unsupportedMs = 5 * 60 * 1000;
/** The most pages of one list. */
const maxPages = 1000;

/** Which repositories have no referrers API, and until when that is believed. */
export type ReferrersSupport = Map<string, number>;

/**
 * Lists the referrers of a digest.
 *
 * @param remote The repository.
 * @param support What is known of repositories without the API; kept up to date.
 * @param subject The subject's digest.
 * @param options Artifact type and signal.
 * @returns The referrers, filtered.
 * @throws {RegkitError} When the registry fails otherwise than by lacking the API (404, 405, 501).
 */
export async function listReferrers(
  remote: Remote,
  support: ReferrersSupport,
  subject: Digest,
  options: ReferrerListOptions,
): Promise<ReferrerList> {
  parseDigest(subject);
  const key = `${remote.registry}/${remote.repository}`;
  if ((support.get(key) ?? 0) <= remote.clock.now()) {
    try {
      return filtered(await fromApi(remote, subject, options), options);
    } catch (error) {
      if (!isStatus(error, 404, 405, 501)) {
        throw inContext(error, { op: `list referrers of ${contentName(remote, subject)}` });
      }
      support.set(key, remote.clock.now() + unsupportedMs);
    }
  }
  const fallback = await readFallbackTag(remote, subject, options);
  if (fallback === undefined) return { descriptors: [], tags: [] };
  const { index, tag } = fallback;
  return filtered({ descriptors: index.manifests, annotations: index.annotations, tags: [tag] }, options);
}

async function fromApi(remote: Remote, subject: Digest, options: ReferrerListOptions): Promise<ReferrerList> {
  const descriptors = new Map<Digest, Descriptor>();
  let annotations: ReferrerList["annotations"];
  let path: string | URL = `referrers/${subject}`;
  for (let page = 0; page < maxPages; page++) {
    const { response, bytes } = await readAnswer(
      remote.http,
      {
        registry: remote.registry,
        repository: remote.repository,
        method: "GET",
        path,
        query: page === 0 && options.artifactType !== undefined ? [["artifactType", options.artifactType]] : [],
        headers: new Headers({ accept: mediaTypes.ociIndex }),
        expect: [200],
        kind: "query",
        canUseMirrors: remote.canUseMirrors,
        signal: options.signal,
      },
      maxManifestBytes,
      `referrers of ${subject}`,
    );
    const manifest = await parseManifest(bytes, { name: `referrers of ${contentName(remote, subject)}` });
    if (manifest.kind !== "index") {
      throw new RegkitError(
        "INVALID_RESPONSE",
        `referrers of ${subject} are a ${manifest.descriptor.mediaType}, expected an index`,
      );
    }
    annotations ??= manifest.body.annotations;
    for (const descriptor of manifest.body.manifests) descriptors.set(descriptor.digest, descriptor);
    const next = parseLinkNext(response.headers, response.url);
    if (next === undefined) return { descriptors: [...descriptors.values()], annotations, tags: [] };
    path = next;
  }
  throw new RegkitError("INVALID_RESPONSE", `referrers of ${subject} have more than ${maxPages} pages`);
}

/** Registries may ignore the filter, so it is applied here as well. */
function filtered(list: ReferrerList, options: ReferrerListOptions): ReferrerList {
  const { artifactType } = options;
  if (artifactType === undefined || artifactType === "") return list;
  return { ...list, descriptors: list.descriptors.filter((descriptor) => descriptor.artifactType === artifactType) };
}
