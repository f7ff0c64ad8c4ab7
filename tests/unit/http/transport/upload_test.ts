import assert from "node:assert/strict";
import { RegkitError } from "../../../../lib/errors.ts";
import { TransportError } from "../../../../lib/http/transport/transport_error.ts";
import type { TlsMode } from "../../../../lib/settings/host.ts";
import { newAuthority, signedBy } from "../../../support/certificates.ts";
import { rawAnswer, rawServer } from "../../../support/raw_server.ts";
import { bodyText, ChunkStream, type TransportRig, transportRig } from "../../../support/transport_rig.ts";

const authority = newAuthority();
const certified = signedBy(authority, { names: ["localhost", "127.0.0.1"] });
const certificates = { authorities: [authority.cert] };

/** Each way that a stream can take: a plain socket, a TLS socket, and node:https. */
const ways: readonly { tls: TlsMode; scheme: string }[] = [
  { tls: "disabled", scheme: "http" },
  { tls: "enabled", scheme: "https" },
  { tls: "insecure", scheme: "https" },
];

const chunk = 64 * 1024;

/** A rig for a way, and the server's certificate where it needs one. */
function rigFor(tls: TlsMode): { rig: TransportRig; cert: typeof certified | undefined } {
  return { rig: transportRig({ tls, certificates }), cert: tls === "disabled" ? undefined : certified };
}

Deno.test.each(ways)("transport sends a stream with Content-Length and not chunked: $tls", async ({ tls, scheme }) => {
  const { rig, cert } = rigFor(tls);
  await using _rig = rig;
  let head = "";
  await using server = rawServer(async (connection) => {
    head = await connection.readHead();
    await connection.readBytes(3 * chunk);
    await connection.write(rawAnswer("201 Created", "", "location: /v2/x\r\n"));
  }, cert);
  const response = await rig.send(`${scheme}://127.0.0.1:${server.port}/v2/a/blobs/uploads/1?digest=sha256:0`, {
    method: "PUT",
    headers: new Headers({ "content-type": "application/octet-stream" }),
    body: { stream: new ChunkStream(3, chunk).stream, length: 3 * chunk },
  });
  await response.body?.cancel();
  await server.done();
  assert.equal(response.status, 201);
  assert.equal(response.headers.get("location"), "/v2/x");
  assert.match(head, /^PUT \/v2\/a\/blobs\/uploads\/1\?digest=sha256:0 HTTP\/1\.1\r\n/);
  assert.match(head, new RegExp(`\r\ncontent-length: ${3 * chunk}\r\n`, "i"));
  assert.match(head, /\r\ncontent-type: application\/octet-stream\r\n/i);
  assert.match(head, /\r\naccept-encoding: identity\r\n/i);
  assert.match(head, new RegExp(`\r\nhost: 127\\.0\\.0\\.1:${server.port}\r\n`, "i"));
  assert.doesNotMatch(head, /transfer-encoding/i);
});

Deno.test.each(ways)(
  "transport returns an early 413 and cancels the rest of the body: $tls",
  async ({ tls, scheme }) => {
    const { rig, cert } = rigFor(tls);
    await using _rig = rig;
    const answered = Promise.withResolvers<void>();
    await using server = rawServer(async (connection) => {
      await connection.readHead();
      await connection.write(rawAnswer("413 Too Large", "too large"));
      await answered.promise;
    }, cert);
    const body = new ChunkStream(1_000_000, chunk);
    const response = await rig.send(`${scheme}://127.0.0.1:${server.port}/upload`, {
      method: "PUT",
      body: { stream: body.stream, length: 1_000_000 * chunk },
    });
    assert.equal(response.status, 413);
    await body.cancelled;
    assert(body.taken < 1000, `${body.taken} chunks were taken`);
    assert.equal(await bodyText(response), "too large");
    answered.resolve();
  },
);

Deno.test.each(ways)("transport returns an early 401 although the body's source gives nothing: $tls", async (way) => {
  const { rig, cert } = rigFor(way.tls);
  await using _rig = rig;
  await using server = rawServer(async (connection) => {
    await connection.readHead();
    await connection.write(rawAnswer("401 Unauthorized", "", "www-authenticate: Basic\r\n"));
    await connection.drain();
  }, cert);
  const cancelled = Promise.withResolvers<unknown>();
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: () => new Promise(() => {}),
    cancel: cancelled.resolve,
  });
  const response = await rig.send(`${way.scheme}://127.0.0.1:${server.port}/upload`, {
    method: "PUT",
    body: { stream, length: 10 },
  });
  await cancelled.promise;
  assert.equal(response.status, 401);
  assert.equal(response.headers.get("www-authenticate"), "Basic");
  await response.body?.cancel();
});

