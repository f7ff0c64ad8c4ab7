/**
 * Digests: `algorithm:hex` (image-spec "digests").
 *
 * @module
 */

import { RegkitError } from "../errors.ts";

/** A digest as text, `algorithm:hex`. */
export type Digest = string;

/** The algorithms that content can be verified with, and the length of their digests in hex digits. */
export const digestAlgorithms: ReadonlyMap<string, number> = new Map([["sha256", 64], ["sha384", 96], ["sha512", 128]]);

const subtleNames: Readonly<Record<string, string>> = { sha256: "SHA-256", sha384: "SHA-384", sha512: "SHA-512" };

/** The digest of the empty JSON object `{}` (image-spec "guidance for an empty descriptor"). */
export const emptyJsonDigest: Digest = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

/** The two halves of a digest. */
export interface DigestParts {
  /** The algorithm, such as `sha256`. */
  readonly algorithm: string;
  /** The hex digits. */
  readonly hex: string;
}

/**
 * Splits a digest and checks that its content could be verified: a known algorithm, and lower-case hex of its length.
 *
 * @param digest The digest.
 * @returns Its halves.
 * @throws {RegkitError} `INVALID_DIGEST` when the algorithm is unknown, or the hex part has another length or form.
 */
export function parseDigest(digest: Digest): DigestParts {
  const colon = digest.indexOf(":");
  const algorithm = digest.slice(0, Math.max(colon, 0));
  const hex = digest.slice(colon + 1);
  const length = digestAlgorithms.get(algorithm);
  if (length === undefined) {
    throw new RegkitError(
      "INVALID_DIGEST",
      colon < 0
        ? `invalid checksum digest format "${digest}", expected algorithm:hex`
        : `unsupported digest algorithm "${algorithm}" in "${digest}", expected sha256, sha384 or sha512`,
    );
  }
  if (hex.length !== length) {
    throw new RegkitError(
      "INVALID_DIGEST",
      `invalid checksum digest length in "${digest}", expected ${length} hex digits`,
    );
  }
  if (!/^[0-9a-f]+$/.test(hex)) {
    throw new RegkitError(
      "INVALID_DIGEST",
      `invalid checksum digest format "${digest}", expected lower-case hex digits`,
    );
  }
  return { algorithm, hex };
}

/**
 * Tells whether text is a digest whose content could be verified.
 *
 * @param text The text.
 * @returns Whether {@linkcode parseDigest} takes it.
 */
export function isDigest(text: string): boolean {
  const colon = text.indexOf(":");
  return colon > 0 && digestAlgorithms.get(text.slice(0, colon)) === text.length - colon - 1 &&
    /^[0-9a-f]+$/.test(text.slice(colon + 1));
}

/**
 * Computes the digest of bytes.
 *
 * @param bytes The bytes.
 * @param algorithm The algorithm; `sha256` by default.
 * @returns The digest.
 * @throws {RegkitError} `INVALID_DIGEST` when the algorithm is unknown.
 */
export async function digestBytes(bytes: Uint8Array<ArrayBuffer>, algorithm = "sha256"): Promise<Digest> {
  const name = subtleNames[algorithm];
  if (name === undefined) {
    throw new RegkitError("INVALID_DIGEST", `digest algorithm ${algorithm} is not available`);
  }
  return `${algorithm}:${new Uint8Array(await crypto.subtle.digest(name, bytes)).toHex()}`;
}

/** Hashes bytes as they pass. */
export interface Hasher {
  /** Takes the next bytes. */
  update(bytes: Uint8Array): void;
  /** Ends the hashing and gives the digest of all bytes; may be called once. */
  digest(): Digest;
}

/**
 * Loads the native hash, which takes some milliseconds, while there is something else to wait for.
 */
export async function prepareHashing(): Promise<void> {
  await import("node:crypto");
}

/**
 * Creates a hasher for streams. Loads the native hash on first use, since importing it costs start-up time.
 *
 * @param algorithm The algorithm; `sha256` by default.
 * @returns The hasher.
 * @throws {RegkitError} `INVALID_DIGEST` when the algorithm is unknown.
 */
export async function createHasher(algorithm = "sha256"): Promise<Hasher> {
  if (!digestAlgorithms.has(algorithm)) {
    throw new RegkitError("INVALID_DIGEST", `digest algorithm ${algorithm} is not available`);
  }
  const { createHash } = await import("node:crypto");
  const hash = createHash(algorithm);
  return {
    update: (bytes) => void hash.update(bytes),
    digest: () => `${algorithm}:${hash.digest("hex")}`,
  };
}

/**
 * Gives the tag under which the referrers of a digest are listed where a registry lacks the API
 * (distribution-spec "referrers tag schema").
 *
 * @param digest The subject's digest.
 * @returns The tag: algorithm cut to 32 and hex to 64 characters, joined by `-`.
 */
export function fallbackTag(digest: Digest): string {
  const colon = digest.indexOf(":");
  const clean = (text: string, length: number) => text.slice(0, length).replaceAll(/[^A-Za-z0-9._-]/g, "-");
  return `${clean(digest.slice(0, colon), 32)}-${clean(digest.slice(colon + 1), 64)}`;
}
