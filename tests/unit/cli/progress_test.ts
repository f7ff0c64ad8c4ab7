import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { GlobalValues } from "../../../cli/command.ts";
import { showProgress } from "../../../cli/output/progress.ts";
import { ProgressTally } from "../../../cli/output/progress_tally.ts";
import { createStatusWriter } from "../../../cli/status_writer.ts";
import type { CopyEvent } from "../../../lib/copy/progress.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { fakeContext } from "../../support/run_cli.ts";

const globals: GlobalValues = {
  verbosity: "WARN",
  isVerbosityGiven: false,
  logopt: [],
  host: [],
  userAgent: "",
  isQuiet: false,
  isStrict: false,
};
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;

function event(kind: CopyEvent["kind"], letter: string, state: CopyEvent["state"], bytes = 0, total = 1000): CopyEvent {
  return { kind, digest: digest(letter), state, bytes, total };
}

Deno.test("ProgressTally adds up manifests, bytes copied, skipped and queued", () => {
  const clock = new FakeClock();
  const tally = new ProgressTally(() => clock.now());
  equal(tally.summary(), "Manifests: 0/0 | Blobs: 0.000B copied, 0.000B skipped | Elapsed: 0s");
  tally.add(event("manifest", "a", "finished"));
  tally.add(event("manifest", "b", "started"));
  tally.add(event("blob", "c", "skipped", 0, 2_000_000));
  tally.add(event("blob", "d", "finished", 8716, 8716));
  tally.add(event("blob", "e", "active", 250, 1000));
  equal(
    tally.summary(),
    "Manifests: 1/2 | Blobs: 8.966kB copied, 2.000MB skipped, 750.000B queued | Elapsed: 0s",
  );
});

Deno.test("ProgressTally counts a blob once, however often it is told of", () => {
  const tally = new ProgressTally(() => 0);
  for (const bytes of [100, 900, 300]) tally.add(event("blob", "a", "active", bytes));
  match(tally.summary(), /Blobs: 300\.000B copied, 0\.000B skipped, 700\.000B queued/);
});

Deno.test("ProgressTally gives the rate since the copy began", async () => {
  const clock = new FakeClock();
  const tally = new ProgressTally(() => clock.now());
  await clock.advance(2000);
  tally.add(event("blob", "a", "finished", 3_000_000, 3_000_000));
  equal(
    tally.summary(),
    "Manifests: 0/0 | Blobs: 3.000MB copied, 0.000B skipped | Elapsed: 2s | 1.500MB/s",
  );
});

Deno.test("ProgressTally shows two blobs done, all under way and two that wait", () => {
  const tally = new ProgressTally(() => 0);
  for (const letter of "abc") tally.add(event("blob", letter, "finished", 1000));
  for (const letter of "def") tally.add(event("blob", letter, "active", 250));
  for (const letter of "123") tally.add(event("blob", letter, "started"));
  const names = tally.lines(80).map((line) => line.slice(7, 8));
  deepEqual(names, ["b", "c", "d", "e", "f", "1", "2", "t"]);
});

Deno.test("ProgressTally draws bars that fit between name and numbers", () => {
  const tally = new ProgressTally(() => 0);
  tally.add(event("blob", "a", "active", 500));
  tally.add(event("blob", "b", "finished", 1000));
  const [done, half] = tally.lines(80);
  equal(done, `sha256:bbbbbbb [${"=".repeat(22)}] 100.00% 1.000kB/1.000kB`);
  equal(half, `sha256:aaaaaaa [${"=".repeat(11)}>${" ".repeat(10)}] 50.00% 500.000B/1.000kB`);
  ok(tally.lines(30).every((line) => line.length < 30), "no line may wrap");
});

Deno.test("ProgressTally shows a blob of unknown size", () => {
  const tally = new ProgressTally(() => 0);
  tally.add(event("blob", "a", "active", 500, -1));
  match(tally.lines(80)[0] ?? "", / 0\.00% 500\.000B\/0\.000B$/);
});

Deno.test("createStatusWriter() keeps the lines below what is written", () => {
  const written: string[] = [];
  const writer = createStatusWriter((text) => written.push(text));
  writer.setStatus(["one", "two"]);
  writer.write("message\n");
  writer.setStatus(["three"]);
  writer.setStatus([]);
  writer.setStatus([]);
  writer.write("end\n");
  deepEqual(written, [
    "one\ntwo\n",
    "\x1b[2F\x1b[0Jmessage\none\ntwo\n",
    "\x1b[2F\x1b[0Jthree\n",
    "\x1b[1F\x1b[0J",
    "end\n",
  ]);
});

Deno.test("showProgress() draws a terminal every quarter of a second when something changed", async () => {
  const clock = new FakeClock();
  const messages: string[] = [];
  const view = showProgress(fakeContext({ isTerminal: true, clock }, [], messages), globals);
  view.onProgress?.(event("blob", "a", "active", 500));
  await clock.advance(249);
  deepEqual(messages, []);
  await clock.advance(1);
  equal(messages.length, 1);
  match(messages[0] ?? "", /^sha256:aaaaaaa \[=+> *\] 50\.00% .*\nManifests: 0\/0 .*\n$/);
  await clock.advance(1000);
  equal(messages.length, 1, "nothing changed");
  view.onProgress?.(event("blob", "a", "finished", 1000));
  await clock.advance(250);
  equal((messages[1] ?? "").slice(0, 24), "\x1b[2F\x1b[0Jsha256:aaaaaaa [");
  match(messages[1] ?? "", /=\] 100\.00% /);
  await view[Symbol.asyncDispose]();
  equal(messages[2], "\x1b[2F\x1b[0J");
  match(messages[3] ?? "", /^Manifests: 0\/0 \| Blobs: 1\.000kB copied, .* \| Elapsed: 1s \| .*\n$/);
  equal(clock.waiting, 0);
});

Deno.test("showProgress() writes a line now and then where there is no terminal", async () => {
  const clock = new FakeClock();
  const messages: string[] = [];
  const view = showProgress(fakeContext({ clock }, [], messages), globals);
  view.onProgress?.(event("blob", "a", "active", 500));
  await clock.advance(4999);
  deepEqual(messages, []);
  await clock.advance(1);
  equal(messages.length, 1);
  match(messages[0] ?? "", /^Manifests: 0\/0 \| Blobs: 500\.000B copied, .*\n$/);
  await view[Symbol.asyncDispose]();
  equal(messages.length, 2);
});

Deno.test("showProgress() says nothing of a short copy where there is no terminal", async () => {
  const messages: string[] = [];
  const view = showProgress(fakeContext({ clock: new FakeClock() }, [], messages), globals);
  view.onProgress?.(event("blob", "a", "finished", 1000));
  await view[Symbol.asyncDispose]();
  deepEqual(messages, []);
});

for (const [flag, changed] of [["--quiet", { isQuiet: true }], ["-v", { isVerbosityGiven: true }]] as const) {
  Deno.test(`showProgress() is silent with ${flag}`, async () => {
    const clock = new FakeClock();
    const messages: string[] = [];
    const view = showProgress(fakeContext({ isTerminal: true, clock }, [], messages), { ...globals, ...changed });
    equal(view.onProgress, undefined);
    equal(clock.waiting, 0);
    await view[Symbol.asyncDispose]();
    deepEqual(messages, []);
  });
}
