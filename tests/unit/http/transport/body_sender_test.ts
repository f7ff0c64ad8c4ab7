import assert from "node:assert/strict";
import { BodyError, BodySender } from "../../../../lib/http/transport/body_sender.ts";
import { ChunkStream } from "../../../support/transport_rig.ts";

Deno.test("BodySender reads no chunk before the one ahead of it was taken", async () => {
  const body = new ChunkStream(3, 10);
  const taken: (() => void)[] = [];
  const written: number[] = [];
  const sender = new BodySender({ stream: body.stream, length: 30 }, (chunk) => {
    written.push(chunk.length);
    return new Promise((resolve) => taken.push(resolve));
  });
  const sending = sender.send();
  for (let count = 1; count <= 3; count++) {
    // All microtasks run before the next macrotask: what could have been read has been read.
    await new Promise((resolve) => setTimeout(resolve));
    assert.deepEqual({ taken: body.taken, written: written.length }, { taken: count, written: count });
    taken.shift()?.();
  }
  await sending;
});

Deno.test("BodySender cancels the stream when writing fails", async () => {
  const body = new ChunkStream(3, 10);
  const failure = new Error("cannot write");
  const sender = new BodySender({ stream: body.stream, length: 30 }, () => Promise.reject(failure));
  await assert.rejects(sender.send(), (error) => error === failure);
  assert.equal(await body.cancelled, failure);
});

Deno.test("BodySender reports a failed stream as the body's fault", async () => {
  const failure = new Error("source gone");
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({ pull: (controller) => controller.error(failure) });
  const sender = new BodySender({ stream, length: 30 }, () => Promise.resolve());
  await assert.rejects(sender.send(), (error) => error instanceof BodyError && error.cause === failure);
});

Deno.test("BodySender stops before it has begun", async () => {
  const body = new ChunkStream(3, 10);
  const sender = new BodySender({ stream: body.stream, length: 30 }, () => Promise.reject(new Error("must not write")));
  sender.stop("no need");
  await sender.send();
  assert.equal(await body.cancelled, "no need");
});
