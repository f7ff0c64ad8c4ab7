/**
 * Bodies and sends that stand still are taken for dead.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";
import type { Hop } from "./hop.ts";
import type { Clock } from "./http_client.ts";
import type { BodyProgress } from "./request_body.ts";
import type { TransportResponse } from "./transport/transport.ts";
import { Watchdog } from "./watchdog.ts";
import { byobReader } from "../streams/byob_reader.ts";

/** How many stall times a host may take for its headers: after a body it may have to check and store it first. */
const headerStalls = { withoutBody: 4, withBody: 20 };

/** Progress of an upload shows only per chunk, so larger chunks get more time. */
const bytesPerStall = 256 * 1024;

/**
 * Sends with a limit on the wait for headers, and on an upload that does not go on.
 *
 * A source that is slow to give bytes is not the host's fault, and has a watch of its own.
 *
 * @param send Sends the body with the hop; told the signal to obey and how to report progress.
 * @param hop The hop.
 * @param clock Measures the time.
 * @returns The answer.
 * @throws {RegkitError} `TIMEOUT` without headers in time; `STALLED` when the host takes no more bytes.
 */
export async function sendWatched(
  send: (signal: AbortSignal, progress: BodyProgress) => Promise<TransportResponse>,
  hop: Hop,
  clock: Clock,
): Promise<TransportResponse> {
  const stallMs = hop.host.stallTimeoutMs;
  const late = new AbortController();
  const signal = hop.signal === undefined ? late.signal : AbortSignal.any([hop.signal, late.signal]);
  let isUploading = false;
  const dog = new Watchdog(clock, () => late.abort(isUploading ? uploadStalled(hop) : headersLate(hop)));
  const progress: BodyProgress = {
    onWanted: () => dog.rest(),
    onGiven: (bytes) => {
      isUploading = true;
      dog.expect(stallMs * Math.max(1, Math.ceil(bytes / bytesPerStall)));
    },
    onEnd: () => {
      isUploading = false;
      dog.expect(stallMs * headerStalls.withBody);
    },
  };
  dog.expect(stallMs * (hop.body === undefined ? headerStalls.withoutBody : headerStalls.withBody));
  try {
    return await send(signal, progress);
  } finally {
    dog.close();
  }
}

/** What happens around the reading of an answer's body. */
export interface BodyWatch {
  /** The longest time without a byte while one is wanted, in milliseconds. */
  readonly stallMs: number;
  /** Measures it. */
  readonly clock: Clock;
  /** Who sends the body, for the error. */
  readonly from: string;
  /** Ends the reading. */
  readonly signal: AbortSignal | undefined;
  /** The bytes to come, if known: then no buffer is larger than that. */
  readonly length: number | undefined;
  /** Called whenever bytes have come. */
  readonly onProgress?: (() => void) | undefined;
  /** Called once when the body is over: `undefined` after its end or a cancellation. */
  readonly onEnd: (error: unknown) => void;
}

/** Large chunks, since what a chunk costs hardly depends on its size; no larger, since they must fit the caches of the processor. */
const chunkBytes = { first: 64 * 1024, most: 256 * 1024 };

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Passes an answer's body on in large chunks, and fails when it stands still. A byte stream is read into fresh buffers
 * without a copy. A buffer that is being filled is lost when the stream breaks off, so the first bytes go on as they come and
 * buffers grow from there: every resumption gets further, however short-lived the connections are.
 *
 * @param body The body.
 * @param watch The limits.
 * @returns The stream. Fails with `STALLED`, with `TRANSPORT`, or with the signal's reason.
 */
