import assert from "node:assert/strict";
import { ConnectionLost } from "../../../../lib/server/api_error.ts";
import type { RequestHandler } from "../../../../lib/server/faults/faults.ts";
import { Http1Connection } from "../../../../lib/server/http1/http1_connection.ts";
import { RunningRequests } from "../../../../lib/server/running_requests.ts";
import { settle } from "../../../support/fake_clock.ts";
import { MemoryConnection } from "../../../support/memory_connection.ts";

interface Served {
  readonly connection: MemoryConnection;
  readonly served: Http1Connection;
  readonly ended: Promise<void>;
  /** The time of the clock. */
  readonly clock: { now: number };
}

function serve(connection: MemoryConnection, handler: RequestHandler, scheme: "http" | "https" = "http"): Served {
  const clock = { now: 1000 };
  const served = new Http1Connection(connection, {
    scheme,
    handler,
    remoteAddress: "192.0.2.1",
    running: new RunningRequests(),
    now: () => clock.now,
    idleMs: 100,
    headerMs: 10,
    writeMs: 20,
    lingerMs: 5,
  });
  return { connection, served, ended: served.run(), clock };
}

/** Serves what is sent to its end, and gives everything that was answered but for the dates. */
async function exchange(input: readonly string[], handler: RequestHandler): Promise<string> {
  const { connection, ended } = serve(new MemoryConnection(input), handler);
  await ended;
  assert(connection.isClosed);
  return connection.output.replaceAll(/date: [^\r]*\r\n/g, "");
}

const echo: RequestHandler = async (request, info) => {
  const text = `${request.method} ${request.url} ${info?.remoteAddress} ${await request.text()}`;
  return new Response(text, { headers: { "content-length": `${text.length}` } });
};
const bodies = (output: string) => output.split(/HTTP\/1\.1 200 OK\r\n(?:[^\r]+\r\n)+\r\n/).slice(1);
const never: RequestHandler = () => assert.fail("the handler was called");

Deno.test("Http1Connection.run() answers one request after another, however they arrive", async () => {
  const requests = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n" +
    "PUT /b?c HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello" +
    "\r\nPATCH /v2/../d HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n" +
    "BREW /e HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n";
  const want = [
    "GET http://h/a 192.0.2.1 ",
    "PUT http://h/b?c 192.0.2.1 hello",
    "PATCH http://h/v2/../d 192.0.2.1 hello",
    "BREW http://h/e 192.0.2.1 ",
  ];
  assert.deepEqual(bodies(await exchange([requests], echo)), want);
  assert.deepEqual(bodies(await exchange([...requests], echo)), want);
  for (let cut = 1; cut < requests.length; cut++) {
    assert.deepEqual(
      bodies(await exchange([requests.slice(0, cut), requests.slice(cut)], echo)),
      want,
      `cut at ${cut}`,
    );
  }
});

Deno.test("Http1Connection.run() refuses what is no HTTP/1.1 with an error document, and ends", async () => {
  const answer = await exchange(["GET / HTTP/1.1\r\nHost : h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"], never);
  assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/);
  assert.match(answer, /\r\ncontent-type: application\/json\r\n/);
  assert.match(answer, /\r\nconnection: close\r\n/);
  assert.match(answer, /\r\ndocker-distribution-api-version: registry\/2.0\r\n/i);
  assert.match(answer, /"UNSUPPORTED"/);
  assert.equal(answer.match(/HTTP\/1\.1/g)?.length, 1);
  assert.match(await exchange(["GET / HTTP/1.1\nHost: h\n\n"], never), /^HTTP\/1\.1 400 /);
  assert.match(await exchange([`GET /${"a".repeat(70_000)}`], never), /^HTTP\/1\.1 414 /);
  assert.match(await exchange([`GET / HTTP/1.1\r\nX: ${"a".repeat(70_000)}`], never), /^HTTP\/1\.1 431 /);
});

