import assert from "node:assert/strict";
import type { AuthGuard } from "../../../lib/server/auth/auth_guard.ts";
import { escapeHtml, html } from "../../../lib/server/page/html.ts";
import { formatCount, formatSize, shortDigest } from "../../../lib/server/page/format.ts";
import { prefersHtml } from "../../../lib/server/page/prefers_html.ts";
import { createRegistry } from "../../../lib/server/registry.ts";
import { mediaTypes } from "../../../lib/oci/media_type.ts";
import { quietStore } from "../../support/quiet_store.ts";
import { indexOf, RegistryApi } from "../../support/registry_api.ts";

const browser = { headers: { accept: "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8" } };

function apiOf(options: Parameters<typeof createRegistry>[0] = {}): RegistryApi {
  return new RegistryApi(createRegistry({ store: quietStore(), ...options }).fetch);
}

Deno.test.each([
  { accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", want: true },
  { accept: "text/html", want: true },
  { accept: "TEXT/HTML;q=0.5, */*;q=0.1", want: true },
  { accept: "text/html;q=0.9, application/json;q=0.1", want: true },
  { accept: "*/*", want: false },
  { accept: "", want: false },
  { accept: "text/*", want: false },
  { accept: "text/html;q=0", want: false },
  { accept: "text/html;q=x", want: false },
  { accept: "application/json, text/html", want: false },
  { accept: "application/json, text/html;q=0.9", want: false },
  { accept: "text/html, application/vnd.oci.image.index.v1+json", want: false },
  { accept: "application/vnd.oci.image.manifest.v1+json, */*", want: false },
])("prefersHtml() is $want for $accept", ({ accept, want }) => assert.equal(prefersHtml(accept), want));

Deno.test("html`` escapes every value and marks characters that deceive", () => {
  const evil = `"><script>alert('1')</script>&\u0000\u202e\u200b`;
  assert.equal(
    html`<a title="${evil}">${[evil, undefined, false, 0]}</a>`.text,
    `<a title="${escapeHtml(evil)}">${escapeHtml(evil)}0</a>`,
  );
  assert.equal(
    escapeHtml(evil),
    "&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;\ufffd\ufffd\ufffd",
  );
  assert.equal(html`${html`<b>${"<"}</b>`}`.text, "<b>&lt;</b>");
  assert.equal(escapeHtml("$& $1 ü \n"), "$&amp; $1 ü \n");
});

Deno.test("formatSize(), formatCount() and shortDigest() write values for people", () => {
  assert.deepEqual([0, 1, 1023, 1024, 1536, 200 * 1024, 5e9].map(formatSize), [
    "0 bytes",
    "1 byte",
    "1023 bytes",
    "1.0 KiB",
    "1.5 KiB",
    "200 KiB",
    "4.7 GiB",
  ]);
  assert.deepEqual([formatCount(1, "tag"), formatCount(2, "index", "indexes")], ["1 tag", "2 indexes"]);
  assert.equal(shortDigest(`sha256:${"ab".repeat(32)}`), "sha256:abababababab");
});

Deno.test("RegistryPage lists repositories, tags, layers, platforms and referrers", async () => {
  const api = apiOf();
  const image = await api.pushImage("team/app", "content", "v1", { annotations: { "org.example.key": "a value" } });
  await api.pushManifest(
    "team/app",
    indexOf([{ ...image, platform: { os: "linux", architecture: "arm64" } }]),
    "multi",
  );
  const signature = await api.pushImage("team/app", "signature", undefined, { subject: image, artifactType: "x/sign" });

  const home = await api.expect(200, "GET", "/", browser);
  assert.equal(home.headers.get("content-type"), "text/html; charset=utf-8");
  assert.match(home.text, /<a href="\/repositories\/team\/app">team\/app<\/a>/);
  assert.match(home.text, /2 tags/);

  const tags = await api.expect(200, "GET", "/repositories/team/app", browser);
  assert.match(tags.text, /href="\/repositories\/team\/app\/-\/v1">v1<\/a>/);
  assert.match(tags.text, /1 platform</);
  assert.match(tags.text, /1 manifest without a tag/);
  assert.match(tags.text, /value="docker pull registry\.test\/team\/app:multi"/);

  const page = await api.expect(200, "GET", "/repositories/team/app/-/v1", browser);
  for (const text of [image.digest, "a value", "org.example.key", "x/sign", "docker pull registry.test/team/app:v1"]) {
    assert(page.text.includes(text), text);
  }
  assert.match(page.text, /Layers/);
  const byDigest = await api.expect(200, "GET", `/repositories/team/app/-/${signature.digest}`, browser);
  assert(byDigest.text.includes(`docker pull registry.test/team/app@${signature.digest}`));
  assert.match(byDigest.text, /Refers to/);
  const index = await api.expect(200, "GET", "/repositories/team/app/-/multi", browser);
  assert.match(index.text, /linux\/arm64/);
});

Deno.test("RegistryPage sends only what is safe, with a policy that forbids everything else", async () => {
  const api = apiOf();
  const evil = `</code><script>alert(1)</script><img src=x onerror=alert(1)>`;
  await api.pushImage("app", "content", "v1", { annotations: { [evil]: evil }, artifactType: evil });
  for (const path of ["/", "/repositories/app", "/repositories/app/-/v1", `/?q=${encodeURIComponent(evil)}`]) {
    const { text, headers } = await api.expect(200, "GET", path, browser);
    assert(!/<script|<img/i.test(text), path);
    const policy = headers.get("content-security-policy") ?? "";
    assert.match(policy, /^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; img-src data:;/);
    const style = /<style>([^]*)<\/style>/.exec(text)?.[1] ?? "";
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style));
    assert(policy.includes(new Uint8Array(hash).toBase64()), "the style fits the policy");
    assert(!/ style="| on[a-z]+="/.test(text));
    assert.equal(headers.get("vary"), "accept");
    assert.equal(headers.get("x-content-type-options"), "nosniff");
  }
});

