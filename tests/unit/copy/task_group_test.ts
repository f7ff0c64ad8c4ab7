import assert from "node:assert/strict";
import { TaskGroup } from "../../../lib/copy/task_group.ts";

/** Settles with the signal's reason when it is aborted. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
}

Deno.test("TaskGroup.run() gives what its first member gives, after all have ended", async () => {
  const group = new TaskGroup(undefined);
  let hasEnded = false;
  const result = await group.run(() => {
    void group.add(Promise.resolve().then(() => void group.add(Promise.resolve().then(() => void (hasEnded = true)))));
    return Promise.resolve(7);
  });
  assert.equal(result, 7);
  assert.equal(hasEnded, true);
});

Deno.test("TaskGroup.run() throws the first failure and cancels the others with it", async () => {
  const group = new TaskGroup(undefined);
  const first = new Error("first");
  let reason: unknown;
  const run = group.run(async () => {
    void group.add(
      untilAborted(group.signal).catch((error: unknown) => {
        reason = error;
        throw new Error("second");
      }),
    );
    await group.add(Promise.reject(first));
  });
  await assert.rejects(run, first);
  assert.equal(reason, first);
});

Deno.test("TaskGroup.run() throws a failure that its first member did not see", async () => {
  const group = new TaskGroup(undefined);
  const failure = new Error("no");
  await assert.rejects(
    group.run(() => {
      void group.add(Promise.reject(failure));
      return Promise.resolve();
    }),
    failure,
  );
});

Deno.test("TaskGroup.keep() waits for a promise whose failure matters to nobody", async () => {
  const group = new TaskGroup(undefined);
  await group.run(() => {
    void group.keep(Promise.reject(new Error("no")));
    return Promise.resolve();
  });
  assert.equal(group.signal.aborted, false);
});

Deno.test("TaskGroup.run() throws the reason of the caller's signal", async () => {
  const controller = new AbortController();
  const group = new TaskGroup(controller.signal);
  const run = group.run(() => untilAborted(group.signal).catch(() => Promise.reject(new Error("wrapped"))));
  controller.abort("stop");
  assert.equal(await run.catch((error: unknown) => error), "stop");
});