const refusedHeads: readonly (readonly [title: string, rest: string, status: number])[] = [
  ["200 headers", `/ HTTP/1.1\r\n${"X: a\r\n".repeat(200)}\r\n`, 431],
  ["70 KB of headers", `/ HTTP/1.1\r\nX: ${"a".repeat(70_000)}`, 431],
  ["70 KB of URL", `/${"a".repeat(70_000)}`, 414],
  ["an expectation of its own", "/ HTTP/1.1\r\nHost: h\r\nExpect: foo\r\n\r\n", 417],
  ["a malformed header", "/ HTTP/1.1\r\nHost: h\r\nX : a\r\n\r\n", 400],
  ["lines without CR", "/ HTTP/1.1\nHost: h\n\n", 400],
  ["a version to come", "/ HTTP/2.0\r\nHost: h\r\n\r\n", 505],
];
for (const [title, rest, status] of refusedHeads) {
  Deno.test(`Http1Connection.run() refuses ${title} with an error document, but HEAD with none`, async () => {
    const [whole, bare] = [await exchange([`GET ${rest}`], never), await exchange([`\r\nHEAD ${rest}`], never)];
    const [head = "", body = ""] = whole.split("\r\n\r\n");
    assert.equal(bare, `${head}\r\n\r\n`);
    assert(head.startsWith(`HTTP/1.1 ${status} `), head);
    assert.match(head, new RegExp(`\r\ncontent-length: ${body.length}\r\n`));
    assert.match(body, /^\{"errors":\[\{"code":"(?:UNSUPPORTED|UNKNOWN)"/);
  });
}

Deno.test("Http1Connection.run() says nothing to a client that leaves within a request", async () => {
  assert.equal(await exchange(["GET / HTTP/1.1\r\nHos"], never), "");
  const failed: unknown[] = [];
  const handler: RequestHandler = async (request) => {
    await request.text().catch((error: Error) => failed.push(error));
    throw new Error("broken");
  };
  const input = "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhello";
  assert.equal(await exchange([input], handler), "");
  assert.equal(await exchange([input.replace("Content-Length: 9", "Transfer-Encoding: chunked")], handler), "");
  const { connection, ended } = serve(new MemoryConnection([input], false), handler);
  await settle();
  connection.close();
  await ended;
  const [left, , broke] = failed;
  assert(left instanceof ConnectionLost);
  assert(broke instanceof ConnectionLost);
  assert(broke.cause instanceof Deno.errors.BadResource);
});

Deno.test("Http1Connection.run() gives requests the scheme that the client used", async () => {
  const { connection, ended } = serve(new MemoryConnection(["GET /a HTTP/1.1\r\nHost: h\r\n\r\n"]), echo, "https");
  await ended;
  assert.match(connection.output, /\r\n\r\nGET https:\/\/h\/a /);
});

Deno.test("Http1Connection.run() asks for an expected body only when it is read", async () => {
  const head = "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";
  const { connection, ended } = serve(new MemoryConnection([head], false), echo);
  await settle();
  assert.equal(connection.output, "HTTP/1.1 100 Continue\r\n\r\n");
  connection.send("hello");
  connection.end();
  await ended;
  assert.match(connection.output, /\r\n\r\nPUT http:\/\/h\/ 192\.0\.2\.1 hello$/);
  const refused = await exchange([head], () => Promise.resolve(new Response(null, { status: 413 })));
  assert.match(refused, /^HTTP\/1\.1 413 Content Too Large\r\n/);
  assert.match(refused, /\r\nconnection: close\r\n/);
});

Deno.test("Http1Connection.run() ends after a body that nobody read, and lets the client finish", async () => {
  const input = ["PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 50\r\n\r\nGET / HTTP/1.1", "\r\nHost: h\r\n\r\n"];
  const { connection, ended } = serve(new MemoryConnection(input, false), () => Promise.resolve(new Response(null)));
  await settle();
  assert.match(connection.output, /^HTTP\/1\.1 200 OK\r\n(?:[^\r]+\r\n)*connection: close\r\n/);
  assert.equal(connection.output.match(/HTTP\/1\.1/g)?.length, 1);
  assert(connection.isWriteClosed);
  assert(!connection.isClosed);
  connection.end();
  await ended;
  assert(connection.isClosed);
});

Deno.test("Http1Connection.run() sends bodies of unknown length in chunks, and to old clients to the end", async () => {
  const parts = ["hello", "", "x".repeat(2500)];
  const handler: RequestHandler = () =>
    Promise.resolve(new Response(ReadableStream.from(parts.map((part) => new TextEncoder().encode(part)))));
  const chunked = await exchange(["GET / HTTP/1.1\r\nHost: h\r\n\r\n"], handler);
  assert.match(chunked, /\r\ntransfer-encoding: chunked\r\n/);
  assert(chunked.endsWith(`\r\n\r\n5\r\nhello\r\n9c4\r\n${"x".repeat(2500)}\r\n0\r\n\r\n`));
  const old = await exchange(["GET / HTTP/1.0\r\n\r\n"], handler);
  assert.doesNotMatch(old, /chunked/);
  assert(old.endsWith(`\r\n\r\nhello${"x".repeat(2500)}`));
});

Deno.test("Http1Connection.run() sends no body where there must be none", async () => {
  const answers: Readonly<Record<string, () => Response>> = {
    "/head": () => new Response("hello", { headers: { "content-length": "5" } }),
    "/204": () => new Response(null, { status: 204 }),
    "/304": () => new Response(null, { status: 304, headers: { etag: '"a"' } }),
    "/none": () => new Response(null),
    "/zero": () => new Response(null, { headers: { "content-length": "0" } }),
  };
  const handler: RequestHandler = (request) =>
    Promise.resolve(answers[new URL(request.url).pathname]?.() ?? new Response(null, { status: 404 }));
  const input = ["HEAD /head", "GET /204", "GET /304", "GET /none", "GET /zero", "DELETE /"].map((line) =>
    `${line} HTTP/1.1\r\nHost: h\r\n\r\n`
  );
  const [head, noContent, notModified, none, zero, missing] = (await exchange(input, handler)).split(/(?=HTTP\/1\.1)/);
  assert.match(head ?? "", /^HTTP\/1\.1 200 OK\r\n(?:[^\r]+\r\n)*content-length: 5\r\n(?:[^\r]+\r\n)*\r\n$/);
  assert.equal(noContent, "HTTP/1.1 204 No Content\r\n\r\n");
  assert.equal(notModified, 'HTTP/1.1 304 Not Modified\r\netag: "a"\r\n\r\n');
  assert.equal(none, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  assert.equal(zero, none);
  assert.equal(missing, "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
});

Deno.test("Http1Connection.run() sends headers as the bytes that they are", async () => {
  const value = "caf\xe9 \xff";
  for (const body of ["", "hello", "x".repeat(100_000)]) {
    const headers = { warning: value, "content-length": `${body.length}` };
    const handler: RequestHandler = () => Promise.resolve(new Response(body, { headers }));
    const output = await exchange(["GET / HTTP/1.1\r\nHost: h\r\n\r\n"], handler);
    assert(output.includes(`\r\nwarning: ${value}\r\n`));
    assert(output.endsWith(`\r\n\r\n${body}`));
  }
});

Deno.test("Http1Connection.run() sends each warning and each tag on a line of its own", async () => {
  const headers = new Headers({ "content-length": "0" });
  const warnings = ['299 - "first, 299 - second"', '299 - "say \\"hi\\", 299 - yes"', '299 - "third"'];
  for (const warning of warnings) headers.append("warning", warning);
  for (const tag of ["a", "b"]) headers.append("oci-tag", tag);
  const handler: RequestHandler = () => Promise.resolve(new Response(null, { headers }));
  const output = await exchange(["GET / HTTP/1.1\r\nHost: h\r\n\r\n"], handler);
  for (const line of [...warnings.map((each) => `warning: ${each}`), "oci-tag: a", "oci-tag: b"]) {
    assert(output.includes(`\r\n${line}\r\n`), line);
  }
});

Deno.test("Http1Connection.run() sends what there is of a short body that breaks off", async () => {
  let pulls = 0;
  const body = new ReadableStream({
    pull(controller) {
      if (++pulls === 1) controller.enqueue(new TextEncoder().encode("hello"));
      else throw new Error("broken");
    },
  }, { highWaterMark: 0 });
  const handler: RequestHandler = () => Promise.resolve(new Response(body, { headers: { "content-length": "10" } }));
  const output = await exchange(["GET / HTTP/1.1\r\nHost: h\r\n\r\n"], handler);
  assert.match(output, /^HTTP\/1\.1 200 OK\r\n/);
  assert(output.endsWith("\r\n\r\nhello"));
});

for (const length of ["4", "6", "70000"]) {
  Deno.test(`Http1Connection.run() breaks off an answer of 5 bytes that was stated to have ${length}`, async () => {
    const handler: RequestHandler = () =>
      Promise.resolve(
        new Response(ReadableStream.from([new Uint8Array(5)]), { headers: { "content-length": length } }),
      );
    const output = await exchange(["GET / HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"], handler);
    const [, body = ""] = output.split("\r\n\r\n");
    assert(body.length < Number(length));
    assert(output === "" || output.match(/HTTP\/1\.1/g)?.length === 1);
  });
}

for (const moment of ["before", "while"]) {
  Deno.test(`Http1Connection.run() cancels the body of an answer when the client goes away ${moment} it is sent`, async () => {
    const cancelled = Promise.withResolvers<unknown>();
    const connection = new MemoryConnection(["GET / HTTP/1.1\r\nHost: h\r\n\r\n"], false);
    const body = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(100_000));
        connection.close();
      },
      cancel: (reason) => cancelled.resolve(reason),
    }, { highWaterMark: 0 });
    const { ended } = serve(connection, () => {
      if (moment === "before") connection.close();
      return Promise.resolve(new Response(body));
    });
    await ended;
    assert(await cancelled.promise instanceof Deno.errors.BadResource);
  });
}

Deno.test("Http1Connection.deadline follows what the connection waits for", async () => {
  const gate = Promise.withResolvers<Response>();
  const { connection, served, ended, clock } = serve(new MemoryConnection([], false), () => gate.promise);
  assert.equal(served.deadline, 1100);
  clock.now = 2000;
  connection.send("GET / HT");
  await settle();
  assert.equal(served.deadline, 2010);
  clock.now = 2005;
  connection.send("TP/1.1\r\nHost: h\r\n");
  await settle();
  assert.equal(served.deadline, 2010, "more of the head gives no more time");
  connection.send("\r\n");
  await settle();
  assert.equal(served.deadline, Infinity);
  const body = new TransformStream<Uint8Array<ArrayBuffer>>();
  const writer = body.writable.getWriter();
  gate.resolve(new Response(body.readable));
  await writer.write(new Uint8Array(3));
  await settle();
  assert.equal(served.deadline, Infinity, "the client took what there was, and a body may take its time");
  const write = connection.write.bind(connection);
  const taking = Promise.withResolvers<void>();
  connection.write = async (bytes) => {
    await taking.promise;
    return await write(bytes.subarray(0, 1));
  };
  void writer.write(new Uint8Array(3));
  await settle();
  assert.equal(served.deadline, 2025, "now the client does not read");
  taking.resolve();
  connection.write = write;
  await writer.close();
  await settle();
  assert.equal(served.deadline, 2105);
  connection.end();
  await ended;
});

Deno.test("Http1Connection.end() closes an idle connection at once, and a busy one after its answer", async () => {
  const idle = serve(new MemoryConnection([], false), never);
  await settle();
  idle.served.end();
  await idle.ended;
  const gate = Promise.withResolvers<Response>();
  const busy = serve(new MemoryConnection(["GET / HTTP/1.1\r\nHost: h\r\n\r\n"], false), () => gate.promise);
  await settle();
  busy.served.end();
  assert(!busy.connection.isClosed);
  gate.resolve(new Response(null));
  await busy.ended;
  assert.match(busy.connection.output, /\r\nconnection: close\r\n/);
});
