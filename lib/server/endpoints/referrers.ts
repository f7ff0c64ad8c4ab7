/**
 * The list of manifests that refer to a digest (distribution-spec "end-12a", "end-12b").
 *
 * @module
 */

import { digestBytes } from "../../oci/digest.ts";
import { mediaTypes } from "../../oci/media_type.ts";
import { isNotModified } from "./conditions.ts";
import type { Exchange } from "../exchange.ts";
import { isContentDigest, requireDigest } from "../names.ts";
import { referrerEntry, type ReferrerRecord } from "../store/referrer_entry.ts";

const maxPageBytes = 4 * 1024 * 1024;
const encoder = new TextEncoder();
const start = `{"schemaVersion":2,"mediaType":"${mediaTypes.ociIndex}","manifests":[`;

/**
 * Answers `referrers` with an index; an empty one when nothing is known of the digest.
 *
 * @param exchange The request.
 * @returns 200, or 304.
 * @throws {ApiError} 400 `DIGEST_INVALID`.
 */
export async function listReferrers(exchange: Exchange): Promise<Response> {
  const subject = requireDigest(exchange.reference);
  const repository = await exchange.findRepository();
  return await sendReferrers(exchange, repository?.catalog.referrers(subject) ?? []);
}

/**
 * Answers with a list of referrers, filtered and paged as the request wants it.
 *
 * @param exchange The request.
 * @param referrers All referrers of the subject, sorted by digest.
 * @returns 200, or 304.
 */
export async function sendReferrers(exchange: Exchange, referrers: readonly ReferrerRecord[]): Promise<Response> {
  const artifactType = exchange.params.get("artifactType") ?? "";
  const after = readCursor(exchange.params.get("last"));
  const found = referrers.filter((record) =>
    record.digest > after && (artifactType === "" || record.artifactType === artifactType)
  );
  const { entries, next } = firstPage(found);
  const body = encoder.encode(`${start}${entries.join(",")}]}`);
  const digest = await digestBytes(body);
  const headers: [string, string][] = [["etag", `"${digest}"`], ["cache-control", "no-cache"]];
  if (artifactType !== "") headers.push(["oci-filters-applied", "artifactType"]);
  if (next !== undefined) headers.push(["link", nextLink(exchange, artifactType, next)]);
  if (isNotModified(exchange.request, digest)) return exchange.reply(304, headers);
  headers.push(["content-type", mediaTypes.ociIndex], ["content-length", `${body.length}`]);
  return exchange.reply(200, headers, body);
}

function firstPage(records: readonly ReferrerRecord[]): { readonly entries: string[]; readonly next?: string } {
  const entries: string[] = [];
  // The end of the document and a comma that the first entry does not have.
  let size = start.length + "]}".length - 1;
  let last = "";
  for (const record of records) {
    const entry = JSON.stringify(referrerEntry(record));
    size += encoder.encode(entry).length + 1;
    if (size > maxPageBytes && entries.length > 0) return { entries, next: last };
    entries.push(entry);
    last = record.digest;
  }
  return { entries };
}

function nextLink(exchange: Exchange, artifactType: string, last: string): string {
  const cursor = encoder.encode(last).toBase64({ alphabet: "base64url", omitPadding: true });
  const filter = artifactType === "" ? "" : `artifactType=${encodeURIComponent(artifactType)}&`;
  return `</v2/${exchange.repository}/referrers/${exchange.reference}?${filter}last=${cursor}>; rel="next"`;
}

/** A cursor that is not one of ours starts from the beginning: the list is complete then, if longer. */
function readCursor(cursor: string | null): string {
  if (cursor === null || !/^[A-Za-z0-9_-]{1,256}$/.test(cursor)) return "";
  try {
    const text = new TextDecoder().decode(Uint8Array.fromBase64(cursor, { alphabet: "base64url" }));
    return isContentDigest(text) ? text : "";
  } catch {
    return "";
  }
}
