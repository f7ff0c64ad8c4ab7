/**
 * Media types of manifests, configs and layers, and what kind of content each names (image-spec "media-types"; Docker schema 1 and 2).
 *
 * @module
 */

/** Media types by the short names that the code uses. */
export const mediaTypes = {
  dockerManifest1: "application/vnd.docker.distribution.manifest.v1+json",
  dockerManifest1Signed: "application/vnd.docker.distribution.manifest.v1+prettyjws",
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
  dockerManifestList: "application/vnd.docker.distribution.manifest.list.v2+json",
  ociManifest: "application/vnd.oci.image.manifest.v1+json",
  ociIndex: "application/vnd.oci.image.index.v1+json",
  ociArtifact: "application/vnd.oci.artifact.manifest.v1+json",
  dockerConfig: "application/vnd.docker.container.image.v1+json",
  ociConfig: "application/vnd.oci.image.config.v1+json",
  empty: "application/vnd.oci.empty.v1+json",
  buildkitCache: "application/vnd.buildkit.cacheconfig.v0",
  dockerLayer: "application/vnd.docker.image.rootfs.diff.tar",
  dockerLayerGzip: "application/vnd.docker.image.rootfs.diff.tar.gzip",
  dockerLayerZstd: "application/vnd.docker.image.rootfs.diff.tar.zstd",
  dockerLayerForeign: "application/vnd.docker.image.rootfs.foreign.diff.tar",
  dockerLayerForeignGzip: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
  ociLayer: "application/vnd.oci.image.layer.v1.tar",
  ociLayerGzip: "application/vnd.oci.image.layer.v1.tar+gzip",
  ociLayerZstd: "application/vnd.oci.image.layer.v1.tar+zstd",
  ociLayerForeign: "application/vnd.oci.image.layer.nondistributable.v1.tar",
  ociLayerForeignGzip: "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
  ociLayerForeignZstd: "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
  octetStream: "application/octet-stream",
} as const;

/** The media types a manifest request accepts, in the order in which they are sent. */
export const manifestAccept: readonly string[] = [
  mediaTypes.ociIndex,
  mediaTypes.ociManifest,
  mediaTypes.dockerManifestList,
  mediaTypes.dockerManifest,
  mediaTypes.dockerManifest1Signed,
  mediaTypes.dockerManifest1,
  mediaTypes.ociArtifact,
];

const manifestTypes: ReadonlySet<string> = new Set(manifestAccept);
const indexTypes: ReadonlySet<string> = new Set([mediaTypes.ociIndex, mediaTypes.dockerManifestList]);
const imageTypes: ReadonlySet<string> = new Set([mediaTypes.ociManifest, mediaTypes.dockerManifest]);
const foreignLayerTypes: ReadonlySet<string> = new Set([
  mediaTypes.dockerLayerForeign,
  mediaTypes.dockerLayerForeignGzip,
  mediaTypes.ociLayerForeign,
  mediaTypes.ociLayerForeignGzip,
  mediaTypes.ociLayerForeignZstd,
]);
const knownBlobTypes: ReadonlySet<string> = new Set([
  ...foreignLayerTypes,
  mediaTypes.dockerConfig,
  mediaTypes.ociConfig,
  mediaTypes.empty,
  mediaTypes.buildkitCache,
  mediaTypes.dockerLayer,
  mediaTypes.dockerLayerGzip,
  mediaTypes.dockerLayerZstd,
  mediaTypes.ociLayer,
  mediaTypes.ociLayerGzip,
  mediaTypes.ociLayerZstd,
]);

/**
 * Tells whether a media type is one of the manifest types that regkit reads.
 *
 * @param mediaType The media type, without parameters.
 * @returns Whether it names a manifest.
 */
export function isManifestType(mediaType: string): boolean {
  return manifestTypes.has(mediaType);
}

/**
 * Tells whether a media type names an index or Docker manifest list.
 *
 * @param mediaType The media type, without parameters.
 * @returns Whether it does.
 */
export function isIndexType(mediaType: string): boolean {
  return indexTypes.has(mediaType);
}

/**
 * Tells whether a media type names an image manifest with config and layers.
 *
 * @param mediaType The media type, without parameters.
 * @returns Whether it does.
 */
export function isImageType(mediaType: string): boolean {
  return imageTypes.has(mediaType);
}

/**
 * Tells whether a media type names a layer that registries need not hold.
 *
 * @param mediaType The media type, without parameters.
 * @returns Whether it does.
 */
export function isForeignLayerType(mediaType: string): boolean {
  return foreignLayerTypes.has(mediaType);
}

/**
 * Tells whether a media type names a config, layer or cache: content that is certainly a blob.
 *
 * @param mediaType The media type, without parameters.
 * @returns Whether it does.
 */
export function isKnownBlobType(mediaType: string): boolean {
  return knownBlobTypes.has(mediaType);
}

/**
 * Cuts the parameters off a `Content-Type` value.
 *
 * @param contentType The header's value, if there was one.
 * @returns The bare media type in lower case; empty when there was none.
 */
export function baseMediaType(contentType: string | null | undefined): string {
  return (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

/**
 * Tells whether text is a media type by the grammar that the tools accept (RFC 6838, without parameters).
 *
 * @param text The text.
 * @returns Whether it is.
 */
export function isMediaType(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/.test(text);
}
