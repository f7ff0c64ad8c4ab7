import assert from "node:assert/strict";
import { openWatchedFile } from "../../../lib/server/auth/watched_file.ts";

/** A file that holds a number as JSON, the clock it is watched by, and what was logged. */
class FakeFile {
  /** The time, which is also what the file's own clock shows. */
  now = 0;
  text = "1";
  changedMs = 0;
  reads = 0;
  /** What looking at the file or reading it fails with. */
  failure: { readonly at: "read" | "stat"; readonly error: Error } | undefined;
  /** Happens after the file was looked at, before it is read. */
  meanwhile = () => {};
  readonly lasts: (number | undefined)[] = [];
  readonly lines: string[] = [];

  open() {
    const log = (level: string, message: string) => void this.lines.push(`${level}: ${message}`);
    const failAt = (place: "read" | "stat"): void => {
      if (this.failure?.at === place) throw this.failure.error;
    };
    const parse = (text: string, last: number | undefined): number => {
      this.lasts.push(last);
      return JSON.parse(text) as number;
    };
    return openWatchedFile("settings", parse, {
      logger: { isEnabled: () => true, log },
      now: () => this.now,
      source: {
        stat: () =>
          Promise.try(() => {
            failAt("stat");
            return { changedMs: this.changedMs, size: this.text.length, inode: 1 };
          }),
        read: () =>
          Promise.try(() => {
            failAt("read");
            this.reads++;
            const { text } = this;
            this.meanwhile();
            return text;
          }),
      },
    });
  }

  /** Writes the file as late as it can be, to be read at the next look. */
  write(text: string): void {
    this.text = text;
    this.changedMs = this.now + 500;
    this.now += 1000;
  }
}

const notTaken = "error: file not taken over, its last good state counts";
const readAgain = "info: file read again";

Deno.test("openWatchedFile() reads a file again when it changed, and keeps the last good state while it is broken", async () => {
  const fake = new FakeFile();
  const file = await fake.open();
  fake.write("2");
  fake.now -= 1;
  assert.equal(await file.get(), 1);
  fake.now += 1;
  assert.deepEqual(await Promise.all([file.get(), file.get(), file.get()]), [2, 2, 2]);
  assert.equal(fake.reads, 2);
  fake.write("{");
  assert.equal(await file.get(), 2);
  fake.now += 1000;
  assert.equal(await file.get(), 2);
  fake.failure = { at: "stat", error: new Deno.errors.NotFound() };
  for (let turn = 0; turn < 2; turn++) {
    fake.now += 1000;
    assert.equal(await file.get(), 2);
  }
  fake.failure = undefined;
  fake.write("3");
  assert.equal(await file.get(), 3);
  assert.deepEqual(fake.lasts, [undefined, 1, 2, 2, 2]);
  assert.deepEqual(fake.lines, [
    readAgain,
    notTaken,
    "error: file is gone, its last good state counts",
    readAgain,
  ]);
});

Deno.test("openWatchedFile() leaves a file alone that may still be written", async () => {
  const fake = new FakeFile();
  const file = await fake.open();
  fake.write("");
  for (const text of ["", "2", "22"]) {
    fake.text = text;
    fake.changedMs = fake.now - 499;
    assert.equal(await file.get(), 1, text);
    fake.now += 1000;
  }
  assert.equal(fake.reads, 1);
  assert.equal(await file.get(), 22);
  assert.deepEqual(fake.lines, [readAgain]);
});

Deno.test("openWatchedFile() sees that a file has settled also where the file's clock is ahead", async () => {
  const fake = new FakeFile();
  const file = await fake.open();
  fake.write("2");
  fake.changedMs += 1e9;
  assert.equal(await file.get(), 1);
  fake.now += 1000;
  assert.equal(await file.get(), 2);
});

Deno.test("openWatchedFile() drops what it read of a file that changed meanwhile", async () => {
  const fake = new FakeFile();
  const file = await fake.open();
  fake.write("2");
  fake.meanwhile = () => {
    fake.text = "33";
    fake.changedMs = fake.now;
  };
  assert.equal(await file.get(), 1);
  assert.deepEqual(fake.lasts, [undefined]);
  fake.meanwhile = () => {};
  fake.now += 1000;
  assert.equal(await file.get(), 33);
  assert.deepEqual(fake.lines, [readAgain]);
});

Deno.test("openWatchedFile() tries again what could not be read, though the file did not change, and complains once", async () => {
  const fake = new FakeFile();
  const file = await fake.open();
  fake.failure = { at: "read", error: new Deno.errors.PermissionDenied("no") };
  fake.write("2");
  for (let turn = 0; turn < 3; turn++) {
    assert.equal(await file.get(), 1);
    fake.now += 1000;
  }
  assert.deepEqual(fake.lines, [notTaken]);
  fake.failure = undefined;
  assert.equal(await file.get(), 2);
  fake.failure = { at: "stat", error: new Deno.errors.PermissionDenied("no") };
  for (let turn = 0; turn < 2; turn++) {
    fake.now += 1000;
    assert.equal(await file.get(), 2);
  }
  fake.failure = undefined;
  fake.now += 1000;
  assert.equal(await file.get(), 2);
  assert.equal(fake.reads, 2);
  fake.write("{");
  assert.equal(await file.get(), 2);
  assert.deepEqual(fake.lines, [notTaken, readAgain, notTaken, notTaken]);
});

Deno.test("openWatchedFile() follows a real file, and says when there is none", async () => {
  const path = await Deno.makeTempFile();
  const logger = { isEnabled: () => false, log: () => {} };
  try {
    await Deno.writeTextFile(path, "a");
    const file = await openWatchedFile(path, (text) => text, { logger, pollMs: 0, settleMs: 0 });
    await Deno.writeTextFile(path, "bc");
    assert.equal(await file.get(), "bc");
  } finally {
    await Deno.remove(path);
  }
  await assert.rejects(openWatchedFile(path, (text) => text, { logger }), { code: "IO" });
});
