/**
 * An HTTP proxy on loopback that notes what it is asked for: forwards plain http, tunnels the rest.
 *
 * @module
 */

import { createServer, type IncomingMessage, request as openRequest, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";

/** A running proxy. */
export interface ProxyServer extends AsyncDisposable {
  readonly port: number;
  /** Such as `CONNECT localhost:443 user:pass`. */
  readonly asked: string[];
}

/** Options of {@linkcode proxyServer}. */
export interface ProxyServerOptions {
  /** Refuses tunnels with this status. */
  readonly refuse?: number;
  /** Speaks TLS with this certificate. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** Starts a proxy. Whatever name it is asked for, it connects to loopback. */
export async function proxyServer(options: ProxyServerOptions = {}): Promise<ProxyServer> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const forward = (request: IncomingMessage, response: ServerResponse): void => {
    asked.push(`${request.method} ${request.url} ${credentials(request.headers["proxy-authorization"])}`);
    const url = new URL(request.url ?? "");
    const onward = openRequest(
      {
        host: "127.0.0.1",
        port: url.port,
        path: url.pathname,
        method: request.method ?? "GET",
        headers: request.headers,
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      },
    );
    request.pipe(onward);
  };
  const server = options.tls === undefined ? createServer(forward) : createTlsServer(options.tls, forward);
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("connect", (request, client: Socket, head) => {
    asked.push(`CONNECT ${request.url} ${credentials(request.headers["proxy-authorization"])}`);
    if (options.refuse !== undefined) {
      return void client.end(`HTTP/1.1 ${options.refuse} No\r\ncontent-length: 0\r\n\r\n`);
    }
    const onward = connect(Number(new URL(`http://${request.url}`).port), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      if (head.length > 0) onward.write(head);
      onward.pipe(client);
      client.pipe(onward);
    });
    sockets.add(onward);
    onward.on("close", () => client.destroy());
    onward.on("error", () => client.destroy());
    client.on("close", () => onward.destroy());
    client.on("error", () => onward.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    async [Symbol.asyncDispose]() {
      const closed = [...sockets].filter((socket) => !socket.destroyed).map((socket) =>
        new Promise((resolve) => socket.once("close", resolve))
      );
      for (const socket of sockets) socket.destroy();
      await Promise.all([...closed, new Promise((resolve) => server.close(resolve))]);
    },
  };
}

function credentials(header: string | undefined): string {
  if (header === undefined) return "anonymous";
  return new TextDecoder().decode(Uint8Array.fromBase64(header.replace("Basic ", "")));
}
