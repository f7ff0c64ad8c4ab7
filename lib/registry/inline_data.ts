/**
 * Content embedded in a descriptor (image-spec "descriptor", `data`).
 *
 * @module
 */

import { type Digest, digestBytes, isDigest } from "../oci/digest.ts";

/**
 * Gives the content embedded in a descriptor when it is really that content.
 *
 * @param descriptor The descriptor.
 * @returns The bytes, or `undefined` when nothing is embedded, or it does not fit the size and digest.
 */
export async function inlineData(
  descriptor: { readonly digest: Digest; readonly size?: number | undefined; readonly data?: string | undefined },
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (descriptor.data === undefined || !isDigest(descriptor.digest)) return undefined;
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = Uint8Array.fromBase64(descriptor.data);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (bytes.length !== descriptor.size) return undefined;
  const algorithm = descriptor.digest.slice(0, descriptor.digest.indexOf(":"));
  return await digestBytes(bytes, algorithm) === descriptor.digest ? bytes : undefined;
}
