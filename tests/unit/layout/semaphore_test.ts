import assert from "node:assert/strict";
import { Semaphore } from "../../../lib/layout/semaphore.ts";

Deno.test("Semaphore.acquire() lets waiters in in their order", async () => {
  const semaphore = new Semaphore(1);
  const order: string[] = [];
  const leave = await semaphore.acquire();
  const waiters = ["a", "b", "c"].map(async (name) => {
    const done = await semaphore.acquire();
    order.push(name);
    done();
  });
  assert.deepEqual(order, []);
  leave();
  leave();
  await Promise.all(waiters);
  assert.deepEqual(order, ["a", "b", "c"]);
});

Deno.test("Semaphore.acquire() takes a waiter whose signal is aborted out of the queue", async () => {
  const semaphore = new Semaphore(1);
  const leave = await semaphore.acquire();
  const abort = new AbortController();
  const reason = new Error("no longer wanted");
  const given = semaphore.acquire(abort.signal);
  const next = semaphore.acquire();
  abort.abort(reason);
  await assert.rejects(given, reason);
  leave();
  (await next)();
  (await semaphore.acquire())();
});
