import assert from "node:assert/strict";
import { HttpError, RegkitError } from "../../../lib/errors.ts";
import { UpstreamGate } from "../../../lib/server/cache/upstream_gate.ts";
import { CacheRig } from "../../support/cache_rig.ts";
import { FakeClock, settle } from "../../support/fake_clock.ts";
import { putBytes, putRandomImage, randomBytes } from "../../support/random_image.ts";

const unlimited = { concurrency: 16, requestsPerSecond: Infinity, timeoutMs: 30_000 };
const never = new AbortController().signal;
const broken = new RegkitError("TRANSPORT", "no connection");

Deno.test("UpstreamGate lets only so many requests run at once, and keeps a place beside transfers", async () => {
  const gate = new UpstreamGate({ ...unlimited, concurrency: 3 }, new FakeClock());
  const log: string[] = [];
  const ends: (() => void)[] = [];
  const start = (lane: "request" | "transfer", name: string): Promise<void> =>
    gate.run(lane, never, async () => {
      log.push(name);
      await new Promise<void>((resolve) => ends.push(resolve));
    });
  const all = [start("transfer", "t1"), start("transfer", "t2"), start("transfer", "t3"), start("request", "r1")];
  all.push(start("request", "r2"));
  await settle();
  assert.deepEqual(log, ["t1", "t2", "r1"]);
  ends[2]?.();
  await settle();
  assert.deepEqual(log, ["t1", "t2", "r1", "r2"]);
  ends[0]?.();
  await settle();
  assert.deepEqual(log.at(-1), "t3");
  for (const end of ends) end();
  await Promise.all(all);
});

Deno.test("UpstreamGate lets who gives up leave the queue", async () => {
  const gate = new UpstreamGate({ ...unlimited, concurrency: 1 }, new FakeClock());
  const held = Promise.withResolvers<void>();
  const first = gate.run("request", never, () => held.promise);
  const leave = new AbortController();
  const second = gate.run("request", leave.signal, () => Promise.resolve());
  const third = gate.run("request", never, () => Promise.resolve("third"));
  leave.abort(new Error("gone"));
  await assert.rejects(second, /gone/);
  held.resolve();
  await first;
  assert.equal(await third, "third");
});

Deno.test("UpstreamGate paces requests", async () => {
  const clock = new FakeClock();
  const gate = new UpstreamGate({ ...unlimited, requestsPerSecond: 4 }, clock);
  const began = clock.now();
  const running = Promise.all(
    Array.from({ length: 5 }, () => gate.run("request", never, () => Promise.resolve(clock.now() - began))),
  );
  const times = await clock.run(running);
  assert.deepEqual(times, [0, 250, 500, 750, 1000]);
});

Deno.test("UpstreamGate asks nothing before the time the upstream named", async () => {
  const clock = new FakeClock();
  const gate = new UpstreamGate(unlimited, clock);
  const limited = new HttpError("RATE_LIMITED", "slow", {
    status: 429,
    method: "GET",
    url: "https://x/",
    retryAfterMs: 5000,
  });
  await assert.rejects(gate.run("request", never, () => Promise.reject(limited)), { failure: "limited" });
  await clock.advance(4000);
  await assert.rejects(gate.run("request", never, () => Promise.resolve()), { failure: "limited", retryAfterMs: 1000 });
  await clock.advance(1000);
  assert.equal(await gate.run("request", never, () => Promise.resolve("yes")), "yes");
});

Deno.test("UpstreamGate leaves an upstream alone that failed five times, then tries it with one request", async () => {
  const clock = new FakeClock();
  const gate = new UpstreamGate(unlimited, clock);
  let asked = 0;
  const fail = (): Promise<void> => {
    asked++;
    return Promise.reject(broken);
  };
  for (let time = 0; time < 8; time++) {
    await assert.rejects(gate.run("request", never, fail), { failure: "unreachable" });
  }
  assert.equal(asked, 5);
  await clock.advance(30_000);
  const probe = Promise.withResolvers<void>();
  const probing = gate.run("request", never, () => probe.promise);
  await assert.rejects(gate.run("request", never, fail), { failure: "unreachable" });
  assert.equal(asked, 5, "one at a time");
  probe.reject(broken);
  await assert.rejects(probing);
  await clock.advance(59_000);
  await assert.rejects(gate.run("request", never, fail));
  assert.equal(asked, 5, "twice as long after another failure");
  await clock.advance(1_000);
  await gate.run("request", never, () => Promise.resolve());
  await assert.rejects(gate.run("request", never, fail));
  await assert.rejects(gate.run("request", never, fail));
  assert.equal(asked, 7, "counted anew after a success");
});

Deno.test("UpstreamGate does not count absences and own faults as failures of the upstream", async () => {
  const gate = new UpstreamGate(unlimited, new FakeClock());
  for (let time = 0; time < 10; time++) {
    await assert.rejects(gate.run("request", never, () => Promise.reject(new RegkitError("NOT_FOUND", "no"))), {
      failure: "absent",
    });
    await assert.rejects(gate.run("request", never, () => Promise.reject(new Error("disk"))), /disk/);
  }
  assert.equal(await gate.run("request", never, () => Promise.resolve(1)), 1);
});

Deno.test("UpstreamGate blames nobody for its own pace, and takes no time from those behind who gives up", async () => {
  const clock = new FakeClock();
  const gate = new UpstreamGate({ concurrency: 64, requestsPerSecond: 0.5, timeoutMs: 29_000 }, clock);
  let asked = 0;
  const ask = (): Promise<number> => gate.run("request", never, () => Promise.resolve(++asked));
  const results = Promise.allSettled(Array.from({ length: 40 }, ask));
  await clock.advance(29_000);
  const reasons = (await results).filter((result) => result.status === "rejected").map(({ reason }) => reason.failure);
  assert.equal(asked, 15);
  assert.deepEqual(reasons, Array(25).fill("timeout"));
  const next = ask();
  await clock.advance(1_000);
  assert.equal(await next, 16);
});