Deno.test("RegistryPage never stands in the way of clients", async () => {
  const api = apiOf();
  const image = await api.pushImage("repositories/app", "content", "v1");
  await api.expect(404, "GET", "/", {}, "NAME_UNKNOWN");
  await api.expect(404, "GET", "/", { headers: { accept: "*/*" } }, "NAME_UNKNOWN");
  await api.expect(404, "POST", "/", { ...browser, body: "x" }, "NAME_UNKNOWN");
  await api.expect(404, "GET", "/elsewhere", browser, "NAME_UNKNOWN");
  assert.deepEqual((await api.expect(200, "GET", "/v2/", browser)).json(), {});
  const manifest = await api.expect(200, "GET", "/v2/repositories/app/manifests/v1", browser);
  assert.equal(manifest.headers.get("docker-content-digest"), image.digest);
  assert.equal(manifest.headers.get("content-type"), mediaTypes.ociManifest);
  assert.equal((await api.expect(200, "GET", "/healthz", browser)).text, "ok\n");
  await api.expect(404, "GET", "/v2/none/manifests/v1", browser, "MANIFEST_UNKNOWN");
  const head = await api.expect(200, "HEAD", "/", browser);
  assert.equal(head.text, "");
  assert(Number(head.headers.get("content-length")) > 1000);
});

Deno.test("RegistryPage tells what is not there as a page", async () => {
  const api = apiOf();
  assert.match((await api.expect(200, "GET", "/", browser)).text, /nothing here yet/);
  for (
    const path of ["/repositories/none", "/repositories/none/-/v1", "/repositories/No", "/repositories/none/-/x:y"]
  ) {
    const { text, headers } = await api.expect(404, "GET", path, browser);
    assert.match(text, /<h1>Not found<\/h1>/);
    assert.match(headers.get("content-type") ?? "", /^text\/html/);
  }
});

Deno.test("RegistryPage can be left out", async () => {
  await apiOf({ noUi: true }).expect(404, "GET", "/", browser, "NAME_UNKNOWN");
});

