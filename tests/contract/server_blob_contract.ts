/** Reading, mounting and deleting blobs, over every store. */

import assert from "node:assert/strict";
import { digestBytes } from "../../lib/oci/digest.ts";
import { randomBytes } from "../support/random_image.ts";
import { hasHeader, type StoreTest } from "./server_contract_parts.ts";

/** Registers the tests. */
export function blobContract(test: StoreTest): void {
  test("a blob that went away between the look and the reading is not made up", async (api, store) => {
    const { digest } = await api.pushBlob("app", "0123456789");
    const repository = await store.create("app");
    await api.expect(202, "DELETE", `/v2/app/blobs/${digest}`);
    await assert.rejects(repository.openBlob(digest, 0, 10), { status: 404 });
  });

  for (const algorithm of ["sha256", "sha512"]) {
    test(`GET of a ${algorithm} blob gives its bytes, HEAD its length`, async (api) => {
      const { digest } = await api.pushBlob("app", "0123456789", algorithm);
      const got = await api.expect(200, "GET", `/v2/app/blobs/${digest}`);
      assert.equal(got.text, "0123456789");
      for (const answer of [got, await api.expect(200, "HEAD", `/v2/app/blobs/${digest}`)]) {
        hasHeader(answer, "content-length", "10");
        hasHeader(answer, "content-type", "application/octet-stream");
        hasHeader(answer, "docker-content-digest", digest);
        hasHeader(answer, "etag", `"${digest}"`);
        hasHeader(answer, "accept-ranges", "bytes");
        hasHeader(answer, "cache-control", "max-age=31536000, immutable");
      }
      await api.expect(304, "GET", `/v2/app/blobs/${digest}`, { headers: { "if-none-match": `W/"x", "${digest}"` } });
    });
  }

  test("GET of a large blob streams every byte, and any part of it", async (api) => {
    const bytes = randomBytes(1_500_000, 7);
    const { digest } = await api.pushBlob("app", bytes);
    assert.deepEqual((await api.expect(200, "GET", `/v2/app/blobs/${digest}`)).bytes, bytes);
    const part = await api.expect(206, "GET", `/v2/app/blobs/${digest}`, {
      headers: { range: "bytes=600000-1399999" },
    });
    assert.deepEqual(part.bytes, bytes.slice(600_000, 1_400_000));
    hasHeader(part, "content-length", "800000");
  });

  test("GET of a large blob can be given up", async (api) => {
    const { digest } = await api.pushBlob("app", randomBytes(1_500_000, 8));
    const response = await api.handler(new Request(`http://r/v2/app/blobs/${digest}`));
    const reader = response.body?.getReader() ?? assert.fail("no body");
    assert.equal((await reader.read()).done, false);
    await reader.cancel();
  });

  const ranges: readonly (readonly [string, number, string, string])[] = [
    ["bytes=2-4", 206, "234", "bytes 2-4/10"],
    ["bytes=8-99", 206, "89", "bytes 8-9/10"],
    ["bytes=7-", 206, "789", "bytes 7-9/10"],
    ["bytes=-3", 206, "789", "bytes 7-9/10"],
    ["bytes=-99", 206, "0123456789", "bytes 0-9/10"],
    ["bytes=0-1,3-4", 200, "0123456789", ""],
    ["items=0-1", 200, "0123456789", ""],
    ["bytes=-", 200, "0123456789", ""],
    ["bytes=5-2", 416, "", "bytes */10"],
    ["bytes=10-", 416, "", "bytes */10"],
    ["bytes=-0", 416, "", "bytes */10"],
  ];
  test("GET of a blob answers every form of Range", async (api) => {
    const { digest } = await api.pushBlob("app", "0123456789");
    for (const [range, status, text, contentRange] of ranges) {
      const answer = await api.expect(status, "GET", `/v2/app/blobs/${digest}`, { headers: { range } });
      if (status !== 416) assert.equal(answer.text, text, range);
      assert.equal(answer.headers.get("content-range") ?? "", contentRange, range);
    }
    await api.expect(200, "HEAD", `/v2/app/blobs/${digest}`, { headers: { range: "bytes=2-4" } });
    const headers = { range: "bytes=2-4", "if-range": '"other"' };
    await api.expect(200, "GET", `/v2/app/blobs/${digest}`, { headers });
    headers["if-range"] = `"${digest}"`;
    await api.expect(206, "GET", `/v2/app/blobs/${digest}`, { headers });
  });

  test("GET of the empty blob has length 0, and no range of it can be had", async (api) => {
    const { digest } = await api.pushBlob("app", "");
    hasHeader(await api.expect(200, "GET", `/v2/app/blobs/${digest}`), "content-length", "0");
    await api.expect(416, "GET", `/v2/app/blobs/${digest}`, { headers: { range: "bytes=0-0" } });
  });

  test("a blob is seen only in its own repository", async (api) => {
    const { digest } = await api.pushBlob("app", "mine");
    await api.expect(404, "GET", `/v2/other/blobs/${digest}`, {}, "BLOB_UNKNOWN");
    await api.expect(404, "HEAD", `/v2/other/blobs/${digest}`);
    await api.expect(400, "GET", "/v2/app/blobs/sha256:short", {}, "DIGEST_INVALID");
    await api.expect(400, "GET", `/v2/app/blobs/sha384:${"a".repeat(96)}`, {}, "DIGEST_INVALID");
  });

  test("POST with mount links a blob from another repository, or from any", async (api) => {
    const { digest } = await api.pushBlob("source/app", "shared");
    const mounted = await api.expect(201, "POST", `/v2/target/blobs/uploads/?mount=${digest}&from=source/app`);
    hasHeader(mounted, "location", `/v2/target/blobs/${digest}`);
    hasHeader(mounted, "docker-content-digest", digest);
    await api.expect(201, "POST", `/v2/third/blobs/uploads/?mount=${digest}`);
    await api.expect(201, "POST", `/v2/target/blobs/uploads/?mount=${digest}&from=nowhere`);
    await api.expect(202, "DELETE", `/v2/source/app/blobs/${digest}`);
    await api.expect(404, "GET", `/v2/source/app/blobs/${digest}`);
    assert.equal((await api.expect(200, "GET", `/v2/target/blobs/${digest}`)).text, "shared");
    assert.equal((await api.expect(200, "GET", `/v2/third/blobs/${digest}`)).text, "shared");
  });

  test("POST with mount begins a working upload when the blob is nowhere", async (api) => {
    const bytes = new TextEncoder().encode("new");
    const digest = await digestBytes(bytes);
    for (const query of [`?mount=${digest}&from=nowhere`, `?mount=${digest}`, `?mount=${digest}&from=../..`]) {
      await api.begin("app", query);
    }
    const location = await api.begin("app", `?mount=${digest}&from=nowhere`);
    await api.expect(201, "PUT", `${location}&digest=${digest}`, { body: bytes });
    await api.expect(400, "POST", "/v2/app/blobs/uploads/?mount=sha256:bad&from=x", {}, "DIGEST_INVALID");
  });

  test("DELETE of a blob takes effect at once and keeps what manifests need", async (api) => {
    const { digest } = await api.pushBlob("app", "loose");
    await api.expect(202, "DELETE", `/v2/app/blobs/${digest}`);
    await api.expect(404, "HEAD", `/v2/app/blobs/${digest}`);
    await api.expect(404, "DELETE", `/v2/app/blobs/${digest}`, {}, "BLOB_UNKNOWN");
    const image = await api.pushImage("app", "layer", "v1");
    const used = await digestBytes(new TextEncoder().encode("layer"));
    await api.expect(405, "DELETE", `/v2/app/blobs/${used}`, {}, "UNSUPPORTED");
    await api.expect(405, "DELETE", `/v2/app/blobs/${image.digest}`, {}, "UNSUPPORTED");
    await api.expect(202, "DELETE", `/v2/app/manifests/${image.digest}`);
    await api.expect(202, "DELETE", `/v2/app/blobs/${used}`);
  });

  test("DELETE of a blob in use is allowed when told so", async (api) => {
    await api.pushImage("app", "layer", "v1");
    await api.expect(202, "DELETE", `/v2/app/blobs/${await digestBytes(new TextEncoder().encode("layer"))}`);
  }, { deleteUsedBlobs: true });
}
