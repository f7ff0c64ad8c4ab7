/**
 * Storing manifests (distribution-spec "end-7").
 *
 * @module
 */

import { type Digest, digestBytes } from "../../oci/digest.ts";
import { baseMediaType, isManifestType } from "../../oci/media_type.ts";
import { ApiError } from "../api_error.ts";
import { readBlocks } from "../body_blocks.ts";
import { readContentLength } from "./chunk_range.ts";
import { conditionOf } from "./conditions.ts";
import type { Exchange } from "../exchange.ts";
import { checkManifest, isStorableType } from "./manifest_check.ts";
import { describeManifest } from "../store/manifest_record.ts";
import { checkReferences } from "./manifest_references.ts";
import { isTag, requireDigest } from "../names.ts";
import type { Bytes } from "../store/store.ts";

const maxTags = 100;
const staleCheckMs = 100;

/**
 * Answers PUT of a manifest by tag or digest.
 *
 * @param exchange The request.
 * @returns 201.
 * @throws {ApiError} 413; 400 `MANIFEST_INVALID`, `MANIFEST_BLOB_UNKNOWN`, `DIGEST_INVALID`; 412 when a condition fails.
 */
export async function putManifest(exchange: Exchange): Promise<Response> {
  exchange.requireWritable();
  const { request, reference, settings } = exchange;
  requireSize(request, settings.maxManifestBytes);
  const tags = tagsOf(exchange);
  const bytes = await readManifestBody(request, settings.maxManifestBytes, settings.bodyIdleMs);
  const statedType = statedMediaType(request.headers.get("content-type"));
  if (statedType !== "" && !isStorableType(statedType, settings.anyManifest)) {
    throw new ApiError(400, "MANIFEST_INVALID", "manifests of this type are not stored here", {
      detail: { mediaType: statedType.slice(0, 200) },
    });
  }
  const digest = await verifiedDigest(bytes, reference);
  const manifest = await checkManifest(bytes, statedType, settings.anyManifest);
  const repository = await exchange.parts.store.create(exchange.repository);
  const isSparse = manifest.isIndex ? settings.isSparseIndex : settings.isSparseImage;
  const references = manifest.references.map((reference) => reference.digest);
  using claim = await exchange.parts.claims.claimManifest(repository.name, digest, references);
  const checkAll = () => checkReferences(manifest, repository, { isSparse, leaving: claim.leaving });
  await checkAll();
  const checkedAt = settings.now();
  const record = describeManifest(manifest.body, { digest, size: bytes.length, mediaType: manifest.mediaType });
  const check = conditionOf(request.headers, tags.length > 0 ? tags : [reference]);
  const put = async () => {
    // What waited for long asks again, so that no garbage collection takes what it was told to be there.
    if (settings.now() - checkedAt > staleCheckMs) await checkAll();
    await repository.putManifest({ record, bytes, tags, check });
  };
  const { quota } = exchange.parts;
  // Another tag for what is here takes no room, nor what somebody else brings at the same time.
  const isNew = claim.isAlone && repository.catalog.get(digest) === undefined;
  await (quota === undefined || !isNew ? put() : quota.claim(exchange.repository, bytes.length, put));
  const subject: [string, string][] = record.subject === undefined ? [] : [["oci-subject", record.subject]];
  return exchange.reply(201, [
    ["location", exchange.location(`/v2/${exchange.repository}/manifests/${digest}`)],
    ["docker-content-digest", digest],
    ["content-length", "0"],
    ...subject,
    ...tags.map((tag): [string, string] => ["oci-tag", tag]),
  ]);
}

/** What is known gets its usual form; what is not is kept as it was pushed. */
function statedMediaType(header: string | null): string {
  const type = baseMediaType(header);
  return isManifestType(type) ? type : (header ?? "").split(";", 1)[0]?.trim() ?? "";
}

function tagsOf(exchange: Exchange): readonly string[] {
  const { reference } = exchange;
  const asked = exchange.params.getAll("tag");
  const isDigest = reference.includes(":");
  if (isDigest) requireDigest(reference);
  if (!isDigest && asked.length > 0) {
    throw new ApiError(400, "UNSUPPORTED", "the parameter tag goes only with a digest in the path");
  }
  const tags = isDigest ? [...new Set(asked)] : [reference];
  if (tags.length > maxTags) throw new ApiError(414, "UNSUPPORTED", `more than ${maxTags} tags at once`);
  const bad = tags.find((tag) => !isTag(tag));
  if (bad === undefined) return tags;
  throw new ApiError(400, "MANIFEST_INVALID", "the tag is malformed", { detail: { tag: bad.slice(0, 200) } });
}

/** First of all: whoever sends too much learns that before anything else. */
function requireSize(request: Request, maxBytes: number): void {
  if ((readContentLength(request.headers) ?? 0) > maxBytes) throw tooLarge(maxBytes);
}

async function readManifestBody(request: Request, maxBytes: number, idleMs: number): Promise<Bytes> {
  const length = readContentLength(request.headers);
  const blocks: Bytes[] = [];
  let size = 0;
  const look = (block: Bytes) => {
    size += block.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    blocks.push(block.slice());
  };
  if (request.body !== null) {
    await readBlocks(request.body, { length, idleMs, look, write: () => Promise.resolve() });
  }
  if (length !== undefined && size !== length) {
    throw new ApiError(400, "SIZE_INVALID", "the body is not as long as Content-Length states");
  }
  const [only] = blocks;
  if (only !== undefined && blocks.length === 1) return only;
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const block of blocks) {
    bytes.set(block, at);
    at += block.length;
  }
  return bytes;
}

async function verifiedDigest(bytes: Bytes, reference: string): Promise<Digest> {
  if (!reference.includes(":")) return await digestBytes(bytes);
  const actual = await digestBytes(bytes, reference.slice(0, reference.indexOf(":")));
  if (actual === reference) return actual;
  throw new ApiError(400, "DIGEST_INVALID", "the manifest does not have the digest", {
    detail: { expected: reference, actual },
  });
}

function tooLarge(maxBytes: number): ApiError {
  return new ApiError(413, "MANIFEST_INVALID", `the manifest is larger than ${maxBytes} bytes`);
}
