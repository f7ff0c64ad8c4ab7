import { deepEqual, equal, rejects } from "node:assert/strict";
import { zstdCompressSync } from "node:zlib";
import { decompress, detectCompression } from "../../../lib/archive/compression.ts";
import { bytesStream } from "../../../lib/streams/bytes_stream.ts";
import { verifiedStream } from "../../../lib/streams/verify.ts";
import { gzip, join } from "../../support/tar_builder.ts";
import { randomBytes } from "../../support/random_image.ts";
import { chunked } from "./streams.ts";

const plain = join([randomBytes(100_000, 7), new Uint8Array(1_000_000)]);
/** `printf hello | xz`: no compressor of it is at hand in the runtime. */
const xzHello = Uint8Array.fromBase64(
  "/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQAEaGVsbG8AAAAAsTe52+XaHpsAAR0FuC2Arx+2830BAAAAAARZWg==",
);

async function read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Response(await decompress(stream)).arrayBuffer());
}

const zstd = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(zstdCompressSync(bytes));

Deno.test("detectCompression() tells formats by their first bytes", async () => {
  equal(detectCompression(await gzip(plain)), "gzip");
  equal(detectCompression(zstd(plain)), "zstd");
  equal(detectCompression(xzHello), "xz");
  equal(detectCompression(new TextEncoder().encode("BZh91AY")), "bzip2");
  equal(detectCompression(plain), "none");
  equal(detectCompression(new Uint8Array([0x1f])), "none");
  equal(detectCompression(new Uint8Array(0)), "none");
});

Deno.test("decompress() gives the plain bytes of each format, however they are cut", async () => {
  for (const bytes of [plain, await gzip(plain), zstd(plain)]) {
    for (const size of [3, 50_000, bytes.length]) {
      if (size === 3 && bytes.length > 200_000) continue;
      deepEqual(await read(chunked(bytes, size)), plain);
    }
  }
  deepEqual(await read(chunked(xzHello, 7)), new TextEncoder().encode("hello"));
  deepEqual(await read(bytesStream(new Uint8Array(0))), new Uint8Array(0));
});

Deno.test("decompress() reads several members and frames in a row", async () => {
  const [first, second] = [plain.slice(0, 1000), plain.slice(1000, 5000)];
  deepEqual(await read(bytesStream(join([await gzip(first), await gzip(second)]))), plain.slice(0, 5000));
  deepEqual(await read(bytesStream(join([zstd(first), zstd(second)]))), plain.slice(0, 5000));
});

Deno.test("decompress() fails where compressed bytes are cut off", async () => {
  for (const bytes of [await gzip(plain), zstd(plain), xzHello]) {
    await rejects(read(bytesStream(bytes.slice(0, bytes.length - 14))), { code: "INVALID_ARCHIVE" });
  }
});

Deno.test("decompress() fails where compressed bytes are damaged", async () => {
  for (const bytes of [await gzip(plain), xzHello]) {
    const damaged = bytes.slice();
    damaged.fill(0xff, 14, 30);
    await rejects(read(bytesStream(damaged)), { code: "INVALID_ARCHIVE" });
  }
});

Deno.test("decompress() passes over zstd frames that hold no data", async () => {
  const skippable = new Uint8Array([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
  for (const bytes of [join([zstd(plain), skippable]), join([zstd(plain), skippable, zstd(plain.slice(0, 0))])]) {
    deepEqual(await read(chunked(bytes, 999)), plain);
  }
  await rejects(read(bytesStream(join([zstd(plain), new Uint8Array([1, 2, 3, 4])]))), { code: "INVALID_ARCHIVE" });
});

Deno.test("decompress() reads to the end of the stream, so that it is verified", async () => {
  for (const bytes of [await gzip(plain), zstd(plain), xzHello]) {
    const digest = `sha256:${"0".repeat(64)}`;
    const verified = () => verifiedStream(chunked(bytes, 1000), { digest, what: "blob" });
    await rejects(verified().then(read), { code: "DIGEST_MISMATCH" });
  }
});

Deno.test("decompress() says that bzip2 is not supported, and lets go of the stream", async () => {
  let isCancelled = false;
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => controller.enqueue(new TextEncoder().encode("BZh91AY&SY")),
    cancel: () => {
      isCancelled = true;
    },
  }, { highWaterMark: 0 });
  await rejects(decompress(stream), { code: "UNSUPPORTED" });
  equal(isCancelled, true);
});

Deno.test("decompress() cancels the stream below with its own", async () => {
  const compressed = await gzip(randomBytes(3_000_000, 3));
  let isCancelled = false;
  let at = 0;
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => controller.enqueue(compressed.slice(at, at += 10_000)),
    cancel: () => {
      isCancelled = true;
    },
  }, { highWaterMark: 0 });
  const reader = (await decompress(stream)).getReader();
  await reader.read();
  await reader.cancel();
  equal(isCancelled, true);
});
