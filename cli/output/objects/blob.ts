/**
 * Blobs, as templates see them.
 *
 * @module
 */

import type { Descriptor } from "../../../lib/oci/descriptor.ts";
import type { Digest } from "../../../lib/oci/digest.ts";
import { defineStruct, type GoObject } from "../../../lib/template/struct_type.ts";
import { goTypes, type MethodSpec, pointerTo } from "../../../lib/template/types.ts";
import { descriptorType } from "./descriptor.ts";
import { digestType } from "./digest.ts";
import { headersData, headersType } from "./headers.ts";

/** What is known of a blob. */
export interface BlobFacts {
  /** What points to it. */
  readonly descriptor: Descriptor;
  /** The registry's response headers. */
  readonly headers?: Headers | undefined;
  /** Its content; absent when only its headers were asked for. */
  readonly bytes?: Uint8Array<ArrayBuffer> | undefined;
}

const { bytes, int, int64, string } = goTypes;

/** The methods of all blobs. */
export const blobMethods: Readonly<Record<string, MethodSpec<BlobFacts>>> = {
  Digest: { result: digestType, call: ({ descriptor }) => descriptor.digest },
  GetDescriptor: { result: descriptorType, call: ({ descriptor }) => descriptor },
  Length: { result: int64, call: ({ descriptor }) => descriptor.size },
  MediaType: { result: string, call: ({ descriptor }) => descriptor.mediaType },
  RawBody: { result: bytes, call: bodyOf },
  RawHeaders: { result: headersType, call: ({ headers }) => headersData(headers) },
};

/** An answer that had no failure. */
const responseType = defineStruct<Headers>({
  name: "http.Response",
  fields: [
    { name: "Status", type: string, get: () => "200 OK" },
    { name: "StatusCode", type: int, get: () => 200 },
    { name: "Header", type: headersType, get: (headers) => headersData(headers) },
    { name: "ContentLength", type: int64, get: (headers) => Number(headers.get("content-length") ?? -1) },
  ],
});

const blobType = defineStruct<BlobFacts>({
  name: "*blob.BReader",
  fields: [],
  methods: { ...blobMethods, Response: { result: pointerTo(responseType), call: ({ headers }) => headers } },
});

function bodyOf({ bytes }: BlobFacts): Uint8Array<ArrayBuffer> {
  if (bytes === undefined) throw new Error("blob has no reader: unexpected EOF");
  return bytes;
}

/**
 * Makes the object of a blob.
 *
 * @param facts What is known of it.
 * @returns The object.
 */
export function blobObject(facts: BlobFacts): GoObject {
  const { descriptor, headers } = facts;
  // Only registries know what a blob is.
  const mediaType = headers === undefined ? "" : descriptor.mediaType;
  return blobType.of({ ...facts, descriptor: { mediaType, digest: descriptor.digest, size: descriptor.size } });
}

/** The result of putting a blob. */
const putResult = defineStruct<{ readonly digest: Digest; readonly size: number }>({
  name: "struct { Digest digest.Digest; Size int64 }",
  fields: [
    { name: "Digest", type: digestType, get: ({ digest }) => digest },
    { name: "Size", type: int64, get: ({ size }) => size },
  ],
});

/**
 * Makes the object of a blob that was put.
 *
 * @param descriptor What points to it.
 * @returns The object.
 */
export function putBlobObject(descriptor: Descriptor): GoObject {
  return putResult.of(descriptor);
}
