/**
 * Chooses the manifest of a platform.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";
import { type Logger, silentLogger } from "../log.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Manifest } from "../oci/manifest.ts";
import { isIndexType } from "../oci/media_type.ts";
import { formatPlatform, normalizePlatform, type Platform, selectPlatform } from "../oci/platform.ts";
import type { CallOptions, Repository } from "../repository.ts";

/** Options of {@linkcode selectManifest}. */
export interface SelectOptions extends CallOptions {
  /** Told when what runs there is made for another operating system. */
  readonly logger?: Logger | undefined;
}

/** A manifest that was chosen. */
export interface SelectedManifest {
  /** What points to it. */
  readonly descriptor: Descriptor;
  /** The manifest, if choosing needed it. */
  readonly manifest?: Manifest | undefined;
}

/**
 * Finds the manifest that suits a platform best, also in indexes inside an index. Reads no more than is needed to know it.
 *
 * @param repository Where the manifests are.
 * @param top The manifest to choose from; one that is not an index is chosen whatever its platform.
 * @param platform The platform to run on.
 * @param options Signal and logger.
 * @returns The manifest.
 * @throws {RegkitError} `NOT_FOUND` when nothing runs there.
 */
export async function selectManifest(
  repository: Repository,
  top: Manifest,
  platform: Platform,
  options: SelectOptions = {},
): Promise<SelectedManifest> {
  const { signal, logger = silentLogger } = options;
  let manifest = top;
  while (manifest.kind === "index") {
    const entries = manifest.body.manifests;
    const entry = selectPlatform(entries, platform);
    if (entry === undefined) throw notFound(repository, manifest, platform);
    warnOfOtherSystem(entry, platform, logger);
    if (!isIndexType(entry.mediaType)) return { descriptor: entry };
    manifest = await repository.manifests.get(entry.digest, { descriptor: entry, signal });
  }
  return { descriptor: manifest.descriptor, manifest };
}

function notFound(repository: Repository, index: Manifest & { readonly kind: "index" }, wanted: Platform): RegkitError {
  const platforms = index.body.manifests.flatMap(({ platform }) => platform === undefined ? [] : [platform]);
  const found = [...new Set(platforms.map(formatPlatform))].filter((text) => !text.startsWith("unknown"));
  return new RegkitError("NOT_FOUND", `platform not found: ${formatPlatform(wanted)}`, {
    op: `select platform of ${repository.name}@${index.descriptor.digest}`,
    tip: found.length === 0 ? "the index names no platforms" : `it has ${found.join(", ")}`,
  });
}

function warnOfOtherSystem({ platform }: Descriptor, wanted: Platform, logger: Logger): void {
  const { os } = normalizePlatform(wanted);
  if (platform === undefined || os === "" || normalizePlatform(platform).os === os) return;
  const fields = { wanted: formatPlatform(wanted), selected: formatPlatform(platform) };
  logger.log("warn", "Selected platform has another operating system", fields);
}
