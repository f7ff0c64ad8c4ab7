import assert from "node:assert/strict";
import {
  answerStatus,
  changeHeaders,
  ConnectionReset,
  cutBody,
  delayAnswer,
  flipByte,
  resetConnection,
  stallBody,
  truncateBody,
} from "../../../lib/server/faults/fault_actions.ts";
import { type Fault, faultyHandler } from "../../../lib/server/faults/faults.ts";
import {
  absoluteLocation,
  bodyLimit,
  expireTokens,
  lateDeletes,
  minChunk,
  noContentDigest,
  noMount,
  noReferrers,
  noSinglePost,
  redirectBlobs,
  refuseChunked,
  refuseTagDelete,
} from "../../../lib/server/faults/quirks.ts";
import { basicGuard } from "../../../lib/server/auth/basic_guard.ts";
import { bearerGuard } from "../../../lib/server/auth/bearer_guard.ts";
import { createRegistry } from "../../../lib/server/registry.ts";
import { quietStore } from "../../support/quiet_store.ts";
import { RegistryApi } from "../../support/registry_api.ts";

async function rig(
  ...script: Fault[]
): Promise<{ plain: RegistryApi; faulty: RegistryApi; path: string; digest: string }> {
  const registry = createRegistry({ store: quietStore() });
  const plain = new RegistryApi(registry.fetch);
  const { digest } = await plain.pushBlob("app", "0123456789");
  await plain.pushImage("app", "image", "v1");
  return {
    plain,
    faulty: new RegistryApi(faultyHandler(registry.fetch, script)),
    path: `/v2/app/blobs/${digest}`,
    digest,
  };
}

Deno.test("faultyHandler() strikes by kind and method, after some, every so often, so many times", async () => {
  const { faulty, path } = await rig({
    kind: "blob",
    method: "GET",
    skip: 1,
    every: 2,
    count: 2,
    action: answerStatus(503),
  });
  const statuses: number[] = [];
  for (let at = 0; at < 7; at++) {
    await faulty.expect(200, "HEAD", path);
    await faulty.expect(200, "GET", "/v2/app/manifests/v1");
    statuses.push((await faulty.send("GET", path)).status);
  }
  assert.deepEqual(statuses, [200, 503, 200, 503, 200, 200, 200]);
});

Deno.test("answerStatus() answers with an error document and Retry-After, and reads the body", async () => {
  const limit = answerStatus(429, { code: "TOOMANYREQUESTS", retryAfter: "7" });
  const { faulty } = await rig({ count: 1, action: limit });
  const answer = await faulty.expect(429, "PUT", "/v2/app/manifests/v1", { body: "x" }, "TOOMANYREQUESTS");
  assert.equal(answer.headers.get("retry-after"), "7");
  assert.equal(answer.headers.get("docker-distribution-api-version"), "registry/2.0");
});

Deno.test("cutBody(), truncateBody(), flipByte() and resetConnection() spoil the answer", async () => {
  const get = async (fault: Fault["action"]): Promise<string> => {
    const { faulty, path } = await rig({ count: 1, action: fault });
    const answer = await faulty.send("GET", path);
    await faulty.expect(200, "GET", path);
    return answer.text;
  };
  await assert.rejects(get(cutBody()), ConnectionReset);
  await assert.rejects(get(resetConnection()), ConnectionReset);
  assert.equal(await get(truncateBody(3)), "012");
  assert.equal(await get(flipByte(2)), "01\uFFFD3456789");
});

Deno.test("stallBody() sends a part and then nothing until the reader gives up", async () => {
  const { faulty, path } = await rig({ action: stallBody() });
  const reader = (await faulty.handler(new Request(`http://r${path}`))).body?.getReader() ?? assert.fail("no body");
  assert.equal(new TextDecoder().decode((await reader.read()).value), "01234");
  const settled = await Promise.race([
    reader.read().then(() => "data"),
    new Promise((done) => setTimeout(done, 5, "nothing")),
  ]);
  assert.equal(settled, "nothing");
  await reader.cancel();
});

Deno.test("delayAnswer() waits as told", async () => {
  const slept: number[] = [];
  const { faulty, path } = await rig({ action: delayAnswer(50, (ms) => Promise.resolve(void slept.push(ms))) });
  await faulty.expect(200, "GET", path);
  assert.deepEqual(slept, [50]);
});

Deno.test("noContentDigest(), absoluteLocation() and changeHeaders() change headers", async () => {
  const { faulty, path } = await rig(
    noContentDigest({ kind: "blob" }),
    absoluteLocation(),
    { kind: "manifest", action: changeHeaders((headers) => headers.set("content-type", "text/plain")) },
  );
  assert.equal((await faulty.expect(200, "GET", path)).headers.get("docker-content-digest"), null);
  assert.match(await faulty.begin("app"), /^http:\/\/registry\.test\/v2\/app/);
  const manifest = await faulty.expect(200, "GET", "/v2/app/manifests/v1");
  assert.equal(manifest.headers.get("content-type"), "text/plain");
  assert.notEqual(manifest.headers.get("docker-content-digest"), null);
});

