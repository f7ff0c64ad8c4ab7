/**
 * Reads HTTP/1.1 answers from a connection: strict in what it takes, bounded in what it keeps.
 *
 * @module
 */

import { FaultError } from "./transport_fault.ts";

/** Where bytes come from; a `Deno.Conn` is one. */
export interface ByteSource {
  /** Reads into a buffer; gives how many bytes, or `null` at the end. */
  read(buffer: Uint8Array<ArrayBuffer>): Promise<number | null>;
}

/** The head of an answer. */
export interface AnswerHead {
  /** The status. */
  readonly status: number;
  /** The headers. */
  readonly headers: Headers;
  /** Whether the connection may be used again, as far as version and headers tell. */
  readonly isPersistent: boolean;
  /** Bytes of the body; `"chunked"`, or `"until-close"` when only the end of the connection tells. */
  readonly length: number | "chunked" | "until-close";
}

/** The most bytes of a head, a chunk's size line, or all trailers. */
const headLimit = 64 * 1024;

const statusLine = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: [^\r\n]*)?$/;
// deno-lint-ignore no-control-regex -- control characters are what the pattern is there to refuse
const headerLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*?)[ \t]*$/;

/** Reads from one connection, keeping what came too early. */
export class Http1Reader {
  readonly #source: ByteSource;
  readonly #buffer = new Uint8Array(headLimit);
  #start = 0;
  #end = 0;
  #ahead: Promise<number | null> | undefined;

  /**
   * Wraps a source.
   *
   * @param source Where bytes come from.
   */
  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** Whether bytes are waiting that nobody has asked for. */
  get hasBuffered(): boolean {
    return this.#end > this.#start;
  }

  /**
   * Begins to read without taking anything: on an idle connection it ends only when the peer closes it or talks out of turn.
   *
   * @returns When something, or the end, has come.
   */
  async readAhead(): Promise<void> {
    if (!this.hasBuffered) await this.#fill();
  }

  /**
   * Reads the head of the final answer, passing over interim ones (1xx).
   *
   * @param method The request's method: the answer to HEAD has no body.
   * @returns The head.
   * @throws {FaultError} When the connection ends first or something else than HTTP/1.1 comes.
   */
  async readHead(method: string): Promise<AnswerHead> {
    for (;;) {
      const lines = await this.#readLines();
      const [, minor, code] = statusLine.exec(lines[0] ?? "") ?? [];
      if (code === undefined) throw malformed("no HTTP/1.1 status line");
      const status = Number(code);
      const headers = parseHeaders(lines.slice(1));
      if (status >= 200) return describe(status, headers, minor === "1", method);
      if (status === 101) throw malformed("it switches protocols without being asked");
    }
  }

