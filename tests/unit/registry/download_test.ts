import assert from "node:assert/strict";
import { hasCode, RegkitError } from "../../../lib/errors.ts";
import { digestBytes } from "../../../lib/oci/digest.ts";
import { createRegistryRig, hastyClock, type Intercept } from "../../support/registry_rig.ts";

const bytes = Uint8Array.from({ length: 300_000 }, (_, at) => (at * 7 + (at >> 8)) & 255);

async function blob() {
  return { digest: await digestBytes(bytes), size: bytes.length };
}

/** A body that gives the bytes up to `end` and then fails, or just ends. */
function broken(start: number, end: number, failure?: Error): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes.slice(start, end));
    },
    pull(controller) {
      if (failure === undefined) controller.close();
      else controller.error(failure);
    },
  });
}

/** Serves the blob in pieces of 100,000 bytes, each ending as told. */
function inPieces(ending: () => Error | undefined, hasRanges = true): Intercept {
  return (request) => {
    if (request.method !== "GET" || !request.url.includes("/blobs/")) return undefined;
    const range = /bytes=(\d+)-/.exec(request.headers.get("range") ?? "")?.[1];
    const start = range === undefined || !hasRanges ? 0 : Number(range);
    pieces++;
    const end = hasRanges ? start + 100_000 : Math.min(bytes.length, pieces * 100_000);
    const isWhole = end >= bytes.length;
    const body = isWhole ? bytes.slice(start) : broken(start, end, ending());
    if (range === undefined || !hasRanges) {
      return new Response(body, { headers: { "content-length": String(bytes.length) } });
    }
    return new Response(body, {
      status: 206,
      headers: { "content-range": `bytes ${start}-${bytes.length - 1}/${bytes.length}` },
    });
  };
}
let pieces = 0;

Deno.test.each([
  { name: "is cut", ending: () => undefined, hasRanges: true },
  { name: "is reset", ending: () => new RegkitError("TRANSPORT", "connection reset"), hasRanges: true },
  { name: "stalls", ending: () => new RegkitError("STALLED", "no byte for 30 s"), hasRanges: true },
  { name: "is cut by a registry without ranges", ending: () => undefined, hasRanges: false },
])("blobs.get() goes on where the body $name", async ({ ending, hasRanges }) => {
  pieces = 0;
  await using rig = createRegistryRig({ clock: hastyClock, intercept: inPieces(ending, hasRanges) });
  const { stream } = await rig.open("app").blobs.get(await blob());
  assert.deepEqual(new Uint8Array(await new Response(stream).arrayBuffer()), bytes);
  assert.equal(rig.requests.length, 3);
});

Deno.test("blobs.get() gives up when five attempts in a row give nothing", async () => {
  await using rig = createRegistryRig({
    clock: hastyClock,
    intercept: (request) => {
      const isResumed = request.headers.has("range");
      const body = broken(0, isResumed ? 0 : 100, new RegkitError("TRANSPORT", "connection reset"));
      if (!isResumed) return new Response(body, { headers: { "content-length": String(bytes.length) } });
      return new Response(body, {
        status: 206,
        headers: { "content-range": `bytes 100-${bytes.length - 1}/${bytes.length}` },
      });
    },
  });
  const { stream } = await rig.open("app").blobs.get(await blob());
  await assert.rejects(new Response(stream).arrayBuffer(), (error) => hasCode(error, "TRANSPORT"));
  assert.equal(rig.requests.length, 6);
});

Deno.test("blobs.get() refuses an answer with another range than asked for", async () => {
  await using rig = createRegistryRig({
    clock: hastyClock,
    intercept: (request) =>
      request.headers.has("range")
        ? new Response(bytes.slice(5), {
          status: 206,
          headers: { "content-range": `bytes 5-${bytes.length - 1}/${bytes.length}` },
        })
        : new Response(broken(0, 100), { headers: { "content-length": String(bytes.length) } }),
  });
  const { stream } = await rig.open("app").blobs.get(await blob());
  await assert.rejects(new Response(stream).arrayBuffer(), (error) => hasCode(error, "INVALID_RESPONSE"));
});

