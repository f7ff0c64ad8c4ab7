import assert from "node:assert/strict";
import { handlerTransport } from "../../../../lib/http/transport/handler_transport.ts";
import type { TransportRequest } from "../../../../lib/http/transport/transport.ts";
import { bodyText, ChunkStream } from "../../../support/transport_rig.ts";

function requestOf(request: Partial<TransportRequest> = {}): TransportRequest {
  return { method: "GET", url: new URL("https://registry.test/v2/"), headers: new Headers(), ...request };
}

Deno.test("handlerTransport() gives the handler's answer", async () => {
  const transport = handlerTransport((request) => {
    return new Response(`${request.method} ${request.url} ${request.headers.get("accept")}`, {
      status: 203,
      headers: [["warning", '299 - "a"'], ["warning", '299 - "b"']],
    });
  });
  const response = await transport(requestOf({ headers: new Headers({ accept: "x/y" }) }));
  assert.equal(response.status, 203);
  assert.equal(response.headers.get("warning"), '299 - "a", 299 - "b"');
  assert.equal(response.url.href, "https://registry.test/v2/");
  assert.equal(await bodyText(response), "GET https://registry.test/v2/ x/y");
});

Deno.test.each([
  { key: "bytes", body: () => new TextEncoder().encode("aaaaaaaaaa") },
  { key: "a stream", body: () => ({ stream: new ChunkStream(2, 5).stream, length: 10 }) },
])("handlerTransport() passes $key on with its length", async ({ body }) => {
  const transport = handlerTransport(async (request) => {
    return new Response(`${request.headers.get("content-length")} ${await request.text()}`);
  });
  assert.equal(await bodyText(await transport(requestOf({ method: "PUT", body: body() }))), "10 aaaaaaaaaa");
});

Deno.test("handlerTransport() does not read a body ahead of the handler, and cancels what that leaves", async () => {
  const body = new ChunkStream(100, 5);
  const transport = handlerTransport(async (request) => {
    const reader = request.body?.getReader();
    await reader?.read();
    return new Response("enough", { status: 413 });
  });
  const response = await transport(requestOf({ method: "PUT", body: { stream: body.stream, length: 500 } }));
  assert.equal(response.status, 413);
  await response.body?.cancel();
  await body.cancelled;
  assert(body.taken < 5, `${body.taken} chunks were taken`);
});

Deno.test("handlerTransport() gives no body for HEAD", async () => {
  const transport = handlerTransport(() => new Response("body", { headers: { "content-length": "4" } }));
  const response = await transport(requestOf({ method: "HEAD" }));
  assert.equal(response.body, null);
  assert.equal(response.headers.get("content-length"), "4");
});

Deno.test("handlerTransport() throws what the body's stream failed with", async () => {
  const failure = new Error("source gone");
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({ pull: (controller) => controller.error(failure) });
  const transport = handlerTransport(async (request) => new Response(await request.text()));
  await assert.rejects(
    transport(requestOf({ method: "PUT", body: { stream, length: 5 } })),
    (error) => error === failure,
  );
});

Deno.test.each([{ key: "short", chunks: 1 }, { key: "long", chunks: 3 }])(
  "handlerTransport() refuses a body that is too $key for its length",
  async ({ chunks }) => {
    const transport = handlerTransport(async (request) => new Response(await request.text()));
    const body = { stream: new ChunkStream(chunks, 5).stream, length: 10 };
    await assert.rejects(transport(requestOf({ method: "PUT", body })), { code: "SIZE_MISMATCH" });
  },
);

Deno.test("handlerTransport() throws the signal's reason before, during and after the answer", async () => {
  const reason = new Error("enough");
  const never = handlerTransport(() => assert.fail("not called"));
  await assert.rejects(never(requestOf({ signal: AbortSignal.abort(reason) })), (error) => error === reason);

  const waiting = new AbortController();
  const hanging = handlerTransport(() => new Promise(() => waiting.abort(reason)));
  await assert.rejects(hanging(requestOf({ signal: waiting.signal })), (error) => error === reason);

  const reading = new AbortController();
  const source = new ChunkStream(100, 5);
  const streaming = handlerTransport(() => new Response(source.stream));
  const { body } = await streaming(requestOf({ signal: reading.signal }));
  assert(body !== null);
  const reader = body.getReader();
  await reader.read();
  reading.abort(reason);
  await assert.rejects(reader.read(), (error) => error === reason);
  assert.equal(await source.cancelled, reason);
});

Deno.test("handlerTransport() throws what the handler threw", async () => {
  const failure = new Error("bug");
  await assert.rejects(handlerTransport(() => Promise.reject(failure))(requestOf()), (error) => error === failure);
});
