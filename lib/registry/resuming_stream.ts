/**
 * A download that goes on where it stopped: cut, reset and stalled bodies are asked for again from the next byte.
 *
 * @module
 */

import { hasCode, RegkitError } from "../errors.ts";
import type { TransportResponse } from "../http/transport/transport.ts";
import type { Logger } from "../log.ts";

/** Options of {@linkcode resumingStream}. */
export interface ResumingStreamOptions {
  /** The answer that was asked for from `offset`. */
  readonly first: TransportResponse;
  /** The first byte wanted. */
  readonly offset: number;
  /** The length of the whole blob in bytes, if known; then an early end is noticed. */
  readonly size: number | undefined;
  /** What is read, for messages. */
  readonly what: string;
  /** Asks again from a byte on. */
  readonly reopen: (offset: number) => Promise<TransportResponse>;
  /** Where resumptions are logged. */
  readonly logger: Logger;
}

/** How often in a row a download may stop without having given a byte. */
const maxFruitless = 5;

type Reader = ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;

/**
 * Reads a download to its end, resuming it as often as it makes progress.
 *
 * @param options The first answer and how to ask again.
 * @returns The bytes from `offset` on. Fails with the transport's error when five attempts in a row give nothing, and with
 *   `SIZE_MISMATCH` when the registry answers a range with another one.
 */
export function resumingStream(options: ResumingStreamOptions): ReadableStream<Uint8Array<ArrayBuffer>> {
  let position = options.offset;
  let fruitless = 0;
  let reader: Reader | undefined;
  /** Bytes before `position` that an answer without range support sends again. */
  let surplus = 0;

  const attach = (response: TransportResponse): void => {
    surplus = surplusOf(response, position, options.what);
    reader = response.body?.getReader();
  };
  const isComplete = (): boolean => options.size === undefined ? true : position >= options.size;

  /** The next chunk, `undefined` at a true end. */
  const next = async (): Promise<Uint8Array<ArrayBuffer> | undefined> => {
    for (;;) {
      try {
        const chunk = await reader?.read();
        if (chunk?.value === undefined) {
          if (isComplete()) return undefined;
          throw new RegkitError("TRANSPORT", `${options.what} ended after ${position} of ${options.size} bytes`);
        }
        if (surplus >= chunk.value.length) {
          surplus -= chunk.value.length;
          continue;
        }
        const fresh = surplus === 0 ? chunk.value : chunk.value.subarray(surplus);
        surplus = 0;
        position += fresh.length;
        fruitless = 0;
        return fresh;
      } catch (error) {
        if (isComplete() && options.size !== undefined) return undefined;
        if (!hasCode(error, "TRANSPORT", "STALLED", "TIMEOUT") || ++fruitless > maxFruitless) throw error;
        options.logger.log("info", "Resuming download", { what: options.what, offset: position, error: error.message });
        await reader?.cancel(error).catch(() => undefined);
        attach(await options.reopen(position));
      }
    }
  };

  attach(options.first);
  return new ReadableStream({
    async pull(controller) {
      const chunk = await next();
      if (chunk === undefined) controller.close();
      else controller.enqueue(chunk);
    },
    async cancel(reason) {
      await reader?.cancel(reason);
    },
  }, { highWaterMark: 0 });
}

/** How many bytes of an answer come before the position wanted. */
function surplusOf(response: TransportResponse, position: number, what: string): number {
  if (response.status !== 206) return position;
  const start = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1];
  if (start !== undefined && Number(start) === position) return 0;
  void response.body?.cancel();
  throw new RegkitError(
    "INVALID_RESPONSE",
    `${what} was asked for from byte ${position}, the registry answered with range "${
      response.headers.get("content-range") ?? ""
    }"`,
  );
}
