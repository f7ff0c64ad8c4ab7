/**
 * An HTTP proxy in front of a registry that spoils every so many requests, over real sockets: what an embedded server cannot
 * do, since its runtime finishes every answer it began.
 *
 * @module
 */

import { createServer, type IncomingMessage, request as openRequest, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** What can go wrong. `cut`, `flip` and `stall` spoil answers to GETs of blobs, the others any request. */
export type FaultKind = "cut" | "flip" | "reset" | "s429" | "s503" | "stall";

/** A running proxy. */
export interface FaultProxy extends AsyncDisposable {
  /** Host and port, as in references. */
  readonly address: string;
  /** How many faults it has made. */
  readonly faults: number;
}

/**
 * Starts a proxy.
 *
 * @param upstream Host and port of the registry.
 * @param kind What goes wrong.
 * @param every With each so many requests that it may go wrong with.
 */
export async function faultProxy(upstream: string, kind: FaultKind, every: number): Promise<FaultProxy> {
  const upstreamUrl = new URL(`http://${upstream}`);
  const sockets = new Set<Socket>();
  let fitting = 0;
  let faults = 0;

  const strikes = (request: IncomingMessage): boolean => {
    const spoilsBody = kind === "cut" || kind === "flip" || kind === "stall";
    if (spoilsBody && !(request.method === "GET" && /\/blobs\/[^/]+:/.test(request.url ?? ""))) return false;
    if (++fitting % every !== 0) return false;
    faults++;
    return true;
  };

  const server = createServer((request, response) => {
    const isSpoilt = strikes(request);
    if (isSpoilt && kind === "reset") return void request.socket.resetAndDestroy();
    if (isSpoilt && (kind === "s429" || kind === "s503")) {
      request.resume();
      response.writeHead(kind === "s429" ? 429 : 503, kind === "s429" ? { "retry-after": "1" } : {});
      return void response.end("{}");
    }
    const onward = openRequest({
      hostname: upstreamUrl.hostname,
      port: upstreamUrl.port,
      method: request.method ?? "GET",
      path: request.url ?? "/",
      headers: request.headers,
      agent: false,
    }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      if (isSpoilt) void spoil(kind, answer, response);
      else answer.pipe(response);
    });
    onward.on("error", () => request.socket.destroy());
    onward.on("socket", (socket) => keep(sockets, socket));
    response.on("close", () => onward.destroy());
    request.pipe(onward);
  });
  server.on("connection", (socket) => keep(sockets, socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    get faults() {
      return faults;
    },
    async [Symbol.asyncDispose]() {
      const closed = [...sockets].map((socket) => new Promise((resolve) => socket.once("close", resolve)));
      for (const socket of sockets) socket.destroy();
      await Promise.all([...closed, new Promise((resolve) => server.close(resolve))]);
    },
  };
}

/** Passes an answer's body on, changed in its middle or no further than that. */
async function spoil(kind: FaultKind, answer: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer) chunks.push(chunk);
  const body = new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
  const middle = Math.floor(body.length / 2);
  if (kind === "flip") {
    body[middle] = (body[middle] ?? 0) ^ 1;
    response.end(body);
  } else if (kind === "stall") {
    response.write(body.subarray(0, middle));
  } else {
    response.write(body.subarray(0, middle), () => response.socket?.destroy());
  }
}

function keep(sockets: Set<Socket>, socket: Socket): void {
  sockets.add(socket);
  socket.once("close", () => sockets.delete(socket));
  // Clients break off when they like; what matters is seen by them.
  socket.on("error", () => {});
}
