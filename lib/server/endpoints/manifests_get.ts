/**
 * Reading manifests (distribution-spec "end-3").
 *
 * @module
 */

import type { ManifestRecord } from "../store/manifest_record.ts";
import { ApiError, type HeaderList } from "../api_error.ts";
import { isNotModified } from "./conditions.ts";
import type { Exchange } from "../exchange.ts";
import { isTag, requireDigest } from "../names.ts";
import type { Bytes, RepositoryStore } from "../store/store.ts";

const immutable = "max-age=31536000, immutable";

/**
 * Answers GET and HEAD of a manifest with the stored bytes and type.
 *
 * @param exchange The request.
 * @returns 200, or 304.
 * @throws {ApiError} 404 `MANIFEST_UNKNOWN`; 400 `DIGEST_INVALID`.
 */
export async function getManifest(exchange: Exchange): Promise<Response> {
  const byDigest = exchange.reference.includes(":");
  if (byDigest) requireDigest(exchange.reference);
  const repository = await exchange.findRepository();
  const record = findManifest(repository, exchange.reference);
  if (repository?.isDamaged?.(exchange.reference) === true) {
    throw new ApiError(500, "UNKNOWN", "the stored manifest is damaged");
  }
  if (repository === undefined || record === undefined) throw unknown(exchange.reference);
  // Whoever hears that it is here may not send it: then garbage collection must leave it here.
  if (exchange.isHead && byDigest) await repository.statBlob(record.digest);
  return await sendManifest(exchange, { record, read: () => repository.readManifest(record) });
}

/** A manifest to be sent. */
export interface SentManifest {
  /** What is known of it. */
  readonly record: ManifestRecord;
  /** Reads its bytes. */
  readonly read: () => Bytes | undefined | Promise<Bytes | undefined>;
}

/**
 * Answers GET and HEAD of a manifest that was found.
 *
 * @param exchange The request.
 * @param manifest The manifest.
 * @returns 200, or 304.
 * @throws {ApiError} 404 `MANIFEST_UNKNOWN` when it went meanwhile, or is of no type that the request accepts.
 */
export async function sendManifest(exchange: Exchange, { record, read }: SentManifest): Promise<Response> {
  const headers: HeaderList = [
    ["content-type", record.mediaType],
    ["docker-content-digest", record.digest],
    ["etag", `"${record.digest}"`],
    ["cache-control", exchange.reference.includes(":") ? immutable : "no-cache"],
  ];
  if (isNotModified(exchange.request, record.digest)) return exchange.reply(304, headers.slice(1));
  if (exchange.settings.strictAccept && !accepts(exchange.request.headers.get("accept"), record.mediaType)) {
    throw new ApiError(404, "MANIFEST_UNKNOWN", "the manifest is of no type that the request accepts");
  }
  // For HEAD too: it must not promise what GET cannot keep, and whoever asks it mostly asks for the bytes next.
  const bytes = await read();
  if (bytes === undefined) throw unknown(exchange.reference);
  return exchange.reply(200, [...headers, ["content-length", `${record.size}`]], bytes);
}

/**
 * Finds a manifest by tag or digest.
 *
 * @param repository The repository, if it exists.
 * @param reference The tag or digest.
 * @returns The manifest, if it is known.
 */
export function findManifest(repository: RepositoryStore | undefined, reference: string): ManifestRecord | undefined {
  if (reference.includes(":")) return repository?.catalog.get(reference);
  return isTag(reference) ? repository?.catalog.byTag(reference) : undefined;
}

function unknown(reference: string): ApiError {
  return new ApiError(404, "MANIFEST_UNKNOWN", "the manifest is not in the repository", {
    detail: { reference: reference.slice(0, 200) },
  });
}

function accepts(header: string | null, mediaType: string): boolean {
  if (header === null) return true;
  const type = mediaType.toLowerCase();
  // Of the ranges that fit, the narrowest decides, also against it with a weight of 0 (RFC 9110, section 12.5.1).
  const ranges = [type, `${type.split("/", 1)[0]}/*`, "*/*"];
  const verdicts: boolean[] = [];
  for (const part of header.toLowerCase().split(",")) {
    const [range = "", ...parameters] = part.split(";").map((text) => text.trim());
    const at = ranges.indexOf(range);
    if (at >= 0) verdicts[at] ||= !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter));
  }
  return verdicts.find((verdict) => verdict !== undefined) ?? false;
}
