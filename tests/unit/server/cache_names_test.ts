import assert from "node:assert/strict";
import { RegkitError } from "../../../lib/errors.ts";
import type { AuthGuard } from "../../../lib/server/auth/auth_guard.ts";
import { compileGlobs } from "../../../lib/server/cache/glob.ts";
import { CacheRig } from "../../support/cache_rig.ts";
import { putDocument, putRandomImage } from "../../support/random_image.ts";

const minute = 60_000;

Deno.test("compileGlobs() keeps one star within a component", () => {
  const cases: [string, string, boolean][] = [
    ["library/*", "library/app", true],
    ["library/*", "library/a/b", false],
    ["library/**", "library/a/b", true],
    ["**/secret", "a/b/secret", true],
    ["a.b", "axb", false],
    ["v?", "v1", true],
    ["v?", "v12", false],
    ["*:latest", "app:latest", true],
  ];
  for (const [pattern, name, fits] of cases) assert.equal(compileGlobs([pattern])(name), fits, `${pattern} ${name}`);
  assert.equal(compileGlobs([])("app"), false);
});

Deno.test("RegistryCache chooses the upstream with the longest prefix", async () => {
  await using rig = new CacheRig({
    others: [{ name: "deep", prefix: "hub/deep" }, { name: "whole", prefix: "team", strip: false }],
  });
  const paths = ["hub/app", "hub/deep/app", "team/app", "team", "hubs/app", "hub", "app"];
  for (const name of paths) await rig.api.expect(404, "GET", `/v2/${name}/manifests/v1`);
  assert.deepEqual(rig.take(), [
    "get manifest app v1",
    "deep get manifest app v1",
    "whole get manifest team/app v1",
    "whole get manifest team v1",
  ]);
});

Deno.test("RegistryCache serves every name when the prefix is empty", async () => {
  await using rig = new CacheRig({ upstream: { prefix: "" } });
  await putRandomImage(rig.source.repository("a/b/c"), { tag: "v1" });
  await rig.api.expect(200, "GET", "/v2/a/b/c/manifests/v1");
  assert.deepEqual(await rig.registry.store.names(), ["a/b/c"]);
});

Deno.test("RegistryCache puts library/ before names of one component where that is the rule", async () => {
  await using rig = new CacheRig({ upstream: { hasLibrary: true, namespaces: ["docker.io"] } });
  await rig.api.expect(404, "GET", "/v2/hub/alpine/manifests/v1");
  await rig.api.expect(404, "GET", "/v2/hub/team/app/manifests/v1");
  await rig.api.expect(404, "GET", "/v2/alpine/manifests/v2?ns=docker.io");
  assert.deepEqual(rig.take(), [
    "get manifest library/alpine v1",
    "get manifest team/app v1",
    "get manifest library/alpine v2",
  ]);
});

Deno.test("RegistryCache keeps one copy of what has a name with library/ and one without", async () => {
  await using rig = new CacheRig({
    upstream: { hasLibrary: true, namespaces: ["docker.io"], pinned: ["library/alpine:v1"] },
  });
  await putRandomImage(rig.source.repository("library/alpine"), { tag: "v1" });
  const paths = [
    ["hub/alpine", ""],
    ["hub/library/alpine", ""],
    ["library/alpine", "?ns=docker.io"],
    ["alpine", "?ns=docker.io"],
  ];
  for (const [name, query] of paths) {
    await rig.api.expect(200, "GET", `/v2/${name}/manifests/v1${query}`);
    const tags = await rig.api.expect(200, "GET", `/v2/${name}/tags/list${query}`);
    assert.deepEqual(tags.json(), { name, tags: ["v1"] }, "as the client asked");
  }
  assert.deepEqual(rig.take(), ["get manifest library/alpine v1", "list tags library/alpine"]);
  assert.deepEqual(await rig.registry.store.names(), ["hub/alpine"]);
  await rig.api.expect(404, "GET", "/v2/hub/library/team/app/manifests/v1");
  assert.deepEqual(rig.take(), ["get manifest library/team/app v1"], "that is no such name");
});