Deno.test.each(ways)("transport reports a reset in the middle of an upload: $tls", async ({ tls, scheme }) => {
  const { rig, cert } = rigFor(tls);
  await using _rig = rig;
  await using server = rawServer(async (connection) => {
    await connection.readHead();
    await connection.readBytes(chunk);
  }, cert);
  const body = new ChunkStream(1_000_000, chunk);
  await assert.rejects(
    rig.send(`${scheme}://127.0.0.1:${server.port}/upload`, {
      method: "PUT",
      body: { stream: body.stream, length: 1_000_000 * chunk },
    }),
    (error) => {
      assert(error instanceof TransportError);
      assert.equal(error.code, "TRANSPORT");
      assert.match(error.fault, /^(?:reset|broken)$/);
      assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${server.port}`));
      return true;
    },
  );
  await body.cancelled;
});

Deno.test.each(ways)("transport reports an answer's body that breaks off: $tls", async ({ tls, scheme }) => {
  const { rig, cert } = rigFor(tls);
  await using _rig = rig;
  await using server = rawServer(async (connection) => {
    await connection.readHead();
    await connection.readBytes(chunk);
    await connection.write("HTTP/1.1 400 Bad\r\ncontent-length: 100\r\n\r\nshort");
  }, cert);
  const response = await rig.send(`${scheme}://127.0.0.1:${server.port}/upload`, {
    method: "PUT",
    body: { stream: new ChunkStream(1, chunk).stream, length: chunk },
  });
  await assert.rejects(bodyText(response), { code: "TRANSPORT" });
});

Deno.test.each(ways)("transport reports a refused connection, with its port: $tls", async ({ tls, scheme }) => {
  await using rig = transportRig({ tls, certificates });
  const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = free.addr as Deno.NetAddr;
  free.close();
  const body = new ChunkStream(1, 5);
  await assert.rejects(
    rig.send(`${scheme}://127.0.0.1:${port}/`, { method: "PUT", body: { stream: body.stream, length: 5 } }),
    (error) => error instanceof TransportError && error.fault === "refused" && error.message.includes(`:${port}`),
  );
  assert.equal(body.taken, 0);
});

Deno.test.each(ways)("transport throws what the body's stream failed with: $tls", async ({ tls, scheme }) => {
  const { rig, cert } = rigFor(tls);
  await using _rig = rig;
  await using server = rawServer(async (connection) => void await connection.drain(), cert);
  const failure = new RegkitError("DIGEST_MISMATCH", "not what was asked for");
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({ pull: (controller) => controller.error(failure) });
  await assert.rejects(
    rig.send(`${scheme}://127.0.0.1:${server.port}/`, { method: "PUT", body: { stream, length: 10 } }),
    (error) => error === failure,
  );
});

Deno.test.each([{ key: "short", chunks: 1 }, { key: "long", chunks: 3 }])(
  "transport refuses a body that is too $key for its length",
  async ({ chunks }) => {
    await using rig = transportRig();
    await using server = rawServer(async (connection) => void await connection.drain());
    await assert.rejects(
      rig.send(`http://127.0.0.1:${server.port}/`, {
        method: "PUT",
        body: { stream: new ChunkStream(chunks, 10).stream, length: 20 },
      }),
      { code: "SIZE_MISMATCH" },
    );
  },
);

Deno.test.each(ways)(
  "transport throws the signal's reason when aborted in the middle of an upload: $tls",
  async (way) => {
    const { rig, cert } = rigFor(way.tls);
    await using _rig = rig;
    const controller = new AbortController();
    const reason = new Error("enough");
    await using server = rawServer(async (connection) => {
      await connection.readHead();
      await connection.readBytes(chunk);
      controller.abort(reason);
      await connection.drain();
    }, cert);
    const body = new ChunkStream(1_000_000, chunk);
    await assert.rejects(
      rig.send(`${way.scheme}://127.0.0.1:${server.port}/`, {
        method: "PUT",
        body: { stream: body.stream, length: 1_000_000 * chunk },
        signal: controller.signal,
      }),
      (error) => error === reason,
    );
    await body.cancelled;
  },
);

Deno.test.each(ways)(
  "transport throws the signal's reason when aborted while the answer is awaited: $tls",
  async (way) => {
    const { rig, cert } = rigFor(way.tls);
    await using _rig = rig;
    const controller = new AbortController();
    const reason = new Error("enough");
    await using server = rawServer(async (connection) => {
      await connection.readHead();
      await connection.readBytes(5);
      controller.abort(reason);
      await connection.drain();
    }, cert);
    await assert.rejects(
      rig.send(`${way.scheme}://127.0.0.1:${server.port}/`, {
        method: "PUT",
        body: { stream: new ChunkStream(1, 5).stream, length: 5 },
        signal: controller.signal,
      }),
      (error) => error === reason,
    );
  },
);

