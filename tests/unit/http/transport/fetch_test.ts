import assert from "node:assert/strict";
import { toTransportError, TransportError } from "../../../../lib/http/transport/transport_error.ts";
import type { TlsMode } from "../../../../lib/settings/host.ts";
import { newAuthority, signedBy } from "../../../support/certificates.ts";
import { rawAnswer, rawServer } from "../../../support/raw_server.ts";
import { bodyText, transportRig } from "../../../support/transport_rig.ts";

const authority = newAuthority();
const certified = signedBy(authority, { names: ["localhost", "127.0.0.1"] });
const certificates = { authorities: [authority.cert] };

/** Each way that a request without a stream can take: fetch, fetch with TLS, and node:https. */
const ways: readonly { tls: TlsMode; scheme: string; cert: typeof certified | undefined }[] = [
  { tls: "disabled", scheme: "http", cert: undefined },
  { tls: "enabled", scheme: "https", cert: certified },
  { tls: "insecure", scheme: "https", cert: certified },
];

Deno.test.each(ways)("transport asks for bodies as they are stored: $tls", async ({ tls, scheme, cert }) => {
  await using rig = transportRig({ tls, certificates });
  let head = "";
  await using server = rawServer(async (connection) => {
    head = await connection.readHead();
    await connection.write(rawAnswer("200 OK"));
  }, cert);
  const headers = new Headers({ accept: "a/b", "user-agent": "test/1" });
  headers.append("accept", "c/d");
  await bodyText(await rig.send(`${scheme}://127.0.0.1:${server.port}/v2/?n=1`, { headers }));
  assert.match(head, /^GET \/v2\/\?n=1 HTTP\/1\.1\r\n/);
  assert.match(head, /\r\naccept-encoding: identity\r\n/i);
  assert.match(head, /\r\naccept: a\/b, c\/d\r\n/i);
  assert.match(head, /\r\nuser-agent: test\/1\r\n/i);
  assert.doesNotMatch(head, /content-length|transfer-encoding/i);
});

Deno.test.each(ways)("transport sends bytes with their length, also none: $tls", async ({ tls, scheme, cert }) => {
  await using rig = transportRig({ tls, certificates });
  const heads: string[] = [];
  await using server = rawServer(async (connection) => {
    for (const bytes of [5, 0, 0]) {
      heads.push(await connection.readHead());
      await connection.readBytes(bytes);
      await connection.write(rawAnswer("202 Accepted"));
    }
  }, cert);
  for (const body of [new Uint8Array(5), new Uint8Array(0), undefined]) {
    const response = await rig.send(`${scheme}://127.0.0.1:${server.port}/`, { method: "POST", body });
    assert.equal(response.status, 202);
    await bodyText(response);
  }
  for (const [index, length] of [5, 0, 0].entries()) {
    assert.match(heads[index] ?? "", new RegExp(`\r\ncontent-length: ${length}\r\n`, "i"));
  }
});

Deno.test.each(ways)("transport keeps headers that come several times: $tls", async ({ tls, scheme, cert }) => {
  await using rig = transportRig({ tls, certificates });
  const lines = ['WWW-Authenticate: Bearer realm="a,b"', "WWW-Authenticate: Basic", "Link: <a>", "Link: <b>"];
  const warnings = ['Warning: 299 - "one"', 'Warning: 299 - "two"'];
  await using server = rawServer(async (connection) => {
    await connection.readHead();
    await connection.write(rawAnswer("401 Unauthorized", "", `${[...lines, ...warnings].join("\r\n")}\r\n`));
  }, cert);
  const { headers, body } = await rig.send(`${scheme}://127.0.0.1:${server.port}/`);
  await body?.cancel();
  assert.equal(headers.get("www-authenticate"), 'Bearer realm="a,b", Basic');
  assert.equal(headers.get("link"), "<a>, <b>");
  assert.equal(headers.get("warning"), '299 - "one", 299 - "two"');
});

Deno.test.each(ways)("transport does not follow redirects: $tls", async ({ tls, scheme, cert }) => {
  await using rig = transportRig({ tls, certificates });
  await using server = rawServer(async (connection) => {
    await connection.readHead();
    await connection.write(rawAnswer("307 Elsewhere", "", "location: https://other.test/\r\n"));
  }, cert);
  const response = await rig.send(`${scheme}://127.0.0.1:${server.port}/`);
  await response.body?.cancel();
  assert.equal(response.status, 307);
  assert.equal(response.headers.get("location"), "https://other.test/");
});

Deno.test.each(ways)("transport gives the length of what HEAD does not send: $tls", async ({ tls, scheme, cert }) => {
  await using rig = transportRig({ tls, certificates });
  await using server = rawServer(async (connection) => {
    for (let round = 0; round < 2; round++) {
      await connection.readHead();
      await connection.write("HTTP/1.1 200 OK\r\ncontent-length: 123456\r\n\r\n");
    }
  }, cert);
  for (let round = 0; round < 2; round++) {
    const response = await rig.send(`${scheme}://127.0.0.1:${server.port}/`, { method: "HEAD" });
    assert.equal(response.headers.get("content-length"), "123456");
    assert.equal(await bodyText(response), "");
  }
  assert.equal(server.accepted, 1);
});