Deno.test("RegistryCache leaves library/ alone where it is no rule, or another upstream's", async () => {
  await using plain = new CacheRig();
  await plain.api.expect(404, "GET", "/v2/hub/library/app/manifests/v1");
  await plain.api.expect(404, "GET", "/v2/hub/app/manifests/v1");
  assert.deepEqual(plain.take(), ["get manifest library/app v1", "get manifest app v1"]);
  await using rig = new CacheRig({
    upstream: { hasLibrary: true, namespaces: ["docker.io"] },
    others: [{ name: "other", prefix: "hub/library" }],
  });
  await rig.api.expect(404, "GET", "/v2/hub/library/app/manifests/v1");
  await rig.api.expect(404, "GET", "/v2/hub/app/manifests/v2");
  await rig.api.expect(404, "GET", "/v2/library/app/manifests/v3?ns=docker.io");
  assert.deepEqual(rig.take(), [
    "other get manifest app v1",
    "get manifest library/app v2",
    "get manifest library/app v3",
  ]);
  await using whole = new CacheRig({ upstream: { prefix: "library", strip: false, hasLibrary: true } });
  await whole.api.expect(404, "GET", "/v2/library/app/manifests/v1");
  assert.deepEqual(whole.take(), ["get manifest library/app v1"], "without it, it would be nobody's");
});

for (const [prefix, below] of [["", "b"], ["hub", "hub/b"]] as const) {
  Deno.test(`RegistryCache never fills what is another upstream's, where "${below}" is below "${prefix}"`, async () => {
    await using rig = new CacheRig({
      upstream: { prefix, namespaces: ["a.io"] },
      others: [{ name: "b", prefix: below, namespaces: ["b.io"] }],
    });
    await putRandomImage(rig.source.repository("b/x"), { tag: "v1", seed: 1 });
    const { descriptor } = await putRandomImage(rig.source.repository("x"), { tag: "v1", seed: 2 });
    const refused = await rig.api.expect(404, "GET", "/v2/b/x/manifests/v1?ns=a.io", {}, "NAME_UNKNOWN");
    assert.match(refused.text, /belongs to another upstream/);
    await rig.api.expect(404, "GET", "/v2/b/x/tags/list?ns=a.io", {}, "NAME_UNKNOWN");
    assert.deepEqual(rig.take(), []);
    for (const path of [`${below}/x/manifests/v1`, "x/manifests/v1?ns=b.io"]) {
      const answer = await rig.api.expect(200, "GET", `/v2/${path}`);
      assert.equal(answer.headers.get("docker-content-digest"), descriptor.digest, path);
    }
    assert.deepEqual(rig.take(), ["b get manifest x v1"]);
    await rig.api.expect(200, "GET", "/v2/x/manifests/v1?ns=a.io");
  });
}

Deno.test("RegistryCache finds the upstream that the client names, and says so", async () => {
  await using rig = new CacheRig({ upstream: { namespaces: ["up.example.org", "alias.example.org"] } });
  await putRandomImage(rig.source.repository("app"), { tag: "v1" });
  const answer = await rig.api.expect(200, "GET", "/v2/app/manifests/v1?ns=alias.example.org");
  assert.equal(answer.headers.get("oci-namespace"), "alias.example.org");
  const plain = await rig.api.expect(200, "GET", "/v2/hub/app/manifests/v1");
  assert.equal(plain.headers.get("oci-namespace"), null);
  assert.deepEqual(rig.take(), ["get manifest app v1"], "both name the same local repository");
  const tags = await rig.api.expect(200, "GET", "/v2/app/tags/list?ns=up.example.org");
  assert.deepEqual(tags.json(), { name: "app", tags: ["v1"] });
  await rig.api.expect(404, "GET", "/v2/app/manifests/v1?ns=other.example.org", {}, "NAME_UNKNOWN");
  for (const path of ["manifests/absent", `blobs/sha256:${"0".repeat(64)}`, "manifests/sha256:x"]) {
    const refused = await rig.api.send("GET", `/v2/app/${path}?ns=up.example.org`);
    assert.equal(refused.headers.get("oci-namespace"), "up.example.org", path);
    assert([400, 404].includes(refused.status));
  }
  await rig.api.expect(404, "GET", "/v2/app/manifests/v1", {}, "MANIFEST_UNKNOWN");
});

Deno.test("RegistryCache asks only for repositories that are included and not excluded", async () => {
  await using rig = new CacheRig({ upstream: { include: ["team/**"], exclude: ["**/secret"] } });
  await rig.api.expect(404, "GET", "/v2/hub/team/app/manifests/v1", {}, "MANIFEST_UNKNOWN");
  await rig.api.expect(404, "GET", "/v2/hub/team/secret/manifests/v1", {}, "NAME_UNKNOWN");
  await rig.api.expect(404, "GET", "/v2/hub/other/manifests/v1", {}, "NAME_UNKNOWN");
  assert.deepEqual(rig.take(), ["get manifest team/app v1"]);
});

