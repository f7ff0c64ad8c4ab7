import assert from "node:assert/strict";
import { checkout, runProgram, tempFolder } from "../../support/processes.ts";

/** What a program on a runtime other than Deno does: no `Deno`, timers that are numbers. */
const program = `
// Every runtime has this in one way or another; Deno's own way of it needs Deno.
(await import("node:crypto")).createHash("sha256").update("").digest();
const later = setTimeout;
globalThis.setTimeout = (...words) => Number(later(...words));
delete globalThis.Deno;
const { createRegistry } = await import("REGISTRY");
const registry = createRegistry();
const ask = (method, path, more) => registry.fetch(new Request("http://registry.test" + path, { method, ...more }));
const digest = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
const begun = await ask("POST", "/v2/app/blobs/uploads/");
const location = begun.headers.get("location");
await ask("PATCH", location, { body: "hel" });
const done = await ask("PUT", location + "&digest=" + digest, { body: "lo" });
const type = "application/vnd.oci.image.manifest.v1+json";
const config = { mediaType: "application/vnd.oci.image.config.v1+json", digest, size: 5 };
const body = JSON.stringify({ schemaVersion: 2, mediaType: type, config, layers: [] });
const put = await ask("PUT", "/v2/app/manifests/v1", { body, headers: { "content-type": type } });
const got = await ask("GET", "/v2/app/blobs/" + digest, { headers: { range: "bytes=1-3" } });
const tags = await ask("GET", "/v2/app/tags/list");
const page = await ask("GET", "/", { headers: { accept: "text/html" } });
console.log([done.status, put.status, got.status, await got.text(), await tags.text(), page.status].join(" "));
await registry[Symbol.asyncDispose]();
`;

Deno.test("createRegistry() in memory needs nothing of Deno", async () => {
  await using folder = await tempFolder();
  const path = `${folder.path}/program.js`;
  await Deno.writeTextFile(path, program.replace("REGISTRY", `file://${checkout}lib/server/registry.ts`));
  const { code, stdout, stderr } = await runProgram(Deno.execPath(), ["run", "-A", "--no-check", path]);
  assert.equal(code, 0, stderr);
  assert.equal(stdout, '201 201 206 ell {"name":"app","tags":["v1"]} 200\n');
});