Deno.test.each(ways)("transport gives bodies as byte streams: $tls", async ({ tls, scheme, cert }) => {
  await using rig = transportRig({ tls, certificates });
  const text = "0123456789".repeat(50_000);
  await using server = rawServer(async (connection) => {
    await connection.readHead();
    await connection.write(rawAnswer("200 OK", text));
  }, cert);
  const { body } = await rig.send(`${scheme}://127.0.0.1:${server.port}/`);
  assert(body !== null);
  const reader = body.getReader({ mode: "byob" });
  const { value } = await reader.read(new Uint8Array(500_000), { min: 500_000 });
  assert.equal(new TextDecoder().decode(value), text);
  assert((await reader.read(new Uint8Array(1))).done);
});

Deno.test.each(ways)("transport reports a connection that closes without an answer: $tls", async (way) => {
  await using rig = transportRig({ tls: way.tls, certificates });
  await using server = rawServer(async (connection) => void await connection.readHead(), way.cert);
  await assert.rejects(rig.send(`${way.scheme}://127.0.0.1:${server.port}/`), (error) => {
    return error instanceof TransportError && error.code === "TRANSPORT" && !error.isPermanent;
  });
});

Deno.test.each(ways)("transport reports what is no HTTP: $tls", async (way) => {
  await using rig = transportRig({ tls: way.tls, certificates });
  await using server = rawServer(async (connection) => {
    await connection.readHead();
    await connection.write("SSH-2.0-test\r\n\r\n");
  }, way.cert);
  await assert.rejects(rig.send(`${way.scheme}://127.0.0.1:${server.port}/`), { code: "TRANSPORT" });
});

Deno.test.each(ways)("transport fails when a body breaks off, as toTransportError() tells: $tls", async (way) => {
  await using rig = transportRig({ tls: way.tls, certificates });
  await using server = rawServer(async (connection) => {
    await connection.readHead();
    await connection.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort");
  }, way.cert);
  const response = await rig.send(`${way.scheme}://127.0.0.1:${server.port}/`);
  await assert.rejects(bodyText(response), (error) => {
    const known = toTransportError(error, { url: response.url });
    return known instanceof TransportError && known.code === "TRANSPORT" && /^(?:broken|reset)$/.test(known.fault);
  });
});

Deno.test.each(ways)("transport sends nothing once the signal is aborted: $tls", async ({ tls, scheme }) => {
  await using rig = transportRig({ tls, certificates });
  const reason = new Error("never mind");
  const signal = AbortSignal.abort(reason);
  await assert.rejects(rig.send(`${scheme}://127.0.0.1:9/`, { signal }), (error) => error === reason);
});

Deno.test.each(ways)("transport throws the signal's reason while it waits for the answer: $tls", async (way) => {
  await using rig = transportRig({ tls: way.tls, certificates });
  const controller = new AbortController();
  const reason = new Error("enough");
  await using server = rawServer(async (connection) => {
    await connection.readHead();
    controller.abort(reason);
    await connection.drain();
  }, way.cert);
  await assert.rejects(
    rig.send(`${way.scheme}://127.0.0.1:${server.port}/`, { signal: controller.signal }),
    (error) => error === reason,
  );
});

Deno.test.each(ways)("transport fails a body with the signal's reason: $tls", async (way) => {
  await using rig = transportRig({ tls: way.tls, certificates });
  const controller = new AbortController();
  const reason = new Error("enough");
  await using server = rawServer(async (connection) => {
    await connection.readHead();
    await connection.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nsome");
    await connection.drain();
  }, way.cert);
  const { body } = await rig.send(`${way.scheme}://127.0.0.1:${server.port}/`, { signal: controller.signal });
  assert(body !== null);
  const reader = body.getReader();
  await reader.read();
  controller.abort(reason);
  await assert.rejects(reader.read(), (error) => error === reason);
});

Deno.test.each(ways)("transport pool closes connections that are in use: $tls", async ({ tls, scheme, cert }) => {
  await using server = rawServer(async (connection) => {
    await connection.readHead();
    await connection.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nsome");
    await connection.drain();
  }, cert);
  const rig = transportRig({ tls, certificates });
  const { body } = await rig.send(`${scheme}://127.0.0.1:${server.port}/`);
  const reading = new Response(body).text();
  const failed = assert.rejects(reading);
  await rig[Symbol.asyncDispose]();
  await failed;
  await server.done();
});

Deno.test.each(ways)("transport pool closes idle connections: $tls", async ({ tls, scheme, cert }) => {
  await using server = rawServer(async (connection) => {
    await connection.readHead();
    await connection.write(rawAnswer("200 OK"));
    await connection.drain();
  }, cert);
  const rig = transportRig({ tls, certificates });
  await bodyText(await rig.send(`${scheme}://127.0.0.1:${server.port}/`));
  await rig[Symbol.asyncDispose]();
  await server.done();
});
