import assert from "node:assert/strict";
import { hasCode } from "../../../lib/errors.ts";
import { parseManifest } from "../../../lib/oci/manifest.ts";
import { listCatalog, pingRegistry } from "../../../lib/registry/ping.ts";
import { createRegistryRig, rigRegistry } from "../../support/registry_rig.ts";

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const index = await parseManifest(encode({ schemaVersion: 2, manifests: [] }));

function pages(pathOf: (page: number) => string) {
  return (request: Request) => {
    const page = Number(new URL(request.url).searchParams.get("page") ?? 0);
    const headers = new Headers();
    if (page < 2) headers.set("link", `<${pathOf(page + 1)}>; rel="next"`);
    return Response.json({ name: "app", tags: [`a${page}`, `b${page}`] }, { headers });
  };
}

Deno.test("tags.list() follows links, relative and absolute", async () => {
  for (const start of ["/v2/app/tags/list", `https://${rigRegistry}/v2/app/tags/list`]) {
    await using rig = createRegistryRig({ intercept: pages((page) => `${start}?page=${page}`) });
    assert.deepEqual(await Array.fromAsync(rig.open("app").tags.list()), ["a0", "b0", "a1", "b1", "a2", "b2"]);
    assert.equal(rig.requests.length, 3);
  }
});

Deno.test("tags.list() stops asking once the limit is reached and gives no more than it", async () => {
  await using rig = createRegistryRig({ intercept: pages((page) => `/v2/app/tags/list?page=${page}`) });
  assert.deepEqual(await Array.fromAsync(rig.open("app").tags.list({ limit: 3 })), ["a0", "b0", "a1"]);
  assert.equal(rig.requests.length, 2);
});

Deno.test("tags.list() ends with an error when the pages go in a circle", async () => {
  await using rig = createRegistryRig({
    intercept: () =>
      Response.json({ name: "app", tags: [] }, { headers: { link: `</v2/app/tags/list?page=1>; rel="next"` } }),
  });
  await assert.rejects(
    Array.fromAsync(rig.open("app").tags.list()),
    (error) => hasCode(error, "INVALID_RESPONSE"),
  );
  assert(rig.requests.length < 5);
});

Deno.test("tags.list() takes null for no tags", async () => {
  await using rig = createRegistryRig({ intercept: () => Response.json({ name: "app", tags: null }) });
  assert.deepEqual(await Array.fromAsync(rig.open("app").tags.list()), []);
});

Deno.test("tags.delete() costs one request where the registry can delete tags", async () => {
  await using rig = createRegistryRig();
  const repository = rig.open("app");
  await repository.manifests.put("v1", index);
  rig.requests.length = 0;
  await repository.tags.delete("v1");
  assert.deepEqual(rig.requests, ["DELETE /v2/app/manifests/v1"]);
});

/** A registry that deletes by digest alone, as docker-registry 2.8 does. */
function withoutTagDelete(status: number, digestStatus?: number) {
  return (request: Request): Response | undefined => {
    if (request.method !== "DELETE" || !request.url.includes("/manifests/")) return undefined;
    if (!request.url.includes("sha256:")) return Response.json({ errors: [] }, { status });
    return digestStatus === undefined ? undefined : Response.json({ errors: [] }, { status: digestStatus });
  };
}

Deno.test.each([{ status: 400 }, { status: 405 }])(
  "tags.delete() goes by a dummy manifest after $status and leaves other tags on the image",
  async ({ status }) => {
    await using rig = createRegistryRig({ intercept: withoutTagDelete(status) });
    const repository = rig.open("app");
    await repository.manifests.put("v1", index);
    await repository.manifests.put("v2", index);
    await repository.tags.delete("v1");
    assert.deepEqual(await Array.fromAsync(repository.tags.list()), ["v2"]);
    assert.equal((await repository.manifests.head("v2")).descriptor.digest, index.descriptor.digest);
  },
);

Deno.test("tags.delete() puts the tag back when nothing can be deleted", async () => {
  await using rig = createRegistryRig({ intercept: withoutTagDelete(405, 405) });
  const repository = rig.open("app");
  await repository.manifests.put("v1", index);
  await assert.rejects(repository.tags.delete("v1"), (error) => hasCode(error, "UNSUPPORTED"));
  assert.equal((await repository.manifests.head("v1")).descriptor.digest, index.descriptor.digest);
});

Deno.test("tags.delete() touches nothing when the detour is not allowed, or the refusal has another reason", async () => {
  for (const [status, allowFallback] of [[405, false], [403, true], [404, true]] as const) {
    await using rig = createRegistryRig({ intercept: withoutTagDelete(status) });
    const repository = rig.open("app");
    await repository.manifests.put("v1", index);
    rig.requests.length = 0;
    await assert.rejects(repository.tags.delete("v1", { allowFallback }));
    assert.deepEqual(rig.requests, ["DELETE /v2/app/manifests/v1"]);
  }
});

Deno.test("listCatalog() follows links without a limit and asks once with one", async () => {
  const intercept = (request: Request) => {
    const isSecond = request.url.includes("page=1");
    const headers = new Headers(isSecond ? {} : { link: `</v2/_catalog?page=1>; rel="next"` });
    return Response.json({ repositories: [isSecond ? "b" : "a"] }, { headers });
  };
  await using rig = createRegistryRig({ intercept });
  const names = async (limit?: number) =>
    (await Array.fromAsync(listCatalog(rig.http, rigRegistry, { limit }))).flatMap(({ repositories }) => repositories);
  assert.deepEqual(await names(), ["a", "b"]);
  assert.deepEqual(await names(1), ["a"]);
  assert.deepEqual(rig.requests, ["GET /v2/_catalog", "GET /v2/_catalog?page=1", "GET /v2/_catalog?n=1"]);
});

Deno.test("pingRegistry() asks for the root of the API, whatever the path prefix", async () => {
  await using rig = createRegistryRig({ host: { pathPrefix: "team" } });
  await pingRegistry(rig.http, rigRegistry);
  assert.deepEqual(rig.requests, ["GET /v2/"]);
});
