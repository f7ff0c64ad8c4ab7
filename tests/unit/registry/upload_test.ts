import assert from "node:assert/strict";
import { hasCode, RegkitError } from "../../../lib/errors.ts";
import { digestBytes } from "../../../lib/oci/digest.ts";
import type { BlobSource } from "../../../lib/repository.ts";
import { createRegistryRig, hastyClock, type Intercept } from "../../support/registry_rig.ts";

const encoder = new TextEncoder();

function sourceOf(bytes: Uint8Array<ArrayBuffer>, opened: number[] = []): BlobSource {
  return {
    isRewindable: true,
    open: (offset) => {
      opened.push(offset);
      return Promise.resolve(new Blob([bytes.subarray(offset)]).stream());
    },
  };
}

async function blobOf(bytes: Uint8Array<ArrayBuffer>) {
  return { digest: await digestBytes(bytes), size: bytes.length };
}

function bigBytes(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8)) & 255);
}

/** Lets the first requests that match be answered otherwise, each by the next of the answers. */
function once(method: string, part: string, ...answers: readonly (() => Response | Promise<Response>)[]): Intercept {
  const left = [...answers];
  return (request) => {
    if (request.method !== method || !request.url.includes(part)) return undefined;
    return left.shift()?.();
  };
}

const shapes = (requests: readonly string[]): string[] =>
  requests.map((line) => line.replace(/uploads\/[^?]+/, "uploads/ID").replace(/\?.*/, ""));

