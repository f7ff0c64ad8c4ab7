import { deepEqual, equal, rejects } from "node:assert/strict";
import { readTar } from "../../../lib/archive/tar_read.ts";
import { bytesStream } from "../../../lib/streams/bytes_stream.ts";
import { chunked } from "./streams.ts";
import { buildTar, type BuiltEntry, join } from "../../support/tar_builder.ts";

const entries: readonly BuiltEntry[] = [
  { name: "etc/", flag: "5", mode: 0o755 },
  { name: "etc/motd", body: "hello\n", ids: [1000, 100], seconds: 86400 },
  { name: "etc/link", flag: "2", linkname: "motd" },
  { name: "big", body: "x".repeat(2000) },
  { name: "empty" },
];

/** Names and contents of an archive. */
async function contents(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<readonly (readonly [string, string])[]> {
  const found: [string, string][] = [];
  for await (const { header, body } of readTar(stream)) found.push([header.name, await new Response(body).text()]);
  return found;
}

const wanted = entries.map(({ name, body = "" }) => [name, body]);

Deno.test("readTar() gives headers and contents in order, however the bytes are cut", async () => {
  const bytes = buildTar(entries);
  for (const size of [1, 511, 512, 700, bytes.length]) {
    deepEqual(await contents(chunked(bytes, size)), wanted, `${size}`);
  }
});

Deno.test("readTar() reads owner, mode, type, time and link target", async () => {
  const headers = [];
  for await (const { header } of readTar(bytesStream(buildTar(entries)))) headers.push(header);
  const [folder, file, link] = headers;
  deepEqual([folder?.type, folder?.mode, folder?.size], ["directory", 0o755, 0]);
  deepEqual([file?.uid, file?.gid, file?.mtime.getTime(), file?.size], [1000, 100, 86_400_000, 6]);
  deepEqual([link?.type, link?.linkname], ["symlink", "motd"]);
});

Deno.test("readTar() skips contents that nobody reads", async () => {
  const names = [];
  for await (const { header } of readTar(chunked(buildTar(entries), 100))) names.push(header.name);
  deepEqual(names, entries.map(({ name }) => name));
});

Deno.test("readTar() reads an archive without the records at its end, and an empty one", async () => {
  deepEqual(await contents(bytesStream(buildTar(entries, { hasNoTrailer: true }))), wanted);
  deepEqual(await contents(bytesStream(new Uint8Array(0))), []);
  deepEqual(await contents(bytesStream(new Uint8Array(512))), []);
});

Deno.test("readTar() fails wherever an archive of one file is cut off inside", async () => {
  const bytes = buildTar([{ name: "a", body: "y".repeat(1500) }], { hasNoTrailer: true });
  equal(bytes.length, 2048);
  for (const length of [1, 511, 512, 513, 1024, 1536, 2011, 2047]) {
    await rejects(contents(bytesStream(bytes.slice(0, length))), { code: "INVALID_ARCHIVE" }, `${length} bytes`);
  }
});

Deno.test("readTar() refuses what is no archive", async () => {
  const noise = Uint8Array.from({ length: 2048 }, (_, at) => at % 251);
  await rejects(contents(bytesStream(noise)), { code: "INVALID_ARCHIVE", message: "archive/tar: invalid tar header" });
  const damaged = buildTar(entries);
  damaged[600] = (damaged[600] ?? 0) ^ 1;
  await rejects(contents(bytesStream(damaged)), { code: "INVALID_ARCHIVE" });
  await rejects(contents(bytesStream(join([buildTar(entries, { hasNoTrailer: true }), noise]))), {
    code: "INVALID_ARCHIVE",
  });
});

Deno.test("readTar() passes on what the stream below fails with", async () => {
  const failure = new Error("connection lost");
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      controller.error(failure);
    },
  }, { highWaterMark: 0 });
  await rejects(contents(stream), failure);
});

Deno.test("readTar() cancels the stream when its reader stops", async () => {
  let isCancelled = false;
  const bytes = buildTar(entries);
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => controller.enqueue(bytes),
    cancel: () => {
      isCancelled = true;
    },
  }, { highWaterMark: 0 });
  for await (const { header } of readTar(stream)) {
    equal(header.name, "etc/");
    break;
  }
  equal(isCancelled, true);
});
