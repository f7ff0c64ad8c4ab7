import assert from "node:assert/strict";
import { RegkitError } from "../../../lib/errors.ts";
import type { BodyWatch } from "../../../lib/http/stall.ts";
import { watchBody } from "../../../lib/http/stall.ts";
import type { TransportRequest } from "../../../lib/http/transport/transport.ts";
import { Watchdog } from "../../../lib/http/watchdog.ts";
import { clientRig, manifestRequest } from "../../support/client_rig.ts";
import { FakeClock, settle } from "../../support/fake_clock.ts";
import { streamOf } from "../../support/scripted_transport.ts";

type Bytes = Uint8Array<ArrayBuffer>;

function watchRig(body: ReadableStream<Bytes>, watch: Partial<BodyWatch> = {}) {
  const clock = new FakeClock();
  const ends: unknown[] = [];
  const stream = watchBody(body, {
    stallMs: 1000,
    clock,
    from: "reg.example.org",
    signal: undefined,
    length: undefined,
    onEnd: (error) => ends.push(error),
    ...watch,
  });
  return { clock, ends, stream };
}

/** A byte stream that gives pieces of `size` bytes, numbered, and then ends or fails. */
function byteStream(count: number, size: number, failure?: Error): ReadableStream<Bytes> {
  let given = 0;
  return new ReadableStream({
    type: "bytes",
    pull(controller) {
      if (given < count) {
        controller.enqueue(new Uint8Array(size).fill(++given));
        return;
      }
      if (failure !== undefined) return controller.error(failure);
      controller.close();
      controller.byobRequest?.respond(0);
    },
  });
}

async function chunksOf(stream: ReadableStream<Bytes>): Promise<Bytes[]> {
  const chunks: Bytes[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

Deno.test("watchBody() gives the first bytes of a byte stream as they come, and then large chunks", async () => {
  const rig = watchRig(byteStream(160, 16 * 1024));
  const chunks = await chunksOf(rig.stream);
  const kib = chunks.map((chunk) => chunk.length / 1024);
  assert.deepEqual(kib, [16, 128, ...Array<number>(9).fill(256), 112]);
  const bytes = new Uint8Array(await new Blob(chunks).arrayBuffer());
  assert(bytes.every((byte, index) => byte === Math.floor(index / 16384) % 256 + 1));
  assert.deepEqual(rig.ends, [undefined]);
  assert.equal(rig.clock.waiting, 0);
});

Deno.test("watchBody() needs no more memory than the body has bytes", async () => {
  const rig = watchRig(byteStream(3, 10), { length: 30 });
  for (const chunk of await chunksOf(rig.stream)) assert(chunk.buffer.byteLength <= 31);
});

Deno.test("watchBody() passes the chunks of other streams on as they are", async () => {
  const pieces = [new Uint8Array(3), new Uint8Array(5)];
  const chunks = await chunksOf(watchRig(streamOf(...pieces)).stream);
  assert.deepEqual(chunks.map((chunk, index) => chunk === pieces[index]), [true, true]);
});

Deno.test("watchBody() gives an empty body", async () => {
  assert.deepEqual(await chunksOf(watchRig(byteStream(0, 0)).stream), []);
  assert.deepEqual(await chunksOf(watchRig(streamOf()).stream), []);
});

Deno.test("watchBody() gives at least the first bytes before a body breaks off", async () => {
  const rig = watchRig(byteStream(2, 10, new Error("connection lost")));
  const reader = rig.stream.getReader();
  assert.equal((await reader.read()).value?.length, 10);
  await assert.rejects(reader.read(), { code: "TRANSPORT", message: /reg\.example\.org broke off: .*connection lost/ });
  assert.deepEqual(rig.ends.map((error) => error instanceof RegkitError && error.code), ["TRANSPORT"]);
});

Deno.test("watchBody() keeps the codes of errors that have one", async () => {
  const failure = new RegkitError("TLS", "bad record");
  await assert.rejects(chunksOf(watchRig(byteStream(0, 0, failure)).stream), failure);
});

Deno.test("watchBody() fails when no byte comes for too long, and lets go of the body", async () => {
  let cancelled: unknown;
  const body = new ReadableStream<Bytes>({ cancel: (reason) => cancelled = reason });
  const rig = watchRig(body);
  const failed = assert.rejects(chunksOf(rig.stream), { code: "STALLED", message: /no byte for 1 seconds/ });
  await rig.clock.advance(999);
  assert.deepEqual(rig.ends, []);
  await rig.clock.advance(1);
  await failed;
  assert(cancelled instanceof RegkitError && rig.ends[0] === cancelled);
  assert.equal(rig.clock.waiting, 0);
});

Deno.test("watchBody() does not count the time in which nobody reads", async () => {
  const rig = watchRig(byteStream(100, 64 * 1024));
  const reader = rig.stream.getReader();
  for (let count = 0; count < 5; count++) {
    assert((await reader.read()).done === false);
    await rig.clock.advance(10_000);
  }
  await reader.cancel();
  assert.deepEqual(rig.ends, [undefined]);
  assert.equal(rig.clock.waiting, 0);
});

Deno.test("watchBody() counts every byte as progress while a large chunk fills", async () => {
  const clock = new FakeClock();
  let given = 0;
  const body = new ReadableStream({
    type: "bytes",
    async pull(controller) {
      await clock.sleep(900);
      if (given++ < 20) controller.enqueue(new Uint8Array(10));
      else {
        controller.close();
        controller.byobRequest?.respond(0);
      }
    },
  });
  const rig = watchRig(body, { clock });
  const chunks = await clock.run(chunksOf(rig.stream));
  assert.deepEqual(chunks.map((chunk) => chunk.length), [10, 190]);
});

Deno.test("watchBody() ends with the signal's reason", async () => {
  const controller = new AbortController();
  let cancelled: unknown;
  const rig = watchRig(new ReadableStream({ cancel: (reason) => cancelled = reason }), { signal: controller.signal });
  const reason = new Error("enough");
  const failed = assert.rejects(chunksOf(rig.stream), reason);
  await settle();
  controller.abort(reason);
  await failed;
  assert.equal(cancelled, reason);
  await assert.rejects(chunksOf(watchRig(streamOf("x"), { signal: controller.signal }).stream), reason);
});

Deno.test("Watchdog takes a later limit, an earlier one, and rest", async () => {
  const clock = new FakeClock();
  const start = clock.now();
  const late: number[] = [];
  const dog = () => new Watchdog(clock, () => late.push(clock.now() - start));
  const later = dog();
  later.expect(100);
  later.expect(300);
  const earlier = dog();
  earlier.expect(500);
  earlier.expect(200);
  const resting = dog();
  resting.expect(50);
  resting.rest();
  const closed = dog();
  closed.expect(10);
  closed.close();
  closed.expect(10);
  await clock.advance(1000);
  assert.deepEqual(late, [200, 300]);
  assert.equal(clock.waiting, 0);
});

const never = <T>(signal?: AbortSignal): Promise<T> =>
  new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));

