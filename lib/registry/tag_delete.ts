/**
 * Deletes one tag of a registry, also where the registry has no such operation (distribution-spec end-9).
 *
 * @module
 */

import { inContext, RegkitError } from "../errors.ts";
import { digestBytes, emptyJsonDigest } from "../oci/digest.ts";
import { type Manifest, parseManifest } from "../oci/manifest.ts";
import { mediaTypes } from "../oci/media_type.ts";
import type { BlobSource, CallOptions, TagDeleteOptions } from "../repository.ts";
import { bytesStream } from "../streams/bytes_stream.ts";
import { sendDelete } from "./delete_request.ts";
import { getManifest, isStatus, sendPut } from "./manifest_requests.ts";
import { contentName, type Remote } from "./remote.ts";
import { uploadBlob } from "./upload.ts";

/**
 * Deletes a tag. A registry that answers 400 or 405 cannot delete tags: then the tag is moved to a manifest made for the
 * purpose, and that one is deleted by digest. Should this fail too, the tag is put back where it was.
 *
 * @param remote The repository.
 * @param tag The tag.
 * @param options Whether the detour is allowed.
 * @throws {RegkitError} `NOT_FOUND` when there is no such tag; `UNSUPPORTED` when the registry deletes neither tags nor
 *   manifests, the tag being where it was.
 */
export async function deleteTag(remote: Remote, tag: string, options: TagDeleteOptions): Promise<void> {
  try {
    await sendDelete(remote, "manifests", tag, options);
  } catch (error) {
    if (options.allowFallback === false || !isStatus(error, 400, 405)) throw error;
    remote.logger.log("debug", "Registry cannot delete tags, using a dummy manifest", {
      tag: contentName(remote, tag),
      error: String(error),
    });
    await deleteByDummy(remote, tag, options);
  }
}

async function deleteByDummy(remote: Remote, tag: string, options: CallOptions): Promise<void> {
  const original = await getManifest(remote, tag, options);
  const dummy = await pushDummyContent(remote, tag, original, options);
  await sendPut(remote, tag, dummy, [], options);
  try {
    await sendDelete(remote, "manifests", dummy.descriptor.digest, options);
  } catch (cause) {
    await putBack(remote, tag, original, dummy, cause);
    throw new RegkitError(
      "UNSUPPORTED",
      `registry ${remote.registry} does not allow deletion, tag ${contentName(remote, tag)} is unchanged`,
      { cause, op: `delete ${contentName(remote, tag)}`, tip: "Switch on deletion in the registry's own settings" },
    );
  }
}

/** Restores the tag without the caller's signal: an interrupted delete must not lose the image. */
async function putBack(
  remote: Remote,
  tag: string,
  original: Manifest,
  dummy: Manifest,
  reason: unknown,
): Promise<void> {
  try {
    await sendPut(remote, tag, original, [], {});
  } catch (cause) {
    throw inContext(
      new RegkitError(
        "CONFLICT",
        `tag ${
          contentName(remote, tag)
        } points to the dummy manifest ${dummy.descriptor.digest} and could not be put back: ` +
          `its image is ${original.descriptor.digest}`,
        { cause: new AggregateError([reason, cause]) },
      ),
      { op: `delete ${contentName(remote, tag)}` },
    );
  }
  remote.logger.log("info", "Tag was put back", { tag: contentName(remote, tag), digest: original.descriptor.digest });
}

/** Uploads an image with a digest of its own, so that deleting it deletes nothing else. */
async function pushDummyContent(
  remote: Remote,
  tag: string,
  original: Manifest,
  options: CallOptions,
): Promise<Manifest> {
  const isOci = original.descriptor.mediaType.startsWith("application/vnd.oci.");
  const layer = new TextEncoder().encode("{}");
  const created = new Date(remote.clock.now()).toISOString();
  const config = encodeJson({
    created,
    architecture: "amd64",
    os: "linux",
    config: { Labels: { "delete-date": created, "delete-tag": tag } },
    rootfs: { type: "layers", diff_ids: [emptyJsonDigest] },
    history: [{ created, created_by: "# regkit", comment: "empty JSON blob" }],
  });
  const configDigest = await digestBytes(config);
  await uploadBlob(remote, { digest: emptyJsonDigest, size: layer.length }, source(layer), options);
  await uploadBlob(remote, { digest: configDigest, size: config.length }, source(config), options);
  return await parseManifest(encodeJson({
    schemaVersion: 2,
    mediaType: isOci ? mediaTypes.ociManifest : mediaTypes.dockerManifest,
    config: {
      mediaType: isOci ? mediaTypes.ociConfig : mediaTypes.dockerConfig,
      digest: configDigest,
      size: config.length,
    },
    layers: [{
      mediaType: isOci ? mediaTypes.ociLayer : mediaTypes.dockerLayerGzip,
      digest: emptyJsonDigest,
      size: layer.length,
    }],
  }));
}

function encodeJson(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value));
}

function source(bytes: Uint8Array<ArrayBuffer>): BlobSource {
  return { isRewindable: true, open: (offset) => Promise.resolve(bytesStream(bytes.subarray(offset))) };
}
