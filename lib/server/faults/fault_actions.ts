/**
 * Faults of the connection and of single answers, to be scripted with `faultyHandler`.
 *
 * @module
 */

import { ApiError, type ApiErrorCode, apiVersion, errorResponse, type HeaderList } from "../api_error.ts";
import { discardBody, type FaultAction } from "./faults.ts";
import type { Bytes } from "../store/store.ts";

/** Thrown by a handler to break the connection instead of answering. */
export class ConnectionReset extends Error {
  /** The class name, for logs. */
  override name = "ConnectionReset";
}

/** Where in a body a fault strikes: after so many bytes, or in the middle. */
export type FaultPlace = number | "half";

/** Options of {@linkcode answerStatus}. */
export interface AnswerStatusOptions {
  /** The code of the error document; `UNKNOWN` by default. */
  readonly code?: ApiErrorCode | undefined;
  /** The value of `Retry-After`. */
  readonly retryAfter?: string | undefined;
  /** More headers. */
  readonly headers?: HeaderList | undefined;
}

/**
 * Answers with an error.
 *
 * @param status The status.
 * @param options Code and headers.
 * @returns The action.
 */
export function answerStatus(status: number, options: AnswerStatusOptions = {}): FaultAction {
  const { retryAfter, headers: more = [] } = options;
  const headers: HeaderList = retryAfter === undefined ? more : [...more, ["retry-after", retryAfter]];
  return async ({ request }) => {
    await discardBody(request);
    const error = new ApiError(status, options.code ?? "UNKNOWN", "scripted fault", { headers });
    return errorResponse(error, [apiVersion], request.method === "HEAD");
  };
}

/**
 * Breaks the connection without an answer.
 *
 * @returns The action.
 */
export function resetConnection(): FaultAction {
  return async ({ request }) => {
    await discardBody(request);
    throw new ConnectionReset("scripted fault: connection reset");
  };
}

/**
 * Breaks the connection within the body of the answer.
 *
 * @param place Where.
 * @returns The action.
 */
export function cutBody(place: FaultPlace = "half"): FaultAction {
  return spoilBody(place, (controller) => {
    controller.error(new ConnectionReset("scripted fault: connection cut"));
  });
}

/**
 * Ends the body of the answer early but cleanly, with the length of the whole in the header. In memory only: over a
 * connection that looks like {@linkcode cutBody}, since a server breaks off what it cannot complete.
 *
 * @param place Where.
 * @returns The action.
 */
export function truncateBody(place: FaultPlace = "half"): FaultAction {
  return spoilBody(place, (controller) => controller.close());
}

/**
 * Sends part of the body of the answer and then nothing more, with the connection kept open.
 *
 * @param place Where.
 * @returns The action.
 */
export function stallBody(place: FaultPlace = "half"): FaultAction {
  return spoilBody(place, () => new Promise<void>(() => {}));
}

/**
 * Changes one byte of the body of the answer.
 *
 * @param place Which.
 * @returns The action.
 */
export function flipByte(place: FaultPlace = "half"): FaultAction {
  return async ({ request }, next) => {
    const response = await next(request);
    if (response.body === null || !response.ok) return response;
    const target = positionOf(place, response);
    let at = 0;
    const flip = new TransformStream<Bytes, Bytes>({
      transform(chunk, controller) {
        const copy = chunk.slice();
        const index = target - at;
        if (index >= 0 && index < copy.length) copy[index] = (copy[index] ?? 0) ^ 0xff;
        at += chunk.length;
        controller.enqueue(copy);
      },
    });
    return withBody(response, response.body.pipeThrough(flip));
  };
}

/**
 * Lets time pass before the request reaches the registry.
 *
 * @param ms How long, in milliseconds.
 * @param sleep How to wait; tests give their fake clock's.
 * @returns The action.
 */
export function delayAnswer(ms: number, sleep: (ms: number) => Promise<void>): FaultAction {
  return async ({ request }, next) => {
    await sleep(ms);
    return await next(request);
  };
}

/**
 * Changes the headers of the answer.
 *
 * @param change Gets the headers; what it does to them is what the client sees.
 * @returns The action.
 */
export function changeHeaders(change: (headers: Headers, request: Request) => void): FaultAction {
  return async ({ request }, next) => {
    const response = await next(request);
    const headers = new Headers(response.headers);
    change(headers, request);
    return new Response(response.body, { status: response.status, headers });
  };
}

function spoilBody(
  place: FaultPlace,
  strike: (controller: ReadableStreamDefaultController<Bytes>) => void | Promise<void>,
): FaultAction {
  return async ({ request }, next) => {
    const response = await next(request);
    if (response.body === null || !response.ok) return response;
    const reader = response.body.getReader();
    let left = positionOf(place, response);
    const body = new ReadableStream<Bytes>({
      async pull(controller) {
        const { value } = left > 0 ? await reader.read() : {};
        if (value !== undefined) {
          controller.enqueue(value.subarray(0, left));
          left -= value.length;
          return;
        }
        await reader.cancel();
        await strike(controller);
      },
      cancel: (reason) => reader.cancel(reason),
    }, { highWaterMark: 0 });
    return withBody(response, body);
  };
}

function positionOf(place: FaultPlace, response: Response): number {
  return place === "half" ? Math.floor(Number(response.headers.get("content-length") ?? "0") / 2) : place;
}

function withBody(response: Response, body: ReadableStream<Bytes>): Response {
  return new Response(body, { status: response.status, headers: response.headers });
}
