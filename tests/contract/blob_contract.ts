/**
 * What every blob store does.
 *
 * @module
 */

import assert from "node:assert/strict";
import { digestBytes } from "../../lib/oci/digest.ts";
import type { BlobSource } from "../../lib/repository.ts";
import {
  blobOf,
  type Bytes,
  bytesOf,
  chunkedStream,
  type ContractTest,
  drain,
  oneShotSource,
  pseudoRandomBytes,
  readBlob,
  rewindableSource,
} from "./contract_subject.ts";

const notFound = { code: "NOT_FOUND" };

/** Registers the tests. */
export function blobContract(test: ContractTest): void {
  for (const algorithm of ["sha256", "sha512"]) {
    test(`blobs.put() stores a ${algorithm} blob that get() and head() find`, async ({ blobs }, { repository }) => {
      const { bytes, descriptor } = await blobOf(bytesOf(`content by ${algorithm}`), algorithm);
      const result = await blobs.put(descriptor, rewindableSource(bytes));
      assert.equal(result.outcome, "uploaded");
      assert.equal(result.descriptor.digest, descriptor.digest);
      assert.equal(result.descriptor.size, bytes.length);
      assert.deepEqual(await readBlob(repository, descriptor), bytes);
      const head = await blobs.head({ digest: descriptor.digest });
      assert.equal(head.descriptor.digest, descriptor.digest);
      assert.equal(head.descriptor.size, bytes.length);
    });
  }

  test("blobs.put() stores an empty blob", async (repository) => {
    const { bytes, descriptor } = await blobOf(new Uint8Array());
    await repository.blobs.put(descriptor, rewindableSource(bytes));
    assert.equal((await readBlob(repository, descriptor)).length, 0);
    assert.equal((await repository.blobs.head(descriptor)).descriptor.size, 0);
  });

  test("blobs.put() computes an unknown digest and size from a pipe", async (repository) => {
    const bytes = pseudoRandomBytes(12_345);
    const { descriptor } = await repository.blobs.put({}, oneShotSource(bytes));
    assert.equal(descriptor.digest, await digestBytes(bytes));
    assert.equal(descriptor.size, bytes.length);
    assert.deepEqual(await readBlob(repository, descriptor), bytes);
  });

  test("blobs.put() stores 8 MiB that come in odd chunks", async (repository) => {
    const { bytes, descriptor } = await blobOf(pseudoRandomBytes(8 * 1024 * 1024));
    const seen: number[] = [];
    const source: BlobSource = {
      isRewindable: true,
      open: (offset) => Promise.resolve(chunkedStream(bytes.slice(offset), [1, 70_001, 3, 1_500_000, 16_384, 333_333])),
    };
    await repository.blobs.put(descriptor, source, { onProgress: (count) => void seen.push(count) });
    assert.deepEqual(await readBlob(repository, descriptor), bytes);
    assert.equal(seen.at(-1), bytes.length);
  });

  test("blobs.put() of one blob twice at a time stores it once", async (repository) => {
    const { bytes, descriptor } = await blobOf(pseudoRandomBytes(300_000));
    await Promise.all([1, 2, 3, 4].map(() => repository.blobs.put(descriptor, rewindableSource(bytes))));
    assert.deepEqual(await readBlob(repository, descriptor), bytes);
  });

  test("blobs.get() fails when the size is not the expected one", async (repository) => {
    const { bytes, descriptor } = await blobOf(bytesOf("five!"));
    await repository.blobs.put(descriptor, rewindableSource(bytes));
    await assert.rejects(readBlob(repository, { digest: descriptor.digest, size: 4 }), { code: "SIZE_MISMATCH" });
  });

  test("blobs.get() begins at an offset", async ({ blobs }) => {
    const { bytes, descriptor } = await blobOf(pseudoRandomBytes(100_000));
    await blobs.put(descriptor, rewindableSource(bytes));
    const body = await blobs.get(descriptor, { offset: 99_000 });
    assert.deepEqual(await drain(body.stream), bytes.slice(99_000));
  });

  test("blobs.get() lets go of everything when its stream is cancelled", async ({ blobs }) => {
    const { bytes, descriptor } = await blobOf(pseudoRandomBytes(3 * 1024 * 1024));
    await blobs.put(descriptor, rewindableSource(bytes));
    const unread = await blobs.get(descriptor);
    await unread.stream.cancel();
    const { stream } = await blobs.get(descriptor);
    const reader = stream.getReader();
    const { value } = await reader.read();
    assert((value?.length ?? 0) > 0);
    await reader.cancel();
  });

  test("blobs.head(), get() and delete() do not find what is not there", async ({ blobs }) => {
    const { bytes } = await blobOf(bytesOf("there"));
    await blobs.put({}, oneShotSource(bytes));
    const { descriptor } = await blobOf(bytesOf("not there"));
    await assert.rejects(blobs.head(descriptor), notFound);
    await assert.rejects(blobs.get(descriptor), notFound);
    await assert.rejects(blobs.delete(descriptor.digest), notFound);
  });

  test("blobs.head() refuses what is no digest", async ({ blobs }) => {
    await assert.rejects(blobs.head({ digest: "sha256:../../etc" }), { code: "INVALID_DIGEST" });
    await assert.rejects(blobs.get({ digest: `md5:${"0".repeat(32)}` }), { code: "INVALID_DIGEST" });
    await assert.rejects(blobs.delete(`sha256:${"A".repeat(64)}`), { code: "INVALID_DIGEST" });
  });

  test("blobs.delete() removes a blob", async ({ blobs }) => {
    const { bytes, descriptor } = await blobOf(bytesOf("short-lived"));
    await blobs.put(descriptor, rewindableSource(bytes));
    await blobs.delete(descriptor.digest);
    await assert.rejects(blobs.head(descriptor), notFound);
  });

  refusals(test);
  aborts(test);
}