export function watchBody(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  watch: BodyWatch,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const source = openSource(body, watch.length);
  let isOver = false;
  let fail: (error: unknown) => void = () => {};
  const over = (error?: unknown): void => {
    if (isOver) return;
    isOver = true;
    dog.close();
    watch.signal?.removeEventListener("abort", onAbort);
    watch.onEnd(error);
  };
  const breakOff = (error: unknown): void => {
    if (isOver) return;
    over(error);
    fail(error);
    source.cancel(error).catch(ignore);
  };
  const onAbort = (): void => breakOff(watch.signal?.reason);
  const dog = new Watchdog(watch.clock, () => {
    breakOff(new RegkitError("STALLED", `${watch.from} sent no byte for ${watch.stallMs / 1000} seconds`));
  });
  return new ReadableStream<Bytes>({
    start(controller) {
      fail = (error) => controller.error(error);
      if (watch.signal?.aborted) onAbort();
      else watch.signal?.addEventListener("abort", onAbort, { once: true });
    },
    async pull(controller) {
      try {
        const { chunk, isEnd } = await source.next(() => dog.expect(watch.stallMs));
        dog.rest();
        if (isOver) return;
        watch.onProgress?.();
        if (chunk !== undefined) controller.enqueue(chunk);
        if (!isEnd) return;
        over();
        controller.close();
      } catch (error) {
        breakOff(asTransportError(error, watch.from));
      }
    },
    async cancel(reason) {
      over();
      await source.cancel(reason);
    },
  }, { highWaterMark: 0 });
}

/** What one read gave: bytes, the end, or both. */
interface Piece {
  readonly chunk: Bytes | undefined;
  readonly isEnd: boolean;
}

interface Source {
  next(onProgress: () => void): Promise<Piece>;
  cancel(reason: unknown): Promise<void>;
}

function openSource(body: ReadableStream<Bytes>, length: number | undefined): Source {
  const reader = byobReader(body);
  if (reader === undefined) return defaultSource(body.getReader());
  let left = length ?? Infinity;
  let reads = 0;
  return {
    next: async (onProgress) => {
      // Room for one byte more than expected lets the end come together with the last chunk.
      const size = Math.min(chunkBytes.most, chunkBytes.first * 2 ** reads, Math.max(left, 0) + 1);
      const piece = await fill(reader, new Uint8Array(size), reads === 0, onProgress);
      left -= piece.chunk?.length ?? 0;
      reads++;
      return piece;
    },
    cancel: (reason) => reader.cancel(reason),
  };
}

function defaultSource(reader: ReadableStreamDefaultReader<Bytes>): Source {
  return {
    next: async (onProgress) => {
      onProgress();
      const { done, value } = await reader.read();
      return { chunk: value, isEnd: done };
    },
    cancel: (reason) => reader.cancel(reason),
  };
}

/** Reads into one buffer, once or until it is full; the buffer changes hands with every read. */
async function fill(
  reader: ReadableStreamBYOBReader,
  buffer: Bytes,
  isOneReadEnough: boolean,
  onProgress: () => void,
): Promise<Piece> {
  const size = buffer.length;
  let filled = 0;
  for (let rest = buffer; filled < size;) {
    onProgress();
    const { done, value } = await reader.read(rest);
    if (value !== undefined) {
      filled += value.length;
      rest = new Uint8Array(value.buffer, filled);
    }
    const isEnd = done || value === undefined;
    if (isEnd || isOneReadEnough || filled === size) {
      return { chunk: filled === 0 ? undefined : new Uint8Array(rest.buffer, 0, filled), isEnd };
    }
  }
  return { chunk: undefined, isEnd: true };
}

function asTransportError(error: unknown, from: string): unknown {
  if (error instanceof RegkitError || (error instanceof DOMException && error.name === "AbortError")) return error;
  return new RegkitError("TRANSPORT", `the answer of ${from} broke off: ${String(error)}`, { cause: error });
}

function headersLate(hop: Hop): RegkitError {
  const stalls = hop.body === undefined ? headerStalls.withoutBody : headerStalls.withBody;
  const seconds = hop.host.stallTimeoutMs * stalls / 1000;
  return new RegkitError("TIMEOUT", `${hop.host.name} did not answer ${hop.method} within ${seconds} seconds`);
}

function uploadStalled(hop: Hop): RegkitError {
  return new RegkitError("STALLED", `${hop.host.name} stopped taking the body of ${hop.method}`);
}

/** The stream is given up; how it takes that changes nothing. */
function ignore(): void {}
