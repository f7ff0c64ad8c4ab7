/**
 * Reads what the page shows of a manifest. Whatever has another form than expected is left out.
 *
 * @module
 */

import { ApiError } from "../api_error.ts";
import type { Digest } from "../../oci/digest.ts";
import { isIndexType } from "../../oci/media_type.ts";
import { isJsonObject, type JsonObject, type ManifestRecord } from "../store/manifest_record.ts";
import { isContentDigest } from "../names.ts";
import type { Bytes, RepositoryStore } from "../store/store.ts";

/** A descriptor as the page shows it. */
export interface ShownDescriptor {
  /** The digest. */
  readonly digest: Digest;
  /** The media type; empty when it says none. */
  readonly mediaType: string;
  /** The size in bytes; 0 when it says none. */
  readonly size: number;
  /** The platform, such as `linux/arm64/v8`; empty when there is none. */
  readonly platform: string;
}

/** A manifest as the page shows it. */
export interface ShownManifest {
  /** What the registry knows of it. */
  readonly record: ManifestRecord;
  /** Whether it lists manifests. */
  readonly isIndex: boolean;
  /** The manifests that an index lists. */
  readonly manifests: readonly ShownDescriptor[];
  /** The bytes of config and layers of those of them that are here. */
  readonly imageSizes: ReadonlyMap<Digest, number>;
  /** The config of an image. */
  readonly config: ShownDescriptor | undefined;
  /** The layers of an image. */
  readonly layers: readonly ShownDescriptor[];
  /** The bytes of config and layers; of an index, those of the manifests that are here. */
  readonly totalSize: number;
}

/** What an image's config says of it. */
export interface ShownConfig {
  /** The platform. */
  readonly platform: string;
  /** When it was created. */
  readonly created: string;
  /** What it runs. */
  readonly command: string;
}

const largestConfig = 1024 * 1024;

/**
 * Reads a manifest.
 *
 * @param repository Its repository.
 * @param record The manifest.
 * @returns What to show; `undefined` when its bytes are gone or damaged.
 */
export async function readManifest(
  repository: RepositoryStore,
  record: ManifestRecord,
): Promise<ShownManifest | undefined> {
  const bytes = await bytesOf(repository, record);
  if (bytes === undefined) return undefined;
  const body = parse(bytes);
  const isIndex = isIndexType(record.mediaType);
  const manifests = isIndex ? descriptorsOf(body["manifests"]) : [];
  const config = isIndex ? undefined : descriptorsOf([body["config"]])[0];
  const layers = isIndex ? [] : descriptorsOf(body["layers"] ?? body["blobs"]);
  const imageSizes = await sizesOf(repository, manifests);
  const sizes = isIndex
    ? [...imageSizes.values()]
    : [...layers, ...(config === undefined ? [] : [config])].map(({ size }) => size);
  const totalSize = sizes.reduce((sum, size) => sum + size, 0);
  return { record, isIndex, manifests, imageSizes, config, layers, totalSize };
}

/**
 * Reads an image's config.
 *
 * @param repository The image's repository.
 * @param config The config.
 * @returns What to show; `undefined` when it is not here, too large or none of an image.
 */
export async function readConfig(
  repository: RepositoryStore,
  config: ShownDescriptor,
): Promise<ShownConfig | undefined> {
  const size = await repository.statBlob(config.digest);
  if (size === undefined || size === 0 || size > largestConfig) return undefined;
  const content = await repository.openBlob(config.digest, 0, size);
  const body = parse(content instanceof Uint8Array ? content : await new Response(content).bytes());
  const platform = platformOf(body);
  const inner = isJsonObject(body["config"]) ? body["config"] : {};
  const command = [...texts(inner["Entrypoint"]), ...texts(inner["Cmd"])].join(" ");
  const created = textOf(body["created"]);
  return platform === "" && created === "" && command === "" ? undefined : { platform, created, command };
}

/** The sizes of images that an index lists and that are here; of a very long index only the first. */
async function sizesOf(
  repository: RepositoryStore,
  manifests: readonly ShownDescriptor[],
): Promise<ReadonlyMap<Digest, number>> {
  const sizes = new Map<Digest, number>();
  for (const { digest } of manifests.slice(0, 100)) {
    const record = repository.catalog.get(digest);
    const bytes = record === undefined || isIndexType(record.mediaType) ? undefined : await bytesOf(repository, record);
    if (bytes === undefined) continue;
    const { config, layers } = parse(bytes);
    const parts = [...descriptorsOf([config]), ...descriptorsOf(layers)];
    sizes.set(digest, parts.reduce((sum, { size }) => sum + size, 0));
  }
  return sizes;
}

/** A damaged manifest is shown as one that is gone, so that its neighbours can be seen. */
async function bytesOf(repository: RepositoryStore, record: ManifestRecord): Promise<Bytes | undefined> {
  try {
    return await repository.readManifest(record);
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}

function parse(bytes: Bytes | Uint8Array): JsonObject {
  try {
    const body: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isJsonObject(body) ? body : {};
  } catch {
    return {};
  }
}

function descriptorsOf(value: unknown): readonly ShownDescriptor[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isJsonObject).flatMap((entry) => {
    const digest = textOf(entry["digest"]);
    if (!isContentDigest(digest)) return [];
    const size = typeof entry["size"] === "number" && entry["size"] > 0 ? entry["size"] : 0;
    return [{ digest, size, mediaType: textOf(entry["mediaType"]), platform: platformOf(entry["platform"]) }];
  });
}

function platformOf(value: unknown): string {
  if (!isJsonObject(value)) return "";
  const { os, architecture, variant } = value;
  const parts = [os, architecture, variant].map(textOf).filter((part) => part !== "");
  const version = textOf(value["os.version"]);
  return version === "" ? parts.join("/") : `${parts.join("/")} (${version})`;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((part) => typeof part === "string") : [];
}
