/**
 * The blob without bytes.
 *
 * @module
 */

import type { Digest } from "../../oci/digest.ts";

const digests: ReadonlySet<Digest> = new Set([
  "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce" +
  "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
]);

/**
 * Tells whether a digest is that of no bytes.
 *
 * @param digest The digest.
 * @returns Whether it is.
 */
export function isEmptyBlob(digest: Digest): boolean {
  return digests.has(digest);
}
