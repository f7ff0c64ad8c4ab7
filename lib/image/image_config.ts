/**
 * Reads the config of an image.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";
import type { Digest } from "../oci/digest.ts";
import type { Manifest } from "../oci/manifest.ts";
import { mediaTypes } from "../oci/media_type.ts";
import type { Platform } from "../oci/platform.ts";
import type { CallOptions, Repository } from "../repository.ts";
import { readBytes } from "../streams/read_bytes.ts";
import { selectManifest, type SelectOptions } from "./select_manifest.ts";

/** The largest config that is read, in bytes. */
export const maxConfigBytes: number = 64 * 1024 * 1024;

/** An image config: the exact document, and what it says. */
export interface ImageConfig {
  /** The config's digest. */
  readonly digest: Digest;
  /** The exact bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The bytes as text. */
  readonly text: string;
  /** The parsed document; `null` where that is all it says. */
  readonly body: Readonly<Record<string, unknown>> | null;
  /** The media type that its manifest states, when it was read by one. */
  readonly mediaType?: string | undefined;
  /** The registry's response headers, when it was read from one. */
  readonly headers?: Headers | undefined;
}

/**
 * Parses an image config.
 *
 * @param bytes The exact bytes.
 * @param digest Their digest, kept and shown in errors.
 * @returns The config.
 * @throws {RegkitError} `INVALID_MANIFEST` when it is no JSON object or its fields have other types than images have.
 */
export function parseImageConfig(bytes: Uint8Array<ArrayBuffer>, digest: Digest): ImageConfig {
  const text = new TextDecoder().decode(bytes);
  const body = parseJson(text, digest);
  if (!isObjectOrNull(body)) throw invalid(digest, "it is no JSON object");
  for (const [key, isValid] of Object.entries(fieldChecks)) {
    const value = body?.[key];
    if (value !== undefined && value !== null && !isValid(value)) {
      throw invalid(digest, `its ${key} is of a wrong type`);
    }
  }
  return { digest, bytes, text, body };
}

/** Options of {@linkcode readImageConfig}. */
export interface ReadConfigOptions extends SelectOptions {
  /** The platform to choose from an index. */
  readonly platform: Platform;
}

/**
 * Reads the config of an image, from an index that of a platform.
 *
 * @param repository Where the image is.
 * @param reference Its tag or digest.
 * @param options Platform, signal and logger.
 * @returns The config.
 * @throws {RegkitError} `NOT_FOUND` without an image or platform; `UNSUPPORTED_MEDIA_TYPE` for what is no image.
 */
export async function readImageConfig(
  repository: Repository,
  reference: string,
  { platform, signal, logger }: ReadConfigOptions,
): Promise<ImageConfig> {
  const top = await repository.manifests.get(reference, { signal });
  const { descriptor, manifest = top } = await selectManifest(repository, top, platform, { signal, logger });
  const image = manifest.descriptor.digest === descriptor.digest
    ? manifest
    : await repository.manifests.get(descriptor.digest, { descriptor, signal });
  return await configOf(repository, image, { signal });
}

/**
 * Reads the config that an image manifest names.
 *
 * @param repository Where it is.
 * @param manifest The manifest.
 * @param options The signal.
 * @returns The config.
 * @throws {RegkitError} `UNSUPPORTED_MEDIA_TYPE` for the manifest of anything but an image.
 */
export async function configOf(
  repository: Repository,
  manifest: Manifest,
  { signal }: CallOptions = {},
): Promise<ImageConfig> {
  if (manifest.kind !== "image") throw noImage(manifest.descriptor.mediaType);
  const { config } = manifest.body;
  if (config.mediaType !== mediaTypes.ociConfig && config.mediaType !== mediaTypes.dockerConfig) {
    throw noImage(config.mediaType);
  }
  const { stream, headers } = await repository.blobs.get(config, { signal });
  const bytes = await readBytes(stream, maxConfigBytes, `config ${config.digest} of ${repository.name}`);
  return { ...parseImageConfig(bytes, config.digest), mediaType: config.mediaType, headers };
}

function noImage(mediaType: string): RegkitError {
  return new RegkitError(
    "UNSUPPORTED_MEDIA_TYPE",
    `unsupported config media type ${mediaType}: unsupported media type`,
  );
}

const isText = (value: unknown): boolean => typeof value === "string";
const isObject = (value: unknown): boolean => typeof value === "object" && !Array.isArray(value);

const fieldChecks: Readonly<Record<string, (value: unknown) => boolean>> = {
  created: (value) => typeof value === "string" && !Number.isNaN(Date.parse(value)),
  author: isText,
  architecture: isText,
  os: isText,
  "os.version": isText,
  variant: isText,
  config: isObject,
  rootfs: isObject,
  history: Array.isArray,
};

function parseJson(text: string, digest: Digest): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(digest, "it is no valid JSON", error);
  }
}

function isObjectOrNull(body: unknown): body is Readonly<Record<string, unknown>> | null {
  return typeof body === "object" && !Array.isArray(body);
}

function invalid(digest: Digest, reason: string, cause?: unknown): RegkitError {
  return new RegkitError("INVALID_MANIFEST", `blob ${digest} is no image config: ${reason}`, {
    ...(cause === undefined ? {} : { cause }),
    tip: 'Give the digest of a config as "regctl manifest get" shows it',
  });
}
