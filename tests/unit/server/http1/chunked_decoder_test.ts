import assert from "node:assert/strict";
import { ApiError } from "../../../../lib/server/api_error.ts";
import { ChunkedDecoder } from "../../../../lib/server/http1/chunked_decoder.ts";

const bytesOf = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** Decodes pieces; gives the content and what came after the body. */
function decode(pieces: readonly string[]): { readonly content: string; readonly rest: string | undefined } {
  const decoder = new ChunkedDecoder();
  let content = "";
  for (const [at, text] of pieces.entries()) {
    const piece = bytesOf(text);
    const { length, end } = decoder.decode(piece);
    content += String.fromCharCode(...piece.subarray(0, length));
    if (end === undefined) continue;
    return { content, rest: text.slice(end) + pieces.slice(at + 1).join("") };
  }
  return { content, rest: undefined };
}

const body = "5\r\nhello\r\nA;name=value\r\n, world!\r\n\r\n1\r\n.\r\n000\r\nTrailer: x\r\n\r\n";
const content = "hello, world!\r\n.";

Deno.test("ChunkedDecoder.decode() finds the same content and end however the body is cut", () => {
  for (let first = 0; first <= body.length; first++) {
    for (let second = first; second <= body.length; second++) {
      const pieces = [body.slice(0, first), body.slice(first, second), `${body.slice(second)}GET /`];
      const { content: found, rest } = decode(pieces);
      assert.equal(found, content);
      assert.equal(rest, "GET /", `cut at ${first} and ${second}`);
    }
  }
  assert.deepEqual(decode([...body]), { content, rest: "" });
});

Deno.test("ChunkedDecoder.decode() knows no end before the last line", () => {
  for (let cut = 0; cut < body.length; cut++) assert.equal(decode([body.slice(0, cut)]).rest, undefined);
});

const malformed: readonly (readonly [title: string, text: string])[] = [
  ["no size", "\r\nabc"],
  ["a size of no form", "xyz\r\nabc\r\n0\r\n\r\n"],
  ["a negative size", "-5\r\nabcde\r\n0\r\n\r\n"],
  ["a signed size", "+5\r\nabcde\r\n0\r\n\r\n"],
  ["a size with a prefix", "0x5\r\nabcde\r\n0\r\n\r\n"],
  ["a blank before the size", " 5\r\nabcde\r\n0\r\n\r\n"],
  ["a size beyond numbers", `${"f".repeat(13)}\r\nabc`],
  ["a line feed alone", "5\nabcde\r\n0\r\n\r\n"],
  ["a carriage return in an extension", "5;a\rb\r\nabcde\r\n0\r\n\r\n"],
  ["a chunk longer than its size", "3\r\nabcX\r\n0\r\n\r\n"],
  ["a line feed alone after a chunk", "3\r\nabc\n0\r\n\r\n"],
  ["an endless line", `5;${"a".repeat(5000)}`],
  ["endless trailers", `0\r\n${"Trailer: x\r\n".repeat(2000)}\r\n`],
];
for (const [title, text] of malformed) {
  Deno.test(`ChunkedDecoder.decode() refuses ${title}`, () => {
    for (const pieces of [[text], [...text]]) {
      assert.throws(() => decode(pieces), (error) => error instanceof ApiError && error.status === 400);
    }
  });
}