Deno.test("RegistryPage shows many repositories and tags page by page, and finds some", async () => {
  const api = apiOf();
  const image = await api.image("app", "content");
  for (let at = 0; at < 60; at++) await api.pushManifest("app", image, `v${String(at).padStart(2, "0")}`);
  const first = await api.expect(200, "GET", "/repositories/app", browser);
  assert(first.text.includes(">v49</a>") && !first.text.includes(">v50</a>"));
  assert.match(first.text, /60 tags/);
  const next = /href="([^"]*)" rel="next"/.exec(first.text)?.[1]?.replaceAll("&amp;", "&") ?? assert.fail("no link");
  const second = await api.expect(200, "GET", next, browser);
  assert(second.text.includes(">v59</a>") && !second.text.includes(">v49</a>"));
  assert(!second.text.includes('rel="next"') && second.text.includes('rel="first"'));
  const found = await api.expect(200, "GET", "/repositories/app?q=V1", browser);
  assert(found.text.includes(">v10</a>") && !found.text.includes(">v20</a>"));
  assert.match((await api.expect(200, "GET", "/repositories/app?q=zzz", browser)).text, /no tags to show/);
});

Deno.test("RegistryPage shows what the caller may see", async () => {
  const guard: AuthGuard = {
    asksForMore: false,
    challenge: () => 'Basic realm="registry"',
    identify: (request) =>
      request.headers.get("authorization") === null
        ? undefined
        : { user: "someone", may: (action, name) => action === "catalog" || name !== "secret" },
  };
  const store = quietStore();
  const open = apiOf({ store });
  for (const name of ["app", "secret"]) await open.pushImage(name, name, "v1");
  const api = apiOf({ store, guard });
  const refused = await api.expect(401, "GET", "/", browser);
  assert.equal(refused.headers.get("www-authenticate"), 'Basic realm="registry"');
  assert.match(refused.text, /Login needed/);
  const login = { headers: { ...browser.headers, authorization: "Basic x" } };
  const home = await api.expect(200, "GET", "/", login);
  assert(home.text.includes(">app</a>") && !home.text.includes("secret"));
  await api.expect(200, "GET", "/repositories/app", login);
  await api.expect(403, "GET", "/repositories/secret", login);
  await api.expect(403, "GET", "/repositories/secret/-/v1", login);
});

Deno.test("RegistryPage names the address at which clients reach the registry", async () => {
  const api = apiOf({ externalUrl: "https://registry.example.org/" });
  await api.pushImage("app", "content", "v1");
  const { text } = await api.expect(200, "GET", "/repositories/app/-/v1", browser);
  assert(text.includes("docker pull registry.example.org/app:v1"));
  assert(!text.includes("tls=disabled"));
});

Deno.test("RegistryPage survives documents of any form", async () => {
  const api = apiOf({ sparse: "all", anyManifest: true });
  const zeros = `sha256:${"0".repeat(64)}`;
  const documents: [object, string][] = [
    [{ schemaVersion: 2, manifests: [], mediaType: mediaTypes.ociIndex }, mediaTypes.ociIndex],
    [indexOf([{ digest: zeros, mediaType: mediaTypes.ociManifest, size: 5 }]), mediaTypes.ociIndex],
    [{ some: "thing", layers: 7, config: [], blobs: null }, "application/vnd.example+json"],
  ];
  for (const [at, [document, type]] of documents.entries()) {
    await api.pushManifest("odd", document, `v${at}`, type);
    await api.expect(200, "GET", `/repositories/odd/-/v${at}`, browser);
  }
  await api.expect(200, "GET", "/repositories/odd", browser);
  await api.pushBlob("blobs-only", "content");
  await api.expect(200, "GET", "/repositories/blobs-only", browser);
});

Deno.test("RegistryPage shows how to pull a tag that people use, not one that goes with an image", async () => {
  const api = apiOf();
  const image = await api.image("app", "content");
  for (const tag of [`sha256-${"a".repeat(64)}.sig`, "v1"]) await api.pushManifest("app", image, tag);
  const { text } = await api.expect(200, "GET", "/repositories/app", browser);
  assert.match(text, /docker pull [^ "]*\/app:v1"/);
});
