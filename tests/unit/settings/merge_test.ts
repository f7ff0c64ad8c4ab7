import assert from "node:assert/strict";
import type { HostSettings } from "../../../lib/settings/host.ts";
import { mergeHostLayers } from "../../../lib/settings/merge.ts";
import { createRecordingLogger } from "./fake_system.ts";

function merge(...settings: readonly HostSettings[]): HostSettings {
  const layers = settings.map((settings, index) => ({ source: `layer ${index}`, settings, isExplicit: false }));
  return mergeHostLayers("reg.example.org", layers, createRecordingLogger()).settings;
}

Deno.test("mergeHostLayers() lets a later value win, and an empty one not", () => {
  const low: HostSettings = {
    tls: "disabled",
    hostname: "h1",
    mirrors: ["m1", "m2"],
    priority: 1,
    repoAuth: true,
    blobChunk: 5,
    blobMax: 5,
    reqPerSec: 5,
    reqConcurrent: 5,
    credExpireMs: 5,
  };
  const high: HostSettings = {
    tls: "enabled",
    hostname: "h2",
    mirrors: ["m3"],
    priority: 2,
    blobChunk: 6,
    blobMax: -1,
    reqPerSec: 6,
    reqConcurrent: 6,
    credExpireMs: 6,
  };
  assert.deepEqual(merge(low, high), { ...high, repoAuth: true });
  const empty: HostSettings = {
    hostname: "",
    mirrors: [],
    priority: 0,
    repoAuth: false,
    blobChunk: -1,
    blobMax: 0,
    reqPerSec: 0,
    reqConcurrent: -1,
    credExpireMs: 0,
    apiOpts: {},
  };
  assert.deepEqual(merge(low, empty), low);
});

Deno.test("mergeHostLayers() merges options by key", () => {
  assert.deepEqual(merge({ apiOpts: { a: "1", b: "1" } }, { apiOpts: { b: "2", c: "2" } }), {
    apiOpts: { a: "1", b: "2", c: "2" },
  });
});

Deno.test("mergeHostLayers() lets a new login end an older helper", () => {
  assert.deepEqual(merge({ credHelper: "h" }, { user: "u", pass: "p" }), { user: "u", pass: "p" });
  assert.deepEqual(merge({ credHelper: "h" }, { token: "t" }), { token: "t" });
  assert.deepEqual(merge({ credHelper: "h" }, { user: "u" }), { credHelper: "h", user: "u" });
  assert.deepEqual(merge({ credHelper: "h" }, { pass: "p", credHelper: "i" }), { pass: "p", credHelper: "i" });
});

Deno.test("mergeHostLayers() lets a new password end an older token", () => {
  assert.deepEqual(merge({ token: "t" }, { user: "u", pass: "p" }), { user: "u", pass: "p" });
  assert.deepEqual(merge({ token: "t" }, { pass: "p", token: "n" }), { pass: "p", token: "n" });
});

Deno.test("mergeHostLayers() lets a new helper alone end an older login", () => {
  assert.deepEqual(merge({ user: "u", pass: "p", token: "t" }, { credHelper: "h" }), { credHelper: "h" });
  assert.deepEqual(merge({ user: "u", pass: "p" }, { credHelper: "h", user: "v" }), {
    credHelper: "h",
    user: "v",
    pass: "p",
  });
});

Deno.test("mergeHostLayers() tells where each value came from", () => {
  const { sources } = mergeHostLayers("reg.example.org", [
    { source: "low", settings: { user: "u", tls: "enabled" }, isExplicit: false },
    { source: "high", settings: { tls: "disabled" }, isExplicit: true },
  ], createRecordingLogger());
  assert.deepEqual(sources, { user: "low", tls: "high" });
});

Deno.test("mergeHostLayers() warns when two explicit sources differ, without secrets", () => {
  const logger = createRecordingLogger();
  const explicit = (settings: HostSettings) => ({ source: "s", settings, isExplicit: true });
  mergeHostLayers("reg.example.org", [
    explicit({
      user: "u1",
      pass: "s3cret1",
      tls: "enabled",
      apiOpts: { a: "1", b: "1" },
      regcert: "long1",
      priority: 1,
    }),
    explicit({
      user: "u2",
      pass: "s3cret2",
      tls: "disabled",
      apiOpts: { a: "2", b: "1" },
      regcert: "long2",
      priority: 1,
    }),
  ], logger);
  assert.deepEqual(logger.at("warn").toSorted(), [
    "Changing APIOpts setting for registry orig=1 new=2 opt=a host=reg.example.org",
    "Changing TLS settings for registry orig=enabled new=disabled host=reg.example.org",
    "Changing certificate settings for registry host=reg.example.org",
    "Changing login password for registry host=reg.example.org",
    "Changing login user for registry orig=u1 new=u2 host=reg.example.org",
  ]);
});

Deno.test("mergeHostLayers() does not warn about defaults and Docker's logins", () => {
  const logger = createRecordingLogger();
  mergeHostLayers("reg.example.org", [
    { source: "docker", settings: { user: "u1", tls: "enabled" }, isExplicit: false },
    { source: "file", settings: { user: "u2", tls: "disabled" }, isExplicit: true },
  ], logger);
  assert.deepEqual(logger.lines, []);
});
