/**
 * Reads the head of an HTTP/1.1 request (RFC 9112). Whatever two readers could understand differently is refused: where one
 * request ends and the next begins must be beyond doubt.
 *
 * @module
 */

import { ApiError } from "../api_error.ts";

/** The head of a request. */
export interface RequestHead {
  /** The method as it was written. */
  readonly method: string;
  /** The target as it was written. */
  readonly target: string;
  /** The headers as they were written, in order. */
  readonly headers: [name: string, value: string][];
  /** The value of `Host`; empty when an HTTP/1.0 request has none. */
  readonly host: string;
  /** The length of the body in bytes, or that it comes in chunks. */
  readonly body: number | "chunked";
  /** Whether the client speaks HTTP/1.1, so that an answer may come in chunks. */
  readonly isVersion11: boolean;
  /** Whether the connection may be used again. */
  readonly isPersistent: boolean;
  /** Whether the client waits for a word before it sends the body. */
  readonly expectsContinue: boolean;
}

const requestLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e]+) HTTP\/(\d)\.(\d)$/;
// deno-lint-ignore no-control-regex -- control characters are what the pattern is there to refuse
const headerLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)$/;
const maxHeaders = 128;

/**
 * Reads a head.
 *
 * @param text The head without its last, empty line; a character for each byte.
 * @returns The head.
 * @throws {ApiError} 400, 417, 431 or 505 when it is not a request that can be served.
 */
export function parseRequestHead(text: string): RequestHead {
  const lines = text.split("\r\n");
  const [, method, target, major, minor] = requestLine.exec(lines[0] ?? "") ?? [];
  if (method === undefined || target === undefined) throw malformed("the request line is malformed");
  if (major !== "1") throw new ApiError(505, "UNKNOWN", "only HTTP/1.1 is spoken here");
  if (method === "CONNECT") throw malformed("nothing can be reached through here");
  if (lines.length > maxHeaders) throw new ApiError(431, "UNSUPPORTED", `there are more than ${maxHeaders} headers`);
  const headers: [string, string][] = [];
  const framing = new Framing();
  for (let at = 1; at < lines.length; at++) {
    const [, name, value] = headerLine.exec(lines[at] ?? "") ?? [];
    if (name === undefined || value === undefined) throw malformed("a header line is malformed");
    const trimmed = value.trimEnd();
    headers.push([name, trimmed]);
    framing.note(name, trimmed);
  }
  return { method, target, headers, ...framing.decide(minor !== "0") };
}

/** Collects what decides about the body and the connection. */
class Framing {
  #host: string | undefined;
  #length: number | undefined;
  #isChunked = false;
  #connection = "";
  #expects = "";

  note(name: string, value: string): void {
    switch (name.length) {
      case 4:
        if (name.toLowerCase() === "host") this.#noteHost(value);
        break;
      case 6:
        if (name.toLowerCase() === "expect") this.#expects += value.toLowerCase();
        break;
      case 10:
        if (name.toLowerCase() === "connection") this.#connection += `,${value.toLowerCase()}`;
        break;
      case 14:
        if (name.toLowerCase() === "content-length") this.#noteLength(value);
        break;
      case 17:
        if (name.toLowerCase() === "transfer-encoding") this.#noteEncoding(value);
        break;
    }
  }

  decide(isVersion11: boolean): Omit<RequestHead, "method" | "target" | "headers"> {
    if (this.#host === undefined && isVersion11) throw malformed("the header Host is missing");
    if (this.#isChunked && (this.#length !== undefined || !isVersion11)) {
      throw malformed("Transfer-Encoding stands beside Content-Length, or in HTTP/1.0");
    }
    if (this.#expects !== "" && this.#expects !== "100-continue") {
      throw new ApiError(417, "UNSUPPORTED", "the expectation cannot be met");
    }
    const wishes = this.#connection === "" ? [] : this.#connection.split(",").map((wish) => wish.trim());
    return {
      host: this.#host ?? "",
      body: this.#isChunked ? "chunked" : this.#length ?? 0,
      isVersion11,
      isPersistent: isVersion11 ? !wishes.includes("close") : wishes.includes("keep-alive"),
      expectsContinue: isVersion11 && this.#expects !== "",
    };
  }

  #noteHost(value: string): void {
    if (this.#host !== undefined) throw malformed("there is more than one header Host");
    if (!/^[!$%&'()*+,\-.:;=[\]_~0-9A-Za-z]*$/.test(value)) throw malformed("the header Host is malformed");
    this.#host = value;
  }

  #noteLength(value: string): void {
    if (this.#length !== undefined || !/^\d{1,15}$/.test(value)) {
      throw malformed("Content-Length is not one number");
    }
    this.#length = Number(value);
  }

  #noteEncoding(value: string): void {
    if (this.#isChunked || value.toLowerCase() !== "chunked") {
      throw malformed("only the transfer encoding chunked is understood");
    }
    this.#isChunked = true;
  }
}

/**
 * Makes the refusal of a request that is not HTTP/1.1 as it should be.
 *
 * @param message What was wrong.
 * @returns The refusal.
 */
export function malformed(message: string): ApiError {
  return new ApiError(400, "UNSUPPORTED", message);
}
