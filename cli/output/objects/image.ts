/**
 * Images, as templates see them: the config, and the blob that it is.
 *
 * @module
 */

import type { ImageConfig } from "../../../lib/image/image_config.ts";
import { defineStruct, type GoObject } from "../../../lib/template/struct_type.ts";
import { type BlobFacts, blobMethods } from "./blob.ts";
import { imageConfigType } from "./image_config.ts";

interface ImageFacts extends BlobFacts {
  readonly body: unknown;
  readonly text: string;
}

const imageType = defineStruct<ImageFacts>({
  name: "struct { *blob.BOCIConfig; v1.Image }",
  fields: [{ name: "Image", type: imageConfigType, isEmbedded: true, get: ({ body }) => body ?? {} }],
  methods: { ...blobMethods, GetConfig: { result: imageConfigType, call: ({ body }) => body ?? {} } },
  json: ({ text }) => text,
});

/**
 * Makes the object of an image.
 *
 * @param config Its config.
 * @returns The object.
 */
export function imageObject({ body, bytes, digest, headers, mediaType = "", text }: ImageConfig): GoObject {
  return imageType.of({ body, bytes, headers, text, descriptor: { mediaType, digest, size: bytes.length } });
}
