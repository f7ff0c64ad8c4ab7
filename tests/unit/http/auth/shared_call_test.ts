import { equal, rejects } from "node:assert/strict";
import { SharedCall } from "../../../../lib/http/auth/shared_call.ts";

/** Work that ends only when it is aborted. */
function endless(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
}

Deno.test("SharedCall gives all waiters one result", async () => {
  let runs = 0;
  const call = new SharedCall(() => Promise.resolve(++runs));
  equal(await call.wait(), 1);
  equal(await call.wait(new AbortController().signal), 1);
  equal(call.isAbandoned, false);
});

Deno.test("SharedCall is abandoned once the last waiter has left, and not before", async () => {
  const call = new SharedCall(endless);
  const controllers = [new AbortController(), new AbortController()];
  const waits = controllers.map(({ signal }) => call.wait(signal));
  controllers[0]?.abort(new Error("first"));
  await rejects(waits[0] ?? Promise.resolve(), /first/);
  equal(call.isAbandoned, false);
  controllers[1]?.abort(new Error("second"));
  await rejects(waits[1] ?? Promise.resolve(), /second/);
  equal(call.isAbandoned, true);
});

Deno.test("SharedCall is not abandoned by those who leave after its end", async () => {
  const call = new SharedCall(() => Promise.resolve(7));
  await call.wait();
  await rejects(call.wait(AbortSignal.abort(new Error("late"))), /late/);
  equal(call.isAbandoned, false);
});

Deno.test("SharedCall hands failures to all who wait, and to nobody else", async () => {
  const unheard = new SharedCall(() => Promise.reject(new Error("unheard")));
  const call = new SharedCall(() => Promise.reject(new Error("failed")));
  await Promise.all([rejects(call.wait(), /failed/), rejects(call.wait(), /failed/)]);
  equal(unheard.isAbandoned, false);
});

Deno.test("SharedCall can be ended for everybody", async () => {
  const call = new SharedCall(endless);
  const waits = [call.wait(), call.wait()];
  call.abort(new Error("closed"));
  for (const wait of waits) await rejects(wait, /closed/);
});
