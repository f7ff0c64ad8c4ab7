import assert from "node:assert/strict";
import { HttpError, RegkitError } from "../../../lib/errors.ts";
import { digestBytes } from "../../../lib/oci/digest.ts";
import { openDirectoryStore } from "../../../lib/server/store/store_dir.ts";
import { CacheRig, type CacheRigOptions } from "../../support/cache_rig.ts";
import { settle } from "../../support/fake_clock.ts";
import { putBytes, randomBytes } from "../../support/random_image.ts";

type Chunk = Uint8Array<ArrayBuffer>;

/** A stream that a test feeds. */
class Feed {
  readonly stream: ReadableStream<Chunk>;
  #controller: ReadableStreamDefaultController<Chunk> | undefined;
  isCancelled = false;

  constructor() {
    this.stream = new ReadableStream({
      start: (controller) => void (this.#controller = controller),
      cancel: () => void (this.isCancelled = true),
    });
  }

  async give(chunk: Chunk): Promise<void> {
    this.#controller?.enqueue(chunk.slice());
    await settle();
  }

  async end(error?: unknown): Promise<void> {
    if (error === undefined) this.#controller?.close();
    else this.#controller?.error(error);
    await settle();
  }
}

const content = randomBytes(1000, 7);
const digest = await digestBytes(content);
const path = `/v2/hub/app/blobs/${digest}`;

interface FedRig {
  readonly rig: CacheRig;
  /** The streams that were opened so far, with their offsets. */
  readonly feeds: { readonly feed: Feed; readonly offset: number }[];
}

async function fedRig(options: CacheRigOptions = {}): Promise<FedRig> {
  const rig = new CacheRig(options);
  await putBytes(rig.source.repository("app"), content);
  const feeds: { feed: Feed; offset: number }[] = [];
  rig.stream = (stream, offset) => {
    void stream.cancel();
    const feed = new Feed();
    feeds.push({ feed, offset });
    return feed.stream;
  };
  return { rig, feeds };
}

async function request(rig: CacheRig, range?: string): Promise<Response> {
  const headers: HeadersInit = range === undefined ? {} : { range };
  return await rig.registry.fetch(new Request(`http://registry.test${path}`, { headers }));
}

/** Reads a body on, and tells how far it came. */
function readOn(response: Response): { readonly bytes: () => Chunk; readonly ended: Promise<unknown> } {
  const parts: Chunk[] = [];
  const read = async (): Promise<void> => {
    for await (const part of response.body ?? []) parts.push(part.slice());
  };
  const ended = read().then(() => "complete", (error: unknown) => error);
  return { bytes: () => Uint8Array.from(parts.flatMap((part) => [...part])), ended };
}

Deno.test("RegistryCache fetches a blob once and serves it from the store then", async () => {
  await using rig = new CacheRig();
  await putBytes(rig.source.repository("app"), content);
  for (let time = 0; time < 3; time++) {
    const answer = await rig.api.expect(200, "GET", path);
    assert.deepEqual(answer.bytes, content);
    assert.equal(answer.headers.get("content-length"), "1000");
    await rig.cache.settle();
  }
  const part = await rig.api.expect(206, "GET", path, { headers: { range: "bytes=10-19" } });
  assert.deepEqual(part.bytes, content.subarray(10, 20));
  assert.deepEqual(rig.take(), [`get blob app ${digest}`]);
});

Deno.test("RegistryCache tells the size of a blob without fetching it", async () => {
  await using rig = new CacheRig();
  await putBytes(rig.source.repository("app"), content);
  const answer = await rig.api.expect(200, "HEAD", path);
  assert.equal(answer.headers.get("content-length"), "1000");
  assert.deepEqual(rig.take(), [`head blob app ${digest}`]);
  const absent = `/v2/hub/app/blobs/sha256:${"0".repeat(64)}`;
  await rig.api.expect(404, "HEAD", absent);
  await rig.api.expect(404, "HEAD", absent);
  await rig.api.expect(404, "GET", absent, {}, "BLOB_UNKNOWN");
  assert.equal(rig.take().length, 1, "the absence is remembered");
});

for (const kind of ["memory", "directory"] as const) {
  Deno.test(`RegistryCache lets many clients follow one transfer into a ${kind} store`, async () => {
    const root = await Deno.makeTempDir();
    const store = kind === "memory" ? undefined : await openDirectoryStore(root, { durability: "none" });
    const { rig, feeds } = await fedRig({ registry: { store } });
    try {
      const first = await request(rig);
      const early = readOn(first);
      await settle();
      await feeds[0]?.feed.give(content.subarray(0, 400));
      await settle();
      assert.deepEqual(early.bytes(), content.subarray(0, 400), "streamed while it arrives");

      const late = readOn(await request(rig));
      const part = await request(rig, "bytes=100-199");
      assert.equal(part.status, 206);
      assert.equal(part.headers.get("content-range"), "bytes 100-199/1000");
      const middle = readOn(part);
      const tail = readOn(await request(rig, "bytes=-10"));
      await settle();
      assert.deepEqual(late.bytes(), content.subarray(0, 400));
      assert.deepEqual(middle.bytes(), content.subarray(100, 199), "all but the last byte");
      assert.equal(tail.bytes().length, 0);

      await feeds[0]?.feed.give(content.subarray(400));
      assert.equal(early.bytes().length, 999, "nothing is complete before it is verified");
      await feeds[0]?.feed.end();
      assert.deepEqual(
        await Promise.all([early, late, middle, tail].map(({ ended }) => ended)),
        Array(4).fill("complete"),
      );
      assert.deepEqual(early.bytes(), content);
      assert.deepEqual(late.bytes(), content);
      assert.deepEqual(middle.bytes(), content.subarray(100, 200));
      assert.deepEqual(tail.bytes(), content.subarray(990));
      assert.deepEqual(rig.take(), [`get blob app ${digest}`]);
      assert.equal(await (await rig.registry.store.repository("hub/app"))?.statBlob(digest), 1000);
    } finally {
      await rig[Symbol.asyncDispose]();
      await Deno.remove(root, { recursive: true });
    }
  });
}

Deno.test("RegistryCache goes on with a transfer when its clients leave", async () => {
  const { rig, feeds } = await fedRig();
  await using _end = rig;
  const client = await request(rig);
  await feeds[0]?.feed.give(content.subarray(0, 500));
  await client.body?.cancel();
  await feeds[0]?.feed.give(content.subarray(500));
  await feeds[0]?.feed.end();
  await rig.cache.settle();
  assert.equal(feeds[0]?.feed.isCancelled, false);
  assert.deepEqual((await rig.api.expect(200, "GET", path)).bytes, content);
  assert.equal(rig.take().length, 1);
});

Deno.test("RegistryCache cuts off its clients and keeps nothing when a blob is not what it should be", async () => {
  const changes: ((chunk: Chunk) => Chunk)[] = [
    (chunk) => chunk.map((byte, at) => at === 3 ? byte ^ 1 : byte),
    (chunk) => chunk.slice(0, -1),
    (chunk) => Uint8Array.from([...chunk, 0]),
  ];
  for (const change of changes) {
    await using rig = new CacheRig();
    await putBytes(rig.source.repository("app"), content);
    rig.tamper = change;
    for (const range of [undefined, "bytes=0-9", "bytes=990-"]) {
      const reading = readOn(await request(rig, range));
      assert(await reading.ended instanceof Error);
      const wanted = range === undefined ? 1000 : 10;
      assert(reading.bytes().length < wanted, `${reading.bytes().length} bytes of ${range ?? "all"}`);
    }
    await rig.cache.settle();
    assert.equal(await (await rig.registry.store.repository("hub/app"))?.statBlob(digest), undefined);
    rig.tamper = undefined;
    assert.deepEqual((await rig.api.expect(200, "GET", path)).bytes, content, "the next request begins anew");
  }
});

Deno.test("RegistryCache takes up a transfer that broke off where it ended", async () => {
  const { rig, feeds } = await fedRig();
  await using _end = rig;
  const reading = readOn(await request(rig));
  await feeds[0]?.feed.give(content.subarray(0, 300));
  await feeds[0]?.feed.end(new RegkitError("TRANSPORT", "connection lost"));
  assert.equal(feeds[1]?.offset, 300);
  await feeds[1]?.feed.give(content.subarray(300));
  await feeds[1]?.feed.end();
  assert.equal(await reading.ended, "complete");
  assert.deepEqual(reading.bytes(), content);
});

Deno.test("RegistryCache gives a transfer up that breaks off again and again", async () => {
  const { rig, feeds } = await fedRig();
  await using _end = rig;
  const reading = readOn(await request(rig));
  for (let at = 0; at < 4; at++) {
    await feeds[at]?.feed.give(content.subarray(at * 10, at * 10 + 10));
    await feeds[at]?.feed.end(new RegkitError("TRANSPORT", "connection lost"));
  }
  assert(await reading.ended instanceof Error);
  assert.equal(feeds.length, 4);
});

Deno.test("RegistryCache gives a transfer up that stands still", async () => {
  const { rig, feeds } = await fedRig({ upstream: { timeoutMs: 1000 } });
  await using _end = rig;
  const reading = readOn(await request(rig));
  await settle();
  await rig.clock.advance(1000);
  assert(await reading.ended instanceof Error);
  assert.equal(feeds[0]?.feed.isCancelled, true);
});

Deno.test("RegistryCache stops its transfers when it ends", async () => {
  const { rig, feeds } = await fedRig();
  const reading = readOn(await request(rig));
  await feeds[0]?.feed.give(content.subarray(0, 300));
  await rig[Symbol.asyncDispose]();
  assert(await reading.ended instanceof Error);
  assert.equal(feeds[0]?.feed.isCancelled, true);
});

Deno.test("RegistryCache serves a blob of unstated length when it is complete", async () => {
  await using rig: CacheRig = new CacheRig({
    upstream: {
      open: () => {
        const repository = rig.source.repository("app");
        const get: typeof repository.blobs.get = async (blob, options) => {
          const body = await repository.blobs.get(blob, options);
          return { ...body, descriptor: { ...body.descriptor, size: -1 } };
        };
        const { manifests, tags } = repository;
        const dispose = (): Promise<void> => Promise.resolve();
        return {
          id: "",
          name: "",
          manifests,
          tags,
          blobs: { ...repository.blobs, get },
          [Symbol.asyncDispose]: dispose,
        };
      },
    },
  });
  await putBytes(rig.source.repository("app"), content);
  const answer = await rig.api.expect(200, "GET", path);
  assert.equal(answer.headers.get("content-length"), "1000");
  assert.deepEqual(answer.bytes, content);
});

Deno.test("RegistryCache serves empty blobs and blobs by sha512", async () => {
  await using rig = new CacheRig();
  const empty = await putBytes(rig.source.repository("app"), new Uint8Array(0));
  assert.equal((await rig.api.expect(200, "GET", `/v2/hub/app/blobs/${empty.digest}`)).bytes.length, 0);
  const long = await digestBytes(content, "sha512");
  await rig.source.repository("app").blobs.put({ digest: long }, {
    isRewindable: true,
    open: () => Promise.resolve(ReadableStream.from([content.slice()])),
  });
  assert.deepEqual((await rig.api.expect(200, "GET", `/v2/hub/app/blobs/${long}`)).bytes, content);
});

Deno.test("RegistryCache passes on that the upstream asks to wait", async () => {
  await using rig = new CacheRig();
  rig.before = () =>
    Promise.reject(
      new HttpError("RATE_LIMITED", "slow down", { status: 429, method: "GET", url: "https://x/", retryAfterMs: 9500 }),
    );
  const answer = await rig.api.expect(429, "GET", path, {}, "TOOMANYREQUESTS");
  assert.equal(answer.headers.get("retry-after"), "10");
});

Deno.test("RegistryCache asks once for many who want the length of the same blob", async () => {
  await using rig = new CacheRig();
  await putBytes(rig.source.repository("app"), content);
  const gate = Promise.withResolvers<void>();
  rig.before = () => gate.promise;
  const waiting = Array.from({ length: 20 }, () => rig.api.expect(200, "HEAD", path));
  await settle();
  gate.resolve();
  await Promise.all(waiting);
  assert.deepEqual(rig.take(), [`head blob app ${digest}`]);
});