Deno.test("UpstreamGate lets a transfer wait longer for its place than a request, but not for ever", async () => {
  const clock = new FakeClock();
  const gate = new UpstreamGate({ ...unlimited, concurrency: 1 }, clock);
  const held = Promise.withResolvers<void>();
  const first = gate.run("transfer", never, () => held.promise);
  const log: string[] = [];
  const wait = (lane: "request" | "transfer"): Promise<void> =>
    gate.run(lane, never, () => Promise.resolve()).catch(({ failure }) => void log.push(`${lane} ${failure}`));
  const waiting = Promise.all([wait("transfer"), wait("request")]);
  await clock.advance(30_000);
  assert.deepEqual(log, ["request timeout"]);
  await clock.advance(270_000);
  assert.deepEqual(log, ["request timeout", "transfer timeout"]);
  await waiting;
  held.resolve();
  await first;
  assert.equal(await gate.run("request", never, () => Promise.resolve("free")), "free");
});

Deno.test.each([{ isMoving: true }, { isMoving: false }])(
  "UpstreamGate does not count a timeout while others receive: $isMoving",
  async ({ isMoving }) => {
    const clock = new FakeClock();
    const gate = new UpstreamGate(unlimited, clock);
    const hang = async (): Promise<never> => {
      await clock.sleep(30_000);
      throw new RegkitError("TIMEOUT", "too slow");
    };
    const hanging = Promise.allSettled(Array.from({ length: 5 }, () => gate.run("request", never, hang)));
    await clock.advance(20_000);
    if (isMoving) gate.noteProgress();
    await clock.advance(10_000);
    await hanging;
    const next = gate.run("request", never, () => Promise.resolve("asked")).catch(({ failure }) => failure);
    assert.equal(await next, isMoving ? "asked" : "unreachable");
  },
);

Deno.test("UpstreamGate trusts an upstream again as soon as it answers, however long the rest takes", async () => {
  const clock = new FakeClock();
  const gate = new UpstreamGate(unlimited, clock);
  for (let time = 0; time < 5; time++) {
    await assert.rejects(gate.run("request", never, () => Promise.reject(broken)));
  }
  await clock.advance(30_000);
  const answered = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const probe = gate.run("transfer", never, async (tell) => {
    await answered.promise;
    tell();
    await ended.promise;
  });
  const ask = () => gate.run("request", never, () => Promise.resolve("asked"));
  await settle();
  await assert.rejects(ask(), { failure: "unreachable" });
  answered.resolve();
  await settle();
  assert.equal(await ask(), "asked");
  ended.resolve();
  await probe;
});

Deno.test("UpstreamGate heeds how long an upstream that is down asks to wait", async () => {
  const clock = new FakeClock();
  const gate = new UpstreamGate(unlimited, clock);
  const down = new HttpError("HTTP_STATUS", "down", {
    status: 503,
    method: "GET",
    url: "https://x/",
    retryAfterMs: 20_000,
  });
  await assert.rejects(gate.run("request", never, () => Promise.reject(down)), { failure: "unreachable" });
  await assert.rejects(gate.run("request", never, () => Promise.resolve()), {
    failure: "limited",
    retryAfterMs: 20_000,
  });
  await clock.advance(20_000);
  assert.equal(await gate.run("request", never, () => Promise.resolve("asked")), "asked");
});

Deno.test("RegistryCache gives a request its whole time once it is its turn", async () => {
  await using rig = new CacheRig({ upstream: { concurrency: 1 } });
  for (const tag of ["v1", "v2"]) await putRandomImage(rig.source.repository("app"), { tag });
  rig.before = () => rig.clock.sleep(20_000);
  const pulls = ["v1", "v2"].map((tag) => rig.api.expect(200, "GET", `/v2/hub/app/manifests/${tag}`));
  await rig.clock.advance(20_000);
  await rig.clock.advance(20_000);
  await Promise.all(pulls);
});

Deno.test("RegistryCache serves what it has without asking while the upstream is left alone", async () => {
  await using rig = new CacheRig();
  await putRandomImage(rig.source.repository("app"), { tag: "v1" });
  await rig.api.expect(200, "GET", "/v2/hub/app/manifests/v1");
  rig.before = () => Promise.reject(broken);
  await rig.clock.advance(6 * 60_000);
  rig.take();
  for (let time = 0; time < 10; time++) await rig.api.expect(200, "GET", "/v2/hub/app/manifests/v1");
  assert.equal(rig.take().length, 5);
});

Deno.test("RegistryCache answers about tags while transfers fill the upstream's limit", async () => {
  await using rig = new CacheRig({ upstream: { concurrency: 2 } });
  const repository = rig.source.repository("app");
  await putRandomImage(repository, { tag: "v1" });
  const blobs = await Promise.all([1, 2, 3].map((seed) => putBytes(repository, randomBytes(10, seed))));
  const held = Promise.withResolvers<void>();
  rig.before = ({ op }) => op === "get blob" ? held.promise : undefined;
  const pulls = blobs.map(({ digest }) => rig.api.expect(200, "GET", `/v2/hub/app/blobs/${digest}`));
  await settle();
  assert.equal(rig.take().length, 1);
  await rig.api.expect(200, "GET", "/v2/hub/app/manifests/v1");
  held.resolve();
  await Promise.all(pulls);
});
