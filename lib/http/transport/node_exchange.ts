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
import { FaultError } from "./transport_fault.ts";
import type { TransportRequest, TransportResponse } from "./transport.ts";
import { newTransportError, toTransportError, type TransportErrorTarget } from "./transport_error.ts";

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
  const onAbort = (): void => void open.destroy(new FaultError("broken", "the request was aborted"));
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
      // Only after its end is the connection free for the next request.
      await new Promise((resolve) => message.once("end", resolve).once("close", resolve).resume());
      onEnd(true);
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
    open.once("close", () => reject(new FaultError("broken", "the connection ended before the answer")));
  });
  answer.catch(ignoreUntilAwaited);
  const late = (): Error => newTransportError("timeout", target);
  using limit = new TimeLimit(limits.connectMs + limits.handshakeMs, undefined, limits.clock, late);
  limit.signal.addEventListener("abort", () => void open.destroy(limit.signal.reason), { once: true });
  const connected = new Promise<void>((resolve) => whenConnected(open, resolve));
  const { body } = request;
  if (body === undefined || body instanceof Uint8Array) {
    open.end(body);
    await Promise.race([connected, answer]);
    limit[Symbol.dispose]();
    return { message: await answer, isSent: true };
  }
  // The head goes out at once, so that a host can refuse before the body's source gives anything.
  if (body.length > 0) open.flushHeaders();
  const sender = new BodySender(body, (chunk) => writeChunk(open, chunk));
  const sending = connected.then(async () => {
    limit[Symbol.dispose]();
    await sender.send();
    if (sender.isWritten) open.end();
  });
  try {
    const early = await Promise.race([answer, sending]);
    if (early === undefined) return { message: await answer, isSent: true };
    sending.catch(ignoreUntilAwaited);
    sender.stop("the answer came before the end of the body");
    return { message: early, isSent: false };
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
