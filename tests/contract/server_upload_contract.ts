/** Pushing blobs, over every store. */

import assert from "node:assert/strict";
import { digestBytes } from "../../lib/oci/digest.ts";
import { randomBytes } from "../support/random_image.ts";
import { hasHeader, rangeOf, type StoreTest } from "./server_contract_parts.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const octets = { "content-type": "application/octet-stream" };

/** A body that waits after its first bytes until the test ends it. */
export class StalledBody {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Settles when it was asked for more. */
  readonly isStalled: Promise<void>;
  isCancelled = false;
  readonly #gate = Promise.withResolvers<void>();

  constructor(...first: Uint8Array<ArrayBuffer>[]) {
    const stalled = Promise.withResolvers<void>();
    this.isStalled = stalled.promise;
    this.stream = new ReadableStream({
      pull: async (controller) => {
        const next = first.shift();
        if (next !== undefined) return controller.enqueue(next);
        stalled.resolve();
        await this.#gate.promise;
        controller.close();
      },
      cancel: () => void (this.isCancelled = true),
    }, { highWaterMark: 0 });
  }

  end(): void {
    this.#gate.resolve();
  }
}

/** Registers the tests. */
export function uploadContract(test: StoreTest): void {
  test("POST begins an upload with every header a client needs", async (api) => {
    const begun = await api.expect(202, "POST", "/v2/app/blobs/uploads/");
    const id = begun.headers.get("docker-upload-uuid") ?? "";
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4/);
    assert.match(begun.headers.get("location") ?? "", new RegExp(`^/v2/app/blobs/uploads/${id}\\?_state=`));
    hasHeader(begun, "range", "0-0");
    hasHeader(begun, "content-length", "0");
    await api.expect(202, "POST", "/v2/app/blobs/uploads");
    await api.expect(400, "POST", "/v2/app/blobs/uploads/?digest-algorithm=md5", {}, "DIGEST_INVALID");
    assert.equal(await rangeOf(api, begun.headers.get("location") ?? ""), "0-0");
  });

  test("POST with a digest and a body stores the blob at once", async (api) => {
    const bytes = encode("at once");
    const digest = await digestBytes(bytes, "sha512");
    const pushed = await api.expect(201, "POST", `/v2/app/blobs/uploads/?digest=${digest}`, { body: bytes });
    hasHeader(pushed, "location", `/v2/app/blobs/${digest}`);
    hasHeader(pushed, "docker-content-digest", digest);
    await api.expect(201, "POST", `/v2/app/blobs/uploads/?digest=${digest}`, { body: bytes });
    assert.equal((await api.expect(200, "GET", `/v2/app/blobs/${digest}`)).text, "at once");
  });

  test("POST with a digest that does not fit keeps nothing", async (api) => {
    const digest = await digestBytes(encode("other"));
    await api.expect(400, "POST", `/v2/app/blobs/uploads/?digest=${digest}`, { body: "bytes" }, "DIGEST_INVALID");
    await api.expect(404, "HEAD", `/v2/app/blobs/${digest}`);
    await api.expect(400, "POST", "/v2/app/blobs/uploads/?digest=x", { body: "bytes" }, "DIGEST_INVALID");
  });

  test("POST with a digest and no body begins an upload, but stores the empty blob", async (api) => {
    const digest = await digestBytes(encode("later"));
    const location = await api.begin("app", `?digest=${digest}`);
    await api.expect(201, "PUT", `${location}&digest=${digest}`, { body: "later" });
    const empty = await digestBytes(encode(""));
    await api.expect(201, "POST", `/v2/app/blobs/uploads/?digest=${empty}`);
    await api.expect(200, "HEAD", `/v2/app/blobs/${empty}`);
  });

  test("POST with a digest and a body takes the whole blob, whatever Content-Range says", async (api) => {
    const digest = await digestBytes(encode("whole"));
    const path = `/v2/app/blobs/uploads/?digest=${digest}`;
    const refused = [["5-9", "BLOB_UPLOAD_INVALID"], ["x", "BLOB_UPLOAD_INVALID"], ["0-5", "SIZE_INVALID"]] as const;
    for (const [range, code] of refused) {
      await api.expect(400, "POST", path, { body: "whole", headers: { "content-range": range } }, code);
      await api.expect(404, "HEAD", `/v2/app/blobs/${digest}`);
    }
    const long = { body: ReadableStream.from([encode("whole")]), headers: { "content-range": "0-3" } };
    await api.expect(400, "POST", path, long, "SIZE_INVALID");
    await api.expect(404, "HEAD", `/v2/app/blobs/${digest}`);
    await api.expect(201, "POST", path, { body: "whole", headers: { "content-range": "0-4" } });
    for (const [range, code] of refused) {
      await api.expect(400, "POST", path, { body: "whole", headers: { "content-range": range } }, code);
    }
  });

  test("PATCH appends chunks in order, also to an old location, and PUT adds the last", async (api) => {
    const location = await api.begin("app");
    const first = await api.expect(202, "PATCH", location, {
      body: "0123",
      headers: { "content-range": "0-3", ...octets },
    });
    hasHeader(first, "range", "0-3");
    hasHeader(first, "content-length", "0");
    await api.expect(202, "PATCH", location, { body: "45", headers: { "content-range": "bytes 4-5/*" } });
    assert.equal(await rangeOf(api, location), "0-5");
    const digest = await digestBytes(encode("012345678"));
    const range = { "content-range": "6-8" };
    await api.expect(201, "PUT", `${location}&digest=${digest}`, { body: "678", headers: range });
    assert.equal((await api.expect(200, "GET", `/v2/app/blobs/${digest}`)).text, "012345678");
    await api.expect(404, "GET", location, {}, "BLOB_UPLOAD_UNKNOWN");
  });

  test("PATCH refuses a chunk out of order and lives on", async (api) => {
    const location = await api.begin("app");
    await api.expect(202, "PATCH", location, { body: "0123" });
    for (const range of ["0-3", "9-12"]) {
      const request = { body: "xxxx", headers: { "content-range": range } };
      const refused = await api.expect(416, "PATCH", location, request, "BLOB_UPLOAD_INVALID");
      hasHeader(refused, "range", "0-3");
      assert.match(refused.headers.get("location") ?? "", /^\/v2\/app\/blobs\/uploads\//);
    }
    const digest = await digestBytes(encode("0123"));
    const late = { body: "xx", headers: { "content-range": "9-10" } };
    await api.expect(416, "PUT", `${location}&digest=${digest}`, late, "BLOB_UPLOAD_INVALID");
    await api.expect(201, "PUT", `${location}&digest=${digest}`);
  });

  test("PATCH refuses malformed ranges and lengths that contradict each other", async (api) => {
    const location = await api.begin("app");
    for (const range of ["0", "a-b", "bytes=0-3", "0-3/4"]) {
      const request = { body: "0123", headers: { "content-range": range } };
      await api.expect(400, "PATCH", location, request, "BLOB_UPLOAD_INVALID");
    }
    // Where it begins counts first.
    const elsewhere = { body: "0123", headers: { "content-range": "3-0" } };
    await api.expect(416, "PATCH", location, elsewhere, "BLOB_UPLOAD_INVALID");
    const contradiction = { body: "0123", headers: { "content-range": "0-9" } };
    await api.expect(400, "PATCH", location, contradiction, "SIZE_INVALID");
    for (const sent of ["toolong", "2"]) {
      const request = { body: ReadableStream.from([encode(sent)]), headers: { "content-range": "0-3" } };
      await api.expect(400, "PATCH", location, request, "SIZE_INVALID");
      assert.equal(await rangeOf(api, location), "0-0");
    }
    const digest = await digestBytes(encode("good"));
    await api.expect(201, "PUT", `${location}&digest=${digest}`, { body: "good" });
  });

  test("PATCH keeps what arrived before the connection broke", async (api) => {
    const location = await api.begin("app");
    const bytes = randomBytes(300_000, 3);
    let sent = false;
    const broken = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        if (sent) controller.error(new Error("connection lost"));
        else controller.enqueue(bytes.slice(0, 100_000));
        sent = true;
      },
    });
    await api.send("PATCH", location, { body: broken });
    assert.equal(await rangeOf(api, location), "0-99999");
    const rest = { body: bytes.slice(100_000), headers: { "content-range": "100000-299999" } };
    await api.expect(202, "PATCH", location, rest);
    const digest = await digestBytes(bytes);
    await api.expect(201, "PUT", `${location}&digest=${digest}`);
    assert.deepEqual((await api.expect(200, "GET", `/v2/app/blobs/${digest}`)).bytes, bytes);
  });

  test("PATCH refuses a second body while the first is still arriving", async (api) => {
    const location = await api.begin("app");
    const gate = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    const slow = new ReadableStream<Uint8Array<ArrayBuffer>>({
      async pull(controller) {
        started.resolve();
        await gate.promise;
        controller.enqueue(encode("slow"));
        controller.close();
      },
    }, { highWaterMark: 0 });
    const first = api.expect(202, "PATCH", location, { body: slow });
    await started.promise;
    await api.expect(409, "PATCH", location, { body: "fast" }, "BLOB_UPLOAD_INVALID");
    gate.resolve();
    await first;
    assert.equal(await rangeOf(api, location), "0-3");
  });

  test("PUT without a valid digest leaves the upload alone, with a wrong one ends it", async (api) => {
    const location = await api.begin("app");
    await api.expect(202, "PATCH", location, { body: "bytes" });
    await api.expect(400, "PUT", location, {}, "DIGEST_INVALID");
    await api.expect(400, "PUT", `${location}&digest=sha256:xyz`, {}, "DIGEST_INVALID");
    assert.equal(await rangeOf(api, location), "0-4");
    const wrong = await digestBytes(encode("others"));
    await api.expect(400, "PUT", `${location}&digest=${wrong}`, {}, "DIGEST_INVALID");
    await api.expect(404, "GET", location, {}, "BLOB_UPLOAD_UNKNOWN");
    await api.expect(404, "HEAD", `/v2/app/blobs/${wrong}`);
  });

  test("PUT verifies with whatever algorithm its digest has", async (api) => {
    const bytes = randomBytes(700_000, 4);
    const digest = await digestBytes(bytes, "sha512");
    const location = await api.begin("app", "?digest-algorithm=sha512");
    await api.expect(202, "PATCH", location, { body: bytes });
    await api.expect(201, "PUT", `${location}&digest=${digest}`);
    const other = await api.begin("other");
    await api.expect(202, "PATCH", other, { body: bytes.slice(0, 100) });
    await api.expect(201, "PUT", `${other}&digest=${digest}`, { body: bytes.slice(100) });
    assert.deepEqual((await api.expect(200, "GET", `/v2/other/blobs/${digest}`)).bytes, bytes);
  });

  test("DELETE of an upload ends it; an upload belongs to its repository", async (api) => {
    const location = await api.begin("app");
    await api.expect(404, "GET", location.replace("/v2/app/", "/v2/other/"), {}, "BLOB_UPLOAD_UNKNOWN");
    await api.expect(204, "DELETE", location);
    await api.expect(404, "PATCH", location, { body: "x" }, "BLOB_UPLOAD_UNKNOWN");
    await api.expect(404, "DELETE", location, {}, "BLOB_UPLOAD_UNKNOWN");
    await api.expect(404, "GET", "/v2/app/blobs/uploads/not-an-id", {}, "BLOB_UPLOAD_UNKNOWN");
  });

  for (const method of ["PATCH", "PUT"]) {
    test(`DELETE of an upload ends a ${method} that waits for its next byte`, async (api) => {
      const location = await api.begin("app");
      await api.expect(202, "PATCH", location, { body: "begun" });
      const digest = await digestBytes(encode("begun and"));
      const body = new StalledBody(encode(" and"));
      const running = api.expect(
        404,
        method,
        `${location}&digest=${digest}`,
        { body: body.stream },
        "BLOB_UPLOAD_UNKNOWN",
      );
      await body.isStalled;
      await api.expect(409, "PATCH", location, { body: "x" }, "BLOB_UPLOAD_INVALID");
      await api.expect(204, "DELETE", location);
      await running;
      assert.equal(body.isCancelled, true);
      await api.expect(404, "GET", location, {}, "BLOB_UPLOAD_UNKNOWN");
      await api.expect(404, "DELETE", location, {}, "BLOB_UPLOAD_UNKNOWN");
      await api.expect(404, "HEAD", `/v2/app/blobs/${digest}`);
    });
  }

  test("a blob over the limit is refused with 413 and the upload taken back", async (api) => {
    const location = await api.begin("app");
    await api.expect(413, "PATCH", location, { body: "12345678901" }, "SIZE_INVALID");
    assert.equal(await rangeOf(api, location), "0-0");
    const digest = await digestBytes(encode("1234567890"));
    await api.expect(201, "PUT", `${location}&digest=${digest}`, { body: "1234567890" });
  }, { maxBlobBytes: 10 });

  test("the upload idle for longest makes room for a new one", async (api) => {
    const first = await api.begin("app");
    const second = await api.begin("app");
    await api.expect(204, "GET", first);
    const third = await api.begin("app");
    await api.expect(404, "GET", second);
    await api.expect(204, "GET", first);
    await api.expect(204, "GET", third);
  }, { maxUploads: 2 });

  let now = Date.UTC(2026, 0, 1);
  test("an idle upload expires", async (api) => {
    const location = await api.begin("app");
    now += 1000;
    await api.expect(204, "GET", location);
    now += 1001;
    await api.expect(404, "GET", location, {}, "BLOB_UPLOAD_UNKNOWN");
  }, { uploadIdleMs: 1000, now: () => now });

  test("an upload that takes longer than an idle one may live is good from its end on", async (api) => {
    const location = await api.begin("app");
    const body = new StalledBody(encode("slow"));
    const running = api.expect(202, "PATCH", location, { body: body.stream });
    await body.isStalled;
    now += 5000;
    // Beginning another ends idle ones.
    await api.begin("app");
    await api.expect(409, "PATCH", location, { body: "x" }, "BLOB_UPLOAD_INVALID");
    body.end();
    await running;
    now += 999;
    const digest = await digestBytes(encode("slow"));
    await api.expect(201, "PUT", `${location}&digest=${digest}`);
  }, { uploadIdleMs: 1000, now: () => now });
}
