import assert from "node:assert/strict";
import { ApiError } from "../../../../lib/server/api_error.ts";
import { parseRequestHead, type RequestHead } from "../../../../lib/server/http1/request_head.ts";

const good: readonly (readonly [title: string, lines: readonly string[], want: Partial<RequestHead>])[] = [
  ["a plain request", ["GET /v2/ HTTP/1.1", "Host: h:5000"], {
    method: "GET",
    target: "/v2/",
    host: "h:5000",
    headers: [["Host", "h:5000"]],
    body: 0,
    isVersion11: true,
    isPersistent: true,
    expectsContinue: false,
  }],
  ["blanks around a value", ["GET / HTTP/1.1", "Host:  h \t"], { host: "h", headers: [["Host", "h"]] }],
  ["an empty value", ["GET / HTTP/1.1", "Host:"], { host: "", headers: [["Host", ""]] }],
  ["a whole URL as target", ["GET http://h/v2/ HTTP/1.1", "Host: h"], { target: "http://h/v2/" }],
  ["IPv6 as host", ["GET / HTTP/1.1", "Host: [::1]:5000"], { host: "[::1]:5000" }],
  ["a length", ["PUT / HTTP/1.1", "Host: h", "content-LENGTH: 12"], { body: 12 }],
  ["chunks", ["PUT / HTTP/1.1", "Host: h", "Transfer-Encoding: Chunked"], { body: "chunked" }],
  ["a wish to close", ["GET / HTTP/1.1", "Host: h", "Connection: Keep-Alive, Close"], { isPersistent: false }],
  ["an old client", ["GET / HTTP/1.0"], { host: "", isVersion11: false, isPersistent: false }],
  ["an old client that stays", ["GET / HTTP/1.0", "Connection: keep-alive"], { isPersistent: true }],
  ["a client that waits", ["PUT / HTTP/1.1", "Host: h", "Expect: 100-Continue"], { expectsContinue: true }],
  ["an old client that need not wait", ["PUT / HTTP/1.0", "Expect: 100-continue"], { expectsContinue: false }],
  ["bytes beyond ASCII in a value", ["GET / HTTP/1.1", "Host: h", "X: \xe9"], {
    headers: [["Host", "h"], ["X", "\xe9"]],
  }],
];
for (const [title, lines, want] of good) {
  Deno.test(`parseRequestHead() reads ${title}`, () => {
    const head: Partial<Record<string, unknown>> = { ...parseRequestHead(lines.join("\r\n")) };
    for (const [key, value] of Object.entries(want)) assert.deepEqual(head[key], value, key);
  });
}

const bad: readonly (readonly [title: string, status: number, lines: readonly string[]])[] = [
  ["an empty line", 400, [""]],
  ["two blanks in the request line", 400, ["GET  / HTTP/1.1", "Host: h"]],
  ["no version", 400, ["GET /", "Host: h"]],
  ["a blank in the target", 400, ["GET /a b HTTP/1.1", "Host: h"]],
  ["bytes beyond ASCII in the target", 400, ["GET /\xe9 HTTP/1.1", "Host: h"]],
  ["a method with a slash", 400, ["GE/T / HTTP/1.1", "Host: h"]],
  ["a tunnel", 400, ["CONNECT h:443 HTTP/1.1", "Host: h"]],
  ["HTTP/2", 505, ["PRI * HTTP/2.0"]],
  ["no host", 400, ["GET / HTTP/1.1"]],
  ["two hosts", 400, ["GET / HTTP/1.1", "Host: h", "Host: h"]],
  ["a path in the host", 400, ["GET / HTTP/1.1", "Host: h/x"]],
  ["a user in the host", 400, ["GET / HTTP/1.1", "Host: a@h"]],
  ["a folded header", 400, ["GET / HTTP/1.1", "Host: h", "X: a", " b"]],
  ["a blank before the colon", 400, ["GET / HTTP/1.1", "Host : h"]],
  ["a header without a name", 400, ["GET / HTTP/1.1", "Host: h", ": a"]],
  ["a header without a colon", 400, ["GET / HTTP/1.1", "Host: h", "X"]],
  ["a carriage return in a value", 400, ["GET / HTTP/1.1", "Host: h", "X: a\rb"]],
  ["NUL in a value", 400, ["GET / HTTP/1.1", "Host: h", "X: a\0b"]],
  ["two lengths", 400, ["PUT / HTTP/1.1", "Host: h", "Content-Length: 1", "Content-Length: 1"]],
  ["lengths in one header", 400, ["PUT / HTTP/1.1", "Host: h", "Content-Length: 1, 1"]],
  ["a signed length", 400, ["PUT / HTTP/1.1", "Host: h", "Content-Length: +1"]],
  ["a length in hexadecimal", 400, ["PUT / HTTP/1.1", "Host: h", "Content-Length: 0x1"]],
  ["an empty length", 400, ["PUT / HTTP/1.1", "Host: h", "Content-Length:"]],
  ["a length beside chunks", 400, ["PUT / HTTP/1.1", "Host: h", "Content-Length: 1", "Transfer-Encoding: chunked"]],
  ["chunks twice", 400, ["PUT / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"]],
  ["chunks that are not last", 400, ["PUT / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked, gzip"]],
  ["an unknown coding", 400, ["PUT / HTTP/1.1", "Host: h", "Transfer-Encoding: xchunked"]],
  ["chunks of an old client", 400, ["PUT / HTTP/1.0", "Transfer-Encoding: chunked"]],
  ["an unknown expectation", 417, ["PUT / HTTP/1.1", "Host: h", "Expect: a miracle"]],
  ["too many headers", 431, ["GET / HTTP/1.1", "Host: h", ...Array.from({ length: 127 }, (_, at) => `X-${at}: a`)]],
];
for (const [title, status, lines] of bad) {
  Deno.test(`parseRequestHead() refuses ${title} with ${status}`, () => {
    const isRefusal = (error: unknown) => error instanceof ApiError && error.status === status;
    assert.throws(() => parseRequestHead(lines.join("\r\n")), isRefusal);
  });
}
