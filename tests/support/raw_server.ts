/**
 * A TCP server on loopback that a test scripts byte by byte, for what well-behaved servers never do.
 *
 * @module
 */

/** One accepted connection. */
export class RawConnection {
  readonly #conn: Deno.Conn;
  #buffered = "";
  #isClosed = false;

  /** Wraps a connection. */
  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  /** Reads a request's head; bytes are characters of the same number. */
  async readHead(): Promise<string> {
    return await this.#readUntil(() => {
      const end = this.#buffered.indexOf("\r\n\r\n");
      return end < 0 ? undefined : end + 4;
    });
  }

  /** Reads so many characters, each one byte. */
  async readBytes(count: number): Promise<string> {
    return await this.#readUntil(() => this.#buffered.length < count ? undefined : count);
  }

  /** Reads to the end of what the client sends, or to its breaking off; gives how many bytes came. */
  async drain(): Promise<number> {
    let count = this.#buffered.length;
    try {
      const chunk = new Uint8Array(65536);
      for (;;) {
        const read = await this.#conn.read(chunk);
        if (read === null) return count;
        count += read;
      }
    } catch {
      // The client broke off: that is one of the ends waited for.
      return count;
    }
  }

  /** Writes text, lines ended by CR LF already. */
  async write(text: string): Promise<void> {
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
  }

  /** Closes the connection. With bytes of the client left unread that is a reset. */
  close(): void {
    if (!this.#isClosed) this.#conn.close();
    this.#isClosed = true;
  }

  async #readUntil(end: () => number | undefined): Promise<string> {
    for (;;) {
      const at = end();
      if (at !== undefined) {
        const text = this.#buffered.slice(0, at);
        this.#buffered = this.#buffered.slice(at);
        return text;
      }
      const chunk = new Uint8Array(65536);
      const read = await this.#conn.read(chunk);
      if (read === null) throw new Error(`the client ended the connection after: ${this.#buffered.slice(0, 200)}`);
      this.#buffered += String.fromCharCode(...chunk.subarray(0, read));
    }
  }
}

/** A running raw server. */
export interface RawServer extends AsyncDisposable {
  /** Its port on 127.0.0.1. */
  readonly port: number;
  /** How many connections it has accepted. */
  readonly accepted: number;
  /** Settles when all connections' scripts have; rejects when one failed. */
  done(): Promise<void>;
}

/** Starts a server that runs a script for each connection, and closes the connection after it. */
export function rawServer(
  script: (connection: RawConnection, index: number) => Promise<void>,
  tls?: { readonly cert: string; readonly key: string },
): RawServer {
  const listener = tls === undefined
    ? Deno.listen({ hostname: "127.0.0.1", port: 0 })
    : Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert: tls.cert, key: tls.key });
  const connections: RawConnection[] = [];
  const scripts: Promise<void>[] = [];
  const accepting = (async () => {
    for await (const conn of listener) {
      const connection = new RawConnection(conn);
      connections.push(connection);
      const run = script(connection, connections.length - 1).finally(() => connection.close());
      run.catch(() => {/* seen by done() */});
      scripts.push(run);
    }
  })();
  return {
    port: (listener.addr as Deno.NetAddr).port,
    get accepted() {
      return connections.length;
    },
    async done() {
      await Promise.all(scripts);
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      for (const connection of connections) connection.close();
      await Promise.allSettled(scripts);
    },
  };
}

/** Gives an answer's text with an exact length. */
export function rawAnswer(status: string, body = "", headers = ""): string {
  return `HTTP/1.1 ${status}\r\n${headers}content-length: ${new TextEncoder().encode(body).length}\r\n\r\n${body}`;
}