Deno.test("RegistryCache refuses two upstreams of one prefix or namespace", () => {
  assert.throws(() => new CacheRig({ others: [{ prefix: "hub" }] }), RegkitError);
  const namespaces = ["docker.io"];
  assert.throws(() => new CacheRig({ upstream: { namespaces }, others: [{ prefix: "x", namespaces }] }), RegkitError);
});

Deno.test("RegistryCache refuses every change below a prefix, and leaves other names alone", async () => {
  await using rig = new CacheRig();
  const zeros = `sha256:${"0".repeat(64)}`;
  const changes: [string, string][] = [
    ["POST", "/v2/hub/app/blobs/uploads/"],
    ["POST", "/v2/hub/app/blobs/uploads/?mount=" + zeros],
    ["PATCH", "/v2/hub/app/blobs/uploads/x"],
    ["PUT", "/v2/hub/app/blobs/uploads/x?digest=" + zeros],
    ["GET", "/v2/hub/app/blobs/uploads/x"],
    ["DELETE", "/v2/hub/app/blobs/uploads/x"],
    ["PUT", "/v2/hub/app/manifests/v1"],
    ["DELETE", "/v2/hub/app/manifests/v1"],
    ["DELETE", `/v2/hub/app/blobs/${zeros}`],
  ];
  for (const [method, path] of changes) {
    const refused = await rig.api.expect(405, method, path, {}, "UNSUPPORTED");
    assert.equal(refused.headers.get("allow"), "GET, HEAD");
  }
  assert.deepEqual(rig.take(), []);
  await rig.api.pushImage("local/app", "content", "v1");
  await rig.api.expect(200, "GET", "/v2/local/app/manifests/v1");
  assert.deepEqual(rig.take(), []);
});

Deno.test("RegistryCache checks rights by the name in the path, or with a namespace by that of the local repository", async () => {
  const asked: string[] = [];
  const guard: AuthGuard = {
    asksForMore: false,
    challenge: () => "Basic realm=x",
    identify: () => ({ user: "someone", may: (action, name) => asked.push(`${action} ${name}`) > 0 && name !== "app" }),
  };
  await using rig = new CacheRig({ upstream: { namespaces: ["up"], hasLibrary: true }, registry: { guard } });
  await putRandomImage(rig.source.repository("library/app"), { tag: "v1" });
  await rig.api.expect(200, "GET", "/v2/app/manifests/v1?ns=up", { headers: { authorization: "Basic secret" } });
  await rig.api.expect(200, "GET", "/v2/hub/library/app/manifests/v1");
  await rig.api.expect(200, "GET", "/v2/hub/app/manifests/v1");
  assert.deepEqual(asked, ["pull hub/app", "pull hub/library/app", "pull hub/app"]);
});

Deno.test("RegistryCache lists the tags of the upstream page by page, and remembers them for a while", async () => {
  await using rig = new CacheRig();
  for (const tag of ["b", "a", "c"]) await putRandomImage(rig.source.repository("app"), { tag });
  const first = await rig.api.expect(200, "GET", "/v2/hub/app/tags/list?n=2");
  assert.deepEqual(first.json(), { name: "hub/app", tags: ["a", "b"] });
  assert.equal(first.headers.get("link"), '</v2/hub/app/tags/list?last=b&n=2>; rel="next"');
  const second = await rig.api.expect(200, "GET", "/v2/hub/app/tags/list?n=2&last=b");
  assert.deepEqual(second.json(), { name: "hub/app", tags: ["c"] });
  assert.deepEqual(rig.take(), ["list tags app"]);
  await putRandomImage(rig.source.repository("app"), { tag: "d" });
  await rig.clock.advance(5 * minute);
  assert.deepEqual((await rig.api.expect(200, "GET", "/v2/hub/app/tags/list")).json(), {
    name: "hub/app",
    tags: ["a", "b", "c", "d"],
  });
});

Deno.test("RegistryCache links from page to page by the name and the namespace that the client gave", async () => {
  await using rig = new CacheRig({ upstream: { namespaces: ["up.example.org:5000"] } });
  for (const tag of ["b", "a", "c"]) await putRandomImage(rig.source.repository("app"), { tag });
  const first = await rig.api.expect(200, "GET", "/v2/app/tags/list?ns=up.example.org:5000&n=2");
  assert.deepEqual(first.json(), { name: "app", tags: ["a", "b"] });
  const link = first.headers.get("link") ?? "";
  assert.equal(link, '</v2/app/tags/list?ns=up.example.org%3A5000&last=b&n=2>; rel="next"');
  const second = await rig.api.expect(200, "GET", link.slice(1, link.indexOf(">")));
  assert.deepEqual(second.json(), { name: "app", tags: ["c"] });
});