Deno.test("noMount() and noSinglePost() begin uploads that work", async () => {
  const { faulty, digest } = await rig(noMount(), noSinglePost());
  await faulty.expect(202, "POST", `/v2/b/blobs/uploads/?mount=${digest}&from=app`);
  const begun = await faulty.expect(202, "POST", `/v2/b/blobs/uploads/?digest=${digest}`, { body: "0123456789" });
  const location = begun.headers.get("location") ?? "";
  await faulty.expect(201, "PUT", `${location}&digest=${digest}`, { body: "0123456789" });
});

Deno.test("noReferrers(), refuseTagDelete(), bodyLimit() and refuseChunked() refuse", async () => {
  const { faulty, digest } = await rig(noReferrers(), refuseTagDelete(400), bodyLimit(10), refuseChunked());
  await faulty.expect(404, "GET", `/v2/app/referrers/${digest}`);
  await faulty.expect(400, "DELETE", "/v2/app/manifests/v1", {}, "UNSUPPORTED");
  const location = await faulty.begin("app");
  await faulty.expect(413, "PATCH", location, { body: "12345678901" });
  await faulty.expect(411, "PATCH", location, { body: ReadableStream.from([new Uint8Array(3)]) });
  await faulty.expect(411, "PUT", "/v2/app/manifests/v2", { body: ReadableStream.from([new Uint8Array(3)]) });
  await faulty.expect(202, "PATCH", location, { body: "1234567890" });
});

Deno.test("minChunk() takes a small chunk only as the last", async () => {
  const { faulty } = await rig(...minChunk(4));
  const begun = await faulty.expect(202, "POST", "/v2/app/blobs/uploads/");
  assert.equal(begun.headers.get("oci-chunk-min-length"), "4");
  const location = begun.headers.get("location") ?? "";
  await faulty.expect(202, "PATCH", location, { body: "1234" });
  await faulty.expect(202, "PATCH", location, { body: "56" });
  const refused = await faulty.expect(416, "PATCH", location, { body: "7890" }, "BLOB_UPLOAD_INVALID");
  assert.equal(refused.headers.get("range"), "0-5");
  assert.equal(refused.headers.get("location"), (await faulty.send("GET", location)).headers.get("location"));
  await faulty.expect(204, "DELETE", location);
  const gone = await faulty.expect(416, "PATCH", location, { body: "7890" }, "BLOB_UPLOAD_INVALID");
  assert.equal(gone.headers.get("range"), null);
});

Deno.test("minChunk() asks as the client that it refuses", async () => {
  const guard = basicGuard({ users: new Map([["a", "1"]]) });
  const registry = createRegistry({ store: quietStore(), guard });
  const faulty = new RegistryApi(faultyHandler(registry.fetch, minChunk(4)));
  const headers = { authorization: `Basic ${btoa("a:1")}` };
  const begun = await faulty.expect(202, "POST", "/v2/app/blobs/uploads/", { headers });
  const location = begun.headers.get("location") ?? "";
  await faulty.expect(202, "PATCH", location, { headers, body: "56" });
  const refused = await faulty.expect(416, "PATCH", location, {
    headers: { ...headers, "content-range": "2-5" },
    body: "7890",
  });
  assert.equal(refused.headers.get("range"), "0-1");
});

Deno.test("expireTokens() makes the registry refuse a good token with its own challenge", async () => {
  const verify = (token: string) => token === "good" ? { user: "a", scopes: ["repository:app:pull,push"] } : undefined;
  const guard = bearerGuard({ realm: "https://auth.test/token", service: "reg", verify });
  const registry = createRegistry({ store: quietStore(), guard });
  const api = new RegistryApi(faultyHandler(registry.fetch, [expireTokens(1)]));
  const init = { headers: { authorization: "Bearer good" } };
  await api.expect(202, "POST", "/v2/app/blobs/uploads/", init);
  const challenge = 'Bearer realm="https://auth.test/token",service="reg",scope="repository:app:pull,push"';
  for (const body of ["body", ""]) {
    const expired = await api.expect(401, "POST", "/v2/app/blobs/uploads/", { ...init, body }, "UNAUTHORIZED");
    assert.equal(expired.headers.get("www-authenticate"), `${challenge},error="invalid_token"`);
  }
  const stranger = await api.expect(401, "POST", "/v2/app/blobs/uploads/");
  assert.equal(stranger.headers.get("www-authenticate"), challenge);
});

Deno.test("redirectBlobs() and lateDeletes() send away and delay", async () => {
  const { faulty, plain, path } = await rig(
    redirectBlobs("https://storage.test/", { count: 1 }),
    lateDeletes(2),
  );
  const away = await faulty.expect(307, "GET", path);
  assert.equal(away.headers.get("location"), `https://storage.test${path}?signature=fake`);
  const deleted = await faulty.expect(202, "DELETE", path);
  for (const { headers } of [away, deleted]) {
    assert.equal(headers.get("docker-distribution-api-version"), "registry/2.0");
    assert.equal(headers.get("content-length"), "0");
  }
  await plain.expect(200, "GET", path);
  for (const status of [200, 200, 404]) await faulty.expect(status, "GET", path);
});
