/**
 * Decides whether bytes are a manifest that may be stored: form, type, and what they refer to.
 *
 * @module
 */

import { digestBytes } from "../../oci/digest.ts";
import { guessMediaType } from "../../oci/manifest.ts";
import { isImageType, isIndexType } from "../../oci/media_type.ts";
import { ApiError } from "../api_error.ts";
import { isJsonObject, type JsonObject } from "../store/manifest_record.ts";
import { isContentDigest } from "../names.ts";
import type { Bytes } from "../store/store.ts";

/** A descriptor of a checked manifest. */
export interface CheckedDescriptor {
  /** The media type; empty when it states none. */
  readonly mediaType: string;
  /** The digest. */
  readonly digest: string;
  /** The length in bytes. */
  readonly size: number;
  /** Whether it may be had elsewhere. */
  readonly hasUrls: boolean;
}

/** A manifest whose form is right. */
export interface CheckedManifest {
  /** The parsed document. */
  readonly body: JsonObject;
  /** Its media type. */
  readonly mediaType: string;
  /** Whether it lists manifests instead of layers. */
  readonly isIndex: boolean;
  /** What it refers to, without the subject. */
  readonly references: readonly CheckedDescriptor[];
}

const maxDepth = 64;
const maxDescriptors = 10_000;
const digestGrammar = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/;

/**
 * Checks a manifest's form.
 *
 * @param bytes The bytes.
 * @param statedType The media type of the request, without parameters; empty when it states none.
 * @param anyType Whether manifests of any JSON type are taken.
 * @returns The parsed manifest.
 * @throws {ApiError} 400 `MANIFEST_INVALID`.
 */
export async function checkManifest(bytes: Bytes, statedType: string, anyType: boolean): Promise<CheckedManifest> {
  const body = parseObject(bytes);
  const mediaType = checkType(body, statedType, anyType);
  const isIndex = isIndexType(mediaType);
  const isKnown = isIndex || isImageType(mediaType);
  if (isKnown && body["schemaVersion"] !== 2) throw invalid("schemaVersion is not 2");
  const lists = isIndex ? ["manifests"] : isKnown ? ["config", "layers"] : [];
  const found = lists.flatMap((key) => entriesOf(body, key));
  if (body["subject"] !== undefined && body["subject"] !== null) found.push(["subject", body["subject"]]);
  if (found.length > maxDescriptors) throw invalid(`more than ${maxDescriptors} descriptors`);
  const references: CheckedDescriptor[] = [];
  for (const [where, value] of found) {
    const descriptor = await checkDescriptor(where, value);
    if (where !== "subject") references.push(descriptor);
  }
  return { body, mediaType, isIndex, references };
}

/**
 * Tells whether a media type may be stored as manifest.
 *
 * @param mediaType The media type, without parameters.
 * @param anyType Whether manifests of any JSON type are taken.
 * @returns Whether it may.
 */
export function isStorableType(mediaType: string, anyType: boolean): boolean {
  return isIndexType(mediaType) || isImageType(mediaType) || (anyType && /(?:\+|\/)json$/i.test(mediaType));
}

function parseObject(bytes: Bytes): JsonObject {
  if (isTooDeep(bytes)) throw invalid(`nested deeper than ${maxDepth}`);
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    throw invalid("not JSON");
  }
  if (!isJsonObject(body)) throw invalid("not a JSON object");
  return body;
}

/** Counts brackets outside strings, so that a hostile document is refused before it is parsed. */
function isTooDeep(bytes: Bytes): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (inString) {
      if (byte === 0x5c) at++;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) inString = true;
    else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > maxDepth) return true;
    } else if (byte === 0x7d || byte === 0x5d) depth--;
  }
  return false;
}

function checkType(body: JsonObject, statedType: string, anyType: boolean): string {
  const mediaType = statedType === "" ? guessMediaType(body) : statedType;
  if (!isStorableType(mediaType, anyType)) {
    throw invalid(mediaType === "" ? "of no recognisable type" : "of a type that is not stored here", { mediaType });
  }
  const own = body["mediaType"];
  // Writers that do not leave out what is empty state nothing by it.
  if (own !== undefined && own !== null && own !== "" && !isSameType(own, mediaType)) {
    throw invalid("its mediaType contradicts the request's Content-Type", { mediaType: own, contentType: mediaType });
  }
  // Some write an empty list as null.
  const isIndexBody = Array.isArray(body["manifests"]) || (body["manifests"] === null && isIndexType(mediaType));
  const isImageBody = isJsonObject(body["config"]) || Array.isArray(body["layers"]);
  if (isIndexType(mediaType) && !isIndexBody) throw invalid("an index without a list of manifests");
  if (isIndexType(mediaType) && isImageBody) throw invalid("an index with config or layers");
  if (isImageType(mediaType) && !isJsonObject(body["config"])) throw invalid("an image manifest without config");
  if (isImageType(mediaType) && isIndexBody) throw invalid("an image manifest with a list of manifests");
  return mediaType;
}

/** Media types are the same in any case of letters (RFC 6838 section 4.2). */
function isSameType(own: unknown, mediaType: string): boolean {
  return typeof own === "string" && own.toLowerCase() === mediaType.toLowerCase();
}

function entriesOf(body: JsonObject, key: string): [string, unknown][] {
  const value = body[key];
  if (key === "config") return [["config", value]];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw invalid(`${key} is not a list`);
  return value.map((entry, at) => [`${key}[${at}]`, entry]);
}

async function checkDescriptor(where: string, value: unknown): Promise<CheckedDescriptor> {
  if (!isJsonObject(value)) throw invalid(`${where} is not a descriptor`);
  const { mediaType = "", digest, size, urls, data } = value;
  if (typeof mediaType !== "string") throw invalid(`${where} has a media type that is not text`);
  if (typeof digest !== "string" || !isDigestText(digest)) throw invalid(`${where} has no valid digest`);
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) throw invalid(`${where} has no valid size`);
  if (data !== undefined && data !== null) await checkData(where, data, digest, size);
  return { mediaType, digest, size, hasUrls: hasUrls(where, urls) };
}

function isDigestText(digest: string): boolean {
  const isRegistered = digest.startsWith("sha256:") || digest.startsWith("sha512:");
  return isRegistered ? isContentDigest(digest) : digestGrammar.test(digest);
}

function hasUrls(where: string, urls: unknown): boolean {
  if (urls === undefined || urls === null) return false;
  if (!Array.isArray(urls) || !urls.every((url) => typeof url === "string")) {
    throw invalid(`${where} has urls of no text`);
  }
  return urls.length > 0;
}

async function checkData(where: string, data: unknown, digest: string, size: number): Promise<void> {
  if (typeof data !== "string") throw invalid(`${where} has data that is not text`);
  let bytes: Bytes;
  try {
    bytes = Uint8Array.fromBase64(data, { lastChunkHandling: "strict" });
  } catch {
    throw invalid(`${where} has data that is not base64`);
  }
  const isRight = bytes.length === size &&
    (!isContentDigest(digest) || await digestBytes(bytes, digest.slice(0, digest.indexOf(":"))) === digest);
  if (!isRight) throw invalid(`${where} has data of another size or digest`);
}

function invalid(problem: string, detail?: unknown): ApiError {
  return new ApiError(400, "MANIFEST_INVALID", `the manifest is not acceptable: ${problem}`, { detail });
}
