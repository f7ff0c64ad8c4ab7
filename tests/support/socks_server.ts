/**
 * A SOCKS5 proxy on loopback that notes what it is asked for.
 *
 * @module
 */

/** A running proxy. */
export interface SocksServer extends AsyncDisposable {
  readonly port: number;
  /** Such as `registry.test:443`. */
  readonly asked: string[];
}

/** Starts a proxy. Whatever name it is asked for, it connects to loopback. */
export function socksServer(): SocksServer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const asked: string[] = [];
  const open = new Set<Deno.Conn>();
  const running: Promise<unknown>[] = [];
  const accepting = (async () => {
    for await (const client of listener) running.push(serve(client, asked, open));
  })();
  return {
    port: listener.addr.port,
    asked,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      for (const conn of open) conn.close();
      open.clear();
      await Promise.allSettled(running);
    },
  };
}

/** Serves one connection (RFC 1928, without authentication, host names only). */
async function serve(client: Deno.Conn, asked: string[], open: Set<Deno.Conn>): Promise<void> {
  open.add(client);
  const [, methods = 0] = await readExactly(client, 2);
  await readExactly(client, methods);
  await client.write(Uint8Array.of(5, 0));
  const [, , , , length = 0] = await readExactly(client, 5);
  const name = new TextDecoder().decode(await readExactly(client, length));
  const [high = 0, low = 0] = await readExactly(client, 2);
  const port = high * 256 + low;
  asked.push(`${name}:${port}`);
  const onward = await Deno.connect({ hostname: "127.0.0.1", port });
  open.add(onward);
  await client.write(Uint8Array.of(5, 0, 0, 1, 127, 0, 0, 1, 0, 0));
  await Promise.allSettled([
    client.readable.pipeTo(onward.writable),
    onward.readable.pipeTo(client.writable),
  ]);
  open.delete(client);
  open.delete(onward);
}

async function readExactly(conn: Deno.Conn, count: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count;) {
    const read = await conn.read(bytes.subarray(at));
    if (read === null) throw new Error("the client ended the connection");
    at += read;
  }
  return bytes;
}
