/**
 * One request and its answer over `node:http` or `node:https`.
 *
 * @module
 */

import type { ClientRequest, IncomingMessage } from "node:http";
import { BodySender } from "./body_sender.ts";
import type { ConnectLimits } from "./connect_limits.ts";
import { nodeBody, nodeHeaders } from "./node_response.ts";
import { TimeLimit } from "./time_limit.ts";
import type { TransportRequest, TransportResponse } from "./transport.ts";
import { newTransportError, toTransportError, TransportError, type TransportErrorTarget } from "./transport_error.ts";

/**
 * Sends a request that was opened with `node:http` or `node:https`, and gives its answer as soon as its head is there.
 *
 * @param open The opened request, nothing of it sent yet.
 * @param request What to send.
 * @param target Where it goes, for errors.
 * @param limits How long the connection may take.
 * @returns The answer.
 * @throws {BodyError} When the body's stream failed.
 * @throws What the request failed with, to be mapped by the caller.
 */
export async function nodeExchange(
  open: ClientRequest,
  request: TransportRequest,
  target: TransportErrorTarget,
  limits: ConnectLimits,
): Promise<TransportResponse> {
  const { url, signal } = request;
  const onAbort = (): void => void open.destroy(new TransportError("broken", "the request was aborted"));
  signal?.addEventListener("abort", onAbort, { once: true });
  const settle = (): void => signal?.removeEventListener("abort", onAbort);
  try {
    const { message, isSent } = await converse(open, request, target, limits);
    const onEnd = (isComplete: boolean): void => {
      settle();
      if (!isComplete || !isSent) open.destroy();
    };
    const status = message.statusCode ?? 0;
    const headers = nodeHeaders(message);
    if (request.method === "HEAD" || status === 204 || status === 304) {
      message.once("end", () => onEnd(true)).resume();
      return { status, headers, body: null, url };
    }
    const toError = (error: unknown): unknown => toTransportError(error, target);
    return { status, headers, body: nodeBody(message, onEnd, toError), url };
  } catch (error) {
    settle();
    open.destroy();
    throw error;
  }
}

/** Sends the request while already listening for the answer. */
async function converse(
  open: ClientRequest,
  request: TransportRequest,
  target: TransportErrorTarget,
  limits: ConnectLimits,
): Promise<{ message: IncomingMessage; isSent: boolean }> {
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    open.once("response", resolve);
    open.on("error", reject);
    open.once("close", () => reject(new TransportError("broken", "the connection ended before the answer")));
  });
  const early = answer.then((message) => ({ message, isSent: false }));
  early.catch(ignoreUntilAwaited);
  const late = (): Error => newTransportError("timeout", target);
  using limit = new TimeLimit(limits.connectMs + limits.handshakeMs, undefined, limits.clock, late);
  limit.signal.addEventListener("abort", () => void open.destroy(limit.signal.reason), { once: true });
  const connected = new Promise<void>((resolve) => whenConnected(open, resolve));
  // The head goes out at once, so that a host can refuse before the body's source gives anything.
  open.flushHeaders();
  const sender = new BodySender(request.body, (chunk) => writeChunk(open, chunk));
  const sending = connected.then(async () => {
    limit[Symbol.dispose]();
    await sender.send();
    open.end();
  });
  try {
    const first = await Promise.race([early, sending]);
    if (first === undefined) return { message: await answer, isSent: true };
    sender.stop("the answer came before the end of the body");
    sending.catch(ignoreUntilAwaited);
    return first;
  } catch (error) {
    sender.stop(error);
    sending.catch(ignoreUntilAwaited);
    throw error;
  }
}

/** Calls back once the connection stands, TLS included. */
function whenConnected(open: ClientRequest, callback: () => void): void {
  open.once("socket", (socket) => {
    const isTls = "encrypted" in socket;
    if (open.reusedSocket || !(isTls || socket.connecting)) return callback();
    if (isTls) socket.once("secureConnect", callback);
    else socket.once("connect", callback);
  });
  open.once("response", callback);
}

function writeChunk(open: ClientRequest, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    open.write(chunk, (error) => error ? reject(error) : resolve());
  });
}

/** What fails here is also seen by who awaits it, or no longer matters. */
function ignoreUntilAwaited(): void {}
