/**
 * Writes web responses to a connection.
 *
 * @module
 */

import type { Bytes } from "../store/store.ts";
import { isWhole } from "../whole_responses.ts";
import { eachHeaderLine } from "./header_lines.ts";
import { pumpBody } from "./pump_body.ts";
import type { ByteConnection } from "./request_reader.ts";

/** How to write a response. */
export interface WriteResponseOptions {
  /** Whether the request was a HEAD, whose answer has no body. */
  readonly isHead: boolean;
  /** Whether a body of unknown length may come in chunks; otherwise the end of the connection is its end. */
  readonly mayChunk: boolean;
  /** Whether the connection ends after this. */
  readonly isLast: boolean;
  /** Called before each write, which the other end may let wait. */
  readonly onWrite: () => void;
  /** Called when nothing waits for the other end any more, but perhaps for the body. */
  readonly onWritten: () => void;
}

/** Bodies up to this length, if it is stated, go out together with their head. */
const smallBytes = 64 * 1024;
const encoder = new TextEncoder();

const reasons: Readonly<Record<number, string>> = {
  200: "OK",
  201: "Created",
  202: "Accepted",
  204: "No Content",
  206: "Partial Content",
  304: "Not Modified",
  307: "Temporary Redirect",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  411: "Length Required",
  412: "Precondition Failed",
  413: "Content Too Large",
  414: "URI Too Long",
  416: "Range Not Satisfiable",
  417: "Expectation Failed",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
  507: "Insufficient Storage",
};

/**
 * Writes a response.
 *
 * @param connection Where to.
 * @param response The response; its body is read to the end or cancelled.
 * @param options How.
 * @throws Whatever writing or the body fails with, or when the body has another length than stated: the connection cannot be
 *   used any more then, and must be broken, so that nothing looks complete.
 */
export async function writeResponse(
  connection: ByteConnection,
  response: Response,
  options: WriteResponseOptions,
): Promise<void> {
  const write: Write = async (bytes) => {
    for (let at = 0; at < bytes.length;) {
      options.onWrite();
      at += await connection.write(at === 0 ? bytes : bytes.subarray(at));
    }
    options.onWritten();
  };
  try {
    await writeParts(response, options, write);
  } catch (error) {
    // Whoever was to be asked for the rest of the body must know that nobody will.
    if (!response.bodyUsed) await response.body?.cancel(error);
    throw error;
  }
}

type Write = (bytes: Bytes) => Promise<void>;

async function writeParts(response: Response, options: WriteResponseOptions, write: Write): Promise<void> {
  const { status, headers } = response;
  const stated = headers.get("content-length");
  const head = headOf(response, options.isLast);
  if (options.isHead || status === 204 || status === 304) {
    await write(encodeHead(`${head}\r\n`));
    await response.body?.cancel();
    return;
  }
  if (stated !== null && Number(stated) <= smallBytes && isWhole(response)) {
    return await write(await small(head, response, Number(stated)));
  }
  const { body } = response;
  if (body === null) {
    if (stated !== null && stated !== "0") throw wrongLength();
    return await write(encodeHead(stated === null ? `${head}content-length: 0\r\n\r\n` : `${head}\r\n`));
  }
  if (stated === null && options.mayChunk) return await writeChunked(head, body, write);
  await write(encodeHead(`${head}\r\n`));
  let left = stated === null ? Infinity : Number(stated);
  await pumpBody(body, left, (bytes) => {
    left -= bytes.length;
    if (left < 0) throw wrongLength();
    return write(bytes);
  });
  if (stated !== null && left !== 0) throw wrongLength();
}

function headOf({ status, headers }: Response, isLast: boolean): string {
  let head = `HTTP/1.1 ${status} ${reasons[status] ?? ""}\r\n`;
  eachHeaderLine(headers, (name, value) => {
    if (name !== "connection") head += `${name}: ${value}\r\n`;
  });
  return `${head}date: ${dateNow()}\r\n${isLast ? "connection: close\r\n" : ""}`;
}

async function small(head: string, response: Response, length: number): Promise<Bytes> {
  const body = await response.bytes();
  if (body.length !== length) throw wrongLength();
  const whole = encodeHead(`${head}\r\n`, length);
  whole.set(body, whole.length - length);
  return whole;
}

async function writeChunked(head: string, body: ReadableStream<Bytes>, write: Write): Promise<void> {
  await write(encodeHead(`${head}transfer-encoding: chunked\r\n\r\n`));
  await pumpBody(body, Infinity, async (bytes) => {
    if (bytes.length === 0) return;
    await write(encoder.encode(`${bytes.length.toString(16)}\r\n`));
    await write(bytes);
    await write(encoder.encode("\r\n"));
  });
  await write(encoder.encode("0\r\n\r\n"));
}

/** Encodes a head, with room behind it. A character of a header is a byte, nearly always of ASCII. */
function encodeHead(head: string, room = 0): Bytes {
  const bytes = new Uint8Array(head.length + room);
  const { read, written } = encoder.encodeInto(head, bytes);
  if (read === head.length && written === head.length) return bytes;
  for (let at = 0; at < head.length; at++) bytes[at] = head.charCodeAt(at);
  return bytes;
}

let lastDate = "";
let lastSecond = -1;

/** The value of `Date`, made once a second. */
function dateNow(): string {
  const now = Date.now();
  const second = Math.floor(now / 1000);
  if (second !== lastSecond) {
    lastSecond = second;
    lastDate = new Date(now).toUTCString();
  }
  return lastDate;
}

function wrongLength(): RangeError {
  return new RangeError("The body of the response is not as long as stated");
}
