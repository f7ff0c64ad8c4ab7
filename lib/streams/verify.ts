/**
 * Verifies content as it passes.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";
import { createHasher, type Digest, type Hasher, parseDigest } from "../oci/digest.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What a stream is checked against. */
export interface VerifyOptions {
  /** The digest that the bytes must have. */
  readonly digest?: Digest | undefined;
  /** The number of bytes there must be. */
  readonly size?: number | undefined;
  /** What is read, for errors: `blob sha256:… of registry.example.org/app`. */
  readonly what: string;
  /** Hashes instead of an own one: a caller who wants the digest afterwards, or has hashed the bytes before these. */
  readonly hasher?: Hasher | undefined;
}

/**
 * Passes a stream on and fails instead of ending when its content is not what it should be. The last chunk is held back
 * until digest and size are verified, so that no reader has all bytes of wrong content; a stream that turns out too long
 * fails at once.
 *
 * @param stream The stream; reading or cancelling the result reads or cancels it.
 * @param options What the content must be.
 * @returns The verified stream; it fails with `DIGEST_MISMATCH` or `SIZE_MISMATCH`.
 * @throws {RegkitError} `INVALID_DIGEST` when the digest is one that cannot be verified; the stream is cancelled then.
 */
export async function verifiedStream(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  options: VerifyOptions,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const hasher = options.hasher ?? await hasherFor(stream, options.digest);
  const check = new Check(options, hasher);
  const reader = stream.getReader();
  let held: Bytes | undefined;
  return new ReadableStream<Bytes>({
    async pull(controller) {
      try {
        for (;;) {
          const { done, value } = await reader.read();
          if (!done) check.take(value);
          else check.end();
          if (held !== undefined) controller.enqueue(held);
          if (done) return controller.close();
          const hadHeld = held !== undefined;
          held = value;
          if (hadHeld) return;
        }
      } catch (error) {
        held = undefined;
        await Promise.allSettled([reader.cancel(error)]);
        throw error;
      }
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}

async function hasherFor(stream: ReadableStream<Bytes>, digest: Digest | undefined): Promise<Hasher | undefined> {
  if (digest === undefined) return undefined;
  try {
    return await createHasher(parseDigest(digest).algorithm);
  } catch (error) {
    await Promise.allSettled([stream.cancel(error)]);
    throw error;
  }
}

class Check {
  readonly #options: VerifyOptions;
  readonly #hasher: Hasher | undefined;
  #length = 0;

  constructor(options: VerifyOptions, hasher: Hasher | undefined) {
    this.#options = options;
    this.#hasher = hasher;
  }

  take(chunk: Bytes): void {
    const { size, what } = this.#options;
    this.#length += chunk.length;
    if (size !== undefined && this.#length > size) {
      throw new RegkitError(
        "SIZE_MISMATCH",
        `size limit exceeded: ${what} is longer than the ${size} bytes that were expected`,
      );
    }
    this.#hasher?.update(chunk);
  }

  end(): void {
    const { digest, size, what } = this.#options;
    if (size !== undefined && this.#length !== size) {
      throw new RegkitError(
        "SIZE_MISMATCH",
        `short read of ${what}: expected ${size} bytes, received ${this.#length}`,
      );
    }
    if (digest === undefined || this.#hasher === undefined) return;
    const computed = this.#hasher.digest();
    if (computed !== digest) {
      throw new RegkitError(
        "DIGEST_MISMATCH",
        `digest mismatch of ${what}: expected ${digest}, calculated ${computed}`,
      );
    }
  }
}
