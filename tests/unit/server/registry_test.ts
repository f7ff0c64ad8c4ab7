import assert from "node:assert/strict";
import { basicGuard } from "../../../lib/server/auth/basic_guard.ts";
import { bearerGuard } from "../../../lib/server/auth/bearer_guard.ts";
import { createRegistry } from "../../../lib/server/registry.ts";
import type { RequestEntry } from "../../../lib/server/observation/request_log.ts";
import type { RegistryOptions } from "../../../lib/server/settings.ts";
import { digestBytes } from "../../../lib/oci/digest.ts";
import { quietStore } from "../../support/quiet_store.ts";
import { indexOf, RegistryApi } from "../../support/registry_api.ts";

function apiOf(options: RegistryOptions = {}): RegistryApi {
  return new RegistryApi(createRegistry({ store: quietStore(), ...options }).fetch);
}

Deno.test("createRegistry() answers the API check with and without the slash", async () => {
  const api = apiOf();
  for (const path of ["/v2", "/v2/"]) {
    const answer = await api.expect(200, "GET", path);
    assert.deepEqual(answer.json(), {});
    assert.equal(answer.headers.get("docker-distribution-api-version"), "registry/2.0");
    assert.equal((await api.expect(200, "HEAD", path)).text, "");
  }
  assert.equal((await api.expect(200, "GET", "/healthz")).text, "ok\n");
  assert.match((await api.expect(200, "GET", "/v2/_oci/ext/discover")).text, /"extensions":\[\{"name":"_catalog"/);
});

Deno.test("createRegistry() refuses other methods with the list of those it knows", async () => {
  const api = apiOf();
  const refused = await api.expect(405, "POST", "/v2/app/manifests/v1", { body: "x" }, "UNSUPPORTED");
  assert.equal(refused.headers.get("allow"), "GET, HEAD, PUT, DELETE");
  assert.equal(refused.headers.get("content-type"), "application/json");
  assert.equal((await api.expect(405, "GET", "/v2/app/blobs/uploads/")).headers.get("allow"), "POST");
});

const digest = `sha256:${"0".repeat(64)}`;
const refusals: readonly (readonly [RegistryOptions, method: string, path: string, allow: string])[] = [
  [{}, "POST", `/v2/app/blobs/${digest}`, "GET, HEAD, DELETE"],
  [{ noDelete: true }, "DELETE", "/v2/app/manifests/v1", "GET, HEAD, PUT"],
  [{ noDelete: true }, "DELETE", `/v2/app/blobs/${digest}`, "GET, HEAD"],
  [{ noDelete: true }, "POST", `/v2/app/blobs/${digest}`, "GET, HEAD"],
  [{ noDelete: true }, "POST", "/v2/app/blobs/uploads/1", "GET, HEAD, PATCH, PUT, DELETE"],
  [{ isReadOnly: true }, "DELETE", "/v2/app/manifests/v1", "GET, HEAD"],
  [{ isReadOnly: true }, "PUT", "/v2/app/manifests/v1", "GET, HEAD"],
  [{ isReadOnly: true }, "PATCH", "/v2/app/blobs/uploads/1", "GET, HEAD"],
  [{ isReadOnly: true }, "POST", "/v2/app/blobs/uploads/", ""],
];
for (const [options, method, path, allow] of refusals) {
  const [option = "nothing"] = Object.keys(options);
  Deno.test(`createRegistry() with ${option} refuses ${method} ${path} and allows ${allow || "nothing"}`, async () => {
    const refused = await apiOf(options).expect(405, method, path, {}, "UNSUPPORTED");
    assert.equal(refused.headers.get("allow"), allow);
  });
}

Deno.test("createRegistry() says what else may be done with what cannot be deleted", async () => {
  const api = apiOf({ protectChildren: true });
  const image = await api.pushImage("app", "content");
  await api.pushManifest("app", indexOf([image]), "all");
  const child = await api.expect(405, "DELETE", `/v2/app/manifests/${image.digest}`, {}, "UNSUPPORTED");
  assert.equal(child.headers.get("allow"), "GET, HEAD, PUT");
  const used = await digestBytes(new TextEncoder().encode("content"));
  const blob = await api.expect(405, "DELETE", `/v2/app/blobs/${used}`, {}, "UNSUPPORTED");
  assert.equal(blob.headers.get("allow"), "GET, HEAD");
});

Deno.test("createRegistry() refuses unknown paths, bad names and encoded separators", async () => {
  const api = apiOf();
  for (const path of ["/", "/v1/", "/v2/app", "/v2/app/things/x", "/v2/manifests/v1"]) {
    await api.expect(404, "GET", path, {}, "NAME_UNKNOWN");
  }
  const bad = ["App", "a..b", "-a", "a/", "a//b", "a%2Fb", "a%5Cb", "a%00", "a%zz", `${"a".repeat(255)}`];
  for (const name of bad) await api.expect(400, "GET", `/v2/${name}/tags/list`, {}, "NAME_INVALID");
  await api.expect(400, "GET", "/v2/app/manifests/a%2Fb", {}, "NAME_INVALID");
  await api.expect(400, "GET", "/v2/app/manifests/", {}, "NAME_INVALID");
  await api.expect(414, "GET", `/v2/app/tags/list?last=${"a".repeat(9000)}`, {}, "UNSUPPORTED");
  await api.expect(404, "GET", "/v2/%61pp/tags/list", {}, "NAME_UNKNOWN");
});

Deno.test("createRegistry() sends no error body to HEAD", async () => {
  const answer = await apiOf().expect(404, "HEAD", "/v2/app/manifests/v1");
  assert.equal(answer.text, "");
});

Deno.test("createRegistry() tells of each request", async () => {
  const seen: RequestEntry[] = [];
  const api = apiOf({ onRequest: (entry) => seen.push(entry) });
  const { digest } = await api.pushBlob("app", "x");
  await api.send("GET", `/v2/app/blobs/${digest}?x=y`);
  await api.send("GET", "/v2/app/manifests/v1");
  await api.send("GET", "/v2/a%2Fb/tags/list");
  const lines = seen.map((entry) => `${entry.method} ${entry.kind} ${entry.repository} ${entry.status}`);
  assert.deepEqual(lines, [
    "POST upload app 202",
    "PUT upload app 201",
    "GET blob app 200",
    "GET manifest app 404",
    "GET other  400",
  ]);
  assert.equal(seen[2]?.path, `/v2/app/blobs/${digest}`);
  assert.equal(seen[2]?.reference, digest);
});

Deno.test("createRegistry() hides what failed inside behind a plain 500, and a full disk behind 507", async () => {
  for (
    const [failure, status] of [[new Error("secret path"), 500], [
      new Error("x", { cause: Object.assign(new Error(), { code: "ENOSPC" }) }),
      507,
    ]] as const
  ) {
    const logged: unknown[] = [];
    const store = { ...quietStore(), repository: () => Promise.reject(failure) };
    const logger = { isEnabled: () => true, log: (...line: unknown[]) => void logged.push(line) };
    const answer = await apiOf({ store, logger }).expect(status, "GET", "/v2/app/tags/list", {}, "UNKNOWN");
    assert.doesNotMatch(answer.text, /secret/);
    assert.equal(logged.length, 1);
  }
});

Deno.test("createRegistry() refuses every change when read-only", async () => {
  const store = quietStore();
  const { digest } = await apiOf({ store }).pushImage("app", "one", "v1");
  const api = apiOf({ store, isReadOnly: true });
  await api.expect(200, "GET", `/v2/app/manifests/${digest}`);
  const changes = [
    ["POST", "/v2/app/blobs/uploads/"],
    ["PUT", "/v2/app/manifests/v2"],
    ["DELETE", "/v2/app/manifests/v1"],
    ["DELETE", `/v2/app/blobs/${digest}`],
  ] as const;
  for (const [method, path] of changes) await api.expect(405, method, path, {}, "UNSUPPORTED");
});

Deno.test("createRegistry() makes locations absolute and sends warnings when told so", async () => {
  const api = apiOf({ externalUrl: "https://registry.example.org/", warnings: ['say "hi"\n', "x".repeat(4096)] });
  const begun = await api.expect(202, "POST", "/v2/app/blobs/uploads/");
  assert.match(begun.headers.get("location") ?? "", /^https:\/\/registry\.example\.org\/v2\/app\/blobs\/uploads\//);
  assert.equal(begun.headers.get("warning"), '299 - "say \\"hi\\"?"');
});

Deno.test("createRegistry() sends warnings with every answer, also those of the page and of endpoints", async () => {
  const endpoints = new Map([["/token", (request: Request) => Promise.resolve(new Response(request.method))]]);
  const warnings = ["one", "two"];
  const guarded = apiOf({ guard: { ...basicGuard({ users: new Map() }), endpoints }, warnings });
  const open = apiOf({ warnings });
  const asked: readonly (readonly [api: RegistryApi, path: string, status: number, accept: string])[] = [
    [guarded, "/token", 200, "*/*"],
    [guarded, "/", 401, "text/html"],
    [guarded, "/v2/", 401, "*/*"],
    [open, "/", 200, "text/html"],
    [open, "/nowhere", 404, "text/html"],
    [open, "/v2/", 200, "*/*"],
    [open, "/v2/app/tags/list", 404, "*/*"],
  ];
  for (const [api, path, status, accept] of asked) {
    const { headers } = await api.expect(status, "GET", path, { headers: { accept } });
    assert.equal(headers.get("warning"), '299 - "one", 299 - "two"', path);
    assert.equal(headers.get("docker-distribution-api-version"), "registry/2.0");
  }
});

const manifestType = "application/vnd.oci.image.manifest.v1+json";
const accepted: readonly (readonly [accept: string, isAccepted: boolean])[] = [
  [manifestType, true],
  ["Application/VND.oci.image.Manifest.v1+JSON", true],
  [`text/html, ${manifestType};q=0.001`, true],
  [`${manifestType}; charset=utf-8; q=1`, true],
  ["application/*", true],
  ["*/*;q=0.1", true],
  [`*/*;q=0, ${manifestType}`, true],
  [`application/*;q=0.000, ${manifestType.toUpperCase()};Q=0.5`, true],
  [`${manifestType};q=0`, false],
  [`${manifestType}; Q=0.00`, false],
  ["*/*;q=0", false],
  ["application/*;q=0, */*", false],
  [`*/*, ${manifestType};q=0`, false],
  ["text/*", false],
  ["application/vnd.oci.image.index.v1+json", false],
];
for (const [accept, isAccepted] of accepted) {
  Deno.test(`createRegistry() with strictAccept ${isAccepted ? "sends" : "hides"} an image for ${accept}`, async () => {
    const api = apiOf({ strictAccept: true });
    await api.pushImage("app", "content", "v1");
    await api.expect(isAccepted ? 200 : 404, "GET", "/v2/app/manifests/v1", { headers: { accept } });
  });
}

Deno.test("createRegistry() announces the smallest chunk it wants", async () => {
  const begun = await apiOf({ minChunkBytes: 100 }).expect(202, "POST", "/v2/app/blobs/uploads/");
  assert.equal(begun.headers.get("oci-chunk-min-length"), "100");
});

Deno.test("createRegistry() gives up a body that stalls, and keeps the upload", async () => {
  const api = apiOf({ bodyIdleMs: 1 });
  const location = await api.begin("app");
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => controller.enqueue(new Uint8Array(5)),
  });
  await api.expect(408, "PATCH", location, { body });
  assert.equal((await api.expect(204, "GET", location)).headers.get("range"), "0-4");
});

Deno.test("createMemoryStore() refuses what does not fit with 507 and frees what is deleted", async () => {
  const api = apiOf({ store: quietStore({ maxBytes: 10 }) });
  const first = await api.pushBlob("app", "12345678");
  const location = await api.begin("app");
  await api.expect(507, "PATCH", location, { body: "123" }, "UNKNOWN");
  await api.expect(201, "POST", `/v2/other/blobs/uploads/?mount=${first.digest}`);
  await api.expect(202, "DELETE", `/v2/app/blobs/${first.digest}`);
  await api.expect(507, "PATCH", location, { body: "123" }, "UNKNOWN");
  await api.expect(202, "DELETE", `/v2/other/blobs/${first.digest}`);
  await api.expect(202, "PATCH", location, { body: "1234567890" });
});

const basic = (login: string) => ({ headers: { authorization: `Basic ${btoa(login)}` } });

Deno.test("basicGuard() challenges strangers and lets users do what they may", async () => {
  const users = new Map([["reader", "r"], ["writer", "w"]]);
  const api = apiOf({
    guard: basicGuard({ users, realm: 'a"b', may: (user, action) => user === "writer" || action === "pull" }),
  });
  const refused = await api.expect(401, "GET", "/v2/", {}, "UNAUTHORIZED");
  assert.equal(refused.headers.get("www-authenticate"), 'Basic realm="ab"');
  for (const login of ["reader:x", "nobody:r", "reader"]) {
    await api.expect(401, "GET", "/v2/", basic(login), "UNAUTHORIZED");
  }
  await api.expect(401, "GET", "/v2/", { headers: { authorization: "Bearer r" } });
  await api.expect(200, "GET", "/v2/", basic("reader:r"));
  await api.expect(404, "GET", "/v2/app/manifests/v1", basic("reader:r"));
  await api.expect(403, "POST", "/v2/app/blobs/uploads/", basic("reader:r"), "DENIED");
  await api.expect(202, "POST", "/v2/app/blobs/uploads/", basic("writer:w"));
  await api.expect(200, "GET", "/healthz");
});

Deno.test("basicGuard() lets anonymous callers in when told so, and asks for a login beyond", async () => {
  const guard = basicGuard({
    users: new Map([["writer", "w"]]),
    allowAnonymous: true,
    may: (user, action) => user !== "" || action === "pull",
  });
  const api = apiOf({ guard });
  await api.expect(200, "GET", "/v2/");
  await api.expect(404, "GET", "/v2/app/tags/list");
  await api.expect(401, "POST", "/v2/app/blobs/uploads/", {}, "UNAUTHORIZED");
  await api.expect(401, "GET", "/v2/_catalog");
});

Deno.test("bearerGuard() asks for the scope of each request", async () => {
  const grants: Record<string, string[]> = {
    pull: ["repository:team/app:pull"],
    all: ["repository:team/app:*"],
    cat: ["registry:catalog:*"],
  };
  const api = apiOf({
    guard: bearerGuard({
      realm: "https://auth.example.org/token",
      service: "reg",
      verify: (token) => grants[token] === undefined ? undefined : { user: "u", scopes: grants[token] },
    }),
  });
  const challenge = async (method: string, path: string, token?: string) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const answer = await api.expect(401, method, path, { headers }, "UNAUTHORIZED");
    return answer.headers.get("www-authenticate");
  };
  const start = 'Bearer realm="https://auth.example.org/token",service="reg"';
  assert.equal(await challenge("GET", "/v2/"), start);
  assert.equal(await challenge("GET", "/v2/_catalog"), `${start},scope="registry:catalog:*"`);
  assert.equal(await challenge("GET", "/v2/team/app/tags/list"), `${start},scope="repository:team/app:pull"`);
  assert.equal(await challenge("DELETE", "/v2/team/app/manifests/v1"), `${start},scope="repository:team/app:delete"`);
  const push = `${start},scope="repository:team/app:pull,push"`;
  assert.equal(await challenge("POST", "/v2/team/app/blobs/uploads/"), push);
  assert.equal(await challenge("POST", "/v2/team/app/blobs/uploads/", "old"), `${push},error="invalid_token"`);
  assert.equal(await challenge("POST", "/v2/team/app/blobs/uploads/", "pull"), `${push},error="insufficient_scope"`);
  await api.expect(404, "GET", "/v2/team/app/tags/list", { headers: { authorization: "Bearer pull" } });
  await api.expect(202, "POST", "/v2/team/app/blobs/uploads/", { headers: { authorization: "bearer all" } });
  await api.expect(200, "GET", "/v2/_catalog", { headers: { authorization: "Bearer cat" } });
});

