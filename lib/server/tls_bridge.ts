/**
 * Turns messages of `node:https` into web requests, and web responses into messages.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import { eachHeaderLine } from "./http1/header_lines.ts";
import { pumpBody } from "./http1/pump_body.ts";
import { createWireRequest } from "./http1/wire_request.ts";
import type { Bytes } from "./store/store.ts";

const maxDiscarded = 16 * 1024 * 1024;

/**
 * Makes a web request.
 *
 * @param message What came in.
 * @returns The request, whose method and URL are as they stood on the wire.
 */
export function toRequest(message: IncomingMessage): Request {
  const { method = "GET", rawHeaders, url = "/" } = message;
  const headers: [string, string][] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) headers.push([rawHeaders[at] ?? "", rawHeaders[at + 1] ?? ""]);
  const { host = "" } = message.headers;
  const body = hasBody(message) ? bodyOf(message) : undefined;
  return createWireRequest({ scheme: "https", method, target: url, host, headers, body });
}

/**
 * Sends a web response.
 *
 * @param answer The response; its body is read to the end or cancelled.
 * @param response Where it goes.
 * @throws Whatever its body fails with, or when it has another length than stated.
 */
export async function writeResponse(answer: Response, response: ServerResponse): Promise<void> {
  const lines: string[] = [];
  eachHeaderLine(answer.headers, (name, value) => lines.push(name, value));
  response.writeHead(answer.status, lines);
  const { body } = answer;
  if (body === null) {
    response.end();
    return;
  }
  const stated = answer.headers.get("content-length");
  const length = stated === null ? Infinity : Number(stated);
  let sent = 0;
  await pumpBody(body, length, async (piece) => {
    sent += piece.length;
    // A copy: what is written is still looked at after there is room again.
    if (!response.write(piece.slice())) await roomIn(response);
    if (response.destroyed) throw new Deno.errors.Interrupted("the client went away");
  });
  if (stated !== null && Number(stated) !== sent) throw new RangeError("The body is not as long as stated");
  response.end();
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

function bodyOf(message: IncomingMessage): ReadableStream<Bytes> {
  let isWanted = true;
  let discarded = 0;
  return new ReadableStream<Bytes>({
    start(controller) {
      message.on("data", (chunk: Uint8Array) => {
        if (!isWanted) {
          // The answer is on its way: what still comes is dropped, so that the client gets to read it.
          discarded += chunk.length;
          if (discarded > maxDiscarded) message.destroy();
          return;
        }
        controller.enqueue(new Uint8Array(chunk));
        if ((controller.desiredSize ?? 0) <= 0) message.pause();
      });
      message.once("end", () => isWanted && controller.close());
      const fail = (error?: Error) => {
        if (isWanted && !message.readableEnded) controller.error(error ?? new Error("the connection was lost"));
        isWanted = false;
      };
      message.once("error", fail);
      message.once("aborted", () => fail());
      message.once("close", () => fail());
    },
    pull: () => void message.resume(),
    cancel() {
      isWanted = false;
      message.resume();
    },
  }, new ByteLengthQueuingStrategy({ highWaterMark: 512 * 1024 }));
}

function roomIn(response: ServerResponse): Promise<void> {
  const room = Promise.withResolvers<void>();
  const done = () => {
    response.off("drain", done);
    response.off("close", done);
    room.resolve();
  };
  response.on("drain", done);
  response.on("close", done);
  return room.promise;
}
