/**
 * Blobs that the cache has no room for: straight from the upstream to the client, and nothing is kept.
 *
 * @module
 */

import { createHasher, type Digest } from "../../oci/digest.ts";
import type { Bytes } from "../store/store.ts";
import { type CacheParts, noteFailure, type Proxied } from "./cache_parts.ts";
import { refusalFor, UpstreamError } from "./upstream_error.ts";
import { withinTime } from "./within_time.ts";

/**
 * Opens a part of a blob at the upstream. Of a whole blob the last block is kept back until it is verified, so that nothing
 * looks complete when it is not.
 *
 * @param parts Time, and what ends everything.
 * @param proxied The repository.
 * @param blob The blob, with its length in bytes.
 * @param start The first byte.
 * @param length How many bytes, at least one.
 * @returns The bytes. The upstream counts them as a transfer until the stream ends or is left.
 * @throws {ApiError} When the upstream does not give it.
 */
export async function passThrough(
  parts: CacheParts,
  proxied: Proxied,
  { digest, size }: { readonly digest: Digest; readonly size: number },
  start: number,
  length: number,
): Promise<ReadableStream<Bytes>> {
  const { clock, signal } = parts;
  const { upstream, remote } = proxied;
  const { timeoutMs, open } = upstream.settings;
  const opened = Promise.withResolvers<ReadableStream<Bytes>>();
  const ended = upstream.gate.run("transfer", signal, async () => {
    await using source = await open(remote);
    const end = new AbortController();
    const either = AbortSignal.any([signal, end.signal]);
    const body = await withinTime(
      clock,
      timeoutMs,
      signal,
      (turn) => source.blobs.get({ digest }, { offset: start, signal: AbortSignal.any([either, turn]) }),
    );
    const reader = body.stream.getReader();
    const isWhole = start === 0 && length === size;
    const hasher = isWhole ? await createHasher(digest.slice(0, digest.indexOf(":"))) : undefined;
    const next = async (): Promise<ReadableStreamReadResult<Bytes>> => {
      const result = await withinTime(clock, timeoutMs, signal, () => reader.read());
      if (result.value !== undefined) hasher?.update(result.value);
      else if (hasher !== undefined && hasher.digest() !== digest) throw mismatch("has another digest");
      return result;
    };
    const passing = passOn(next, length, start + length === size);
    const onAbort = (): void => passing.fail(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    opened.resolve(passing.stream);
    try {
      await passing.ended;
    } finally {
      signal.removeEventListener("abort", onAbort);
      end.abort(new DOMException("the client has what it wants", "AbortError"));
      reader.cancel().catch(() => undefined);
    }
  });
  ended.catch((error) => {
    noteFailure(parts, proxied, digest, error);
    opened.reject(error);
  });
  try {
    return await opened.promise;
  } catch (error) {
    throw refusalFor(error, "BLOB_UNKNOWN");
  }
}

interface Passing {
  readonly stream: ReadableStream<Bytes>;
  /** Settles with the stream; fails when the source does. */
  readonly ended: Promise<void>;
  readonly fail: (reason: unknown) => void;
}

/** Gives `length` bytes; when they are the source's last, not the last of them before the source ended well. */
function passOn(next: () => Promise<ReadableStreamReadResult<Bytes>>, length: number, isToEnd: boolean): Passing {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let missing = length;
  const read = async (): Promise<Bytes> => {
    for (;;) {
      const { done, value } = await next();
      if (done) throw mismatch("is shorter than stated");
      if (value.length === 0) continue;
      const block = value.subarray(0, missing);
      missing -= block.length;
      if (missing > 0 || !isToEnd) return block;
      if (block.length === value.length && (await next()).done) return block;
      throw mismatch("is longer than stated");
    }
  };
  const stream = new ReadableStream<Bytes>({
    async pull(controller) {
      try {
        controller.enqueue(await read());
      } catch (error) {
        reject(error);
        throw error;
      }
      if (missing > 0) return;
      controller.close();
      resolve();
    },
    cancel: () => resolve(),
  }, { highWaterMark: 0 });
  return { stream, ended: promise, fail: reject };
}

function mismatch(problem: string): UpstreamError {
  return new UpstreamError("invalid", `a blob of the upstream ${problem}`);
}
