/** Pushing, reading and deleting manifests, over every store. */

import assert from "node:assert/strict";
import { digestBytes } from "../../lib/oci/digest.ts";
import { mediaTypes } from "../../lib/oci/media_type.ts";
import { indexOf } from "../support/registry_api.ts";
import { hasHeader, type StoreTest } from "./server_contract_parts.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const missing = { mediaType: mediaTypes.ociManifest, digest: `sha256:${"0".repeat(64)}`, size: 10 };
const typed = (type: string) => ({ headers: { "content-type": type } });

/** Registers the tests. */
export function manifestPushContract(test: StoreTest): void {
  test("PUT by tag stores the exact bytes, found by tag and by digest", async (api) => {
    const body = `  ${JSON.stringify(await api.image("app", "one"))}\n`;
    const digest = await digestBytes(encode(body));
    const type = `${mediaTypes.ociManifest}; charset=utf-8`;
    const put = await api.expect(201, "PUT", "/v2/app/manifests/v1", { body, ...typed(type) });
    hasHeader(put, "location", `/v2/app/manifests/${digest}`);
    hasHeader(put, "docker-content-digest", digest);
    hasHeader(put, "oci-tag", "v1");
    assert.equal(put.headers.get("oci-subject"), null);
    for (const [reference, cache] of [["v1", "no-cache"], [digest, "max-age=31536000, immutable"]] as const) {
      const got = await api.expect(200, "GET", `/v2/app/manifests/${reference}`);
      assert.equal(got.text, body);
      for (const answer of [got, await api.expect(200, "HEAD", `/v2/app/manifests/${reference}`)]) {
        hasHeader(answer, "content-type", mediaTypes.ociManifest);
        hasHeader(answer, "content-length", `${encode(body).length}`);
        hasHeader(answer, "docker-content-digest", digest);
        hasHeader(answer, "etag", `"${digest}"`);
        hasHeader(answer, "cache-control", cache);
        hasHeader(answer, "docker-distribution-api-version", "registry/2.0");
      }
      const headers = { "if-none-match": `"${digest}"`, accept: "text/plain" };
      await api.expect(304, "GET", `/v2/app/manifests/${reference}`, { headers });
    }
    assert.equal((await api.expect(200, "GET", `/v2/app/blobs/${digest}`)).text, body);
  });

  test("PUT by digest sets all tags that the query names", async (api) => {
    const body = JSON.stringify(await api.image("app", "one"));
    const digest = await digestBytes(encode(body), "sha512");
    const path = `/v2/app/manifests/${digest}`;
    const request = { body, ...typed(mediaTypes.ociManifest) };
    await api.expect(400, "PUT", `${path}?tag=good&tag=-bad`, request, "MANIFEST_INVALID");
    await api.expect(404, "GET", "/v2/app/manifests/good", {}, "MANIFEST_UNKNOWN");
    const put = await api.expect(201, "PUT", `${path}?tag=a&tag=b`, request);
    hasHeader(put, "oci-tag", "a, b");
    for (const tag of ["a", "b"]) {
      hasHeader(await api.expect(200, "HEAD", `/v2/app/manifests/${tag}`), "etag", `"${digest}"`);
    }
    const many = Array.from({ length: 101 }, (_, at) => `tag=t${at}`).join("&");
    await api.expect(414, "PUT", `${path}?${many}`, request);
  });

  test("PUT checks digest, tag, type and form before anything is stored", async (api) => {
    const image = await api.image("app", "one");
    const body = JSON.stringify(image);
    const put = (code: string, reference: string, text: string, type: string = mediaTypes.ociManifest) =>
      api.expect(400, "PUT", `/v2/app/manifests/${reference}`, { body: text, ...typed(type) }, code);
    await put("DIGEST_INVALID", missing.digest, body);
    await put("DIGEST_INVALID", "sha256:short", body);
    await put("MANIFEST_INVALID", "-bad", body);
    await put("MANIFEST_INVALID", "v1", body, "application/json");
    await put("MANIFEST_INVALID", "v1", body, mediaTypes.dockerManifest);
    await put("MANIFEST_INVALID", "v1", body, mediaTypes.ociIndex);
    const index = JSON.stringify({ ...indexOf([]), mediaType: undefined });
    await put("MANIFEST_INVALID", "v1", index, mediaTypes.ociManifest);
    await put("MANIFEST_INVALID", "v1", `${body}x`);
    await put("MANIFEST_INVALID", "v1", "[]");
    await put("MANIFEST_INVALID", "v1", JSON.stringify({ ...image, schemaVersion: 1 }));
    await put("MANIFEST_INVALID", "v1", JSON.stringify({ ...image, layers: [{ digest: "x", size: 1 }] }));
    await put("MANIFEST_INVALID", "v1", JSON.stringify({ ...image, config: { ...missing, size: -1 } }));
    await put("MANIFEST_INVALID", "v1", `{"a":${"[".repeat(70)}${"]".repeat(70)}}`);
    const wrongSize = { ...image, layers: [{ ...(image["config"] as object), size: 1 }] };
    await put("MANIFEST_INVALID", "v1", JSON.stringify(wrongSize));
    const data = { ...image, layers: [{ ...(image["config"] as object), data: "AAAA" }] };
    await put("MANIFEST_INVALID", "v1", JSON.stringify(data));
    const tags = await api.expect(200, "GET", "/v2/app/tags/list");
    assert.deepEqual(tags.json(), { name: "app", tags: [] });
  });

  test("PUT takes the type from the body when the request states none", async (api) => {
    const image = { ...await api.image("app", "one"), mediaType: undefined };
    await api.expect(201, "PUT", "/v2/app/manifests/v1", { body: encode(JSON.stringify(image)) });
    hasHeader(await api.expect(200, "HEAD", "/v2/app/manifests/v1"), "content-type", mediaTypes.ociManifest);
  });

  test("PUT names each reference that is missing, but not what may be elsewhere", async (api) => {
    const image = await api.image("app", "one");
    const gone = (hex: string) => ({ mediaType: mediaTypes.ociLayer, digest: `sha256:${hex.repeat(64)}`, size: 1 });
    const put = (layers: object[]) => ({
      body: JSON.stringify({ ...image, layers }),
      ...typed(mediaTypes.ociManifest),
    });
    const refused = await api.expect(400, "PUT", "/v2/app/manifests/v1", put([gone("1"), gone("2"), gone("1")]));
    assert.deepEqual(refused.codes(), ["MANIFEST_BLOB_UNKNOWN", "MANIFEST_BLOB_UNKNOWN"]);
    const { ociLayerForeign, ociLayerForeignGzip, ociLayerForeignZstd, dockerLayerForeign, dockerLayerForeignGzip } =
      mediaTypes;
    const foreign = [
      ociLayerForeign,
      ociLayerForeignGzip,
      ociLayerForeignZstd,
      dockerLayerForeign,
      dockerLayerForeignGzip,
    ];
    const elsewhere = [
      { ...gone("1"), urls: ["https://example.org/x"] },
      ...foreign.map((mediaType, at) => ({ ...gone(`${at + 2}`), mediaType })),
    ];
    await api.expect(201, "PUT", "/v2/app/manifests/v1", put(elsewhere));
    const index = { body: JSON.stringify(indexOf([missing])), ...typed(mediaTypes.ociIndex) };
    await api.expect(400, "PUT", "/v2/app/manifests/v2", index, "MANIFEST_BLOB_UNKNOWN");
  });

  test("PUT checks each reference by itself, also when two state the same digest", async (api) => {
    const image = await api.image("app", "layer");
    const [layer] = image["layers"] as { digest: string; size: number }[];
    const gone = { mediaType: mediaTypes.ociLayer, digest: `sha256:${"1".repeat(64)}`, size: 1 };
    const put = (document: object) => ({
      body: JSON.stringify({ ...image, ...document }),
      ...typed(mediaTypes.ociManifest),
    });
    const path = "/v2/app/manifests/v1";
    await api.expect(400, "PUT", path, put({ layers: [{ ...layer, size: 99 }, layer] }), "MANIFEST_INVALID");
    await api.expect(400, "PUT", path, put({ config: { ...layer, size: 99 } }), "MANIFEST_INVALID");
    const both = put({ layers: [gone, { ...gone, urls: ["https://example.org/x"] }] });
    await api.expect(400, "PUT", path, both, "MANIFEST_BLOB_UNKNOWN");
    for (const wrong of [{ urls: "x" }, { urls: [5] }, { data: 5 }, { data: "" }, { data: "bGF5ZXI" }]) {
      await api.expect(400, "PUT", path, put({ layers: [{ ...layer, ...wrong }] }), "MANIFEST_INVALID");
    }
    await api.expect(201, "PUT", path, put({ layers: [{ ...layer, urls: [], data: "bGF5ZXI=" }] }));
  });

  test("PUT takes what writers of other languages make of empty values", async (api) => {
    const image = await api.image("app", "layer");
    const documents = [{ ...image, layers: null }, { ...image, mediaType: "" }, { ...indexOf([]), manifests: null }];
    for (const document of documents) {
      const type = "layers" in document ? mediaTypes.ociManifest : mediaTypes.ociIndex;
      await api.expect(201, "PUT", "/v2/app/manifests/v1", { body: JSON.stringify(document), ...typed(type) });
    }
  });

  test("PUT keeps an unknown type as it was pushed", async (api) => {
    const type = "application/vnd.Example.Thing+json";
    const body = JSON.stringify({ mediaType: type });
    await api.expect(201, "PUT", "/v2/app/manifests/v1", { body, ...typed(`${type}; charset=utf-8`) });
    hasHeader(await api.expect(200, "GET", "/v2/app/manifests/v1"), "content-type", type);
  }, { anyManifest: true });

  test("PUT tells first that a manifest is too large, and takes further tags only with a digest", async (api) => {
    const body = new Uint8Array(4 * 1024 * 1024 + 1).fill(0x20);
    for (const reference of [".bad", "sha256:x"]) {
      await api.expect(413, "PUT", `/v2/app/manifests/${reference}`, { body, ...typed(mediaTypes.ociManifest) });
    }
    const small = { body: JSON.stringify(indexOf([])), ...typed(mediaTypes.ociIndex) };
    await api.expect(400, "PUT", "/v2/app/manifests/v1?tag=v2", small, "UNSUPPORTED");
  }, { maxManifestBytes: 1 });

  test("PUT of an index makes children known that were pushed as blobs", async (api) => {
    const image = JSON.stringify(await api.image("app", "layer"));
    const blob = await api.pushBlob("app", image);
    await api.expect(404, "GET", `/v2/app/manifests/${blob.digest}`, {}, "MANIFEST_UNKNOWN");
    const child = { ...blob, mediaType: mediaTypes.ociManifest };
    await api.pushManifest("app", indexOf([child]), "v1");
    const found = await api.expect(200, "GET", `/v2/app/manifests/${blob.digest}`);
    hasHeader(found, "content-type", mediaTypes.ociManifest);
    assert.equal(found.text, image);
  }, { sparse: "index" });

  test("DELETE of a protected child that is not there gives 404", async (api) => {
    await api.pushManifest("app", indexOf([missing]), "v1");
    await api.expect(404, "DELETE", `/v2/app/manifests/${missing.digest}`, {}, "MANIFEST_UNKNOWN");
  }, { protectChildren: true, sparse: "all" });

  test("weak and several entity tags meet no condition that wants one strong tag", async (api) => {
    const { digest } = await api.pushImage("app", "one", "v1");
    const body = JSON.stringify(await api.image("app", "two"));
    const headers = { "content-type": mediaTypes.ociManifest, "if-match": `W/"${digest}"` };
    await api.expect(412, "PUT", "/v2/app/manifests/v1", { body, headers });
    const blob = await api.pushBlob("app", "0123456789");
    const path = `/v2/app/blobs/${blob.digest}`;
    for (const tag of [`W/"${blob.digest}"`, "*", `"x", "${blob.digest}"`]) {
      await api.expect(200, "GET", path, { headers: { range: "bytes=0-1", "if-range": tag } });
    }
    await api.expect(206, "GET", path, { headers: { range: "Bytes=0-1", "if-range": `"${blob.digest}"` } });
    const empty = await api.pushBlob("app", "");
    await api.expect(416, "GET", `/v2/app/blobs/${empty.digest}`, { headers: { range: "bytes=0-1,3-4" } });
    await api.expect(400, "GET", "/v2/app/tags/list?n=", {}, "UNSUPPORTED");
  });

  test("PUT of a sparse index is taken when told so", async (api) => {
    await api.pushManifest("app", indexOf([missing]), "sparse");
    const image = { ...await api.image("app", "one"), layers: [missing] };
    const request = { body: JSON.stringify(image), ...typed(mediaTypes.ociManifest) };
    await api.expect(400, "PUT", "/v2/app/manifests/image", request, "MANIFEST_BLOB_UNKNOWN");
  }, { sparse: "index" });

  test("PUT over the limit is refused, by its length or while it arrives", async (api) => {
    const big = new Uint8Array(4 * 1024 * 1024 + 1).fill(0x20);
    const type = typed(mediaTypes.ociManifest);
    await api.expect(413, "PUT", "/v2/app/manifests/v1", { body: big, ...type }, "MANIFEST_INVALID");
    const body = ReadableStream.from([big.slice(0, 3_000_000), big.slice(3_000_000)]);
    await api.expect(413, "PUT", "/v2/app/manifests/v1", { body, ...type }, "MANIFEST_INVALID");
  }, { maxManifestBytes: 1 });

  test("PUT with a condition changes a tag only when it holds", async (api) => {
    const one = await api.pushImage("app", "one", "v1");
    const body = JSON.stringify(await api.image("app", "two"));
    const put = (status: number, condition: Record<string, string>) =>
      api.expect(status, "PUT", "/v2/app/manifests/v1", {
        body,
        headers: { "content-type": mediaTypes.ociManifest, ...condition },
      });
    await put(412, { "if-none-match": "*" });
    await put(412, { "if-match": `"${missing.digest}"` });
    hasHeader(await api.expect(200, "HEAD", "/v2/app/manifests/v1"), "etag", `"${one.digest}"`);
    await put(201, { "if-match": `"${one.digest}"` });
    await put(412, { "if-match": `"${one.digest}"` });
  });

  test("PUT by digest with tags and a condition looks at each tag", async (api) => {
    const one = await api.pushImage("app", "one", "v1");
    const body = JSON.stringify(await api.image("app", "two"));
    const path = `/v2/app/manifests/${await digestBytes(new TextEncoder().encode(body))}`;
    const put = (status: number, tags: string, condition: Record<string, string>) =>
      api.expect(status, "PUT", path + tags, {
        body,
        headers: { "content-type": mediaTypes.ociManifest, ...condition },
      });
    await put(412, "?tag=new&tag=v1", { "if-none-match": "*" });
    await api.expect(404, "GET", path, {}, "MANIFEST_UNKNOWN");
    await put(412, "?tag=v1&tag=new", { "if-match": `"${one.digest}"` });
    await put(201, "", { "if-none-match": "*" });
    await put(412, "", { "if-none-match": "*" });
    await put(201, "?tag=new", { "if-none-match": "*" });
    await put(201, "?tag=v1", { "if-match": `"${one.digest}"` });
    assert.match((await api.expect(200, "GET", "/v2/app/tags/list")).text, /\["new","v1"\]/);
  });

  test("PUTs of one tag with the same condition let only one through", async (api) => {
    const bodies = await Promise.all(["a", "b", "c", "d"].map((text) => api.image("app", text)));
    const answers = await Promise.all(bodies.map((body) =>
      api.send("PUT", "/v2/app/manifests/v1", {
        body: JSON.stringify(body),
        headers: { "content-type": mediaTypes.ociManifest, "if-none-match": "*" },
      })
    ));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 412, 412, 412]);
  });

  test("GET of a manifest that is none gives 404", async (api) => {
    const { digest } = await api.pushBlob("app", "layer");
    for (const reference of [digest, "absent", "-bad", missing.digest]) {
      await api.expect(404, "GET", `/v2/app/manifests/${reference}`, {}, "MANIFEST_UNKNOWN");
    }
    await api.expect(400, "GET", "/v2/app/manifests/sha256:bad", {}, "DIGEST_INVALID");
    await api.expect(404, "GET", "/v2/nowhere/manifests/v1", {}, "MANIFEST_UNKNOWN");
  });

  test("DELETE of a tag leaves the manifest; DELETE of the manifest takes all tags", async (api) => {
    const { digest } = await api.pushImage("app", "one", "v1");
    await api.pushImage("app", "one", "v2");
    await api.pushImage("app", "one", "v3");
    await api.expect(202, "DELETE", "/v2/app/manifests/v1");
    await api.expect(404, "GET", "/v2/app/manifests/v1");
    await api.expect(404, "DELETE", "/v2/app/manifests/v1", {}, "MANIFEST_UNKNOWN");
    await api.expect(200, "GET", `/v2/app/manifests/${digest}`);
    await api.expect(202, "DELETE", `/v2/app/manifests/${digest}`);
    for (const reference of ["v2", "v3", digest]) await api.expect(404, "GET", `/v2/app/manifests/${reference}`);
    await api.expect(404, "GET", `/v2/app/blobs/${digest}`);
    await api.expect(404, "DELETE", `/v2/app/manifests/${digest}`, {}, "MANIFEST_UNKNOWN");
    await api.pushImage("app", "one", "v1");
  });

  test("a manifest whose tag moved on stays readable by its digest", async (api) => {
    const one = await api.pushImage("app", "one", "v1");
    await api.pushImage("app", "two", "v1");
    await api.expect(200, "GET", `/v2/app/manifests/${one.digest}`);
  });

  test("DELETE of a child of an index is allowed, unless children are protected", async (api) => {
    const child = await api.pushImage("app", "one");
    await api.pushManifest("app", indexOf([child]), "v1");
    await api.expect(202, "DELETE", `/v2/app/manifests/${child.digest}`);
    await api.expect(200, "GET", "/v2/app/manifests/v1");
  });
  test("DELETE of a protected child of an index is refused", async (api) => {
    const child = await api.pushImage("app", "one");
    const index = await api.pushManifest("app", indexOf([child]), "v1");
    await api.expect(405, "DELETE", `/v2/app/manifests/${child.digest}`, {}, "UNSUPPORTED");
    await api.expect(202, "DELETE", `/v2/app/manifests/${index.digest}`);
    await api.expect(202, "DELETE", `/v2/app/manifests/${child.digest}`);
  }, { protectChildren: true });

  test("DELETE is refused when deletion is off", async (api) => {
    const { digest } = await api.pushImage("app", "one", "v1");
    for (const path of ["manifests/v1", `manifests/${digest}`, `blobs/${digest}`]) {
      await api.expect(405, "DELETE", `/v2/app/${path}`, {}, "UNSUPPORTED");
    }
    await api.expect(200, "GET", "/v2/app/manifests/v1");
  }, { noDelete: true });

  test("GET with strict accept refuses what the client does not list", async (api) => {
    await api.pushImage("app", "one", "v1");
    const get = (status: number, accept: string) =>
      api.expect(status, "GET", "/v2/app/manifests/v1", { headers: { accept } });
    await get(404, mediaTypes.ociIndex);
    await get(200, `${mediaTypes.ociIndex}, ${mediaTypes.ociManifest};q=0.5`);
    await get(200, "*/*");
  }, { strictAccept: true });
}