Deno.test("RegistryCache lists what it has when the upstream fails", async () => {
  await using rig = new CacheRig();
  for (const tag of ["a", "b"]) await putRandomImage(rig.source.repository("app"), { tag });
  await rig.api.expect(200, "GET", "/v2/hub/app/manifests/a");
  rig.before = () => Promise.reject(new RegkitError("TRANSPORT", "no connection"));
  const list = await rig.api.expect(200, "GET", "/v2/hub/app/tags/list");
  assert.deepEqual(list.json(), { name: "hub/app", tags: ["a"] });
  assert.match(list.headers.get("warning") ?? "", /only what is in the cache/);
  await rig.api.expect(502, "GET", "/v2/hub/other/tags/list");
});

Deno.test("RegistryCache answers 404 for the tags of a repository that the upstream does not have", async () => {
  await using rig = new CacheRig();
  for (let time = 0; time < 2; time++) await rig.api.expect(404, "GET", "/v2/hub/none/tags/list", {}, "NAME_UNKNOWN");
  assert.deepEqual(rig.take(), ["list tags none"]);
});

Deno.test("RegistryCache lists the referrers that the upstream knows, filtered, and remembers them", async () => {
  await using rig = new CacheRig();
  const repository = rig.source.repository("app");
  const { descriptor: subject } = await putRandomImage(repository, { tag: "v1" });
  const sign = await putRandomImage(repository, { seed: 2, subject, artifactType: "application/x.sign" });
  await putRandomImage(repository, { seed: 3, subject, artifactType: "application/x.sbom", annotations: { a: "b" } });
  const path = `/v2/hub/app/referrers/${subject.digest}`;
  const all = (await rig.api.expect(200, "GET", path)).json() as { manifests: { digest: string }[] };
  assert.equal(all.manifests.length, 2);
  const filtered = await rig.api.expect(200, "GET", `${path}?artifactType=application/x.sign`);
  assert.equal(filtered.headers.get("oci-filters-applied"), "artifactType");
  const { manifests } = filtered.json() as { manifests: { digest: string; artifactType: string }[] };
  assert.deepEqual(manifests.map((entry) => entry.digest), [sign.descriptor.digest]);
  assert.deepEqual(rig.take(), [`list referrers app ${subject.digest}`]);

  await rig.clock.advance(6 * minute);
  rig.before = () => Promise.reject(new RegkitError("TRANSPORT", "no connection"));
  const stale = await rig.api.expect(200, "GET", path);
  assert.match(stale.headers.get("warning") ?? "", /cannot be asked now/);
  assert.equal((stale.json() as { manifests: unknown[] }).manifests.length, 2);
});

Deno.test("RegistryCache answers an empty list of referrers for what the upstream does not have", async () => {
  await using rig = new CacheRig();
  rig.before = () => Promise.reject(new RegkitError("NOT_FOUND", "no such repository"));
  const answer = await rig.api.expect(200, "GET", `/v2/hub/none/referrers/sha256:${"0".repeat(64)}`);
  assert.deepEqual((answer.json() as { manifests: unknown[] }).manifests, []);
  await rig.api.expect(400, "GET", "/v2/hub/none/referrers/sha256:bad", {}, "DIGEST_INVALID");
});

Deno.test("RegistryCache lists in the catalog what is here", async () => {
  await using rig = new CacheRig();
  await putRandomImage(rig.source.repository("app"), { tag: "v1" });
  await putDocument(rig.source.repository("never"), { schemaVersion: 2, manifests: [] }, "v1");
  await rig.api.expect(200, "GET", "/v2/hub/app/manifests/v1");
  rig.take();
  assert.deepEqual((await rig.api.expect(200, "GET", "/v2/_catalog")).json(), { repositories: ["hub/app"] });
  assert.deepEqual(rig.take(), []);
});

Deno.test("RegistryCache does not say that nothing refers to a manifest when the upstream cannot be asked", async () => {
  await using rig = new CacheRig();
  rig.before = () => Promise.reject(new RegkitError("TRANSPORT", "connection refused"));
  await rig.api.expect(502, "GET", `/v2/hub/app/referrers/sha256:${"0".repeat(64)}`, {}, "UNKNOWN");
});
