import { deepEqual, equal, rejects } from "node:assert/strict";
import { findFile, type FindFileOptions } from "../../../lib/archive/find_file.ts";
import { listEntries } from "../../../lib/archive/list_entries.ts";
import { digestBytes } from "../../../lib/oci/digest.ts";
import { bytesStream } from "../../../lib/streams/bytes_stream.ts";
import { buildTar, type BuiltEntry, gzip } from "../../support/tar_builder.ts";

const layer: readonly BuiltEntry[] = [
  { name: "./a/", flag: "5" },
  { name: "./a/file", body: "one" },
  { name: "./a/file", body: "two" },
  { name: "sym", flag: "2", linkname: "a/file" },
  { name: "a/up", flag: "2", linkname: "../../a/file" },
  { name: "abs", flag: "2", linkname: "/a" },
  { name: "hard", flag: "1", linkname: "a/file" },
  { name: "loop", flag: "2", linkname: "loop" },
  { name: "out", flag: "2", linkname: "../../../etc/passwd" },
  { name: ".wh.gone" },
  { name: "b/.wh..wh..opq" },
  { name: "b/kept", body: "kept" },
];

/** Gives a file of the layer as text. */
async function file(path: string, options: FindFileOptions = {}, entries = layer): Promise<string> {
  const bytes = await gzip(buildTar(entries));
  let text = "";
  await findFile(
    () => Promise.resolve(bytesStream(bytes)),
    path,
    async (body) => void (text = await new Response(body).text()),
    options,
  );
  return text;
}

for (const path of ["a/file", "/a/file", "./a/file", "a//file", "../a/file", "a/../a/file"]) {
  Deno.test(`findFile() finds ${path}, the first of its name`, async () => equal(await file(path), "one"));
}

const missing: readonly (readonly [path: string, message: RegExp])[] = [
  ["nothing", /^file not found/],
  ["a/file/below", /^file not found/],
  ["gone", /^file deleted/],
  ["gone/below", /^file deleted/],
  ["b/other", /^file deleted/],
  ["bb", /^file not found/],
  ["gonefile", /^file not found/],
];

for (const [path, message] of missing) {
  Deno.test(`findFile() says of ${path}: ${message.source}`, () => rejects(file(path), { code: "NOT_FOUND", message }));
}

Deno.test("findFile() prefers a file that is there over its deletion", async () => {
  equal(await file("b/kept"), "kept");
});

Deno.test("findFile() refuses names that stand for deletions", async () => {
  await rejects(file(".wh.gone"), { code: "INVALID_ARGUMENT", message: /\.wh\. prefix is reserved/ });
});

Deno.test("findFile() gives links and folders as empty unless it follows links", async () => {
  for (const path of ["sym", "hard", "a", "abs"]) equal(await file(path), "");
});

Deno.test("findFile() follows links inside the layer", async () => {
  for (const path of ["sym", "a/up", "abs/file", "hard"]) equal(await file(path, { followsLinks: true }), "one", path);
  await rejects(file("out", { followsLinks: true }), { code: "NOT_FOUND", message: /etc\/passwd/ });
  await rejects(file("loop", { followsLinks: true }), { code: "LOOP" });
  await rejects(file("abs", { followsLinks: true }), { code: "INVALID_ARGUMENT", message: /is a directory/ });
});

Deno.test("findFile() reads the layer to its end before it settles", async () => {
  const bytes = buildTar([{ name: "a", body: "x" }, { name: "b", body: "y" }]);
  const broken = new Error("digest mismatch");
  let isSent = false;
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (isSent) return controller.error(broken);
      isSent = true;
      controller.enqueue(bytes);
    },
  }, { highWaterMark: 0 });
  const read = findFile(() => Promise.resolve(stream), "a", async (body) => void (await new Response(body).text()));
  await rejects(read, broken);
});

Deno.test("listEntries() gives the digests of contents", async () => {
  const entries = await Array.fromAsync(
    listEntries(bytesStream(buildTar([{ name: "d/", flag: "5" }, layer[1] ?? { name: "" }]))),
  );
  deepEqual(entries.map(({ name, digest }) => [name, digest]), [
    ["d/", undefined],
    ["./a/file", await digestBytes(new TextEncoder().encode("one"))],
  ]);
});
