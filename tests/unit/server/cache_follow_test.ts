import assert from "node:assert/strict";
import { followTransfer } from "../../../lib/server/cache/follow_transfer.ts";
import { settle } from "../../support/fake_clock.ts";

type Chunk = Uint8Array<ArrayBuffer>;

/** A transfer of 100 bytes, half of which have arrived; counts what is open of it. */
class HalfTransfer {
  readonly isDone = false;
  available = 50;
  opened = 0;
  left = 0;
  /** What a part waits for before it can be opened. */
  opening: Promise<void> = Promise.resolve();

  progress(): Promise<void> {
    return new Promise(() => {});
  }

  async open(_start: number, _length: number): Promise<ReadableStream<Chunk>> {
    this.opened++;
    await this.opening;
    return new ReadableStream({ cancel: () => void this.left++ });
  }
}

Deno.test("followTransfer() leaves nothing open for who leaves while a part is being opened", async () => {
  const transfer = new HalfTransfer();
  const opening = Promise.withResolvers<void>();
  transfer.opening = opening.promise;
  const reader = followTransfer(transfer, 0, 100).getReader();
  const reading = reader.read();
  await settle();
  await reader.cancel();
  opening.resolve();
  assert.deepEqual(await reading, { done: true, value: undefined });
  await settle();
  assert.deepEqual([transfer.opened, transfer.left], [1, 1]);
});

Deno.test("followTransfer() opens nothing more for who left while a part was read", async () => {
  const transfer = new HalfTransfer();
  const reader = followTransfer(transfer, 0, 100).getReader();
  const reading = reader.read();
  await settle();
  transfer.available = 90;
  await reader.cancel();
  await reading;
  await settle();
  assert.deepEqual([transfer.opened, transfer.left], [1, 1]);
});