Deno.test.each(ways)("transport fails the answer's body with the signal's reason: $tls", async ({ tls, scheme }) => {
  const { rig, cert } = rigFor(tls);
  await using _rig = rig;
  const controller = new AbortController();
  const reason = new Error("enough");
  await using server = rawServer(async (connection) => {
    await connection.readHead();
    await connection.readBytes(5);
    await connection.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nsome");
    await connection.drain();
  }, cert);
  const response = await rig.send(`${scheme}://127.0.0.1:${server.port}/`, {
    method: "PUT",
    body: { stream: new ChunkStream(1, 5).stream, length: 5 },
    signal: controller.signal,
  });
  const text = bodyText(response);
  controller.abort(reason);
  await assert.rejects(text, (error) => error === reason);
});

Deno.test.each(ways)("transport sends uploads one after the other on one connection: $tls", async ({ tls, scheme }) => {
  const { rig, cert } = rigFor(tls);
  await using _rig = rig;
  await using server = rawServer(async (connection) => {
    for (let round = 0; round < 3; round++) {
      await connection.readHead();
      await connection.readBytes(5);
      await connection.write(rawAnswer("201 Created", round === 1 ? "body" : ""));
    }
    await connection.drain();
  }, cert);
  for (let round = 0; round < 3; round++) {
    const response = await rig.send(`${scheme}://127.0.0.1:${server.port}/${round}`, {
      method: "PUT",
      body: { stream: new ChunkStream(1, 5).stream, length: 5 },
    });
    assert.equal(await bodyText(response), round === 1 ? "body" : "");
  }
  assert.equal(server.accepted, 1);
});

Deno.test("transport opens a new connection when the host closed the idle one", async () => {
  await using rig = transportRig();
  const closed = Promise.withResolvers<void>();
  await using server = rawServer(async (connection, index) => {
    await connection.readHead();
    await connection.readBytes(5);
    await connection.write(rawAnswer("201 Created"));
    connection.close();
    if (index === 0) closed.resolve();
  });
  const upload = async (): Promise<number> => {
    const response = await rig.send(`http://127.0.0.1:${server.port}/`, {
      method: "PUT",
      body: { stream: new ChunkStream(1, 5).stream, length: 5 },
    });
    return response.status;
  };
  assert.equal(await upload(), 201);
  await closed.promise;
  // A round trip to another server gives the end of the first connection the time to arrive.
  await using other = rawServer(async (connection) => {
    await connection.readHead();
    await connection.write(rawAnswer("200 OK"));
  });
  await (await rig.send(`http://127.0.0.1:${other.port}/`)).body?.cancel();
  assert.equal(await upload(), 201);
  assert.equal(server.accepted, 2);
});

Deno.test("transport passes over interim answers and reads chunked bodies", async () => {
  await using rig = transportRig();
  await using server = rawServer(async (connection) => {
    await connection.readHead();
    await connection.write("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n");
    await connection.readBytes(5);
    await connection.write(
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nWiki\r\n5;a=b\r\npedia\r\n0\r\nx: y\r\n\r\n",
    );
    await connection.readHead();
    await connection.readBytes(5);
    await connection.write(rawAnswer("200 OK", "again"));
  });
  for (const want of ["Wikipedia", "again"]) {
    const response = await rig.send(`http://127.0.0.1:${server.port}/`, {
      method: "PUT",
      body: { stream: new ChunkStream(1, 5).stream, length: 5 },
    });
    assert.equal(response.status, 200);
    assert.equal(await bodyText(response), want);
  }
  assert.equal(server.accepted, 1);
});

Deno.test("transport reads an answer without a length to the end of the connection", async () => {
  await using rig = transportRig();
  await using server = rawServer(async (connection) => {
    await connection.readHead();
    await connection.readBytes(5);
    await connection.write('HTTP/1.0 500 Oops\r\nwarning: 299 - "a"\r\nwarning: 299 - "b"\r\n\r\nbroken');
  });
  const response = await rig.send(`http://127.0.0.1:${server.port}/`, {
    method: "PUT",
    body: { stream: new ChunkStream(1, 5).stream, length: 5 },
  });
  assert.equal(response.headers.get("warning"), '299 - "a", 299 - "b"');
  assert.equal(await bodyText(response), "broken");
});

Deno.test("transport reads the answer of an upload into the reader's own buffer", async () => {
  await using rig = transportRig();
  await using server = rawServer(async (connection) => {
    await connection.readHead();
    await connection.readBytes(5);
    await connection.write(rawAnswer("200 OK", "0123456789"));
  });
  const { body } = await rig.send(`http://127.0.0.1:${server.port}/`, {
    method: "PUT",
    body: { stream: new ChunkStream(1, 5).stream, length: 5 },
  });
  assert(body !== null);
  const reader = body.getReader({ mode: "byob" });
  const first = await reader.read(new Uint8Array(4), { min: 4 });
  assert.equal(new TextDecoder().decode(first.value), "0123");
  const rest = await reader.read(new Uint8Array(100), { min: 100 });
  assert.equal(new TextDecoder().decode(rest.value), "456789");
  assert((await reader.read(new Uint8Array(1))).done);
});
