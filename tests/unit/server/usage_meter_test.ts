import assert from "node:assert/strict";
import { UsageMeter, wholeStore } from "../../../lib/server/limits/usage_meter.ts";
import type { RegistryStore } from "../../../lib/server/store/store.ts";
import { quietStore } from "../../support/quiet_store.ts";
import { settle } from "../../support/fake_clock.ts";

/** A meter over a store of one repository, whose measurements wait to be answered. */
function newMeter() {
  const clock = { ms: 0 };
  const measurements: ((bytes: number) => void)[] = [];
  const usage = {
    bytesOf: () => new Promise<number>((resolve) => measurements.push(resolve)),
    freeBytes: () => Promise.resolve(Infinity),
  };
  const store: RegistryStore = { ...quietStore(), usage, names: () => Promise.resolve(["app"]) };
  const meter = new UsageMeter(store, () => clock.ms);
  const answer = async (bytes: number) => {
    measurements.shift()?.(bytes);
    await settle();
  };
  return { meter, clock, measurements, answer };
}

const tight = () => true;
const loose = () => false;

Deno.test("UsageMeter measures once for many, and counts along for a minute", async () => {
  const { meter, clock, measurements, answer } = newMeter();
  const asked = [meter.require("app", loose), meter.require("app", tight)];
  await settle();
  assert.equal(measurements.length, 1);
  await answer(100);
  await Promise.all(asked);
  meter.add("app", 10);
  meter.add("app", -5);
  clock.ms = 59_999;
  await meter.require("app", tight);
  assert.deepEqual([meter.bytes("app"), measurements.length], [105, 0]);
});

Deno.test("UsageMeter measures beside what is due, and lets only those wait for whom it is tight", async () => {
  const { meter, clock, measurements, answer } = newMeter();
  const first = meter.require(wholeStore, loose);
  await settle();
  await answer(100);
  await first;
  clock.ms = 60_000;
  await meter.require(wholeStore, loose);
  let isTold = false;
  const waiting = meter.require(wholeStore, tight).then(() => isTold = true);
  await settle();
  assert.deepEqual([measurements.length, isTold, meter.bytes(wholeStore)], [1, false, 100]);
  await answer(70);
  await waiting;
  assert.equal(meter.bytes(wholeStore), 70);
});

Deno.test("UsageMeter counts what comes while it measures, and soon looks again", async () => {
  const { meter, clock, answer } = newMeter();
  const first = meter.require("app", tight);
  await settle();
  meter.add("app", 30);
  meter.add("app", -30);
  await answer(100);
  await first;
  assert.equal(meter.bytes("app"), 130, "it may have been seen or not");
  clock.ms = 5000;
  const second = meter.require("app", tight);
  await settle();
  await answer(100);
  await second;
  assert.equal(meter.bytes("app"), 100);
});

Deno.test("UsageMeter does not take over a measurement from before something went", async () => {
  const { meter, measurements, answer } = newMeter();
  const waiting = meter.require("app", tight);
  await settle();
  meter.forget("app");
  await answer(100);
  assert.equal(measurements.length, 1, "measured again");
  await answer(40);
  await waiting;
  assert.equal(meter.bytes("app"), 40);
});

Deno.test("UsageMeter notices what comes while it measures a second time, and renews what is a while old", async () => {
  const { meter, clock, measurements, answer } = newMeter();
  const waiting = meter.require("app", tight);
  await settle();
  meter.forget("app");
  await answer(100);
  meter.add("app", 50);
  await answer(100);
  await waiting;
  assert.equal(meter.bytes("app"), 150);
  await meter.renew("app");
  assert.equal(measurements.length, 0, "just measured");
  clock.ms = 5000;
  const renewed = meter.renew("app");
  await settle();
  await answer(20);
  await renewed;
  assert.equal(meter.bytes("app"), 20);
});