  /**
   * Reads bytes of a body, what was read too early first.
   *
   * @param target Where to; filled at least by one byte.
   * @returns How many bytes; `null` at the end of the connection.
   */
  async readInto(target: Uint8Array<ArrayBuffer>): Promise<number | null> {
    if (this.#ahead !== undefined) await this.#fill();
    if (!this.hasBuffered) return await this.#source.read(target);
    const part = this.#buffer.subarray(this.#start, Math.min(this.#end, this.#start + target.length));
    target.set(part);
    this.#start += part.length;
    return part.length;
  }

  /**
   * Reads the line before a chunk of a chunked body.
   *
   * @param isFirst Whether no chunk came before; after one its line end is read too.
   * @returns The chunk's size; after 0 the trailers have been read as well.
   */
  async readChunkSize(isFirst: boolean): Promise<number> {
    if (!isFirst && (await this.#readLine()) !== "") throw malformed("a chunk is longer than its size");
    const [, hex] = /^([0-9a-fA-F]{1,12})[ \t]*(?:;.*)?$/.exec(await this.#readLine()) ?? [];
    if (hex === undefined) throw malformed("a chunk has no size");
    const size = parseInt(hex, 16);
    if (size === 0) await this.#readLines("");
    return size;
  }

  /** Reads lines up to an empty one; together they are bounded. */
  async #readLines(first?: string): Promise<string[]> {
    const lines: string[] = [];
    for (let bytes = 0;;) {
      const line = await this.#readLine();
      if (line === "" && (lines.length > 0 || first !== undefined)) return lines;
      bytes += line.length + 2;
      if (bytes > headLimit) throw malformed(`its head is longer than ${headLimit} bytes`);
      if (line !== "") lines.push(line);
    }
  }

  /** Reads a line ended by CR LF, as Latin-1, which maps bytes to characters one to one. */
  async #readLine(): Promise<string> {
    for (let searched = 0;;) {
      const at = this.#buffer.subarray(this.#start, this.#end).indexOf(10, searched);
      if (at >= 0) {
        const line = this.#buffer.subarray(this.#start, this.#start + at);
        this.#start += at + 1;
        if (line.at(-1) !== 13) throw malformed("a line does not end with CR LF");
        return latin1(line.subarray(0, -1));
      }
      searched = this.#end - this.#start;
      if (searched >= headLimit) throw malformed(`a line is longer than ${headLimit} bytes`);
      if (!(await this.#fill())) throw new FaultError("broken", "the connection ended before the answer did");
    }
  }

  /** Reads more into the buffer; one read at a time, shared by who asks meanwhile. */
  async #fill(): Promise<boolean> {
    if (this.#ahead === undefined) {
      if (this.#start > 0) {
        this.#buffer.copyWithin(0, this.#start, this.#end);
        this.#end -= this.#start;
        this.#start = 0;
      }
      this.#ahead = this.#source.read(this.#buffer.subarray(this.#end));
    }
    const reading = this.#ahead;
    const count = await reading;
    if (this.#ahead === reading) {
      this.#ahead = undefined;
      this.#end += count ?? 0;
    }
    return count !== null;
  }
}

/** The error of an answer that is not HTTP/1.1 as it should be. */
function malformed(what: string): FaultError {
  return new FaultError("malformed", `the answer cannot be read: ${what}`);
}

/** Bytes as characters of the same number. */
function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return text;
}

/** Reads header lines; lines folded the old way are refused with everything else that is no header. */
function parseHeaders(lines: readonly string[]): Headers {
  const headers = new Headers();
  for (const line of lines) {
    const [, name, value] = headerLine.exec(line) ?? [];
    if (name === undefined || value === undefined) throw malformed("a header line is not well formed");
    headers.append(name, value);
  }
  return headers;
}

/** Works out how the body ends (RFC 9112, section 6.3). */
function describe(status: number, headers: Headers, isVersion11: boolean, method: string): AnswerHead {
  const connection = (headers.get("connection") ?? "").toLowerCase().split(",").map((each) => each.trim());
  const wantsOpen = isVersion11 ? !connection.includes("close") : connection.includes("keep-alive");
  const encoding = headers.get("transfer-encoding")?.toLowerCase();
  if (encoding !== undefined && encoding !== "chunked") throw malformed(`unknown transfer encoding "${encoding}"`);
  const length = contentLength(headers);
  if (method === "HEAD" || status === 204 || status === 304) {
    return { status, headers, isPersistent: wantsOpen, length: 0 };
  }
  if (encoding !== undefined) {
    // Both headers at once are a sign of trouble: the encoding wins, the connection is not used again.
    return { status, headers, isPersistent: wantsOpen && length === undefined, length: "chunked" };
  }
  if (length === undefined) return { status, headers, isPersistent: false, length: "until-close" };
  return { status, headers, isPersistent: wantsOpen, length };
}

/** The content length; several that are the same count as one. */
function contentLength(headers: Headers): number | undefined {
  const values = new Set(headers.get("content-length")?.split(",").map((each) => each.trim()) ?? []);
  if (values.size === 0) return undefined;
  const [value = ""] = values;
  if (values.size > 1 || !/^\d{1,15}$/.test(value)) throw malformed("its Content-Length is not a number");
  return Number(value);
}