Deno.test.each(
  [
    { method: "GET", body: undefined, limitMs: 4 * 60_000 },
    { method: "PUT", body: () => new Uint8Array(3), limitMs: 20 * 60_000 },
  ] as const,
)("createHttpClient() waits for the headers of a $method for $limitMs ms", async ({ method, body, limitMs }) => {
  await using rig = clientRig(() => never());
  const sent = rig.client.send(manifestRequest({ method, body, isRepeatable: false }));
  const failed = assert.rejects(sent, { code: "TIMEOUT" });
  await rig.clock.advance(limitMs - 1);
  assert.equal(rig.logger.of("Request failed").length, 0);
  await rig.clock.advance(1);
  await failed;
});

/** A transport that takes `chunks` chunks of a body and then does what it is told. */
function takingTransport(chunks: number, then: (request: TransportRequest) => Promise<never>) {
  return async (request: TransportRequest) => {
    assert(request.body !== undefined && !(request.body instanceof Uint8Array));
    const reader = request.body.stream.getReader();
    for (let count = 0; count < chunks; count++) await reader.read();
    return await then(request);
  };
}

Deno.test("createHttpClient() fails an upload whose bytes are not taken any more", async () => {
  let cancelled = false;
  const stream = () =>
    new ReadableStream<Bytes>({
      pull: (controller) => controller.enqueue(new Uint8Array(512 * 1024)),
      cancel: () => {
        cancelled = true;
      },
    }, { highWaterMark: 0 });
  await using rig = clientRig([], { transport: takingTransport(2, ({ signal }) => never(signal)) });
  const sent = rig.client.send(manifestRequest({
    method: "PUT",
    isRepeatable: false,
    body: () => ({ stream: stream(), length: 10 * 1024 * 1024 }),
  }));
  const failed = assert.rejects(sent, { code: "STALLED", message: /stopped taking the body of PUT/ });
  // 512 KiB may take twice the time of 256 KiB.
  await rig.clock.advance(2 * 60_000);
  await failed;
  assert(cancelled);
});

Deno.test("createHttpClient() does not blame the host for a source that is slow", async () => {
  const clock = new FakeClock();
  let given = 0;
  const stream = new ReadableStream<Bytes>({
    async pull(controller) {
      await clock.sleep(3_600_000);
      controller.enqueue(new Uint8Array(5));
      if (++given === 2) controller.close();
    },
  }, { highWaterMark: 0 });
  await using rig = clientRig([{ status: 201 }], { clock });
  const sent = rig.client.send(manifestRequest({
    method: "PUT",
    expect: [201],
    isRepeatable: false,
    body: () => ({ stream, length: 10 }),
  }));
  assert.equal((await clock.run(sent)).status, 201);
});

Deno.test("createHttpClient() repeats what timed out", async () => {
  let sends = 0;
  await using rig = clientRig(() => ++sends === 1 ? never() : { body: "ok" });
  assert.equal(await rig.send(), "ok");
});

Deno.test("createHttpClient() hands out bodies that fail when they stall", async () => {
  await using rig = clientRig([{ body: new ReadableStream() }]);
  const answer = await rig.client.send(manifestRequest({ kind: "blob" }));
  await assert.rejects(rig.clock.run(new Response(answer.body).text()), { code: "STALLED" });
});