async function readAll(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

Deno.test("blobs.put() costs a POST and a PUT where the blob is new", async () => {
  await using rig = createRegistryRig();
  const bytes = encoder.encode("content");
  const { outcome } = await rig.open("app").blobs.put(await blobOf(bytes), sourceOf(bytes));
  assert.equal(outcome, "uploaded");
  assert.deepEqual(shapes(rig.requests), ["POST /v2/app/blobs/uploads/", "PUT /v2/app/blobs/uploads/ID"]);
});

Deno.test("blobs.put() costs one POST where the registry has the blob in another repository", async () => {
  await using rig = createRegistryRig();
  const bytes = encoder.encode("content");
  await rig.open("app").blobs.put(await blobOf(bytes), sourceOf(bytes));
  rig.requests.length = 0;
  const { outcome } = await rig.open("other").blobs.put(await blobOf(bytes), sourceOf(bytes));
  assert.equal(outcome, "mounted");
  assert.deepEqual(shapes(rig.requests), ["POST /v2/other/blobs/uploads/"]);
});

Deno.test("blobs.put() mounts from the repository it is told and does not open the source", async () => {
  await using rig = createRegistryRig();
  const bytes = encoder.encode("content");
  const from = rig.open("app");
  await from.blobs.put(await blobOf(bytes), sourceOf(bytes));
  const opened: number[] = [];
  const { outcome } = await rig.open("other").blobs.put(await blobOf(bytes), sourceOf(bytes, opened), {
    mountFrom: from,
  });
  assert.equal(outcome, "mounted");
  assert.deepEqual(opened, []);
  assert(rig.requests.some((line) => line.includes("from=app")));
});

Deno.test("blobs.put() uses the upload that a refused mount offers", async () => {
  await using rig = createRegistryRig();
  const bytes = encoder.encode("content");
  const from = rig.open("empty");
  const { outcome } = await rig.open("other").blobs.put(await blobOf(bytes), sourceOf(bytes), { mountFrom: from });
  assert.equal(outcome, "uploaded");
  assert.equal(rig.requests.length, 2);
});

Deno.test("blobs.put() sends small blobs by a single POST once it paid to try it", async () => {
  await using rig = createRegistryRig();
  const repository = rig.open("app");
  for (let at = 0; at < 12; at++) {
    const bytes = encoder.encode(`blob ${at}`);
    await repository.blobs.put(await blobOf(bytes), sourceOf(bytes));
  }
  const puts = rig.requests.filter((line) => line.startsWith("PUT"));
  assert.equal(puts.length, 8, "the first eight go the sure way");
  assert.equal(rig.requests.length, 8 * 2 + 4);
});

Deno.test("blobs.put() remembers a registry that does not take a single POST", async () => {
  await using rig = createRegistryRig({
    intercept: (request) => {
      const url = new URL(request.url);
      if (request.method !== "POST" || !url.searchParams.has("digest")) return undefined;
      return new Response(null, { status: 202, headers: { location: "/v2/app/blobs/uploads/none" } });
    },
  });
  const repository = rig.open("app");
  const failing = encoder.encode("blob 8");
  for (let at = 0; at < 8; at++) {
    const bytes = encoder.encode(`blob ${at}`);
    await repository.blobs.put(await blobOf(bytes), sourceOf(bytes));
  }
  await repository.blobs.put(await blobOf(failing), sourceOf(failing));
  const bytes = encoder.encode("blob 9");
  await repository.blobs.put(await blobOf(bytes), sourceOf(bytes));
  assert.equal(rig.requests.filter((line) => line.includes("POST") && line.includes("?digest=")).length, 1);
});

Deno.test("blobs.put() goes on where the registry stopped when a PUT breaks off", async () => {
  const bytes = bigBytes(3 * 1024 * 1024);
  await using rig = createRegistryRig({
    clock: hastyClock,
    intercept: async (request) => {
      if (request.method !== "PUT" || broken) return undefined;
      broken = true;
      // The first half arrives, then the connection is gone.
      const half = (await request.arrayBuffer()).slice(0, 1_500_000);
      const url = new URL(request.url);
      url.searchParams.delete("digest");
      await rig.registry.fetch(new Request(url, { method: "PATCH", body: half }));
      throw new RegkitError("TRANSPORT", "connection reset");
    },
  });
  let broken = false;
  const opened: number[] = [];
  const repository = rig.open("app");
  const blob = await blobOf(bytes);
  await repository.blobs.put(blob, sourceOf(bytes, opened));
  assert.deepEqual(opened, [0, 1_500_000]);
  assert.deepEqual(await readAll((await repository.blobs.get(blob)).stream), bytes);
});

Deno.test("blobs.put() begins anew when the registry forgot the upload", async () => {
  const bytes = encoder.encode("content");
  await using rig = createRegistryRig({
    clock: hastyClock,
    intercept: async (request) => {
      if (request.method !== "PUT" || broken) return undefined;
      broken = true;
      const url = new URL(request.url);
      url.searchParams.delete("digest");
      await (await rig.registry.fetch(new Request(url, { method: "DELETE" }))).body?.cancel();
      return new Response(null, { status: 503 });
    },
  });
  let broken = false;
  const repository = rig.open("app");
  const blob = await blobOf(bytes);
  await repository.blobs.put(blob, sourceOf(bytes));
  await repository.blobs.head(blob);
});

Deno.test("blobs.put() goes over to chunks after 413 and stays with them", async () => {
  const limit = 1024 * 1024;
  await using rig = createRegistryRig({
    intercept: (request) =>
      Number(request.headers.get("content-length") ?? 0) > limit ? new Response(null, { status: 413 }) : undefined,
  });
  const repository = rig.open("app");
  for (const seed of [1, 2]) {
    const bytes = bigBytes(2_500_000).fill(seed, 0, 10);
    const blob = await blobOf(bytes);
    await repository.blobs.put(blob, sourceOf(bytes));
    assert.deepEqual(await readAll((await repository.blobs.get(blob)).stream), bytes);
  }
  const refused = rig.requests.filter((line) => line.startsWith("PUT") && line.includes("digest=")).length;
  assert.equal(refused, 3, "one PUT was refused, two ended uploads");
});

Deno.test("blobs.put() sends no chunk below the least that the registry asks for", async () => {
  const sizes: number[] = [];
  await using rig = createRegistryRig({
    host: { blobMax: 1_000_000, blobChunk: 100_000 },
    intercept: async (request) => {
      if (request.method === "PATCH") sizes.push(Number(request.headers.get("content-length")));
      if (request.method !== "POST") return undefined;
      const response = await rig.registry.fetch(request);
      response.headers.set("oci-chunk-min-length", "600000");
      return response;
    },
  });
  const bytes = bigBytes(1_500_000);
  await rig.open("app").blobs.put(await blobOf(bytes), sourceOf(bytes));
  assert.deepEqual(sizes, [600_000, 600_000, 300_000]);
});

Deno.test("blobs.put() of a pipe takes the offset that a refused chunk names", async () => {
  const bytes = bigBytes(250_000);
  await using rig = createRegistryRig({
    host: { blobChunk: 100_000 },
    intercept: async (request) => {
      if (request.method !== "PATCH" || lied) return undefined;
      lied = true;
      // The chunk is taken, but its answer is lost: the next attempt is refused with the true offset.
      await (await rig.registry.fetch(request)).body?.cancel();
      throw new RegkitError("TRANSPORT", "connection reset");
    },
    clock: hastyClock,
  });
  let lied = false;
  const repository = rig.open("app");
  const { descriptor } = await repository.blobs.put({}, { ...sourceOf(bytes), isRewindable: false });
  assert.equal(descriptor.digest, await digestBytes(bytes));
  assert.deepEqual(await readAll((await repository.blobs.get(descriptor)).stream), bytes);
});

Deno.test("blobs.put() drops the upload when the source gives other bytes", async () => {
  await using rig = createRegistryRig();
  const bytes = bigBytes(2_000_000);
  const blob = await blobOf(bytes);
  const flipped = bytes.slice();
  flipped[1000] = (flipped[1000] ?? 0) ^ 1;
  const repository = rig.open("app");
  await assert.rejects(repository.blobs.put(blob, sourceOf(flipped)), (error) => hasCode(error, "DIGEST_MISMATCH"));
  await assert.rejects(repository.blobs.head(blob), (error) => hasCode(error, "NOT_FOUND"));
  assert(rig.requests.some((line) => line.startsWith("DELETE")), "the upload was given up");
});

Deno.test("blobs.put() takes a registry that received other bytes for a mismatch", async () => {
  await using rig = createRegistryRig({
    intercept: once(
      "PUT",
      "/uploads/",
      () => Response.json({ errors: [{ code: "DIGEST_INVALID", message: "no" }] }, { status: 400 }),
    ),
  });
  const bytes = encoder.encode("content");
  await assert.rejects(
    rig.open("app").blobs.put(await blobOf(bytes), sourceOf(bytes)),
    (error) => hasCode(error, "DIGEST_MISMATCH"),
  );
});

Deno.test("blobs.put() gives up when the registry refuses again and again, and names the blob", async () => {
  await using rig = createRegistryRig({
    clock: hastyClock,
    intercept: (request) => request.method === "PUT" ? new Response(null, { status: 503 }) : undefined,
  });
  const bytes = encoder.encode("content");
  const blob = await blobOf(bytes);
  await assert.rejects(
    rig.open("app").blobs.put(blob, sourceOf(bytes)),
    (error) => error instanceof RegkitError && (error.op ?? "").includes(blob.digest),
  );
  assert.equal(rig.requests.filter((line) => line.startsWith("PUT")).length, 6, "a request is sent six times at most");
});
