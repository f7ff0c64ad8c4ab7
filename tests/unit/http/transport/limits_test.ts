import assert from "node:assert/strict";
import { TimeLimit, untilAborted } from "../../../../lib/http/transport/time_limit.ts";
import { FakeClock } from "../../../support/fake_clock.ts";
import { rawServer } from "../../../support/raw_server.ts";
import { ChunkStream, transportRig } from "../../../support/transport_rig.ts";

Deno.test.each([{ tls: "enabled", afterMs: 10_000 }, { tls: "insecure", afterMs: 40_000 }] as const)(
  "transport gives up a TLS handshake that does not end: $tls",
  async ({ tls, afterMs }) => {
    const clock = new FakeClock();
    await using rig = transportRig({ tls, clock });
    const arrived = Promise.withResolvers<void>();
    await using server = rawServer(async (connection) => {
      await connection.readBytes(1);
      arrived.resolve();
      await connection.drain();
    });
    const body = new ChunkStream(1, 5);
    const sending = rig.send(`https://127.0.0.1:${server.port}/`, {
      method: "PUT",
      body: { stream: body.stream, length: 5 },
    });
    const failed = assert.rejects(sending, { code: "TIMEOUT" });
    await arrived.promise;
    await clock.advance(afterMs - 1);
    assert.equal(clock.waiting, 1);
    await clock.advance(1);
    await failed;
    assert.equal(body.taken, 0);
  },
);

Deno.test("TimeLimit goes off when time is up, when the caller's signal does, or not at all", async () => {
  const clock = new FakeClock();
  const late = new Error("late");
  using limit = new TimeLimit(100, undefined, clock, () => late);
  await clock.advance(99);
  assert(!limit.signal.aborted);
  await clock.advance(1);
  assert.equal(limit.signal.reason, late);

  const caller = new AbortController();
  using following = new TimeLimit(100, caller.signal, clock, () => late);
  caller.abort("caller");
  assert.equal(following.signal.reason, "caller");

  const stopped = new TimeLimit(100, undefined, clock, () => late);
  stopped[Symbol.dispose]();
  using unlimited = new TimeLimit(0, undefined, clock, () => late);
  await clock.advance(1000);
  assert(!stopped.signal.aborted && !unlimited.signal.aborted);
});

Deno.test("untilAborted() hands what comes too late to who cleans up", async () => {
  const controller = new AbortController();
  const { promise, resolve } = Promise.withResolvers<string>();
  const late: string[] = [];
  const waiting = untilAborted(promise, controller.signal, (value) => late.push(value));
  controller.abort(new Error("enough"));
  await assert.rejects(waiting, { message: "enough" });
  resolve("connection");
  await promise;
  assert.deepEqual(late, ["connection"]);
});