function refusals(test: ContractTest): void {
  test("blobs.put() refuses content of another digest and shows nothing", async ({ blobs }) => {
    const { bytes, descriptor } = await blobOf(bytesOf("what was announced"));
    const other = bytes.with(0, 0x57);
    await assert.rejects(blobs.put(descriptor, oneShotSource(other)), { code: "DIGEST_MISMATCH" });
    await assert.rejects(blobs.head({ digest: descriptor.digest }), notFound);
    await assert.rejects(blobs.head({ digest: await digestBytes(other) }), notFound);
  });

  test("blobs.put() refuses content of another size and shows nothing", async ({ blobs }) => {
    const { bytes, descriptor } = await blobOf(pseudoRandomBytes(5000));
    for (const size of [bytes.length - 1, bytes.length + 1]) {
      const put = blobs.put({ digest: descriptor.digest, size }, oneShotSource(bytes));
      await assert.rejects(put, { code: "SIZE_MISMATCH" });
      await assert.rejects(blobs.head({ digest: descriptor.digest }), notFound);
    }
  });

  test("blobs.put() gives the error of a source that fails, and shows nothing", async ({ blobs }) => {
    const { bytes, descriptor } = await blobOf(pseudoRandomBytes(50_000));
    const failure = new Error("the source broke");
    let given = 0;
    const source: BlobSource = {
      isRewindable: false,
      open: () =>
        Promise.resolve(
          new ReadableStream<Bytes>({
            pull(controller) {
              if (given++ === 0) controller.enqueue(bytes.slice(0, 1000));
              else controller.error(failure);
            },
          }),
        ),
    };
    await assert.rejects(blobs.put(descriptor, source), (error: unknown) => hasInside(error, failure));
    await assert.rejects(blobs.head({ digest: descriptor.digest }), notFound);
  });
}

function aborts(test: ContractTest): void {
  test("blobs.head(), get() and put() throw the reason of a signal that is aborted", async ({ blobs }) => {
    const { bytes, descriptor } = await blobOf(bytesOf("unwanted"));
    const reason = new Error("no longer wanted");
    const signal = AbortSignal.abort(reason);
    await assert.rejects(blobs.put(descriptor, rewindableSource(bytes), { signal }), reason);
    await blobs.put(descriptor, rewindableSource(bytes));
    await assert.rejects(blobs.head(descriptor, { signal }), reason);
    await assert.rejects(blobs.get(descriptor, { signal }), reason);
  });

  test("blobs.put() ends a stalled upload by its signal and shows nothing", async ({ blobs }) => {
    const { bytes, descriptor } = await blobOf(pseudoRandomBytes(50_000));
    const abort = new AbortController();
    const reason = new Error("took too long");
    const cancelled = Promise.withResolvers<void>();
    let given = 0;
    const source: BlobSource = {
      isRewindable: false,
      open: () =>
        Promise.resolve(
          new ReadableStream<Bytes>({
            pull(controller) {
              if (given++ === 0) return controller.enqueue(bytes.slice(0, 1000));
              // Nothing more comes: only the signal can end this.
              queueMicrotask(() => abort.abort(reason));
            },
            cancel: () => cancelled.resolve(),
          }, { highWaterMark: 0 }),
        ),
    };
    await assert.rejects(blobs.put(descriptor, source, { signal: abort.signal }), reason);
    await cancelled.promise;
    await assert.rejects(blobs.head({ digest: descriptor.digest }), notFound);
  });
}

/** Whether an error is another or has it as its cause, however deep. */
function hasInside(error: unknown, wanted: Error): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at === wanted || at.message === wanted.message) return true;
  }
  return false;
}
