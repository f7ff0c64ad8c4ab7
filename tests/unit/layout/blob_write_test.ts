import assert from "node:assert/strict";
import { openLayout } from "../../../lib/layout/layout_repository.ts";
import type { BlobSource } from "../../../lib/repository.ts";
import {
  blobOf,
  type Bytes,
  bytesOf,
  chunkedStream,
  oneShotSource,
  pseudoRandomBytes,
  readBlob,
} from "../../contract/contract_subject.ts";
import { filesBelow, withLayout, withTempLayout } from "./temp_layout.ts";

async function blobFiles(path: string): Promise<readonly string[]> {
  return (await filesBelow(path)).filter((file) => file.startsWith("blobs/"));
}

const { bytes, descriptor } = await blobOf(pseudoRandomBytes(3_000_000));
const brokenSource: BlobSource = {
  isRewindable: false,
  open: () => {
    let given = 0;
    return Promise.resolve(
      new ReadableStream<Bytes>({
        pull(controller) {
          if (given++ < 2) controller.enqueue(bytes.slice(0, 1_500_000));
          else controller.error(new Error("broken"));
        },
      }),
    );
  },
};
const closedSource: BlobSource = { isRewindable: false, open: () => Promise.reject(new Error("closed")) };
const failures: Readonly<Record<string, readonly [blob: { digest?: string; size?: number }, source: BlobSource]>> = {
  "of another digest": [{ digest: `sha256:${"0".repeat(64)}` }, oneShotSource(bytes)],
  "that is too short": [{ size: bytes.length + 1 }, oneShotSource(bytes)],
  "that is too long": [{ size: bytes.length - 1 }, oneShotSource(bytes)],
  "whose source breaks": [descriptor, brokenSource],
  "whose source does not open": [descriptor, closedSource],
};

for (const [what, [blob, source]] of Object.entries(failures)) {
  Deno.test(`blobs.put() of a layout leaves no file of a blob ${what}`, async () => {
    await withTempLayout((path) =>
      withLayout(path, async (layout) => {
        await assert.rejects(layout.blobs.put(blob, source));
        assert.deepEqual(await blobFiles(path), []);
      }, { durability: "full" })
    );
  });
}

Deno.test("blobs.put() of a layout leaves no file when its signal ends it", async () => {
  await withTempLayout((path) =>
    withLayout(path, async (layout) => {
      const abort = new AbortController();
      const source: BlobSource = {
        isRewindable: false,
        open: () => Promise.resolve(chunkedStream(bytes, [100_000])),
      };
      const onProgress = (count: number) => count > 1_000_000 && abort.abort(new Error("enough"));
      const put = layout.blobs.put(descriptor, source, { signal: abort.signal, onProgress: (n) => void onProgress(n) });
      await assert.rejects(put, { message: "enough" });
      assert.deepEqual(await blobFiles(path), []);
    })
  );
});

Deno.test("blobs.put() of a layout shows a blob only when it is complete", async () => {
  await withTempLayout((path) =>
    withLayout(path, async (layout) => {
      const half = Promise.withResolvers<void>();
      const goOn = Promise.withResolvers<void>();
      const source: BlobSource = {
        isRewindable: false,
        open: () =>
          Promise.resolve(
            new ReadableStream<Bytes>({
              async start(controller) {
                controller.enqueue(bytes.slice(0, 1_500_000));
                half.resolve();
                await goOn.promise;
                controller.enqueue(bytes.slice(1_500_000));
                controller.close();
              },
            }),
          ),
      };
      const put = layout.blobs.put(descriptor, source);
      await half.promise;
      await assert.rejects(layout.blobs.head(descriptor), { code: "NOT_FOUND" });
      assert((await blobFiles(path)).every((file) => file.endsWith(".tmp")));
      goOn.resolve();
      await put;
      assert.deepEqual(await readBlob(layout, descriptor), bytes);
    })
  );
});

Deno.test.each([{ throttle: undefined, most: 3 }, { throttle: 1, most: 1 }, { throttle: 0, most: 1 }])(
  "blobs.put() of a layout writes $most at a time with throttle $throttle, over all handles",
  async ({ throttle, most }) => {
    await withTempLayout((path) =>
      withLayout(path, async (first) => {
        await using second = openLayout(path, { throttle });
        let open = 0;
        let highest = 0;
        const source = (text: string): BlobSource => ({
          isRewindable: false,
          open: () => {
            highest = Math.max(highest, ++open);
            return Promise.resolve(
              new ReadableStream<Bytes>({
                async pull(controller) {
                  // Some turns of the event loop, in which others would come in.
                  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve));
                  controller.enqueue(bytesOf(text));
                  controller.close();
                  open--;
                },
              }, { highWaterMark: 0 }),
            );
          },
        });
        const puts = Array.from({ length: 8 }, (_, at) => (at % 2 ? first : second).blobs.put({}, source(`${at}`)));
        await Promise.all(puts);
        assert.equal(highest, most);
      }, { throttle })
    );
  },
);

Deno.test("blobs.put() of a closed layout fails", async () => {
  await withTempLayout(async (path) => {
    const layout = openLayout(path);
    await layout[Symbol.asyncDispose]();
    await assert.rejects(layout.blobs.put({}, oneShotSource(bytes)), { code: "INVALID_ARGUMENT" });
    await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
  });
});

Deno.test("blobs.get() of a layout fails instead of ending when the file was changed", async () => {
  await withTempLayout((path) =>
    withLayout(path, async (layout) => {
      await layout.blobs.put(descriptor, oneShotSource(bytes));
      const file = `${path}/${(await blobFiles(path))[0]}`;
      await Deno.writeFile(file, bytes.with(2_000_000, (bytes[2_000_000] ?? 0) ^ 1));
      await assert.rejects(readBlob(layout, descriptor), { code: "DIGEST_MISMATCH" });
      await Deno.truncate(file, 1000);
      await assert.rejects(readBlob(layout, descriptor), { code: "SIZE_MISMATCH" });
    })
  );
});

Deno.test("blobs.get() of a layout reads through linked directories, in large chunks", async () => {
  await withTempLayout(async (path) => {
    await withLayout(path, (layout) => layout.blobs.put(descriptor, oneShotSource(bytes)));
    await Deno.mkdir(`${path}-linked`);
    await Deno.symlink(`${path}/blobs`, `${path}-linked/blobs`);
    await withLayout(`${path}-linked`, async (layout) => {
      const { stream } = await layout.blobs.get(descriptor);
      const lengths = (await Array.fromAsync(stream)).map((chunk) => chunk.length);
      assert(lengths.slice(0, -1).every((length) => length >= 512 * 1024), lengths.join());
    });
  });
});
