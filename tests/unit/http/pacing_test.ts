import assert from "node:assert/strict";
import { Pacing } from "../../../lib/http/pacing.ts";
import { clientRig, manifestRequest } from "../../support/client_rig.ts";
import { FakeClock, settle } from "../../support/fake_clock.ts";

Deno.test("Pacing spaces starts evenly, per host", async () => {
  const clock = new FakeClock();
  const pacing = new Pacing(clock);
  const start = clock.now();
  const times: string[] = [];
  const enter = (host: string): Promise<void> =>
    pacing.ready(host, 10).then(() => {
      times.push(`${host} ${clock.now() - start}`);
    });
  await clock.run(Promise.all([enter("a"), enter("a"), enter("a"), enter("b")]));
  assert.deepEqual(times, ["a 0", "b 0", "a 100", "a 200"]);
});

Deno.test("Pacing gives back the place of whoever stops waiting", async () => {
  const clock = new FakeClock();
  const pacing = new Pacing(clock);
  const start = clock.now();
  await pacing.ready("a", 1);
  const controller = new AbortController();
  const reason = new Error("enough");
  const refused = assert.rejects(pacing.ready("a", 1, controller.signal), reason);
  await settle();
  controller.abort(reason);
  await refused;
  await clock.run(pacing.ready("a", 1));
  assert.equal(clock.now() - start, 1000);
  await assert.rejects(pacing.ready("a", 0, controller.signal), reason);
});

Deno.test("Pacing keeps the longer of two pauses, and waits on when one is prolonged", async () => {
  const clock = new FakeClock();
  const pacing = new Pacing(clock);
  const start = clock.now();
  pacing.pause("a", 5000);
  pacing.pause("a", 1000);
  assert.equal(pacing.pausedUntil("a") - start, 5000);
  let isReady = false;
  const ready = pacing.ready("a", 0).then(() => isReady = true);
  await clock.advance(4000);
  pacing.pause("a", 5000);
  await clock.advance(4000);
  assert.equal(isReady, false);
  await clock.run(ready);
  assert.equal(clock.now() - start, 9000);
  assert.equal(pacing.pausedUntil("b"), 0);
});

Deno.test("Pacing holds back starts that were only spaced when a pause comes", async () => {
  const clock = new FakeClock();
  const pacing = new Pacing(clock);
  const start = clock.now();
  await pacing.ready("a", 1);
  const second = pacing.ready("a", 1);
  await settle();
  pacing.pause("a", 10_000);
  await clock.run(second);
  assert(clock.now() - start >= 10_000);
});

Deno.test("createHttpClient() spaces requests by reqPerSec, and waits can be aborted", async () => {
  await using rig = clientRig(() => ({ body: "ok" }), { settings: { "reg.example.org": { reqPerSec: 10 } } });
  const start = rig.clock.now();
  for (let count = 0; count < 4; count++) await rig.send();
  assert.equal(rig.clock.now() - start, 300);
  const controller = new AbortController();
  const refused = assert.rejects(rig.client.send(manifestRequest({ signal: controller.signal })), {
    message: "enough",
  });
  await settle();
  controller.abort(new Error("enough"));
  await refused;
  assert.equal(rig.lines().length, 4);
});
