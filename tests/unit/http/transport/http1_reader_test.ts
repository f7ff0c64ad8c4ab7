import assert from "node:assert/strict";
import { Http1Reader } from "../../../../lib/http/transport/http1_reader.ts";

/** A reader over texts, each given by one read. */
function readerOf(...texts: string[]): Http1Reader {
  const parts = texts.map((text) => Uint8Array.from(text, (character) => character.charCodeAt(0)));
  return new Http1Reader({
    read(buffer) {
      const part = parts.shift();
      if (part === undefined) return Promise.resolve(null);
      const count = Math.min(part.length, buffer.length);
      buffer.set(part.subarray(0, count));
      if (count < part.length) parts.unshift(part.subarray(count));
      return Promise.resolve(count);
    },
  });
}

Deno.test("Http1Reader reads a head that comes byte by byte", async () => {
  const text = "HTTP/1.1 201 Created\r\nLocation: /v2/x\r\nLink:<a>\r\nLink: <b> \r\ncontent-length: 7\r\n\r\n";
  const { status, headers, length, isPersistent } = await readerOf(...text).readHead("PUT");
  assert.deepEqual({ status, length, isPersistent }, { status: 201, length: 7, isPersistent: true });
  assert.equal(headers.get("location"), "/v2/x");
  assert.equal(headers.get("link"), "<a>, <b>");
});

Deno.test("Http1Reader keeps bytes beyond ASCII as they came", async () => {
  const { headers } = await readerOf("HTTP/1.1 200 OK\r\nwarning: caf\xe9\r\ncontent-length: 0\r\n\r\n").readHead(
    "GET",
  );
  assert.equal(headers.get("warning"), "caf\xe9");
});

Deno.test.each([
  { key: "HEAD", method: "HEAD", head: "HTTP/1.1 200 OK\r\ncontent-length: 9", length: 0, isPersistent: true },
  { key: "204", method: "DELETE", head: "HTTP/1.1 204 None", length: 0, isPersistent: true },
  { key: "304", method: "GET", head: "HTTP/1.1 304 Same\r\ncontent-length: 9", length: 0, isPersistent: true },
  {
    key: "chunked",
    method: "GET",
    head: "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked",
    length: "chunked",
    isPersistent: true,
  },
  {
    key: "chunked with a length",
    method: "GET",
    head: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 9",
    length: "chunked",
    isPersistent: false,
  },
  { key: "neither", method: "GET", head: "HTTP/1.1 200 OK", length: "until-close", isPersistent: false },
  {
    key: "close",
    method: "GET",
    head: "HTTP/1.1 200 OK\r\nconnection: Close\r\ncontent-length: 0",
    length: 0,
    isPersistent: false,
  },
  { key: "1.0", method: "GET", head: "HTTP/1.0 200 OK\r\ncontent-length: 1", length: 1, isPersistent: false },
  {
    key: "the same length twice",
    method: "GET",
    head: "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 1",
    length: 1,
    isPersistent: true,
  },
])("Http1Reader tells how the body ends: $key", async ({ method, head, length, isPersistent }) => {
  const read = await readerOf(`${head}\r\n\r\n`).readHead(method);
  assert.deepEqual({ length: read.length, isPersistent: read.isPersistent }, { length, isPersistent });
});

Deno.test.each([
  { key: "another protocol", text: "SSH-2.0-x\r\n\r\n" },
  { key: "another version", text: "HTTP/2.0 200 OK\r\n\r\n" },
  { key: "an unknown status", text: "HTTP/1.1 600 What\r\n\r\n" },
  { key: "lines without CR", text: "HTTP/1.1 200 OK\ncontent-length: 0\n\n" },
  { key: "folded headers", text: "HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\n" },
  { key: "a space before the colon", text: "HTTP/1.1 200 OK\r\na : b\r\n\r\n" },
  { key: "control characters", text: "HTTP/1.1 200 OK\r\na: b\0c\r\n\r\n" },
  { key: "two lengths", text: "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n" },
  { key: "a length that is no number", text: "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n" },
  { key: "unknown encodings", text: "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n" },
  { key: "an unasked switch", text: "HTTP/1.1 101 Switch\r\n\r\n" },
  { key: "an endless line", text: `HTTP/1.1 200 ${"x".repeat(70_000)}` },
  { key: "endless headers", text: `HTTP/1.1 200 OK\r\n${"a: b\r\n".repeat(20_000)}` },
  { key: "endless interim lines", text: "\r\n".repeat(50_000) },
])("Http1Reader refuses $key", async ({ text }) => {
  await assert.rejects(readerOf(text).readHead("GET"), { name: "FaultError", fault: "malformed" });
});

Deno.test("Http1Reader tells when the connection ends too early", async () => {
  await assert.rejects(readerOf("HTTP/1.1 200 OK\r\nconte").readHead("GET"), { name: "FaultError", fault: "broken" });
});

Deno.test("Http1Reader gives what came with the head before it reads on", async () => {
  const reader = readerOf("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nabc", "def");
  await reader.readHead("GET");
  const buffer = new Uint8Array(10);
  assert.equal(await reader.readInto(buffer), 3);
  assert.equal(await reader.readInto(buffer), 3);
  assert.equal(new TextDecoder().decode(buffer.subarray(0, 3)), "def");
  assert.equal(await reader.readInto(buffer), null);
});

Deno.test("Http1Reader reads chunk sizes, extensions and trailers", async () => {
  const reader = readerOf("1a;name=value\r\n", "x".repeat(26), "\r\n0\r\ntrailer: 1\r\nother: 2\r\n\r\nnext");
  assert.equal(await reader.readChunkSize(true), 26);
  assert.equal(await reader.readInto(new Uint8Array(26)), 26);
  assert.equal(await reader.readChunkSize(false), 0);
  assert(reader.hasBuffered);
});

Deno.test.each([{ text: "\r\n" }, { text: "xyz\r\n" }, { text: "-1\r\n" }, { text: "fffffffffffff\r\n" }])(
  "Http1Reader refuses the chunk size $text",
  async ({ text }) => {
    await assert.rejects(readerOf(text).readChunkSize(true), { fault: "malformed" });
  },
);
