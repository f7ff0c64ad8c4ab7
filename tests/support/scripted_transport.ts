/**
 * A transport for tests that answers in memory from a script and remembers what it was sent.
 *
 * @module
 */

import type { Transport, TransportRequest, TransportResponse } from "../../lib/http/transport/transport.ts";

/** An answer of a script. */
export interface ScriptedAnswer {
  /** 200 by default. */
  readonly status?: number;
  /** None by default. */
  readonly headers?: HeadersInit;
  /** `null` by default. */
  readonly body?: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>> | null;
}

/** What a script does with one request: answer, fail, or decide when it comes. */
export type ScriptStep =
  | ScriptedAnswer
  | Error
  | ((call: RecordedCall) => ScriptedAnswer | Error | Promise<ScriptedAnswer | Error>);

/** A request as it arrived. */
export interface RecordedCall {
  /** Method and URL, for comparing at a glance. */
  readonly line: string;
  /** The request itself. Its body has been read, unless the script said otherwise. */
  readonly request: TransportRequest;
  /** The body as text. */
  readonly text: string;
}

/** A transport and what it was sent. */
export interface ScriptedTransport {
  /** To be given to the client. */
  readonly transport: Transport;
  /** Every request, in order of arrival. */
  readonly calls: RecordedCall[];
  /** Method and URL of every request. */
  lines(): string[];
}

/**
 * Creates a transport from a script: a list is answered in order and then fails the test, a function answers everything.
 *
 * @param script The answers.
 * @param options `readsBody: false` leaves request bodies unread.
 * @returns The transport and its record.
 */
export function scriptedTransport(
  script: readonly ScriptStep[] | ScriptStep,
  options: { readsBody?: boolean } = {},
): ScriptedTransport {
  const calls: RecordedCall[] = [];
  const steps = Array.isArray(script) ? [...script] as ScriptStep[] : undefined;
  const transport: Transport = async (request) => {
    request.signal?.throwIfAborted();
    const text = options.readsBody === false ? "" : await abortable(readBody(request), request.signal);
    const call: RecordedCall = { line: `${request.method} ${request.url.href}`, request, text };
    calls.push(call);
    const step = steps === undefined ? script as ScriptStep : steps.shift();
    if (step === undefined) throw new Error(`the script has no answer left for ${call.line}`);
    const answer = await abortable(typeof step === "function" ? Promise.resolve(step(call)) : step, request.signal);
    if (answer instanceof Error) throw answer;
    return toResponse(answer, request);
  };
  return { transport, calls, lines: () => calls.map((call) => call.line) };
}

async function readBody(request: TransportRequest): Promise<string> {
  if (request.body === undefined) return "";
  if (request.body instanceof Uint8Array) return new TextDecoder().decode(request.body);
  return await new Response(request.body.stream).text();
}

function abortable<T>(value: T | Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return Promise.resolve(value);
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    Promise.resolve(value).then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

function toResponse(answer: ScriptedAnswer, request: TransportRequest): TransportResponse {
  const body = answer.body ?? null;
  return {
    status: answer.status ?? 200,
    headers: new Headers(answer.headers),
    body: body === null || body instanceof ReadableStream ? body : streamOf(body),
    url: request.url,
  };
}

/**
 * Gives a stream of the given pieces.
 *
 * @param pieces Texts or bytes, one chunk each.
 * @returns The stream.
 */
export function streamOf(...pieces: readonly (string | Uint8Array<ArrayBuffer>)[]): ReadableStream<
  Uint8Array<ArrayBuffer>
> {
  const rest = [...pieces];
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      const piece = rest.shift();
      if (piece === undefined) controller.close();
      else controller.enqueue(typeof piece === "string" ? new TextEncoder().encode(piece) : piece);
    },
  }, { highWaterMark: 0 });
}