Deno.test("uploads belong to who began them; mounts need the right to pull", async () => {
  const users = new Map([["a", "1"], ["b", "2"]]);
  const may = (user: string, _: unknown, name: string) => name !== "private" || user === "a";
  const api = apiOf({ guard: basicGuard({ users, may }) });
  const begun = await api.expect(202, "POST", "/v2/shared/blobs/uploads/", basic("a:1"));
  const location = begun.headers.get("location") ?? "";
  await api.expect(404, "GET", location, basic("b:2"), "BLOB_UPLOAD_UNKNOWN");
  await api.expect(204, "GET", location, basic("a:1"));
  const body = new TextEncoder().encode("secret");
  const digest = await digestBytes(body);
  await api.expect(201, "POST", `/v2/private/blobs/uploads/?digest=${digest}`, { body, ...basic("a:1") });
  for (const from of ["", "&from=private"]) {
    await api.expect(202, "POST", `/v2/shared/blobs/uploads/?mount=${digest}${from}`, basic("b:2"));
  }
  const listed = await api.expect(200, "GET", "/v2/_catalog", basic("b:2"));
  assert.deepEqual(listed.json(), { repositories: [] });
  await api.expect(201, "POST", `/v2/shared/blobs/uploads/?mount=${digest}&from=private`, basic("a:1"));
});
