import assert from "node:assert/strict";
import { parseUpstream, readUpstreams } from "../../../cli/regctl/registry/cache_settings.ts";
import { fileMemory } from "../../../cli/regctl/registry/cache_upstreams.ts";
import { parseServerConfig } from "../../../lib/server/server_config.ts";

async function read(text: string): Promise<ReturnType<typeof readUpstreams>> {
  const config = await parseServerConfig(text, "serve.yml", { keys: {}, sections: ["upstreams"] });
  return readUpstreams(config.sections.get("upstreams"));
}

Deno.test("parseUpstream() reads prefix and registry", () => {
  assert.deepEqual(parseUpstream("hub=docker.io"), {
    registry: "docker.io",
    name: "docker.io",
    prefix: "hub",
    namespaces: ["docker.io"],
    hasLibrary: true,
  });
  const plain = parseUpstream("localhost:5000");
  assert.deepEqual([plain.registry, plain.prefix, plain.hasLibrary], ["localhost:5000", "localhost_5000", false]);
  assert.equal(parseUpstream("=ghcr.io").prefix, "");
  for (const text of ["", "Hub=docker.io", "a b=docker.io", "hub=", "hub=http://x"]) {
    assert.throws(() => parseUpstream(text), { code: "INVALID_ARGUMENT" }, text);
  }
});

Deno.test("readUpstreams() reads every key", async () => {
  const [upstream] = await read(`
upstreams:
  - registry: docker.io
    prefix: mirror/hub
    namespaces: [docker.io, hub.example.org]
    strip: true
    include: [library/*]
    exclude: "**/secret"
    tagTTL: 10m
    negativeTTL: 0
    staleIfError: 168h
    maxSize: 20GiB
    maxAge: 720h
    requestsPerSecond: 2.5
    concurrency: 4
    timeout: 20s
    keepDeleted: true
    offline: false
    pinned: [library/alpine:3]
`);
  assert.deepEqual(upstream, {
    registry: "docker.io",
    name: "docker.io",
    hasLibrary: true,
    prefix: "mirror/hub",
    namespaces: ["docker.io", "hub.example.org"],
    strip: true,
    include: ["library/*"],
    exclude: ["**/secret"],
    tagTtlMs: 600_000,
    negativeTtlMs: 0,
    staleIfErrorMs: 604_800_000,
    maxBytes: 20 * 2 ** 30,
    maxAgeMs: 2_592_000_000,
    requestsPerSecond: 2.5,
    concurrency: 4,
    timeoutMs: 20_000,
    keepsDeleted: true,
    isOffline: false,
    pinned: ["library/alpine:3"],
  });
  assert.deepEqual(await read("upstreams: []"), []);
  assert.deepEqual(readUpstreams(undefined), []);
});

Deno.test.each([
  { text: "upstreams: 5", problem: /serve\.yml:1:1: upstreams: must be a list/ },
  { text: "upstreams: [5]", problem: /must be an upstream/ },
  { text: "upstreams: [{prefix: hub}]", problem: /has no registry/ },
  { text: "upstreams: [{registry: 'not a name'}]", problem: /registry/ },
  { text: "upstreams:\n  - registry: docker.io\n    tagTtl: 5m", problem: /serve\.yml:3:5: .*there is no such key/ },
  { text: "upstreams: [{registry: docker.io, tagTTL: 5}]", problem: /must be text/ },
  { text: "upstreams: [{registry: docker.io, tagTTL: 5 minutes}]", problem: /not a duration/ },
  { text: "upstreams: [{registry: docker.io, maxSize: much}]", problem: /not a size/ },
  { text: "upstreams: [{registry: docker.io, concurrency: 0}]", problem: /above 0/ },
  { text: "upstreams: [{registry: docker.io, strip: 1}]", problem: /true or false/ },
  { text: "upstreams: [{registry: docker.io, prefix: Hub}]", problem: /beginning of a repository's name/ },
])("readUpstreams() refuses $text", async ({ text, problem }) => {
  await assert.rejects(read(text), { code: "INVALID_SETTINGS", message: problem });
});

Deno.test("fileMemory() keeps a text, and has none before", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const memory = fileMemory(`${folder}/memory.json`);
    assert.equal(await memory.read(), undefined);
    await memory.write("one");
    await memory.write("two");
    assert.equal(await memory.read(), "two");
    assert.deepEqual((await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name), ["memory.json"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
