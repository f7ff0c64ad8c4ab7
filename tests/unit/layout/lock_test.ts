import assert from "node:assert/strict";
import { takeLock, tryLock } from "../../../lib/layout/lock.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { withTempLayout } from "./temp_layout.ts";

Deno.test("tryLock() gives shared locks to several and the exclusive one to none beside them", async () => {
  await withTempLayout(async (path) => {
    const first = await tryLock(path, "shared", true);
    const second = await tryLock(path, "shared", false);
    assert(first !== undefined && second !== undefined);
    assert.equal(await tryLock(path, "exclusive", false), undefined);
    first.release();
    assert.equal(await tryLock(path, "exclusive", false), undefined);
    second.release();
    const alone = await tryLock(path, "exclusive", false);
    assert(alone !== undefined);
    assert.equal(await tryLock(path, "shared", false), undefined);
    alone.release();
    alone.release();
  });
});

Deno.test("tryLock() creates no file unless told so", async () => {
  await withTempLayout(async (path) => {
    assert.equal(await tryLock(path, "shared", false), undefined);
    await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
  });
});

Deno.test("takeLock() waits until the other one lets go", async () => {
  await withTempLayout(async (path) => {
    const clock = new FakeClock();
    const first = await takeLock(path, "exclusive", { clock });
    let isTaken = false;
    const waiting = takeLock(path, "exclusive", { clock }).then((lock) => {
      isTaken = true;
      return lock;
    });
    while (clock.waiting === 0) await new Promise((resolve) => setTimeout(resolve));
    assert.equal(isTaken, false);
    first.release();
    await clock.advance(10);
    (await waiting).release();
    assert(clock.sleeps.length > 0);
  });
});

Deno.test("takeLock() gives up after the limit and names the file", async () => {
  await withTempLayout(async (path) => {
    const clock = new FakeClock({ isAutomatic: true });
    const first = await takeLock(path, "shared", { clock });
    const refused = takeLock(path, "exclusive", { clock, limitMs: 200 });
    await assert.rejects(
      refused,
      (error: Error) => "code" in error && error.code === "TIMEOUT" && error.message.includes(path),
    );
    first.release();
    assert(Math.max(...clock.sleeps) <= 50);
  });
});

Deno.test("takeLock() ends by its signal", async () => {
  await withTempLayout(async (path) => {
    const clock = new FakeClock();
    const first = await takeLock(path, "exclusive", { clock });
    const abort = new AbortController();
    const waiting = takeLock(path, "shared", { clock, signal: abort.signal });
    const reason = new Error("no longer wanted");
    while (clock.waiting === 0) await new Promise((resolve) => setTimeout(resolve));
    abort.abort(reason);
    await assert.rejects(waiting, reason);
    first.release();
  });
});

Deno.test("release() unlocks also while programs are being started, which have a copy of the open file for a moment", async () => {
  await withTempLayout(async (path) => {
    let isStarting = true;
    const starting = (async () => {
      for (let count = 0; count < 200; count++) await new Deno.Command("true", { stdout: "null" }).spawn().status;
      isStarting = false;
    })();
    while (isStarting) {
      const lock = await tryLock(path, "exclusive", true);
      assert(lock !== undefined);
      lock.release();
    }
    await starting;
  });
});

Deno.test("takeLock() and tryLock() take no lock on a file that was removed while they waited for it", async () => {
  await withTempLayout(async (path) => {
    for (const canCreate of [true, false]) {
      const clock = new FakeClock();
      const remover = await takeLock(path, "exclusive", { clock });
      const waiting = takeLock(path, "exclusive", { clock });
      while (clock.waiting === 0) await new Promise((resolve) => setTimeout(resolve));
      await Deno.remove(path);
      remover.release();
      await clock.advance(10);
      const lock = await waiting;
      // The lock keeps others out, so it is on the file that they would open.
      assert.equal(await tryLock(path, "shared", canCreate), undefined);
      lock.release();
    }
  });
});