Deno.test("blobs.get() fails instead of giving the last bytes of wrong content", async () => {
  const wrong = bytes.slice();
  wrong[bytes.length - 1] = (wrong[bytes.length - 1] ?? 0) ^ 1;
  await using rig = createRegistryRig({ intercept: () => new Response(wrong) });
  const { stream } = await rig.open("app").blobs.get(await blob());
  let received = 0;
  await assert.rejects(
    (async () => {
      for await (const chunk of stream) received += chunk.length;
    })(),
    (error) => hasCode(error, "DIGEST_MISMATCH"),
  );
  assert(received < bytes.length);
});

Deno.test("blobs.get() reads embedded data without a request", async () => {
  await using rig = createRegistryRig();
  const data = new TextEncoder().encode("small");
  const target = { digest: await digestBytes(data), size: data.length, data: data.toBase64() };
  const { stream } = await rig.open("app").blobs.get(target);
  assert.equal(await new Response(stream).text(), "small");
  assert.deepEqual(rig.requests, []);
});

Deno.test("blobs.get() asks the registry when embedded data is not what the digest says", async () => {
  await using rig = createRegistryRig();
  const target = { ...await blob(), data: new TextEncoder().encode("other").toBase64() };
  await assert.rejects(rig.open("app").blobs.get(target), (error) => hasCode(error, "NOT_FOUND"));
  assert.equal(rig.requests.length, 1);
});

Deno.test("blobs.get() falls back to the other locations of a blob", async () => {
  await using rig = createRegistryRig({
    intercept: (request) => request.url.startsWith("https://layers.example.com/") ? new Response(bytes) : undefined,
  });
  const { stream } = await rig.open("app").blobs.get({ ...await blob(), urls: ["https://layers.example.com/one"] });
  assert.equal((await new Response(stream).arrayBuffer()).byteLength, bytes.length);
});

Deno.test("manifests.get() asks again when the document breaks off", async () => {
  let isFirst = true;
  const body = new TextEncoder().encode(JSON.stringify({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [],
  }));
  await using rig = createRegistryRig({
    intercept: () => {
      const failing = isFirst;
      isFirst = false;
      return new Response(failing ? broken(0, 3, new RegkitError("TRANSPORT", "reset")) : body, {
        headers: { "content-type": "application/vnd.oci.image.index.v1+json" },
      });
    },
  });
  const manifest = await rig.open("app").manifests.get("v1");
  assert.equal(manifest.kind, "index");
  assert.equal(rig.requests.length, 2);
});

Deno.test("manifests.get() believes the body over the digest header", async () => {
  await using rig = createRegistryRig({
    intercept: () =>
      new Response(`{"schemaVersion":2,"manifests":[]}`, {
        headers: { "docker-content-digest": `sha256:${"0".repeat(64)}` },
      }),
  });
  await assert.rejects(rig.open("app").manifests.get("v1"), (error) => hasCode(error, "DIGEST_MISMATCH"));
});

Deno.test("manifests.get() reads a manifest served as plain text by what it says itself", async () => {
  await using rig = createRegistryRig({
    intercept: () =>
      new Response(`{"schemaVersion":2,"manifests":[]}`, { headers: { "content-type": "text/plain; charset=utf-8" } }),
  });
  const { descriptor } = await rig.open("app").manifests.get("v1");
  assert.equal(descriptor.mediaType, "application/vnd.oci.image.index.v1+json");
});

Deno.test("manifests.head() uses GET where HEAD is switched off or tells no digest", async () => {
  const document = `{"schemaVersion":2,"manifests":[]}`;
  for (const host of [{ apiOpts: { disableHead: "true" } }, {}]) {
    await using rig = createRegistryRig({
      host,
      intercept: (request) => new Response(request.method === "HEAD" ? null : document),
    });
    const { descriptor } = await rig.open("app").manifests.head("v1");
    assert.equal(descriptor.size, document.length);
    assert.equal(rig.requests.at(-1), "GET /v2/app/manifests/v1");
  }
});
